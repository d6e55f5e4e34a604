use serde_json::Value;
use translator::analysis::model::*;
use translator::dsl::ast::{Block, Stmt};
use translator::dsl::token::{Token, TokenKind};
use translator::source::{FileId, SourceFile, Sources, Span};
fn s(v: &Value) -> String {
    v.as_str().unwrap().to_owned()
}
fn os(v: &Value) -> Option<String> {
    v.as_str().map(str::to_owned)
}
fn n(v: &Value) -> u32 {
    v.as_i64().unwrap() as u32
}
fn a(v: &Value) -> &Vec<Value> {
    v.as_array().unwrap()
}
struct Im {
    shift: u16,
    maps: Vec<Vec<u32>>,
}
impl Im {
    fn t(&self, v: &Value) -> Token {
        let kind = match v[0].as_str().unwrap() {
            "Identifier" => TokenKind::Identifier,
            "Number" => TokenKind::Number,
            "String" => TokenKind::String,
            "Character" => TokenKind::Character,
            "Comment" => TokenKind::Comment,
            "Annotation" => TokenKind::Annotation,
            "Directive" => TokenKind::Directive,
            "Keyword" => TokenKind::Keyword,
            _ => TokenKind::Punctuation,
        };
        let m = &self.maps[n(&v[1]) as usize];
        Token {
            kind,
            span: Span {
                file: FileId(n(&v[1]) as u16 + self.shift),
                start: m[n(&v[2]) as usize],
                end: m[n(&v[3]) as usize],
            },
            line: n(&v[4]),
            column: n(&v[5]),
        }
    }
    fn ot(&self, v: &Value) -> Option<Token> {
        (!v.is_null()).then(|| self.t(v))
    }
    fn ts(&self, v: &Value) -> Vec<Token> {
        a(v).iter().map(|v| self.t(v)).collect()
    }
    fn ss(&self, v: &Value) -> Vec<Stmt> {
        a(v).iter().map(|v| self.st(v)).collect()
    }
    fn b(&self, v: &Value) -> Block {
        Block { open: self.t(&v[0]), body: self.ss(&v[1]), close: self.t(&v[2]) }
    }
    fn st(&self, v: &Value) -> Stmt {
        let (k, v) = v.as_object().unwrap().iter().next().unwrap();
        match k.as_str() {
            "simple" => Stmt::Simple(self.ts(v)),
            "block" => Stmt::Block(self.b(v)),
            "if" => Stmt::If {
                if_: self.t(&v[0]),
                condition: self.ts(&v[1]),
                body: Box::new(self.st(&v[2])),
                else_: self.ot(&v[3]).map(|t| (t, Box::new(self.st(&v[4])))),
            },
            "for" => Stmt::For { for_: self.t(&v[0]), header: self.ts(&v[1]), body: Box::new(self.st(&v[2])) },
            "while" => Stmt::While { while_: self.t(&v[0]), condition: self.ts(&v[1]), body: Box::new(self.st(&v[2])) },
            _ => Stmt::MacroIf {
                condition: self.t(&v[0]),
                body: self.ss(&v[1]),
                else_: self.ot(&v[2]).map(|t| (t, self.ss(&v[3]))),
                endif: self.t(&v[4]),
            },
        }
    }
    fn p(&self, v: &Value) -> Properties {
        let f = |k: &str| v[k].as_bool().unwrap();
        Properties {
            escaping_calls: a(&v["escaping_calls"])
                .iter()
                .map(|e| EscapingCall { statement: self.t(&e[0]), call: self.t(&e[1]), kills: self.ot(&e[2]) })
                .collect(),
            escapes: f("escapes"),
            error_with_pop: f("error_with_pop"),
            error_without_pop: f("error_without_pop"),
            deopts: f("deopts"),
            oparg: f("oparg"),
            jumps: f("jumps"),
            eval_breaker: f("eval_breaker"),
            needs_this: f("needs_this"),
            always_exits: f("always_exits"),
            stores_sp: f("stores_sp"),
            uses_co_consts: f("uses_co_consts"),
            uses_co_names: f("uses_co_names"),
            uses_locals: f("uses_locals"),
            has_free: f("has_free"),
            side_exit: f("side_exit"),
            pure: f("pure"),
            uses_opcode: f("uses_opcode"),
            tier: v["tier"].as_i64().map(|t| t as u8),
            const_oparg: v["const_oparg"].as_i64().filter(|c| *c >= 0).map(|c| c as u32),
            needs_prev: f("needs_prev"),
            no_save_ip: f("no_save_ip"),
        }
    }
    fn sp(&self) -> Span {
        Span { file: FileId(self.shift), start: 0, end: 0 }
    }
    fn i(&self, v: &Value) -> StackItem {
        StackItem {
            name: s(&v[0]),
            type_: os(&v[1]),
            size: os(&v[2]),
            peek: v[3].as_bool().unwrap(),
            used: v[4].as_bool().unwrap(),
            condition: None,
            span: self.sp(),
        }
    }
    fn e(&self, v: &Value) -> StackEffect {
        StackEffect {
            inputs: a(&v[0]).iter().map(|v| self.i(v)).collect(),
            outputs: a(&v[1]).iter().map(|v| self.i(v)).collect(),
        }
    }
}
fn import(path: &str, sources: &mut Sources, shift: u16) -> Analysis {
    let v: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut maps = vec![];
    for f in a(&v["files"]) {
        let t = s(&f[1]);
        let mut m: Vec<u32> = t.char_indices().map(|(i, _)| i as u32).collect();
        m.push(t.len() as u32);
        maps.push(m);
        sources.add(SourceFile::new(&s(&f[0]), &t));
    }
    let im = Im { shift, maps };
    let mut r =
        Analysis { have_arg: n(&v["have_arg"]) as u16, min_instrumented: n(&v["min"]) as u16, ..Default::default() };
    for u in a(&v["uops"]) {
        r.uops.insert(
            s(&u[0]),
            Uop {
                name: s(&u[1]),
                annotations: a(&u[2]).iter().map(s).collect(),
                stack: im.e(&u[3]),
                caches: a(&u[4]).iter().map(|c| CacheEntry { name: s(&c[0]), size: n(&c[1]) }).collect(),
                local_stores: im.ts(&u[5]),
                body: im.b(&u[6]),
                properties: im.p(&u[7]),
                implicitly_created: u[8].as_bool().unwrap(),
                replicated: 0..n(&u[9]),
                replicates: os(&u[10]),
                instruction_size: u[11].as_i64().map(|x| x as u32),
                span: im.sp(),
                name_span: im.sp(),
            },
        );
    }
    for u in a(&v["instructions"]) {
        r.instructions.insert(
            s(&u[0]),
            Instruction {
                name: s(&u[0]),
                parts: a(&u[1])
                    .iter()
                    .map(|p| match p[0].as_str().unwrap() {
                        "uop" => Part::Uop(s(&p[1])),
                        "skip" => Part::Skip(n(&p[1])),
                        _ => Part::Flush,
                    })
                    .collect(),
                properties: im.p(&u[2]),
                is_target: u[3].as_bool().unwrap(),
                family: os(&u[4]),
                opcode: n(&u[5]) as u16,
                size: n(&u[6]),
                span: im.sp(),
                name_span: im.sp(),
            },
        );
    }
    for u in a(&v["families"]) {
        r.families.insert(
            s(&u[0]),
            Family { name: s(&u[0]), size: s(&u[1]), members: a(&u[2]).iter().map(s).collect(), span: im.sp() },
        );
    }
    for u in a(&v["pseudos"]) {
        r.pseudos.insert(
            s(&u[0]),
            PseudoInstruction {
                name: s(&u[0]),
                stack: im.e(&u[1]),
                targets: a(&u[2]).iter().map(s).collect(),
                as_sequence: u[3].as_bool().unwrap(),
                flags: a(&u[4]).iter().map(s).collect(),
                properties: im.p(&u[5]),
                opcode: n(&u[6]) as u16,
                span: im.sp(),
            },
        );
    }
    for u in a(&v["labels"]) {
        r.labels.insert(
            s(&u[0]),
            Label {
                name: s(&u[0]),
                spilled: u[1].as_bool().unwrap(),
                body: im.b(&u[2]),
                properties: im.p(&u[3]),
                span: im.sp(),
            },
        );
    }
    for u in a(&v["opmap"]) {
        r.opmap.insert(s(&u[0]), n(&u[1]) as u16);
    }
    r
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut sources = Sources::default();
    let analysis = import(&args[1], &mut sources, 0);
    let texts: Vec<(String, String)> =
        args[2].split(',').map(|p| (p.to_owned(), std::fs::read_to_string(p).unwrap())).collect();
    let rules = translator::subset::Rules::load(texts.iter().map(|(a, b)| (a.as_str(), b.as_str()))).unwrap();
    let t = translator::translate::translate(
        &analysis,
        &sources,
        &rules,
        &translator::c_ast::Configuration::default_tier1(),
    );
    let show = args.get(3).map(String::as_str).unwrap_or("");
    let (mut ok, mut all) = (0, 0);
    let mut reasons = std::collections::BTreeMap::<String, usize>::new();
    for (name, r) in t.uops.iter().chain(t.labels.iter()) {
        all += 1;
        match r {
            Ok(l) => {
                ok += 1;
                if show == "all" || show.split(',').any(|s| s == name) {
                    let mut w = translator::rust_ir::Writer::default();
                    println!("// {name} {:?}\nfn -> {}", l.signature.parameters, l.signature.return_type());
                    translator::rust_ir::print_block(&mut w, &l.body);
                    println!("{}", w.finish());
                }
            }
            Err(d) => {
                for d in d {
                    *reasons.entry(format!("{} {}", d.code, d.message)).or_default() += 1;
                    if show.split(',').any(|s| s == name) {
                        println!("{name}\n{}", d.render(&sources));
                    }
                }
            }
        }
    }
    println!("{ok} of {all}");
    let mut r: Vec<_> = reasons.into_iter().collect();
    r.sort_by_key(|x| std::cmp::Reverse(x.1));
    for (m, n) in r.iter().take(args.get(4).and_then(|n| n.parse().ok()).unwrap_or(60)) {
        println!("{n:4} {m}");
    }
}
