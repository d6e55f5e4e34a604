//! What is searched: a str or bytes object, in the form that the matcher reads.

use super::cells::{Four, Two};
use crate::object::*;
use crate::runtime::error;
use rustpython_sre_engine::{Request, State};

/// A string to search in. Positions count its items.
pub(super) struct Subject {
    pub(super) object: Owned,
    /// What another object's buffer held when the search began; str and bytes, which never change, are read in place.
    copied: Option<Box<[u8]>>,
    pub(super) length: usize,
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
            return Ok(Subject { object: object.to_owned(), copied: None, length: string.len() });
        }
        let (copied, length) = match object.downcast::<PyBytes>() {
            Some(bytes) => (None, bytes.data().len()),
            None => {
                let data = crate::modules::buffer(thread, object, "expected string or bytes-like object")?;
                let length = data.len();
                (Some(data.into()), length)
            }
        };
        if is_bytes == Some(false) {
            return Err(error::type_error(thread, "cannot use a string pattern on a bytes-like object"));
        }
        Ok(Subject { object: object.to_owned(), copied, length })
    }

    /// A part of the string, as an object of its kind.
    pub(super) fn slice(&self, start: usize, stop: usize) -> Owned {
        let object = self.object.borrow();
        if let Some(string) = object.downcast::<PyStr>() {
            return string.slice(start, stop).upcast();
        }
        let range = start..stop.max(start);
        match (&self.copied, object.downcast::<PyBytes>()) {
            // The buffer may have shrunk since the search.
            (Some(data), _) => {
                let (start, stop) = (range.start.min(data.len()), range.end.min(data.len()));
                PyBytes::new(&data[start..stop]).upcast()
            }
            (None, Some(bytes)) => PyBytes::new(&bytes.data()[range]).upcast(),
            (None, None) => self.object.clone(),
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
        let object = self.object.borrow();
        if let Some(string) = object.downcast::<PyStr>() {
            return match string.units() {
                // The codes of Latin-1 characters are the bytes.
                Units::One(cells) => run(cells, code, groups, how, range, advance),
                Units::Two(_) => run(Two(string.cell_bytes()), code, groups, how, range, advance),
                Units::Four(_) => run(Four(string.cell_bytes()), code, groups, how, range, advance),
            };
        }
        match (&self.copied, object.downcast::<PyBytes>()) {
            (Some(data), _) => run(&data[..], code, groups, how, range, advance),
            (None, Some(bytes)) => run(bytes.data(), code, groups, how, range, advance),
            (None, None) => None,
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
