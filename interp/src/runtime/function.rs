//! Functions and bound methods (`Objects/funcobject.c`, `classobject.c`).

use super::{attr, call, error, eval, names, object, types};
use crate::object::types::flags;
use crate::object::*;

/// `PyFunction_New`. The globals are a dict, as code that makes functions has them.
pub(crate) fn new(thread: &Thread, code: Ref<PyCode>, globals: Ref) -> Result<Owned<PyFunction>> {
    let globals: Ref<PyDict> = globals.cast();
    let builtins = builtins_of(thread, globals);
    let module = globals.get_str(names::name()).map(Ref::to_owned);
    let function = PyFunction::new(code.to_owned(), globals.to_owned(), builtins, module);
    Ok(function)
}

/// The built-in names that go with globals (`_PyEval_BuiltinsFromGlobals`).
pub(crate) fn builtins_of(thread: &Thread, globals: Ref<PyDict>) -> Owned {
    match globals.get_str(names::builtins()) {
        Some(module) => match module.downcast::<PyModule>() {
            Some(module) => module.dict().to_owned().upcast(),
            None => module.to_owned(),
        },
        None => thread.state.builtins.get().map_or_else(|| PyDict::new().upcast(), |dict| dict.to_owned().upcast()),
    }
}

/// `_PyFunction_SetVersion`.
pub(crate) fn set_version(_: &Thread, function: Ref<PyFunction>, version: u32) {
    function.set_version(version);
}

/// The function's version, a fresh one if it has none (`_PyFunction_GetVersionForCurrentState`).
pub(crate) fn current_version(thread: &Thread, function: Ref<PyFunction>) -> u32 {
    if function.version() == 0 {
        function.set_version(thread.next_function_version());
    }
    function.version()
}

/// `_PyFunction_Vectorcall`: runs the function's code in a frame of its own.
pub(crate) fn vectorcall(thread: &Thread, function: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    eval::call_function(thread, function.cast(), arguments, keywords)
}

/// `function`.
pub(crate) static TYPE: PyType = PyType::container::<PyFunction>(TypeSpec {
    name: "function",
    flags: flags::HAVE_GC | flags::METHOD_DESCRIPTOR,
    base: Some(&super::object::TYPE),
    slots: Slots {
        vectorcall: slot(vectorcall),
        call: slot(call::through_vectorcall),
        repr: slot(|_, function| {
            let own: Ref<PyFunction> = function.cast();
            let text = format!("<function {} at {:#x}>", own.qualname.get().to_string_lossy(), function.addr());
            Ok(PyStr::new(&text).upcast())
        }),
        descr_get: slot(|_, function, instance, _| match instance {
            None => Ok(function.to_owned()),
            Some(instance) if object::is_none(instance) => Ok(function.to_owned()),
            Some(instance) => Ok(PyMethod::new(function.to_owned(), instance.to_owned()).upcast()),
        }),
        dict_of: slot(|function, make| {
            let own: Ref<PyFunction> = function.cast();
            if own.dict.get().is_none() && make {
                own.dict.set(Some(PyDict::new()));
            }
            own.dict.get()
        }),
        new: slot(function_new),
        ..Slots::NONE
    },
    getset: FUNCTION_ATTRIBUTES,
    ..TypeSpec::EMPTY
});

/// `types.FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)`.
fn function_new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "function",
        names: &["code", "globals", "name", "argdefs", "closure", "kwdefaults"],
        positional_only: 0,
        keyword_only: 0,
        required: 2,
    };
    let [code, globals, name, defaults, closure, kwdefaults] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let wrong = |name: &str, expected: &str, got: Ref| {
        error::type_error(
            thread,
            format_args!("function() argument '{name}' must be {expected}, not {}", got.ty().name()),
        )
    };
    let (code, globals) = (code.known(), globals.known());
    let code = code.downcast::<PyCode>().ok_or_else(|| wrong("code", "code", code))?;
    let globals = globals.downcast::<PyDict>().ok_or_else(|| wrong("globals", "dict", globals))?;
    let present = |value: Option<Ref>| value.filter(|&value| !object::is_none(value));
    let free = code.nfreevars() as usize;
    let closure = match present(closure) {
        None if free == 0 => None,
        None => return Err(error::type_error(thread, "arg 5 (closure) must be tuple")),
        Some(closure) => {
            let cells = closure
                .downcast::<PyTuple>()
                .ok_or_else(|| error::type_error(thread, "arg 5 (closure) must be None or tuple"))?;
            if cells.len() != free {
                let name = code.name().to_string_lossy();
                return Err(error::value_error(
                    thread,
                    format_args!("{name} requires closure of length {free}, not {}", cells.len()),
                ));
            }
            if let Some(other) = cells.iter().find(|cell| cell.downcast::<PyCell>().is_none()) {
                return Err(error::type_error(
                    thread,
                    format_args!("arg 5 (closure) expected cell, found {}", other.ty().name()),
                ));
            }
            Some(cells.to_owned())
        }
    };
    let function = new(thread, code, globals.upcast())?;
    if let Some(name) = present(name) {
        let name =
            name.downcast::<PyStr>().ok_or_else(|| error::type_error(thread, "arg 3 (name) must be None or string"))?;
        function.name.set(name.to_owned());
    }
    if let Some(defaults) = present(defaults) {
        let defaults = defaults
            .downcast::<PyTuple>()
            .ok_or_else(|| error::type_error(thread, "arg 4 (defaults) must be None or tuple"))?;
        function.set_defaults(Some(defaults.to_owned()));
    }
    if let Some(kwdefaults) = present(kwdefaults) {
        let kwdefaults = kwdefaults
            .downcast::<PyDict>()
            .ok_or_else(|| error::type_error(thread, "arg 6 (kwdefaults) must be None or dict"))?;
        function.set_keyword_defaults(Some(kwdefaults.to_owned()));
    }
    function.closure.set(closure);
    Ok(function.upcast())
}

fn own(function: Ref) -> Ref<PyFunction> {
    function.cast()
}

fn optional<T: Object>(value: Option<Ref<T>>) -> Owned {
    value.map_or_else(object::new_none, |value| value.to_owned().upcast())
}

/// A text attribute's new value.
fn text(thread: &Thread, name: &str, value: Option<Ref>) -> Result<Owned<PyStr>> {
    match value.and_then(|value| value.downcast::<PyStr>()) {
        Some(text) => Ok(text.to_owned()),
        None => Err(error::type_error(thread, format_args!("{name} must be set to a string object"))),
    }
}

/// A nullable attribute's new value, of one type.
fn nullable<T: Object>(thread: &Thread, name: &str, kind: &str, value: Option<Ref>) -> Result<Option<Owned<T>>> {
    match value.filter(|&value| !object::is_none(value)) {
        None => Ok(None),
        Some(value) => match value.downcast::<T>() {
            Some(value) => Ok(Some(value.to_owned())),
            None => Err(error::type_error(thread, format_args!("{name} must be set to a {kind} object"))),
        },
    }
}

static FUNCTION_ATTRIBUTES: &[GetSetDef] = &[
    GetSetDef::new(
        "__name__",
        |_, f| Ok(own(f).name.get().to_owned().upcast()),
        |thread, f, value| {
            own(f).name.set(text(thread, "__name__", value)?);
            Ok(())
        },
    ),
    GetSetDef::new(
        "__qualname__",
        |_, f| Ok(own(f).qualname.get().to_owned().upcast()),
        |thread, f, value| {
            own(f).qualname.set(text(thread, "__qualname__", value)?);
            Ok(())
        },
    ),
    GetSetDef::new(
        "__module__",
        |_, f| Ok(optional(own(f).module.get())),
        |_, f, value| {
            own(f).module.set(value.map(Ref::to_owned));
            Ok(())
        },
    ),
    GetSetDef::new(
        "__doc__",
        |_, f| Ok(optional(own(f).doc.get())),
        |_, f, value| {
            own(f).doc.set(value.map(Ref::to_owned));
            Ok(())
        },
    ),
    GetSetDef::field("__globals__", |_, f| Ok(own(f).globals().to_owned().upcast())),
    GetSetDef::field("__builtins__", |_, f| Ok(own(f).builtins().to_owned())),
    GetSetDef::field("__closure__", |_, f| Ok(optional(own(f).closure.get()))),
    GetSetDef::new("__code__", |_, f| Ok(own(f).code().to_owned().upcast()), set_code),
    GetSetDef::new(
        "__defaults__",
        |_, f| Ok(optional(own(f).defaults())),
        |thread, f, value| {
            let defaults = nullable(thread, "__defaults__", "tuple", value)?;
            own(f).set_version(0);
            own(f).set_defaults(defaults);
            Ok(())
        },
    ),
    GetSetDef::new(
        "__kwdefaults__",
        |_, f| Ok(optional(own(f).keyword_defaults())),
        |thread, f, value| {
            let kwdefaults = nullable(thread, "__kwdefaults__", "dict", value)?;
            own(f).set_version(0);
            own(f).set_keyword_defaults(kwdefaults);
            Ok(())
        },
    ),
    GetSetDef::new("__annotations__", annotations, |thread, f, value| {
        let value = match value.filter(|&value| !object::is_none(value)) {
            None => None,
            Some(value) if types::is_dict(value) => Some(value.to_owned()),
            Some(_) => {
                return Err(error::type_error(thread, "__annotations__ must be set to a dict object"));
            }
        };
        own(f).annotations.set(value);
        own(f).annotate.set(None);
        Ok(())
    }),
    GetSetDef::new(
        "__annotate__",
        |_, f| Ok(optional(own(f).annotate.get())),
        |thread, f, value| {
            match value {
                None => return Err(error::type_error(thread, "__annotate__ cannot be deleted")),
                Some(value) if object::is_none(value) => own(f).annotate.set(None),
                Some(value) if types::is_callable(value) => {
                    own(f).annotate.set(Some(value.to_owned()));
                    own(f).annotations.set(None);
                }
                Some(_) => return Err(error::type_error(thread, "__annotate__ must be callable or None")),
            }
            Ok(())
        },
    ),
    GetSetDef::new(
        "__type_params__",
        |_, f| Ok(own(f).typeparams.get().map_or_else(|| PyTuple::empty().to_owned().upcast(), Ref::to_owned)),
        |thread, f, value| match value.filter(|&value| types::is_tuple(value)) {
            Some(value) => {
                own(f).typeparams.set(Some(value.to_owned()));
                Ok(())
            }
            None => Err(error::type_error(thread, "__type_params__ must be set to a tuple")),
        },
    ),
    GetSetDef::new("__dict__", attr::dict_getter, |thread, f, value| {
        match value.and_then(|value| value.downcast::<PyDict>()) {
            Some(dict) => {
                own(f).dict.set(Some(dict.to_owned()));
                Ok(())
            }
            None => Err(error::type_error(
                thread,
                format_args!(
                    "__dict__ must be set to a dictionary, not a '{}'",
                    value.map_or("NULL".to_owned(), |value| value.ty().name().to_owned())
                ),
            )),
        }
    }),
];

fn set_code(thread: &Thread, function: Ref, value: Option<Ref>) -> Result<()> {
    let Some(code) = value.and_then(|value| value.downcast::<PyCode>()) else {
        return Err(error::type_error(thread, "__code__ must be set to a code object"));
    };
    let own = own(function);
    let cells = own.closure.get().map_or(0, Ref::<PyTuple>::len);
    if code.nfreevars() as usize != cells {
        return Err(error::value_error(
            thread,
            format_args!(
                "{}() requires a code object with {cells} free vars, not {}",
                own.name.get().to_string_lossy(),
                code.nfreevars()
            ),
        ));
    }
    let kinds = super::numbers::CO_GENERATOR | super::numbers::CO_COROUTINE | super::numbers::CO_ASYNC_GENERATOR;
    if (own.code().flags() ^ code.flags()) & kinds != 0 {
        let text =
            "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)";
        super::warn::deprecated(thread, text)?;
    }
    own.set_version(0);
    own.code.set(code.to_owned());
    Ok(())
}

/// A function's annotations: computed once by `__annotate__`, or a tuple of names and values made into a dict.
fn annotations(thread: &Thread, function: Ref) -> Result {
    let own = own(function);
    if own.annotations.get().is_none() {
        let found = match own.annotate.get().map(Ref::to_owned) {
            Some(annotate) => {
                let format = PyInt::from_i64(1);
                let found = call::with(thread, annotate.borrow(), &[format.borrow().upcast()])?;
                if !types::is_dict(found.borrow()) {
                    return Err(error::type_error(
                        thread,
                        format_args!("__annotate__() must return a dict, not {}", found.borrow().ty().name()),
                    ));
                }
                found
            }
            None => PyDict::new().upcast(),
        };
        own.annotations.set(Some(found));
    }
    if let Some(pairs) = own.annotations.get().and_then(|found| found.downcast::<PyTuple>()) {
        let dict = PyDict::new();
        for pair in pairs.items().chunks_exact(2) {
            dict.borrow().set(thread, pair[0], Ref::to_owned(pair[1]))?;
        }
        own.annotations.set(Some(dict.upcast()));
    }
    Ok(own.annotations.get().known().to_owned())
}

/// `method`.
pub(crate) static METHOD_TYPE: PyType = PyType::container::<PyMethod>(TypeSpec {
    name: "method",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        vectorcall: slot(method_vectorcall),
        call: slot(call::through_vectorcall),
        // A bound method stays bound.
        descr_get: slot(|_, method, _, _| Ok(method.to_owned())),
        repr: slot(|thread, method| {
            let own: Ref<PyMethod> = method.cast();
            let function = own.function();
            let name = match attr::get_optional_attr(thread, function, names::qualname())? {
                Some(name) => Some(name),
                None => attr::get_optional_attr(thread, function, names::name())?,
            };
            let name = match name.filter(|name| types::is_str(name.borrow())) {
                Some(name) => object::str_text(thread, name.borrow())?,
                None => "?".to_owned(),
            };
            let text = format!("<bound method {name} of {}>", object::repr_checked(thread, own.receiver())?);
            Ok(PyStr::new(&text).upcast())
        }),
        getattro: slot(|thread, method, name| {
            let ty = method.ty();
            if let Some(descriptor) =
                name.downcast::<PyStr>().and_then(|name| types::lookup(ty, name)).map(Ref::to_owned)
            {
                return match descriptor.borrow().ty().slots.descr_get.get() {
                    Some(get) => get(thread, descriptor.borrow(), Some(method), Some(ty.upcast())),
                    None => Ok(descriptor),
                };
            }
            let function = method.cast::<PyMethod>().function().to_owned();
            attr::get_attr(thread, function.borrow(), name.cast())
        }),
        richcompare: slot(|thread, a, b, op| {
            let (Some(left), Some(right)) = (a.downcast::<PyMethod>(), b.downcast::<PyMethod>()) else {
                return Ok(not_implemented().to_owned());
            };
            if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(not_implemented().to_owned());
            }
            let same =
                object::is_equal(thread, left.function(), right.function())? && left.receiver().is(right.receiver());
            Ok(object::new_bool(same == (op == CompareOp::Eq)))
        }),
        hash: slot(|thread, method| {
            let own: Ref<PyMethod> = method.cast();
            let hash = object::hash_of_address(own.receiver()) ^ object::hash(thread, own.function())?;
            Ok(if hash == -1 { -2 } else { hash })
        }),
        new: slot(|thread, _, args, _| {
            call::check_count(thread, "method", args.len(), 2, 2)?;
            if !types::is_callable(args.item(0)) {
                return Err(error::type_error(thread, "first argument must be callable"));
            }
            if object::is_none(args.item(1)) {
                return Err(error::type_error(thread, "instance must not be None"));
            }
            Ok(PyMethod::new(args.item(0).to_owned(), args.item(1).to_owned()).upcast())
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::field("__func__", |_, m| Ok(m.cast::<PyMethod>().function().to_owned())),
        GetSetDef::field("__self__", |_, m| Ok(m.cast::<PyMethod>().receiver().to_owned())),
        GetSetDef::read_only("__doc__", |thread, m| {
            attr::get_attr(thread, m.cast::<PyMethod>().function(), names::doc())
        }),
    ],
    ..TypeSpec::EMPTY
});

/// Calls the function with the receiver in front.
fn method_vectorcall(thread: &Thread, method: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let own: Ref<PyMethod> = method.cast();
    let (function, receiver) = (own.function().to_owned(), own.receiver().to_owned());
    let mut all = Vec::with_capacity(arguments.len() + 1);
    all.push(receiver.borrow());
    all.extend_from_slice(arguments);
    call::vector(thread, function.borrow(), &all, keywords)
}
