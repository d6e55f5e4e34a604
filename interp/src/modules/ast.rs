//! `_ast`: the classes of syntax trees (`Parser/Python.asdl`). Nothing here parses: the trees are for who builds or
//! compares them, and for `inspect`, which names them.

use super::{NativeModule, put};
use crate::object::*;
use crate::runtime::{attr, call, error, object, types};

pub(super) static MODULE: NativeModule = NativeModule { name: "_ast", functions: &[], types: &[], fill };

/// Name, base, fields, attributes where they are the class's own, and what is None unless it is given.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str);

#[rustfmt::skip]
static CLASSES: &[Row] = &[
    ("operator", "AST", "", Some(""), ""),
    ("Add", "operator", "", None, ""),
    ("boolop", "AST", "", Some(""), ""),
    ("And", "boolop", "", None, ""),
    ("stmt", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("AnnAssign", "stmt", "target annotation value simple", None, "value"),
    ("Assert", "stmt", "test msg", None, "msg"),
    ("Assign", "stmt", "targets value type_comment", None, "type_comment"),
    ("AsyncFor", "stmt", "target iter body orelse type_comment", None, "type_comment"),
    ("AsyncFunctionDef", "stmt", "name args body decorator_list returns type_comment type_params", None, "returns type_comment"),
    ("AsyncWith", "stmt", "items body type_comment", None, "type_comment"),
    ("expr", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("Attribute", "expr", "value attr ctx", None, ""),
    ("AugAssign", "stmt", "target op value", None, ""),
    ("Await", "expr", "value", None, ""),
    ("BinOp", "expr", "left op right", None, ""),
    ("BitAnd", "operator", "", None, ""),
    ("BitOr", "operator", "", None, ""),
    ("BitXor", "operator", "", None, ""),
    ("BoolOp", "expr", "op values", None, ""),
    ("Break", "stmt", "", None, ""),
    ("Call", "expr", "func args keywords", None, ""),
    ("ClassDef", "stmt", "name bases keywords body decorator_list type_params", None, ""),
    ("Compare", "expr", "left ops comparators", None, ""),
    ("Constant", "expr", "value kind", None, "kind"),
    ("Continue", "stmt", "", None, ""),
    ("expr_context", "AST", "", Some(""), ""),
    ("Del", "expr_context", "", None, ""),
    ("Delete", "stmt", "targets", None, ""),
    ("Dict", "expr", "keys values", None, ""),
    ("DictComp", "expr", "key value generators", None, ""),
    ("Div", "operator", "", None, ""),
    ("cmpop", "AST", "", Some(""), ""),
    ("Eq", "cmpop", "", None, ""),
    ("excepthandler", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("ExceptHandler", "excepthandler", "type name body", None, "type name"),
    ("Expr", "stmt", "value", None, ""),
    ("mod", "AST", "", Some(""), ""),
    ("Expression", "mod", "body", None, ""),
    ("FloorDiv", "operator", "", None, ""),
    ("For", "stmt", "target iter body orelse type_comment", None, "type_comment"),
    ("FormattedValue", "expr", "value conversion format_spec", None, "format_spec"),
    ("FunctionDef", "stmt", "name args body decorator_list returns type_comment type_params", None, "returns type_comment"),
    ("FunctionType", "mod", "argtypes returns", None, ""),
    ("GeneratorExp", "expr", "elt generators", None, ""),
    ("Global", "stmt", "names", None, ""),
    ("Gt", "cmpop", "", None, ""),
    ("GtE", "cmpop", "", None, ""),
    ("If", "stmt", "test body orelse", None, ""),
    ("IfExp", "expr", "test body orelse", None, ""),
    ("Import", "stmt", "names", None, ""),
    ("ImportFrom", "stmt", "module names level", None, "module level"),
    ("In", "cmpop", "", None, ""),
    ("Interactive", "mod", "body", None, ""),
    ("Interpolation", "expr", "value str conversion format_spec", None, "format_spec"),
    ("unaryop", "AST", "", Some(""), ""),
    ("Invert", "unaryop", "", None, ""),
    ("Is", "cmpop", "", None, ""),
    ("IsNot", "cmpop", "", None, ""),
    ("JoinedStr", "expr", "values", None, ""),
    ("LShift", "operator", "", None, ""),
    ("Lambda", "expr", "args body", None, ""),
    ("List", "expr", "elts ctx", None, ""),
    ("ListComp", "expr", "elt generators", None, ""),
    ("Load", "expr_context", "", None, ""),
    ("Lt", "cmpop", "", None, ""),
    ("LtE", "cmpop", "", None, ""),
    ("MatMult", "operator", "", None, ""),
    ("Match", "stmt", "subject cases", None, ""),
    ("pattern", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), ""),
    ("MatchAs", "pattern", "pattern name", None, "pattern name"),
    ("MatchClass", "pattern", "cls patterns kwd_attrs kwd_patterns", None, ""),
    ("MatchMapping", "pattern", "keys patterns rest", None, "rest"),
    ("MatchOr", "pattern", "patterns", None, ""),
    ("MatchSequence", "pattern", "patterns", None, ""),
    ("MatchSingleton", "pattern", "value", None, ""),
    ("MatchStar", "pattern", "name", None, "name"),
    ("MatchValue", "pattern", "value", None, ""),
    ("Mod", "operator", "", None, ""),
    ("Module", "mod", "body type_ignores", None, ""),
    ("Mult", "operator", "", None, ""),
    ("Name", "expr", "id ctx", None, ""),
    ("NamedExpr", "expr", "target value", None, ""),
    ("Nonlocal", "stmt", "names", None, ""),
    ("Not", "unaryop", "", None, ""),
    ("NotEq", "cmpop", "", None, ""),
    ("NotIn", "cmpop", "", None, ""),
    ("Or", "boolop", "", None, ""),
    ("type_param", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), ""),
    ("ParamSpec", "type_param", "name default_value", None, "default_value"),
    ("Pass", "stmt", "", None, ""),
    ("Pow", "operator", "", None, ""),
    ("RShift", "operator", "", None, ""),
    ("Raise", "stmt", "exc cause", None, "exc cause"),
    ("Return", "stmt", "value", None, "value"),
    ("Set", "expr", "elts", None, ""),
    ("SetComp", "expr", "elt generators", None, ""),
    ("Slice", "expr", "lower upper step", None, "lower upper step"),
    ("Starred", "expr", "value ctx", None, ""),
    ("Store", "expr_context", "", None, ""),
    ("Sub", "operator", "", None, ""),
    ("Subscript", "expr", "value slice ctx", None, ""),
    ("TemplateStr", "expr", "values", None, ""),
    ("Try", "stmt", "body handlers orelse finalbody", None, ""),
    ("TryStar", "stmt", "body handlers orelse finalbody", None, ""),
    ("Tuple", "expr", "elts ctx", None, ""),
    ("TypeAlias", "stmt", "name type_params value", None, ""),
    ("type_ignore", "AST", "", Some(""), ""),
    ("TypeIgnore", "type_ignore", "lineno tag", None, ""),
    ("TypeVar", "type_param", "name bound default_value", None, "bound default_value"),
    ("TypeVarTuple", "type_param", "name default_value", None, "default_value"),
    ("UAdd", "unaryop", "", None, ""),
    ("USub", "unaryop", "", None, ""),
    ("UnaryOp", "expr", "op operand", None, ""),
    ("While", "stmt", "test body orelse", None, ""),
    ("With", "stmt", "items body type_comment", None, "type_comment"),
    ("Yield", "expr", "value", None, "value"),
    ("YieldFrom", "expr", "value", None, ""),
    ("alias", "AST", "name asname", Some("lineno col_offset end_lineno end_col_offset"), "asname end_lineno end_col_offset"),
    ("arg", "AST", "arg annotation type_comment", Some("lineno col_offset end_lineno end_col_offset"), "annotation type_comment end_lineno end_col_offset"),
    ("arguments", "AST", "posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults", Some(""), "vararg kwarg"),
    ("comprehension", "AST", "target iter ifs is_async", Some(""), ""),
    ("keyword", "AST", "arg value", Some("lineno col_offset end_lineno end_col_offset"), "arg end_lineno end_col_offset"),
    ("match_case", "AST", "pattern guard body", Some(""), "guard"),
    ("withitem", "AST", "context_expr optional_vars", Some(""), "optional_vars"),
];

fn fill(thread: &Thread, dict: Ref<PyDict>) -> Result<()> {
    for (name, value) in [
        ("PyCF_ONLY_AST", 0x400),
        ("PyCF_TYPE_COMMENTS", 0x1000),
        ("PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000),
        ("PyCF_OPTIMIZED_AST", 0x8400),
    ] {
        put(dict, name, PyInt::from_i64(value).upcast());
    }
    let root = class(thread, "AST", types::object().upcast(), Some(""), Some(""), "")?;
    for def in METHODS {
        let descriptor = PyMethodDescr::new(types::method_descriptor(), root.borrow().cast(), def).upcast();
        let name = thread.state.interned.intern(PyStr::new(def.name));
        attr::set_attr(thread, root.borrow(), name, descriptor.borrow())?;
    }
    put(dict, "AST", root);
    for (name, base, fields, attributes, optional) in CLASSES {
        let Some(base) = dict.get_str(PyStr::new(base).borrow()).map(Ref::to_owned) else {
            return Err(error::system_error(thread, format_args!("{base} is not there before {name}")));
        };
        put(dict, name, class(thread, name, base.borrow(), Some(fields), *attributes, optional)?);
    }
    Ok(())
}

fn words(text: &str) -> Owned {
    PyTuple::from_vec(text.split_whitespace().map(|word| PyStr::new(word).upcast()).collect()).upcast()
}

fn class(
    thread: &Thread,
    name: &str,
    base: Ref,
    fields: Option<&str>,
    attributes: Option<&str>,
    optional: &str,
) -> Result {
    let namespace = PyDict::new();
    put(namespace.borrow(), "__module__", PyStr::new("ast").upcast());
    if let Some(fields) = fields {
        put(namespace.borrow(), "_fields", words(fields));
        put(namespace.borrow(), "__match_args__", words(fields));
    }
    if let Some(attributes) = attributes {
        put(namespace.borrow(), "_attributes", words(attributes));
    }
    for field in optional.split_whitespace() {
        put(namespace.borrow(), field, object::new_none());
    }
    let bases = PyTuple::from_refs(&[base]);
    let arguments = [PyStr::new(name).upcast(), bases.upcast(), namespace.upcast()];
    let arguments: Vec<Ref> = arguments.iter().map(Owned::borrow).collect();
    call::with(thread, types::type_().upcast(), &arguments)
}

static METHODS: &[MethodDef] = &[MethodDef::keywords("__init__", init)];

/// Positional arguments are the fields in order.
fn init(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let fields = object::get_attr(thread, own.ty().upcast(), PyStr::new("_fields").borrow())?;
    let fields = crate::runtime::tuple::from_iterable(thread, fields.borrow())?;
    if positional > fields.borrow().len() {
        let (name, most) = (types::short_name(own.ty()), fields.borrow().len());
        let plural = if most == 1 { "" } else { "s" };
        return Err(error::type_error(
            thread,
            format_args!("{name} constructor takes at most {most} positional argument{plural}"),
        ));
    }
    for (field, value) in fields.borrow().iter().zip(&arguments[..positional]) {
        attr::set_attr(thread, own, field.cast(), *value)?;
    }
    for (name, value) in keywords.into_iter().flat_map(|names| names.iter()).zip(&arguments[positional..]) {
        attr::set_attr(thread, own, name.cast(), *value)?;
    }
    Ok(object::new_none())
}
