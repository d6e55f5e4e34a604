//! All built-in types by name, tests for them, and what every type can do: attribute lookup along the MRO with a
//! cache, versions, and making the static types ready (`Objects/typeobject.c`).

use super::{error, exceptions, names};
use crate::object::types::flags;
use crate::object::*;

pub(crate) use super::typeobject::TYPE;
pub(crate) use crate::object::types::flags::HEAPTYPE;

macro_rules! types {
    ($($name:ident: $path:path,)*) => {
        $(#[inline(always)]
        pub(crate) const fn $name() -> Ref<PyType> {
            Ref::from_static(&$path)
        })*

        /// Every static type but the exceptions, bases before what extends them.
        pub(crate) static ALL: &[&PyType] = &[$(&$path,)*];
    };
}

types! {
    object: super::object::TYPE,
    type_: TYPE,
    int: super::int::TYPE,
    bool_: super::bool_::TYPE,
    float: super::float::TYPE,
    complex: super::complex::TYPE,
    none_type: super::none::TYPE,
    not_implemented_type: super::none::NOT_IMPLEMENTED_TYPE,
    ellipsis_type: super::none::ELLIPSIS_TYPE,
    str: super::str::TYPE,
    str_iterator: super::str::ITERATOR_TYPE,
    str_ascii_iterator: super::str::ASCII_ITERATOR_TYPE,
    bytes: super::bytes::TYPE,
    bytes_iterator: super::bytes::ITERATOR_TYPE,
    bytearray: super::bytes::ARRAY_TYPE,
    bytearray_iterator: super::bytes::ARRAY_ITERATOR_TYPE,
    memoryview: super::memoryview::TYPE,
    memoryview_iterator: super::memoryview::ITERATOR_TYPE,
    tuple: super::tuple::TYPE,
    list: super::list::TYPE,
    dict: super::dict::TYPE,
    dict_keys: super::dictview::KEYS_TYPE,
    dict_values: super::dictview::VALUES_TYPE,
    dict_items: super::dictview::ITEMS_TYPE,
    dict_key_iterator: super::dictview::KEY_ITERATOR_TYPE,
    dict_value_iterator: super::dictview::VALUE_ITERATOR_TYPE,
    dict_item_iterator: super::dictview::ITEM_ITERATOR_TYPE,
    dict_reverse_key_iterator: super::dictview::REVERSE_KEY_ITERATOR_TYPE,
    dict_reverse_value_iterator: super::dictview::REVERSE_VALUE_ITERATOR_TYPE,
    dict_reverse_item_iterator: super::dictview::REVERSE_ITEM_ITERATOR_TYPE,
    set: super::set::TYPE,
    frozenset: super::set::FROZEN_TYPE,
    set_iterator: super::set::ITERATOR_TYPE,
    range: super::range::TYPE,
    slice: super::slice::TYPE,
    range_iterator: super::range::ITERATOR_TYPE,
    long_range_iterator: super::range::LONG_ITERATOR_TYPE,
    list_iterator: super::list::ITERATOR_TYPE,
    list_reverse_iterator: super::list::REVERSE_ITERATOR_TYPE,
    tuple_iterator: super::tuple::ITERATOR_TYPE,
    iterator: super::iter::TYPE,
    callable_iterator: super::iter::CALLABLE_TYPE,
    function: super::function::TYPE,
    method: super::function::METHOD_TYPE,
    builtin_function: super::method::BUILTIN_TYPE,
    method_descriptor: super::method::METHOD_DESCRIPTOR_TYPE,
    classmethod_descriptor: super::method::CLASSMETHOD_DESCRIPTOR_TYPE,
    getset_descriptor: super::method::GETSET_DESCRIPTOR_TYPE,
    wrapper_descriptor: super::wrapper::TYPE,
    method_wrapper: super::wrapper::METHOD_WRAPPER_TYPE,
    member_descriptor: super::descriptor::MEMBER_TYPE,
    staticmethod: super::descriptor::STATICMETHOD_TYPE,
    classmethod: super::descriptor::CLASSMETHOD_TYPE,
    property: super::descriptor::PROPERTY_TYPE,
    mapping_proxy: super::descriptor::MAPPING_PROXY_TYPE,
    frame_locals_proxy: super::framelocals::TYPE,
    super_type: super::super_::TYPE,
    generator: super::generator::TYPE,
    coroutine: super::generator::COROUTINE_TYPE,
    async_generator: super::generator::ASYNC_GENERATOR_TYPE,
    async_generator_wrapped_value: super::asyncgen::WRAPPED_TYPE,
    async_generator_asend: super::asyncgen::ASEND_TYPE,
    async_generator_athrow: super::asyncgen::ATHROW_TYPE,
    anext_awaitable: super::asyncgen::ANEXT_TYPE,
    coroutine_wrapper: super::generator::WRAPPER_TYPE,
    interpolation: super::template::INTERPOLATION_TYPE,
    template: super::template::TYPE,
    template_iterator: super::template::ITERATOR_TYPE,
    cell: super::cell::TYPE,
    code: super::code::TYPE,
    frame: super::frame::TYPE,
    traceback: super::exceptions::TRACEBACK_TYPE,
    module: super::module::TYPE,
    enumerate: super::itertypes::ENUMERATE_TYPE,
    zip: super::itertypes::ZIP_TYPE,
    map: super::itertypes::MAP_TYPE,
    filter: super::itertypes::FILTER_TYPE,
    reversed: super::itertypes::REVERSED_TYPE,
    generic_alias: super::genericalias::TYPE,
    generic_alias_iterator: super::genericalias::ITERATOR_TYPE,
    union: super::union::TYPE,
    weak_reference: crate::modules::weakref::REFERENCE,
    weak_proxy: crate::modules::proxy::PROXY,
    weak_callable_proxy: crate::modules::proxy::CALLABLE,
    typevar: super::typing::typevar::TYPE,
    paramspec: super::typing::paramspec::TYPE,
    typevartuple: super::typing::paramspec::TUPLE_TYPE,
    paramspec_args: super::typing::params::ARGS_TYPE,
    paramspec_kwargs: super::typing::params::KWARGS_TYPE,
    type_alias: super::typing::alias::TYPE,
    generic: super::typing::generic::TYPE,
    no_default_type: super::typing::NO_DEFAULT_TYPE,
    const_evaluator: super::typing::CONST_EVALUATOR_TYPE,
}

macro_rules! exact {
    ($($test:ident: $ty:ident,)*) => {
        $(#[inline(always)]
        pub(crate) fn $test(object: Ref) -> bool {
            object.is_exact($ty())
        })*
    };
}

exact! {
    is_int_exact: int,
    is_float_exact: float,
    is_str_exact: str,
    is_bytes_exact: bytes,
    is_list_exact: list,
    is_tuple_exact: tuple,
    is_dict_exact: dict,
    is_set_exact: set,
    is_frozenset_exact: frozenset,
    is_builtin_function_exact: builtin_function,
    is_module_exact: module,
    is_generator_exact: generator,
    is_coroutine_exact: coroutine,
    is_async_generator_exact: async_generator,
    is_generator: generator,
    is_slice: slice,
    is_bool: bool_,
    is_function: function,
    is_method: method,
    is_code: code,
}

macro_rules! subclass {
    ($($test:ident: $flag:ident,)*) => {
        $(#[inline(always)]
        pub(crate) fn $test(object: Ref) -> bool {
            object.ty().has_feature(flags::$flag)
        })*
    };
}

subclass! {
    is_int: LONG_SUBCLASS,
    is_str: UNICODE_SUBCLASS,
    is_bytes: BYTES_SUBCLASS,
    is_list: LIST_SUBCLASS,
    is_tuple: TUPLE_SUBCLASS,
    is_dict: DICT_SUBCLASS,
    is_type: TYPE_SUBCLASS,
    is_exception: BASE_EXC_SUBCLASS,
}

/// `PyAnySet_CheckExact`.
#[inline(always)]
pub(crate) fn is_any_set_exact(object: Ref) -> bool {
    is_set_exact(object) || is_frozenset_exact(object)
}

/// Whether a class is an exception class.
pub(crate) fn is_exception_class(class: Ref<PyType>) -> bool {
    class.has_feature(flags::BASE_EXC_SUBCLASS)
}

/// `PyIter_Check`.
pub(crate) fn is_iterator(object: Ref) -> bool {
    object.ty().slots.iternext.get().is_some()
}

/// `PySequence_Check`.
pub(crate) fn is_sequence(object: Ref) -> bool {
    !is_dict(object) && object.ty().slots.sq_item.get().is_some()
}

/// `PyMapping_Check`.
pub(crate) fn is_mapping(object: Ref) -> bool {
    object.ty().slots.mp_subscript.get().is_some()
}

/// `PyCallable_Check`.
pub(crate) fn is_callable(object: Ref) -> bool {
    object.ty().slots.call.get().is_some()
}

/// `PyType_IsSubtype`.
pub(crate) fn is_subtype(ty: Ref<PyType>, base: Ref<PyType>) -> bool {
    ty.is_subtype(base)
}

/// `PyType_GenericAlloc` for classes that extend `object`.
pub(crate) fn generic_alloc(_: &Thread, ty: Ref<PyType>, _items: isize) -> Result {
    Ok(new_instance(ty))
}

/// The name without its module.
pub(crate) fn short_name(ty: Ref<PyType>) -> String {
    ty.name().rsplit('.').next().unwrap_or_default().to_owned()
}

/// The qualified name without the module.
pub(crate) fn qualified_short(ty: Ref<PyType>) -> String {
    ty.qualname.get().map_or_else(|| short_name(ty), Ref::to_string_lossy)
}

/// `module.qualname`, without the module for built-in types.
pub(crate) fn qualified_name(ty: Ref<PyType>) -> String {
    if !ty.has_feature(flags::HEAPTYPE) {
        return ty.name().to_owned();
    }
    let qualname = ty.qualname.get().map_or_else(|| ty.name().to_owned(), Ref::to_string_lossy);
    let module = ty.dict.get().and_then(|dict| dict.get_str(names::module())).and_then(|m| m.downcast::<PyStr>());
    match module.map(Ref::to_string_lossy) {
        Some(module) if module != "builtins" => format!("{module}.{qualname}"),
        _ => qualname,
    }
}

/// `PyType_GetFullyQualifiedName`: as `qualified_name`, without the module for classes of the program itself too.
pub(crate) fn full_name(ty: Ref<PyType>) -> String {
    let name = qualified_name(ty);
    match name.strip_prefix("__main__.") {
        Some(short) => short.to_owned(),
        None => name,
    }
}

/// `_PyType_Lookup`: an attribute along the MRO. The result is borrowed from a dict of the MRO.
#[inline]
pub(crate) fn lookup(ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Ref> {
    let thread = Thread::current();
    let cache = &thread.state.type_cache;
    let version = ty.version();
    if version != 0
        && let Some(found) = cache.get(version, name)
    {
        return found;
    }
    lookup_uncached(thread, ty, name)
}

#[cold]
fn lookup_uncached(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Ref> {
    let found = ty.mro.get()?.iter().find_map(|base| {
        let base: Ref<PyType> = base.cast();
        base.dict.get().and_then(|dict| dict.get_str(name))
    });
    if assign_version(thread, ty) && name.is_interned() {
        thread.state.type_cache.put(ty.version(), name, found);
    }
    found
}

/// Whether the metaclass has a `mro()` of its own: classes that it names need not know of this one, so that it would not
/// hear when they change (`type_mro_modified`).
pub(crate) fn has_own_order(ty: Ref<PyType>) -> bool {
    let meta = ty.upcast().ty();
    if meta.is(type_()) {
        return false;
    }
    let order = |ty: Ref<PyType>| lookup(ty, names::mro()).map(Ref::addr);
    order(meta) != order(type_())
}

/// `assign_version_tag`: gives the type and its bases versions; false when there are none left.
pub(crate) fn assign_version(thread: &Thread, ty: Ref<PyType>) -> bool {
    if ty.version() != 0 {
        return true;
    }
    if has_own_order(ty) {
        return false;
    }
    let Some(bases) = ty.bases.get() else { return false };
    if !bases.iter().all(|base| assign_version(thread, base.cast())) {
        return false;
    }
    ty.set_version(thread.next_type_version());
    ty.version() != 0
}

/// `PyType_Modified`: forgets the versions of a class and all that extend it.
pub(crate) fn modified(ty: Ref<PyType>) {
    if ty.version() == 0 {
        return;
    }
    for &subclass in ty.subclasses.borrow().iter() {
        modified(subclass);
    }
    ty.set_version(0);
    ty.spec_cache.getitem.set(None);
    ty.spec_cache.init.set(None);
}

/// Makes all static types ready.
pub(crate) fn ready_all(thread: &Thread) {
    for ty in ALL.iter().chain(exceptions::ALL) {
        ready(thread, Ref::from_static(ty));
    }
}

/// `PyType_Ready` for a static type: MRO, inherited slots and flags, and a dict with methods, getsets and slot
/// wrappers. Its base is ready.
pub(crate) fn ready(thread: &Thread, ty: Ref<PyType>) {
    if ty.has_feature(flags::READY) {
        return;
    }
    let mut mro = vec![ty.upcast()];
    let mut bases = Vec::new();
    if let Some(base) = ty.base.get() {
        ready(thread, base);
        mro.extend_from_slice(base.mro_tuple().items());
        bases.push(base.upcast());
        base.subclasses.borrow_mut().push(ty);
    }
    ty.mro.set(Some(PyTuple::from_refs(&mro)));
    ty.bases.set(Some(PyTuple::from_refs(&bases)));
    let dict = PyDict::new();
    ty.dict.set(Some(dict.clone()));
    super::typeobject::fill_dict(thread, ty);
    if let Some(base) = ty.base.get() {
        inherit(ty, base);
    }
    let module = ty.name().rsplit_once('.').map(|(module, _)| module.to_owned());
    if let Some(module) = module.filter(|module| matches!(module.as_str(), "typing" | "_typing"))
        && dict.get_str(names::module()).is_none()
    {
        dict.set_str(names::module(), PyStr::new(&module).upcast());
    }
    if ty.slots.hash.get().is_some_and(|hash| std::ptr::fn_addr_eq(hash, super::object::no_hash as slots::Hash)) {
        dict.set_str(names::hash(), super::object::new_none());
    }
    if dict.get_str(names::doc()).is_none() {
        let doc = ty.doc.map_or_else(super::object::new_none, |doc| PyStr::new(doc).upcast());
        dict.set_str(names::doc(), doc);
    }
    ty.set_flags(ty.flags() | flags::READY);
}

/// Takes over slots and flags that a type does not define itself.
pub(crate) fn inherit(ty: Ref<PyType>, base: Ref<PyType>) {
    let own = &ty.slots;
    // Equality and hash go together: who defines one of them does not inherit the other.
    let (richcompare, hash) = (own.richcompare.get(), own.hash.get());
    let (construct, new) = (own.construct.get(), own.new.get());
    own.inherit(&base.slots);
    own.construct.set(construct);
    // `object.__new__` makes objects of `object`'s own size: a built-in type that says nothing has no instances to make.
    if base.is(object()) {
        own.new.set(new);
        if new.is_none() {
            ty.set_flags(ty.flags() | flags::DISALLOW_INSTANTIATION);
        }
    }
    if richcompare.is_some() || hash.is_some() {
        own.richcompare.set(richcompare);
        own.hash.set(Some(hash.unwrap_or(super::object::no_hash)));
    }
    ty.set_flags(ty.flags() | base.flags() & flags::INHERITED);
}

/// Raises for a type that cannot be instantiated.
pub(crate) fn cannot_create(thread: &Thread, ty: Ref<PyType>) -> crate::exit::Raised {
    error::type_error(thread, format_args!("cannot create '{}' instances", ty.name()))
}
