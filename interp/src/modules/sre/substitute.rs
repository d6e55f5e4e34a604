//! `sub`, `subn` and templates of replacements.

use super::found::{self, Match};
use super::pattern::{self, each};
use super::subject::Subject;
use crate::modules::receiver;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, iter, number, object, types};

/// Literals, each but the last with the group that follows it.
pub(super) struct Template(Vec<(Owned, Option<usize>)>);
impl Native for Template {}

pub(super) static TEMPLATE_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_sre.SRE_Template",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    ..TypeSpec::EMPTY
});

/// `_sre.template(pattern, [literal, group, literal, …])`.
pub(super) fn template(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "template", arguments.len(), 2, 2)?;
    let items = iter::collect(thread, arguments[1])?;
    let mut parts = Vec::new();
    for pair in items.chunks(2) {
        let group = match pair.get(1) {
            Some(group) => match usize::try_from(number::as_i64(thread, group.borrow())?) {
                Ok(group) => Some(group),
                Err(_) => return Err(error::value_error(thread, "invalid template")),
            },
            None => None,
        };
        parts.push((pair[0].clone(), group));
    }
    Ok(PyNative::new(Ref::from_static(&TEMPLATE_TYPE), Template(parts)).upcast())
}

/// A template with the groups of a match filled in.
pub(super) fn expand(thread: &Thread, template: Ref, found: &Match) -> Result {
    if types::is_str(template) || types::is_bytes(template) {
        return Ok(template.to_owned());
    }
    let own: Ref<PyNative> = template.cast();
    let known = receiver::<Template>(thread, &own)?;
    let mut parts = Vec::new();
    for (literal, group) in &known.0 {
        parts.push(literal.clone());
        if let Some(group) = group {
            if *group >= found.spans.groups.len() {
                return Err(error::index_error(thread, "no such group"));
            }
            parts.push(found.group(thread, *group)?);
        }
    }
    parts.retain(|part| !object::is_none(part.borrow()));
    join(thread, parts)
}

/// Parts of one kind, joined.
fn join(thread: &Thread, parts: Vec<Owned>) -> Result {
    let is_bytes = parts.first().is_some_and(|part| !types::is_str(part.borrow()));
    let empty: Owned = if is_bytes { PyBytes::new(Vec::new()).upcast() } else { PyStr::new("").upcast() };
    let list = PyList::new(parts);
    object::call_method(thread, empty.borrow(), PyStr::new("join").borrow(), &[list.borrow().upcast()])
}

/// What each match is replaced by.
enum Replacement {
    Literal(Owned),
    Template(Owned),
    Function(Owned),
}

fn replacement(thread: &Thread, own: Ref<PyNative>, given: Ref) -> Result<Replacement> {
    if types::is_callable(given) {
        return Ok(Replacement::Function(given.to_owned()));
    }
    let escapes = match (given.downcast::<PyStr>(), given.downcast::<PyBytes>()) {
        (Some(text), _) => text.points().any(|point| point == u32::from('\\')),
        (None, Some(bytes)) => bytes.data().contains(&b'\\'),
        (None, None) => true,
    };
    if !escapes {
        return Ok(Replacement::Literal(given.to_owned()));
    }
    let compile = crate::modules::imported(thread, "re", "_compile_template")?;
    let made = call::with(thread, compile.borrow(), &[own.upcast(), given])?;
    if types::is_str(made.borrow()) || types::is_bytes(made.borrow()) {
        return Ok(Replacement::Literal(made));
    }
    Ok(Replacement::Template(made))
}

/// `sub(repl, string, count=0)`: the new string, and how many replacements were made.
pub(super) fn sub(
    thread: &Thread,
    own: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    function: &'static str,
) -> Result<(Owned, i64)> {
    let signature =
        Signature { function, names: &["repl", "string", "count"], positional_only: 0, keyword_only: 0, required: 2 };
    let [repl, string, most] = signature.bind(thread, arguments, keywords)?;
    let most = most.map_or(Ok(0), |most| number::index_isize(thread, most, Some(exceptions::overflow_error())))?;
    let pattern: Ref<PyNative> = own.cast();
    let known = pattern::of(thread, &pattern)?;
    let subject = known.subject(thread, string.unwrap_or(none_object()))?;
    let repl = replacement(thread, pattern, repl.unwrap_or(none_object()))?;
    let mut parts = Vec::new();
    let (mut last, mut count) = (0, 0i64);
    let range = (0, subject.length);
    let body = |spans: super::subject::Spans| -> Result<bool> {
        let (start, stop) = spans.groups[0].unwrap_or((0, 0));
        if last < start {
            parts.push(subject.slice(last, start));
        }
        let put = match &repl {
            Replacement::Literal(text) => text.clone(),
            Replacement::Template(template) => {
                let found = found::make(pattern, &subject, range, spans);
                let found: Ref<PyNative> = found.borrow().cast();
                expand(thread, template.borrow(), receiver::<Match>(thread, &found)?)?
            }
            Replacement::Function(function) => {
                let found = found::make(pattern, &subject, range, spans);
                call::with(thread, function.borrow(), &[found.borrow()])?
            }
        };
        if !object::is_none(put.borrow()) {
            parts.push(put);
        }
        last = stop;
        count += 1;
        Ok(most <= 0 || count < most as i64)
    };
    if most >= 0 {
        each(known, &subject, range, body)?;
    }
    if count == 0 {
        return Ok((whole(&subject), 0));
    }
    parts.push(subject.slice(last, subject.length));
    Ok((join(thread, parts)?, count))
}

/// The string itself, as an object of the plain type.
fn whole(subject: &Subject) -> Owned {
    let object = subject.object.borrow();
    if object.is_exact(types::str()) { subject.object.clone() } else { subject.slice(0, subject.length) }
}
