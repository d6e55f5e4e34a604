//! The format specification language (`Python/formatter_unicode.c`): its parser, and padding and grouping.

use super::float::{Float, Style, unsigned};

/// `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) fill: char,
    /// `<`, `>`, `^` or `=`.
    pub(crate) align: Option<char>,
    /// `+`, `-` or a space.
    pub(crate) sign: Option<char>,
    /// `z`: negative zero as zero.
    pub(crate) no_negative_zero: bool,
    pub(crate) alternate: bool,
    pub(crate) width: usize,
    /// `,` or `_`.
    pub(crate) grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    /// `,` or `_` between groups of digits behind the point.
    pub(crate) fraction_grouping: Option<char>,
    pub(crate) kind: Option<char>,
}

/// Reads a specification for values of the named type, or says why it cannot (the text of a ValueError).
pub(crate) fn parse(text: &str, type_name: &str, default_align: char) -> Result<Spec, String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied();
    let is_align = |c: Option<char>| matches!(c, Some('<' | '>' | '=' | '^'));
    let mut pos = 0;
    let mut spec = Spec {
        fill: ' ',
        align: None,
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width: 0,
        grouping: None,
        precision: None,
        fraction_grouping: None,
        kind: None,
    };
    let mut fill_given = false;
    if is_align(at(1)) {
        spec.fill = chars[0];
        spec.align = at(1);
        fill_given = true;
        pos = 2;
    } else if is_align(at(0)) {
        spec.align = at(0);
        pos = 1;
    }
    let take = |pos: &mut usize, wanted: &[char]| {
        let found = at(*pos).filter(|c| wanted.contains(c));
        *pos += usize::from(found.is_some());
        found
    };
    spec.sign = take(&mut pos, &['+', '-', ' ']);
    spec.no_negative_zero = take(&mut pos, &['z']).is_some();
    spec.alternate = take(&mut pos, &['#']).is_some();
    if !fill_given && at(pos) == Some('0') {
        spec.fill = '0';
        if spec.align.is_none() && default_align == '>' {
            spec.align = Some('=');
        }
        pos += 1;
    }
    spec.width = number(&chars, &mut pos, "Too many decimal digits in format string")?.unwrap_or(0);
    spec.grouping = grouping(&chars, &mut pos)?;
    if take(&mut pos, &['.']).is_some() {
        spec.precision = number(&chars, &mut pos, "Too many decimal digits in format string")?;
        spec.fraction_grouping = grouping(&chars, &mut pos)?;
        if spec.precision.is_none() && spec.fraction_grouping.is_none() {
            return Err("Format specifier missing precision".to_owned());
        }
    }
    if chars.len() - pos > 1 {
        return Err(format!("Invalid format specifier '{text}' for object of type '{type_name}'"));
    }
    spec.kind = at(pos);
    check_grouping(&spec)?;
    Ok(spec)
}

fn number(chars: &[char], pos: &mut usize, too_long: &str) -> Result<Option<usize>, String> {
    let digits: String = chars[*pos..].iter().take_while(|c| c.is_ascii_digit()).collect();
    *pos += digits.len();
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse().ok().filter(|&value: &usize| isize::try_from(value).is_ok()).map(Some).ok_or(too_long.to_owned())
}

fn grouping(chars: &[char], pos: &mut usize) -> Result<Option<char>, String> {
    let mut found = None;
    while let Some(&c @ (',' | '_')) = chars.get(*pos) {
        match found {
            None => found = Some(c),
            Some(first) if first == c => return Err(format!("Cannot specify '{c}' with '{c}'.")),
            Some(_) => return Err("Cannot specify both ',' and '_'.".to_owned()),
        }
        *pos += 1;
    }
    Ok(found)
}

fn check_grouping(spec: &Spec) -> Result<(), String> {
    if let (Some(separator), Some('n')) = (spec.fraction_grouping, spec.kind) {
        return Err(format!("Cannot specify '{separator}' with 'n'."));
    }
    let Some(separator) = spec.grouping else { return Ok(()) };
    match spec.kind {
        None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => Ok(()),
        Some('b' | 'o' | 'x' | 'X') if separator == '_' => Ok(()),
        Some(kind) => Err(format!("Cannot specify '{separator}' with '{kind}'.")),
    }
}

/// Fills up to the width: `head` is sign and prefix, which `=` keeps in front of the fill.
pub(crate) fn pad(spec: &Spec, default_align: char, head: &str, body: &str) -> String {
    let missing = spec.width.saturating_sub(head.chars().count() + body.chars().count());
    let (left, inner, right) = match spec.align.unwrap_or(default_align) {
        '<' => (0, 0, missing),
        '^' => (missing / 2, 0, missing - missing / 2),
        '=' => (0, missing, 0),
        _ => (missing, 0, 0),
    };
    let fill = |count| std::iter::repeat_n(spec.fill, count);
    fill(left).chain(head.chars()).chain(fill(inner)).chain(body.chars()).chain(fill(right)).collect()
}

/// Puts separators between groups of digits, counted from the right; zeros that fill up to `width` get them too.
pub(crate) fn group(digits: &str, separator: char, size: usize, width: usize) -> String {
    let mut reversed = Vec::new();
    let mut count = 0;
    let mut source = digits.chars().rev();
    loop {
        let next = match source.next() {
            Some(c) => c,
            None if reversed.len() < width => '0',
            None => break,
        };
        if count > 0 && count % size == 0 {
            reversed.push(separator);
        }
        reversed.push(next);
        count += 1;
    }
    reversed.into_iter().rev().collect()
}

/// Puts separators between groups of three digits behind the point, counted from the left.
fn group_fraction(text: &str, separator: char) -> String {
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    let mut out = format!("{whole}.");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out + tail
}

/// The sign that a number shows.
pub(crate) fn sign_text(spec: &Spec, negative: bool) -> &'static str {
    match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    }
}

/// Groups the digits before the point and fills up to the width.
pub(crate) fn number_text(spec: &Spec, head: &str, body: &str, group_size: usize) -> String {
    let Some(separator) = spec.grouping else { return pad(spec, '>', head, body) };
    let end = body.find(|c: char| !c.is_ascii_hexdigit()).filter(|_| group_size == 3).unwrap_or(body.len());
    let end = if group_size == 3 { body[..end].find(['e', 'E']).unwrap_or(end) } else { end };
    let (whole, rest) = body.split_at(end);
    let zeros = spec.fill == '0' && spec.align == Some('=');
    let width = if zeros { spec.width.saturating_sub(head.len() + rest.len()) } else { 0 };
    let whole = if whole.bytes().all(|b| b.is_ascii_hexdigit()) && !whole.is_empty() {
        group(whole, separator, group_size, width)
    } else {
        whole.to_owned()
    };
    pad(spec, '>', head, &(whole + rest))
}

/// A float by specification; the error is the text of a ValueError.
pub(crate) fn float(spec: &Spec, value: f64) -> Result<String, String> {
    let unknown = |kind: char| {
        let shown =
            if (' '..='\u{7f}').contains(&kind) { kind.to_string() } else { format!("\\x{:x}", u32::from(kind)) };
        format!("Unknown format code '{shown}' for object of type 'float'")
    };
    let kind = spec.kind.unwrap_or('r');
    let (value, kind, percent) = if kind == '%' { (value * 100.0, 'f', true) } else { (value, kind, false) };
    let style = match (kind, spec.precision) {
        ('r', None) if spec.kind.is_none() => Style::Repr,
        ('r', _) if spec.kind.is_none() => Style::General,
        ('e' | 'E', _) => Style::Exponent,
        ('f' | 'F', _) => Style::Fixed,
        ('g' | 'G' | 'n', _) => Style::General,
        (other, _) => return Err(unknown(other)),
    };
    let float = Float {
        style,
        precision: spec.precision.unwrap_or(6),
        alternate: spec.alternate,
        add_dot_0: spec.kind.is_none(),
    };
    let mut text = unsigned(value, float);
    let mut negative = value.is_sign_negative() && !value.is_nan();
    if spec.no_negative_zero && negative && !text.bytes().any(|byte| matches!(byte, b'1'..=b'9' | b'i')) {
        negative = false;
    }
    if kind.is_ascii_uppercase() {
        text.make_ascii_uppercase();
    }
    if percent {
        text.push('%');
    }
    if let Some(separator) = spec.fraction_grouping {
        text = group_fraction(&text, separator);
    }
    Ok(number_text(spec, sign_text(spec, negative), &text, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, text: &str) -> String {
        float(&parse(text, "float", '>').unwrap(), value).unwrap()
    }

    #[test]
    fn floats_follow_the_specification() {
        assert_eq!(shown(3.14159, ".2f"), "3.14");
        assert_eq!(shown(3.14159, "10.3f"), "     3.142");
        assert_eq!(shown(-3.5, "08.2f"), "-0003.50");
        assert_eq!(shown(1234567.891, ",.1f"), "1,234,567.9");
        assert_eq!(shown(0.25, ".1%"), "25.0%");
        assert_eq!(shown(12345.678, "e"), "1.234568e+04");
        assert_eq!(shown(1234.5, ""), "1234.5");
        assert_eq!(shown(3.14159, ".3"), "3.14");
        assert_eq!(shown(1e100, "g"), "1e+100");
        assert_eq!(shown(f64::INFINITY, "010"), "0000000inf");
        assert_eq!(shown(1234.0, "010,"), "0,001,234.0");
        assert_eq!(shown(-0.001, "z.1f"), "0.0");
        assert_eq!(shown(2.5, "*^9"), "***2.5***");
    }

    #[test]
    fn bad_specifications_say_why() {
        assert_eq!(parse(".", "float", '>'), Err("Format specifier missing precision".to_owned()));
        assert_eq!(parse(",,d", "int", '>'), Err("Cannot specify ',' with ','.".to_owned()));
        assert_eq!(parse("5xx", "int", '>'), Err("Invalid format specifier '5xx' for object of type 'int'".to_owned()));
    }
}
