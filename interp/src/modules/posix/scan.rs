//! `scandir`: the entries of a folder, with what the system tells about each.

use super::arg::{self, PathArg, Target, name_object, path_or_fd};
use super::paths::bind;
use super::status;
use crate::modules::{fd, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{object, types};
use std::cell::RefCell;
use std::fs::{FileType, ReadDir};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;
use std::path::PathBuf;

/// The iterator over a folder.
struct Scan {
    entries: RefCell<Option<ReadDir>>,
    folder: PathArg,
}
impl Native for Scan {}

/// An entry of a folder.
struct Entry {
    name: Owned,
    path: Owned,
    place: PathBuf,
    kind: Option<FileType>,
    inode: u64,
    followed: RefCell<Option<Owned>>,
    own: RefCell<Option<Owned>>,
}
impl Native for Entry {}

pub(super) static SCAN_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "posix.ScandirIterator",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { iter: slot(|_, own| Ok(own.to_owned())), iternext: slot(next), ..Slots::NONE },
    methods: &[
        MethodDef::no_args("__enter__", |_, own| Ok(own.to_owned())),
        MethodDef::fast("__exit__", |thread, own, _| close(thread, own)),
        MethodDef::no_args("close", close),
    ],
    ..TypeSpec::EMPTY
});

pub(super) static ENTRY_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "posix.DirEntry",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        repr: slot(|thread, own| {
            let name = of(thread, &own.cast())?.name.clone();
            let shown = object::repr_checked(thread, name.borrow())?;
            Ok(PyStr::new(&format!("<DirEntry {shown}>")).upcast())
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::keywords("is_dir", |thread, own, a, k| is(thread, own, "is_dir", FileType::is_dir, a, k)),
        MethodDef::keywords("is_file", |thread, own, a, k| is(thread, own, "is_file", FileType::is_file, a, k)),
        MethodDef::no_args("is_symlink", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(object::new_bool(of(thread, &own)?.kind.is_some_and(|kind| kind.is_symlink())))
        }),
        MethodDef::no_args("is_junction", |_, _| Ok(object::new_bool(false))),
        MethodDef::keywords("stat", |thread, own, a, k| {
            let [follow] = bind(thread, "stat", &["follow_symlinks"], 1, 0, a, k)?;
            stat(thread, own, follow.map_or(Ok(true), |follow| object::is_truthy(thread, follow))?)
        }),
        MethodDef::no_args("inode", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyInt::from_big(of(thread, &own)?.inode.into()).upcast())
        }),
        MethodDef::no_args("__fspath__", |thread, own| of(thread, &own.cast()).map(|entry| entry.path.clone())),
        MethodDef::one("__class_getitem__", crate::modules::generic_alias).of_class(),
    ],
    getset: &[
        GetSetDef::field("name", |thread, own| of(thread, &own.cast()).map(|entry| entry.name.clone())),
        GetSetDef::field("path", |thread, own| of(thread, &own.cast()).map(|entry| entry.path.clone())),
    ],
    ..TypeSpec::EMPTY
});

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Entry> {
    receiver::<Entry>(thread, own)
}

/// `scandir(path=None)`.
pub(super) fn scandir(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let [path] = bind(thread, "scandir", &["path"], 0, 0, arguments, keywords)?;
    let here = PyStr::new(".");
    let path = path.filter(|path| !object::is_none(*path)).unwrap_or(here.borrow().upcast());
    let folder = path_or_fd(thread, "scandir", path, true)?;
    let opened = match &folder.target {
        Target::Path(path) => std::fs::read_dir(path),
        // By the number of our own, which names the same folder.
        Target::Descriptor(number) => fd::get(*number).and_then(|file| {
            use std::os::fd::AsRawFd;
            std::fs::read_dir(format!("/proc/self/fd/{}", file.as_raw_fd()))
        }),
    };
    let entries = opened.map_err(|problem| folder.failed(thread, &problem))?;
    types::ready(thread, Ref::from_static(&SCAN_TYPE));
    let scan = Scan { entries: RefCell::new(Some(entries)), folder };
    Ok(PyNative::new(Ref::from_static(&SCAN_TYPE), scan).upcast())
}

fn close(thread: &Thread, own: Ref) -> Result {
    drop(receiver::<Scan>(thread, &own.cast())?.entries.take());
    Ok(object::new_none())
}

fn next(thread: &Thread, own: Ref) -> Option<Owned> {
    let own: Ref<PyNative> = own.cast();
    let scan = receiver::<Scan>(thread, &own).ok()?;
    let entry = scan.entries.borrow_mut().as_mut()?.next();
    let entry = match entry {
        Some(Ok(entry)) => entry,
        Some(Err(problem)) => {
            scan.folder.failed(thread, &problem);
            return None;
        }
        None => {
            drop(scan.entries.take());
            return None;
        }
    };
    let file_name = entry.file_name();
    let name = name_object(thread, &file_name, scan.folder.bytes).ok()?;
    let (path, place) = match &scan.folder.target {
        Target::Path(folder) => {
            let mut joined = folder.as_os_str().as_bytes().to_vec();
            if !joined.ends_with(b"/") {
                joined.push(b'/');
            }
            joined.extend(file_name.as_bytes());
            let joined = std::ffi::OsStr::from_bytes(&joined);
            (name_object(thread, joined, scan.folder.bytes).ok()?, PathBuf::from(joined))
        }
        Target::Descriptor(_) => (name.clone(), entry.path()),
    };
    let entry = Entry {
        name,
        path,
        place,
        kind: entry.file_type().ok(),
        inode: entry.ino(),
        followed: RefCell::default(),
        own: RefCell::default(),
    };
    Some(PyNative::new(Ref::from_static(&ENTRY_TYPE), entry).upcast())
}

fn stat(thread: &Thread, own: Ref, follow: bool) -> Result {
    let own: Ref<PyNative> = own.cast();
    let entry = of(thread, &own)?;
    let known = if follow { &entry.followed } else { &entry.own };
    if let Some(known) = &*known.borrow() {
        return Ok(known.clone());
    }
    let about = status::about_path(&entry.place, follow)
        .map_err(|problem| arg::os_error_about(thread, &problem, &[entry.path.borrow()]))?;
    let result = status::result(&about);
    known.replace(Some(result.clone()));
    Ok(result)
}

/// `is_dir` and `is_file`: what is not there any more is neither.
fn is(
    thread: &Thread,
    own: Ref,
    function: &'static str,
    test: fn(&FileType) -> bool,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    let [follow] = bind(thread, function, &["follow_symlinks"], 1, 0, arguments, keywords)?;
    let follow = follow.map_or(Ok(true), |follow| object::is_truthy(thread, follow))?;
    let own: Ref<PyNative> = own.cast();
    let entry = of(thread, &own)?;
    let kind = entry.kind.filter(|kind| !(follow && kind.is_symlink()));
    if let Some(kind) = kind {
        return Ok(object::new_bool(test(&kind)));
    }
    match status::about_path(&entry.place, follow) {
        Ok(about) => Ok(object::new_bool(test(&about.file_type()))),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(object::new_bool(false)),
        Err(problem) => Err(arg::os_error_about(thread, &problem, &[entry.path.borrow()])),
    }
}
