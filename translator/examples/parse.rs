use std::collections::BTreeMap;
fn main() {
    for path in std::env::args().skip(1) {
        let mut s = translator::source::Sources::default();
        let f = s.add(translator::source::SourceFile::new(&path, &std::fs::read_to_string(&path).unwrap()));
        let t = std::time::Instant::now();
        let (defs, errs) = translator::dsl::parse(&s, f, translator::dsl::Dialect::AnyRelease);
        let mut c = BTreeMap::<&str, usize>::new();
        for d in &defs {
            use translator::dsl::ast::*;
            *c.entry(match d {
                Definition::Inst(i) => {
                    if i.kind == BodyKind::Inst {
                        "inst"
                    } else {
                        "op"
                    }
                }
                Definition::Macro(_) => "macro",
                Definition::Super(_) => "super",
                Definition::Family(_) => "family",
                Definition::Pseudo(_) => "pseudo",
                Definition::Label(_) => "label",
            })
            .or_default() += 1;
        }
        println!("{path} {c:?} total {} errors {} {:?}", defs.len(), errs.len(), t.elapsed());
        if std::env::var("N").is_ok() {
            for d in &defs {
                if let translator::dsl::ast::Definition::Inst(i) = d {
                    println!("NAME {}", i.name);
                }
            }
        }
        for e in errs.iter().take(3) {
            print!("{}", e.render(&s));
        }
    }
}
