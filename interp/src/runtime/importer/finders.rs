//! The finders on `sys.meta_path` that stand for the native search: for programs that ask them, as `importlib` does.

use super::{find, folders, list_of_folders, spec};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, object, types};

/// `BuiltinImporter`, which is its own loader.
pub(crate) static BUILTIN_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_frozen_importlib.BuiltinImporter",
    flags: flags::HAVE_GC,
    base: Some(&object::TYPE),
    methods: &[
        MethodDef::fast("find_spec", |thread, _, a| {
            call::check_count(thread, "find_spec", a.len(), 1, 3)?;
            let name = crate::modules::text_argument(thread, "find_spec", a[0])?;
            Ok(match crate::modules::find(&name) {
                Some(native) => spec::builtin(native.name),
                None => object::new_none(),
            })
        })
        .of_nobody(),
        MethodDef::one("create_module", |thread, _, spec| {
            let name = object::get_attr(thread, spec, PyStr::new("name").borrow())?;
            let text = crate::modules::text_argument(thread, "create_module", name.borrow())?;
            match crate::modules::find(&text) {
                Some(native) => crate::modules::make(thread, native).map(Owned::upcast),
                None => Err(error::set(
                    thread,
                    exceptions::import_error(),
                    format_args!("'{text}' is not a built-in module"),
                )),
            }
        })
        .of_nobody(),
        MethodDef::one("exec_module", |_, _, _| Ok(object::new_none())).of_nobody(),
        MethodDef::one("get_source", |_, _, _| Ok(object::new_none())).of_nobody(),
        MethodDef::one("get_code", |_, _, _| Ok(object::new_none())).of_nobody(),
        MethodDef::one("is_package", |_, _, _| Ok(object::new_bool(false))).of_nobody(),
    ],
    ..TypeSpec::EMPTY
});

/// `FrozenImporter`: no module is frozen here.
static FROZEN_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_frozen_importlib.FrozenImporter",
    flags: flags::HAVE_GC,
    base: Some(&object::TYPE),
    methods: &[MethodDef::fast("find_spec", |_, _, _| Ok(object::new_none())).of_nobody()],
    ..TypeSpec::EMPTY
});

/// `PathFinder`: the folders of a path.
static PATH_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_frozen_importlib_external.PathFinder",
    flags: flags::HAVE_GC,
    base: Some(&object::TYPE),
    methods: &[
        MethodDef::fast("find_spec", |thread, _, a| {
            call::check_count(thread, "find_spec", a.len(), 1, 3)?;
            let name = crate::modules::text_argument(thread, "find_spec", a[0])?;
            let path = a.get(1).copied().filter(|path| !object::is_none(*path));
            let child = name.rsplit_once('.').map_or(name.as_str(), |(_, child)| child);
            Ok(match find::search(&folders(thread, path)?, child) {
                Some(find::Found::File { path, package }) => {
                    let locations = package.map(|folder| list_of_folders(std::iter::once(folder.as_path())));
                    let cached = find::cached(&path).map(|cached| cached.to_string_lossy().into_owned());
                    spec::of_file(&name, &path.to_string_lossy(), cached.as_deref(), locations)
                }
                Some(find::Found::Namespace(portions)) => {
                    spec::namespace(&name, list_of_folders(portions.iter().map(|portion| portion.as_path())))
                }
                None => object::new_none(),
            })
        })
        .of_nobody(),
        MethodDef::no_args("invalidate_caches", |_, _| Ok(object::new_none())).of_nobody(),
    ],
    ..TypeSpec::EMPTY
});

/// The finders, in the order in which they are asked.
pub(crate) fn all(thread: &Thread) -> Vec<Owned> {
    [&BUILTIN_TYPE, &FROZEN_TYPE, &PATH_TYPE]
        .into_iter()
        .map(|ty| {
            let ty = Ref::from_static(ty);
            types::ready(thread, ty);
            ty.to_owned().upcast()
        })
        .collect()
}
