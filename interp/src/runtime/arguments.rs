//! Binding call arguments to a function's locals, with CPython's messages (`initialize_locals` in `Python/ceval.c`).

use super::{error, object, types};
use crate::exit::Raised;
use crate::frame::SlotPtr;
use crate::object::code::flags;
use crate::object::*;

/// Moves `count` positional arguments and the keywords' values behind them into fresh locals. Everything is consumed,
/// also when it fails; what was moved is then in the locals.
pub(crate) fn initialize_locals(
    thread: &Thread,
    function: Ref<PyFunction>,
    locals: SlotPtr,
    args: SlotPtr,
    count: usize,
    keywords: Option<Ref<PyTuple>>,
) -> Result<()> {
    let code = function.code();
    let positional = code.argcount() as usize;
    let total = positional + code.kwonlyargcount() as usize;
    let taken = count.min(positional);
    for index in 0..taken as isize {
        locals.put(index, args.read(index));
    }
    if code.flags() & flags::VARARGS != 0 {
        let rest = (taken..count).map(|index| args.read(index as isize).into_owned()).collect();
        locals.put(total as isize, StackRef::from_owned(PyTuple::from_vec(rest).upcast()));
    } else {
        for index in taken..count {
            drop(args.read(index as isize));
        }
    }
    let kwargs_at = total + usize::from(code.flags() & flags::VARARGS != 0);
    let kwargs = (code.flags() & flags::VARKEYWORDS != 0).then(PyDict::new);
    if let Some(kwargs) = &kwargs {
        locals.put(kwargs_at as isize, StackRef::from_owned(kwargs.clone().upcast()));
    }
    if let Some(names) = keywords {
        bind_keywords(thread, function, locals, args.add(count as isize), names, kwargs.as_ref())?;
    }
    if count > positional && code.flags() & flags::VARARGS == 0 {
        return Err(too_many_positional(thread, function, locals, count));
    }
    if count < positional {
        fill_defaults(thread, function, locals, count)?;
    }
    if code.kwonlyargcount() > 0 {
        fill_keyword_defaults(thread, function, locals)?;
    }
    Ok(())
}

fn qualname(function: Ref<PyFunction>) -> String {
    function.qualname.get().to_string_lossy()
}

fn local_name(code: Ref<PyCode>, index: usize) -> Ref<PyStr> {
    code.localsplusnames().item(index).cast()
}

/// The parameter that a keyword names.
fn parameter(thread: &Thread, code: Ref<PyCode>, keyword: Ref) -> Result<Option<usize>> {
    let names = code.localsplusnames();
    let range = code.posonlyargcount() as usize..(code.argcount() + code.kwonlyargcount()) as usize;
    // Names are interned, so identity nearly always decides.
    if let Some(found) = range.clone().find(|&index| names.item(index).is(keyword)) {
        return Ok(Some(found));
    }
    for index in range {
        if object::compare_bool(thread, keyword, names.item(index), CompareOp::Eq)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn bind_keywords(
    thread: &Thread,
    function: Ref<PyFunction>,
    locals: SlotPtr,
    values: SlotPtr,
    names: Ref<PyTuple>,
    kwargs: Option<&Owned<PyDict>>,
) -> Result<()> {
    let code = function.code();
    for (index, keyword) in names.iter().enumerate() {
        let bound = bind_keyword(thread, function, code, locals, values, index, names, kwargs);
        if bound.is_err() {
            for left in index..names.len() {
                drop(values.take(left as isize));
            }
            return Err(Raised);
        }
        let _ = keyword;
    }
    Ok(())
}

/// Binds one keyword; its value is taken from its slot only on success.
#[allow(clippy::too_many_arguments)]
fn bind_keyword(
    thread: &Thread,
    function: Ref<PyFunction>,
    code: Ref<PyCode>,
    locals: SlotPtr,
    values: SlotPtr,
    index: usize,
    names: Ref<PyTuple>,
    kwargs: Option<&Owned<PyDict>>,
) -> Result<()> {
    let keyword = names.item(index);
    if !types::is_str(keyword) {
        return Err(error::type_error(thread, "keywords must be strings"));
    }
    if let Some(slot) = parameter(thread, code, keyword)? {
        if !locals.get(slot as isize).is_null() {
            return Err(error::type_error(
                thread,
                format_args!(
                    "{}() got multiple values for argument '{}'",
                    qualname(function),
                    object::str_text(thread, keyword)?
                ),
            ));
        }
        locals.put(slot as isize, values.take(index as isize));
        return Ok(());
    }
    let Some(kwargs) = kwargs else { return Err(unexpected_keyword(thread, function, code, keyword, names)) };
    kwargs.borrow().set(thread, keyword, values.get(index as isize).to_owned())?;
    drop(values.take(index as isize));
    Ok(())
}

#[cold]
fn unexpected_keyword(
    thread: &Thread,
    function: Ref<PyFunction>,
    code: Ref<PyCode>,
    keyword: Ref,
    names: Ref<PyTuple>,
) -> Raised {
    let text = |name: Ref| name.cast::<PyStr>().to_string_lossy();
    let positional_only: Vec<String> = (0..code.posonlyargcount() as usize)
        .map(|index| local_name(code, index))
        .filter(|own| names.iter().any(|name| types::is_str(name) && name.cast::<PyStr>().same_text(*own)))
        .map(Ref::<PyStr>::to_string_lossy)
        .collect();
    let name = qualname(function);
    if !positional_only.is_empty() {
        return error::type_error(
            thread,
            format_args!(
                "{name}() got some positional-only arguments passed as keyword arguments: '{}'",
                positional_only.join(", ")
            ),
        );
    }
    let range = code.posonlyargcount() as usize..(code.argcount() + code.kwonlyargcount()) as usize;
    let possible: Vec<String> = range.map(|index| local_name(code, index).to_string_lossy()).collect();
    let possible = possible.iter().map(String::as_str);
    error::type_error(thread, super::suggestions::unexpected_keyword(&name, &text(keyword), possible))
}

#[cold]
fn too_many_positional(thread: &Thread, function: Ref<PyFunction>, locals: SlotPtr, given: usize) -> Raised {
    let code = function.code();
    let positional = code.argcount() as usize;
    let keyword_only = (positional..positional + code.kwonlyargcount() as usize)
        .filter(|&index| !locals.get(index as isize).is_null())
        .count();
    let defaults = function.defaults().map_or(0, Ref::<PyTuple>::len);
    let (plural, signature) = if defaults > 0 {
        (true, format!("from {} to {positional}", positional as isize - defaults as isize))
    } else {
        (positional != 1, positional.to_string())
    };
    let s = |many: bool| if many { "s" } else { "" };
    let also = if keyword_only > 0 {
        format!(
            " positional argument{} (and {keyword_only} keyword-only argument{})",
            s(given != 1),
            s(keyword_only != 1)
        )
    } else {
        String::new()
    };
    let verb = if given == 1 && keyword_only == 0 { "was" } else { "were" };
    error::type_error(
        thread,
        format_args!(
            "{}() takes {signature} positional argument{} but {given}{also} {verb} given",
            qualname(function),
            s(plural)
        ),
    )
}

/// Raises for parameters that got no argument.
#[cold]
fn missing(thread: &Thread, function: Ref<PyFunction>, kind: &str, indices: &[usize]) -> Raised {
    let code = function.code();
    let names: Vec<String> =
        indices.iter().map(|&index| object::repr_text(thread, local_name(code, index).upcast())).collect();
    let listed = match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [head @ .., before, last] => {
            let head: String = head.iter().map(|name| format!("{name}, ")).collect();
            format!("{head}{before}, and {last}")
        }
    };
    let plural = if indices.len() == 1 { "" } else { "s" };
    error::type_error(
        thread,
        format_args!("{}() missing {} required {kind} argument{plural}: {listed}", qualname(function), indices.len()),
    )
}

fn fill_defaults(thread: &Thread, function: Ref<PyFunction>, locals: SlotPtr, count: usize) -> Result<()> {
    let positional = function.code().argcount() as usize;
    let defaults = function.defaults();
    let given = defaults.map_or(0, Ref::<PyTuple>::len);
    // More defaults than parameters: the last ones count.
    let (first_default, unused) = (positional.saturating_sub(given), given.saturating_sub(positional));
    let absent: Vec<usize> =
        (count.min(first_default)..first_default).filter(|&index| locals.get(index as isize).is_null()).collect();
    if !absent.is_empty() {
        return Err(missing(thread, function, "positional", &absent));
    }
    if let Some(defaults) = defaults {
        for index in first_default.max(count)..positional {
            if locals.get(index as isize).is_null() {
                locals.put(index as isize, StackRef::from_new(defaults.item(unused + index - first_default)));
            }
        }
    }
    Ok(())
}

fn fill_keyword_defaults(thread: &Thread, function: Ref<PyFunction>, locals: SlotPtr) -> Result<()> {
    let code = function.code();
    let first = code.argcount() as usize;
    let mut absent = Vec::new();
    for index in first..first + code.kwonlyargcount() as usize {
        if !locals.get(index as isize).is_null() {
            continue;
        }
        let default = match function.keyword_defaults() {
            Some(defaults) => defaults.get(thread, local_name(code, index).upcast())?,
            None => None,
        };
        match default {
            Some(default) => locals.put(index as isize, StackRef::from_new(default)),
            None => absent.push(index),
        }
    }
    if absent.is_empty() { Ok(()) } else { Err(missing(thread, function, "keyword-only", &absent)) }
}
