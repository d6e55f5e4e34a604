//! `_contextvars`: context variables (`Python/context.c`).

use super::{NativeModule, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, object};
use std::cell::Cell;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_contextvars",
    functions: &[MethodDef::no_args("copy_context", |thread, _| Ok(new_context(current(thread).copy())))],
    types: &[&VARIABLE_TYPE, &TOKEN_TYPE, &CONTEXT_TYPE],
    fill: |thread, _| {
        let missing = PyNative::new(Ref::from_static(&MISSING_TYPE), Missing);
        crate::runtime::types::ready(thread, Ref::from_static(&MISSING_TYPE));
        let dict = Ref::from_static(&TOKEN_TYPE).dict.get();
        if let Some(dict) = dict {
            super::put(dict, "MISSING", missing.upcast());
        }
        Ok(())
    },
};

struct Variable {
    name: Owned,
    default: Option<Owned>,
}
native_fields!(Variable: name, default);

struct Token {
    variable: Owned,
    old: Option<Owned>,
    used: Cell<bool>,
}
native_fields!(Token: variable, old);

struct Context {
    values: Owned<PyDict>,
}
native_fields!(Context: values);

struct Missing;
impl Native for Missing {}

static MISSING_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "Token.MISSING",
    flags: 0,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { repr: slot(|_, _| Ok(PyStr::new("<Token.MISSING>").upcast())), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

static VARIABLE_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_contextvars.ContextVar",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { new: slot(new_variable), ..Slots::NONE },
    methods: &[
        MethodDef::fast("get", get),
        MethodDef::one("set", set),
        MethodDef::one("reset", reset),
        MethodDef::one("__class_getitem__", |_, class, _| Ok(class.to_owned())).of_class(),
    ],
    getset: &[GetSetDef::read_only("name", |thread, own| {
        receiver::<Variable>(thread, &own.cast()).map(|variable| variable.name.clone())
    })],
    ..TypeSpec::EMPTY
});

static TOKEN_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_contextvars.Token",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    methods: &[
        MethodDef::no_args("__enter__", |_, own| Ok(own.to_owned())),
        MethodDef::fast("__exit__", |thread, own, _| {
            let variable = receiver::<Token>(thread, &own.cast())?.variable.clone();
            reset(thread, variable.borrow(), own)
        }),
    ],
    getset: &[
        GetSetDef::read_only("var", |thread, own| {
            receiver::<Token>(thread, &own.cast()).map(|token| token.variable.clone())
        }),
        GetSetDef::read_only("old_value", |thread, own| match &receiver::<Token>(thread, &own.cast())?.old {
            Some(old) => Ok(old.clone()),
            None => object::get_attr(thread, own, PyStr::new("MISSING").borrow()),
        }),
    ],
    ..TypeSpec::EMPTY
});

static CONTEXT_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_contextvars.Context",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, _, _, _| Ok(new_context(PyDict::new()))),
        mp_length: slot(|thread, own| Ok(values(thread, own)?.borrow().len() as isize)),
        mp_subscript: slot(|thread, own, key| object::get_item(thread, values(thread, own)?.borrow().upcast(), key)),
        sq_contains: slot(|thread, own, key| values(thread, own)?.borrow().contains(thread, key)),
        iter: slot(|thread, own| object::get_iter(thread, values(thread, own)?.borrow().upcast())),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::keywords("run", run),
        MethodDef::no_args("copy", |thread, own| Ok(new_context(values(thread, own)?.copy()))),
        MethodDef::fast("get", |thread, own, arguments| {
            call::check_count(thread, "get", arguments.len(), 1, 2)?;
            let found = values(thread, own)?.borrow().get(thread, arguments[0])?.map(Ref::to_owned);
            Ok(found
                .unwrap_or_else(|| arguments.get(1).map_or_else(object::new_none, |default| Ref::to_owned(*default))))
        }),
    ],
    ..TypeSpec::EMPTY
});

fn new_context(values: Owned<PyDict>) -> Owned {
    PyNative::new(Ref::from_static(&CONTEXT_TYPE), Context { values }).upcast()
}

fn values(thread: &Thread, own: Ref) -> Result<Owned<PyDict>> {
    receiver::<Context>(thread, &own.cast()).map(|context| context.values.clone())
}

/// The values that are in force.
fn current(thread: &Thread) -> Owned<PyDict> {
    if thread.state.context.get().is_none() {
        thread.state.context.set(Some(PyDict::new()));
    }
    thread.state.context.get().map_or_else(PyDict::new, Ref::to_owned)
}

fn new_variable(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "ContextVar",
        names: &["name", "default"],
        positional_only: 0,
        keyword_only: 1,
        required: 1,
    };
    let [name, default] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let name = name.unwrap_or(none_object());
    if name.downcast::<PyStr>().is_none() {
        return Err(error::type_error(thread, "context variable name must be a str"));
    }
    let value = Variable { name: name.to_owned(), default: default.map(Ref::to_owned) };
    Ok(PyNative::new(class, value).upcast())
}

fn get(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "get", arguments.len(), 0, 1)?;
    if let Some(found) = current(thread).borrow().get(thread, own)? {
        return Ok(found.to_owned());
    }
    if let Some(&default) = arguments.first() {
        return Ok(default.to_owned());
    }
    match &receiver::<Variable>(thread, &own.cast())?.default {
        Some(default) => Ok(default.clone()),
        None => {
            let args = PyTuple::from_refs(&[own]);
            let exception = call::call(thread, exceptions::lookup_error().upcast(), args.borrow(), None)?;
            Err(error::set_object(thread, exception.cast()))
        }
    }
}

fn set(thread: &Thread, own: Ref, value: Ref) -> Result {
    let values = current(thread);
    let old = values.borrow().get(thread, own)?.map(Ref::to_owned);
    values.borrow().set(thread, own, value.to_owned())?;
    let token = Token { variable: own.to_owned(), old, used: Cell::new(false) };
    Ok(PyNative::new(Ref::from_static(&TOKEN_TYPE), token).upcast())
}

fn reset(thread: &Thread, own: Ref, token: Ref) -> Result {
    let Some(token) = token.downcast::<PyNative>() else {
        let text = format!("expected an instance of Token, got {}", object::repr_text(thread, token));
        return Err(error::type_error(thread, text));
    };
    let known = receiver::<Token>(thread, &token)?;
    if known.used.replace(true) {
        let shown = object::repr_text(thread, token.upcast());
        return Err(error::runtime_error(thread, format_args!("{shown} has already been used once")));
    }
    if !known.variable.borrow().is(own) {
        let shown = object::repr_text(thread, token.upcast());
        return Err(error::value_error(thread, format_args!("{shown} was created by a different ContextVar")));
    }
    let values = current(thread);
    match &known.old {
        Some(old) => values.borrow().set(thread, own, old.clone())?,
        None => drop(values.borrow().pop(thread, own)?),
    }
    Ok(object::new_none())
}

fn run(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let Some((&function, rest)) = arguments.split_first() else {
        return Err(error::type_error(thread, "run() missing 1 required positional argument"));
    };
    let before = thread.state.context.replace(Some(values(thread, own)?));
    let result = call::vector(thread, function, rest, keywords);
    thread.state.context.set(before);
    result
}
