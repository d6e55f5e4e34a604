//! Module specs and loaders: what `__spec__` and `__loader__` of a module are (`Lib/importlib/_bootstrap.py`).

use crate::modules::{native_dict, put};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{attr, error, names, object};

/// A spec; everything it knows is in its dict.
struct Spec;
impl Native for Spec {}

/// A loader of a module file; name and path are in its dict.
struct Loader;
impl Native for Loader {}

/// `ModuleSpec`.
pub(crate) static SPEC_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_frozen_importlib.ModuleSpec",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Spec).upcast())),
        init: slot(init),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("parent", parent),
        GetSetDef::new(
            "cached",
            |_, spec| Ok(field(spec, "_cached")),
            |_, spec, value| {
                set(spec, "_cached", value.unwrap_or(none_object()).to_owned());
                Ok(())
            },
        ),
        GetSetDef::new(
            "has_location",
            |_, spec| Ok(field(spec, "_set_fileattr")),
            |_, spec, value| {
                set(spec, "_set_fileattr", value.unwrap_or(none_object()).to_owned());
                Ok(())
            },
        ),
    ],
    ..TypeSpec::EMPTY
});

/// `SourceFileLoader`.
pub(crate) static LOADER_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_frozen_importlib_external.SourceFileLoader",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { dict_of: slot(native_dict), ..Slots::NONE },
    methods: &[
        MethodDef::fast("get_filename", |_, loader, _| Ok(field(loader, "path"))),
        MethodDef::one("get_source", |thread, loader, _| get_source(thread, loader)),
        MethodDef::one("get_data", |thread, _, path| {
            let path = crate::runtime::source::path_text(thread, path)?;
            match std::fs::read(&path) {
                Ok(bytes) => Ok(PyBytes::new(bytes).upcast()),
                Err(problem) => Err(crate::modules::os_error(thread, &problem, Some(&path))),
            }
        }),
        MethodDef::one("is_package", |_, loader, _| {
            let path = field(loader, "path").borrow().downcast::<PyStr>().map(Ref::to_string_lossy).unwrap_or_default();
            let stem = std::path::Path::new(&path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
            Ok(object::new_bool(stem.as_deref() == Some("__init__")))
        }),
        MethodDef::one("get_code", |thread, loader, _| {
            let (name, path) = (text(loader, "name"), text(loader, "path"));
            super::code::of_file(thread, &name, std::path::Path::new(&path)).map(Owned::upcast)
        }),
        MethodDef::one("create_module", |_, _, _| Ok(object::new_none())),
        MethodDef::one("exec_module", |thread, loader, module| {
            let (name, path) = (text(loader, "name"), text(loader, "path"));
            let code = super::code::of_file(thread, &name, std::path::Path::new(&path))?;
            let dict = object::get_attr(thread, module, names::dict())?;
            let globals = dict.borrow().downcast::<PyDict>().ok_or_else(|| {
                error::type_error(thread, format_args!("'{}' object has no dict of names", module.ty().name()))
            })?;
            crate::runtime::eval::run_code(thread, code.borrow(), globals, None)
        }),
    ],
    ..TypeSpec::EMPTY
});

fn own(object: Ref) -> Ref<PyDict> {
    native_dict(object, true).expect("a native object can always have a dict")
}

fn field(object: Ref, name: &str) -> Owned {
    own(object).get_str(PyStr::new(name).borrow()).unwrap_or(none_object()).to_owned()
}

fn text(object: Ref, name: &str) -> String {
    field(object, name).borrow().downcast::<PyStr>().map(Ref::to_string_lossy).unwrap_or_default()
}

fn set(object: Ref, name: &str, value: Owned) {
    put(own(object), name, value);
}

fn get_source(thread: &Thread, loader: Ref) -> Result {
    let path = text(loader, "path");
    if path.ends_with(".pyc") {
        // Bytecode alone has no source.
        return Ok(object::new_none());
    }
    let bytes = std::fs::read(&path).map_err(|problem| crate::modules::os_error(thread, &problem, Some(&path)))?;
    match crate::compile::decode(&bytes, &path) {
        Ok(text) => Ok(PyStr::new(&text).upcast()),
        Err(problem) => Err(crate::runtime::source::raise_syntax_error(thread, &problem, &path)),
    }
}

fn repr(thread: &Thread, spec: Ref) -> Result {
    let mut parts = vec![
        format!("name={}", object::repr_checked(thread, field(spec, "name").borrow())?),
        format!("loader={}", object::repr_checked(thread, field(spec, "loader").borrow())?),
    ];
    for name in ["origin", "submodule_search_locations"] {
        let value = field(spec, name);
        if !object::is_none(value.borrow()) {
            parts.push(format!("{name}={}", object::repr_checked(thread, value.borrow())?));
        }
    }
    Ok(PyStr::new(&format!("ModuleSpec({})", parts.join(", "))).upcast())
}

fn init(thread: &Thread, spec: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "ModuleSpec",
        names: &["name", "loader", "origin", "loader_state", "is_package"],
        positional_only: 0,
        keyword_only: 3,
        required: 2,
    };
    let [name, loader, origin, state, is_package] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let given = |value: Option<Ref>| value.unwrap_or(none_object()).to_owned();
    let package = is_package.is_some_and(object::is_true);
    fill(spec, given(name), given(loader), given(origin), package.then(|| PyList::new(Vec::new()).upcast()));
    set(spec, "loader_state", given(state));
    Ok(())
}

fn fill(spec: Ref, name: Owned, loader: Owned, origin: Owned, locations: Option<Owned>) {
    set(spec, "name", name);
    set(spec, "loader", loader);
    set(spec, "origin", origin);
    set(spec, "loader_state", object::new_none());
    set(spec, "submodule_search_locations", locations.unwrap_or_else(object::new_none));
    set(spec, "_uninitialized_submodules", PyList::new(Vec::new()).upcast());
    set(spec, "_set_fileattr", object::new_bool(false));
    set(spec, "_cached", object::new_none());
    set(spec, "_initializing", object::new_bool(false));
}

/// The package that the module is in, or that it is.
fn parent(thread: &Thread, spec: Ref) -> Result {
    let name = field(spec, "name");
    if !object::is_none(field(spec, "submodule_search_locations").borrow()) {
        return Ok(name);
    }
    let Some(name) = name.borrow().downcast::<PyStr>() else {
        return Err(attr::no_attribute(thread, spec, PyStr::new("parent").borrow()));
    };
    Ok(PyStr::new(name.to_string_lossy().rsplit_once('.').map_or("", |(parent, _)| parent)).upcast())
}

/// The spec of a module that is built in.
pub(crate) fn builtin(name: &str) -> Owned {
    let spec = PyNative::new(Ref::from_static(&SPEC_TYPE), Spec).upcast();
    let loader = Ref::from_static(&super::finders::BUILTIN_TYPE).to_owned().upcast();
    fill(spec.borrow(), PyStr::new(name).upcast(), loader, PyStr::new("built-in").upcast(), None);
    spec
}

/// The spec of a module in a file.
pub(crate) fn of_file(name: &str, path: &str, cached: Option<&str>, locations: Option<Owned>) -> Owned {
    let loader = PyNative::new(Ref::from_static(&LOADER_TYPE), Loader).upcast();
    set(loader.borrow(), "name", PyStr::new(name).upcast());
    set(loader.borrow(), "path", PyStr::new(path).upcast());
    let spec = PyNative::new(Ref::from_static(&SPEC_TYPE), Spec).upcast();
    fill(spec.borrow(), PyStr::new(name).upcast(), loader, PyStr::new(path).upcast(), locations);
    set(spec.borrow(), "_set_fileattr", object::new_bool(true));
    if let Some(cached) = cached {
        set(spec.borrow(), "_cached", PyStr::new(cached).upcast());
    }
    spec
}

/// The spec of a namespace package.
pub(crate) fn namespace(name: &str, locations: Owned) -> Owned {
    let spec = PyNative::new(Ref::from_static(&SPEC_TYPE), Spec).upcast();
    fill(spec.borrow(), PyStr::new(name).upcast(), object::new_none(), object::new_none(), Some(locations));
    spec
}

/// Marks a module as being imported, or not any more.
pub(super) fn set_initializing(spec: Ref, value: bool) {
    if spec.downcast::<PyNative>().is_some_and(|own| own.value::<Spec>().is_some()) {
        set(spec, "_initializing", object::new_bool(value));
    }
}

/// `_PyModuleSpec_IsInitializing`.
pub(crate) fn is_initializing(thread: &Thread, spec: Option<Ref>) -> Result<bool> {
    let Some(spec) = spec.filter(|spec| !object::is_none(*spec)) else { return Ok(false) };
    match object::get_optional_attr(thread, spec, PyStr::new("_initializing").borrow())? {
        Some(value) => object::is_truthy(thread, value.borrow()),
        None => Ok(false),
    }
}
