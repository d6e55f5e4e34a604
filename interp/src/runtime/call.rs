//! Calls of any callable (`Objects/call.c`), and the argument checks that built-in functions share.

use super::args::Args;
use super::{error, function, object, types};
use crate::exit::Raised;
use crate::object::*;

/// A built-in function of METH_FASTCALL.
pub(crate) type FastFn = fn(&Thread, Ref, &[Ref]) -> Result;
/// As `FastFn`, with keywords.
pub(crate) type FastKeywordsFn = fn(&Thread, Ref, &[Ref], Option<Ref<PyTuple>>) -> Result;

/// `PyCFunction_GET_FLAGS`.
#[inline(always)]
pub(crate) fn flags_of(function: Ref<PyCFunction>) -> i32 {
    function.def().flags()
}

/// `PyCFunction_GET_FUNCTION`.
#[inline(always)]
pub(crate) fn function_of(function: Ref<PyCFunction>) -> MethodFn {
    function.def().function
}

/// `_PyCFunctionFast_CAST`: the flags were tested.
#[inline(always)]
pub(crate) fn as_fast(function: MethodFn) -> FastFn {
    match function {
        MethodFn::Fast(function) => function,
        _ => unreachable!("the flags were tested"),
    }
}

/// `_PyCFunctionFastWithKeywords_CAST`.
#[inline(always)]
pub(crate) fn as_fast_keywords(function: MethodFn) -> FastKeywordsFn {
    match function {
        MethodFn::FastKeywords(function) => function,
        _ => unreachable!("the flags were tested"),
    }
}

/// `_PyCFunction_TrampolineCall`: METH_O with its argument, METH_NOARGS without.
#[inline(always)]
pub(crate) fn builtin(thread: &Thread, function: MethodFn, receiver: Ref, argument: Option<Ref>) -> Result {
    match (function, argument) {
        (MethodFn::O(function), Some(argument)) => function(thread, receiver, argument),
        (MethodFn::NoArgs(function), _) => function(thread, receiver),
        _ => unreachable!("the flags were tested"),
    }
}

/// Calls a METH_FASTCALL function with the first `count` arguments.
#[inline(always)]
pub(crate) fn fast(thread: &Thread, function: FastFn, receiver: Ref, arguments: Args, count: usize) -> Result {
    arguments.with_slice(count, |all| function(thread, receiver, all))
}

/// Calls a METH_FASTCALL | METH_KEYWORDS function with `count` positional arguments and the keywords' values.
#[inline(always)]
pub(crate) fn fast_keywords(
    thread: &Thread,
    function: FastKeywordsFn,
    receiver: Ref,
    arguments: Args,
    count: usize,
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    let count = count + keywords.map_or(0, Ref::<PyTuple>::len);
    arguments.with_slice(count, |all| function(thread, receiver, all, keywords))
}

/// Calls an iteration function.
#[inline(always)]
pub(crate) fn iternext(thread: &Thread, function: slots::IterNext, iterator: Ref) -> Option<Owned> {
    function(thread, iterator)
}

/// `type->tp_iternext(iterator)`; the type has the slot.
#[inline(always)]
pub(crate) fn type_iternext(thread: &Thread, ty: Ref<PyType>, iterator: Ref) -> Option<Owned> {
    ty.slots.iternext.get().known()(thread, iterator)
}

/// Calls a function of one argument.
#[inline(always)]
pub(crate) fn unary(thread: &Thread, function: slots::Unary, argument: Ref) -> Result {
    function(thread, argument)
}

/// `PyObject_Vectorcall` from a body: `nargsf` counts the positional arguments, the values of `keywords` follow them.
pub(crate) fn vectorcall(
    thread: &Thread,
    callable: Ref,
    arguments: Args,
    nargsf: usize,
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    let count = (nargsf & !super::numbers::ARGUMENTS_OFFSET) + keywords.map_or(0, Ref::<PyTuple>::len);
    arguments.with_slice(count, |all| vector(thread, callable, all, keywords))
}

/// A type's own constructor (`tp->tp_vectorcall`).
pub(crate) fn type_vectorcall(
    thread: &Thread,
    class: Ref,
    arguments: Args,
    nargsf: usize,
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    vectorcall(thread, class, arguments, nargsf, keywords)
}

/// Calls with positional arguments and the values of the keywords behind them.
pub(crate) fn vector(thread: &Thread, callable: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    if let Some(slot) = callable.ty().slots.vectorcall.get() {
        return slot(thread, callable, arguments, keywords.filter(|names| !names.is_empty()));
    }
    let Some(slot) = callable.ty().slots.call.get() else { return Err(not_callable(thread, callable)) };
    let (args, kwargs) = collect(thread, arguments, keywords)?;
    let _depth = super::eval::native_call(thread, " while calling a Python object")?;
    slot(thread, callable, args.borrow(), kwargs.as_ref().map(Owned::borrow))
}

#[cold]
fn not_callable(thread: &Thread, callable: Ref) -> Raised {
    error::type_error(thread, format_args!("'{}' object is not callable", callable.ty().name()))
}

/// Calls with positional arguments.
#[inline]
pub(crate) fn with(thread: &Thread, callable: Ref, arguments: &[Ref]) -> Result {
    vector(thread, callable, arguments, None)
}

/// Calls without arguments.
pub(crate) fn no_args(thread: &Thread, callable: Ref) -> Result {
    vector(thread, callable, &[], None)
}

/// `PyObject_Call`: arguments as a tuple and a dict.
pub(crate) fn call(thread: &Thread, callable: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
    if callable.ty().slots.vectorcall.get().is_some() {
        let Some(kwargs) = kwargs else { return vector(thread, callable, args.items(), None) };
        let mut all: Vec<Ref> = args.items().to_vec();
        let items = kwargs.items();
        let mut names = Vec::with_capacity(items.len());
        for (name, value) in &items {
            if !types::is_str(name.borrow()) {
                return Err(error::type_error(thread, "keywords must be strings"));
            }
            names.push(name.borrow());
            all.push(value.borrow());
        }
        let names = PyTuple::from_refs(&names);
        return vector(thread, callable, &all, Some(names.borrow()));
    }
    let Some(slot) = callable.ty().slots.call.get() else { return Err(not_callable(thread, callable)) };
    let _depth = super::eval::native_call(thread, " while calling a Python object")?;
    slot(thread, callable, args, kwargs)
}

/// The `tp_call` slot of types that are called by vectorcall (`PyVectorcall_Call`).
pub(crate) fn through_vectorcall(
    thread: &Thread,
    callable: Ref,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result {
    call(thread, callable, args, kwargs)
}

/// Vectorcall arguments as a tuple and a dict, which is absent without keywords.
pub(crate) fn collect(
    thread: &Thread,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result<(Owned<PyTuple>, Option<Owned<PyDict>>)> {
    let Some(names) = keywords.filter(|names| !names.is_empty()) else {
        return Ok((PyTuple::from_refs(arguments), None));
    };
    let (positional, values) = arguments.split_at(arguments.len() - names.len());
    let kwargs = PyDict::new();
    for (name, value) in names.iter().zip(values) {
        kwargs.borrow().set(thread, name, value.to_owned().to_owned())?;
    }
    Ok((PyTuple::from_refs(positional), Some(kwargs)))
}

/// `PyObject_CallMethodOneArg`.
pub(crate) fn method_one_arg(thread: &Thread, receiver: Ref, name: Ref<PyStr>, argument: Ref) -> Result {
    object::call_method(thread, receiver, name, &[argument])
}

/// `_Py_Check_ArgsIterable`: what stands behind `*` in a call.
pub(crate) fn check_args_iterable(thread: &Thread, callable: Ref, args: Ref) -> Result<()> {
    if args.ty().slots.iter.get().is_some() || types::is_sequence(args) {
        return Ok(());
    }
    thread.clear_exception();
    let name = object::function_text(thread, callable)?;
    Err(error::type_error(
        thread,
        format_args!("{name} argument after * must be an iterable, not {}", args.ty().name()),
    ))
}

/// Raises if there are keyword arguments.
pub(crate) fn no_keywords(thread: &Thread, name: &str, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
        return Err(error::type_error(thread, format_args!("{name}() takes no keyword arguments")));
    }
    Ok(())
}

/// `_PyArg_CheckPositional`: how many positional arguments a built-in function takes.
pub(crate) fn check_count(thread: &Thread, name: &str, given: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let (bound, limit) = if given < least { ("at least ", least) } else { ("at most ", most) };
    let bound = if least == most { "" } else { bound };
    let plural = if limit == 1 { "" } else { "s" };
    Err(error::type_error(thread, format_args!("{name} expected {bound}{limit} argument{plural}, got {given}")))
}

/// Arguments of a built-in function by parameter, from positional and keyword ones. `names` are the parameters, the
/// first `positional_only` of them without a keyword, the last `keyword_only` only by keyword.
pub(crate) struct Signature {
    pub(crate) function: &'static str,
    pub(crate) names: &'static [&'static str],
    pub(crate) positional_only: usize,
    pub(crate) keyword_only: usize,
    pub(crate) required: usize,
}

impl Signature {
    /// As `bind`, from a tuple and a dict.
    pub(crate) fn bind_tuple<const N: usize>(
        &self,
        thread: &Thread,
        args: Ref<PyTuple>,
        kwargs: Option<Ref<PyDict>>,
    ) -> Result<[Option<Ref>; N]> {
        let Some(kwargs) = kwargs.filter(|kwargs| !kwargs.is_empty()) else {
            return self.bind(thread, args.items(), None);
        };
        let mut all = args.items().to_vec();
        let mut names = Vec::new();
        let mut position = 0;
        while let Some((name, value)) = kwargs.next(&mut position) {
            names.push(name);
            all.push(value);
        }
        let names = PyTuple::from_refs(&names);
        self.bind(thread, &all, Some(names.borrow()))
    }

    /// The arguments by parameter, `None` where one was left out.
    pub(crate) fn bind<const N: usize>(
        &self,
        thread: &Thread,
        arguments: &[Ref],
        keywords: Option<Ref<PyTuple>>,
    ) -> Result<[Option<Ref>; N]> {
        debug_assert_eq!(N, self.names.len());
        let given = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
        let most = N - self.keyword_only;
        let function = self.function;
        if given > most {
            let bound = if self.required == most { "exactly" } else { "at most" };
            let positional = if self.keyword_only > 0 || self.positional_only > 0 { "positional " } else { "" };
            let total = if self.keyword_only > 0 { given } else { arguments.len() };
            let plural = if most == 1 { "" } else { "s" };
            return Err(error::type_error(
                thread,
                format_args!("{function}() takes {bound} {most} {positional}argument{plural} ({total} given)"),
            ));
        }
        let mut bound = [None; N];
        for (slot, &argument) in bound.iter_mut().zip(&arguments[..given]) {
            *slot = Some(argument);
        }
        for (index, name) in keywords.into_iter().flat_map(|names| names.iter()).enumerate() {
            let text = name.downcast::<PyStr>().map(Ref::to_string_lossy).unwrap_or_default();
            let found = self.names.iter().skip(self.positional_only).position(|own| *own == text);
            let Some(parameter) = found.map(|at| at + self.positional_only) else {
                let possible = self.names.iter().skip(self.positional_only).copied();
                return Err(error::type_error(
                    thread,
                    super::suggestions::unexpected_keyword(function, &text, possible),
                ));
            };
            if bound[parameter].is_some() {
                return Err(error::type_error(
                    thread,
                    format_args!("argument for {function}() given by name ('{text}') and position ({})", parameter + 1),
                ));
            }
            bound[parameter] = Some(arguments[given + index]);
        }
        if let Some(absent) = (0..self.required).find(|&parameter| bound[parameter].is_none()) {
            let name = self.names[absent];
            return Err(error::type_error(
                thread,
                if absent < self.positional_only {
                    let least = if self.required == N { "exactly" } else { "at least" };
                    let plural = if self.required == 1 { "" } else { "s" };
                    format!(
                        "{function}() takes {least} {} positional argument{plural} ({given} given)",
                        self.required.min(most)
                    )
                } else {
                    format!("{function}() missing required argument '{name}' (pos {})", absent + 1)
                },
            ));
        }
        Ok(bound)
    }
}

/// The vectorcall slot of functions.
pub(crate) fn function_vectorcall(
    thread: &Thread,
    callable: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    function::vectorcall(thread, callable.cast(), arguments, keywords)
}
