//! Modules (`Objects/moduleobject.c`).

use super::{attr, call, importer, names, object, types};
use crate::object::types::flags;
use crate::object::*;

/// `module`.
pub(crate) static TYPE: PyType = PyType::container::<PyModule>(TypeSpec {
    name: "module",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        getattro: slot(getattr),
        setattro: slot(attr::generic_setattr),
        repr: slot(|thread, module| {
            let dict = dict(module);
            let text = |name: Ref<PyStr>| dict.get_str(name).filter(|&value| types::is_str(value));
            let name = match text(names::name()) {
                Some(name) => object::repr_checked(thread, name)?,
                None => "'?'".to_owned(),
            };
            let spec = dict.get_str(names::spec()).filter(|&spec| !object::is_none(spec)).map(Ref::to_owned);
            let origin = match (text(names::file()), spec) {
                (Some(file), _) => format!(" from {}", object::repr_checked(thread, file)?),
                (None, Some(spec)) => {
                    let origin = PyStr::new("origin");
                    match attr::get_optional_attr(thread, spec.borrow(), origin.borrow())? {
                        Some(origin) if types::is_str(origin.borrow()) => {
                            format!(" ({})", object::str_text(thread, origin.borrow())?)
                        }
                        _ => String::new(),
                    }
                }
                (None, None) => String::new(),
            };
            Ok(PyStr::new(&format!("<module {name}{origin}>")).upcast())
        }),
        dict_of: slot(|module, _| Some(dict(module))),
        new: slot(|_, class, _, _| Ok(PyModule::of_type(class, PyDict::new()).upcast())),
        init: slot(|thread, module, args, kwargs| {
            static SIGNATURE: call::Signature = call::Signature {
                function: "module",
                names: &["name", "doc"],
                positional_only: 0,
                keyword_only: 0,
                required: 1,
            };
            let [name, doc] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
            let name = name.known();
            if !types::is_str(name) {
                let kind = name.ty().name().to_owned();
                return Err(super::error::type_error(
                    thread,
                    format_args!("module() argument 'name' must be str, not {kind}"),
                ));
            }
            initialize(dict(module), name, doc.unwrap_or(none_object()));
            Ok(())
        }),
        ..Slots::NONE
    },
    methods: &[MethodDef::no_args("__dir__", |thread, module| {
        if let Some(own) = dict(module).get_str(PyStr::new("__dir__").borrow()).map(Ref::to_owned) {
            return call::no_args(thread, own.borrow());
        }
        Ok(PyList::new(dict(module).items().into_iter().map(|(name, _)| name).collect()).upcast())
    })],
    getset: &[
        GetSetDef::field("__dict__", |_, module| Ok(dict(module).to_owned().upcast())),
        GetSetDef::new("__annotations__", annotations, |thread, module, value| {
            let name = names::annotations();
            match value {
                Some(value) => dict(module).set_str(name, value.to_owned()),
                None if dict(module).remove_str(name).is_none() => {
                    return Err(attr::attribute_error(thread, module, name, "__annotations__".to_owned()));
                }
                None => {}
            }
            drop(dict(module).remove_str(names::annotate()));
            Ok(())
        }),
        GetSetDef::new(
            "__annotate__",
            |_, module| Ok(dict(module).get_str(names::annotate()).unwrap_or(none_object()).to_owned()),
            |thread, module, value| {
                let Some(value) = value else {
                    return Err(super::error::type_error(thread, "cannot delete __annotate__ attribute"));
                };
                if !object::is_none(value) && !types::is_callable(value) {
                    return Err(super::error::type_error(thread, "__annotate__ must be callable or None"));
                }
                dict(module).set_str(names::annotate(), value.to_owned());
                if !object::is_none(value) {
                    drop(dict(module).remove_str(names::annotations()));
                }
                Ok(())
            },
        ),
    ],
    ..TypeSpec::EMPTY
});

/// A module's annotations: computed once by `__annotate__`.
fn annotations(thread: &Thread, module: Ref) -> Result {
    let dict = dict(module);
    if let Some(known) = dict.get_str(names::annotations()) {
        return Ok(known.to_owned());
    }
    let annotate = dict.get_str(names::annotate()).map(Ref::to_owned);
    let made = match annotate.filter(|annotate| types::is_callable(annotate.borrow())) {
        Some(annotate) => {
            let format = PyInt::from_i64(1);
            call::with(thread, annotate.borrow(), &[format.borrow().upcast()])?
        }
        None => PyDict::new().upcast(),
    };
    dict.set_str(names::annotations(), made.clone());
    Ok(made)
}

fn dict(module: Ref) -> Ref<PyDict> {
    module.cast::<PyModule>().dict()
}

/// The names that every module has.
fn initialize(dict: Ref<PyDict>, name: Ref, doc: Ref) {
    dict.set_str(names::name(), name.to_owned());
    dict.set_str(names::doc(), doc.to_owned());
    for other in [names::package(), names::loader(), names::spec()] {
        dict.set_str(other, object::new_none());
    }
}

/// A fresh module.
pub(crate) fn new(name: &str) -> Owned<PyModule> {
    let module = PyModule::new(PyDict::new());
    let name = PyStr::new(name);
    initialize(module.dict(), name.borrow().upcast(), none_object());
    module
}

/// A fresh module with built-in functions.
pub(crate) fn with_functions(thread: &Thread, name: &str, functions: &'static [MethodDef]) -> Owned<PyModule> {
    let module = new(name);
    let owner = thread.state.interned.intern(PyStr::new(name));
    for def in functions {
        let function = PyCFunction::new(def, Some(module.clone().upcast()), Some(owner.to_owned().upcast()));
        module.dict().set_str(thread.state.interned.intern(PyStr::new(def.name)), function.upcast());
    }
    module
}

/// `module.__getattribute__`: the generic lookup, then the module's own `__getattr__`.
pub(crate) fn getattr(thread: &Thread, module: Ref, name: Ref) -> Result {
    let name: Ref<PyStr> = name.cast();
    if let Some(value) = attr::find_generic(thread, module, name)? {
        return Ok(value);
    }
    let dict = dict(module);
    if let Some(fallback) = dict.get_str(names::getattr()).map(Ref::to_owned) {
        return call::with(thread, fallback.borrow(), &[name.upcast()]);
    }
    let message = missing(thread, dict, &name.to_string_lossy())?;
    Err(attr::attribute_error(thread, module, name, message))
}

/// What is said of an attribute that is not there.
#[cold]
fn missing(thread: &Thread, dict: Ref<PyDict>, text: &str) -> Result<String> {
    let Some(own) = dict.get_str(names::name()).and_then(|name| name.downcast::<PyStr>()) else {
        return Ok(format!("module has no attribute '{text}'"));
    };
    let own = own.to_string_lossy();
    let spec = dict.get_str(names::spec()).map(Ref::to_owned);
    let about = importer::blame::of(thread, spec.as_ref().map(Owned::borrow))?;
    let plain = format!("module '{own}' has no attribute '{text}'");
    if about.shadows_library(thread, &own) {
        return Ok(format!(
            "{plain} (consider renaming {} since it has the same name as the standard library module named '{own}' and \
             prevents importing that standard library module)",
            about.shown(thread)?
        ));
    }
    Ok(match (&about.origin, about.initializing) {
        (_, false) => plain,
        (Some(_), true) if about.shadows => format!(
            "{plain} (consider renaming {} if it has the same name as a library you intended to import)",
            about.shown(thread)?
        ),
        (Some(origin), true) => format!(
            "partially initialized module '{own}' from '{}' has no attribute '{text}' (most likely due to a circular import)",
            object::str_text(thread, origin.borrow())?
        ),
        (None, true) => format!(
            "partially initialized module '{own}' has no attribute '{text}' (most likely due to a circular import)"
        ),
    })
}
