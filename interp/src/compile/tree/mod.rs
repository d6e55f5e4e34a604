//! Source to a syntax tree in CPython's terms (`Parser/Python.asdl`): what the parser of the linked compiler gives, with
//! CPython's classes, fields and places. Makes no Python objects: `runtime::syntax_tree` does.

mod expressions;
mod patterns;
mod place;
mod statements;
mod strings;

use super::{CompileError, Mode, linked};
use place::Places;
use rustpython_compiler::ast::{Identifier, Mod};
use rustpython_compiler::parser;
use rustpython_ruff_text_size::TextRange;

pub(crate) use place::Place;

/// A node: its class, its fields in the order of the class, and where it stands if its class has a place.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) class: &'static str,
    pub(crate) fields: Vec<Field>,
    pub(crate) place: Option<Place>,
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Field {
    None,
    True,
    False,
    Ellipsis,
    Node(Node),
    List(Vec<Field>),
    Text(String),
    /// The value of an expression.
    Evaluated(String),
    Bytes(Vec<u8>),
    Number(i64),
    /// An integer as it is written, with its base.
    Integer(String),
    Float(f64),
    Complex(f64, f64),
}

impl Field {
    fn optional<T>(value: Option<T>, field: impl FnOnce(T) -> Field) -> Field {
        value.map_or(Field::None, field)
    }

    fn list<T>(values: impl IntoIterator<Item = T>, field: impl FnMut(T) -> Field) -> Field {
        Field::List(values.into_iter().map(field).collect())
    }

    fn name(identifier: &Identifier) -> Field {
        Field::Text(identifier.as_str().to_owned())
    }
}

/// Makes nodes of the parser's.
struct Maker<'a> {
    source: &'a str,
    places: Places,
}

impl Maker<'_> {
    fn node(&self, class: &'static str, range: TextRange, fields: Vec<Field>) -> Field {
        Field::Node(Node { class, fields, place: Some(self.places.of(self.source, range)) })
    }

    /// A node whose class has no place.
    fn bare(class: &'static str, fields: Vec<Field>) -> Field {
        Field::Node(Node { class, fields, place: None })
    }
}

/// Parses.
pub(super) fn parse(source: &str, filename: &str, mode: Mode) -> Result<Node, CompileError> {
    let theirs = match mode {
        Mode::Eval => parser::Mode::Expression,
        Mode::Exec | Mode::Single => parser::Mode::Module,
    };
    let parsed = parser::parse(source, theirs.into()).map_err(|error| linked::refused(source, filename, error))?;
    let maker = Maker { source, places: Places::of_source(source) };
    Ok(match parsed.into_syntax() {
        Mod::Expression(expression) => {
            Node { class: "Expression", fields: vec![maker.expression(&expression.body)], place: None }
        }
        Mod::Module(module) => {
            let body = maker.statements(&module.body);
            match mode {
                Mode::Single => Node { class: "Interactive", fields: vec![body], place: None },
                _ => Node { class: "Module", fields: vec![body, Field::List(Vec::new())], place: None },
            }
        }
    })
}
