//! Match objects.

use super::pattern::{self, Pattern};
use super::subject::{Spans, Subject};
use crate::modules::receiver;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, object};

/// What a pattern found.
pub(super) struct Match {
    pattern: Owned<PyNative>,
    string: Owned,
    range: (usize, usize),
    pub(super) spans: Spans,
}
native_fields!(Match: pattern, string);

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "re.Match",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        mp_subscript: slot(|thread, own, group| {
            let own: Ref<PyNative> = own.cast();
            let known = receiver::<Match>(thread, &own)?;
            let index = known.index(thread, group)?;
            known.group(thread, index)
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::fast("group", group),
        MethodDef::keywords("groups", groups),
        MethodDef::keywords("groupdict", groupdict),
        MethodDef::fast("start", |thread, own, a| span_of(thread, own, a, "start").map(|(start, _)| number(start))),
        MethodDef::fast("end", |thread, own, a| span_of(thread, own, a, "end").map(|(_, end)| number(end))),
        MethodDef::fast("span", |thread, own, a| {
            let (start, end) = span_of(thread, own, a, "span")?;
            Ok(PyTuple::from_array([number(start), number(end)]).upcast())
        }),
        MethodDef::one("expand", expand),
        MethodDef::no_args("__copy__", |_, own| Ok(own.to_owned())),
        MethodDef::one("__deepcopy__", |_, own, _| Ok(own.to_owned())),
        MethodDef::one("__class_getitem__", crate::modules::generic_alias).of_class(),
    ],
    getset: &[
        GetSetDef::read_only("string", |thread, own| of(thread, &own.cast()).map(|own| own.string.clone())),
        GetSetDef::read_only("re", |thread, own| of(thread, &own.cast()).map(|own| own.pattern.clone().upcast())),
        GetSetDef::read_only("pos", |thread, own| of(thread, &own.cast()).map(|own| number(own.range.0 as i64))),
        GetSetDef::read_only("endpos", |thread, own| of(thread, &own.cast()).map(|own| number(own.range.1 as i64))),
        GetSetDef::read_only("lastindex", |thread, own| {
            of(thread, &own.cast()).map(|own| own.spans.last.map_or_else(object::new_none, |last| number(last as i64)))
        }),
        GetSetDef::read_only("lastgroup", lastgroup),
        GetSetDef::read_only("regs", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let spans = of(thread, &own)?.spans.groups.iter().map(|span| {
                let (start, end) = signed(*span);
                PyTuple::from_array([number(start), number(end)]).upcast()
            });
            Ok(PyTuple::from_vec(spans.collect()).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Match> {
    receiver::<Match>(thread, own)
}

fn number(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

fn signed(span: Option<(usize, usize)>) -> (i64, i64) {
    span.map_or((-1, -1), |(start, end)| (start as i64, end as i64))
}

/// A match in a string.
pub(super) fn make(pattern: Ref<PyNative>, subject: &Subject, range: (usize, usize), spans: Spans) -> Owned {
    let found = Match { pattern: pattern.to_owned(), string: subject.object.clone(), range, spans };
    PyNative::new(Ref::from_static(&TYPE), found).upcast()
}

impl Match {
    fn with_pattern<R>(&self, thread: &Thread, body: impl FnOnce(&Pattern) -> Result<R>) -> Result<R> {
        let pattern = self.pattern.borrow();
        body(pattern::of(thread, &pattern)?)
    }

    /// The number of a group that is given by number or name.
    fn index(&self, thread: &Thread, group: Ref) -> Result<usize> {
        let found = match group.downcast::<PyInt>() {
            Some(number) => number.as_i64(),
            None if group.ty().slots.nb_index.get().is_some() => {
                crate::runtime::number::index(thread, group)?.borrow().as_i64()
            }
            None => self.with_pattern(thread, |pattern| {
                let names = pattern.groupindex.clone();
                let found = object::optional_item(thread, names.borrow(), group).unwrap_or_else(|_| {
                    thread.clear_exception();
                    None
                });
                Ok(found.and_then(|number| number.borrow().downcast::<PyInt>().and_then(|number| number.as_i64())))
            })?,
        };
        match found.and_then(|index| usize::try_from(index).ok()).filter(|index| *index < self.spans.groups.len()) {
            Some(index) => Ok(index),
            None => Err(error::index_error(thread, "no such group")),
        }
    }

    /// The text of a group; None for one that did not take part.
    pub(super) fn group(&self, thread: &Thread, index: usize) -> Result {
        self.group_or(thread, index, none_object())
    }

    fn group_or(&self, thread: &Thread, index: usize, default: Ref) -> Result {
        match self.spans.groups[index] {
            Some((start, end)) => {
                let subject = Subject::new(thread, self.string.borrow(), None)?;
                Ok(subject.slice(start, end))
            }
            None => Ok(default.to_owned()),
        }
    }
}

fn group(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    match arguments {
        [] => known.group(thread, 0),
        [one] => known.group(thread, known.index(thread, *one)?),
        several => {
            let mut all = Vec::with_capacity(several.len());
            for group in several {
                all.push(known.group(thread, known.index(thread, *group)?)?);
            }
            Ok(PyTuple::from_vec(all).upcast())
        }
    }
}

fn default_of(thread: &Thread, function: &'static str, a: &[Ref], k: Option<Ref<PyTuple>>) -> Result<Owned> {
    let signature = Signature { function, names: &["default"], positional_only: 0, keyword_only: 0, required: 0 };
    let [default] = signature.bind(thread, a, k)?;
    Ok(default.unwrap_or(none_object()).to_owned())
}

fn groups(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let default = default_of(thread, "groups", arguments, keywords)?;
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let mut all = Vec::new();
    for index in 1..known.spans.groups.len() {
        all.push(known.group_or(thread, index, default.borrow())?);
    }
    Ok(PyTuple::from_vec(all).upcast())
}

fn groupdict(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let default = default_of(thread, "groupdict", arguments, keywords)?;
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let names = known.with_pattern(thread, |pattern| Ok(pattern.groupindex.clone()))?;
    let all = PyDict::new();
    for name in crate::runtime::iter::collect(thread, names.borrow())? {
        let index = known.index(thread, name.borrow())?;
        let value = known.group_or(thread, index, default.borrow())?;
        all.borrow().set(thread, name.borrow(), value)?;
    }
    Ok(all.upcast())
}

fn span_of(thread: &Thread, own: Ref, arguments: &[Ref], function: &str) -> Result<(i64, i64)> {
    call::check_count(thread, function, arguments.len(), 0, 1)?;
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let index = arguments.first().map_or(Ok(0), |group| known.index(thread, *group))?;
    Ok(signed(known.spans.groups[index]))
}

fn lastgroup(thread: &Thread, own: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let Some(last) = known.spans.last else { return Ok(object::new_none()) };
    known.with_pattern(thread, |pattern| {
        let names = pattern.indexgroup.borrow().downcast::<PyTuple>();
        Ok(names.and_then(|names| names.get(last)).unwrap_or(none_object()).to_owned())
    })
}

fn expand(thread: &Thread, own: Ref, template: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let compile = crate::modules::imported(thread, "re", "_compile_template")?;
    let made = call::with(thread, compile.borrow(), &[known.pattern.borrow().upcast(), template])?;
    super::substitute::expand(thread, made.borrow(), known)
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let known = of(thread, &own)?;
    let (start, end) = signed(known.spans.groups[0]);
    let text = known.group(thread, 0)?;
    let shown = object::repr_checked(thread, text.borrow())?;
    let shown: String = shown.chars().take(50).collect();
    Ok(PyStr::new(&format!("<re.Match object; span=({start}, {end}), match={shown}>")).upcast())
}
