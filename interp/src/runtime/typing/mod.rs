//! Type parameters and type aliases: what `_typing` holds (`Objects/typevarobject.c`). What these types do with arguments
//! is Python code in `typing`, which is imported when it is needed.

pub(crate) mod alias;
pub(crate) mod generic;
pub(crate) mod params;
pub(crate) mod paramspec;
pub(crate) mod typevar;

use super::{call, error, object, types, union};
use crate::builtins::reduce::import_module;
use crate::object::types::flags;
use crate::object::*;

/// Calls a function of `typing`.
pub(super) fn typing(thread: &Thread, function: &str, arguments: &[Ref]) -> Result {
    let module = import_module(thread, "typing")?;
    let function = object::get_attr(thread, module.borrow(), PyStr::new(function).borrow())?;
    call::with(thread, function.borrow(), arguments)
}

/// `typing.NoDefault`: the type of the one object that stands for an absent default.
pub(crate) static NO_DEFAULT_TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "NoDefaultType",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(|thread, _, args, kwargs| {
            call::no_keywords(thread, "NoDefaultType", kwargs)?;
            if !args.is_empty() {
                return Err(error::type_error(thread, "NoDefaultType takes no arguments"));
            }
            Ok(no_default(thread))
        }),
        repr: slot(|_, _| Ok(PyStr::new("typing.NoDefault").upcast())),
        ..Slots::NONE
    },
    methods: &[MethodDef::no_args("__reduce__", |_, _| Ok(PyStr::new("NoDefault").upcast()))],
    ..TypeSpec::EMPTY
});

/// `typing.NoDefault`.
pub(crate) fn no_default(_: &Thread) -> Owned {
    let ty: Ref<PyType> = Ref::from_static(&NO_DEFAULT_TYPE);
    let name = PyStr::new("__the_instance__");
    let dict = ty.dict.get().known();
    if dict.get_str(name.borrow()).is_none() {
        let made = PyRecord::new(ty, []);
        made.borrow().upcast().header().make_immortal();
        dict.set_str(name.borrow(), made.upcast());
    }
    dict.get_str(name.borrow()).known().to_owned()
}

/// `_typing._ConstEvaluator`: gives the same value for every format but text.
pub(crate) static CONST_EVALUATOR_TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "_typing._ConstEvaluator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|thread, evaluator| {
            let value = object::repr_checked(thread, evaluator.cast::<PyRecord>().field(0).get().known())?;
            Ok(PyStr::new(&format!("<constevaluator {value}>")).upcast())
        }),
        call: slot(|thread, evaluator, args, kwargs| {
            call::no_keywords(thread, "constevaluator.__call__", kwargs)?;
            call::check_count(thread, "constevaluator.__call__", args.len(), 1, 1)?;
            let value = evaluator.cast::<PyRecord>().field(0).get().known();
            let format = super::number::index_isize(thread, args.item(0), None)?;
            const STRING: isize = 4;
            if format != STRING {
                return Ok(value.to_owned());
            }
            let mut out = StrBuilder::new();
            let several = value.downcast::<PyTuple>();
            match several {
                Some(tuple) => {
                    out.push_text("(");
                    for (at, item) in tuple.iter().enumerate() {
                        if at > 0 {
                            out.push_text(", ");
                        }
                        super::genericalias::argument_text(thread, item, &mut out)?;
                    }
                    out.push_text(if tuple.len() == 1 { ",)" } else { ")" });
                }
                None => super::genericalias::argument_text(thread, value, &mut out)?,
            }
            Ok(out.finish().upcast())
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// An evaluator of a value that is known.
pub(super) fn constant(value: Ref) -> Owned {
    PyRecord::new(Ref::from_static(&CONST_EVALUATOR_TYPE), [Some(value.to_owned())]).upcast()
}

/// Calls an evaluator for the value itself.
pub(super) fn evaluate(thread: &Thread, evaluator: Ref) -> Result {
    let format = PyInt::from_i64(1);
    call::with(thread, evaluator, &[format.borrow().upcast()])
}

/// A value that is computed when it is first asked for: from the evaluator in field `lazy`, kept in field `value`.
pub(super) fn lazy_value(thread: &Thread, record: Ref, value: usize, lazy: usize) -> Result<Option<Owned>> {
    let own = record.cast::<PyRecord>();
    if let Some(known) = own.field(value).get() {
        return Ok(Some(known.to_owned()));
    }
    let Some(evaluator) = own.field(lazy).get().map(Ref::to_owned) else { return Ok(None) };
    let made = evaluate(thread, evaluator.borrow())?;
    own.field(value).set(Some(made.clone()));
    Ok(Some(made))
}

/// The evaluator of such a value, None where there is none.
pub(super) fn evaluator(record: Ref, value: usize, lazy: usize) -> Owned {
    let own = record.cast::<PyRecord>();
    match (own.field(lazy).get(), own.field(value).get()) {
        (Some(evaluator), _) => evaluator.to_owned(),
        (None, Some(value)) => constant(value),
        (None, None) => object::new_none(),
    }
}

/// `left | right` where one is a type parameter.
pub(super) fn make_union(thread: &Thread, left: Ref, right: Ref) -> Result {
    union::make(thread, &[left, right])
}

/// The instance dict of a record, in its field `index`.
pub(super) fn record_dict(record: Ref, index: usize, make: bool) -> Option<Ref<PyDict>> {
    let own = record.cast::<PyRecord>();
    if own.field(index).get().is_none() && make {
        own.field(index).set(Some(PyDict::new().upcast()));
    }
    own.field(index).get().map(Ref::cast)
}

/// Notes the module of the code that makes a parameter.
pub(super) fn note_module(thread: &Thread, made: Ref) -> Result<()> {
    match super::eval::current_module(thread) {
        Some(module) => object::set_attr(thread, made, super::names::module(), module.borrow()),
        None => Ok(()),
    }
}

/// A `name` argument.
pub(super) fn name_argument(thread: &Thread, function: &str, name: Option<Ref>) -> Result<Owned> {
    match name {
        Some(name) if types::is_str(name) => Ok(name.to_owned()),
        Some(name) => Err(error::type_error(
            thread,
            format_args!("{function}() argument 'name' must be str, not {}", name.ty().name()),
        )),
        None => Err(error::type_error(thread, format_args!("{function}() missing required argument 'name' (pos 1)"))),
    }
}

/// Refuses to be a base.
pub(super) fn no_base(thread: &Thread, what: &str) -> Result {
    Err(error::type_error(thread, format_args!("Cannot subclass an instance of {what}")))
}

/// `+`, `-` and `~` in front of names that do not infer their variance.
pub(super) fn variance_sign(record: Ref, covariant: usize, contravariant: usize, infer: usize) -> &'static str {
    let set = |index: usize| record.cast::<PyRecord>().field(index).get().is_some_and(object::is_true);
    match (set(infer), set(covariant), set(contravariant)) {
        (true, ..) => "",
        (_, true, _) => "+",
        (_, _, true) => "-",
        _ => "~",
    }
}

/// Checks flags of variance, and gives them as objects.
pub(super) fn variance(
    thread: &Thread,
    covariant: Option<Ref>,
    contravariant: Option<Ref>,
    infer: Option<Ref>,
) -> Result<[Owned; 3]> {
    let truth = |flag: Option<Ref>| flag.map_or(Ok(false), |flag| object::is_truthy(thread, flag));
    let (covariant, contravariant, infer) = (truth(covariant)?, truth(contravariant)?, truth(infer)?);
    if covariant && contravariant {
        return Err(error::value_error(thread, "Bivariant types are not supported."));
    }
    if infer && (covariant || contravariant) {
        return Err(error::value_error(thread, "Variance cannot be specified with infer_variance."));
    }
    Ok([covariant, contravariant, infer].map(object::new_bool))
}

/// A bound or default that has to be a type.
pub(super) fn type_check(thread: &Thread, value: Ref, message: &str) -> Result {
    if object::is_none(value) {
        return Ok(types::none_type().to_owned().upcast());
    }
    typing(thread, "_type_check", &[value, PyStr::new(message).borrow().upcast()])
}

/// Whether the parameter has a default.
pub(super) fn has_default(thread: &Thread, default: Ref) -> bool {
    !default.is(no_default(thread).borrow())
}

macro_rules! field {
    ($name:literal, $index:expr) => {
        GetSetDef::read_only($name, |_, record| {
            Ok(record.cast::<PyRecord>().field($index).get().unwrap_or(none_object()).to_owned())
        })
    };
}
pub(super) use field;
