//! What the command line decided for a program: its arguments, where modules are looked for, who compiles.

use crate::compile::Compiler;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The version of the library that is looked for.
const RELEASE: &str = "python3.14";

/// Decided before the interpreter starts.
#[derive(Default)]
pub(crate) struct Config {
    /// `sys.argv`.
    pub(crate) arguments: Vec<String>,
    /// The first entry of `sys.path`, if it is the program's own folder.
    pub(crate) first_folder: Option<String>,
    /// `sys.path`.
    pub(crate) path: Vec<String>,
    pub(crate) compiler: Compiler,
    /// Texts that tracebacks quote and that are in no file: `<string>`, `<stdin>`.
    pub(crate) texts: RefCell<HashMap<String, Rc<str>>>,
}

impl Config {
    /// Remembers the text of a source that is in no file.
    pub(crate) fn remember(&self, filename: &str, text: &str) {
        self.texts.borrow_mut().insert(filename.to_owned(), text.into());
    }

    /// A file that is named by a relative path, as bytecode that was compiled elsewhere names its source.
    fn read_below_path(&self, filename: &str) -> Option<Vec<u8>> {
        if Path::new(filename).is_absolute() {
            return None;
        }
        self.path.iter().find_map(|folder| std::fs::read(Path::new(folder).join(filename)).ok())
    }

    /// The text of a source: remembered, or read from the file.
    pub(crate) fn text_of(&self, filename: &str) -> Option<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(filename) {
            return Some(Rc::clone(text));
        }
        if filename.starts_with('<') {
            return None;
        }
        let bytes = std::fs::read(filename).ok().or_else(|| self.read_below_path(filename))?;
        let text: Rc<str> = crate::compile::decode(&bytes, filename).ok()?.into();
        self.texts.borrow_mut().insert(filename.to_owned(), Rc::clone(&text));
        Some(text)
    }
}

/// The folders of `PYTHONPATH`, then the library: `given`, else the one that is found.
pub(crate) fn library_path(given: &[PathBuf]) -> Vec<String> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let mut path: Vec<String> = match std::env::var_os("PYTHONPATH") {
        Some(folders) => std::env::split_paths(&folders).filter(|f| !f.as_os_str().is_empty()).map(text).collect(),
        None => Vec::new(),
    };
    if given.is_empty() {
        path.extend(installed_library().map(text));
    } else {
        path.extend(given.iter().cloned().map(text));
    }
    path
}

/// The library of `PYTHONHOME`, else of the `python3.14` on `PATH`, else the one that `bodywork inputs fetch` brought.
pub(crate) fn installed_library() -> Option<PathBuf> {
    if let Some(home) = variable("PYTHONHOME") {
        return library_below(&home);
    }
    let on_path = std::env::var_os("PATH").and_then(|folders| {
        std::env::split_paths(&folders).map(|folder| folder.join(RELEASE)).find(|file| file.is_file())
    });
    let installed = on_path.and_then(|file| library_below(file.canonicalize().ok()?.parent()?.parent()?));
    installed.or_else(|| library_below(&cache()?.join("packages-3.14/usr")))
}

/// Where the crate `inputs` keeps what it fetched.
fn cache() -> Option<PathBuf> {
    if let Some(folder) = variable("BODYWORK_CACHE") {
        return Some(folder);
    }
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        let xdg = variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
        xdg.or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    Some(base?.join("bodywork"))
}

/// A folder that the environment names; an empty value counts as none.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The library of an installation, known by a file that each has.
fn library_below(prefix: &Path) -> Option<PathBuf> {
    let library = prefix.join("lib").join(RELEASE);
    library.join("os.py").is_file().then_some(library)
}
