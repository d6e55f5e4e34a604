//! Methods of str about the text as a whole: case, tests, padding, stripping. Searching and splitting are in
//! `str_search`.

use super::args::positional;
use super::support::{boolean, index_isize, none, type_error, type_name};
use super::text::read::is_space;
use super::text::unicode;
use super::{format, str_more as more, str_search as search};
use crate::object::*;
use crate::runtime::error;

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("__format__", format::format_str),
    MethodDef::no_args("capitalize", capitalize),
    MethodDef::no_args("casefold", casefold),
    MethodDef::fast("center", center),
    MethodDef::keywords("encode", more::encode),
    MethodDef::keywords("expandtabs", more::expandtabs),
    MethodDef::one("format_map", format::format_map),
    MethodDef::no_args("istitle", istitle),
    MethodDef::fast("maketrans", more::maketrans).of_nobody(),
    MethodDef::one("translate", more::translate),
    MethodDef::no_args("__getnewargs__", |_, string| {
        Ok(PyTuple::from_array([PyStr::plain_copy(of(string)).upcast()]).upcast())
    }),
    MethodDef::no_args("__sizeof__", more::size),
    MethodDef::fast("count", search::count),
    MethodDef::fast("endswith", search::endswith),
    MethodDef::fast("find", search::find),
    MethodDef::keywords("format", format::str_format),
    MethodDef::fast("index", search::index),
    MethodDef::no_args("isalnum", isalnum),
    MethodDef::no_args("isalpha", isalpha),
    MethodDef::no_args("isascii", isascii),
    MethodDef::no_args("isdecimal", isdecimal),
    MethodDef::no_args("isdigit", isdigit),
    MethodDef::no_args("isidentifier", isidentifier),
    MethodDef::no_args("islower", islower),
    MethodDef::no_args("isnumeric", isnumeric),
    MethodDef::no_args("isprintable", isprintable),
    MethodDef::no_args("isspace", isspace),
    MethodDef::no_args("isupper", isupper),
    MethodDef::one("join", search::join),
    MethodDef::fast("ljust", ljust),
    MethodDef::no_args("lower", lower),
    MethodDef::fast("lstrip", lstrip),
    MethodDef::one("partition", search::partition),
    MethodDef::one("removeprefix", search::removeprefix),
    MethodDef::one("removesuffix", search::removesuffix),
    MethodDef::keywords("replace", search::replace),
    MethodDef::fast("rfind", search::rfind),
    MethodDef::fast("rindex", search::rindex),
    MethodDef::fast("rjust", rjust),
    MethodDef::one("rpartition", search::rpartition),
    MethodDef::keywords("rsplit", search::rsplit),
    MethodDef::fast("rstrip", rstrip),
    MethodDef::keywords("split", search::split),
    MethodDef::keywords("splitlines", search::splitlines),
    MethodDef::fast("startswith", search::startswith),
    MethodDef::fast("strip", strip),
    MethodDef::no_args("swapcase", swapcase),
    MethodDef::no_args("title", title),
    MethodDef::no_args("upper", upper),
    MethodDef::one("zfill", zfill),
];

fn of(object: Ref) -> Ref<PyStr> {
    object.cast()
}

/// The text with each character replaced by what `map` adds for it; lone surrogates stay.
fn mapped(string: Ref, mut map: impl FnMut(char, usize, &mut StrBuilder)) -> Result {
    let mut out = StrBuilder::new();
    for (at, point) in of(string).points().enumerate() {
        match char::from_u32(point) {
            Some(c) => map(c, at, &mut out),
            None => out.push(point),
        }
    }
    Ok(out.finish().upcast())
}

fn add(out: &mut StrBuilder, chars: impl Iterator<Item = char>) {
    chars.for_each(|c| out.push(c.into()));
}

/// Lower case; a capital sigma at the end of a word has a form of its own.
fn lower_at(string: Ref, c: char, at: usize, out: &mut StrBuilder) {
    if c != 'Σ' {
        return add(out, c.to_lowercase());
    }
    let string = of(string);
    let cased = |point: &u32| char::from_u32(*point).is_some_and(|c| ends_in_final_sigma(&[c]));
    // An `A` before what is passed over leaves the sigma at the end of a word.
    let passed_over = |point: &u32| {
        char::from_u32(*point).is_some_and(|c| ends_in_final_sigma(&['A', c]) && !ends_in_final_sigma(&[c]))
    };
    let before = (0..at).rev().map(|at| string.char_at(at)).find(|point| !passed_over(point));
    let after = (at + 1..string.len()).map(|at| string.char_at(at)).find(|point| !passed_over(point));
    let (before, after) = (before.as_ref().is_some_and(cased), after.as_ref().is_some_and(cased));
    out.push(u32::from(if before && !after { 'ς' } else { 'σ' }));
}

/// Whether a capital sigma behind these is one at the end of a word. The standard library knows which characters have
/// case, and which are passed over, but shows it in no other way.
fn ends_in_final_sigma(before: &[char]) -> bool {
    before.iter().chain(&['Σ']).collect::<String>().to_lowercase().ends_with('ς')
}

/// Title case of one character, which is its upper case but for some ligatures and digraphs.
fn title_case(c: char, out: &mut StrBuilder) {
    if let Some(own) = unicode::own_title_case(c.into()) {
        return out.push_text(own);
    }
    let mut upper = c.to_uppercase();
    if let Some(first) = upper.next() {
        out.push(first.into());
    }
    upper.for_each(|rest| add(out, rest.to_lowercase()));
}

/// The text with each byte mapped, if it is ASCII and stays so.
fn mapped_ascii(string: Ref, map: impl Fn(&u8) -> u8) -> Option<Owned> {
    let string = of(string);
    let text = string.as_ascii()?.as_bytes();
    Some(PyStr::from_bytes_with(text.len(), |at| map(&text[at])).upcast())
}

fn upper(_: &Thread, string: Ref) -> Result {
    if let Some(ascii) = mapped_ascii(string, u8::to_ascii_uppercase) {
        return Ok(ascii);
    }
    mapped(string, |c, _, out| add(out, c.to_uppercase()))
}

fn lower(_: &Thread, string: Ref) -> Result {
    if let Some(ascii) = mapped_ascii(string, u8::to_ascii_lowercase) {
        return Ok(ascii);
    }
    mapped(string, |c, at, out| lower_at(string, c, at, out))
}

fn casefold(_: &Thread, string: Ref) -> Result {
    if let Some(ascii) = mapped_ascii(string, u8::to_ascii_lowercase) {
        return Ok(ascii);
    }
    mapped(string, |c, _, out| add(out, caseless::Caseless::default_case_fold(std::iter::once(c))))
}

fn swapcase(_: &Thread, string: Ref) -> Result {
    mapped(
        string,
        |c, at, out| {
            if c.is_uppercase() { lower_at(string, c, at, out) } else { add(out, c.to_uppercase()) }
        },
    )
}

fn capitalize(_: &Thread, string: Ref) -> Result {
    mapped(string, |c, at, out| if at == 0 { title_case(c, out) } else { lower_at(string, c, at, out) })
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || (!c.is_ascii() && is_title_letter(c))
}

fn title(_: &Thread, string: Ref) -> Result {
    let (mut inside, mut out) = (false, StrBuilder::new());
    for (at, point) in of(string).points().enumerate() {
        match char::from_u32(point) {
            Some(c) if inside => lower_at(string, c, at, &mut out),
            Some(c) => title_case(c, &mut out),
            None => out.push(point),
        }
        inside = char::from_u32(point).is_some_and(is_cased);
    }
    Ok(out.finish().upcast())
}

/// Whether there are characters and all pass.
fn every(string: Ref, test: impl Fn(u32) -> bool) -> Result {
    let string = of(string);
    Ok(boolean(!string.is_empty() && string.points().all(test)))
}

fn isalnum(_: &Thread, string: Ref) -> Result {
    every(string, |point| unicode::is_alpha(point) || unicode::is_numeric(point))
}

fn isalpha(_: &Thread, string: Ref) -> Result {
    every(string, unicode::is_alpha)
}

fn isascii(_: &Thread, string: Ref) -> Result {
    Ok(boolean(of(string).is_ascii()))
}

fn isdecimal(_: &Thread, string: Ref) -> Result {
    every(string, unicode::is_decimal)
}

fn isdigit(_: &Thread, string: Ref) -> Result {
    every(string, unicode::is_digit)
}

fn isnumeric(_: &Thread, string: Ref) -> Result {
    every(string, unicode::is_numeric)
}

fn isspace(_: &Thread, string: Ref) -> Result {
    every(string, is_space)
}

fn isprintable(_: &Thread, string: Ref) -> Result {
    Ok(boolean(of(string).points().all(unicode::is_printable)))
}

fn isidentifier(_: &Thread, string: Ref) -> Result {
    Ok(boolean(is_identifier(of(string))))
}

/// Whether the text is an identifier (`PyUnicode_IsIdentifier`).
pub(crate) fn is_identifier(string: Ref<PyStr>) -> bool {
    let mut points = string.points();
    points.next().is_some_and(unicode::starts_identifier) && points.all(unicode::continues_identifier)
}

/// Whether words start with upper case and go on in lower case.
fn istitle(_: &Thread, string: Ref) -> Result {
    let (mut cased, mut inside) = (false, false);
    for c in of(string).points().map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)) {
        let upper = c.is_uppercase() || is_title_letter(c);
        if (upper && inside) || (c.is_lowercase() && !inside) {
            return Ok(boolean(false));
        }
        inside = is_cased(c);
        cased |= inside;
    }
    Ok(boolean(cased))
}

/// Digraphs in title case, and Greek letters with an iota beside them.
fn is_title_letter(c: char) -> bool {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
    c.general_category() == GeneralCategory::TitlecaseLetter
}

/// Whether there are cased characters and none is of the other case.
fn one_case(string: Ref, wanted: impl Fn(char) -> bool) -> Result {
    let mut cased = false;
    for c in of(string).points().filter_map(char::from_u32).filter(|&c| is_cased(c)) {
        if !wanted(c) {
            return Ok(boolean(false));
        }
        cased = true;
    }
    Ok(boolean(cased))
}

fn islower(_: &Thread, string: Ref) -> Result {
    one_case(string, char::is_lowercase)
}

fn isupper(_: &Thread, string: Ref) -> Result {
    one_case(string, char::is_uppercase)
}

/// Pads to a width; `left` says how much of what is missing goes in front.
fn padded(thread: &Thread, name: &str, string: Ref, arguments: &[Ref], left: impl Fn(usize, usize) -> usize) -> Result {
    positional(thread, name, arguments.len(), 1, 2)?;
    let width = usize::try_from(index_isize(thread, arguments[0])?).unwrap_or(0);
    let fill = match arguments.get(1) {
        None => u32::from(' '),
        Some(&fill) => match fill.downcast::<PyStr>() {
            Some(fill) if fill.len() == 1 => fill.char_at(0),
            Some(_) => return Err(type_error(thread, "The fill character must be exactly one character long")),
            None => {
                let message = format!("The fill character must be a unicode character, not {}", type_name(fill));
                return Err(type_error(thread, &message));
            }
        },
    };
    let string = of(string);
    let missing = width.saturating_sub(string.len());
    if missing == 0 {
        return Ok(string.slice(0, string.len()).upcast());
    }
    let before = left(missing, width);
    error::check_room(thread, width, 4)?;
    let mut out = StrBuilder::new();
    out.push_repeated(fill, before);
    out.push_str(string);
    out.push_repeated(fill, missing - before);
    Ok(out.finish().upcast())
}

fn ljust(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    padded(thread, "ljust", string, arguments, |_, _| 0)
}

fn rjust(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    padded(thread, "rjust", string, arguments, |missing, _| missing)
}

fn center(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    // An odd rest goes to the left only when the width is odd too.
    padded(thread, "center", string, arguments, |missing, width| missing / 2 + (missing & width & 1))
}

fn zfill(thread: &Thread, string: Ref, width: Ref) -> Result {
    let width = usize::try_from(index_isize(thread, width)?).unwrap_or(0);
    let string = of(string);
    let missing = width.saturating_sub(string.len());
    error::check_room(thread, width, 1)?;
    let mut out = StrBuilder::new();
    let signed = !string.is_empty() && matches!(char::from_u32(string.char_at(0)), Some('+' | '-'));
    if signed {
        out.push(string.char_at(0));
    }
    out.push_repeated('0'.into(), missing);
    out.push_str(string.slice(usize::from(signed), string.len()).borrow());
    Ok(out.finish().upcast())
}

fn stripped(thread: &Thread, name: &str, string: Ref, arguments: &[Ref], sides: (bool, bool)) -> Result {
    positional(thread, name, arguments.len(), 0, 1)?;
    let chars = match arguments.first() {
        Some(&chars) if !chars.is(none().borrow()) => match chars.downcast::<PyStr>() {
            Some(chars) => Some(chars),
            None => return Err(type_error(thread, &format!("{name} arg must be None or str"))),
        },
        _ => None,
    };
    let drops = |point: u32| match chars {
        Some(chars) => chars.points().any(|other| other == point),
        None => is_space(point),
    };
    let string = of(string);
    let (mut start, mut stop) = (0, string.len());
    while sides.0 && start < stop && drops(string.char_at(start)) {
        start += 1;
    }
    while sides.1 && start < stop && drops(string.char_at(stop - 1)) {
        stop -= 1;
    }
    Ok(string.slice(start, stop).upcast())
}

fn strip(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "strip", string, arguments, (true, true))
}

fn lstrip(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "lstrip", string, arguments, (true, false))
}

fn rstrip(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "rstrip", string, arguments, (false, true))
}
