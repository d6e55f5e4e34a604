//! CPython's messages for what the linked compiler refuses, where the two say the same thing in other words.

use super::Class;
use rustpython_compiler::codegen::error::CodegenErrorType;
use rustpython_compiler::parser::{LexicalErrorType, ParseErrorType};

pub(super) fn of_parse(error: &ParseErrorType) -> (Class, String) {
    use ParseErrorType as P;
    let text = match error {
        P::UnexpectedIndentation => return (Class::Indentation, "unexpected indent".into()),
        P::Lexical(lexical) => return of_lexical(lexical),
        P::OtherError(text) if text.starts_with("Expected an indented block") => {
            return (Class::Indentation, lower_first(text));
        }
        P::OtherError(text) => return (Class::Syntax, lower_first(text)),
        P::NonDefaultParamAfterDefaultParam => "parameter without a default follows parameter with a default",
        P::ParamAfterVarKeywordParam => "arguments cannot follow var-keyword argument",
        P::ExpectedKeywordParam => "named parameters must follow bare *",
        P::VarParameterWithDefault => "var-positional parameter cannot have default value",
        P::PositionalAfterKeywordArgument => "positional argument follows keyword argument",
        P::PositionalAfterKeywordUnpacking => "positional argument follows keyword argument unpacking",
        P::InvalidArgumentUnpackingOrder => "iterable argument unpacking follows keyword argument unpacking",
        P::IterableUnpackingInComprehension => "iterable unpacking cannot be used in comprehension",
        P::UnparenthesizedGeneratorExpression => "Generator expression must be parenthesized",
        P::EmptyTypeParams => "Type parameter list cannot be empty",
        P::DuplicateKeywordArgumentError(name) => return (Class::Syntax, format!("keyword argument repeated: {name}")),
        P::FStringError(_) | P::TStringError(_) => return (Class::Syntax, error.to_string()),
        _ => "invalid syntax",
    };
    (Class::Syntax, text.into())
}

fn of_lexical(error: &LexicalErrorType) -> (Class, String) {
    use LexicalErrorType as L;
    let text = match error {
        L::IndentationError => {
            return (Class::Indentation, "unindent does not match any outer indentation level".into());
        }
        L::UnclosedStringError => "unterminated string literal",
        L::InvalidByteLiteral => "bytes can only contain ASCII literal characters",
        L::LineContinuationError => "unexpected character after line continuation character",
        L::Eof => "unexpected EOF while parsing",
        _ => return (Class::Syntax, lower_first(&error.to_string())),
    };
    (Class::Syntax, text.into())
}

pub(super) fn of_codegen(error: &CodegenErrorType) -> String {
    use CodegenErrorType as C;
    match error {
        C::InvalidReturn => "'return' outside function".into(),
        C::InvalidYield => "'yield' outside function".into(),
        C::InvalidYieldFrom => "'yield from' outside function".into(),
        C::InvalidAwait => "'await' outside async function".into(),
        C::InvalidBreak => "'break' outside loop".into(),
        C::InvalidContinue => "'continue' not properly in loop".into(),
        other => other.to_string(),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if chars.clone().next().is_some_and(|second| !second.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
