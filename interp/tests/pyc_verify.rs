//! The verifier accepts what CPython 3.14 compiles, and says precisely what is wrong with damaged code.

mod common;

use inputs::testing::say;
use interp::pyc::{self, Code, verify};
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn read(path: &Path) -> Rc<Code> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    pyc::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display())).code
}

#[test]
fn accepts_the_fixtures() {
    for path in common::fixtures() {
        if let Err(error) = verify::verify_all(&read(&path)) {
            panic!("{}: {error}", path.display());
        }
    }
}

#[test]
fn accepts_cpythons_library() {
    let Some(python) = common::python() else { return };
    let sources = common::library(&python);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut arguments: Vec<&Path> = vec![folder.path()];
    arguments.extend(sources.iter().map(PathBuf::as_path));
    common::run(&python, "compile.py", &arguments);
    let mut refused = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        if let Err(error) = verify::verify_all(&read(&folder.path().join(format!("{index}.pyc")))) {
            refused.push(format!("{}: {error}", source.display()));
        }
    }
    assert!(refused.is_empty(), "{} of {}:\n{}", refused.len(), sources.len(), refused.join("\n"));
    say(&format!("{} modules verified", sources.len()));
}
