//! The compiler that is linked in: the crate `rustpython-compiler`.

use super::{Class, CompileError, Mode, SyntaxError, line_of, messages};
use rustpython_compiler::{CompileError as Refusal, CompileOpts, Mode as TheirMode, core::marshal, parser};
use rustpython_ruff_source_file::SourceFileBuilder;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Source to a marshalled code object.
pub(super) fn compile(source: &str, filename: &str, mode: Mode, optimize: u8) -> Result<Vec<u8>, CompileError> {
    let theirs = match mode {
        Mode::Exec => TheirMode::Exec,
        Mode::Eval => TheirMode::Eval,
        Mode::Single => TheirMode::Single,
    };
    let options = CompileOpts { optimize, debug_ranges: true };
    // It panics on a few programs that it does not know how to compile; ours goes on.
    let made = catch_unwind(AssertUnwindSafe(|| rustpython_compiler::compile(source, theirs, filename, options)));
    match made {
        Ok(Ok(code)) => {
            // The letter of the format for a code object; the function writes what follows it.
            let mut bytes = vec![b'c'];
            marshal::serialize_code(&mut bytes, &code);
            Ok(bytes)
        }
        Ok(Err(refusal)) => Err(CompileError::Syntax(syntax_error(source, &refusal))),
        Err(_) => Err(CompileError::Other("the compiler failed on this source".into())),
    }
}

/// What the parser refused.
pub(super) fn refused(source: &str, filename: &str, error: parser::ParseError) -> CompileError {
    let file = SourceFileBuilder::new(filename, source).finish();
    CompileError::Syntax(syntax_error(source, &Refusal::from_ruff_parse_error(error, &file)))
}

/// 1-based line and column (in characters) of a byte offset.
fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset.min(source.len())).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

fn syntax_error(source: &str, refusal: &Refusal) -> SyntaxError {
    match refusal {
        Refusal::Parse(parse) => {
            let (line, column) = if parse.is_unclosed_bracket {
                (parse.location.line.get(), parse.location.character_offset.get())
            } else {
                place(source, usize::from(parse.raw_location.start()))
            };
            let (end_line, end_column) = if parse.is_unclosed_bracket {
                (line, column + 1)
            } else {
                place(source, usize::from(parse.raw_location.end()))
            };
            let (class, message) = messages::of_parse(&parse.error);
            let (end_line, end_column) = if (end_line, end_column) > (line, column) && end_line == line {
                (end_line, end_column)
            } else {
                (line, column + 1)
            };
            SyntaxError { class, message, line, column, end_line, end_column, text: line_of(source, line) }
        }
        Refusal::Codegen(codegen) => {
            let (line, column) = codegen.location.map_or((0, 0), |at| (at.line.get(), at.character_offset.get()));
            let message = messages::of_codegen(&codegen.error);
            let text = line_of(source, line);
            SyntaxError { class: Class::Syntax, message, line, column, end_line: line, end_column: 0, text }
        }
    }
}
