//! The abstract protocols: what any object can be asked (`Objects/object.c`, `Objects/abstract.c`).

use super::{call, error, exceptions, iter, names, types};
use crate::object::types::flags;
use crate::object::*;

#[allow(unused_imports, reason = "a rule names `get_method`, which no body of 3.14 uses")]
pub(crate) use super::attr::{
    GENERIC_GETATTR, MANAGED_DICT_OFFSET, MODULE_GETATTR, del_attr, get_attr, get_method, get_optional_attr,
    inline_values, load_method, lookup_special, managed_dict, set_attr,
};

/// `object`.
pub(crate) static TYPE: PyType = PyType::plain::<PyObject>(TypeSpec {
    name: "object",
    flags: flags::BASETYPE,
    base: None,
    slots: Slots {
        repr: slot(default_repr),
        str: slot(default_str),
        hash: slot(identity_hash),
        richcompare: slot(default_richcompare),
        getattro: slot(super::attr::generic_getattr),
        setattro: slot(super::attr::generic_setattr),
        new: slot(super::typeobject::object_new),
        init: slot(super::typeobject::object_init),
        ..Slots::NONE
    },
    methods: super::objecttype::METHODS,
    getset: super::objecttype::GETSET,
    ..TypeSpec::EMPTY
});

/// `None`.
#[inline(always)]
pub(crate) fn none() -> Ref {
    none_object()
}

/// A new reference to `None`.
#[inline(always)]
pub(crate) fn new_none() -> Owned {
    none_object().to_owned()
}

/// `True`.
#[inline(always)]
pub(crate) fn true_() -> Ref {
    true_object()
}

/// `False`.
#[inline(always)]
pub(crate) fn false_() -> Ref {
    false_object()
}

/// `NotImplemented`.
#[inline(always)]
pub(crate) fn not_implemented() -> Ref {
    crate::object::not_implemented()
}

/// A new reference to `True` or `False`.
#[inline(always)]
pub(crate) fn new_bool(value: bool) -> Owned {
    bool_object(value).to_owned()
}

#[inline(always)]
pub(crate) fn is_none(object: Ref) -> bool {
    object.is(none_object())
}

#[inline(always)]
pub(crate) fn is_true(object: Ref) -> bool {
    object.is(true_object())
}

#[inline(always)]
pub(crate) fn is_false(object: Ref) -> bool {
    object.is(false_object())
}

/// `Py_XNewRef`.
pub(crate) fn to_owned(object: Option<Ref>) -> Option<Owned> {
    object.map(Ref::to_owned)
}

fn default_repr(thread: &Thread, object: Ref) -> Result {
    let _ = thread;
    let text = format!("<{} object at {:#x}>", types::qualified_name(object.ty()), object.addr());
    Ok(PyStr::new(&text).upcast())
}

fn default_str(thread: &Thread, object: Ref) -> Result {
    repr(thread, object)
}

fn identity_hash(_: &Thread, object: Ref) -> Result<isize> {
    Ok(hash_of_address(object))
}

/// `_Py_HashPointer`: addresses are multiples of 16.
pub(crate) fn hash_of_address(object: Ref) -> isize {
    let hash = object.addr().rotate_right(4) as isize;
    if hash == -1 { -2 } else { hash }
}

fn default_richcompare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let result = match op {
        CompareOp::Eq if left.is(right) => true_object(),
        CompareOp::Ne => {
            // `!=` is the opposite of `==` where that is defined.
            let Some(compare) = left.ty().slots.richcompare.get() else { return Ok(not_implemented().to_owned()) };
            let equal = compare(thread, left, right, CompareOp::Eq)?;
            if equal.borrow().is(not_implemented()) {
                return Ok(equal);
            }
            bool_object(!is_truthy(thread, equal.borrow())?)
        }
        _ => not_implemented(),
    };
    Ok(result.to_owned())
}

/// `PyObject_RichCompare`.
pub(crate) fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: i32) -> Result {
    compare(thread, left, right, CompareOp::from_number(op))
}

/// As `rich_compare`.
pub(crate) fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let _depth = super::eval::native_call(thread, " in comparison")?;
    let (left_type, right_type) = (left.ty(), right.ty());
    let mut right_tried = false;
    if !left_type.is(right_type)
        && right_type.is_subtype(left_type)
        && let Some(slot) = right_type.slots.richcompare.get()
    {
        right_tried = true;
        let result = slot(thread, right, left, op.swapped())?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    if let Some(slot) = left_type.slots.richcompare.get() {
        let result = slot(thread, left, right, op)?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    if !right_tried && let Some(slot) = right_type.slots.richcompare.get() {
        let result = slot(thread, right, left, op.swapped())?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    match op {
        CompareOp::Eq => Ok(new_bool(left.is(right))),
        CompareOp::Ne => Ok(new_bool(!left.is(right))),
        _ => Err(error::type_error(
            thread,
            format_args!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                left_type.name(),
                right_type.name()
            ),
        )),
    }
}

/// `PyObject_RichCompareBool`: identical objects are equal.
pub(crate) fn compare_bool(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result<bool> {
    if left.is(right) {
        match op {
            CompareOp::Eq => return Ok(true),
            CompareOp::Ne => return Ok(false),
            _ => {}
        }
    }
    if left.is_exact(types::int()) && right.is_exact(types::int()) {
        return Ok(op.holds(super::int::compare(left.cast(), right.cast())));
    }
    let result = compare(thread, left, right, op)?;
    is_truthy(thread, result.borrow())
}

/// Identity or equality.
#[inline]
pub(crate) fn is_equal(thread: &Thread, left: Ref, right: Ref) -> Result<bool> {
    if left.is(right) {
        return Ok(true);
    }
    if left.is_exact(types::str()) && right.is_exact(types::str()) {
        return Ok(left.cast::<PyStr>().same_text(right.cast()));
    }
    if left.is_exact(types::int()) && right.is_exact(types::int()) {
        return Ok(super::int::compare(left.cast(), right.cast()).is_eq());
    }
    compare_bool(thread, left, right, CompareOp::Eq)
}

/// `PyObject_Hash`.
#[inline]
pub(crate) fn hash(thread: &Thread, object: Ref) -> Result<isize> {
    if object.is_exact(types::str()) {
        return Ok(object.cast::<PyStr>().hash());
    }
    match object.ty().slots.hash.get() {
        Some(slot) => slot(thread, object),
        None => Err(unhashable(thread, object)),
    }
}

/// The hash slot of types without a hash.
pub(crate) fn no_hash(thread: &Thread, object: Ref) -> Result<isize> {
    Err(unhashable(thread, object))
}

#[cold]
fn unhashable(thread: &Thread, object: Ref) -> crate::exit::Raised {
    error::type_error(thread, format_args!("unhashable type: '{}'", object.ty().name()))
}

/// `PyObject_IsTrue`.
#[inline]
pub(crate) fn is_truthy(thread: &Thread, object: Ref) -> Result<bool> {
    if object.is(true_object()) {
        return Ok(true);
    }
    if object.is(false_object()) || object.is(none_object()) {
        return Ok(false);
    }
    let slots = &object.ty().slots;
    if let Some(slot) = slots.nb_bool.get() {
        return slot(thread, object);
    }
    if let Some(slot) = slots.mp_length.get().or(slots.sq_length.get()) {
        return Ok(slot(thread, object)? > 0);
    }
    Ok(true)
}

/// `PyObject_Repr`: always a str.
pub(crate) fn repr(thread: &Thread, object: Ref) -> Result {
    let _depth = super::eval::native_call(thread, " while getting the repr of an object")?;
    let Some(slot) = object.ty().slots.repr.get() else { return default_repr(thread, object) };
    let text = slot(thread, object)?;
    if !types::is_str(text.borrow()) {
        let ty = text.borrow().ty();
        return Err(error::type_error(thread, format_args!("__repr__ returned non-string (type {})", ty.name())));
    }
    Ok(text)
}

/// `PyObject_Str`: always a str.
pub(crate) fn str(thread: &Thread, object: Ref) -> Result {
    if object.is_exact(types::str()) {
        return Ok(object.to_owned());
    }
    let Some(slot) = object.ty().slots.str.get() else { return repr(thread, object) };
    let _depth = super::eval::native_call(thread, " while getting the str of an object")?;
    let text = slot(thread, object)?;
    if !types::is_str(text.borrow()) {
        let ty = text.borrow().ty();
        return Err(error::type_error(thread, format_args!("__str__ returned non-string (type {})", ty.name())));
    }
    Ok(text)
}

/// `str(object)` as Rust text (lone surrogates replaced).
pub(crate) fn str_text(thread: &Thread, object: Ref) -> Result<String> {
    Ok(str(thread, object)?.borrow().cast::<PyStr>().to_string_lossy())
}

/// `repr(object)` as Rust text.
pub(crate) fn repr_checked(thread: &Thread, object: Ref) -> Result<String> {
    Ok(repr(thread, object)?.borrow().cast::<PyStr>().to_string_lossy())
}

/// `repr(object)` as Rust text for a message; what it raises is dropped.
pub(crate) fn repr_text(thread: &Thread, object: Ref) -> String {
    repr_checked(thread, object).unwrap_or_else(|_| {
        thread.clear_exception();
        format!("<{} object>", object.ty().name())
    })
}

/// As `repr_text`, while an exception is set, which stays.
pub(crate) fn repr_text_keeping_error(thread: &Thread, object: Ref) -> String {
    let pending = thread.take_exception();
    let text = repr_text(thread, object);
    if let Some(pending) = pending {
        thread.set_exception(pending);
    }
    text
}

/// `ascii(object)`: the repr with everything beyond ASCII escaped.
pub(crate) fn ascii(thread: &Thread, object: Ref) -> Result {
    let text = repr(thread, object)?;
    let string: Ref<PyStr> = text.borrow().cast();
    if string.is_ascii() {
        return Ok(text);
    }
    let mut out = String::new();
    for point in string.points() {
        match point {
            0..=0x7F => out.push(point as u8 as char),
            0x80..=0xFF => out.push_str(&format!("\\x{point:02x}")),
            0x100..=0xFFFF => out.push_str(&format!("\\u{point:04x}")),
            _ => out.push_str(&format!("\\U{point:08x}")),
        }
    }
    Ok(PyStr::new(&out).upcast())
}

/// `PyObject_Format`.
pub(crate) fn format(thread: &Thread, object: Ref, spec: Option<Ref>) -> Result {
    let spec = spec.unwrap_or(names::empty().upcast());
    let Some(spec_str) = spec.downcast::<PyStr>() else {
        return Err(error::system_error(
            thread,
            format_args!("Format specifier must be a string, not {}", spec.ty().name()),
        ));
    };
    if spec_str.is_empty() {
        if object.is_exact(types::str()) {
            return Ok(object.to_owned());
        }
        if object.is_exact(types::int()) {
            return str(thread, object);
        }
    }
    let Some(method) = types::lookup(object.ty(), names::format()) else {
        return Err(error::type_error(thread, format_args!("Type {} doesn't define __format__", object.ty().name())));
    };
    let result = super::attr::call_special(thread, method, object, &[spec])?;
    if !types::is_str(result.borrow()) {
        let ty = result.borrow().ty();
        return Err(error::type_error(thread, format_args!("__format__ must return a str, not {}", ty.name())));
    }
    Ok(result)
}

/// `PyObject_GetItem`.
pub(crate) fn get_item(thread: &Thread, object: Ref, key: Ref) -> Result {
    let slots = &object.ty().slots;
    if let Some(slot) = slots.mp_subscript.get() {
        return slot(thread, object, key);
    }
    if let Some(slot) = slots.sq_item.get() {
        let index = sequence_index(thread, object, key, "sequence index must be integer, not")?;
        return slot(thread, object, index);
    }
    if let Some(class) = object.downcast::<PyType>() {
        if class.is(types::type_()) {
            return super::genericalias::make(thread, object, key);
        }
        return super::typeobject::class_getitem(thread, class, key);
    }
    Err(error::type_error(thread, format_args!("'{}' object is not subscriptable", object.ty().name())))
}

/// An index for a `sq_*` slot; negative ones count from the end.
fn sequence_index(thread: &Thread, object: Ref, key: Ref, otherwise: &str) -> Result<isize> {
    if object.ty().slots.nb_index.get().is_some() && key.ty().slots.nb_index.get().is_none() {
        return Err(error::type_error(thread, format_args!("{otherwise} '{}'", key.ty().name())));
    }
    if key.ty().slots.nb_index.get().is_none() {
        return Err(error::type_error(thread, format_args!("{otherwise} '{}'", key.ty().name())));
    }
    let index = super::number::index_isize(thread, key, Some(exceptions::index_error()))?;
    if index < 0
        && let Some(length) = object.ty().slots.sq_length.get()
    {
        return Ok(index + length(thread, object)?);
    }
    Ok(index)
}

fn assign_item(thread: &Thread, object: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    let slots = &object.ty().slots;
    if let Some(slot) = slots.mp_ass_subscript.get() {
        return slot(thread, object, key, value);
    }
    let what = if value.is_some() { "assignment" } else { "deletion" };
    if let Some(slot) = slots.sq_ass_item.get() {
        let index = sequence_index(thread, object, key, "sequence index must be integer, not")?;
        return slot(thread, object, index, value);
    }
    // `PySequence_DelItem` says it in other words than `PyObject_DelItem`.
    let is_sequence =
        slots.sq_length.get().is_some() || slots.sq_item.get().is_some() || slots.sq_contains.get().is_some();
    let by_index = key.ty().slots.nb_index.get().is_some();
    let does_not = if value.is_none() && is_sequence && by_index { "doesn't" } else { "does not" };
    Err(error::type_error(thread, format_args!("'{}' object {does_not} support item {what}", object.ty().name())))
}

/// `PyObject_SetItem`.
pub(crate) fn set_item(thread: &Thread, object: Ref, key: Ref, value: Ref) -> Result<()> {
    assign_item(thread, object, key, Some(value))
}

/// `PyObject_DelItem`.
pub(crate) fn del_item(thread: &Thread, object: Ref, key: Ref) -> Result<()> {
    assign_item(thread, object, key, None)
}

/// `PyMapping_GetOptionalItem`: 1 and the value, 0, or -1 with an exception set.
pub(crate) fn get_optional_item(thread: &Thread, object: Ref, key: Ref) -> (i32, Option<Owned>) {
    match optional_item(thread, object, key) {
        Ok(Some(value)) => (1, Some(value)),
        Ok(None) => (0, None),
        Err(_) => (-1, None),
    }
}

/// The item under a key; `None` for a KeyError.
pub(crate) fn optional_item(thread: &Thread, object: Ref, key: Ref) -> Result<Option<Owned>> {
    if object.is_exact(types::dict()) {
        return Ok(object.cast::<PyDict>().get(thread, key)?.map(Ref::to_owned));
    }
    match get_item(thread, object, key) {
        Ok(value) => Ok(Some(value)),
        Err(_) if error::is_set_to(thread, exceptions::key_error()) => {
            thread.clear_exception();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// `PyObject_Length`.
pub(crate) fn length(thread: &Thread, object: Ref) -> Result<isize> {
    let slots = &object.ty().slots;
    match slots.sq_length.get().or(slots.mp_length.get()) {
        Some(slot) => slot(thread, object),
        None => Err(error::type_error(thread, format_args!("object of type '{}' has no len()", object.ty().name()))),
    }
}

/// How many items an iterable says it has (`PyObject_LengthHint`), 0 if it does not say.
pub(crate) fn length_hint(thread: &Thread, object: Ref) -> Result<usize> {
    let ty = object.ty();
    if let Some(slot) = ty.slots.sq_length.get().or(ty.slots.mp_length.get()) {
        match slot(thread, object) {
            Ok(length) => return Ok(length.max(0) as usize),
            Err(raised) if !error::is_set_to(thread, exceptions::type_error()) => return Err(raised),
            Err(_) => thread.clear_exception(),
        }
    }
    let name = PyStr::new("__length_hint__");
    let hint = match super::attr::call_optional_special(thread, object, name.borrow(), &[]) {
        Ok(None) => return Ok(0),
        Ok(Some(hint)) if hint.borrow().is(crate::object::not_implemented()) => return Ok(0),
        Ok(Some(hint)) => hint,
        Err(raised) if !error::is_set_to(thread, exceptions::type_error()) => return Err(raised),
        Err(_) => {
            thread.clear_exception();
            return Ok(0);
        }
    };
    let Some(number) = hint.borrow().downcast::<PyInt>() else {
        let name = hint.borrow().ty().name().to_owned();
        return Err(error::type_error(thread, format_args!("__length_hint__ must be an integer, not {name}")));
    };
    match number.as_i64() {
        Some(length @ 0..) => Ok(length as usize),
        Some(_) => Err(error::value_error(thread, "__length_hint__() should return >= 0")),
        None => Err(error::overflow_error(thread, "Python int too large to convert to C ssize_t")),
    }
}

/// `PySequence_Contains`.
pub(crate) fn contains(thread: &Thread, container: Ref, item: Ref) -> Result<bool> {
    if let Some(slot) = container.ty().slots.sq_contains.get() {
        return slot(thread, container, item);
    }
    if container.ty().slots.iter.get().is_none() && !types::is_sequence(container) {
        return Err(error::type_error(
            thread,
            format_args!("argument of type '{}' is not a container or iterable", container.ty().name()),
        ));
    }
    let iterator = get_iter(thread, container).map_err(|raised| {
        if !error::is_set_to(thread, exceptions::type_error()) {
            return raised;
        }
        thread.clear_exception();
        error::type_error(
            thread,
            format_args!("argument of type '{}' is not a container or iterable", container.ty().name()),
        )
    })?;
    while let Some(next) = iter::step(thread, iterator.borrow())? {
        if next.borrow().is(item) || is_equal(thread, next.borrow(), item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `PyObject_GetIter`.
pub(crate) fn get_iter(thread: &Thread, object: Ref) -> Result {
    let ty = object.ty();
    let Some(slot) = ty.slots.iter.get() else {
        if types::is_sequence(object) {
            return Ok(iter::over_sequence(object).upcast());
        }
        return Err(error::type_error(thread, format_args!("'{}' object is not iterable", ty.name())));
    };
    let iterator = slot(thread, object)?;
    if !types::is_iterator(iterator.borrow()) {
        let ty = iterator.borrow().ty();
        return Err(error::type_error(thread, format_args!("iter() returned non-iterator of type '{}'", ty.name())));
    }
    Ok(iterator)
}

/// `PyObject_IsInstance`.
pub(crate) fn is_instance(thread: &Thread, object: Ref, class: Ref) -> Result<bool> {
    if object.ty().is(class) {
        return Ok(true);
    }
    if class.is_exact(types::type_()) {
        return instance_of(thread, object, class);
    }
    if let Some(tuple) = class.downcast::<PyTuple>() {
        class_any(thread, tuple, |one| is_instance(thread, object, one))
    } else if let Some(check) = types::lookup(class.ty(), names::instancecheck()) {
        let result = super::attr::call_special(thread, check, class, &[object])?;
        is_truthy(thread, result.borrow())
    } else {
        instance_of(thread, object, class)
    }
}

fn class_any(thread: &Thread, classes: Ref<PyTuple>, test: impl Fn(Ref) -> Result<bool>) -> Result<bool> {
    let _depth = super::eval::native_call(thread, " in __instancecheck__")?;
    for class in classes.iter() {
        if test(class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `object_isinstance`: without hooks.
pub(crate) fn instance_of(thread: &Thread, object: Ref, class: Ref) -> Result<bool> {
    if let Some(class) = class.downcast::<PyType>() {
        if object.ty().is_subtype(class) {
            return Ok(true);
        }
        let Some(own) = get_optional_attr(thread, object, names::class())? else { return Ok(false) };
        return Ok(own.borrow().downcast::<PyType>().is_some_and(|own| !own.is(object.ty()) && own.is_subtype(class)));
    }
    check_class(thread, class, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
    match get_optional_attr(thread, object, names::class())? {
        Some(own) => abstract_subclass(thread, own.borrow(), class),
        None => Ok(false),
    }
}

/// Raises unless the object has a `__bases__` tuple.
fn check_class(thread: &Thread, class: Ref, otherwise: &str) -> Result<()> {
    match get_optional_attr(thread, class, names::bases())? {
        Some(bases) if types::is_tuple(bases.borrow()) => Ok(()),
        _ => Err(error::type_error(thread, otherwise)),
    }
}

fn abstract_subclass(thread: &Thread, derived: Ref, class: Ref) -> Result<bool> {
    if derived.is(class) {
        return Ok(true);
    }
    let Some(bases) = get_optional_attr(thread, derived, names::bases())? else { return Ok(false) };
    let Some(bases) = bases.borrow().downcast::<PyTuple>().map(Ref::to_owned) else { return Ok(false) };
    class_any(thread, bases.borrow(), |base| abstract_subclass(thread, base, class))
}

/// `PyObject_IsSubclass`.
pub(crate) fn is_subclass(thread: &Thread, derived: Ref, class: Ref) -> Result<bool> {
    if class.is_exact(types::type_()) {
        return if derived.is(class) { Ok(true) } else { subclass_of(thread, derived, class) };
    }
    if let Some(tuple) = class.downcast::<PyTuple>() {
        class_any(thread, tuple, |one| is_subclass(thread, derived, one))
    } else if let Some(check) = types::lookup(class.ty(), names::subclasscheck()) {
        let result = super::attr::call_special(thread, check, class, &[derived])?;
        is_truthy(thread, result.borrow())
    } else {
        subclass_of(thread, derived, class)
    }
}

/// `recursive_issubclass`: without hooks.
pub(crate) fn subclass_of(thread: &Thread, derived: Ref, class: Ref) -> Result<bool> {
    if let (Some(derived), Some(class)) = (derived.downcast::<PyType>(), class.downcast::<PyType>()) {
        return Ok(derived.is_subtype(class));
    }
    check_class(thread, derived, "issubclass() arg 1 must be a class")?;
    check_class(thread, class, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
    abstract_subclass(thread, derived, class)
}

/// `PyObject_Dir` without sorting: `__dir__`'s result as a list.
pub(crate) fn dir(thread: &Thread, object: Ref) -> Result<Owned<PyList>> {
    let Some(method) = types::lookup(object.ty(), names::dir()) else {
        return Err(error::type_error(thread, "object does not provide __dir__"));
    };
    let found = super::attr::call_special(thread, method, object, &[])?;
    super::list::from_iterable(thread, found.borrow())
}

/// How a callable is named in messages: `name()` with its module (`_PyObject_FunctionStr`).
pub(crate) fn function_text(thread: &Thread, function: Ref) -> Result<String> {
    let Some(qualname) = get_optional_attr(thread, function, names::qualname())? else {
        return str_text(thread, function);
    };
    let mut text = String::new();
    if let Some(module) = get_optional_attr(thread, function, names::module())? {
        let name = str_text(thread, module.borrow())?;
        if !is_none(module.borrow()) && name != "builtins" {
            text = format!("{name}.");
        }
    }
    Ok(format!("{text}{}()", str_text(thread, qualname.borrow())?))
}

/// Calls a method by name with arguments.
pub(crate) fn call_method(thread: &Thread, object: Ref, name: Ref<PyStr>, arguments: &[Ref]) -> Result {
    let method = get_attr(thread, object, name)?;
    call::with(thread, method.borrow(), arguments)
}

/// Calls a type with owned arguments.
pub(crate) fn call_type(thread: &Thread, class: Ref, arguments: &[Owned]) -> Result {
    let arguments: Vec<Ref> = arguments.iter().map(Owned::borrow).collect();
    super::call::with(thread, class, &arguments)
}
