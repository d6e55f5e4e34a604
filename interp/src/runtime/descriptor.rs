//! Descriptors of classes: slots, `staticmethod`, `classmethod`, `property`, and the read-only view of a class's dict.

use super::call::Signature;
use super::{attr, call, error, names, object, types};
use crate::exit::Raised;
use crate::object::method::MethodFn;
use crate::object::types::flags;
use crate::object::*;

/// `member_descriptor`.
pub(crate) static MEMBER_TYPE: PyType = PyType::container::<PyMember>(TypeSpec {
    name: "member_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, member| {
            let own = member.cast::<PyMember>();
            let text = format!("<member '{}' of '{}' objects>", own.name().to_string_lossy(), own.owner().name());
            Ok(PyStr::new(&text).upcast())
        }),
        descr_get: slot(|thread, member, instance, _| {
            let own = member.cast::<PyMember>();
            let Some(instance) = instance else { return Ok(member.to_owned()) };
            check_member(thread, own, instance)?;
            if let Some(field) = own.field() {
                return (field.get)(thread, instance);
            }
            match own.get(instance) {
                Some(value) => Ok(value.to_owned()),
                None if own.absent_is_none() => Ok(object::new_none()),
                None => Err(attr::no_attribute(thread, instance, own.name())),
            }
        }),
        descr_set: slot(|thread, member, instance, value| {
            let own = member.cast::<PyMember>();
            check_member(thread, own, instance)?;
            if own.field().is_some() {
                return attr::refuse_to_set(thread, instance, value);
            }
            let old = own.replace(instance, value.map(Ref::to_owned));
            if value.is_none() && old.is_none() {
                let name = own.name().to_string_lossy();
                return Err(attr::attribute_error(thread, instance, own.name(), name));
            }
            Ok(())
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("__name__", |_, member| Ok(member.cast::<PyMember>().name().to_owned().upcast())),
        GetSetDef::read_only("__objclass__", |_, member| Ok(member.cast::<PyMember>().owner().to_owned().upcast())),
        GetSetDef::read_only("__qualname__", |_, member| {
            let own = member.cast::<PyMember>();
            let text = format!("{}.{}", types::short_name(own.owner()), own.name().to_string_lossy());
            Ok(PyStr::new(&text).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

fn check_member(thread: &Thread, own: Ref<PyMember>, instance: Ref) -> Result<()> {
    if instance.ty().is_subtype(own.owner()) {
        return Ok(());
    }
    Err(error::type_error(
        thread,
        format_args!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            own.name().to_string_lossy(),
            own.owner().name(),
            instance.ty().name()
        ),
    ))
}

/// The descriptor of a `__slots__` entry.
pub(crate) fn member(owner: Ref<PyType>, name: Owned<PyStr>, offset: usize) -> Owned {
    PyMember::new(owner, name, offset).upcast()
}

static INSTANCE_DICT: GetSetDef = GetSetDef::new("__dict__", attr::dict_getter, attr::dict_setter);
static INSTANCE_WEAKREF: GetSetDef =
    GetSetDef::read_only("__weakref__", |_, object| Ok(crate::modules::weakref::first(object)));

/// `__dict__` of a class's instances.
pub(crate) fn instance_dict(owner: Ref<PyType>) -> Owned {
    PyGetSetDescr::new(owner, &INSTANCE_DICT).upcast()
}

/// `__weakref__` of a class's instances.
pub(crate) fn instance_weakref(owner: Ref<PyType>) -> Owned {
    PyGetSetDescr::new(owner, &INSTANCE_WEAKREF).upcast()
}

static NEW: MethodDef = MethodDef::new("__new__", MethodFn::FastKeywords(new_wrapper));

/// `__new__` of a built-in type as a function (`tp_new_wrapper`).
pub(crate) fn new_function(ty: Ref<PyType>) -> Owned {
    PyCFunction::new(&NEW, Some(ty.to_owned().upcast()), None).upcast()
}

/// The `tp_new` behind such a function.
pub(crate) fn new_slot_of(object: Ref) -> Option<slots::New> {
    let function = object.downcast::<PyCFunction>().filter(|function| std::ptr::eq(function.def(), &NEW))?;
    function.receiver().downcast::<PyType>()?.slots.new.get()
}

fn new_wrapper(thread: &Thread, receiver: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let ty: Ref<PyType> = receiver.cast();
    let name = types::short_name(ty);
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let Some((&first, rest)) = arguments.split_first().filter(|_| positional > 0) else {
        return Err(error::type_error(thread, format_args!("{name}.__new__(): not enough arguments")));
    };
    let Some(class) = first.downcast::<PyType>() else {
        return Err(error::type_error(
            thread,
            format_args!("{name}.__new__(X): X is not a type object ({})", first.ty().name()),
        ));
    };
    let class_name = types::short_name(class);
    if !class.is_subtype(ty) {
        return Err(error::type_error(
            thread,
            format_args!("{name}.__new__({class_name}): {class_name} is not a subtype of {name}"),
        ));
    }
    // The most derived built-in base must be the one whose `__new__` this is.
    let builtin = std::iter::successors(Some(class), |class| class.base.get())
        .find(|class| !class.has_feature(flags::HEAPTYPE))
        .unwrap_or(ty);
    let differs = match (builtin.slots.new.get(), ty.slots.new.get()) {
        (Some(a), Some(b)) => !std::ptr::fn_addr_eq(a, b),
        (own, other) => own.is_some() != other.is_some(),
    };
    if differs {
        return Err(error::type_error(
            thread,
            format_args!("{name}.__new__({class_name}) is not safe, use {}.__new__()", types::short_name(builtin)),
        ));
    }
    let (args, kwargs) = call::collect(thread, rest, keywords)?;
    let Some(new) = ty.slots.new.get() else { return Err(types::cannot_create(thread, ty)) };
    new(thread, class, args.borrow(), kwargs.as_ref().map(Owned::borrow))
}

fn holder_callable(thread: &Thread, holder: Ref) -> Result<Ref> {
    holder
        .cast::<PyMethodHolder>()
        .callable
        .get()
        .ok_or_else(|| error::runtime_error(thread, format_args!("uninitialized {} object", holder.ty().name())))
}

fn holder_new(_: &Thread, class: Ref<PyType>, _args: Ref<PyTuple>, _kwargs: Option<Ref<PyDict>>) -> Result {
    Ok(PyMethodHolder::new(class, None).upcast())
}

fn holder_init(thread: &Thread, holder: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    let name = holder.ty().name().to_owned();
    call::no_keywords(thread, &name, kwargs)?;
    call::check_count(thread, &name, args.len(), 1, 1)?;
    holder.cast::<PyMethodHolder>().callable.set(Some(args.item(0).to_owned()));
    Ok(())
}

fn holder_repr(thread: &Thread, holder: Ref) -> Result {
    let callable = holder_callable(thread, holder)?;
    let text = format!("<{}({})>", holder.ty().name(), object::repr_checked(thread, callable)?);
    Ok(PyStr::new(&text).upcast())
}

/// The instance dict of a staticmethod or classmethod.
fn holder_dict(holder: Ref, make: bool) -> Option<Ref<PyDict>> {
    let own = holder.cast::<PyMethodHolder>();
    if own.dict.get().is_none() && make {
        own.dict.set(Some(PyDict::new()));
    }
    own.dict.get()
}

macro_rules! holder_attributes {
    ($($name:literal),*) => {
        &[
            GetSetDef::field("__func__", |thread, h| Ok(holder_callable(thread, h)?.to_owned())),
            GetSetDef::field("__wrapped__", |thread, h| Ok(holder_callable(thread, h)?.to_owned())),
            GetSetDef::read_only("__isabstractmethod__", |thread, h| {
                let callable = holder_callable(thread, h)?;
                Ok(object::new_bool(is_abstract(thread, callable)?))
            }),
            GetSetDef::new("__dict__", attr::dict_getter, attr::dict_setter),
            $(GetSetDef::read_only($name, |thread, h| {
                let callable = holder_callable(thread, h)?;
                let name = PyStr::new($name);
                attr::get_attr(thread, callable, name.borrow())
            }),)*
        ]
    };
}

fn is_abstract(thread: &Thread, callable: Ref) -> Result<bool> {
    let name = PyStr::new("__isabstractmethod__");
    match attr::get_optional_attr(thread, callable, name.borrow())? {
        Some(value) => object::is_truthy(thread, value.borrow()),
        None => Ok(false),
    }
}

/// `staticmethod`.
pub(crate) static STATICMETHOD_TYPE: PyType = PyType::container::<PyMethodHolder>(TypeSpec {
    name: "staticmethod",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(holder_repr),
        new: slot(holder_new),
        init: slot(holder_init),
        dict_of: slot(holder_dict),
        descr_get: slot(|thread, holder, _, _| Ok(holder_callable(thread, holder)?.to_owned())),
        call: slot(|thread, holder, args, kwargs| {
            let callable = holder_callable(thread, holder)?.to_owned();
            call::call(thread, callable.borrow(), args, kwargs)
        }),
        ..Slots::NONE
    },
    getset: holder_attributes!("__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__annotate__"),
    ..TypeSpec::EMPTY
});

/// `classmethod`.
pub(crate) static CLASSMETHOD_TYPE: PyType = PyType::container::<PyMethodHolder>(TypeSpec {
    name: "classmethod",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(holder_repr),
        new: slot(holder_new),
        init: slot(holder_init),
        dict_of: slot(holder_dict),
        descr_get: slot(|thread, holder, instance, owner| {
            let callable = holder_callable(thread, holder)?.to_owned();
            let class = owner.or(instance.map(|instance| instance.ty().upcast())).unwrap_or(none_object());
            Ok(PyMethod::new(callable, class.to_owned()).upcast())
        }),
        ..Slots::NONE
    },
    getset: holder_attributes!("__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__annotate__"),
    ..TypeSpec::EMPTY
});

/// A staticmethod of a callable.
pub(crate) fn static_method(callable: Owned) -> Owned {
    PyMethodHolder::new(types::staticmethod(), Some(callable)).upcast()
}

/// A classmethod of a callable.
pub(crate) fn class_method(callable: Owned) -> Owned {
    PyMethodHolder::new(types::classmethod(), Some(callable)).upcast()
}

/// `property`.
pub(crate) static PROPERTY_TYPE: PyType = PyType::container::<PyProperty>(TypeSpec {
    name: "property",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyProperty::new(class).upcast())),
        init: slot(property_init),
        descr_get: slot(property_get),
        descr_set: slot(property_set),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("getter", |thread, property, f| property_copy(thread, property, Some(f), None, None)),
        MethodDef::one("setter", |thread, property, f| property_copy(thread, property, None, Some(f), None)),
        MethodDef::one("deleter", |thread, property, f| property_copy(thread, property, None, None, Some(f))),
        MethodDef::fast("__set_name__", |thread, property, arguments| {
            call::check_count(thread, "__set_name__()", arguments.len(), 2, 2)?;
            property.cast::<PyProperty>().name.set(Some(arguments[1].to_owned()));
            Ok(object::new_none())
        }),
    ],
    getset: &[
        GetSetDef::field("fget", |_, p| Ok(optional(&p.cast::<PyProperty>().getter))),
        GetSetDef::field("fset", |_, p| Ok(optional(&p.cast::<PyProperty>().setter))),
        GetSetDef::field("fdel", |_, p| Ok(optional(&p.cast::<PyProperty>().deleter))),
        GetSetDef::new(
            "__doc__",
            |_, p| Ok(optional(&p.cast::<PyProperty>().doc)),
            |_, p, value| {
                p.cast::<PyProperty>().doc.set(value.map(Ref::to_owned));
                Ok(())
            },
        ),
        GetSetDef::new(
            "__name__",
            |thread, p| match property_name(thread, p.cast())? {
                Some(name) => Ok(name),
                None => Err(attr::no_attribute(thread, p, names::name())),
            },
            |_, p, value| {
                p.cast::<PyProperty>().name.set(value.map(Ref::to_owned));
                Ok(())
            },
        ),
        GetSetDef::read_only("__isabstractmethod__", |thread, p| {
            let own = p.cast::<PyProperty>();
            for function in [own.getter.get(), own.setter.get(), own.deleter.get()].into_iter().flatten() {
                if is_abstract(thread, function)? {
                    return Ok(object::new_bool(true));
                }
            }
            Ok(object::new_bool(false))
        }),
    ],
    ..TypeSpec::EMPTY
});

fn optional(field: &OptField) -> Owned {
    field.get().unwrap_or(none_object()).to_owned()
}

fn property_init(thread: &Thread, property: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "property",
        names: &["fget", "fset", "fdel", "doc"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [getter, setter, deleter, doc] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let own = property.cast::<PyProperty>();
    let some = |value: Option<Ref>| value.filter(|&value| !object::is_none(value)).map(Ref::to_owned);
    own.getter.set(some(getter));
    own.setter.set(some(setter));
    own.deleter.set(some(deleter));
    let mut text = some(doc);
    if text.is_none()
        && let Some(getter) = own.getter.get()
    {
        text = attr::get_optional_attr(thread, getter, names::doc())?.filter(|doc| !object::is_none(doc.borrow()));
    }
    if property.is_exact(types::property()) {
        own.doc.set(text);
        return Ok(());
    }
    // A class's own `__doc__` would hide the field: the text goes where attributes of instances are.
    let text = text.unwrap_or_else(object::new_none);
    if attr::set_attr(thread, property, names::doc(), text.borrow()).is_err() {
        if !error::is_set_to(thread, super::exceptions::attribute_error()) {
            return Err(Raised);
        }
        thread.clear_exception();
    }
    Ok(())
}

fn property_copy(
    thread: &Thread,
    property: Ref,
    getter: Option<Ref>,
    setter: Option<Ref>,
    deleter: Option<Ref>,
) -> Result {
    let own = property.cast::<PyProperty>();
    let none = none_object();
    let pick =
        |new: Option<Ref>, old: &OptField| new.filter(|&new| !object::is_none(new)).or(old.get()).unwrap_or(none);
    let doc = if getter.is_some() { none } else { own.doc.get().unwrap_or(none) };
    let arguments = [pick(getter, &own.getter), pick(setter, &own.setter), pick(deleter, &own.deleter), doc];
    let copy = call::with(thread, property.ty().upcast(), &arguments)?;
    if let Some(copy) = copy.borrow().downcast::<PyProperty>() {
        copy.name.set(own.name.get().map(Ref::to_owned));
    }
    Ok(copy)
}

fn property_name(thread: &Thread, own: Ref<PyProperty>) -> Result<Option<Owned>> {
    if let Some(name) = own.name.get() {
        return Ok(Some(name.to_owned()));
    }
    match own.getter.get() {
        Some(getter) => attr::get_optional_attr(thread, getter, names::name()),
        None => Ok(None),
    }
}

/// `property 'x' of 'C' object has no getter`.
#[cold]
fn lacks(thread: &Thread, own: Ref<PyProperty>, instance: Ref, what: &str) -> Raised {
    let name = match property_name(thread, own) {
        Ok(name) => name.map(|name| object::repr_text(thread, name.borrow())),
        Err(raised) => return raised,
    };
    let class = types::qualified_short(instance.ty());
    let text = match name {
        Some(name) => format!("property {name} of '{class}' object has no {what}"),
        None => format!("property of '{class}' object has no {what}"),
    };
    error::attribute_error(thread, text)
}

fn property_get(thread: &Thread, property: Ref, instance: Option<Ref>, _owner: Option<Ref>) -> Result {
    let own = property.cast::<PyProperty>();
    let Some(instance) = instance.filter(|&instance| !object::is_none(instance)) else {
        return Ok(property.to_owned());
    };
    match own.getter.get().map(Ref::to_owned) {
        Some(getter) => call::with(thread, getter.borrow(), &[instance]),
        None => Err(lacks(thread, own, instance, "getter")),
    }
}

fn property_set(thread: &Thread, property: Ref, instance: Ref, value: Option<Ref>) -> Result<()> {
    let own = property.cast::<PyProperty>();
    let function = if value.is_some() { &own.setter } else { &own.deleter };
    let Some(function) = function.get().map(Ref::to_owned) else {
        return Err(lacks(thread, own, instance, if value.is_some() { "setter" } else { "deleter" }));
    };
    match value {
        Some(value) => call::with(thread, function.borrow(), &[instance, value])?,
        None => call::with(thread, function.borrow(), &[instance])?,
    };
    Ok(())
}

/// `mappingproxy`.
pub(crate) static MAPPING_PROXY_TYPE: PyType = PyType::container::<PyMappingProxy>(TypeSpec {
    name: "mappingproxy",
    flags: flags::HAVE_GC | flags::MAPPING,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(|thread, _, args, kwargs| {
            static SIGNATURE: Signature = Signature {
                function: "mappingproxy",
                names: &["mapping"],
                positional_only: 0,
                keyword_only: 0,
                required: 1,
            };
            let [mapping] = SIGNATURE.bind_tuple::<1>(thread, args, kwargs)?;
            let mapping = mapping.unwrap_or(none_object());
            let listed = types::is_list(mapping) || types::is_tuple(mapping);
            if mapping.ty().slots.mp_subscript.get().is_none() || listed {
                let name = mapping.ty().name().to_owned();
                let message = format!("mappingproxy() argument must be a mapping, not {name}");
                return Err(error::type_error(thread, message));
            }
            Ok(mapping_proxy_of(mapping.to_owned()))
        }),
        hash: slot(|thread, proxy| object::hash(thread, inner(proxy))),
        nb_inplace_or: slot(|thread, proxy, _| {
            let name = proxy.ty().name().to_owned();
            let message = format!("'|=' is not supported by {name}; use '|' instead");
            Err(error::type_error(thread, message))
        }),
        repr: slot(|thread, proxy| {
            let text = object::repr_checked(thread, inner(proxy))?;
            Ok(PyStr::new(&format!("mappingproxy({text})")).upcast())
        }),
        str: slot(|thread, proxy| object::str(thread, inner(proxy))),
        iter: slot(|thread, proxy| object::get_iter(thread, inner(proxy))),
        mp_length: slot(|thread, proxy| object::length(thread, inner(proxy))),
        mp_subscript: slot(|thread, proxy, key| object::get_item(thread, inner(proxy), key)),
        sq_contains: slot(|thread, proxy, key| object::contains(thread, inner(proxy), key)),
        richcompare: slot(|thread, proxy, other, op| object::compare(thread, inner(proxy), other, op)),
        nb_or: slot(|thread, left, right| {
            let unwrap = |side: Ref| side.downcast::<PyMappingProxy>().map_or(side, |proxy| proxy.mapping.get());
            super::number::or(thread, unwrap(left), unwrap(right))
        }),
        ..Slots::NONE
    },
    methods: &[
        forward("get"),
        forward("keys"),
        forward("values"),
        forward("items"),
        forward("copy"),
        forward("__reversed__"),
    ],
    ..TypeSpec::EMPTY
});

/// A method that is the mapping's own.
const fn forward(name: &'static str) -> MethodDef {
    macro_rules! by_name {
        ($($text:literal),*) => {
            match name.as_bytes() {
                $(text if text.len() == $text.len() && text[0] == $text.as_bytes()[0] && text[text.len() - 1] == $text.as_bytes()[$text.len() - 1] => {
                    MethodDef::fast($text, |thread, proxy, arguments| {
                        let name = PyStr::new($text);
                        object::call_method(thread, inner(proxy), name.borrow(), arguments)
                    })
                })*
                _ => panic!("not a method of mappings"),
            }
        };
    }
    by_name!("get", "keys", "values", "items", "copy", "__reversed__")
}

fn inner(proxy: Ref) -> Ref {
    proxy.cast::<PyMappingProxy>().mapping.get()
}

fn mapping_proxy_of(mapping: Owned) -> Owned {
    PyMappingProxy::new(mapping).upcast()
}

/// A read-only view of a dict.
pub(crate) fn mapping_proxy(dict: Owned<PyDict>) -> Owned {
    mapping_proxy_of(dict.upcast())
}
