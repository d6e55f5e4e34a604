//! `posix`: files, folders and the process (`Modules/posixmodule.c`). There is no `fork`: a copy of a process with threads
//! cannot go on safely.

pub(crate) mod arg;
mod files;
mod numbers;
mod paths;
pub(crate) mod process;
mod scan;
mod status;

use super::{NativeModule, add_functions, put};
use crate::object::*;
use crate::runtime::exceptions;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "posix",
    functions: &[MethodDef::keywords("scandir", scan::scandir)],
    types: &[
        &status::STAT_RESULT,
        &files::TERMINAL_SIZE,
        &process::UNAME_RESULT,
        &process::TIMES_RESULT,
        &scan::ENTRY_TYPE,
    ],
    fill,
};

fn fill(thread: &Thread, dict: Ref<PyDict>) -> Result<()> {
    for functions in [status::FUNCTIONS, files::FUNCTIONS, paths::FUNCTIONS, process::FUNCTIONS] {
        add_functions(thread, dict, "posix", functions);
    }
    put(dict, "environ", process::environ(thread)?);
    // What `os` builds its sets of capabilities from: no function here takes descriptors of folders.
    let have = ["HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FDOPENDIR", "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_LSTAT"];
    put(dict, "_have_functions", PyList::new(have.map(|name| PyStr::new(name).upcast()).into()).upcast());
    put(dict, "error", exceptions::os_error().to_owned().upcast());
    for (name, value) in numbers::NUMBERS {
        put(dict, name, PyInt::from_i64(*value).upcast());
    }
    Ok(())
}
