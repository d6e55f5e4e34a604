//! The lengths of tokens (the patterns of `Tools/cases_generator/lexer.py`).

pub(crate) fn word(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// The length of the number at the start of `rest`: octal, hexadecimal, floating or decimal, the first that fits.
pub(crate) fn number(rest: &[u8]) -> usize {
    octal(rest).or_else(|| hexadecimal(rest)).or_else(|| floating(rest)).unwrap_or_else(|| {
        let end = if rest[0] == b'0' { 1 } else { digits(rest, 0) };
        end + suffix(&rest[end..])
    })
}

fn octal(rest: &[u8]) -> Option<usize> {
    if rest[0] != b'0' {
        return None;
    }
    let length = rest[1..].iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    (length > 0).then(|| 1 + length + suffix(&rest[1 + length..]))
}

fn hexadecimal(rest: &[u8]) -> Option<usize> {
    if rest[0] != b'0' || !matches!(rest.get(1), Some(b'x' | b'X')) {
        return None;
    }
    let length = rest[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (length > 0).then_some(2 + length)
}

fn floating(rest: &[u8]) -> Option<usize> {
    let whole = digits(rest, 0);
    let end = if rest.get(whole) == Some(&b'.') {
        let fraction = digits(rest, whole + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        let end = whole + 1 + fraction;
        end + exponent(&rest[end..]).unwrap_or(0)
    } else {
        whole + exponent(&rest[whole..])?
    };
    Some(end + usize::from(matches!(rest.get(end), Some(b'F' | b'f' | b'L' | b'l'))))
}

fn exponent(rest: &[u8]) -> Option<usize> {
    if !matches!(rest.first(), Some(b'e' | b'E')) {
        return None;
    }
    let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
    let length = digits(rest, 1 + sign);
    (length > 0).then_some(1 + sign + length)
}

fn digits(rest: &[u8], from: usize) -> usize {
    rest.get(from..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn suffix(rest: &[u8]) -> usize {
    let mut end = 0;
    for letters in [b"uU", b"lL", b"lL"] {
        end += usize::from(rest.get(end).is_some_and(|byte| letters.contains(byte)));
    }
    end
}

/// A character literal: any one character between quotes. `'\n'` is none, as in CPython.
pub(crate) fn character(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    let (_, quoted) = characters.next()?;
    let (end, quote) = characters.next()?;
    (quoted != '\n' && quote == '\'').then_some(end + 1)
}

/// What follows a place inside a comment or a string.
pub(crate) enum Step {
    Closed(usize),
    To(usize),
    /// The text or the line ends, or something stands here that must not.
    Stop,
}

/// A star takes the character after it along, so that `/***/` closes at a later `*/`.
pub(crate) fn in_comment(bytes: &[u8], at: usize) -> Step {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'*'), Some(b'/')) => Step::Closed(at + 2),
        (Some(b'*'), Some(_)) => Step::To(at + 2),
        (Some(b'*') | None, _) => Step::Stop,
        (Some(_), _) => Step::To(at + 1),
    }
}

pub(crate) fn in_string(bytes: &[u8], at: usize) -> Step {
    match bytes.get(at) {
        Some(b'"') => Step::Closed(at + 1),
        Some(b'\\') => match bytes.get(at + 1) {
            Some(escaped) if escaped.is_ascii_alphanumeric() || b"._~!=&^-\\?'\"".contains(escaped) => Step::To(at + 2),
            _ => Step::Stop,
        },
        Some(b'\n') | None => Step::Stop,
        Some(_) => Step::To(at + 1),
    }
}

/// Remembers the places from which no end is reached, so that many unclosed comments cost no more than one.
#[derive(Clone, Default)]
pub(crate) struct Unclosed {
    /// One bit for each byte of the text.
    places: Vec<u64>,
}

impl Unclosed {
    /// The end of what opens at `start` with `length` bytes, if it closes.
    pub(crate) fn end(
        &mut self,
        bytes: &[u8],
        start: usize,
        length: usize,
        step: fn(&[u8], usize) -> Step,
    ) -> Option<usize> {
        let mut at = start + length;
        while !self.contains(at) {
            match step(bytes, at) {
                Step::Closed(end) => return Some(end),
                Step::To(next) => at = next,
                Step::Stop => break,
            }
        }
        self.places.resize(bytes.len() / 64 + 1, 0);
        let mut at = start + length;
        while at < bytes.len() && !self.contains(at) {
            self.places[at / 64] |= 1 << (at % 64);
            let Step::To(next) = step(bytes, at) else { break };
            at = next;
        }
        None
    }

    fn contains(&self, at: usize) -> bool {
        self.places.get(at / 64).is_some_and(|places| places >> (at % 64) & 1 == 1)
    }
}
