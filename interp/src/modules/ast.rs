//! `_ast`: the classes of syntax trees (`Parser/Python.asdl`). `runtime::syntax_tree` makes their objects of a text.

use super::{NativeModule, put};
use crate::object::*;
use crate::runtime::{attr, call, error, genericalias, object, types, union, warn};

pub(super) static MODULE: NativeModule = NativeModule { name: "_ast", functions: &[], types: &[], fill };

/// Name, base, fields with their types (`*` a list, `?` None unless it is given), attributes where they are the class's
/// own, and which of those are None unless they are given.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str);

#[rustfmt::skip]
static CLASSES: &[Row] = &[
    ("operator", "AST", "", Some(""), ""),
    ("Add", "operator", "", None, ""),
    ("boolop", "AST", "", Some(""), ""),
    ("And", "boolop", "", None, ""),
    ("stmt", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("AnnAssign", "stmt", "target:expr annotation:expr value:expr? simple:int", None, ""),
    ("Assert", "stmt", "test:expr msg:expr?", None, ""),
    ("Assign", "stmt", "targets:expr* value:expr type_comment:str?", None, ""),
    ("AsyncFor", "stmt", "target:expr iter:expr body:stmt* orelse:stmt* type_comment:str?", None, ""),
    ("AsyncFunctionDef", "stmt", "name:str args:arguments body:stmt* decorator_list:expr* returns:expr? type_comment:str? type_params:type_param*", None, ""),
    ("AsyncWith", "stmt", "items:withitem* body:stmt* type_comment:str?", None, ""),
    ("expr", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("Attribute", "expr", "value:expr attr:str ctx:expr_context", None, ""),
    ("AugAssign", "stmt", "target:expr op:operator value:expr", None, ""),
    ("Await", "expr", "value:expr", None, ""),
    ("BinOp", "expr", "left:expr op:operator right:expr", None, ""),
    ("BitAnd", "operator", "", None, ""),
    ("BitOr", "operator", "", None, ""),
    ("BitXor", "operator", "", None, ""),
    ("BoolOp", "expr", "op:boolop values:expr*", None, ""),
    ("Break", "stmt", "", None, ""),
    ("Call", "expr", "func:expr args:expr* keywords:keyword*", None, ""),
    ("ClassDef", "stmt", "name:str bases:expr* keywords:keyword* body:stmt* decorator_list:expr* type_params:type_param*", None, ""),
    ("Compare", "expr", "left:expr ops:cmpop* comparators:expr*", None, ""),
    ("Constant", "expr", "value:object kind:str?", None, ""),
    ("Continue", "stmt", "", None, ""),
    ("expr_context", "AST", "", Some(""), ""),
    ("Del", "expr_context", "", None, ""),
    ("Delete", "stmt", "targets:expr*", None, ""),
    ("Dict", "expr", "keys:expr* values:expr*", None, ""),
    ("DictComp", "expr", "key:expr value:expr generators:comprehension*", None, ""),
    ("Div", "operator", "", None, ""),
    ("cmpop", "AST", "", Some(""), ""),
    ("Eq", "cmpop", "", None, ""),
    ("excepthandler", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("ExceptHandler", "excepthandler", "type:expr? name:str? body:stmt*", None, ""),
    ("Expr", "stmt", "value:expr", None, ""),
    ("mod", "AST", "", Some(""), ""),
    ("Expression", "mod", "body:expr", None, ""),
    ("FloorDiv", "operator", "", None, ""),
    ("For", "stmt", "target:expr iter:expr body:stmt* orelse:stmt* type_comment:str?", None, ""),
    ("FormattedValue", "expr", "value:expr conversion:int format_spec:expr?", None, ""),
    ("FunctionDef", "stmt", "name:str args:arguments body:stmt* decorator_list:expr* returns:expr? type_comment:str? type_params:type_param*", None, ""),
    ("FunctionType", "mod", "argtypes:expr* returns:expr", None, ""),
    ("GeneratorExp", "expr", "elt:expr generators:comprehension*", None, ""),
    ("Global", "stmt", "names:str*", None, ""),
    ("Gt", "cmpop", "", None, ""),
    ("GtE", "cmpop", "", None, ""),
    ("If", "stmt", "test:expr body:stmt* orelse:stmt*", None, ""),
    ("IfExp", "expr", "test:expr body:expr orelse:expr", None, ""),
    ("Import", "stmt", "names:alias*", None, ""),
    ("ImportFrom", "stmt", "module:str? names:alias* level:int?", None, ""),
    ("In", "cmpop", "", None, ""),
    ("Interactive", "mod", "body:stmt*", None, ""),
    ("Interpolation", "expr", "value:expr str:object conversion:int format_spec:expr?", None, ""),
    ("unaryop", "AST", "", Some(""), ""),
    ("Invert", "unaryop", "", None, ""),
    ("Is", "cmpop", "", None, ""),
    ("IsNot", "cmpop", "", None, ""),
    ("JoinedStr", "expr", "values:expr*", None, ""),
    ("LShift", "operator", "", None, ""),
    ("Lambda", "expr", "args:arguments body:expr", None, ""),
    ("List", "expr", "elts:expr* ctx:expr_context", None, ""),
    ("ListComp", "expr", "elt:expr generators:comprehension*", None, ""),
    ("Load", "expr_context", "", None, ""),
    ("Lt", "cmpop", "", None, ""),
    ("LtE", "cmpop", "", None, ""),
    ("MatMult", "operator", "", None, ""),
    ("Match", "stmt", "subject:expr cases:match_case*", None, ""),
    ("pattern", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), ""),
    ("MatchAs", "pattern", "pattern:pattern? name:str?", None, ""),
    ("MatchClass", "pattern", "cls:expr patterns:pattern* kwd_attrs:str* kwd_patterns:pattern*", None, ""),
    ("MatchMapping", "pattern", "keys:expr* patterns:pattern* rest:str?", None, ""),
    ("MatchOr", "pattern", "patterns:pattern*", None, ""),
    ("MatchSequence", "pattern", "patterns:pattern*", None, ""),
    ("MatchSingleton", "pattern", "value:object", None, ""),
    ("MatchStar", "pattern", "name:str?", None, ""),
    ("MatchValue", "pattern", "value:expr", None, ""),
    ("Mod", "operator", "", None, ""),
    ("Module", "mod", "body:stmt* type_ignores:type_ignore*", None, ""),
    ("Mult", "operator", "", None, ""),
    ("Name", "expr", "id:str ctx:expr_context", None, ""),
    ("NamedExpr", "expr", "target:expr value:expr", None, ""),
    ("Nonlocal", "stmt", "names:str*", None, ""),
    ("Not", "unaryop", "", None, ""),
    ("NotEq", "cmpop", "", None, ""),
    ("NotIn", "cmpop", "", None, ""),
    ("Or", "boolop", "", None, ""),
    ("type_param", "AST", "", Some("lineno col_offset end_lineno end_col_offset"), ""),
    ("ParamSpec", "type_param", "name:str default_value:expr?", None, ""),
    ("Pass", "stmt", "", None, ""),
    ("Pow", "operator", "", None, ""),
    ("RShift", "operator", "", None, ""),
    ("Raise", "stmt", "exc:expr? cause:expr?", None, ""),
    ("Return", "stmt", "value:expr?", None, ""),
    ("Set", "expr", "elts:expr*", None, ""),
    ("SetComp", "expr", "elt:expr generators:comprehension*", None, ""),
    ("Slice", "expr", "lower:expr? upper:expr? step:expr?", None, ""),
    ("Starred", "expr", "value:expr ctx:expr_context", None, ""),
    ("Store", "expr_context", "", None, ""),
    ("Sub", "operator", "", None, ""),
    ("Subscript", "expr", "value:expr slice:expr ctx:expr_context", None, ""),
    ("TemplateStr", "expr", "values:expr*", None, ""),
    ("Try", "stmt", "body:stmt* handlers:excepthandler* orelse:stmt* finalbody:stmt*", None, ""),
    ("TryStar", "stmt", "body:stmt* handlers:excepthandler* orelse:stmt* finalbody:stmt*", None, ""),
    ("Tuple", "expr", "elts:expr* ctx:expr_context", None, ""),
    ("TypeAlias", "stmt", "name:expr type_params:type_param* value:expr", None, ""),
    ("type_ignore", "AST", "", Some(""), ""),
    ("TypeIgnore", "type_ignore", "lineno:int tag:str", None, ""),
    ("TypeVar", "type_param", "name:str bound:expr? default_value:expr?", None, ""),
    ("TypeVarTuple", "type_param", "name:str default_value:expr?", None, ""),
    ("UAdd", "unaryop", "", None, ""),
    ("USub", "unaryop", "", None, ""),
    ("UnaryOp", "expr", "op:unaryop operand:expr", None, ""),
    ("While", "stmt", "test:expr body:stmt* orelse:stmt*", None, ""),
    ("With", "stmt", "items:withitem* body:stmt* type_comment:str?", None, ""),
    ("Yield", "expr", "value:expr?", None, ""),
    ("YieldFrom", "expr", "value:expr", None, ""),
    ("alias", "AST", "name:str asname:str?", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("arg", "AST", "arg:str annotation:expr? type_comment:str?", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("arguments", "AST", "posonlyargs:arg* args:arg* vararg:arg? kwonlyargs:arg* kw_defaults:expr* kwarg:arg? defaults:expr*", Some(""), ""),
    ("comprehension", "AST", "target:expr iter:expr ifs:expr* is_async:int", Some(""), ""),
    ("keyword", "AST", "arg:str? value:expr", Some("lineno col_offset end_lineno end_col_offset"), "end_lineno end_col_offset"),
    ("match_case", "AST", "pattern:pattern guard:expr? body:stmt*", Some(""), ""),
    ("withitem", "AST", "context_expr:expr optional_vars:expr?", Some(""), ""),
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
    for (name, _, fields, attributes, _) in CLASSES {
        if attributes.is_none() || !fields.is_empty() {
            let class = dict.get_str(PyStr::new(name).borrow()).known();
            let types = field_types(thread, dict, fields)?;
            attr::set_attr(thread, class, thread.state.interned.intern(PyStr::new("_field_types")), types.borrow())?;
        }
    }
    Ok(())
}

/// The names and the types of fields.
fn pairs(fields: &str) -> impl Iterator<Item = (&str, &str)> {
    fields.split_whitespace().filter_map(|field| field.split_once(':'))
}

/// `_field_types`: `list[expr]`, `expr | None`, `str`.
fn field_types(thread: &Thread, dict: Ref<PyDict>, fields: &str) -> Result {
    let types = PyDict::new();
    for (field, kind) in pairs(fields) {
        let name = kind.trim_end_matches(['*', '?']);
        let class = match name {
            "str" => types::str().upcast().to_owned(),
            "int" => types::int().upcast().to_owned(),
            "object" => types::object().upcast().to_owned(),
            _ => dict.get_str(PyStr::new(name).borrow()).known().to_owned(),
        };
        let class = match kind.as_bytes().last() {
            Some(b'*') => object::get_item(thread, types::list().upcast(), class.borrow())?,
            Some(b'?') => union::or(thread, class.borrow(), object::none())?,
            _ => class,
        };
        put(types.borrow(), field, class);
    }
    Ok(types.upcast())
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> Owned {
    PyTuple::from_vec(words.map(|word| PyStr::new(word).upcast()).collect()).upcast()
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
    let names = || pairs(fields.unwrap_or_default());
    if fields.is_some() {
        put(namespace.borrow(), "_fields", words(names().map(|(field, _)| field)));
        put(namespace.borrow(), "__match_args__", words(names().map(|(field, _)| field)));
    }
    if let Some(attributes) = attributes {
        put(namespace.borrow(), "_attributes", words(attributes.split_whitespace()));
    }
    let fields_of_none = names().filter(|(_, kind)| kind.ends_with('?')).map(|(field, _)| field);
    for field in optional.split_whitespace().chain(fields_of_none) {
        put(namespace.borrow(), field, object::new_none());
    }
    let bases = PyTuple::from_refs(&[base]);
    let arguments = [PyStr::new(name).upcast(), bases.upcast(), namespace.upcast()];
    let arguments: Vec<Ref> = arguments.iter().map(Owned::borrow).collect();
    call::with(thread, types::type_().upcast(), &arguments)
}

static METHODS: &[MethodDef] = &[MethodDef::keywords("__init__", init), MethodDef::no_args("__repr__", repr)];

fn field_names(thread: &Thread, class: Ref, attribute: &str) -> Result<Owned<PyTuple>> {
    let names = object::get_attr(thread, class, PyStr::new(attribute).borrow())?;
    crate::runtime::tuple::from_iterable(thread, names.borrow())
}

/// Positional arguments are the fields in order; a list that is not given is empty, a context is `Load()`.
fn init(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let class = own.ty().upcast();
    let fields = field_names(thread, class, "_fields")?;
    if positional > fields.borrow().len() {
        let (name, most) = (types::short_name(own.ty()), fields.borrow().len());
        let plural = if most == 1 { "" } else { "s" };
        return Err(error::type_error(
            thread,
            format_args!("{name} constructor takes at most {most} positional argument{plural}"),
        ));
    }
    let mut missing: Vec<Owned> = fields.borrow().iter().skip(positional).map(Ref::to_owned).collect();
    for (field, value) in fields.borrow().iter().zip(&arguments[..positional]) {
        attr::set_attr(thread, own, field.cast(), *value)?;
    }
    for (name, value) in keywords.into_iter().flat_map(|names| names.iter()).zip(&arguments[positional..]) {
        let is_name = |field: Ref| text_of(field) == text_of(name);
        match missing.iter().position(|field| is_name(field.borrow())) {
            Some(at) => drop(missing.remove(at)),
            None => check_keyword(thread, own, fields.borrow(), name)?,
        }
        attr::set_attr(thread, own, name.cast(), *value)?;
    }
    for field in missing {
        fill_missing(thread, own, field.borrow())?;
    }
    Ok(object::new_none())
}

fn text_of(name: Ref) -> String {
    name.downcast::<PyStr>().map(|name| name.to_string_lossy()).unwrap_or_default()
}

/// A keyword that names no field which is still open: a field given twice, an attribute, or what is deprecated.
fn check_keyword(thread: &Thread, own: Ref, fields: Ref<PyTuple>, name: Ref) -> Result<()> {
    let (class, shown) = (types::short_name(own.ty()), text_of(name));
    if fields.iter().any(|field| text_of(field) == shown) {
        return Err(error::type_error(thread, format_args!("{class} got multiple values for argument '{shown}'")));
    }
    let attributes = field_names(thread, own.ty().upcast(), "_attributes")?;
    if attributes.borrow().iter().any(|attribute| text_of(attribute) == shown) {
        return Ok(());
    }
    let text = "Support for arbitrary keyword arguments is deprecated and will be removed in Python 3.15.";
    warn::deprecated(thread, &format!("{class}.__init__ got an unexpected keyword argument '{shown}'. {text}"))
}

fn fill_missing(thread: &Thread, own: Ref, field: Ref) -> Result<()> {
    let Some(types) = attr::get_optional_attr(thread, own.ty().upcast(), PyStr::new("_field_types").borrow())? else {
        return Ok(());
    };
    let Some(types) = types.borrow().downcast::<PyDict>() else { return Ok(()) };
    let Some(kind) = types.get(thread, field)?.map(Ref::to_owned) else { return Ok(()) };
    let value = if union::is_union(kind.borrow()) {
        return Ok(());
    } else if genericalias::is_alias(kind.borrow()) {
        PyList::new(Vec::new()).upcast()
    } else if kind.borrow().is(modules_class(thread, "expr_context")?.borrow()) {
        call::no_args(thread, modules_class(thread, "Load")?.borrow())?
    } else {
        let (class, shown) = (types::short_name(own.ty()), text_of(field));
        let text = "This will become an error in Python 3.15.";
        let text = format!("{class}.__init__ missing 1 required positional argument: '{shown}'. {text}");
        return warn::deprecated(thread, &text);
    };
    attr::set_attr(thread, own, field.cast(), value.borrow())
}

fn modules_class(thread: &Thread, name: &str) -> Result {
    super::imported(thread, "_ast", name)
}

fn repr(thread: &Thread, own: Ref) -> Result {
    Ok(PyStr::new(&shown(thread, own, 3)?).upcast())
}

/// A node with its fields, `depth` nodes deep; of longer lists the ends.
fn shown(thread: &Thread, node: Ref, depth: usize) -> Result<String> {
    let class = types::short_name(node.ty());
    let fields = field_names(thread, node.ty().upcast(), "_fields")?;
    if depth == 0 {
        return Ok(format!("{class}(...)"));
    }
    let mut parts = Vec::new();
    for field in fields.borrow().iter() {
        let value = object::get_attr(thread, node, field.cast())?;
        parts.push(format!("{}={}", text_of(field), shown_value(thread, value.borrow(), depth - 1)?));
    }
    Ok(format!("{class}({})", parts.join(", ")))
}

fn shown_value(thread: &Thread, value: Ref, depth: usize) -> Result<String> {
    if object::is_instance(thread, value, modules_class(thread, "AST")?.borrow())? {
        return shown(thread, value, depth);
    }
    let (items, open, close) = if let Some(list) = value.downcast::<PyList>() {
        (list.to_vec(), "[", "]")
    } else if let Some(tuple) = value.downcast::<PyTuple>() {
        (tuple.iter().map(Ref::to_owned).collect(), "(", ")")
    } else {
        return Ok(text_of(object::repr(thread, value)?.borrow()));
    };
    let mut parts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if at == 0 || at + 1 == items.len() {
            parts.push(shown_value(thread, item.borrow(), depth)?);
        } else if at == 1 {
            parts.push("...".into());
        }
    }
    Ok(format!("{open}{}{close}", parts.join(", ")))
}
