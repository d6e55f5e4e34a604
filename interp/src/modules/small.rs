//! Native modules that are little more than names: `_tokenize`, `_contextvars`, `_warnings`, `marshal`, `atexit`.

use super::{NativeModule, put};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, object};

/// `_tokenize`: the tokenizer's iterator, which there is none of.
pub(super) static TOKENIZE: NativeModule =
    NativeModule { name: "_tokenize", functions: &[], types: &[&TOKENIZER_TYPE], fill: |_, _| Ok(()) };

static TOKENIZER_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_tokenize.TokenizerIter",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|thread, _, _, _| {
            Err(error::set(
                thread,
                exceptions::not_implemented_error(),
                "the tokenizer is not supported by this interpreter",
            ))
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// `atexit`: functions that are called at the end.
pub(super) static ATEXIT: NativeModule = NativeModule {
    name: "atexit",
    functions: &[
        MethodDef::keywords("register", |thread, _, arguments, keywords| {
            let (args, kwargs) = call::collect(thread, arguments, keywords)?;
            let Some(function) = args.borrow().get(0) else {
                return Err(error::type_error(thread, "register() takes at least 1 argument (0 given)"));
            };
            let function = function.to_owned();
            let rest = args.borrow().slice(1, args.borrow().len()).upcast();
            let kwargs = kwargs.map_or_else(object::new_none, Owned::upcast);
            let entry = PyTuple::from_array([function.clone(), rest, kwargs]);
            thread.state.at_exit.borrow_mut().push(entry.upcast());
            Ok(function)
        }),
        MethodDef::one("unregister", |thread, _, function| {
            let entries = thread.state.at_exit.take();
            let mut kept = Vec::new();
            for entry in entries {
                let same = object::is_equal(thread, entry.borrow().cast::<PyTuple>().item(0), function)?;
                if !same {
                    kept.push(entry);
                }
            }
            thread.state.at_exit.replace(kept);
            Ok(object::new_none())
        }),
        MethodDef::no_args("_clear", |thread, _| {
            drop(thread.state.at_exit.take());
            Ok(object::new_none())
        }),
        MethodDef::no_args("_ncallbacks", |thread, _| {
            Ok(PyInt::from_i64(thread.state.at_exit.borrow().len() as i64).upcast())
        }),
        MethodDef::no_args("_run_exitfuncs", |thread, _| {
            run_at_exit(thread);
            Ok(object::new_none())
        }),
    ],
    types: &[],
    fill: |_, _| Ok(()),
};

/// Calls the registered functions, the last one first; their failures are reported.
pub(crate) fn run_at_exit(thread: &Thread) {
    loop {
        let entry = thread.state.at_exit.borrow_mut().pop();
        let Some(entry) = entry else { return };
        let entry: Ref<PyTuple> = entry.borrow().cast();
        let result = call::call(thread, entry.item(0), entry.item(1).cast(), entry.item(2).downcast());
        if result.is_err() {
            error::unraisable(thread, "in atexit callback", entry.item(0));
        }
    }
}

/// `marshal`, as far as code objects can be read: the format is that of the reader of `.pyc` files.
pub(super) static MARSHAL: NativeModule = NativeModule {
    name: "marshal",
    functions: &[MethodDef::fast("loads", |thread, _, arguments| {
        let Some(bytes) = arguments.first().and_then(|value| value.downcast::<PyBytes>()) else {
            return Err(error::type_error(thread, "a bytes-like object is required"));
        };
        match crate::pyc::loads(bytes.data()) {
            Ok(value) => crate::runtime::load::verified_value(thread, &value),
            Err(problem) => Err(error::value_error(thread, format_args!("bad marshal data ({problem})"))),
        }
    })],
    types: &[],
    fill: |_, dict| {
        put(dict, "version", PyInt::from_i64(5).upcast());
        Ok(())
    },
};

/// `_warnings`: what native code warns with. The rest is in the library's `_py_warnings`, which `warnings` falls back to.
pub(super) static WARNINGS: NativeModule = NativeModule {
    name: "_warnings",
    functions: &[
        MethodDef::keywords("warn", |thread, _, arguments, keywords| {
            let warn = super::imported(thread, "warnings", "warn")?;
            call::vector(thread, warn.borrow(), arguments, keywords)
        }),
        MethodDef::keywords("warn_explicit", |thread, _, arguments, keywords| {
            let warn = super::imported(thread, "warnings", "warn_explicit")?;
            call::vector(thread, warn.borrow(), arguments, keywords)
        }),
    ],
    types: &[],
    fill: |_, _| Ok(()),
};

/// `_typing`: the types of type parameters.
pub(super) static TYPING: NativeModule = NativeModule {
    name: "_typing",
    functions: &[MethodDef::one("_idfunc", |_, _, value| Ok(value.to_owned()))],
    types: &[],
    fill: |thread, dict| {
        use crate::runtime::types;
        let named = [
            ("TypeVar", types::typevar()),
            ("ParamSpec", types::paramspec()),
            ("TypeVarTuple", types::typevartuple()),
            ("ParamSpecArgs", types::paramspec_args()),
            ("ParamSpecKwargs", types::paramspec_kwargs()),
            ("TypeAliasType", types::type_alias()),
            ("Generic", types::generic()),
            ("Union", Ref::from_static(&crate::runtime::union::TYPE)),
        ];
        for (name, ty) in named {
            put(dict, name, ty.to_owned().upcast());
        }
        put(dict, "NoDefault", crate::runtime::typing::no_default(thread));
        Ok(())
    },
};
