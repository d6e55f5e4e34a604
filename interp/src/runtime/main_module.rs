//! The program itself: the module `__main__`, from bytecode, a source file, the command line or a module's name.

use super::importer::spec;
use super::{call, error, eval, exceptions, names, object, source};
use crate::compile::Mode;
use crate::exit::Raised;
use crate::modules::put;
use crate::object::*;
use crate::pyc;
use std::rc::Rc;
use std::result::Result;

/// Makes `__main__` with the names that it has before it runs.
fn make(thread: &Thread, file: Option<&str>) -> Owned<PyModule> {
    let module = super::module::new("__main__");
    let dict = module.dict();
    let builtins = thread.state.modules.get().and_then(|modules| modules.get_str(PyStr::new("builtins").borrow()));
    if let Some(builtins) = builtins {
        put(dict, "__builtins__", builtins.to_owned());
    }
    if let Some(file) = file {
        put(dict, "__file__", PyStr::new(file).upcast());
        put(dict, "__cached__", object::new_none());
    }
    let loader = match file {
        Some(file) => {
            let own = spec::of_file("__main__", file, None, None);
            object::get_attr(thread, own.borrow(), PyStr::new("loader").borrow()).unwrap_or_else(|_| object::new_none())
        }
        None => Ref::from_static(&crate::runtime::importer::finders::BUILTIN_TYPE).to_owned().upcast(),
    };
    put(dict, "__loader__", loader);
    if let Some(modules) = thread.state.modules.get() {
        modules.set_str(names::main(), module.clone().upcast());
    }
    module
}

fn run(thread: &Thread, code: Ref<PyCode>, main: &PyModule) -> Result<(), Raised> {
    eval::run_code(thread, code, main.dict(), None).map(drop)
}

/// Runs a verified tree of bytecode.
pub(crate) fn run_tree(thread: &Thread, tree: &Rc<pyc::Code>, path: &str) -> Result<(), Raised> {
    let code = super::load::code(thread, tree)?;
    let main = make(thread, Some(path));
    run(thread, code.borrow(), &main)
}

/// Runs a source file; `<stdin>` is a name and no file.
pub(crate) fn run_source(thread: &Thread, bytes: &[u8], name: &str) -> Result<(), Raised> {
    let main = make(thread, (!name.starts_with('<')).then_some(name));
    let text = match crate::compile::decode(bytes, name) {
        Ok(text) => text,
        Err(problem) => return Err(source::raise_syntax_error(thread, &problem, name)),
    };
    thread.state.config.get_or_init(Default::default).remember(name, &text);
    let code = source::compile_text(thread, &text, name, Mode::Exec)?;
    run(thread, code.borrow(), &main)
}

/// Runs the text of `-c`.
pub(crate) fn run_command(thread: &Thread, text: &str) -> Result<(), Raised> {
    const NAME: &str = "<string>";
    let main = make(thread, None);
    let text = crate::compile::normalize(text);
    thread.state.config.get_or_init(Default::default).remember(NAME, &text);
    let code = source::compile_text(thread, &text, NAME, Mode::Exec)?;
    run(thread, code.borrow(), &main)
}

/// Runs a module of the library or of a folder as `__main__`: what `runpy._run_module_as_main` does.
pub(crate) fn run_module(thread: &Thread, name: &str) -> Result<(), Raised> {
    make(thread, None);
    let run = crate::modules::imported(thread, "runpy", "_run_module_as_main")?;
    let name = PyStr::new(name);
    match call::with(thread, run.borrow(), &[name.borrow().upcast(), true_object()]) {
        Ok(_) => Ok(()),
        Err(raised) => {
            // `-m` of something that is not there is said without a traceback.
            if let Some(exception) = thread.exception()
                && exception.ty().is_subtype(exceptions::import_error())
                && exceptions::of(exception).traceback.get().is_none()
            {
                let text = object::str_text(thread, exception).unwrap_or_default();
                thread.clear_exception();
                return Err(error::set(thread, exceptions::system_exit(), text));
            }
            Err(raised)
        }
    }
}
