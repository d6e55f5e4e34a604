//! What is searched: a str or bytes object, in the form that the matcher reads.

use crate::object::*;
use crate::runtime::error;
use rustpython_sre_engine::{Request, State};
use rustpython_wtf8::{CodePoint, Wtf8, Wtf8Buf};

/// A string to search in. Positions count its items.
pub(super) struct Subject {
    pub(super) object: Owned,
    text: Text,
    pub(super) length: usize,
}

enum Text {
    /// One byte for each item: bytes, or text of Latin-1 characters, whose codes the bytes are.
    Bytes(Box<[u8]>),
    Wide(Wtf8Buf),
}

/// How a pattern is to match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// At the start.
    Match,
    /// From the start to the end.
    Full,
    /// Anywhere.
    Search,
}

/// Where a pattern matched: the groups, the whole first; and the last group that closed.
#[derive(Clone)]
pub(super) struct Spans {
    pub(super) groups: Vec<Option<(usize, usize)>>,
    pub(super) last: Option<usize>,
}

impl Subject {
    /// The string, if it is of the pattern's kind.
    pub(super) fn new(thread: &Thread, object: Ref, is_bytes: Option<bool>) -> Result<Subject> {
        if let Some(string) = object.downcast::<PyStr>() {
            if is_bytes == Some(true) {
                return Err(error::type_error(thread, "cannot use a bytes pattern on a string-like object"));
            }
            let text = match string.units() {
                Units::One(bytes) => Text::Bytes(bytes.into()),
                _ => {
                    let mut wide = Wtf8Buf::with_capacity(string.len());
                    string.points().filter_map(CodePoint::from_u32).for_each(|point| wide.push(point));
                    Text::Wide(wide)
                }
            };
            return Ok(Subject { object: object.to_owned(), text, length: string.len() });
        }
        let data: Box<[u8]> = match object.downcast::<PyBytes>() {
            Some(bytes) => bytes.data().into(),
            None => crate::modules::buffer(thread, object, "expected string or bytes-like object")?.into(),
        };
        if is_bytes == Some(false) {
            return Err(error::type_error(thread, "cannot use a string pattern on a bytes-like object"));
        }
        Ok(Subject { object: object.to_owned(), length: data.len(), text: Text::Bytes(data) })
    }

    /// A part of the string, as an object of its kind.
    pub(super) fn slice(&self, start: usize, stop: usize) -> Owned {
        match (self.object.borrow().downcast::<PyStr>(), &self.text) {
            (Some(string), _) => string.slice(start, stop).upcast(),
            (None, Text::Bytes(data)) => PyBytes::new(&data[start..stop.max(start)]).upcast(),
            (None, Text::Wide(_)) => self.object.clone(),
        }
    }

    /// Tries to match between two positions. `advance` refuses an empty match at the start.
    pub(super) fn run(
        &self,
        code: &[u32],
        groups: usize,
        how: How,
        range: (usize, usize),
        advance: bool,
    ) -> Option<Spans> {
        match &self.text {
            Text::Bytes(data) => run(&data[..], code, groups, how, range, advance),
            Text::Wide(text) => {
                let text: &Wtf8 = text;
                run(text, code, groups, how, range, advance)
            }
        }
    }
}

fn run<S: rustpython_sre_engine::StrDrive>(
    string: S,
    code: &[u32],
    groups: usize,
    how: How,
    (start, end): (usize, usize),
    advance: bool,
) -> Option<Spans> {
    let mut request = Request::new(string, start, end, code, how == How::Full);
    request.must_advance = advance;
    let mut state = State::default();
    let matched = match how {
        How::Search => state.search(request),
        How::Match | How::Full => state.py_match(&request),
    };
    if !matched {
        return None;
    }
    let mut spans = vec![Some((state.start, state.cursor.position))];
    for group in 0..groups {
        let (from, to) = state.marks.get(group);
        spans.push((from.is_some() && to.is_some()).then(|| (from.unpack(), to.unpack())));
    }
    Some(Spans { groups: spans, last: usize::try_from(state.marks.last_index()).ok() })
}
