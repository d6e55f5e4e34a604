//! Modules that are native: what CPython writes in C and a program cannot do without. What the library has in Python
//! stays in Python.

mod abc;
mod accounts;
mod ast;
pub(crate) mod binascii;
mod charmap;
mod codecs;
mod collections;
mod contextvars;
mod defaultdict;
mod errno;
mod escapes;
pub(crate) mod fd;
pub(crate) mod gc;
mod hashes;
mod imp;
pub(crate) mod io;
mod itertools;
mod math;
mod namespace;
mod opcode;
mod operator;
mod pack;
pub(crate) mod posix;
pub(crate) mod proxy;
mod random;
mod select;
pub(crate) mod signal;
mod small;
mod socket;
mod sre;
mod string;
pub(crate) mod structseq;
mod subprocess;
mod thread;
pub(crate) mod time;
pub(crate) mod weakref;
pub(crate) mod zlib;

pub(crate) use codecs::{decode_by_registry, encode_by_registry, forget as forget_codecs};
pub(crate) use namespace::make as namespace;
pub(crate) use pack::forget as forget_struct_error;
pub(crate) use small::run_at_exit;
pub(crate) use thread::IDENT as THREAD_IDENT;

use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{call, error, exceptions, importer, module, object, types};

/// A native module.
pub(crate) struct NativeModule {
    pub(crate) name: &'static str,
    pub(crate) functions: &'static [MethodDef],
    /// Its types, bases first; those that are public get their names in the module.
    pub(crate) types: &'static [&'static PyType],
    /// Constants and whatever else is made when the module is imported.
    pub(crate) fill: fn(&Thread, Ref<PyDict>) -> Result<()>,
}

impl NativeModule {
    /// A module of functions alone.
    pub(crate) const fn of_functions(name: &'static str, functions: &'static [MethodDef]) -> NativeModule {
        NativeModule { name, functions, types: &[], fill: |_, _| Ok(()) }
    }
}

/// All of them, by name.
static ALL: &[&NativeModule] = &[
    &abc::MODULE,
    &accounts::GRP,
    &accounts::PWD,
    &ast::MODULE,
    &binascii::MODULE,
    &codecs::MODULE,
    &collections::MODULE,
    &contextvars::MODULE,
    &errno::MODULE,
    &gc::MODULE,
    &hashes::BLAKE2,
    &hashes::MD5,
    &hashes::SHA1,
    &hashes::SHA2,
    &hashes::SHA3,
    &imp::MODULE,
    &io::MODULE,
    &itertools::MODULE,
    &math::MODULE,
    &opcode::MODULE,
    &operator::MODULE,
    &pack::MODULE,
    &posix::MODULE,
    &random::MODULE,
    &signal::MODULE,
    &small::ATEXIT,
    &small::MARSHAL,
    &small::TOKENIZE,
    &small::TYPING,
    &small::WARNINGS,
    &select::MODULE,
    &socket::MODULE,
    &sre::MODULE,
    &subprocess::MODULE,
    &string::MODULE,
    &thread::MODULE,
    &time::MODULE,
    &weakref::MODULE,
    &zlib::MODULE,
];

/// Names of the native modules, those that every program starts with included (`sys.builtin_module_names`).
pub(crate) fn all_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = ALL.iter().map(|native| native.name).chain(["builtins", "sys"]).collect();
    names.sort_unstable();
    names
}

/// The native module of this name.
pub(crate) fn find(name: &str) -> Option<&'static NativeModule> {
    ALL.iter().copied().find(|native| native.name == name)
}

/// Makes a module of its own; `sys.modules` is the caller's business.
pub(crate) fn make(thread: &Thread, native: &'static NativeModule) -> Result<Owned<PyModule>> {
    let made = module::with_functions(thread, native.name, native.functions);
    let dict = made.dict();
    let spec = importer::spec::builtin(native.name);
    put(dict, "__package__", PyStr::new("").upcast());
    put(dict, "__loader__", object::get_attr(thread, spec.borrow(), PyStr::new("loader").borrow())?);
    put(dict, "__spec__", spec);
    for ty in native.types {
        let ty = Ref::from_static(*ty);
        types::ready(thread, ty);
        if !types::short_name(ty).starts_with('_') {
            put(dict, &types::short_name(ty), ty.to_owned().upcast());
        }
    }
    (native.fill)(thread, dict)?;
    Ok(made)
}

/// Puts functions into a module's namespace.
pub(crate) fn add_functions(thread: &Thread, dict: Ref<PyDict>, module: &str, functions: &'static [MethodDef]) {
    let owner = thread.state.interned.intern(PyStr::new(module));
    for def in functions {
        let function = PyCFunction::new(def, None, Some(owner.to_owned().upcast()));
        put(dict, def.name, function.upcast());
    }
}

/// Sets an entry of a namespace.
pub(crate) fn put(dict: Ref<PyDict>, name: &str, value: Owned) {
    let interned = Thread::current().state.interned.intern(PyStr::new(name));
    dict.set_str(interned, value);
}

/// The attributes of a native object (`dict_of` slot).
pub(crate) fn native_dict(object: Ref, make: bool) -> Option<Ref<PyDict>> {
    let own = object.downcast::<PyNative>()?;
    if own.dict.get().is_none() && make {
        own.dict.set(Some(PyDict::new()));
    }
    own.dict.get()
}

/// The value of a native object that a method was called on.
pub(crate) fn receiver<'a, T: Native>(thread: &Thread, object: &'a Ref<PyNative>) -> Result<&'a T> {
    match object.value::<T>() {
        Some(value) => Ok(value),
        None => Err(error::type_error(
            thread,
            format_args!("descriptor is for another type than '{}'", object.upcast().ty().name()),
        )),
    }
}

/// Raises the OSError that the operating system's answer means.
#[cold]
pub(crate) fn os_error(thread: &Thread, problem: &std::io::Error, filename: Option<&str>) -> Raised {
    let number = problem.raw_os_error().unwrap_or(0);
    let text = problem.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_owned();
    let mut parts = vec![PyInt::from_i64(number.into()).upcast(), PyStr::new(&text).upcast()];
    parts.extend(filename.map(|name| PyStr::new(name).upcast()));
    let args = PyTuple::from_vec(parts);
    match call::call(thread, exceptions::os_error().upcast(), args.borrow(), None) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// Another module's attribute, imported if need be.
pub(crate) fn imported(thread: &Thread, module: &str, name: &str) -> Result {
    let module = importer::import_absolute(thread, thread.state.interned.intern(PyStr::new(module)))?;
    object::get_attr(thread, module.borrow(), PyStr::new(name).borrow())
}

/// A new exception class of a native module.
pub(crate) fn exception_class(thread: &Thread, module: &str, name: &str, bases: &[Ref]) -> Result {
    let namespace = PyDict::new();
    put(namespace.borrow(), "__module__", PyStr::new(module).upcast());
    let arguments = [PyStr::new(name).upcast(), PyTuple::from_refs(bases).upcast(), namespace.upcast()];
    let arguments: Vec<Ref> = arguments.iter().map(Owned::borrow).collect();
    call::with(thread, types::type_().upcast(), &arguments)
}

/// A str argument's text.
pub(crate) fn text_argument(thread: &Thread, function: &str, value: Ref) -> Result<String> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy()),
        None => {
            Err(error::type_error(thread, format_args!("{function}() argument must be str, not {}", value.ty().name())))
        }
    }
}

/// `class[key]` of generic native classes.
pub(crate) fn generic_alias(thread: &Thread, class: Ref, key: Ref) -> Result {
    let alias = imported(thread, "types", "GenericAlias")?;
    call::with(thread, alias.borrow(), &[class, key])
}

/// The bytes of a bytes-like object; TypeError with this text for any other.
pub(crate) fn buffer(thread: &Thread, object: Ref, otherwise: &str) -> Result<Vec<u8>> {
    match crate::builtins::bytes::buffer(thread, object)? {
        Some(data) => Ok(data.into_vec()),
        None => Err(error::type_error(thread, otherwise)),
    }
}
