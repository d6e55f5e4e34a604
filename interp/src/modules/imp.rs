//! `_imp`: what `importlib` asks of the interpreter (`Python/import.c`).

use super::{NativeModule, find, make, put, text_argument};
use crate::object::*;
use crate::runtime::{error, exceptions, importer, object};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_imp",
    functions: &[
        MethodDef::no_args("lock_held", |_, _| Ok(object::new_bool(false))),
        MethodDef::no_args("acquire_lock", |_, _| Ok(object::new_none())),
        MethodDef::no_args("release_lock", |_, _| Ok(object::new_none())),
        MethodDef::no_args("extension_suffixes", |_, _| Ok(PyList::new(Vec::new()).upcast())),
        MethodDef::one("is_builtin", |thread, _, name| {
            let name = text_argument(thread, "is_builtin", name)?;
            let known = find(&name).is_some() || matches!(name.as_str(), "builtins" | "sys");
            Ok(PyInt::from_i64(known.into()).upcast())
        }),
        MethodDef::one("create_builtin", create_builtin),
        MethodDef::one("exec_builtin", |_, _, _| Ok(PyInt::from_i64(0).upcast())),
        MethodDef::one("is_frozen", |_, _, _| Ok(object::new_bool(false))),
        MethodDef::one("is_frozen_package", |_, _, _| Ok(object::new_bool(false))),
        MethodDef::keywords("find_frozen", |_, _, _, _| Ok(object::new_none())),
        MethodDef::fast("_fix_co_filename", |_, _, _| Ok(object::new_none())),
        MethodDef::fast("source_hash", |thread, _, _| {
            Err(error::set(thread, exceptions::not_implemented_error(), "_imp.source_hash is not supported"))
        }),
        MethodDef::one("_override_frozen_modules_for_tests", |_, _, _| Ok(object::new_none())),
    ],
    types: &[],
    fill: |_, dict| {
        put(dict, "check_hash_based_pycs", PyStr::new("default").upcast());
        put(dict, "pyc_magic_number_token", PyInt::from_i64(0x0A0D_0000 | i64::from(crate::pyc::MAGIC)).upcast());
        Ok(())
    },
};

fn create_builtin(thread: &Thread, _: Ref, spec: Ref) -> Result {
    let name = object::get_attr(thread, spec, PyStr::new("name").borrow())?;
    let text = text_argument(thread, "create_builtin", name.borrow())?;
    if let Some(loaded) = importer::loaded(thread).get_str(name.borrow().cast()) {
        return Ok(loaded.to_owned());
    }
    match find(&text) {
        Some(native) => make(thread, native).map(Owned::upcast),
        None => Ok(object::new_none()),
    }
}
