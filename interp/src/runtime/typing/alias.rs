//! `typing.TypeAliasType`: what `type X = …` makes.

use super::super::{call, error, genericalias, object, types, union};
use super::{evaluator, field, lazy_value};
use crate::object::types::flags;
use crate::object::*;

const NAME: usize = 0;
const PARAMETERS: usize = 1;
const VALUE: usize = 2;
const LAZY_VALUE: usize = 3;
const MODULE: usize = 4;

/// `typing.TypeAliasType`.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "typing.TypeAliasType",
    flags: flags::HAVE_GC,
    base: Some(&super::super::object::TYPE),
    slots: Slots {
        new: slot(new),
        repr: slot(|thread, alias| object::str(thread, own(alias).field(NAME).get().known())),
        nb_or: slot(union::or),
        mp_subscript: slot(|thread, alias, item| {
            if own(alias).field(PARAMETERS).get().is_none() {
                return Err(error::type_error(thread, "Only generic type aliases are subscriptable"));
            }
            genericalias::make(thread, alias, item)
        }),
        iter: slot(|thread, alias| {
            let once = PyTuple::from_array([super::params::unpack(thread, alias)?]);
            object::get_iter(thread, once.borrow().upcast())
        }),
        ..Slots::NONE
    },
    methods: &[MethodDef::no_args("__reduce__", |_, alias| Ok(own(alias).field(NAME).get().known().to_owned()))],
    getset: &[
        field!("__name__", NAME),
        GetSetDef::read_only("__value__", |thread, alias| {
            Ok(lazy_value(thread, alias, VALUE, LAZY_VALUE)?.unwrap_or_else(object::new_none))
        }),
        GetSetDef::read_only("evaluate_value", |_, alias| Ok(evaluator(alias, VALUE, LAZY_VALUE))),
        GetSetDef::read_only("__type_params__", |_, alias| {
            let empty = PyTuple::empty();
            Ok(own(alias).field(PARAMETERS).get().unwrap_or(empty.upcast()).to_owned())
        }),
        GetSetDef::read_only("__parameters__", |thread, alias| match own(alias).field(PARAMETERS).get() {
            Some(parameters) => super::params::unpack_all(thread, parameters).map(Owned::upcast),
            None => Ok(PyTuple::empty().to_owned().upcast()),
        }),
        GetSetDef::read_only("__module__", |_, alias| {
            if let Some(module) = own(alias).field(MODULE).get() {
                return Ok(module.to_owned());
            }
            let function = own(alias).field(LAZY_VALUE).get().and_then(|lazy| lazy.downcast::<PyFunction>());
            let module = function.and_then(|function| function.module.get());
            Ok(module.unwrap_or(none_object()).to_owned())
        }),
    ],
    ..TypeSpec::EMPTY
});

fn own(alias: Ref) -> Ref<PyRecord> {
    alias.cast()
}

/// The alias of a `type` statement: `(name, parameters or None, what computes the value)`.
pub(crate) fn of_syntax(thread: &Thread, parts: Ref<PyTuple>) -> Result {
    let [name, parameters, lazy] = parts.items() else {
        return Err(error::system_error(thread, "a type alias is made of three parts"));
    };
    if parameters.downcast::<PyTuple>().is_none() && !object::is_none(*parameters) {
        return Err(error::system_error(thread, "the parameters of a type alias are a tuple or None"));
    }
    let parameters = (!object::is_none(*parameters)).then(|| (*parameters).to_owned());
    let fields = [Some((*name).to_owned()), parameters, None, Some((*lazy).to_owned()), None];
    Ok(PyRecord::new(types::type_alias(), fields).upcast())
}

/// `TypeAliasType(name, value, *, type_params=())`.
fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "typealias",
        names: &["name", "value", "type_params"],
        positional_only: 0,
        keyword_only: 1,
        required: 2,
    };
    let [name, value, parameters] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let name = super::name_argument(thread, "typealias", name)?;
    let parameters = match parameters {
        None => None,
        Some(parameters) => match parameters.downcast::<PyTuple>() {
            Some(tuple) => Some(tuple).filter(|tuple| !tuple.is_empty()).map(|tuple| tuple.to_owned().upcast()),
            None => return Err(error::type_error(thread, "type_params must be a tuple")),
        },
    };
    let module = super::super::eval::current_module(thread);
    Ok(PyRecord::new(class, [Some(name), parameters, value.map(Ref::to_owned), None, module]).upcast())
}
