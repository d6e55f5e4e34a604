//! `list[int]` and its like: `types.GenericAlias` (`Objects/genericaliasobject.c`).

use super::{attr, call, error, iter, object, types, union};
use crate::object::types::flags;
use crate::object::*;

const ORIGIN: usize = 0;
const ARGS: usize = 1;
const PARAMETERS: usize = 2;
const STARRED: usize = 3;
const DICT_FIELDS: usize = 4;

/// `types.GenericAlias`.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "types.GenericAlias",
    flags: flags::BASETYPE | flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(new),
        repr: slot(repr),
        hash: slot(|thread, alias| {
            let hash = object::hash(thread, origin(alias))? ^ object::hash(thread, args(alias).upcast())?;
            Ok(if hash == -1 { -2 } else { hash })
        }),
        call: slot(call_alias),
        getattro: slot(getattro),
        richcompare: slot(compare),
        iter: slot(iterate),
        nb_or: slot(union::or),
        mp_subscript: slot(subscript),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__mro_entries__", |_, alias, _| Ok(PyTuple::from_array([origin(alias).to_owned()]).upcast())),
        MethodDef::one("__instancecheck__", |thread, _, _| {
            Err(error::type_error(thread, "isinstance() argument 2 cannot be a parameterized generic"))
        }),
        MethodDef::one("__subclasscheck__", |thread, _, _| {
            Err(error::type_error(thread, "issubclass() argument 2 cannot be a parameterized generic"))
        }),
        MethodDef::no_args("__reduce__", reduce),
        MethodDef::no_args("__dir__", dir),
    ],
    getset: &[
        GetSetDef::read_only("__origin__", |_, alias| Ok(origin(alias).to_owned())),
        GetSetDef::read_only("__args__", |_, alias| Ok(args(alias).to_owned().upcast())),
        GetSetDef::read_only("__unpacked__", |_, alias| Ok(object::new_bool(is_starred(alias)))),
        GetSetDef::read_only("__parameters__", |thread, alias| Ok(own_parameters(thread, alias)?.upcast())),
        GetSetDef::read_only("__typing_unpacked_tuple_args__", |_, alias| {
            let unpacked = is_starred(alias) && origin(alias).is(types::tuple());
            Ok(if unpacked { args(alias).to_owned().upcast() } else { object::new_none() })
        }),
    ],
    ..TypeSpec::EMPTY
});

/// `generic_alias_iterator`: the alias with a star, once.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "generic_alias_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(|_, iterator| {
            let alias = iterator.cast::<PyRecord>().field(0).take()?;
            let alias = alias.borrow();
            Some(build(alias.ty(), origin(alias).to_owned(), args(alias).to_owned(), true))
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

fn own(alias: Ref) -> Ref<PyRecord> {
    alias.cast()
}

fn origin(alias: Ref) -> Ref {
    own(alias).field(ORIGIN).get().known()
}

fn args(alias: Ref) -> Ref<PyTuple> {
    own(alias).field(ARGS).get().known().cast()
}

fn is_starred(alias: Ref) -> bool {
    own(alias).field(STARRED).is_some()
}

/// Whether an object is an alias.
pub(crate) fn is_alias(object: Ref) -> bool {
    object.ty().is_subtype(types::generic_alias())
}

fn build(class: Ref<PyType>, origin: Owned, args: Owned<PyTuple>, starred: bool) -> Owned {
    let fields: [Option<Owned>; DICT_FIELDS] =
        [Some(origin), Some(args.upcast()), None, starred.then(|| true_object().to_owned())];
    PyRecord::new(class, fields).upcast()
}

/// `origin[item]`, for the `__class_getitem__` of built-in types.
pub(crate) fn make(_: &Thread, origin: Ref, item: Ref) -> Result {
    Ok(build(types::generic_alias(), origin.to_owned(), as_tuple(item), false))
}

fn as_tuple(item: Ref) -> Owned<PyTuple> {
    match item.downcast::<PyTuple>() {
        Some(tuple) => tuple.to_owned(),
        None => PyTuple::from_refs(&[item]),
    }
}

fn new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    call::no_keywords(thread, "GenericAlias", kwargs)?;
    call::check_count(thread, "GenericAlias", arguments.len(), 2, 2)?;
    Ok(build(class, arguments.item(0).to_owned(), as_tuple(arguments.item(1)), false))
}

/// How an alias or union shows one of its arguments (`_Py_typing_type_repr`).
pub(crate) fn argument_text(thread: &Thread, argument: Ref, out: &mut StrBuilder) -> Result<()> {
    if argument.is(ellipsis()) {
        out.push_text("...");
        return Ok(());
    }
    if argument.is(types::none_type()) {
        out.push_text("None");
        return Ok(());
    }
    let optional = |name: &str| attr::get_optional_attr(thread, argument, PyStr::new(name).borrow());
    if optional("__origin__")?.is_none() || optional("__args__")?.is_none() {
        let (qualname, module) = (optional("__qualname__")?, optional("__module__")?);
        if let (Some(qualname), Some(module)) = (qualname, module)
            && !object::is_none(module.borrow())
        {
            let (qualname, module) = (object::str(thread, qualname.borrow())?, object::str(thread, module.borrow())?);
            if !module.borrow().cast::<PyStr>().eq_text("builtins") {
                out.push_str(module.borrow().cast());
                out.push_text(".");
            }
            out.push_str(qualname.borrow().cast());
            return Ok(());
        }
    }
    out.push_str(object::repr(thread, argument)?.borrow().cast());
    Ok(())
}

fn repr(thread: &Thread, alias: Ref) -> Result {
    let mut out = StrBuilder::new();
    if is_starred(alias) {
        out.push_text("*");
    }
    argument_text(thread, origin(alias), &mut out)?;
    out.push_text("[");
    for (at, argument) in args(alias).iter().enumerate() {
        if at > 0 {
            out.push_text(", ");
        }
        match argument.downcast::<PyList>() {
            Some(list) => {
                out.push_text("[");
                for (at, item) in list.to_vec().iter().enumerate() {
                    if at > 0 {
                        out.push_text(", ");
                    }
                    argument_text(thread, item.borrow(), &mut out)?;
                }
                out.push_text("]");
            }
            None => argument_text(thread, argument, &mut out)?,
        }
    }
    if args(alias).is_empty() {
        out.push_text("()");
    }
    out.push_text("]");
    Ok(out.finish().upcast())
}

/// Names that are the alias's own; every other attribute is the origin's.
const EXCEPTIONS: &[&str] = &[
    "__class__",
    "__bases__",
    "__copy__",
    "__deepcopy__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
];

fn getattro(thread: &Thread, alias: Ref, name: Ref) -> Result {
    if let Some(text) = name.downcast::<PyStr>()
        && !EXCEPTIONS.iter().any(|own| text.eq_text(own))
    {
        let origin = origin(alias).to_owned();
        return attr::get_attr(thread, origin.borrow(), text);
    }
    attr::generic_getattr(thread, alias, name)
}

fn call_alias(thread: &Thread, alias: Ref, arguments: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    let origin = origin(alias).to_owned();
    let made = call::call(thread, origin.borrow(), arguments, kwargs)?;
    if attr::set_attr(thread, made.borrow(), PyStr::new("__orig_class__").borrow(), alias).is_err() {
        let ignored = [super::exceptions::attribute_error(), super::exceptions::type_error()];
        if !ignored.into_iter().any(|ty| error::is_set_to(thread, ty)) {
            return Err(crate::exit::Raised);
        }
        thread.clear_exception();
    }
    Ok(made)
}

fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !is_alias(left) || !is_alias(right) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    let same = is_starred(left) == is_starred(right)
        && object::is_equal(thread, origin(left), origin(right))?
        && object::is_equal(thread, args(left).upcast(), args(right).upcast())?;
    Ok(object::new_bool(same == (op == CompareOp::Eq)))
}

fn iterate(_: &Thread, alias: Ref) -> Result {
    Ok(PyRecord::new(types::generic_alias_iterator(), [Some(alias.to_owned())]).upcast())
}

fn reduce(thread: &Thread, alias: Ref) -> Result {
    if is_starred(alias) {
        let plain = build(types::generic_alias(), origin(alias).to_owned(), args(alias).to_owned(), false);
        let iterator = object::get_iter(thread, plain.borrow())?;
        let next = crate::builtins::reduce::builtin(thread, "next");
        return Ok(PyTuple::from_array([next, PyTuple::from_array([iterator]).upcast()]).upcast());
    }
    let pair = PyTuple::from_refs(&[origin(alias), args(alias).upcast()]);
    Ok(PyTuple::from_array([alias.ty().to_owned().upcast(), pair.upcast()]).upcast())
}

fn dir(thread: &Thread, alias: Ref) -> Result {
    let names = object::dir(thread, origin(alias))?;
    for name in EXCEPTIONS.iter().filter(|name| !matches!(**name, "__bases__" | "__copy__" | "__deepcopy__")) {
        let name = PyStr::new(name);
        if !object::contains(thread, names.borrow().upcast(), name.borrow().upcast())? {
            names.push(name.upcast());
        }
    }
    Ok(names.upcast())
}

/// The parameters of the alias, computed once.
fn own_parameters(thread: &Thread, alias: Ref) -> Result<Owned<PyTuple>> {
    if let Some(known) = own(alias).field(PARAMETERS).get() {
        return Ok(known.to_owned().cast());
    }
    let made = parameters_of(thread, args(alias))?;
    own(alias).field(PARAMETERS).set(Some(made.clone().upcast()));
    Ok(made)
}

/// The type parameters in arguments, each once (`_Py_make_parameters`).
pub(crate) fn parameters_of(thread: &Thread, arguments: Ref<PyTuple>) -> Result<Owned<PyTuple>> {
    let mut found = Vec::new();
    collect_parameters(thread, arguments, &mut found)?;
    Ok(PyTuple::from_vec(found))
}

fn add(found: &mut Vec<Owned>, parameter: Ref) {
    if !found.iter().any(|known| known.borrow().is(parameter)) {
        found.push(parameter.to_owned());
    }
}

fn collect_parameters(thread: &Thread, arguments: Ref<PyTuple>, found: &mut Vec<Owned>) -> Result<()> {
    for argument in arguments.iter() {
        // A class has these attributes too, but as descriptors.
        if types::is_type(argument) {
            continue;
        }
        if attr::get_optional_attr(thread, argument, PyStr::new("__typing_subst__").borrow())?.is_some() {
            add(found, argument);
            continue;
        }
        let nested = match (argument.downcast::<PyTuple>(), argument.downcast::<PyList>()) {
            (Some(tuple), _) => Some(tuple.to_owned()),
            (None, Some(list)) => Some(PyTuple::from_vec(list.to_vec())),
            (None, None) => None,
        };
        if let Some(nested) = nested {
            collect_parameters(thread, nested.borrow(), found)?;
            continue;
        }
        let inner = attr::get_optional_attr(thread, argument, PyStr::new("__parameters__").borrow())?;
        if let Some(inner) = inner.as_ref().and_then(|inner| inner.borrow().downcast::<PyTuple>()) {
            inner.iter().for_each(|parameter| add(found, parameter));
        }
    }
    Ok(())
}

fn subscript(thread: &Thread, alias: Ref, item: Ref) -> Result {
    let parameters = own_parameters(thread, alias)?;
    let arguments = substitute(thread, alias, args(alias), parameters.borrow(), item)?;
    Ok(build(alias.ty(), origin(alias).to_owned(), arguments, is_starred(alias)))
}

/// The arguments behind `*tuple[…]`, if the object is one and its length is known.
fn unpacked_args(thread: &Thread, argument: Ref) -> Result<Option<Owned<PyTuple>>> {
    if types::is_type(argument) {
        return Ok(None);
    }
    let found = attr::get_optional_attr(thread, argument, PyStr::new("__typing_unpacked_tuple_args__").borrow())?;
    let Some(tuple) = found.and_then(|found| found.downcast::<PyTuple>().ok()) else { return Ok(None) };
    let open = tuple.borrow().iter().next_back().is_some_and(|last| last.is(ellipsis()));
    Ok((!open).then_some(tuple))
}

/// The items of a subscript, stars taken apart.
fn items_of(thread: &Thread, item: Ref) -> Result<Vec<Owned>> {
    let mut items = Vec::new();
    for argument in as_tuple(item).borrow().iter() {
        match unpacked_args(thread, argument)? {
            Some(inner) => items.extend(inner.borrow().iter().map(Ref::to_owned)),
            None => items.push(argument.to_owned()),
        }
    }
    Ok(items)
}

/// Arguments with the parameters replaced by the items of a subscript (`_Py_subs_parameters`).
pub(crate) fn substitute(
    thread: &Thread,
    whole: Ref,
    arguments: Ref<PyTuple>,
    parameters: Ref<PyTuple>,
    item: Ref,
) -> Result<Owned<PyTuple>> {
    if parameters.is_empty() {
        return Err(error::type_error(
            thread,
            format_args!("{} is not a generic class", object::repr_checked(thread, whole)?),
        ));
    }
    let mut items = PyTuple::from_vec(items_of(thread, item)?);
    for parameter in parameters.iter() {
        let name = PyStr::new("__typing_prepare_subst__");
        if let Some(prepare) = attr::get_optional_attr(thread, parameter, name.borrow())?
            && !object::is_none(prepare.borrow())
        {
            let prepared = call::with(thread, prepare.borrow(), &[whole, items.borrow().upcast()])?;
            items = as_tuple(prepared.borrow());
        }
    }
    if items.borrow().len() != parameters.len() {
        let what = if items.borrow().len() > parameters.len() { "many" } else { "few" };
        return Err(error::type_error(
            thread,
            format_args!(
                "Too {what} arguments for {}; actual {}, expected {}",
                object::repr_checked(thread, whole)?,
                items.borrow().len(),
                parameters.len()
            ),
        ));
    }
    let mut made = Vec::new();
    for argument in arguments.iter() {
        substitute_one(thread, argument, parameters, items.borrow(), &mut made)?;
    }
    Ok(PyTuple::from_vec(made))
}

fn substitute_one(
    thread: &Thread,
    argument: Ref,
    parameters: Ref<PyTuple>,
    items: Ref<PyTuple>,
    made: &mut Vec<Owned>,
) -> Result<()> {
    if types::is_type(argument) {
        made.push(argument.to_owned());
        return Ok(());
    }
    if let Some(list) = argument.downcast::<PyList>() {
        let mut inner = Vec::new();
        for one in list.to_vec() {
            substitute_one(thread, one.borrow(), parameters, items, &mut inner)?;
        }
        made.push(PyList::new(inner).upcast());
        return Ok(());
    }
    if let Some(tuple) = argument.downcast::<PyTuple>() {
        let mut inner = Vec::new();
        for one in tuple.iter() {
            substitute_one(thread, one, parameters, items, &mut inner)?;
        }
        made.push(PyTuple::from_vec(inner).upcast());
        return Ok(());
    }
    let unpack = is_unpacked(thread, argument)?;
    let subst = attr::get_optional_attr(thread, argument, PyStr::new("__typing_subst__").borrow())?;
    let replaced = match subst {
        Some(subst) => {
            let at = parameters.iter().position(|parameter| parameter.is(argument)).unwrap_or(0);
            call::with(thread, subst.borrow(), &[items.item(at)])?
        }
        None => substitute_inner(thread, argument, parameters, items)?,
    };
    match replaced.borrow().downcast::<PyTuple>() {
        Some(tuple) if unpack => made.extend(tuple.iter().map(Ref::to_owned)),
        _ => made.push(replaced),
    }
    Ok(())
}

/// Whether a parameter stands for several arguments.
fn is_unpacked(thread: &Thread, argument: Ref) -> Result<bool> {
    let name = PyStr::new("__typing_is_unpacked_typevartuple__");
    match attr::get_optional_attr(thread, argument, name.borrow())? {
        Some(value) => object::is_truthy(thread, value.borrow()),
        None => Ok(false),
    }
}

/// An argument that has parameters itself, subscripted with what replaces them.
fn substitute_inner(thread: &Thread, argument: Ref, parameters: Ref<PyTuple>, items: Ref<PyTuple>) -> Result {
    let inner = attr::get_optional_attr(thread, argument, PyStr::new("__parameters__").borrow())?;
    let Some(inner) = inner.and_then(|inner| inner.downcast::<PyTuple>().ok()).filter(|t| !t.borrow().is_empty())
    else {
        return Ok(argument.to_owned());
    };
    let mut chosen = Vec::new();
    for parameter in inner.borrow().iter() {
        let Some(at) = parameters.iter().position(|other| other.is(parameter)) else {
            chosen.push(parameter.to_owned());
            continue;
        };
        let item = items.item(at);
        match item.downcast::<PyTuple>() {
            Some(several)
                if is_unpacked(thread, parameter)?
                    || attr::get_optional_attr(thread, parameter, PyStr::new("__typing_prepare_subst__").borrow())?
                        .is_some() =>
            {
                chosen.extend(several.iter().map(Ref::to_owned));
            }
            _ => chosen.push(item.to_owned()),
        }
    }
    let chosen = PyTuple::from_vec(chosen);
    object::get_item(thread, argument, chosen.borrow().upcast())
}
