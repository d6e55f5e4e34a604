//! The code of a module file: from up-to-date bytecode, or compiled from source (`SourceLoader.get_code`).

use super::find;
use crate::compile::Mode;
use crate::exit::Raised;
use crate::object::*;
use crate::pyc::{self, Code, Names, Stamp, Str, Value, verify};
use crate::runtime::{error, exceptions, load, source};
use std::path::Path;
use std::rc::Rc;
use std::time::UNIX_EPOCH;

/// The code object of the module file.
pub(super) fn of_file(thread: &Thread, name: &str, path: &Path) -> Result<Owned<PyCode>> {
    let bytes = std::fs::read(path).map_err(|problem| unreadable(thread, path, &problem))?;
    let filename = path.to_string_lossy();
    if path.extension().is_some_and(|ending| ending == "pyc") {
        let tree = match read(&bytes) {
            Ok(tree) => tree,
            Err(why) => return Err(import_error(thread, name, &format!("{why} in {filename:?}"))),
        };
        return load::code(thread, &tree);
    }
    if let Some(tree) = fresh(path, &bytes) {
        return load::code(thread, &renamed(&tree, &Rc::new(Str::new(&filename, true))));
    }
    match crate::compile::decode(&bytes, &filename) {
        Ok(text) => source::compile_text(thread, &text, &filename, Mode::Exec),
        Err(problem) => Err(source::raise_syntax_error(thread, &problem, &filename)),
    }
}

fn unreadable(thread: &Thread, path: &Path, problem: &std::io::Error) -> Raised {
    crate::modules::os_error(thread, problem, Some(&path.to_string_lossy()))
}

fn import_error(thread: &Thread, name: &str, why: &str) -> Raised {
    let exception = PyBaseException::new(exceptions::import_error(), PyTuple::from_array([PyStr::new(why).upcast()]));
    exception.extra(0).set(Some(PyStr::new(name).upcast()));
    exception.extra(3).set(Some(PyStr::new(why).upcast()));
    error::set_object(thread, exception)
}

fn read(bytes: &[u8]) -> std::result::Result<Rc<Code>, String> {
    let tree = pyc::read(bytes).map_err(|problem| problem.to_string())?.code;
    verify::verify_all(&tree).map_err(|problem| problem.to_string())?;
    Ok(tree)
}

/// The bytecode in `__pycache__`, if it is that of this very source.
fn fresh(path: &Path, source: &[u8]) -> Option<Rc<Code>> {
    let bytes = std::fs::read(find::cached(path)?).ok()?;
    let pyc::Pyc { stamp, code } = pyc::read(&bytes).ok()?;
    let up_to_date = match stamp {
        Stamp::Source { mtime, size } => {
            let changed = std::fs::metadata(path).ok()?.modified().ok()?;
            let seconds = changed.duration_since(UNIX_EPOCH).ok()?.as_secs();
            seconds as u32 == mtime && source.len() as u32 == size
        }
        Stamp::Hash { checked, .. } => !checked,
    };
    (up_to_date && verify::verify_all(&code).is_ok()).then_some(code)
}

/// The tree under the filename that its source has now (`_imp._fix_co_filename`).
fn renamed(tree: &Rc<Code>, filename: &Rc<Str>) -> Rc<Code> {
    if tree.filename.as_bytes() == filename.as_bytes() {
        return Rc::clone(tree);
    }
    let consts: Rc<[Value]> = tree
        .consts
        .iter()
        .map(|value| match value {
            Value::Code(nested) => Value::Code(renamed(nested, filename)),
            other => other.clone(),
        })
        .collect();
    Rc::new(Code { filename: Rc::clone(filename), consts, names: Names::clone(&tree.names), ..(**tree).clone() })
}
