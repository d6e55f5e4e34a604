//! Compiling by a CPython 3.14 (`--python EXE`): it answers with a marshalled code object or a tuple about the error.

use super::{Class, CompileError, Mode, SyntaxError};
use crate::pyc::{self, Value};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Asked of the other Python: filename, mode and level in `sys.argv`, the source on its standard input.
const PROGRAM: &str = "\
import marshal, sys
if sys.version_info[:2] != (3, 14):
    sys.exit('it is Python %d.%d, not 3.14' % sys.version_info[:2])
source = sys.stdin.buffer.read().decode('utf-8', 'surrogatepass')
filename, mode, level = sys.argv[1:]
try:
    answer = compile(source, filename, mode, dont_inherit=True, optimize=int(level))
except SyntaxError as e:
    answer = (type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, e.text)
sys.stdout.buffer.write(marshal.dumps(answer))
";

pub(super) fn compile(
    python: &Path,
    source: &str,
    filename: &str,
    mode: Mode,
    optimize: u8,
) -> Result<Vec<u8>, CompileError> {
    let failed = |why: String| CompileError::Other(format!("{}: {why}", python.display()));
    let mut child = Command::new(python)
        .args(["-I", "-S", "-X", "utf8", "-c", PROGRAM, filename, mode.name(), &optimize.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ended early says why on its standard error.
        let _ = stdin.write_all(source.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    match pyc::loads(&output.stdout) {
        Ok(Value::Tuple(about)) => match refusal(&about) {
            Some(error) => Err(CompileError::Syntax(error)),
            None => Err(failed("its answer is no code object".into())),
        },
        _ => Ok(output.stdout),
    }
}

fn refusal(about: &[Value]) -> Option<SyntaxError> {
    let [class, message, line, column, end_line, end_column, text] = about else { return None };
    let string = |value: &Value| match value {
        Value::Str(text) => Some(text.to_string_lossy()),
        _ => None,
    };
    let number = |value: &Value| match value {
        Value::Int(number) => usize::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    Some(SyntaxError {
        class: match string(class)?.as_str() {
            "IndentationError" => Class::Indentation,
            "TabError" => Class::Tab,
            _ => Class::Syntax,
        },
        message: string(message)?,
        line: number(line),
        column: number(column),
        end_line: number(end_line),
        end_column: number(end_column),
        text: string(text),
    })
}
