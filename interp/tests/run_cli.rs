//! `interp run`: sources, texts, standard input, arguments, exit codes, syntax errors, imports from folders.

mod common;

use pretty_assertions::assert_eq;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interp"));
    command.arg("run").args(arguments).current_dir(folder).env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    // No library: what is tested here needs none.
    command.env("PATH", "").env("BODYWORK_CACHE", folder.join("no cache"));
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn expect(output: &Output, stdout: &str, stderr: &str, code: i32) {
    assert_eq!(text(&output.stderr), stderr);
    assert_eq!(text(&output.stdout), stdout);
    assert_eq!(output.status.code(), Some(code));
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
    folder
}

#[test]
fn a_source_file_runs_with_its_arguments() {
    let folder = folder(&[("a.py", "import sys\nprint(sys.argv, __name__, __file__)\n")]);
    let file = folder.path().join("a.py");
    let expected = format!("['a.py', '-x', '--lib'] __main__ {}\n", file.display());
    expect(&run(folder.path(), &["a.py", "-x", "--lib"]), &expected, "", 0);
}

#[test]
fn the_library_of_the_cache_is_found() {
    let library = "no cache/packages-3.14/usr/lib/python3.14";
    let folder = folder(&[
        (&format!("{library}/os.py"), "name = 'of the library'\n"),
        (&format!("{library}/only_here.py"), "value = 1\n"),
    ]);
    let output = run(folder.path(), &["-c", "import only_here; print(only_here.value)"]);
    expect(&output, "1\n", "", 0);
}

#[test]
fn who_has_no_library_is_told() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["-c", "import only_here"]);
    let stderr = text(&output.stderr);
    let hint = "ModuleNotFoundError: No module named 'only_here'\ninterp: there is no library folder: pass --lib DIR, or run `bodywork inputs fetch`\n";
    assert!(stderr.ends_with(hint), "{stderr}");
    let output = run(folder.path(), &["--lib", ".", "-c", "import only_here"]);
    assert!(text(&output.stderr).ends_with("ModuleNotFoundError: No module named 'only_here'\n"));
}

#[test]
fn a_text_runs_with_its_arguments() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["-c", "import sys; print(sys.argv)", "-v", "x"]);
    expect(&output, "['-c', '-v', 'x']\n", "", 0);
}

#[test]
fn standard_input_runs() {
    let folder = folder(&[]);
    let mut child = command(folder.path(), &["-", "one"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(b"import sys\r\nprint(sys.argv)\r\n").expect("written");
    expect(&child.wait_with_output().expect("it ends"), "['-', 'one']\n", "", 0);
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let folder = folder(&[]);
    expect(&run(folder.path(), &["-c", "import sys; sys.exit(7)"]), "", "", 7);
    expect(&run(folder.path(), &["-c", "raise SystemExit('bye')"]), "", "bye\n", 1);
    assert_eq!(run(folder.path(), &["-c", "1 / 0"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["nowhere.py"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &[]).status.code(), Some(2));
}

#[test]
fn a_syntax_error_shows_the_line() {
    let folder = folder(&[("bad.py", "x = 1\nif x:\n    y = = 2\n")]);
    let file = folder.path().join("bad.py");
    let lines = "    y = = 2\n        ^\nSyntaxError: invalid syntax\n";
    let expected = format!("  File \"{}\", line 3\n{lines}", file.display());
    expect(&run(folder.path(), &["bad.py"]), "", &expected, 1);
    let output =
        run(folder.path(), &["-c", "try:\n    eval('1 +')\nexcept SyntaxError as e:\n    print(e.lineno, e.filename)"]);
    expect(&output, "1 <string>\n", "", 0);
}

/// What CPython 3.14 writes, but for the folder.
#[test]
fn tracebacks_point_at_what_was_executed() {
    let program = "\
def f(a, b):
    return a + b
def g(x):
    value = f(x, 'a')
    return value
def h():
    return (g(
        1
    ) +
        2)
def k():
    return [h][0](
        1,
        2,
        3,
        4,
    )[
        5]
try:
    {'a': {'b': 1}}['a']['c']['d']
except KeyError:
    k()
";
    let expected = "\
Traceback (most recent call last):
  File \"FILE\", line 20, in <module>
    {'a': {'b': 1}}['a']['c']['d']
    ~~~~~~~~~~~~~~~~~~~~^^^^^
KeyError: 'c'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"FILE\", line 22, in <module>
    k()
    ~^^
  File \"FILE\", line 12, in k
    return [h][0](
           ~~~~~~^
        1,
        ^^
    ...<2 lines>...
        4,
        ^^
    )[
    ^
TypeError: h() takes 0 positional arguments but 4 were given
";
    let folder = folder(&[("t.py", program)]);
    let output = run(folder.path(), &["t.py"]);
    let file = folder.path().join("t.py").display().to_string();
    assert_eq!(text(&output.stderr).replace(&file, "FILE"), expected);
    assert_eq!(output.status.code(), Some(1));
    let output = run(folder.path(), &["-c", "def f():\n    return 1 + ''\nf()"]);
    let expected = "\
Traceback (most recent call last):
  File \"<string>\", line 3, in <module>
    f()
    ~^^
  File \"<string>\", line 2, in f
    return 1 + ''
           ~~^~~~
TypeError: unsupported operand type(s) for +: 'int' and 'str'
";
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn text_compiles_at_run_time() {
    let folder = folder(&[]);
    let program = "
n = {}
exec('def f(a, *, b=2):\\n    return a * b', n)
print(n['f'](4), eval('x + 1', {'x': 41}), eval(compile('3 * 3', 'f', 'eval')))
def g():
    y = 5
    return eval('y + 1'), [eval('y * i', {'y': y, 'i': i}) for i in range(3)]
print(g())
try:
    exec('a', 3)
except TypeError as e:
    print(e)
";
    let expected = "8 42 9\n(6, [0, 5, 10])\nexec() globals must be a dict, not int\n";
    expect(&run(folder.path(), &["-c", program]), expected, "", 0);
}

/// Modules and packages beside the script: relative imports, circular ones, `__all__`, `__getattr__`, submodules.
#[test]
fn modules_are_imported_as_in_cpython() {
    let folder = folder(&[
        ("main.py", MAIN),
        ("plain.py", "value = 1\nprint('plain runs as', __name__)\n"),
        ("pkg/__init__.py", "__all__ = ['sub', 'other']\nfrom . import sub\nother = 'o'\nhidden = 'h'\n"),
        ("pkg/sub.py", "from .deep.leaf import leaf\n"),
        ("pkg/deep/__init__.py", ""),
        ("pkg/deep/leaf.py", "from .. import sub as up\nleaf = (__name__, __package__, up.__name__)\n"),
        (
            "lazy.py",
            "def __getattr__(name):\n    if name == 'made':\n        return 'made on demand'\n    raise AttributeError(name)\n",
        ),
        ("one.py", "import two\nfrom two import late\n"),
        ("two.py", "import one\nfrom one import late\n"),
        ("space/inner.py", "here = __name__\n"),
        ("broken.py", "x = \n"),
        ("fails.py", "raise ValueError('while importing')\n"),
    ]);
    expect(&run(folder.path(), &["main.py"]), MAIN_OUTPUT, "", 0);
}

const MAIN: &str = "\
import sys
import plain, plain as again
print(plain is again, plain is sys.modules['plain'], plain.__spec__.name, plain.__package__ == '')
import pkg.deep.leaf
print(pkg.deep.leaf.leaf)
print(pkg.__path__ == [pkg.__file__[:-12]], pkg.deep.__package__)
n = {}
exec('from pkg import *', n)
print(sorted(k for k in n if k[0] != '_'))
from lazy import made
print(made)
def attempt(text):
    try:
        exec(text, {'__name__': 'm', '__package__': None, '__spec__': None})
    except BaseException as e:
        print(type(e).__name__ + ':', str(e).replace(sys.path[0], ''), getattr(e, 'name', '-'))
attempt('import nowhere')
attempt('import nowhere.at.all')
attempt('import plain.sub')
attempt('import pkg.missing')
attempt('from pkg import missing')
attempt('from . import x')
attempt('import fails')
attempt('import broken')
attempt('import one')
print('one' in sys.modules, 'fails' in sys.modules)
import space.inner
print(space.inner.here, getattr(space, '__file__', None))
sys.modules['blocked'] = None
attempt('import blocked')
attempt('__import__(\"\")')
print(__import__('pkg.deep').__name__, __import__('pkg.deep', fromlist=['leaf']).__name__)
";

/// What CPython 3.14 writes.
const MAIN_OUTPUT: &str = "\
plain runs as plain
True True plain True
('pkg.deep.leaf', 'pkg.deep', 'pkg.sub')
True pkg.deep
['other', 'sub']
made on demand
ModuleNotFoundError: No module named 'nowhere' nowhere
ModuleNotFoundError: No module named 'nowhere' nowhere
ModuleNotFoundError: No module named 'plain.sub'; 'plain' is not a package plain.sub
ModuleNotFoundError: No module named 'pkg.missing' pkg.missing
ImportError: cannot import name 'missing' from 'pkg' (/pkg/__init__.py) pkg
ImportError: attempted relative import with no known parent package None
ValueError: while importing -
SyntaxError: invalid syntax (broken.py, line 1) -
ImportError: cannot import name 'late' from 'one' (consider renaming '/one.py' if it has the same name as a library you intended to import) one
False False
space.inner None
ModuleNotFoundError: import of blocked halted; None in sys.modules blocked
ValueError: Empty module name -
pkg pkg.deep
";

#[test]
fn builtins_have_cpython_s_names() {
    let Some(python) = common::python() else { return };
    let program = "import builtins; print(*dir(builtins))";
    let output = Command::new(python).args(["-S", "-c", program]).output().expect("CPython runs");
    let folder = folder(&[]);
    let ours = text(&run(folder.path(), &["-c", program]).stdout);
    let ours: Vec<&str> = ours.split_whitespace().collect();
    let theirs = text(&output.stdout);
    let absent: Vec<&str> = theirs.split_whitespace().filter(|name| !ours.contains(name)).collect();
    assert!(absent.is_empty(), "{absent:?}");
}
