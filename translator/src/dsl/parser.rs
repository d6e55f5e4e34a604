//! The definitions of a file (`Tools/cases_generator/parser.py`, `parse_files`).

use super::Dialect;
use super::ast::Definition;
use super::cursor::Cursor;
use super::kind::Kind;
use super::lexer::{self, Lexed};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources, Span};

pub const BEGIN_MARKER: &str = "// BEGIN BYTECODES //";
pub const END_MARKER: &str = "// END BYTECODES //";

/// After so many errors in a file the rest is not looked at.
const MOST_ERRORS: usize = 50;

/// Parses the definitions between the markers of a file. After an error it goes on with the next definition.
///
/// The first error is the one that CPython's parser gives, in [`Dialect::Cpython314`] also at the same place
/// ([`Diagnostic::cpython_place`]).
///
/// # Errors
/// `D-001` characters that begin no token, `D-002` no definitions, `D-003` something that is no definition,
/// `D-004` no end, `D-010` to `D-024` definitions that do not parse.
pub fn parse(sources: &Sources, file: FileId, dialect: Dialect) -> (Vec<Definition>, Vec<Diagnostic>) {
    let mut lexed = lexer::lex(sources, file, dialect);
    let mut errors = std::mem::take(&mut lexed.errors);
    let Some((begin, end)) = markers(sources, &lexed, dialect) else {
        let text = &sources.get(file).text;
        let empty = Span { file, start: text.len() as u32, end: text.len() as u32 };
        let span = lexed.tokens.last().map_or(empty, |token| token.span);
        let message = format!("Couldn't find '{BEGIN_MARKER}' in {}", sources.get(file).name);
        let note = format!("definitions stand between that comment and `{END_MARKER}`");
        errors.push(Diagnostic::new("D-002", span, message).note(note));
        return (Vec::new(), errors);
    };
    let last = lexed.tokens.last().map(|token| token.span);
    let ended = lexed.tokens.get(end).is_some_and(|token| sources.text(token.span) == END_MARKER);
    let mut parser =
        Parser { cursor: Cursor::new(sources, dialect, file, lexed, end), definitions: Vec::new(), errors };
    parser.run(begin.min(end));
    if let Some(last) = last.filter(|_| !ended && dialect != Dialect::Cpython314) {
        let message = format!("Couldn't find '{END_MARKER}' in {}", sources.get(file).name);
        parser.errors.push(Diagnostic::new("D-004", last, message).note("the file seems to be cut off"));
    }
    (parser.definitions, parser.errors)
}

/// Where the definitions begin, and the number of tokens up to their end.
fn markers(sources: &Sources, lexed: &Lexed, dialect: Dialect) -> Option<(usize, usize)> {
    let is = |index: &usize, marker: &str| {
        lexed.kinds[*index] == Kind::Comment && sources.text(lexed.tokens[*index].span) == marker
    };
    let count = lexed.tokens.len();
    let begin = (0..count).find(|index| is(index, BEGIN_MARKER))? + 1;
    // Where there is no end marker, CPython takes the last token for it.
    let missing = if dialect == Dialect::Cpython314 { count - 1 } else { count };
    Some((begin, (begin..count).find(|index| is(index, END_MARKER)).unwrap_or(missing)))
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    definitions: Vec<Definition>,
    errors: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn run(&mut self, begin: usize) {
        self.cursor.set_pos(begin);
        // CPython looks ahead once, which passes the comments here, or steps back where nothing follows.
        self.cursor.peek();
        while self.errors.len() < MOST_ERRORS {
            let start = self.cursor.pos();
            let first = self.cursor.code_from(start).unwrap_or(self.cursor.tokens.len());
            self.cursor.furthest = (first, &[]);
            match self.cursor.definition() {
                Ok(Some(definition)) => self.definitions.push(definition),
                Ok(None) if self.ends(start) => return,
                Ok(None) => {
                    let error = self.not_a_definition(start);
                    self.recover(start, error);
                }
                Err(error) => {
                    let error = self.unclosed(start, *error);
                    self.recover(start, error);
                }
            }
        }
    }

    /// Whether no definition follows; CPython minds a comment at the end.
    fn ends(&mut self, start: usize) -> bool {
        if self.cursor.strict() && self.errors.is_empty() {
            return self.cursor.at_end() && !self.cursor.tokens.is_empty();
        }
        let more = self.cursor.next().is_some();
        self.cursor.set_pos(start);
        !more
    }

    fn not_a_definition(&mut self, start: usize) -> Diagnostic {
        let cursor = &self.cursor;
        let (furthest, wanted) = cursor.furthest;
        let found = cursor.code_from(furthest);
        let span = cursor.span_at(found.unwrap_or(furthest.min(start)));
        let message = format!("Extra stuff at the end of {}", cursor.sources.get(cursor.file).name);
        let error = Diagnostic::new("D-003", span, message).note(match (found, wanted) {
            (None, []) => {
                "CPython 3.14 reads nothing between the last definition and the end, not even a comment, and \
                           takes no file without definitions"
                    .to_owned()
            }
            (_, [kind, ..]) => format!("expected {} here", kind.spelling()),
            (Some(_), []) => "a definition begins with inst(, op(, macro(, family(, pseudo(, label( or one of the \
                              annotations specializing, override, register, replaced, pure, replicate(N), tier1, \
                              tier2, no_save_ip, spilled"
                .to_owned(),
        });
        error.cpython_points_at(cursor.span_at(start.saturating_sub(1)))
    }

    /// Says which definition lacks its end.
    fn unclosed(&self, start: usize, error: Diagnostic) -> Diagnostic {
        if !matches!(error.code, "D-021" | "D-024") {
            return error;
        }
        let cursor = &self.cursor;
        let brace = (start..cursor.tokens.len()).find(|index| cursor.kind(*index) == Some(Kind::LBrace));
        match brace {
            Some(brace) => error.also(cursor.span_at(brace), "the body that begins here does not end"),
            None => error,
        }
    }

    /// Keeps the error, unless a character that the lexer refused lies in the definition and is what is wrong with
    /// it, and goes to the next token that can begin a definition.
    fn recover(&mut self, start: usize, error: Diagnostic) {
        let next = self.next_definition(start);
        let bad = (start..next).any(|index| self.cursor.kind(index) == Some(Kind::Bad));
        if !bad {
            self.errors.push(error);
        }
        self.cursor.set_pos(next);
    }

    /// A definition begins outside braces, or else at the start of a line: then the braces before it are wrong.
    fn next_definition(&self, start: usize) -> usize {
        let cursor = &self.cursor;
        let line = |index: usize| cursor.tokens.get(index).map_or(0, |token| token.line);
        // The failed definition's own first words begin no other one.
        let passes = |index: usize| cursor.is_annotation(index) || cursor.kind(index) == Some(Kind::Comment);
        let own = (start..cursor.tokens.len()).find(|index| !passes(*index)).unwrap_or(cursor.tokens.len());
        let mut depth = 0;
        for index in own + 1..cursor.tokens.len() {
            match cursor.kind(index) {
                Some(Kind::LBrace) => depth += 1,
                Some(Kind::RBrace) => depth -= 1,
                _ => {}
            }
            if cursor.begins_definition(index) {
                let first =
                    (own + 1..=index).rev().take_while(|before| *before == index || cursor.is_annotation(*before));
                let first = first.last().unwrap_or(index);
                if depth <= 0 || line(first - 1) < line(first) {
                    return first;
                }
            }
        }
        cursor.tokens.len()
    }
}
