//! Path arguments (`path_converter` of `Modules/posixmodule.c`), and names of files as objects.

use crate::builtins::codec;
use crate::exit::Raised;
use crate::modules::{fd, os_error};
use crate::object::*;
use crate::runtime::{attr, error, number, object, types};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a path argument names.
pub(crate) enum Target {
    Path(PathBuf),
    Descriptor(i32),
}

/// A path argument.
pub(crate) struct PathArg {
    pub(crate) target: Target,
    /// Names that come of it are bytes, as it is.
    pub(crate) bytes: bool,
    /// What exceptions name.
    pub(crate) object: Owned,
}

impl PathArg {
    /// The path, where no descriptor was allowed.
    pub(crate) fn path(&self) -> &Path {
        match &self.target {
            Target::Path(path) => path,
            Target::Descriptor(_) => Path::new(""),
        }
    }

    /// Raises what the system said about it.
    #[cold]
    pub(crate) fn failed(&self, thread: &Thread, problem: &std::io::Error) -> Raised {
        os_error_about(thread, problem, &[self.object.borrow()])
    }
}

/// Raises OSError about one or two files.
#[cold]
pub(crate) fn os_error_about(thread: &Thread, problem: &std::io::Error, files: &[Ref]) -> Raised {
    let number = PyInt::from_i64(problem.raw_os_error().unwrap_or(0).into());
    let text = PyStr::new(&strerror(problem));
    let mut parts: Vec<Ref> = vec![number.borrow().upcast(), text.borrow().upcast()];
    parts.extend(files.first());
    if let Some(second) = files.get(1) {
        parts.extend([none_object(), *second]);
    }
    let class = crate::runtime::exceptions::os_error().upcast();
    match crate::runtime::call::with(thread, class, &parts) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// The system's text of an error.
pub(crate) fn strerror(problem: &std::io::Error) -> String {
    let text = problem.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// A name of the file system as str (`PyUnicode_DecodeFSDefault`), or as bytes.
pub(crate) fn name_object(thread: &Thread, name: &OsStr, bytes: bool) -> Result {
    if bytes {
        return Ok(PyBytes::new(name.as_bytes().to_vec()).upcast());
    }
    codec::decode(thread, name.as_bytes(), "utf-8", "surrogateescape").map(Owned::upcast)
}

/// A str, bytes or path-like object as a name of the file system, and whether it was bytes.
pub(crate) fn file_name(thread: &Thread, value: Ref) -> Result<Option<(Vec<u8>, bool, Owned)>> {
    if let Some(text) = value.downcast::<PyStr>() {
        return Ok(Some((codec::encode(thread, text, "utf-8", "surrogateescape")?, false, value.to_owned())));
    }
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok(Some((bytes.data().to_vec(), true, value.to_owned())));
    }
    let name = thread.state.interned.intern(PyStr::new("__fspath__"));
    let Some(method) = types::lookup(value.ty(), name) else { return Ok(None) };
    let found = attr::call_special(thread, method, value, &[])?;
    let given = found.borrow();
    if given.downcast::<PyStr>().is_some() || given.downcast::<PyBytes>().is_some() {
        return file_name(thread, given);
    }
    let (own, other) = (value.ty().name().to_owned(), given.ty().name().to_owned());
    Err(error::type_error(thread, format!("expected {own}.__fspath__() to return str or bytes, not {other}")))
}

/// A path, or with `descriptors` an open file's number.
pub(crate) fn path_or_fd(thread: &Thread, function: &str, value: Ref, descriptors: bool) -> Result<PathArg> {
    if let Some((name, bytes, object)) = file_name(thread, value)? {
        if name.contains(&0) {
            return Err(error::value_error(thread, format_args!("{function}: embedded null character in path")));
        }
        let target = Target::Path(PathBuf::from(std::ffi::OsString::from_vec(name)));
        return Ok(PathArg { target, bytes, object });
    }
    if descriptors && value.ty().slots.nb_index.get().is_some() {
        let target = Target::Descriptor(number_of(thread, value)?);
        return Ok(PathArg { target, bytes: false, object: value.to_owned() });
    }
    let kinds = if descriptors { "string, bytes, os.PathLike or integer" } else { "string, bytes or os.PathLike" };
    let text = format!("{function}: path should be {kinds}, not {}", value.ty().name());
    Err(error::type_error(thread, text))
}

/// A path.
pub(crate) fn path(thread: &Thread, function: &str, value: Ref) -> Result<PathArg> {
    path_or_fd(thread, function, value, false)
}

/// An int as a descriptor.
pub(crate) fn number_of(thread: &Thread, value: Ref) -> Result<i32> {
    let value = number::as_i64(thread, value)?;
    i32::try_from(value).map_err(|_| {
        let bound = if value > 0 { "greater than maximum" } else { "less than minimum" };
        error::overflow_error(thread, format_args!("fd is {bound}"))
    })
}

/// A descriptor: an int, or an object with `fileno()` (`PyObject_AsFileDescriptor`).
pub(crate) fn descriptor(thread: &Thread, value: Ref) -> Result<i32> {
    if value.downcast::<PyInt>().is_some() {
        return number_of(thread, value);
    }
    let Some(method) = object::get_optional_attr(thread, value, PyStr::new("fileno").borrow())? else {
        return Err(error::type_error(thread, "argument must be an int, or have a fileno() method"));
    };
    let number = crate::runtime::call::no_args(thread, method.borrow())?;
    if number.borrow().downcast::<PyInt>().is_none() {
        return Err(error::type_error(thread, "fileno() returned a non-integer"));
    }
    let number = number_of(thread, number.borrow())?;
    if number < 0 {
        let text = format!("file descriptor cannot be a negative integer ({number})");
        return Err(error::value_error(thread, text));
    }
    Ok(number)
}

/// The open file of a number argument.
pub(crate) fn open_file(thread: &Thread, value: Ref) -> Result<Rc<File>> {
    let number = number_of(thread, value)?;
    fd::get(number).map_err(|problem| os_error(thread, &problem, None))
}

/// What a call of the system gave, as a result.
pub(crate) fn system<T, E: Into<std::io::Error>>(thread: &Thread, result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|problem| os_error(thread, &problem.into(), None))
}

/// Refuses what needs a descriptor of a folder.
pub(crate) fn no_folder(thread: &Thread, folder: Option<Ref>) -> Result<()> {
    match folder.filter(|folder| !object::is_none(*folder)) {
        None => Ok(()),
        Some(_) => Err(error::set(
            thread,
            crate::runtime::exceptions::not_implemented_error(),
            "dir_fd unavailable on this platform",
        )),
    }
}
