//! `_abc`: abstract base classes (`Modules/_abc.c`).

use super::NativeModule;
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, iter, names, object, types};
use std::cell::{Cell, RefCell};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_abc",
    functions: &[
        MethodDef::no_args("get_cache_token", |_, _| Ok(PyInt::from_i64(REGISTRATIONS.get() as i64).upcast())),
        MethodDef::one("_abc_init", init),
        MethodDef::fast("_abc_register", register),
        MethodDef::fast("_abc_instancecheck", instance_check),
        MethodDef::fast("_abc_subclasscheck", subclass_check),
        MethodDef::one("_reset_registry", |thread, _, class| {
            data(thread, class)?.with(|data| data.registry.take());
            Ok(object::new_none())
        }),
        MethodDef::one("_reset_caches", |thread, _, class| {
            data(thread, class)?.with(|data| (data.cache.take(), data.negative.take()));
            Ok(object::new_none())
        }),
        MethodDef::one("_get_dump", dump),
    ],
    types: &[&DATA_TYPE],
    fill: |_, _| Ok(()),
};

thread_local! {
    /// Counts registrations, which make what is known of other classes' non-subclasses stale.
    static REGISTRATIONS: Cell<u64> = const { Cell::new(0) };
}

/// What an abstract class knows: who was registered, who is a subclass and who is not.
#[derive(Default)]
struct Data {
    registry: RefCell<Vec<Owned>>,
    cache: RefCell<Vec<Owned>>,
    negative: RefCell<Vec<Owned>>,
    /// The counter's value at which `negative` was right.
    version: Cell<u64>,
}
native_fields!(Data: registry, cache, negative);

static DATA_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_abc._abc_data",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    ..TypeSpec::EMPTY
});

/// The data of a class, held.
struct Held(Owned<PyNative>);

impl Held {
    fn with<R>(&self, body: impl FnOnce(&Data) -> R) -> R {
        body(self.0.value::<Data>().expect("an _abc_data object holds one"))
    }

    fn knows(&self, list: fn(&Data) -> &RefCell<Vec<Owned>>, class: Ref) -> bool {
        self.with(|data| list(data).borrow().iter().any(|known| known.borrow().is(class)))
    }

    fn learn(&self, list: fn(&Data) -> &RefCell<Vec<Owned>>, class: Ref) {
        if !self.knows(list, class) {
            self.with(|data| list(data).borrow_mut().push(class.to_owned()));
        }
    }
}

fn data(thread: &Thread, class: Ref) -> Result<Held> {
    let found = object::get_attr(thread, class, PyStr::new("_abc_impl").borrow())?;
    match found.downcast::<PyNative>() {
        Ok(own) if own.value::<Data>().is_some() => Ok(Held(own)),
        _ => Err(error::type_error(thread, "_abc_impl is set to a wrong type")),
    }
}

fn is_abstract(thread: &Thread, value: Ref) -> Result<bool> {
    let name = thread.state.interned.intern(PyStr::new("__isabstractmethod__"));
    match object::get_optional_attr(thread, value, name)? {
        Some(found) => object::is_truthy(thread, found.borrow()),
        None => Ok(false),
    }
}

/// `compute_abstract_methods`, and the data of a new class.
fn init(thread: &Thread, _: Ref, class: Ref) -> Result {
    let Some(own) = class.downcast::<PyType>() else {
        return Err(error::type_error(thread, "_abc_init() argument must be a class"));
    };
    let found = PySet::new(types::frozenset());
    let add = |name: Owned| -> Result<()> {
        let hash = object::hash(thread, name.borrow())?;
        found.borrow().add(thread, name, hash).map(drop)
    };
    let items = own.dict.get().map(|dict| dict.items()).unwrap_or_default();
    for (name, value) in items {
        if is_abstract(thread, value.borrow())? {
            add(name)?;
        }
    }
    let bases: Vec<Owned> = own.bases.get().map(|b| b.iter().map(Ref::to_owned).collect()).unwrap_or_default();
    for base in bases {
        let inherited = object::get_optional_attr(thread, base.borrow(), names::abstractmethods())?;
        let Some(inherited) = inherited else { continue };
        for name in iter::collect(thread, inherited.borrow())? {
            let Some(text) = name.borrow().downcast::<PyStr>() else { continue };
            if let Some(value) = object::get_optional_attr(thread, class, text)?
                && is_abstract(thread, value.borrow())?
            {
                add(name)?;
            }
        }
    }
    object::set_attr(thread, class, names::abstractmethods(), found.borrow().upcast())?;
    let data = PyNative::new(Ref::from_static(&DATA_TYPE), Data::default());
    object::set_attr(thread, class, PyStr::new("_abc_impl").borrow(), data.borrow().upcast())?;
    take_collection_flags(thread, own)?;
    Ok(object::new_none())
}

/// `__abc_tpflags__` says that instances match sequence or mapping patterns.
fn take_collection_flags(thread: &Thread, class: Ref<PyType>) -> Result<()> {
    let name = thread.state.interned.intern(PyStr::new("__abc_tpflags__"));
    let Some(dict) = class.dict.get() else { return Ok(()) };
    let Some(value) = dict.remove_str(name) else { return Ok(()) };
    let Some(bits) = value.borrow().downcast::<PyInt>().and_then(|bits| bits.as_i64()) else { return Ok(()) };
    let bits = bits as u64 & (flags::SEQUENCE | flags::MAPPING);
    if bits == flags::SEQUENCE | flags::MAPPING {
        return Err(error::type_error(
            thread,
            "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING",
        ));
    }
    class.set_flags(class.flags() & !(flags::SEQUENCE | flags::MAPPING) | bits);
    Ok(())
}

fn register(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "_abc_register", arguments.len(), 2, 2)?;
    let (class, subclass) = (arguments[0], arguments[1]);
    if !types::is_type(subclass) {
        return Err(error::type_error(thread, "Can only register classes"));
    }
    if object::is_subclass(thread, subclass, class)? {
        return Ok(subclass.to_owned());
    }
    if object::is_subclass(thread, class, subclass)? {
        return Err(error::runtime_error(thread, "Refusing to create an inheritance cycle"));
    }
    data(thread, class)?.learn(|data| &data.registry, subclass);
    REGISTRATIONS.set(REGISTRATIONS.get() + 1);
    let bits = class.cast::<PyType>().flags() & (flags::SEQUENCE | flags::MAPPING);
    if bits != 0 {
        set_collection_flags(subclass.cast(), bits);
    }
    Ok(subclass.to_owned())
}

fn set_collection_flags(class: Ref<PyType>, bits: u64) {
    if class.has_feature(flags::IMMUTABLETYPE) || class.flags() & (flags::SEQUENCE | flags::MAPPING) == bits {
        return;
    }
    class.set_flags(class.flags() & !(flags::SEQUENCE | flags::MAPPING) | bits);
    let subclasses: Vec<Ref<PyType>> = class.subclasses.borrow().clone();
    subclasses.into_iter().for_each(|subclass| set_collection_flags(subclass, bits));
}

fn check_through_class(thread: &Thread, class: Ref, subclass: Ref) -> Result<bool> {
    let result = object::call_method(thread, class, names::subclasscheck(), &[subclass])?;
    object::is_truthy(thread, result.borrow())
}

fn instance_check(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "_abc_instancecheck", arguments.len(), 2, 2)?;
    let (class, instance) = (arguments[0], arguments[1]);
    let data = data(thread, class)?;
    let subclass = object::get_attr(thread, instance, names::class())?;
    if data.knows(|data| &data.cache, subclass.borrow()) {
        return Ok(object::new_bool(true));
    }
    let actual = instance.ty().upcast();
    if actual.is(subclass.borrow()) {
        let is_fresh = data.with(|data| data.version.get() == REGISTRATIONS.get());
        if is_fresh && data.knows(|data| &data.negative, subclass.borrow()) {
            return Ok(object::new_bool(false));
        }
        return check_through_class(thread, class, subclass.borrow()).map(object::new_bool);
    }
    let found = check_through_class(thread, class, subclass.borrow())? || check_through_class(thread, class, actual)?;
    Ok(object::new_bool(found))
}

fn subclass_check(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "_abc_subclasscheck", arguments.len(), 2, 2)?;
    let (class, subclass) = (arguments[0], arguments[1]);
    if !types::is_type(subclass) {
        return Err(error::type_error(thread, "issubclass() arg 1 must be a class"));
    }
    let data = data(thread, class)?;
    if data.knows(|data| &data.cache, subclass) {
        return Ok(object::new_bool(true));
    }
    let counter = REGISTRATIONS.get();
    if data.with(|data| data.version.get()) < counter {
        drop(data.with(|data| data.negative.take()));
        data.with(|data| data.version.set(counter));
    } else if data.knows(|data| &data.negative, subclass) {
        return Ok(object::new_bool(false));
    }
    let found = decide(thread, &data, class, subclass)?;
    if found {
        data.learn(|data| &data.cache, subclass);
    } else {
        data.learn(|data| &data.negative, subclass);
    }
    Ok(object::new_bool(found))
}

/// Asks the hook, the MRO, the registered classes and the subclasses, in that order.
fn decide(thread: &Thread, data: &Held, class: Ref, subclass: Ref) -> Result<bool> {
    let answer = object::call_method(thread, class, names::subclasshook(), &[subclass])?;
    if object::is_true(answer.borrow()) {
        return Ok(true);
    }
    if object::is_false(answer.borrow()) {
        return Ok(false);
    }
    if !answer.borrow().is(not_implemented()) {
        return Err(error::set(
            thread,
            exceptions::assertion_error(),
            "__subclasshook__ must return either False, True, or NotImplemented",
        ));
    }
    if let (Some(class), Some(subclass)) = (class.downcast::<PyType>(), subclass.downcast::<PyType>())
        && subclass.is_subtype(class)
    {
        return Ok(true);
    }
    let registered: Vec<Owned> = data.with(|data| data.registry.borrow().clone());
    for other in registered {
        if object::is_subclass(thread, subclass, other.borrow())? {
            return Ok(true);
        }
    }
    let subclasses = object::call_method(thread, class, PyStr::new("__subclasses__").borrow(), &[])?;
    for other in iter::collect(thread, subclasses.borrow())? {
        if object::is_subclass(thread, subclass, other.borrow())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn dump(thread: &Thread, _: Ref, class: Ref) -> Result {
    let data = data(thread, class)?;
    let list = |list: fn(&Data) -> &RefCell<Vec<Owned>>| -> std::result::Result<Owned, Raised> {
        let set = PySet::new(types::set());
        for item in data.with(|data| list(data).borrow().clone()) {
            let hash = object::hash(thread, item.borrow())?;
            set.borrow().add(thread, item, hash)?;
        }
        Ok(set.upcast())
    };
    let version = PyInt::from_i64(data.with(|data| data.version.get()) as i64).upcast();
    let parts = [list(|d| &d.registry)?, list(|d| &d.cache)?, list(|d| &d.negative)?, version];
    Ok(PyTuple::from_array(parts).upcast())
}
