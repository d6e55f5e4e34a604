//! Finding a CPython of the pinned release that can be run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cache::Part;
use crate::error::{ErrorKind, InputsError, Result};
use crate::options::Options;

/// The wrapper in the packages' folder that runs their CPython with their own C library.
pub(crate) const WRAPPER: &str = "bin/python";

/// `BODYWORK_PYTHON` if given, else the cache's, else `python3.14` on the path. Each must be CPython of that release.
pub(crate) fn find(options: &Options, packages: Option<&Part>, release: &str) -> Result<PathBuf> {
    if let Some(python) = &options.python {
        return if is_cpython(python, release) {
            Ok(python.clone())
        } else {
            let message = format!("{} (BODYWORK_PYTHON) does not run as CPython {release}", python.display());
            Err(InputsError::new(ErrorKind::NoPython, message).next("unset it, or name another one"))
        };
    }
    if let Some(part) = packages {
        let wrapper = part.dir.join(WRAPPER);
        if wrapper.is_file() {
            return Ok(wrapper);
        }
    }
    let name = format!("python{release}");
    on_path(&name).filter(|python| is_cpython(python, release)).ok_or_else(|| {
        InputsError::new(ErrorKind::NoPython, format!("there is no CPython {release} to compare with"))
            .next(format!("`bodywork inputs fetch` brings one; or install {name}, or set BODYWORK_PYTHON"))
    })
}

/// Whether the program runs and is CPython of that release.
pub(crate) fn is_cpython(python: &Path, release: &str) -> bool {
    let code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])";
    let output =
        Command::new(python).args(["-I", "-S", "-c", code]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    output
        .is_ok_and(|o| o.status.success() && String::from_utf8_lossy(&o.stdout).trim() == format!("cpython {release}"))
}

/// The full path of a program on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&file)).find(|path| path.is_file())
}
