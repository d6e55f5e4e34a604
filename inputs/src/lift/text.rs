//! Lines of C as the generator wrote them, and the few questions that the lift asks about their words.

/// One line: how far it is indented, and the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) indent: usize,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(indent: usize, text: impl Into<String>) -> Self {
        Self { indent, text: text.into() }
    }

    pub(super) fn read(line: &str) -> Self {
        let text = line.trim_start_matches(' ');
        Self { indent: line.len() - text.len(), text: text.to_owned() }
    }

    pub(super) fn is_directive(&self) -> bool {
        self.text.starts_with('#')
    }
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

pub(super) fn is_identifier(text: &str) -> bool {
    !text.is_empty() && !text.as_bytes()[0].is_ascii_digit() && text.bytes().all(is_word)
}

/// The identifiers, keywords and numbers of a line with their offsets; strings, characters and comments are passed over.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match bytes[at] {
                quote @ (b'"' | b'\'') => at = end_of_literal(bytes, at, quote),
                b'/' if bytes.get(at + 1) == Some(&b'/') => at = bytes.len(),
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    at = text[at..].find("*/").map_or(bytes.len(), |n| at + n + 2)
                }
                byte if is_word(byte) => {
                    let start = at;
                    while at < bytes.len() && is_word(bytes[at]) {
                        at += 1;
                    }
                    return Some((start, &text[start..at]));
                }
                _ => at += 1,
            }
        }
        None
    })
}

fn end_of_literal(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// Where a variable of this name is used: a word that is no member of a structure.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let bytes = text.as_bytes();
    words(text).any(|(at, word)| {
        let member = at > 0 && (bytes[at - 1] == b'.' || (at > 1 && &bytes[at - 2..at] == b"->"));
        word == name && !member
    })
}

/// A declaration of a local variable: `TYPE name = …`, `TYPE *name;`, `TYPE name[…]`.
pub(super) fn declares(text: &str, name: &str) -> bool {
    let Some((at, _)) = words(text).find(|(_, word)| *word == name) else { return false };
    let (before, after) = (text[..at].trim_end(), text[at + name.len()..].trim_start());
    let type_ = before.trim_end_matches(['*', ' ']);
    let last = type_.rsplit(' ').next().unwrap_or_default();
    let starts_value = after.starts_with('=') && !after.starts_with("==");
    !type_.is_empty()
        && type_.split(' ').all(is_identifier)
        && !matches!(last, "return" | "goto" | "else" | "case")
        && (starts_value || after.starts_with([';', ',', '[']))
}

/// `text` between `prefix` and `suffix`.
pub(super) fn between<'a>(text: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.strip_suffix(suffix)
}

/// `left = right;` with an identifier on the left.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let (left, right) = text.strip_suffix(';')?.split_once(" = ")?;
    is_identifier(left).then_some((left, right))
}

/// What the parentheses on this line leave open: positive for more opened than closed.
pub(super) fn open_parentheses(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let (mut open, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at = end_of_literal(bytes, at, quote);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => break,
            b'(' => open.push(at),
            b')' => drop(open.pop()),
            _ => {}
        }
        at += 1;
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_neither_in_strings_nor_in_comments() {
        let found: Vec<_> = words(r#"f(a->b, "c d", 'e') /* g */ + h1; // i"#).map(|(_, word)| word).collect();
        assert_eq!(found, ["f", "a", "b", "h1"]);
        assert!(mentions("x = self->res + 1;", "x"));
        assert!(!mentions("x = self->res + 1;", "res"));
    }

    #[test]
    fn declarations_are_told_from_uses() {
        assert!(declares("int res = d->guard(l, r);", "res"));
        assert!(declares("PyObject *value;", "value"));
        assert!(declares("PyObject *const *tail[2];", "tail") || declares("PyObject *tail[2];", "tail"));
        assert!(!declares("res = f(a);", "res"));
        assert!(!declares("return res;", "res"));
        assert!(!declares("if (res == NULL) {", "res"));
    }
}
