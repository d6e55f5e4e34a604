//! `typing.TypeVar`.

use super::super::{call, error, object};
use super::{evaluator, field, has_default, lazy_value, no_default};
use crate::object::types::flags;
use crate::object::*;

const NAME: usize = 0;
const BOUND: usize = 1;
const LAZY_BOUND: usize = 2;
const CONSTRAINTS: usize = 3;
const LAZY_CONSTRAINTS: usize = 4;
pub(super) const DEFAULT: usize = 5;
pub(super) const LAZY_DEFAULT: usize = 6;
const COVARIANT: usize = 7;
const CONTRAVARIANT: usize = 8;
const INFER: usize = 9;
const DICT: usize = 10;
const FIELDS: usize = 11;

/// `typing.TypeVar`.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "typing.TypeVar",
    flags: flags::HAVE_GC,
    base: Some(&super::super::object::TYPE),
    slots: Slots {
        new: slot(new),
        repr: slot(|thread, var| {
            let sign = super::variance_sign(var, COVARIANT, CONTRAVARIANT, INFER);
            Ok(PyStr::new(&format!("{sign}{}", object::str_text(thread, name(var))?)).upcast())
        }),
        dict_of: slot(|var, make| super::record_dict(var, DICT, make)),
        nb_or: slot(super::make_union),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__typing_subst__", |thread, var, argument| {
            super::typing(thread, "_typevar_subst", &[var, argument])
        }),
        MethodDef::fast("__typing_prepare_subst__", prepare),
        MethodDef::no_args("__reduce__", |_, var| Ok(name(var).to_owned())),
        MethodDef::no_args("has_default", |thread, var| {
            Ok(object::new_bool(has_default(thread, default(thread, var)?.borrow())))
        }),
        MethodDef::one("__mro_entries__", |thread, _, _| super::no_base(thread, "TypeVar")),
    ],
    getset: &[
        field!("__name__", NAME),
        GetSetDef::read_only("__bound__", |thread, var| {
            Ok(lazy_value(thread, var, BOUND, LAZY_BOUND)?.unwrap_or_else(object::new_none))
        }),
        GetSetDef::read_only("evaluate_bound", |_, var| Ok(evaluator(var, BOUND, LAZY_BOUND))),
        GetSetDef::read_only("__constraints__", |thread, var| {
            let found = lazy_value(thread, var, CONSTRAINTS, LAZY_CONSTRAINTS)?;
            Ok(found.unwrap_or_else(|| PyTuple::empty().to_owned().upcast()))
        }),
        GetSetDef::read_only("evaluate_constraints", |_, var| Ok(evaluator(var, CONSTRAINTS, LAZY_CONSTRAINTS))),
        GetSetDef::read_only("__default__", default),
        GetSetDef::read_only("evaluate_default", |_, var| Ok(evaluator(var, DEFAULT, LAZY_DEFAULT))),
        field!("__covariant__", COVARIANT),
        field!("__contravariant__", CONTRAVARIANT),
        field!("__infer_variance__", INFER),
    ],
    ..TypeSpec::EMPTY
});

fn name(var: Ref) -> Ref {
    var.cast::<PyRecord>().field(NAME).get().known()
}

fn default(thread: &Thread, var: Ref) -> Result {
    Ok(lazy_value(thread, var, DEFAULT, LAZY_DEFAULT)?.unwrap_or_else(|| no_default(thread)))
}

fn blank(name: Owned) -> Owned<PyRecord> {
    let var = PyRecord::new(Ref::from_static(&TYPE), std::iter::repeat_with(|| None).take(FIELDS));
    var.field(NAME).set(Some(name));
    for (index, value) in [(COVARIANT, false), (CONTRAVARIANT, false), (INFER, true)] {
        var.field(index).set(Some(object::new_bool(value)));
    }
    var
}

/// A parameter of `def f[T]`, with what computes its bound or constraints.
pub(crate) fn of_syntax(name: Ref, bound: Option<Ref>, constraints: Option<Ref>) -> Owned {
    let var = blank(name.to_owned());
    var.field(LAZY_BOUND).set(bound.map(Ref::to_owned));
    var.field(LAZY_CONSTRAINTS).set(constraints.map(Ref::to_owned));
    var.upcast()
}

/// `TypeVar(name, *constraints, bound=None, default=NoDefault, covariant=False, contravariant=False,
/// infer_variance=False)`.
fn new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "typevar",
        names: &["name", "bound", "default", "covariant", "contravariant", "infer_variance"],
        positional_only: 0,
        keyword_only: 5,
        required: 1,
    };
    let first = args.slice(0, args.len().min(1));
    let [given, bound, default, covariant, contravariant, infer] =
        SIGNATURE.bind_tuple(thread, first.borrow(), kwargs)?;
    let name = super::name_argument(thread, "typevar", given)?;
    let [covariant, contravariant, infer] = super::variance(thread, covariant, contravariant, infer)?;
    let bound = match bound.filter(|bound| !object::is_none(*bound)) {
        Some(bound) => Some(super::type_check(thread, bound, "Bound must be a type.")?),
        None => None,
    };
    let constraints = args.slice(args.len().min(1), args.len());
    if constraints.borrow().len() == 1 {
        return Err(error::type_error(thread, "A single constraint is not allowed"));
    }
    if !constraints.borrow().is_empty() && bound.is_some() {
        return Err(error::type_error(thread, "Constraints cannot be combined with bound=..."));
    }
    let var = blank(name);
    var.field(BOUND).set(bound);
    var.field(CONSTRAINTS).set((!constraints.borrow().is_empty()).then(|| constraints.upcast()));
    var.field(DEFAULT).set(Some(default.map_or_else(|| no_default(thread), Ref::to_owned)));
    var.field(COVARIANT).set(Some(covariant));
    var.field(CONTRAVARIANT).set(Some(contravariant));
    var.field(INFER).set(Some(infer));
    super::note_module(thread, var.borrow().upcast())?;
    Ok(var.upcast())
}

/// Fills in the default where a subscript has too few arguments.
fn prepare(thread: &Thread, var: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "__typing_prepare_subst__", arguments.len(), 2, 2)?;
    let (alias, args) = (arguments[0], arguments[1]);
    let parameters = object::get_attr(thread, alias, PyStr::new("__parameters__").borrow())?;
    let Some(parameters) = parameters.borrow().downcast::<PyTuple>() else { return Ok(args.to_owned()) };
    let Some(args) = args.downcast::<PyTuple>() else { return Ok(args.to_owned()) };
    let at = parameters.iter().position(|parameter| parameter.is(var)).unwrap_or(0);
    if at < args.len() {
        return Ok(args.to_owned().upcast());
    }
    if at == args.len() {
        let default = default(thread, var)?;
        if has_default(thread, default.borrow()) {
            let mut all: Vec<Owned> = args.iter().map(Ref::to_owned).collect();
            all.push(default);
            return Ok(PyTuple::from_vec(all).upcast());
        }
    }
    let alias = object::str_text(thread, alias)?;
    let (actual, least) = (args.len(), at + 1);
    let message = format!("Too few arguments for {alias}; actual {actual}, expected at least {least}");
    Err(error::type_error(thread, message))
}
