//! `typing.ParamSpec` and `typing.TypeVarTuple`.

use super::super::{call, error, object, types};
use super::{evaluator, field, has_default, lazy_value, no_default};
use crate::object::types::flags;
use crate::object::*;

const NAME: usize = 0;
const BOUND: usize = 1;
const DEFAULT: usize = 2;
const LAZY_DEFAULT: usize = 3;
const COVARIANT: usize = 4;
const CONTRAVARIANT: usize = 5;
const INFER: usize = 6;
const DICT: usize = 7;
const FIELDS: usize = 8;

/// `typing.ParamSpec`.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "typing.ParamSpec",
    flags: flags::HAVE_GC,
    base: Some(&super::super::object::TYPE),
    slots: Slots {
        new: slot(new),
        repr: slot(|thread, spec| {
            let sign = super::variance_sign(spec, COVARIANT, CONTRAVARIANT, INFER);
            Ok(PyStr::new(&format!("{sign}{}", object::str_text(thread, name(spec))?)).upcast())
        }),
        dict_of: slot(|spec, make| super::record_dict(spec, DICT, make)),
        nb_or: slot(super::make_union),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__typing_subst__", |thread, spec, argument| {
            super::typing(thread, "_paramspec_subst", &[spec, argument])
        }),
        MethodDef::fast("__typing_prepare_subst__", |thread, spec, arguments| {
            call::check_count(thread, "__typing_prepare_subst__", arguments.len(), 2, 2)?;
            super::typing(thread, "_paramspec_prepare_subst", &[spec, arguments[0], arguments[1]])
        }),
        MethodDef::no_args("__reduce__", |_, spec| Ok(name(spec).to_owned())),
        MethodDef::no_args("has_default", |thread, spec| {
            Ok(object::new_bool(has_default(thread, default(thread, spec)?.borrow())))
        }),
        MethodDef::one("__mro_entries__", |thread, _, _| super::no_base(thread, "ParamSpec")),
    ],
    getset: &[
        field!("__name__", NAME),
        field!("__bound__", BOUND),
        GetSetDef::read_only("__default__", default),
        GetSetDef::read_only("evaluate_default", |_, spec| Ok(evaluator(spec, DEFAULT, LAZY_DEFAULT))),
        field!("__covariant__", COVARIANT),
        field!("__contravariant__", CONTRAVARIANT),
        field!("__infer_variance__", INFER),
        GetSetDef::read_only("args", |_, spec| {
            Ok(PyRecord::new(types::paramspec_args(), [Some(spec.to_owned())]).upcast())
        }),
        GetSetDef::read_only("kwargs", |_, spec| {
            Ok(PyRecord::new(types::paramspec_kwargs(), [Some(spec.to_owned())]).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

fn name(spec: Ref) -> Ref {
    spec.cast::<PyRecord>().field(NAME).get().known()
}

fn default(thread: &Thread, spec: Ref) -> Result {
    Ok(lazy_value(thread, spec, DEFAULT, LAZY_DEFAULT)?.unwrap_or_else(|| no_default(thread)))
}

fn blank(ty: Ref<PyType>, name: Owned) -> Owned<PyRecord> {
    let spec = PyRecord::new(ty, std::iter::repeat_with(|| None).take(FIELDS));
    spec.field(NAME).set(Some(name));
    for (index, value) in [(COVARIANT, false), (CONTRAVARIANT, false), (INFER, true)] {
        spec.field(index).set(Some(object::new_bool(value)));
    }
    spec
}

/// A parameter of `def f[**P]`.
pub(crate) fn of_syntax(name: Ref) -> Owned {
    blank(types::paramspec(), name.to_owned()).upcast()
}

/// A parameter of `def f[*Ts]`.
pub(crate) fn tuple_of_syntax(name: Ref) -> Owned {
    blank(types::typevartuple(), name.to_owned()).upcast()
}

/// Gives a parameter the evaluator of its default.
pub(crate) fn set_default(thread: &Thread, parameter: Ref, evaluator: Ref) -> Result {
    let index = if parameter.is_exact(types::typevar()) {
        super::typevar::LAZY_DEFAULT
    } else if parameter.is_exact(types::paramspec()) || parameter.is_exact(types::typevartuple()) {
        LAZY_DEFAULT
    } else {
        let name = parameter.ty().name().to_owned();
        return Err(error::type_error(thread, format_args!("Expected a type param, got {name}")));
    };
    parameter.cast::<PyRecord>().field(index).set(Some(evaluator.to_owned()));
    Ok(parameter.to_owned())
}

/// `ParamSpec(name, *, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False)`.
fn new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "paramspec",
        names: &["name", "bound", "default", "covariant", "contravariant", "infer_variance"],
        positional_only: 0,
        keyword_only: 5,
        required: 1,
    };
    let [given, bound, default, covariant, contravariant, infer] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let name = super::name_argument(thread, "paramspec", given)?;
    let [covariant, contravariant, infer] = super::variance(thread, covariant, contravariant, infer)?;
    let spec = blank(types::paramspec(), name);
    if let Some(bound) = bound.filter(|bound| !object::is_none(*bound)) {
        spec.field(BOUND).set(Some(super::type_check(thread, bound, "Bound must be a type.")?));
    }
    spec.field(DEFAULT).set(Some(default.map_or_else(|| no_default(thread), Ref::to_owned)));
    spec.field(COVARIANT).set(Some(covariant));
    spec.field(CONTRAVARIANT).set(Some(contravariant));
    spec.field(INFER).set(Some(infer));
    super::note_module(thread, spec.borrow().upcast())?;
    Ok(spec.upcast())
}

/// `typing.TypeVarTuple`.
pub(crate) static TUPLE_TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "typing.TypeVarTuple",
    flags: flags::HAVE_GC,
    base: Some(&super::super::object::TYPE),
    slots: Slots {
        new: slot(new_tuple),
        repr: slot(|thread, tuple| object::str(thread, name(tuple))),
        dict_of: slot(|tuple, make| super::record_dict(tuple, DICT, make)),
        iter: slot(|thread, tuple| {
            let unpacked = super::params::unpack(thread, tuple)?;
            let once = PyTuple::from_array([unpacked]);
            object::get_iter(thread, once.borrow().upcast())
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__typing_subst__", |thread, _, _| {
            Err(error::type_error(thread, "Substitution of bare TypeVarTuple is not supported"))
        }),
        MethodDef::fast("__typing_prepare_subst__", |thread, tuple, arguments| {
            call::check_count(thread, "__typing_prepare_subst__", arguments.len(), 2, 2)?;
            super::typing(thread, "_typevartuple_prepare_subst", &[tuple, arguments[0], arguments[1]])
        }),
        MethodDef::no_args("__reduce__", |_, tuple| Ok(name(tuple).to_owned())),
        MethodDef::no_args("has_default", |thread, tuple| {
            Ok(object::new_bool(has_default(thread, default(thread, tuple)?.borrow())))
        }),
        MethodDef::one("__mro_entries__", |thread, _, _| super::no_base(thread, "TypeVarTuple")),
    ],
    getset: &[
        field!("__name__", NAME),
        GetSetDef::read_only("__default__", default),
        GetSetDef::read_only("evaluate_default", |_, tuple| Ok(evaluator(tuple, DEFAULT, LAZY_DEFAULT))),
    ],
    ..TypeSpec::EMPTY
});

/// `TypeVarTuple(name, *, default=NoDefault)`.
fn new_tuple(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "typevartuple",
        names: &["name", "default"],
        positional_only: 0,
        keyword_only: 1,
        required: 1,
    };
    let [given, default] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let name = super::name_argument(thread, "typevartuple", given)?;
    let tuple = blank(types::typevartuple(), name);
    tuple.field(DEFAULT).set(Some(default.map_or_else(|| no_default(thread), Ref::to_owned)));
    super::note_module(thread, tuple.borrow().upcast())?;
    Ok(tuple.upcast())
}
