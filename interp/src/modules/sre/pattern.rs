//! Pattern objects.

use super::found;
use super::subject::{How, Spans, Subject};
use super::substitute;
use crate::modules::receiver;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, exceptions, iter, number, object, types};
use std::cell::{Cell, RefCell};

/// A compiled pattern.
pub(super) struct Pattern {
    /// The text or bytes that it was made from, or None.
    pub(super) source: Owned,
    flags: i64,
    code: Vec<u32>,
    pub(super) groups: usize,
    /// Numbers by name.
    pub(super) groupindex: Owned,
    /// Names by number.
    pub(super) indexgroup: Owned,
    is_bytes: Option<bool>,
}
native_fields!(Pattern: source, groupindex, indexgroup);

impl Pattern {
    pub(super) fn subject(&self, thread: &Thread, string: Ref) -> Result<Subject> {
        Subject::new(thread, string, self.is_bytes)
    }

    pub(super) fn run(&self, subject: &Subject, how: How, range: (usize, usize), advance: bool) -> Option<Spans> {
        subject.run(&self.code, self.groups, how, range, advance)
    }
}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "re.Pattern",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { repr: slot(repr), hash: slot(hash), richcompare: slot(rich_compare), ..Slots::NONE },
    methods: &[
        MethodDef::keywords("match", |thread, own, a, k| attempt(thread, own, a, k, How::Match, "match")),
        MethodDef::keywords("fullmatch", |thread, own, a, k| attempt(thread, own, a, k, How::Full, "fullmatch")),
        MethodDef::keywords("search", |thread, own, a, k| attempt(thread, own, a, k, How::Search, "search")),
        MethodDef::keywords("findall", findall),
        MethodDef::keywords("finditer", |thread, own, a, k| scanner(thread, own, a, k, "finditer")),
        MethodDef::keywords("scanner", |thread, own, a, k| scanner(thread, own, a, k, "scanner")),
        MethodDef::keywords("split", split),
        MethodDef::keywords("sub", |thread, own, a, k| substitute::sub(thread, own, a, k, "sub").map(|(new, _)| new)),
        MethodDef::keywords("subn", |thread, own, a, k| {
            let (new, count) = substitute::sub(thread, own, a, k, "subn")?;
            Ok(PyTuple::from_array([new, PyInt::from_i64(count).upcast()]).upcast())
        }),
        MethodDef::no_args("__copy__", |_, own| Ok(own.to_owned())),
        MethodDef::one("__deepcopy__", |_, own, _| Ok(own.to_owned())),
        MethodDef::one("__class_getitem__", crate::modules::generic_alias).of_class(),
    ],
    getset: &[
        GetSetDef::read_only("pattern", |thread, own| of(thread, &own.cast()).map(|own| own.source.clone())),
        GetSetDef::read_only("flags", |thread, own| {
            of(thread, &own.cast()).map(|own| PyInt::from_i64(own.flags).upcast())
        }),
        GetSetDef::read_only("groups", |thread, own| {
            of(thread, &own.cast()).map(|own| PyInt::from_i64(own.groups as i64).upcast())
        }),
        GetSetDef::read_only("groupindex", |thread, own| {
            let index = of(thread, &own.cast())?.groupindex.clone();
            match index.borrow().downcast::<PyDict>() {
                Some(dict) => Ok(crate::runtime::descriptor::mapping_proxy(dict.to_owned())),
                None => Ok(index),
            }
        }),
    ],
    ..TypeSpec::EMPTY
});

pub(super) fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Pattern> {
    receiver::<Pattern>(thread, own)
}

/// `_sre.compile(pattern, flags, code, groups, groupindex, indexgroup)`.
pub(super) fn compile(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "compile",
        names: &["pattern", "flags", "code", "groups", "groupindex", "indexgroup"],
        positional_only: 0,
        keyword_only: 0,
        required: 6,
    };
    let bound: [Option<Ref>; 6] = SIGNATURE.bind(thread, arguments, keywords)?;
    let [source, flags, code, groups, groupindex, indexgroup] = bound.map(|value| value.unwrap_or(none_object()));
    let mut units = Vec::new();
    for unit in iter::collect(thread, code)? {
        let Ok(unit) = u32::try_from(number::as_i64(thread, unit.borrow())?) else {
            return Err(error::overflow_error(thread, "regular expression code size limit exceeded"));
        };
        units.push(unit);
    }
    let groups = usize::try_from(number::as_i64(thread, groups)?)
        .map_err(|_| error::runtime_error(thread, "invalid SRE code"))?;
    let is_bytes = match () {
        () if object::is_none(source) => None,
        () => Some(!types::is_str(source)),
    };
    let pattern = Pattern {
        source: source.to_owned(),
        flags: number::as_i64(thread, flags)?,
        code: units,
        groups,
        groupindex: groupindex.to_owned(),
        indexgroup: indexgroup.to_owned(),
        is_bytes,
    };
    Ok(PyNative::new(Ref::from_static(&TYPE), pattern).upcast())
}

/// The string and the range that a method searches in.
fn subject_of(
    thread: &Thread,
    own: &Pattern,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    function: &'static str,
) -> Result<(Subject, (usize, usize))> {
    let signature =
        Signature { function, names: &["string", "pos", "endpos"], positional_only: 0, keyword_only: 0, required: 1 };
    let [string, pos, endpos] = signature.bind(thread, arguments, keywords)?;
    let subject = own.subject(thread, string.unwrap_or(none_object()))?;
    let position = |value: Option<Ref>, default: usize| -> Result<usize> {
        match value {
            Some(value) => {
                let found = number::index_isize(thread, value, None)?;
                Ok(usize::try_from(found).unwrap_or(0).min(subject.length))
            }
            None => Ok(default),
        }
    };
    let range = (position(pos, 0)?, position(endpos, subject.length)?);
    Ok((subject, range))
}

fn attempt(
    thread: &Thread,
    own: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    how: How,
    function: &'static str,
) -> Result {
    let pattern: Ref<PyNative> = own.cast();
    let known = of(thread, &pattern)?;
    let (subject, range) = subject_of(thread, known, arguments, keywords, function)?;
    if range.0 > range.1 {
        return Ok(object::new_none());
    }
    match known.run(&subject, how, range, false) {
        Some(spans) => Ok(found::make(pattern, &subject, range, spans)),
        None => Ok(object::new_none()),
    }
}

/// Calls `body` with each match in turn until it says that it is enough.
pub(super) fn each(
    own: &Pattern,
    subject: &Subject,
    range: (usize, usize),
    mut body: impl FnMut(Spans) -> Result<bool>,
) -> Result<()> {
    let (mut start, mut advance) = (range.0, false);
    while start <= range.1 {
        let Some(spans) = own.run(subject, How::Search, (start, range.1), advance) else { return Ok(()) };
        let (from, to) = spans.groups[0].unwrap_or((start, start));
        advance = from == to;
        start = to;
        if !body(spans)? {
            return Ok(());
        }
    }
    Ok(())
}

fn findall(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let pattern: Ref<PyNative> = own.cast();
    let known = of(thread, &pattern)?;
    let (subject, range) = subject_of(thread, known, arguments, keywords, "findall")?;
    let mut all = Vec::new();
    each(known, &subject, range, |spans| {
        let part = |group: usize| {
            let (start, stop) = spans.groups[group].unwrap_or((0, 0));
            subject.slice(start, stop)
        };
        all.push(match known.groups {
            0 => part(0),
            1 => part(1),
            count => PyTuple::from_vec((1..=count).map(part).collect()).upcast(),
        });
        Ok(true)
    })?;
    Ok(PyList::new(all).upcast())
}

fn split(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "split",
        names: &["string", "maxsplit"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let pattern: Ref<PyNative> = own.cast();
    let known = of(thread, &pattern)?;
    let [string, most] = SIGNATURE.bind(thread, arguments, keywords)?;
    let most = most.map_or(Ok(0), |most| number::index_isize(thread, most, Some(exceptions::overflow_error())))?;
    let subject = known.subject(thread, string.unwrap_or(none_object()))?;
    let mut parts = Vec::new();
    let (mut last, mut count) = (0, 0);
    let mut body = |spans: Spans| {
        let (start, stop) = spans.groups[0].unwrap_or((0, 0));
        parts.push(subject.slice(last, start));
        for group in &spans.groups[1..] {
            parts.push(group.map_or_else(object::new_none, |(start, stop)| subject.slice(start, stop)));
        }
        last = stop;
        count += 1;
        Ok(most <= 0 || count < most)
    };
    if most >= 0 {
        each(known, &subject, (0, subject.length), &mut body)?;
    }
    parts.push(subject.slice(last, subject.length));
    Ok(PyList::new(parts).upcast())
}

/// A search that goes on where it stopped: the iterator of `finditer`, too.
struct Scanner {
    pattern: Owned<PyNative>,
    subject: RefCell<Option<Subject>>,
    range: (usize, usize),
    next: Cell<usize>,
    advance: Cell<bool>,
}
impl Native for Scanner {}

impl Scanner {
    fn step(&self, thread: &Thread, how: How) -> Result<Option<Owned>> {
        let pattern = self.pattern.borrow();
        let known = of(thread, &pattern)?;
        let subject = self.subject.borrow();
        let Some(subject) = subject.as_ref() else { return Ok(None) };
        if self.next.get() > self.range.1 {
            return Ok(None);
        }
        let range = (self.next.get(), self.range.1);
        let Some(spans) = known.run(subject, how, range, self.advance.get()) else {
            self.next.set(usize::MAX);
            return Ok(None);
        };
        let (from, to) = spans.groups[0].unwrap_or(range);
        self.advance.set(from == to);
        self.next.set(to);
        Ok(Some(found::make(pattern, subject, self.range, spans)))
    }
}

pub(super) static SCANNER_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_sre.SRE_Scanner",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            receiver::<Scanner>(thread, &own).and_then(|scanner| scanner.step(thread, How::Search)).ok().flatten()
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("match", |thread, own| {
            let found = receiver::<Scanner>(thread, &own.cast())?.step(thread, How::Match)?;
            Ok(found.unwrap_or_else(object::new_none))
        }),
        MethodDef::no_args("search", |thread, own| {
            let found = receiver::<Scanner>(thread, &own.cast())?.step(thread, How::Search)?;
            Ok(found.unwrap_or_else(object::new_none))
        }),
    ],
    getset: &[GetSetDef::read_only("pattern", |thread, own| {
        receiver::<Scanner>(thread, &own.cast()).map(|scanner| scanner.pattern.clone().upcast())
    })],
    ..TypeSpec::EMPTY
});

fn scanner(
    thread: &Thread,
    own: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    function: &'static str,
) -> Result {
    let pattern: Ref<PyNative> = own.cast();
    let known = of(thread, &pattern)?;
    let (subject, range) = subject_of(thread, known, arguments, keywords, function)?;
    let state = Scanner {
        pattern: pattern.to_owned(),
        subject: RefCell::new(Some(subject)),
        range,
        next: Cell::new(range.0),
        advance: Cell::new(false),
    };
    Ok(PyNative::new(Ref::from_static(&SCANNER_TYPE), state).upcast())
}

fn hash(thread: &Thread, own: Ref) -> Result<isize> {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let source = object::hash(thread, known.source.borrow())?;
    let hash = source ^ known.flags as isize ^ known.groups as isize ^ (known.code.len() as isize) << 8;
    Ok(if hash == -1 { -2 } else { hash })
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let ty = Ref::from_static(&TYPE);
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !left.is_exact(ty) || !right.is_exact(ty) {
        return Ok(not_implemented().to_owned());
    }
    let (left, right): (Ref<PyNative>, Ref<PyNative>) = (left.cast(), right.cast());
    let (a, b) = (of(thread, &left)?, of(thread, &right)?);
    let same = a.flags == b.flags
        && a.code == b.code
        && a.is_bytes == b.is_bytes
        && object::is_equal(thread, a.source.borrow(), b.source.borrow())?;
    Ok(object::new_bool(same == (op == CompareOp::Eq)))
}

/// Flags by name, in the order in which they are shown.
const FLAGS: [(i64, &str); 8] = [
    (2, "re.IGNORECASE"),
    (4, "re.LOCALE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (32, "re.UNICODE"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
];

fn repr(thread: &Thread, own: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let source = object::repr_checked(thread, known.source.borrow())?;
    let source: String = source.chars().take(200).collect();
    let mut bits = known.flags;
    // Text patterns are of Unicode unless they say otherwise.
    if known.is_bytes == Some(false) && bits & (4 | 32 | 256) == 32 {
        bits &= !32;
    }
    let mut names = Vec::new();
    for (bit, name) in FLAGS {
        if bits & bit != 0 {
            names.push(name.to_owned());
            bits &= !bit;
        }
    }
    if bits != 0 {
        names.push(format!("{bits:#x}"));
    }
    let names = if names.is_empty() { String::new() } else { format!(", {}", names.join("|")) };
    Ok(PyStr::new(&format!("re.compile({source}{names})")).upcast())
}
