//! Evaluates `#if`, `#ifdef`, `#else` inside a body for a named configuration.
//! Text that is left out becomes blanks, so that every offset stays true.

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use std::collections::BTreeMap;

/// What is defined, and as what. Names that are not listed are undefined, as for a C preprocessor.
#[derive(Clone, Debug)]
pub struct Configuration {
    pub name: &'static str,
    defined: BTreeMap<&'static str, i64>,
}

impl Configuration {
    /// CPython's default build (with the GIL, no JIT, no computed-goto tail calls), tier 1, specialisation on.
    pub fn default_tier1() -> Self {
        let defined = [
            ("TIER_ONE", 1),
            ("ENABLE_SPECIALIZATION", 1),
            ("ENABLE_SPECIALIZATION_FT", 1),
            ("PY_VERSION_HEX", 0x030E_0AF0),
        ];
        Self { name: "default GIL build, tier 1", defined: defined.into_iter().collect() }
    }

    /// The same build's second tier: what runs uops.
    pub fn default_tier2() -> Self {
        let mut configuration = Self { name: "default GIL build, tier 2", ..Self::default_tier1() };
        configuration.defined.remove("TIER_ONE");
        configuration.defined.insert("TIER_TWO", 2);
        configuration
    }

    fn value(&self, name: &str) -> i64 {
        self.defined.get(name).copied().unwrap_or(0)
    }
}

struct Level {
    active: bool,
    /// A branch of this conditional has been taken.
    taken: bool,
    parent: bool,
}

/// Blanks directives and inactive lines of `text`, which starts at byte `start` of `file`.
///
/// # Errors
/// `S-001` for a directive or condition that is not understood, `S-002` for unbalanced conditionals.
pub fn preprocess(text: &str, file: FileId, start: u32, configuration: &Configuration) -> Result<String, Diagnostic> {
    let mut out = String::with_capacity(text.len());
    let mut levels: Vec<Level> = Vec::new();
    let mut offset = start;
    for line in text.split_inclusive('\n') {
        let span = Span { file, start: offset, end: offset + line.trim_end().len() as u32 };
        offset += line.len() as u32;
        let active = levels.last().is_none_or(|l| l.active);
        let trimmed = line.trim_start();
        if let Some(directive) = trimmed.strip_prefix('#') {
            apply(directive.trim(), span, active, &mut levels, configuration)?;
            blank(&mut out, line);
        } else if active {
            out.push_str(line);
        } else {
            blank(&mut out, line);
        }
    }
    if levels.is_empty() {
        Ok(out)
    } else {
        let span = Span { file, start, end: start + 1 };
        Err(Diagnostic::new("S-002", span, "a conditional is not closed inside the body"))
    }
}

fn blank(out: &mut String, line: &str) {
    out.extend(line.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
}

fn apply(
    directive: &str,
    span: Span,
    active: bool,
    levels: &mut Vec<Level>,
    configuration: &Configuration,
) -> Result<(), Diagnostic> {
    let directive = directive.split("/*").next().unwrap_or("").split("//").next().unwrap_or("").trim();
    let (word, rest) = directive
        .split_once(|c: char| c.is_whitespace() || c == '(')
        .map_or((directive, ""), |(w, _)| (w, directive[w.len()..].trim()));
    let unbalanced = || Diagnostic::new("S-002", span, format!("#{word} without #if"));
    match word {
        "if" | "ifdef" | "ifndef" => {
            let holds = match word {
                "if" => condition(rest, span, configuration)?,
                "ifdef" => configuration.defined.contains_key(rest),
                _ => !configuration.defined.contains_key(rest),
            };
            levels.push(Level { active: active && holds, taken: holds, parent: active });
        }
        "elif" => {
            let level = levels.last_mut().ok_or_else(unbalanced)?;
            let holds = !level.taken && condition(rest, span, configuration)?;
            level.active = level.parent && holds;
            level.taken |= holds;
        }
        "else" => {
            let level = levels.last_mut().ok_or_else(unbalanced)?;
            level.active = level.parent && !level.taken;
            level.taken = true;
        }
        "endif" => {
            levels.pop().ok_or_else(unbalanced)?;
        }
        // #undef, #define, #line and the like say nothing that a body's meaning needs only where they are inactive.
        _ if !active => {}
        _ => return Err(Diagnostic::new("S-001", span, format!("#{word} is not understood inside a body"))),
    }
    Ok(())
}

/// `&&`, `||`, `!`, comparisons, `defined(X)`, names and numbers: what bodies use.
fn condition(text: &str, span: Span, configuration: &Configuration) -> Result<bool, Diagnostic> {
    let mut parser = Condition { rest: text.trim(), configuration };
    let value = parser.or();
    match value {
        Some(value) if parser.rest.is_empty() => Ok(value != 0),
        _ => Err(Diagnostic::new("S-001", span, format!("condition `{text}` is not understood"))),
    }
}

struct Condition<'a> {
    rest: &'a str,
    configuration: &'a Configuration,
}

impl Condition<'_> {
    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        if let Some(rest) = found {
            self.rest = rest.trim_start();
        }
        found.is_some()
    }

    fn or(&mut self) -> Option<i64> {
        let mut value = self.and()?;
        while self.eat("||") {
            let right = self.and()?;
            value = i64::from(value != 0 || right != 0);
        }
        Some(value)
    }

    fn and(&mut self) -> Option<i64> {
        let mut value = self.comparison()?;
        while self.eat("&&") {
            let right = self.comparison()?;
            value = i64::from(value != 0 && right != 0);
        }
        Some(value)
    }

    fn comparison(&mut self) -> Option<i64> {
        let left = self.atom()?;
        for (op, test) in [
            (">=", i64::ge as fn(&i64, &i64) -> bool),
            ("<=", i64::le),
            ("==", i64::eq),
            ("!=", i64::ne),
            (">", i64::gt),
            ("<", i64::lt),
        ] {
            if self.eat(op) {
                let right = self.atom()?;
                return Some(i64::from(test(&left, &right)));
            }
        }
        Some(left)
    }

    fn atom(&mut self) -> Option<i64> {
        if self.rest.starts_with('!') && !self.rest.starts_with("!=") {
            self.eat("!");
            return Some(i64::from(self.atom()? == 0));
        }
        if self.eat("(") {
            let value = self.or()?;
            return self.eat(")").then_some(value);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        if word == "defined" {
            let parenthesised = self.eat("(");
            let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(end);
            self.rest = rest.trim_start();
            if parenthesised && !self.eat(")") {
                return None;
            }
            return Some(i64::from(self.configuration.defined.contains_key(name)));
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = word.trim_end_matches(['u', 'U', 'l', 'L']);
            return match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                Some(hex) => i64::from_str_radix(hex, 16).ok(),
                None => digits.parse().ok(),
            };
        }
        (!word.is_empty()).then(|| self.configuration.value(word))
    }
}
