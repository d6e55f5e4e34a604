//! The `builtins` namespace, and the attaching of methods to types.

use super::{attributes, format, io, iteration, iters, number};
use crate::object::*;
use crate::runtime::{asyncgen, classes, exceptions, types};

/// The built-in functions.
static FUNCTIONS: &[MethodDef] = &[
    MethodDef::keywords("__build_class__", classes::build_class),
    MethodDef::one("abs", number::abs),
    MethodDef::one("all", iteration::all),
    MethodDef::one("any", iteration::any),
    MethodDef::one("ascii", io::ascii),
    MethodDef::one("bin", number::bin),
    MethodDef::one("callable", iteration::callable),
    MethodDef::one("chr", number::chr),
    MethodDef::fast("delattr", attributes::delattr),
    MethodDef::fast("dir", attributes::dir),
    MethodDef::fast("divmod", number::divmod),
    MethodDef::fast("format", format::format),
    MethodDef::fast("getattr", attributes::getattr),
    MethodDef::no_args("globals", attributes::globals),
    MethodDef::fast("hasattr", attributes::hasattr),
    MethodDef::one("hash", attributes::hash),
    MethodDef::one("hex", number::hex),
    MethodDef::one("id", attributes::id),
    MethodDef::fast("isinstance", attributes::isinstance),
    MethodDef::fast("issubclass", attributes::issubclass),
    MethodDef::fast("iter", iteration::iter_of),
    MethodDef::one("len", iteration::len),
    MethodDef::keywords("max", iteration::max),
    MethodDef::keywords("min", iteration::min),
    MethodDef::one("aiter", asyncgen::builtin_aiter),
    MethodDef::fast("anext", asyncgen::builtin_anext),
    MethodDef::fast("next", iteration::next_of),
    MethodDef::one("oct", number::oct),
    MethodDef::one("ord", number::ord),
    MethodDef::keywords("pow", number::pow),
    MethodDef::keywords("print", io::print),
    MethodDef::one("repr", io::repr_of),
    MethodDef::keywords("round", number::round),
    MethodDef::fast("setattr", attributes::setattr),
    MethodDef::keywords("sorted", iteration::sorted),
    MethodDef::keywords("sum", number::sum),
    MethodDef::fast("vars", attributes::vars),
];

/// The types that have names in the namespace, beside the exceptions.
fn named_types() -> Vec<Ref<PyType>> {
    let mut named = vec![
        types::object(),
        types::type_(),
        types::int(),
        types::bool_(),
        types::float(),
        types::complex(),
        types::str(),
        types::bytes(),
        types::bytearray(),
        types::memoryview(),
        types::tuple(),
        types::list(),
        types::dict(),
        types::set(),
        types::frozenset(),
        types::range(),
        types::slice(),
        types::property(),
        types::staticmethod(),
        types::classmethod(),
        types::super_type(),
    ];
    let iterators =
        [&iters::ENUMERATE_TYPE, &iters::ZIP_TYPE, &iters::MAP_TYPE, &iters::FILTER_TYPE, &iters::REVERSED_TYPE];
    named.extend(iterators.map(Ref::from_static));
    named.extend(exceptions::ALL.iter().map(|&ty| Ref::from_static(ty)));
    named
}

fn name(thread: &Thread, text: &str) -> Ref<PyStr> {
    thread.state.interned.intern(PyStr::new(text))
}

/// Makes the types ready with what the builtins add to them, makes the namespace and gives it to the thread.
pub(crate) fn install(thread: &Thread) {
    super::slots::prepare();
    types::ready_all(thread);
    super::slots::attach(thread);
    let dict = PyDict::new();
    let module = name(thread, "builtins");
    dict.set_str(name(thread, "__name__"), module.to_owned().upcast());
    for def in FUNCTIONS {
        let function = PyCFunction::new(def, None, Some(module.to_owned().upcast()));
        let cache = &thread.state.callable_cache;
        match def.name {
            "len" => cache.len.set(Some(function.clone())),
            "isinstance" => cache.isinstance.set(Some(function.clone())),
            _ => {}
        }
        dict.set_str(name(thread, def.name), function.upcast());
    }
    for ty in named_types() {
        dict.set_str(name(thread, ty.name()), ty.to_owned().upcast());
    }
    // Other names of OSError.
    for alias in ["EnvironmentError", "IOError"] {
        dict.set_str(name(thread, alias), exceptions::os_error().to_owned().upcast());
    }
    let constants = [
        ("None", none_object()),
        ("True", true_object()),
        ("False", false_object()),
        ("NotImplemented", not_implemented()),
        ("Ellipsis", ellipsis()),
        ("__debug__", true_object()),
    ];
    for (text, value) in constants {
        dict.set_str(name(thread, text), value.to_owned());
    }
    let append = types::lookup(types::list(), name(thread, "append"));
    thread.state.callable_cache.list_append.set(append.map(Ref::to_owned));
    thread.state.builtins.set(Some(dict));
}
