//! Source text at run time: `compile`, `exec` and `eval` (`Python/bltinmodule.c`, `Python/pythonrun.c`).

use super::call::Signature;
use super::{error, eval, exceptions, number, object, syntax_tree, types};
use crate::compile::{self, Class, CompileError, Mode, SyntaxError};
use crate::exit::Raised;
use crate::object::*;

/// Compiles text to a code object; what the compiler refuses becomes a SyntaxError.
pub(crate) fn compile_text(thread: &Thread, text: &str, filename: &str, mode: Mode) -> Result<Owned<PyCode>> {
    let config = thread.state.config.get().known();
    match config.compiler.compile(text, filename, mode) {
        Ok(tree) => super::load::code(thread, &tree),
        Err(CompileError::Syntax(problem)) => Err(raise_syntax_error(thread, &problem, filename)),
        Err(CompileError::Other(why)) => Err(error::system_error(thread, why)),
    }
}

/// Raises what the compiler or the decoder found.
pub(crate) fn raise_syntax_error(thread: &Thread, problem: &SyntaxError, filename: &str) -> Raised {
    let class = match problem.class {
        Class::Syntax => exceptions::syntax_error(),
        Class::Indentation => exceptions::indentation_error(),
        Class::Tab => exceptions::tab_error(),
    };
    let text = |value: &str| PyStr::new(value).upcast();
    let number = |value: usize| PyInt::from_i64(value as i64).upcast();
    let details = PyTuple::from_array([
        text(filename),
        number(problem.line),
        number(problem.column),
        problem.text.as_deref().map_or_else(object::new_none, text),
        number(problem.end_line),
        number(problem.end_column),
    ]);
    let args = PyTuple::from_array([text(&problem.message), details.upcast()]);
    match super::call::call(thread, class.upcast(), args.borrow(), None) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// The text of a `str`, `bytes` or similar that is to be compiled.
fn source_text(thread: &Thread, source: Ref, what: &str, filename: &str) -> Result<String> {
    let text = if let Some(string) = source.downcast::<PyStr>() {
        match string.to_text() {
            Ok(text) => text,
            Err(at) => return Err(crate::builtins::io::cannot_encode(thread, string, at)),
        }
    } else if let Some(bytes) = source.downcast::<PyBytes>() {
        match compile::decode(bytes.data(), filename) {
            Ok(text) => text,
            Err(problem) => return Err(raise_syntax_error(thread, &problem, filename)),
        }
    } else {
        return Err(error::type_error(thread, format_args!("{what} arg 1 must be a string, bytes or code object")));
    };
    if text.contains('\0') {
        let problem = SyntaxError {
            class: Class::Syntax,
            message: "source code string cannot contain null bytes".into(),
            line: 0,
            column: 0,
            end_line: 0,
            end_column: 0,
            text: None,
        };
        return Err(raise_syntax_error(thread, &problem, filename));
    }
    Ok(compile::normalize(&text))
}

/// `compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)`.
pub(crate) fn compile(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "compile",
        names: &["source", "filename", "mode", "flags", "dont_inherit", "optimize", "_feature_version"],
        positional_only: 0,
        keyword_only: 1,
        required: 3,
    };
    let [source, filename, mode, flags, _, _, _] = SIGNATURE.bind(thread, arguments, keywords)?;
    let filename = path_text(thread, filename.known())?;
    let Some(mode) = mode.known().downcast::<PyStr>() else {
        return Err(error::type_error(thread, "compile() argument 'mode' must be str"));
    };
    let mode = match mode.to_string_lossy().as_str() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => return Err(error::value_error(thread, "compile() mode must be 'exec', 'eval' or 'single'")),
    };
    let to_tree = match flags {
        Some(flags) => number::as_i64(thread, flags)? & ONLY_AST != 0,
        None => false,
    };
    let source = source.known();
    if syntax_tree::is_tree(thread, source)? {
        if to_tree {
            return Ok(source.to_owned());
        }
        let text = syntax_tree::text(thread, source, mode)?;
        return compile_text(thread, &text, &filename, mode).map(Owned::upcast);
    }
    let text = source_text(thread, source, "compile()", &filename)?;
    let text = if mode == Mode::Eval { text.trim_start_matches([' ', '\t']) } else { &text };
    if to_tree {
        return syntax_tree::parse(thread, text, &filename, mode);
    }
    compile_text(thread, text, &filename, mode).map(Owned::upcast)
}

/// `PyCF_ONLY_AST`.
const ONLY_AST: i64 = 0x400;

/// A path as text: str, bytes, or what `__fspath__` gives.
pub(crate) fn path_text(thread: &Thread, path: Ref) -> Result<String> {
    if let Some(text) = path.downcast::<PyStr>() {
        return Ok(text.to_string_lossy());
    }
    if let Some(bytes) = path.downcast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.data()).into_owned());
    }
    let name = PyStr::new("__fspath__");
    match types::lookup(path.ty(), thread.state.interned.intern(name)) {
        Some(method) => {
            let found = super::attr::call_special(thread, method, path, &[])?;
            match found.borrow().downcast::<PyStr>() {
                Some(text) => Ok(text.to_string_lossy()),
                None => Err(error::type_error(
                    thread,
                    format_args!(
                        "expected {}.__fspath__() to return str or bytes, not {}",
                        path.ty().name(),
                        found.borrow().ty().name()
                    ),
                )),
            }
        }
        None => Err(error::type_error(
            thread,
            format_args!("expected str, bytes or os.PathLike object, not {}", path.ty().name()),
        )),
    }
}

/// Where code runs: its globals, and its locals if they are others.
struct Scope {
    globals: Owned<PyDict>,
    locals: Option<Owned>,
}

fn scope(thread: &Thread, what: &str, globals: Option<Ref>, locals: Option<Ref>) -> Result<Scope> {
    let given = |value: Option<Ref>| value.filter(|value| !object::is_none(*value));
    let (globals, locals) = (given(globals), given(locals));
    if let Some(locals) = locals
        && !types::is_mapping(locals)
    {
        let shown = if what == "eval" {
            "locals must be a mapping".to_owned()
        } else {
            format!("locals must be a mapping or None, not {}", locals.ty().name())
        };
        return Err(error::type_error(thread, format_args!("{}{shown}", if what == "eval" { "" } else { "exec() " })));
    }
    let globals = match globals {
        Some(globals) => match globals.downcast::<PyDict>() {
            Some(dict) => Scope { globals: dict.to_owned(), locals: locals.map(Ref::to_owned) },
            None if what == "eval" => {
                let shown = if types::is_mapping(globals) {
                    "globals must be a real dict; try eval(code, {}, mapping)"
                } else {
                    "globals must be a dict"
                };
                return Err(error::type_error(thread, shown));
            }
            None => {
                return Err(error::type_error(
                    thread,
                    format_args!("exec() globals must be a dict, not {}", globals.ty().name()),
                ));
            }
        },
        None => {
            let Some(frame) = eval::current_frame(thread) else {
                return Err(error::system_error(thread, "globals and locals cannot be NULL"));
            };
            let own = match locals {
                Some(locals) => locals.to_owned(),
                None => eval::frame_locals(thread, frame)?,
            };
            Scope { globals: frame.globals().to_owned().cast(), locals: Some(own) }
        }
    };
    Ok(globals)
}

/// `exec(source, /, globals=None, locals=None, *, closure=None)`.
pub(crate) fn exec(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "exec",
        names: &["", "globals", "locals", "closure"],
        positional_only: 1,
        keyword_only: 1,
        required: 1,
    };
    let [source, globals, locals, closure] = SIGNATURE.bind(thread, arguments, keywords)?;
    let scope = scope(thread, "exec", globals, locals)?;
    let source = source.known();
    let closure = closure.filter(|closure| !object::is_none(*closure));
    let code = match source.downcast::<PyCode>() {
        Some(code) => code.to_owned(),
        None if closure.is_some() => {
            return Err(error::type_error(thread, "closure can only be used when source is a code object"));
        }
        None => {
            let text = source_text(thread, source, "exec()", "<string>")?;
            compile_text(thread, &text, "<string>", Mode::Exec)?
        }
    };
    run(thread, code.borrow(), &scope, closure)?;
    Ok(object::new_none())
}

/// `eval(source, /, globals=None, locals=None)`.
pub(crate) fn eval(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "eval",
        names: &["", "globals", "locals"],
        positional_only: 1,
        keyword_only: 0,
        required: 1,
    };
    let [source, globals, locals] = SIGNATURE.bind(thread, arguments, keywords)?;
    let scope = scope(thread, "eval", globals, locals)?;
    let source = source.known();
    let code = match source.downcast::<PyCode>() {
        Some(code) => code.to_owned(),
        None => {
            let text = source_text(thread, source, "eval()", "<string>")?;
            let text = text.trim_start_matches([' ', '\t']);
            compile_text(thread, text, "<string>", Mode::Eval)?
        }
    };
    run(thread, code.borrow(), &scope, None)
}

fn run(thread: &Thread, code: Ref<PyCode>, scope: &Scope, closure: Option<Ref>) -> Result {
    let free = code.nfreevars() as usize;
    let cells = match closure {
        None if free == 0 => None,
        None => {
            return Err(error::type_error(thread, "code object passed to exec() may not contain free variables"));
        }
        Some(closure) => match closure.downcast::<PyTuple>() {
            Some(cells) if cells.len() == free && cells.iter().all(|cell| cell.downcast::<PyCell>().is_some()) => {
                Some(cells.to_owned())
            }
            _ if free == 0 => {
                return Err(error::type_error(thread, "cannot use a closure with this code object"));
            }
            _ => {
                let text = format!("code object requires a closure of exactly length {free}");
                return Err(error::type_error(thread, text));
            }
        },
    };
    let globals = scope.globals.borrow();
    eval::add_builtins(thread, globals);
    let function = super::function::new(thread, code, globals.upcast())?;
    function.closure.set(cells);
    let locals = scope.locals.as_ref().map_or(globals.upcast(), Owned::borrow);
    eval::run_function_in(thread, function.borrow(), locals)
}
