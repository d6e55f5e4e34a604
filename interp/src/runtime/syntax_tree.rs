//! Syntax trees as Python objects: what `compile` gives with `PyCF_ONLY_AST`, and takes instead of a text
//! (`Python/Python-ast.c`, `Python/bltinmodule.c`).

use super::{attr, call, error, object, types};
use crate::compile::Mode;
use crate::modules::imported;
use crate::object::*;

/// Whether it is a node, so that it is compiled as a tree.
pub(crate) fn is_tree(thread: &Thread, source: Ref) -> Result<bool> {
    // Without the module there is no node: plain texts do not load it.
    let Some(module) = super::importer::loaded(thread).get_str(PyStr::new("_ast").borrow()) else { return Ok(false) };
    let root = object::get_attr(thread, module, PyStr::new("AST").borrow())?;
    object::is_instance(thread, source, root.borrow())
}

/// The source of a tree, by `ast.unparse`: the compiler that is linked in takes texts. Places are those of the text.
pub(crate) fn text(thread: &Thread, tree: Ref, mode: Mode) -> Result<String> {
    let class = match mode {
        Mode::Exec => "Module",
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
    };
    let expected = imported(thread, "_ast", class)?;
    if !object::is_instance(thread, tree, expected.borrow())? {
        let got = types::short_name(tree.ty());
        return Err(error::type_error(thread, format_args!("expected {class} node, got {got}")));
    }
    check_places(thread, tree)?;
    let unparse = imported(thread, "ast", "unparse")?;
    let tree = match mode {
        Mode::Single => {
            // `unparse` knows no Interactive.
            let body = object::get_attr(thread, tree, PyStr::new("body").borrow())?;
            let module = imported(thread, "_ast", "Module")?;
            call::with(thread, module.borrow(), &[body.borrow(), PyList::new(Vec::new()).upcast().borrow()])?
        }
        Mode::Exec | Mode::Eval => tree.to_owned(),
    };
    let text = call::with(thread, unparse.borrow(), &[tree.borrow()])?;
    match text.borrow().downcast::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy()),
        None => Err(error::type_error(thread, "ast.unparse() gave no str")),
    }
}

/// Nodes with a place have to say where they start.
fn check_places(thread: &Thread, tree: Ref) -> Result<()> {
    let root = imported(thread, "_ast", "AST")?;
    let walk = imported(thread, "ast", "walk")?;
    let nodes = call::with(thread, walk.borrow(), &[tree])?;
    for node in super::tuple::from_iterable(thread, nodes.borrow())?.borrow().iter() {
        let attributes = object::get_attr(thread, node.ty().upcast(), PyStr::new("_attributes").borrow())?;
        if attributes.borrow().downcast::<PyTuple>().is_none_or(|names| names.is_empty()) {
            continue;
        }
        for name in ["lineno", "col_offset"] {
            if attr::get_optional_attr(thread, node, PyStr::new(name).borrow())?.is_none() {
                let kind = kind_of(node, root.borrow());
                return Err(error::type_error(thread, format_args!("required field \"{name}\" missing from {kind}")));
            }
        }
    }
    Ok(())
}

/// `expr` of a Name: the class right below AST.
fn kind_of(node: Ref, root: Ref) -> String {
    let classes = node.ty().mro_tuple();
    let below: Vec<Ref> = classes.iter().take_while(|class| !class.is(root)).collect();
    below.last().map(|class| types::short_name(class.cast())).unwrap_or_default().to_string()
}

#[cfg(feature = "source")]
pub(crate) use objects::parse;

/// Without a parser there is no tree.
#[cfg(not(feature = "source"))]
pub(crate) fn parse(thread: &Thread, _: &str, _: &str, _: Mode) -> Result {
    let text = "this interp was built without the feature `source`: it has no parser";
    Err(error::set(thread, super::exceptions::not_implemented_error(), text))
}

#[cfg(feature = "source")]
mod objects {
    use super::*;
    use crate::compile::CompileError;
    use crate::compile::tree::{Field, Node, Place};
    use std::collections::HashMap;

    /// Parses a text to a tree of Python objects.
    pub(crate) fn parse(thread: &Thread, text: &str, filename: &str, mode: Mode) -> Result {
        let config = thread.state.config.get().known();
        match config.compiler.parse(text, filename, mode) {
            Ok(tree) => Builder { thread, classes: HashMap::new(), shared: HashMap::new() }.node(&tree),
            Err(CompileError::Syntax(problem)) => {
                Err(super::super::source::raise_syntax_error(thread, &problem, filename))
            }
            Err(CompileError::Other(why)) => Err(error::system_error(thread, why)),
        }
    }

    /// Makes the objects of one tree. Nodes without fields and place (operators, contexts) are shared, as in CPython.
    struct Builder<'t> {
        thread: &'t Thread,
        classes: HashMap<&'static str, Owned>,
        shared: HashMap<&'static str, Owned>,
    }

    impl Builder<'_> {
        fn class(&mut self, name: &'static str) -> Result {
            if let Some(class) = self.classes.get(name) {
                return Ok(class.borrow().to_owned());
            }
            let class = imported(self.thread, "_ast", name)?;
            self.classes.insert(name, class.borrow().to_owned());
            Ok(class)
        }

        fn node(&mut self, node: &Node) -> Result {
            let is_shared = node.fields.is_empty() && node.place.is_none();
            if is_shared && let Some(made) = self.shared.get(node.class) {
                return Ok(made.borrow().to_owned());
            }
            let class = self.class(node.class)?;
            let mut fields = Vec::with_capacity(node.fields.len());
            for field in &node.fields {
                fields.push(self.field(field)?);
            }
            let arguments: Vec<Ref> = fields.iter().map(Owned::borrow).collect();
            let made = call::with(self.thread, class.borrow(), &arguments)?;
            if let Some(place) = node.place {
                self.put_place(made.borrow(), place)?;
            }
            if is_shared {
                self.shared.insert(node.class, made.borrow().to_owned());
            }
            Ok(made)
        }

        fn put_place(&self, node: Ref, place: Place) -> Result<()> {
            let Place { line, column, end_line, end_column } = place;
            let values =
                [("lineno", line), ("col_offset", column), ("end_lineno", end_line), ("end_col_offset", end_column)];
            for (name, value) in values {
                let name = self.thread.state.interned.intern(PyStr::new(name));
                attr::set_attr(self.thread, node, name, PyInt::from_i64(value as i64).upcast().borrow())?;
            }
            Ok(())
        }

        fn field(&mut self, field: &Field) -> Result {
            Ok(match field {
                Field::None => object::new_none(),
                Field::True => object::new_bool(true),
                Field::False => object::new_bool(false),
                Field::Ellipsis => ellipsis().to_owned(),
                Field::Node(node) => self.node(node)?,
                Field::List(items) => {
                    let mut made = Vec::with_capacity(items.len());
                    for item in items {
                        made.push(self.field(item)?);
                    }
                    PyList::new(made).upcast()
                }
                Field::Text(text) => PyStr::new(text).upcast(),
                Field::Evaluated(text) => {
                    let eval = imported(self.thread, "builtins", "eval")?;
                    let globals = PyDict::new().upcast();
                    call::with(self.thread, eval.borrow(), &[PyStr::new(text).upcast().borrow(), globals.borrow()])?
                }
                Field::Bytes(bytes) => PyBytes::new(bytes.clone()).upcast(),
                Field::Number(value) => PyInt::from_i64(*value).upcast(),
                Field::Integer(text) => {
                    let arguments = [PyStr::new(text).upcast(), PyInt::from_i64(0).upcast()];
                    let arguments: Vec<Ref> = arguments.iter().map(Owned::borrow).collect();
                    call::with(self.thread, types::int().upcast(), &arguments)?
                }
                Field::Float(value) => PyFloat::new(*value).upcast(),
                Field::Complex(real, imaginary) => PyComplex::new(*real, *imaginary).upcast(),
            })
        }
    }
}
