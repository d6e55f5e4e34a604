//! `type` and `object`: calling classes, their attributes, and what every instance has (`Objects/typeobject.c`).

use super::{attr, call, descriptor, error, names, object, slotdefs, types};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// `type`.
pub(crate) static TYPE: PyType = PyType::container::<PyType>(TypeSpec {
    name: "type",
    itemsize: 40,
    flags: flags::BASETYPE | flags::TYPE_SUBCLASS | flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(type_repr),
        call: slot(type_call),
        nb_or: slot(super::union::or),
        vectorcall: slot(type_vectorcall),
        getattro: slot(type_getattr),
        setattro: slot(type_setattr),
        new: slot(super::classes::type_new),
        init: slot(|thread, _, args, _| {
            if args.len() != 1 && args.len() != 3 {
                return Err(error::type_error(thread, "type.__init__() takes 1 or 3 arguments"));
            }
            Ok(())
        }),
        dict_of: slot(|class, _| class.cast::<PyType>().dict.get()),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("mro", |thread, class| {
            let mro = super::classes::compute_mro(thread, class.cast())?;
            Ok(PyList::new(mro).upcast())
        }),
        MethodDef::no_args("__subclasses__", |_, class| {
            let found: Vec<Owned> = class
                .cast::<PyType>()
                .subclasses
                .borrow()
                .iter()
                .map(|&subclass| subclass.to_owned().upcast())
                .collect();
            Ok(PyList::new(found).upcast())
        }),
        MethodDef::one("__instancecheck__", |thread, class, instance| {
            Ok(object::new_bool(object::instance_of(thread, instance, class)?))
        }),
        MethodDef::one("__subclasscheck__", |thread, class, derived| {
            Ok(object::new_bool(object::subclass_of(thread, derived, class)?))
        }),
        MethodDef::keywords("__prepare__", |_, _, _, _| Ok(PyDict::new().upcast())).of_class(),
        MethodDef::no_args("__dir__", |thread, class| type_dir(thread, class.cast())),
        MethodDef::no_args("__sizeof__", |_, class| {
            let heap = class.cast::<PyType>().has_feature(flags::HEAPTYPE);
            Ok(PyInt::from_i64(if heap { 888 } else { 416 }).upcast())
        }),
    ],
    getset: TYPE_GETSET,
    ..TypeSpec::EMPTY
});

fn type_repr(_: &Thread, class: Ref) -> Result {
    Ok(PyStr::new(&format!("<class '{}'>", types::qualified_name(class.cast()))).upcast())
}

/// The slot that builds instances by vectorcall, if the class has its own (`tp->tp_vectorcall`).
pub(crate) fn type_vectorcall(
    thread: &Thread,
    class: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    let own: Ref<PyType> = class.cast();
    if let Some(construct) = own.slots.construct.get() {
        return construct(thread, class, arguments, keywords);
    }
    let (args, kwargs) = call::collect(thread, arguments, keywords)?;
    type_call(thread, class, args.borrow(), kwargs.as_ref().map(Owned::borrow))
}

/// `type_call`: `__new__`, then `__init__` if an instance came out.
fn type_call(thread: &Thread, class: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    let class: Ref<PyType> = class.cast();
    if class.is(types::type_()) {
        let plain = kwargs.is_none_or(|kwargs| kwargs.is_empty());
        if args.len() == 1 && plain {
            return Ok(args.item(0).ty().to_owned().upcast());
        }
        if args.len() != 3 {
            return Err(error::type_error(thread, "type() takes 1 or 3 arguments"));
        }
    }
    let Some(new) = class.slots.new.get() else { return Err(types::cannot_create(thread, class)) };
    let _depth = super::eval::native_call(thread, " while calling a Python object")?;
    let instance = new(thread, class, args, kwargs)?;
    let ty = instance.borrow().ty();
    if ty.is_subtype(class)
        && let Some(init) = ty.slots.init.get()
    {
        init(thread, instance.borrow(), args, kwargs)?;
    }
    Ok(instance)
}

/// `type_getattro`: metatype data descriptors, then the class's own MRO, then other metatype attributes.
fn type_getattr(thread: &Thread, class: Ref, name: Ref) -> Result {
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(error::type_error(
            thread,
            format_args!("attribute name must be string, not '{}'", name.ty().name()),
        ));
    };
    let own: Ref<PyType> = class.cast();
    let metatype = class.ty();
    let of_meta = types::lookup(metatype, name).map(Ref::to_owned);
    let meta_get = of_meta.as_ref().and_then(|a| a.borrow().ty().slots.descr_get.get());
    if let (Some(attribute), Some(get)) = (&of_meta, meta_get)
        && attribute.borrow().ty().slots.descr_set.get().is_some()
    {
        return get(thread, attribute.borrow(), Some(class), Some(metatype.upcast()));
    }
    if let Some(attribute) = types::lookup(own, name).map(Ref::to_owned) {
        return match attribute.borrow().ty().slots.descr_get.get() {
            Some(get) => get(thread, attribute.borrow(), None, Some(class)),
            None => Ok(attribute),
        };
    }
    match (of_meta, meta_get) {
        (Some(attribute), Some(get)) => get(thread, attribute.borrow(), Some(class), Some(metatype.upcast())),
        (Some(attribute), None) => Ok(attribute),
        (None, _) => Err(attr::attribute_error(
            thread,
            class,
            name,
            format!("type object '{}' has no attribute '{}'", own.name(), name.to_string_lossy()),
        )),
    }
}

/// `type_setattro`: built-in types cannot be changed; a special method changes slots.
fn type_setattr(thread: &Thread, class: Ref, name: Ref, value: Option<Ref>) -> Result<()> {
    let own: Ref<PyType> = class.cast();
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(error::type_error(
            thread,
            format_args!("attribute name must be string, not '{}'", name.ty().name()),
        ));
    };
    if own.has_feature(flags::IMMUTABLETYPE) {
        return Err(error::type_error(
            thread,
            format_args!("cannot set '{}' attribute of immutable type '{}'", name.to_string_lossy(), own.name()),
        ));
    }
    let name = thread.state.interned.intern(PyStr::plain_copy(name));
    if let Some(descriptor) = types::lookup(class.ty(), name).map(Ref::to_owned)
        && let Some(set) = descriptor.borrow().ty().slots.descr_set.get()
    {
        return set(thread, descriptor.borrow(), class, value);
    }
    types::modified(own);
    let dict = own.dict.get().known();
    match value {
        Some(value) => dict.set_str(name, value.to_owned()),
        None => match dict.remove_str(name) {
            Some(old) => drop(old),
            None => {
                let text = name.to_string_lossy();
                let message = format!("type object '{}' has no attribute '{text}'", own.name());
                return Err(attr::attribute_error(thread, class, name, message));
            }
        },
    }
    slotdefs::update(own, name);
    Ok(())
}

/// Sets the call slots of a class that follow from `__call__` and `__new__`.
pub(crate) fn fix_vectorcall(class: Ref<PyType>) {
    let slots = &class.slots;
    if slots.call.get().is_some_and(|f| std::ptr::fn_addr_eq(f, super::trampolines::call as slots::Call)) {
        slots.vectorcall.set(None);
    } else if let Some(base) = class.base.get() {
        slots.vectorcall.set(base.slots.vectorcall.get());
    }
}

fn type_dir(thread: &Thread, class: Ref<PyType>) -> Result {
    let names = PyDict::new();
    for base in class.mro_tuple().iter() {
        if let Some(dict) = base.cast::<PyType>().dict.get() {
            for (name, _) in dict.items() {
                names.borrow().set(thread, name.borrow(), object::new_none())?;
            }
        }
    }
    Ok(PyList::new(names.items().into_iter().map(|(name, _)| name).collect()).upcast())
}

/// `class[key]` (`__class_getitem__`).
pub(crate) fn class_getitem(thread: &Thread, class: Ref<PyType>, key: Ref) -> Result {
    let Some(method) = attr::get_optional_attr(thread, class.upcast(), names::class_getitem())? else {
        return Err(error::type_error(thread, format_args!("type '{}' is not subscriptable", class.name())));
    };
    call::with(thread, method.borrow(), &[key])
}

static TYPE_GETSET: &[GetSetDef] = &[
    GetSetDef::new(
        "__name__",
        |_, class| Ok(PyStr::new(&types::short_name(class.cast())).upcast()),
        |thread, class, value| {
            let own = settable(thread, class, "__name__", value)?;
            let Some(name) = value.and_then(|value| value.downcast::<PyStr>()) else {
                return Err(error::type_error(
                    thread,
                    format_args!(
                        "can only assign string to {}.__name__, not '{}'",
                        own.name(),
                        value.map_or("NULL".to_owned(), |value| value.ty().name().to_owned())
                    ),
                ));
            };
            own.set_name(name.to_owned());
            Ok(())
        },
    ),
    GetSetDef::new(
        "__qualname__",
        |_, class| {
            let own: Ref<PyType> = class.cast();
            Ok(own.qualname.get().map_or_else(|| PyStr::new(&types::short_name(own)), Ref::to_owned).upcast())
        },
        |thread, class, value| {
            let own = settable(thread, class, "__qualname__", value)?;
            let Some(name) = value.and_then(|value| value.downcast::<PyStr>()) else {
                return Err(error::type_error(
                    thread,
                    format_args!(
                        "can only assign string to {}.__qualname__, not '{}'",
                        own.name(),
                        value.map_or("NULL".to_owned(), |value| value.ty().name().to_owned())
                    ),
                ));
            };
            own.qualname.set(Some(name.to_owned()));
            Ok(())
        },
    ),
    GetSetDef::new(
        "__module__",
        |_, class| {
            let own: Ref<PyType> = class.cast();
            if own.has_feature(flags::HEAPTYPE) {
                let found = own.dict.get().and_then(|dict| dict.get_str(names::module()));
                return Ok(found.map_or_else(|| PyStr::new("builtins").upcast(), Ref::to_owned));
            }
            let module = own.name().rsplit_once('.').map_or("builtins", |(module, _)| module).to_owned();
            Ok(PyStr::new(&module).upcast())
        },
        |thread, class, value| {
            let own = settable(thread, class, "__module__", value)?;
            types::modified(own);
            let dict = own.dict.get().known();
            dict.set_str(names::module(), value.known().to_owned());
            drop(dict.remove_str(PyStr::new("__firstlineno__").borrow()));
            Ok(())
        },
    ),
    GetSetDef::new(
        "__bases__",
        |_, class| Ok(class.cast::<PyType>().bases.get().unwrap_or_else(PyTuple::empty).to_owned().upcast()),
        |thread, class, value| {
            let own = settable(thread, class, "__bases__", value)?;
            super::rebase::set_bases(thread, own, value.known())
        },
    ),
    GetSetDef::read_only("__base__", |_, class| {
        Ok(class.cast::<PyType>().base.get().map_or_else(object::new_none, |base| base.to_owned().upcast()))
    }),
    GetSetDef::read_only("__mro__", |_, class| Ok(class.cast::<PyType>().mro_tuple().to_owned().upcast())),
    GetSetDef::read_only("__dict__", |_, class| {
        Ok(descriptor::mapping_proxy(class.cast::<PyType>().dict.get().known().to_owned()))
    }),
    GetSetDef::read_only("__basicsize__", |_, class| {
        Ok(PyInt::from_i64(class.cast::<PyType>().basicsize.get() as i64).upcast())
    }),
    GetSetDef::read_only("__itemsize__", |_, class| {
        Ok(PyInt::from_i64(class.cast::<PyType>().itemsize.get() as i64).upcast())
    }),
    GetSetDef::read_only("__dictoffset__", |_, class| {
        let own: Ref<PyType> = class.cast();
        let offset = if own.has_feature(flags::MANAGED_DICT) { -1 } else { own.dictoffset.get() as i64 };
        Ok(PyInt::from_i64(offset).upcast())
    }),
    GetSetDef::read_only("__weakrefoffset__", |_, class| {
        let own: Ref<PyType> = class.cast();
        let managed = own.has_feature(flags::MANAGED_WEAKREF);
        let offset = if managed { -(size_of::<usize>() as i64) * 4 } else { own.weaklistoffset.get() as i64 };
        Ok(PyInt::from_i64(offset).upcast())
    }),
    GetSetDef::read_only("__text_signature__", |_, class| Ok(super::signatures::of_type(class.cast()))),
    GetSetDef::read_only("__flags__", |_, class| Ok(PyInt::from_i64(class.cast::<PyType>().flags() as i64).upcast())),
    GetSetDef::new(
        "__doc__",
        |thread, class| {
            let own: Ref<PyType> = class.cast();
            let found = own.dict.get().and_then(|dict| dict.get_str(names::doc())).map(Ref::to_owned);
            match found {
                None => Ok(object::new_none()),
                Some(found) => match found.borrow().ty().slots.descr_get.get() {
                    Some(get) => get(thread, found.borrow(), None, Some(class)),
                    None => Ok(found),
                },
            }
        },
        |thread, class, value| {
            let own = settable(thread, class, "__doc__", value)?;
            types::modified(own);
            own.dict.get().known().set_str(names::doc(), value.known().to_owned());
            Ok(())
        },
    ),
    GetSetDef::new(
        "__abstractmethods__",
        |thread, class| {
            let own: Ref<PyType> = class.cast();
            let found = own.dict.get().and_then(|dict| dict.get_str(names::abstractmethods()));
            match found.filter(|_| !own.is(types::type_())) {
                Some(found) => Ok(found.to_owned()),
                None => Err(attr::attribute_error(
                    thread,
                    class,
                    names::abstractmethods(),
                    "__abstractmethods__".to_owned(),
                )),
            }
        },
        |thread, class, value| {
            let own: Ref<PyType> = class.cast();
            let abstract_ = match value {
                Some(value) => {
                    let truth = object::is_truthy(thread, value)?;
                    own.dict.get().known().set_str(names::abstractmethods(), value.to_owned());
                    truth
                }
                None => {
                    drop(own.dict.get().known().remove_str(names::abstractmethods()));
                    false
                }
            };
            types::modified(own);
            let flag = if abstract_ { flags::IS_ABSTRACT } else { 0 };
            own.set_flags(own.flags() & !flags::IS_ABSTRACT | flag);
            Ok(())
        },
    ),
    GetSetDef::new(
        "__annotate__",
        |_, class| own_or_none(class, names::annotate_func()),
        |thread, class, value| {
            let own = settable(thread, class, "__annotate__", value)?;
            let value = value.known();
            if !object::is_none(value) && !types::is_callable(value) {
                return Err(error::type_error(thread, "__annotate__ must be callable or None"));
            }
            types::modified(own);
            if !object::is_none(value) {
                drop(own.dict.get().known().remove_str(names::annotations()));
                drop(own.dict.get().known().remove_str(names::annotations_cache()));
            }
            let dict = own.dict.get().known();
            dict.set_str(names::annotate_func(), value.to_owned());
            Ok(())
        },
    ),
    GetSetDef::new("__annotations__", annotations, |thread, class, value| {
        let own: Ref<PyType> = class.cast();
        let dict = own.dict.get().known();
        types::modified(own);
        match value {
            Some(value) => {
                dict.set_str(names::annotations_cache(), value.to_owned());
                dict.set_str(names::annotate_func(), object::new_none());
            }
            None => {
                if dict.remove_str(names::annotations_cache()).is_none() {
                    return Err(attr::no_attribute(thread, class, names::annotations()));
                }
            }
        }
        Ok(())
    }),
    GetSetDef::new(
        "__type_params__",
        |_, class| {
            let own: Ref<PyType> = class.cast();
            let found = own.dict.get().and_then(|dict| dict.get_str(names::type_params()));
            Ok(found.map_or_else(|| PyTuple::empty().to_owned().upcast(), Ref::to_owned))
        },
        |thread, class, value| {
            let own = settable(thread, class, "__type_params__", value)?;
            own.dict.get().known().set_str(names::type_params(), value.known().to_owned());
            types::modified(own);
            Ok(())
        },
    ),
];

fn own_or_none(class: Ref, name: Ref<PyStr>) -> Result {
    let own: Ref<PyType> = class.cast();
    let found = own.dict.get().and_then(|dict| dict.get_str(name));
    Ok(found.map_or_else(object::new_none, Ref::to_owned))
}

/// A class's annotations: computed once by `__annotate__`.
fn annotations(thread: &Thread, class: Ref) -> Result {
    let own: Ref<PyType> = class.cast();
    let dict = own.dict.get().known();
    let known = dict.get_str(names::annotations()).or(dict.get_str(names::annotations_cache()));
    if let Some(found) = known.filter(|_| own.has_feature(flags::HEAPTYPE)) {
        return Ok(found.to_owned());
    }
    if !own.has_feature(flags::HEAPTYPE) {
        let message = format!("type object '{}' has no attribute '__annotations__'", own.name());
        return Err(attr::attribute_error(thread, class, names::annotations(), message));
    }
    let annotate = dict.get_str(names::annotate_func()).or(dict.get_str(names::annotate())).map(Ref::to_owned);
    let found = match annotate.filter(|annotate| types::is_callable(annotate.borrow())) {
        Some(annotate) => {
            let format = PyInt::from_i64(1);
            call::with(thread, annotate.borrow(), &[format.borrow().upcast()])?
        }
        None => PyDict::new().upcast(),
    };
    dict.set_str(names::annotations_cache(), found.clone());
    Ok(found)
}

/// Refuses to change a built-in type or to delete one of its attributes (`check_set_special_type_attr`).
fn settable(thread: &Thread, class: Ref, name: &str, value: Option<Ref>) -> Result<Ref<PyType>> {
    let own: Ref<PyType> = class.cast();
    if own.has_feature(flags::IMMUTABLETYPE) {
        return Err(error::type_error(
            thread,
            format_args!("cannot set '{name}' attribute of immutable type '{}'", own.name()),
        ));
    }
    if value.is_none() {
        return Err(error::type_error(
            thread,
            format_args!("cannot delete '{name}' attribute of immutable type '{}'", own.name()),
        ));
    }
    Ok(own)
}

/// Whether a class overrides a slot of `object`.
fn overrides<F: Copy>(own: Option<F>, base: F, same: impl Fn(F, F) -> bool) -> bool {
    own.is_none_or(|own| !same(own, base))
}

fn has_own_new(class: Ref<PyType>) -> bool {
    overrides(class.slots.new.get(), object_new as slots::New, |a, b| std::ptr::fn_addr_eq(a, b))
}

fn has_own_init(class: Ref<PyType>) -> bool {
    overrides(class.slots.init.get(), object_init as slots::Init, |a, b| std::ptr::fn_addr_eq(a, b))
}

fn excess(args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> bool {
    !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty())
}

/// `object.__new__`.
pub(crate) fn object_new(
    thread: &Thread,
    class: Ref<PyType>,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result {
    if excess(args, kwargs) {
        if has_own_new(class) {
            return Err(error::type_error(
                thread,
                "object.__new__() takes exactly one argument (the type to instantiate)",
            ));
        }
        if !has_own_init(class) {
            return Err(error::type_error(thread, format_args!("{}() takes no arguments", class.name())));
        }
    }
    if class.has_feature(flags::IS_ABSTRACT) {
        return Err(abstract_instance(thread, class));
    }
    Ok(new_instance(class))
}

#[cold]
fn abstract_instance(thread: &Thread, class: Ref<PyType>) -> Raised {
    let found = class.dict.get().and_then(|dict| dict.get_str(names::abstractmethods()));
    let listed = found.map(|set| super::list::from_iterable(thread, set));
    let mut missing: Vec<String> = match listed {
        Some(Ok(list)) => {
            list.to_vec().iter().map(|m| object::str_text(thread, m.borrow()).unwrap_or_default()).collect()
        }
        Some(Err(raised)) => return raised,
        None => Vec::new(),
    };
    missing.sort();
    let plural = if missing.len() > 1 { "s" } else { "" };
    error::type_error(
        thread,
        format_args!(
            "Can't instantiate abstract class {} without an implementation for abstract method{plural} '{}'",
            class.name(),
            missing.join("', '")
        ),
    )
}

/// `object.__init__`.
pub(crate) fn object_init(
    thread: &Thread,
    instance: Ref,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result<()> {
    let class = instance.ty();
    if excess(args, kwargs) {
        if has_own_init(class) {
            return Err(error::type_error(
                thread,
                "object.__init__() takes exactly one argument (the instance to initialize)",
            ));
        }
        if !has_own_new(class) {
            return Err(error::type_error(
                thread,
                format_args!("{}.__init__() takes exactly one argument (the instance to initialize)", class.name()),
            ));
        }
    }
    Ok(())
}

/// Methods, attributes and slot wrappers of a static type, put into its dict.
pub(crate) fn fill_dict(thread: &Thread, ty: Ref<PyType>) {
    let dict = ty.dict.get().known();
    let name = |text: &str| thread.state.interned.intern(PyStr::new(text));
    slotdefs::add_wrappers(ty, dict);
    if ty.slots.new.get().is_some() {
        dict.set_str(names::new(), descriptor::new_function(ty));
    }
    for def in ty.methods {
        let descriptor = match def.binding {
            Binding::Instance => PyMethodDescr::new(types::method_descriptor(), ty, def).upcast(),
            Binding::Class => PyMethodDescr::new(types::classmethod_descriptor(), ty, def).upcast(),
            Binding::Static => {
                let function = PyCFunction::new(def, Some(ty.to_owned().upcast()), None);
                descriptor::static_method(function.upcast())
            }
        };
        dict.set_str(name(def.name), descriptor);
    }
    for def in ty.getset {
        let name = name(def.name);
        let descriptor = match def.is_field() {
            true => PyMember::of_field(ty, name.to_owned(), def).upcast(),
            false => PyGetSetDescr::new(ty, def).upcast(),
        };
        dict.set_str(name, descriptor);
    }
}
