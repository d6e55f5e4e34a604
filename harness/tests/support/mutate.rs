//! Small definitions files made of real definitions, mutated token by token. The same seed gives the same file.

use std::collections::BTreeMap;

/// splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

/// What definitions are made from: the definitions of a file, by name.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    /// `inst` and `op` by name, from the first annotation to the brace.
    bodies: BTreeMap<String, String>,
    macros: BTreeMap<String, (String, Vec<String>)>,
    /// Head and cache size by member.
    families: BTreeMap<String, (String, String)>,
    labels: Vec<String>,
    words: Vec<String>,
}

/// Whether the mutation of a seed overrides the original rather than replace it.
pub(crate) fn overrides_original(seed: u64) -> bool {
    seed % 4 == 3
}

/// A mutated file: its text, and the text before the mutation.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) original: String,
    pub(crate) mutated: String,
    /// The mutated definition alone.
    pub(crate) overriding: String,
}

const BEGIN: &str = "// BEGIN BYTECODES //\n";
const KEYWORDS: [&str; 6] = ["inst", "op", "label", "macro", "family", "pseudo"];
const END: &str = "// END BYTECODES //\n";

impl Corpus {
    /// Splits a definitions file, between its markers, at the top level.
    pub(crate) fn new(text: &str) -> Self {
        // Comments before the definitions mention the markers too.
        let text = text.split_once(&format!("\n{BEGIN}")).map_or(text, |(_, rest)| rest);
        let text = text.split_once(&format!("\n{END}")).map_or(text, |(definitions, _)| definitions);
        let mut corpus = Self::default();
        let pieces = split(text);
        let (mut start, mut keyword) = (None, None);
        let mut depth = 0usize;
        for (index, piece) in pieces.iter().enumerate() {
            if is_blank(piece) || piece.starts_with('#') {
                continue;
            }
            let first = *start.get_or_insert(index);
            if keyword.is_none() && KEYWORDS.contains(piece) {
                keyword = Some(*piece);
            }
            match *piece {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            let is_body = keyword.is_some_and(|k| matches!(k, "inst" | "op" | "label"));
            if depth == 0 && *piece == (if is_body { "}" } else { ";" }) {
                corpus.add(keyword.unwrap_or_default(), &pieces[first..=index]);
                (start, keyword) = (None, None);
            }
        }
        corpus
    }

    fn add(&mut self, keyword: &str, pieces: &[&str]) {
        let text: String = pieces.concat();
        let words: Vec<&str> = pieces.iter().copied().filter(|piece| is_word(piece)).collect();
        let at = words.iter().position(|word| *word == keyword).unwrap_or(0);
        let Some(name) = words.get(at + 1).map(|name| (*name).to_owned()) else {
            return;
        };
        match keyword {
            "macro" => {
                let parts = words[at + 2..].iter().map(ToString::to_string).collect();
                self.macros.insert(name, (text, parts));
            }
            "family" => {
                let size = text.split([',', ')']).nth(1).unwrap_or("0").trim().to_owned();
                for member in &words[at + 2..] {
                    self.families.insert((*member).to_owned(), (name.clone(), size.clone()));
                }
            }
            "label" => self.labels.push(text),
            "inst" | "op" => {
                self.words.extend(words.iter().map(ToString::to_string));
                self.bodies.insert(name, text);
            }
            _ => {}
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bodies.len() + self.macros.len()
    }

    /// All definitions that need no other, and the ops among them again under other names until the text is so many
    /// times as long.
    pub(crate) fn repeated(&self, times: usize) -> String {
        // INSTRUCTION_SIZE needs an instruction.
        let bodies = || self.bodies.iter().filter(|(_, body)| !body.contains("INSTRUCTION_SIZE"));
        let all: Vec<&str> =
            bodies().map(|(_, body)| body.as_str()).chain(self.labels.iter().map(String::as_str)).collect();
        let mut text = format!("{BEGIN}{}\n", all.join("\n\n"));
        let length = text.len() * times;
        let ops = || bodies().filter(|(_, body)| is_op(body));
        for (copy, (name, body)) in (0..times * 4).flat_map(|copy| ops().map(move |op| (copy, op))) {
            if text.len() >= length {
                break;
            }
            text += &body.replacen(&format!("{name},"), &format!("{name}_COPY{copy},"), 1);
            text += "\n\n";
        }
        text + END
    }

    /// The file that belongs to a seed. Every fourth is made of one `op`, which the optimizer's definitions can override.
    pub(crate) fn case(&self, seed: u64) -> Case {
        let mut random = Random::new(seed);
        let mut chosen: Vec<String> = Vec::new();
        let mut fixed = String::new();
        if overrides_original(seed) {
            let names: Vec<&String> = self.bodies.keys().filter(|name| is_op(&self.bodies[*name])).collect();
            self.choose_body(random.pick(&names).as_str(), &mut chosen, &mut fixed);
        } else if random.chance(8) && !self.labels.is_empty() {
            chosen.push(random.pick(&self.labels).clone());
        } else if random.chance(2) {
            let names: Vec<&String> = self.macros.keys().collect();
            self.choose_macro(random.pick(&names).as_str(), &mut chosen, &mut fixed);
        } else {
            let names: Vec<&String> = self.bodies.keys().collect();
            self.choose_body(random.pick(&names).as_str(), &mut chosen, &mut fixed);
        }
        for name in ["error", "exception_unwind", "exit_unwind", "start_frame"] {
            if !chosen.iter().any(|text| text.contains(&format!("label({name})"))) {
                let spilled = if name.starts_with("ex") { "spilled " } else { "" };
                fixed += &format!("{spilled}label({name}) {{ leave({name}); goto {name}; }}\n");
            }
        }
        let target = random.below(chosen.len());
        let assemble = |chosen: &[String]| format!("{BEGIN}{}\n{fixed}{END}", chosen.join("\n\n"));
        let original = assemble(&chosen);
        for _ in 0..=random.below(2) {
            chosen[target] = self.mutate(&chosen[target], &mut random);
        }
        let overriding = format!("{BEGIN}{}\n{END}", chosen[target]);
        Case { seed, original, mutated: assemble(&chosen), overriding }
    }

    fn choose_body(&self, name: &str, chosen: &mut Vec<String>, fixed: &mut String) {
        let text = &self.bodies[name];
        chosen.push(text.clone());
        if is_op(text) {
            *fixed += &format!("macro(WHOLE) = unused/1 + {name};\n");
            *fixed += &family("WHOLE", "HEAD", "INLINE_CACHE_ENTRIES_HEAD");
        } else {
            *fixed += &self.family_of(name);
        }
    }

    fn choose_macro(&self, name: &str, chosen: &mut Vec<String>, fixed: &mut String) {
        let (text, parts) = &self.macros[name];
        for part in parts {
            if let Some(body) = self.bodies.get(part)
                && !chosen.contains(body)
            {
                chosen.push(body.clone());
            }
        }
        chosen.push(text.clone());
        *fixed += &self.family_of(name);
    }

    fn family_of(&self, name: &str) -> String {
        match self.families.get(name) {
            Some((head, size)) => family(name, head, size),
            None => String::new(),
        }
    }

    fn mutate(&self, text: &str, random: &mut Random) -> String {
        let mut pieces: Vec<String> = split(text).into_iter().map(str::to_owned).collect();
        let solid: Vec<usize> = (0..pieces.len()).filter(|i| !is_blank(&pieces[*i])).collect();
        let at = *random.pick(&solid);
        match random.below(18) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at].clone()),
            2 => {
                let other = *random.pick(&solid);
                pieces.swap(at, other);
            }
            3 => pieces[at] = self.any_token(random),
            4 => pieces.insert(at, format!("{} ", self.any_token(random))),
            5..=10 => insert_statement(&mut pieces, random),
            11 | 12 => remove_statement(&mut pieces, random),
            13 => change_effect(&mut pieces, random),
            14 | 15 => wrap_statement(&mut pieces, random),
            16 => {
                let annotation = *random.pick(&[
                    "pure ",
                    "tier1 ",
                    "tier2 ",
                    "specializing ",
                    "replaced ",
                    "override ",
                    "replicate(2) ",
                    "no_save_ip ",
                ]);
                pieces.insert(0, annotation.to_owned());
            }
            _ => rename(&mut pieces, random),
        }
        pieces.concat()
    }

    fn any_token(&self, random: &mut Random) -> String {
        const TOKENS: [&str; 34] = [
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            ";",
            ",",
            "=",
            "&",
            "*",
            "--",
            "->",
            "/",
            "+",
            ":",
            "if",
            "else",
            "for",
            "while",
            "return",
            "goto",
            "1",
            "0",
            "oparg",
            "unused",
            "DEOPT_IF",
            "ERROR_IF",
            "true",
            "\n#ifdef X\n",
            "\n#else\n",
            "\n#endif\n",
            "/* a\n * b (\n c */",
            "// (\n",
        ];
        if random.chance(3) { random.pick(&self.words).clone() } else { (*random.pick(&TOKENS)).to_owned() }
    }
}

fn family(name: &str, head: &str, size: &str) -> String {
    if name == head {
        return String::new();
    }
    format!("inst({head}, (--)) {{ stop(); }}\nfamily({head}, {size}) = {{ {name} }};\n")
}

/// Positions just after each `;`, `{` and `}` of the body, where a statement can stand.
fn statement_starts(pieces: &[String]) -> Vec<usize> {
    let body = pieces.iter().position(|piece| piece == "{").unwrap_or(pieces.len());
    (body..pieces.len().saturating_sub(1))
        .filter(|i| matches!(pieces[*i].as_str(), ";" | "{" | "}"))
        .map(|i| i + 1)
        .collect()
}

/// The names in the stack effect.
fn effect_names(pieces: &[String]) -> Vec<String> {
    let body = pieces.iter().position(|piece| piece == "{").unwrap_or(pieces.len());
    let words = pieces[..body].iter().filter(|piece| is_word(piece));
    words.filter(|word| !matches!(word.as_str(), "inst" | "op" | "unused")).cloned().collect()
}

fn insert_statement(pieces: &mut Vec<String>, random: &mut Random) {
    const STATEMENTS: [&str; 27] = [
        "DEAD($);",
        "DEAD($);",
        "INPUTS_DEAD();",
        "SYNC_SP();",
        "SAVE_STACK();",
        "RELOAD_STACK();",
        "DECREF_INPUTS();",
        "ERROR_IF(true);",
        "ERROR_IF($ == NULL);",
        "ERROR_NO_POP();",
        "DEOPT_IF($);",
        "EXIT_IF(1);",
        "goto error;",
        "goto exception_unwind;",
        "goto exit_unwind;",
        "PyStackRef_CLOSE($);",
        "PyStackRef_XCLOSE($);",
        "$ = f($);",
        "$ = PyStackRef_NULL;",
        "DISPATCH();",
        "x = PyStackRef_AsPyObjectSteal($);",
        "return NULL;",
        "PyStackRef_CLOSE_SPECIALIZED($, _PyLong_ExactDealloc);",
        "PyStackRef_CLOSE_SPECIALIZED($, other);",
        "call_out(&$);",
        "x = INSTRUCTION_SIZE;",
        "use(stack_pointer, this_instr, oparg);",
    ];
    let starts = statement_starts(pieces);
    if starts.is_empty() {
        return;
    }
    let names = effect_names(pieces);
    let mut statement = String::new();
    for part in random.pick(&STATEMENTS).split_inclusive('$') {
        statement += part.trim_end_matches('$');
        if part.ends_with('$') {
            statement += if names.is_empty() { "x" } else { random.pick(&names).as_str() };
        }
    }
    let at = *random.pick(&starts);
    let layout = if random.chance(3) { " " } else { "\n            " };
    pieces.insert(at, format!("{layout}{statement}"));
}

fn remove_statement(pieces: &mut Vec<String>, random: &mut Random) {
    let starts = statement_starts(pieces);
    if let Some(at) = (!starts.is_empty()).then(|| *random.pick(&starts))
        && let Some(length) = pieces[at..].iter().position(|piece| piece == ";")
    {
        pieces.drain(at..=at + length);
    }
}

fn wrap_statement(pieces: &mut Vec<String>, random: &mut Random) {
    const WRAPS: [(&str, &str); 7] = [
        ("\n        if (x) {", "\n        }"),
        ("\n        if (x) {", "\n        } else {\n            g();\n        }"),
        ("\n        if (x) { y(); } else {", "\n        }"),
        ("\n#ifdef X\n", "\n#else\n        h();\n#endif\n"),
        ("\n#if X\n", "\n#endif\n"),
        ("\n        for (;;) {", "\n        }"),
        ("\n        while (x) {", " }"),
    ];
    let starts = statement_starts(pieces);
    if let Some(at) = (!starts.is_empty()).then(|| *random.pick(&starts))
        && let Some(length) = pieces[at..].iter().position(|piece| piece == ";")
    {
        let (before, after) = *random.pick(&WRAPS);
        pieces.insert(at + length + 1, after.to_owned());
        pieces.insert(at, before.to_owned());
    }
}

fn change_effect(pieces: &mut Vec<String>, random: &mut Random) {
    const ITEMS: [&str; 12] = [
        "a, ",
        "unused, ",
        "a[1], ",
        "a[oparg], ",
        "unused[oparg], ",
        ", b",
        ", b[oparg & 1]",
        ", b: int",
        ", unused",
        ", a[oparg - 1]",
        "word/1, ",
        "unused/1, ",
    ];
    let body = pieces.iter().position(|piece| piece == "{").unwrap_or(pieces.len());
    let places: Vec<usize> = (0..body).filter(|i| matches!(pieces[*i].as_str(), "(" | "--" | ")" | ",")).collect();
    if places.is_empty() {
        return;
    }
    let at = *random.pick(&places);
    let item = *random.pick(&ITEMS);
    let before = item.starts_with(',');
    if random.chance(3) && pieces[at] == "," {
        pieces.remove(at);
    } else {
        pieces.insert(if before { at } else { at + 1 }, item.to_owned());
    }
}

/// Replaces one word of the body or the effect by another one of it.
fn rename(pieces: &mut [String], random: &mut Random) {
    let words: Vec<usize> = (0..pieces.len()).filter(|i| is_word(&pieces[*i])).collect();
    if words.len() > 1 {
        let (from, to) = (*random.pick(&words), *random.pick(&words));
        pieces[to] = pieces[from].clone();
    }
}

fn is_blank(piece: &str) -> bool {
    piece.starts_with(char::is_whitespace) || piece.starts_with("//") || piece.starts_with("/*")
}

fn is_word(piece: &str) -> bool {
    piece.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn is_op(text: &str) -> bool {
    split(text).iter().find(|piece| KEYWORDS.contains(piece)) == Some(&"op")
}

/// Splits a text into pieces that make it up: blanks, comments, directives, words, numbers, strings, punctuation.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut line_start = true;
    while let Some(first) = rest.chars().next() {
        let length = piece_length(rest, first, line_start);
        let (piece, tail) = rest.split_at(length);
        line_start = piece.ends_with('\n') || (line_start && first.is_whitespace());
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

fn piece_length(rest: &str, first: char, line_start: bool) -> usize {
    let until = |stop: &dyn Fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
    if first.is_whitespace() {
        return until(&|c| !c.is_whitespace());
    }
    if rest.starts_with("//") {
        return until(&|c| c == '\n');
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if first == '#' && line_start {
        return rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    if first == '"' {
        return rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2);
    }
    if first.is_ascii_alphanumeric() || first == '_' {
        return until(&|c| !(c.is_ascii_alphanumeric() || c == '_'));
    }
    let pairs = ["--", "->", "==", "!=", "<=", ">=", "&&", "||", "++", "<<", ">>"];
    if pairs.iter().any(|pair| rest.starts_with(pair)) { 2 } else { first.len_utf8() }
}
