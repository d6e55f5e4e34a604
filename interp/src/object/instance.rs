//! Instances of classes: the base's struct, slots behind it, inline values behind those, and the dict pointer in front.

use super::alloc::{self, PREFIX, Pool};
use super::dict::PyDict;
use super::header::{FLAG_FINALIZED, PyObject};
use super::layout::{self, Object};
use super::refs::{Owned, Ref};
use super::thread::Thread;
use super::types::{PyType, flags};
use super::values::InlineValues;
use std::ptr::{self, NonNull};

/// Where the dict pointer lies, from the object (`MANAGED_DICT_OFFSET`).
pub(crate) const MANAGED_DICT_OFFSET: isize = -(PREFIX as isize);

/// Bytes in front of the header of an instance: the dict of one that may have one, and a word that only aligns.
fn prefix(ty: &PyType) -> usize {
    if ty.has_feature(flags::MANAGED_DICT | flags::MANAGED_WEAKREF) { PREFIX } else { 0 }
}

fn inline_bytes(ty: &PyType, capacity: usize) -> usize {
    if ty.has_feature(flags::INLINE_VALUES) { InlineValues::bytes(capacity) } else { 0 }
}

/// Where instances of classes are allocated.
fn pool(prefix: usize) -> Pool {
    if prefix == 0 { Pool::Container } else { Pool::Prefixed }
}

/// Makes an object of a type that may be a class.
pub(super) fn make_of<T: Object>(ty: Ref<PyType>, value: T) -> Owned<T> {
    if !ty.has_feature(flags::HEAPTYPE) {
        return layout::make(value);
    }
    debug_assert!(ty.layout().extends(T::LAYOUT) && ty.basicsize.get() >= size_of::<T>());
    // Each instance takes one place less than the one before, down to what the class's instances really use.
    let capacity = ty.cached_keys.get().filter(|_| ty.has_feature(flags::INLINE_VALUES)).map_or(0, |keys| {
        let capacity = keys.capacity_for_values();
        keys.spend_usable();
        capacity
    });
    let before = prefix(&ty);
    let size = ty.basicsize.get();
    let Some(memory) = alloc::allocate_in(pool(before), before + size + inline_bytes(&ty, capacity)) else {
        layout::out_of_memory()
    };
    std::mem::forget(ty.to_owned());
    // SAFETY: the block has room for prefix, struct, slots and values; all of it is written.
    unsafe {
        ptr::write_bytes(memory.as_ptr(), 0, before);
        let object = memory.add(before).cast::<T>();
        object.write(value);
        ptr::write_bytes(object.add(1).cast::<u8>().as_ptr(), 0, size - size_of::<T>());
        if ty.has_feature(flags::INLINE_VALUES) {
            InlineValues::initialize(object.cast::<u8>().add(size), capacity);
        }
        Owned::from_ptr(object.cast())
    }
}

/// Makes an object with items behind its struct, of a type that may be a class. Such classes have neither slots nor
/// inline values (`tp_itemsize` is set). `None` when there is no memory.
pub(super) fn make_with_items<T: Object>(ty: Ref<PyType>, value: T, items: Vec<Owned>) -> Option<Owned<T>> {
    debug_assert!(ty.layout().extends(T::LAYOUT) && ty.basicsize.get() == size_of::<T>());
    debug_assert!(!ty.has_feature(flags::INLINE_VALUES));
    let before = prefix(&ty);
    let bytes = items.len().checked_mul(size_of::<Owned>())?;
    let heap = ty.has_feature(flags::HEAPTYPE);
    let pool = if heap { pool(before) } else { T::LAYOUT.pool() };
    let memory = alloc::allocate_in(pool, bytes.checked_add(before + size_of::<T>())?)?;
    if heap {
        std::mem::forget(ty.to_owned());
    }
    // SAFETY: the block has room for prefix, struct and items; all of it is written.
    unsafe {
        ptr::write_bytes(memory.as_ptr(), 0, before);
        let object = memory.add(before).cast::<T>();
        object.write(value);
        let first = object.add(1).cast::<Owned>();
        for (index, item) in items.into_iter().enumerate() {
            first.add(index).write(item);
        }
        Some(Owned::from_ptr(object.cast()))
    }
}

/// An instance of a class that extends `object` itself (`PyType_GenericAlloc`).
pub(crate) fn plain(ty: Ref<PyType>) -> Owned {
    make_of(ty, PyObject::new(ty))
}

/// `dealloc` of classes: finaliser, attributes, slots, the base's fields, the memory, then the class's count.
pub(super) unsafe fn dealloc(object: NonNull<PyObject>) {
    if !layout::enter_destruction(object) {
        return;
    }
    // SAFETY: the object is dying but its header is live.
    let header = unsafe { object.as_ref() };
    let ty = header.type_ref();
    if let Some(finalize) = ty.slots.finalize.get()
        && header.flags() & FLAG_FINALIZED == 0
    {
        header.resurrect();
        header.set_flags(header.flags() | FLAG_FINALIZED);
        finalize(Thread::current(), Ref::from_ptr(object));
        if !header.decref() {
            layout::leave_destruction();
            return;
        }
    }
    layout::clear_weak_references(object);
    // SAFETY: a dying instance made by `make_of`.
    unsafe {
        let before = prefix(&ty);
        let size = ty.basicsize.get();
        let mut capacity = 0;
        if ty.has_feature(flags::INLINE_VALUES) {
            let values = InlineValues::at(object.cast::<u8>().add(size));
            capacity = values.capacity();
            if let Some(dict) = take_dict(object) {
                // Others may still hold the dict, whose values lie in this object.
                dict.borrow().detach_values();
            }
            drop(values.take_all());
        } else if before != 0 {
            drop(take_dict(object));
        }
        let base = ty.layout();
        let items = base.item_bytes(object);
        let slots = object.cast::<u8>().add(base.size).cast::<Option<Owned>>();
        ptr::slice_from_raw_parts_mut(slots.as_ptr(), (size - base.size) / size_of::<Owned>()).drop_in_place();
        layout::drop_fields_of(object);
        let memory = object.cast::<u8>().sub(before);
        alloc::release_in(pool(before), memory, before + size + items + inline_bytes(&ty, capacity));
        drop(Owned::<PyType>::from_ptr(NonNull::new_unchecked(ty.as_ptr()).cast()));
    }
    layout::leave_destruction();
}

/// Calls `visit` for each count that an instance of a class holds.
///
/// # Safety
/// A live instance of a class.
pub(super) unsafe fn traverse(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    // SAFETY: the instance is live, and so are its type and what its prefix, slots and values hold. No handle is used, whose
    // checks the collector's reckoning would upset.
    unsafe {
        let ty = object.as_ref().type_ref().as_ptr();
        (*ty).layout().traverse(object, visit);
        let dict = if prefix(&*ty) == 0 { &None } else { dict_word(object).as_ref() };
        if let Some(dict) = dict {
            visit(dict.borrow().upcast());
        }
        for slot in slots(object, &*ty) {
            if let Some(value) = slot.as_ref() {
                visit(value.borrow());
            }
        }
        // Values under a dict are the dict's to show: it may be held by others.
        if dict.is_none() && (*ty).has_feature(flags::INLINE_VALUES) {
            let values = InlineValues::at(object.cast::<u8>().add((*ty).basicsize.get()));
            (0..values.capacity()).filter_map(|index| values.get(index)).for_each(&mut *visit);
        }
        visit(Ref::from_ptr(NonNull::new_unchecked(ty).cast()));
    }
}

/// Gives up the attributes and slots of an instance of a class.
///
/// # Safety
/// A live instance of a class.
pub(super) unsafe fn clear(object: NonNull<PyObject>) {
    let instance: Ref = Ref::from_ptr(object);
    let ty = instance.ty();
    // SAFETY: passed on.
    unsafe { ty.layout().clear(object) };
    if ty.has_feature(flags::MANAGED_DICT) {
        // SAFETY: an instance of a class with a dict.
        match unsafe { take_dict(object) } {
            // Others may hold the dict, whose values lie in this object.
            Some(dict) => dict.borrow().detach_values(),
            None if ty.has_feature(flags::INLINE_VALUES) => drop(inline_values(instance).take_all()),
            None => {}
        }
    }
    // SAFETY: the slots are the instance's; what they held is dropped once it is out of them.
    unsafe { slots(object, &ty) }.for_each(|slot| drop(unsafe { (*slot.as_ptr()).take() }));
}

/// The slots behind an instance's struct.
///
/// # Safety
/// A live or dying instance of this class.
unsafe fn slots(object: NonNull<PyObject>, ty: &PyType) -> impl Iterator<Item = NonNull<Option<Owned>>> + use<> {
    let start = ty.layout().size;
    let count = (ty.basicsize.get() - start) / size_of::<Owned>();
    // SAFETY: `basicsize` counts the struct and the slots behind it.
    let first = unsafe { object.cast::<u8>().add(start).cast::<Option<Owned>>() };
    // SAFETY: as above.
    (0..count).map(move |index| unsafe { first.add(index) })
}

unsafe fn dict_word(object: NonNull<PyObject>) -> NonNull<Option<Owned<PyDict>>> {
    // SAFETY: the caller's object has a prefix.
    unsafe { object.byte_offset(MANAGED_DICT_OFFSET).cast() }
}

unsafe fn take_dict(object: NonNull<PyObject>) -> Option<Owned<PyDict>> {
    // SAFETY: passed on.
    unsafe { dict_word(object).as_mut().take() }
}

fn pointer(object: Ref) -> NonNull<PyObject> {
    NonNull::new(object.as_ptr()).expect("handles are not null")
}

/// The dict of an instance, if it has one yet (`_PyObject_GetManagedDict`). The type has MANAGED_DICT.
#[inline(always)]
pub(crate) fn managed_dict(object: Ref) -> Option<Ref<PyDict>> {
    debug_assert!(object.ty().has_feature(flags::MANAGED_DICT));
    // SAFETY: the type's instances have the prefix; no reference outlives the statement.
    unsafe { dict_word(NonNull::new_unchecked(object.as_ptr())).as_ref().as_ref().map(Owned::borrow) }
}

/// Gives an instance its dict; the old one is given back.
pub(crate) fn set_managed_dict(object: Ref, dict: Option<Owned<PyDict>>) -> Option<Owned<PyDict>> {
    debug_assert!(object.ty().has_feature(flags::MANAGED_DICT));
    // SAFETY: as in `managed_dict`.
    unsafe { std::mem::replace(dict_word(pointer(object)).as_mut(), dict) }
}

/// The inline values of an instance (`_PyObject_InlineValues`). The type has INLINE_VALUES.
#[inline(always)]
pub(crate) fn inline_values(object: Ref) -> InlineValues {
    let ty = object.ty();
    debug_assert!(ty.has_feature(flags::INLINE_VALUES));
    // SAFETY: the type's instances have values behind their struct and slots.
    unsafe { InlineValues::at(NonNull::new_unchecked(object.as_ptr()).cast::<u8>().add(ty.basicsize.get())) }
}

/// Makes an instance one of another class of the same shape (`object.__class__ = …`). Attributes that lie in the instance
/// move to its dict, because the other class's instances share other keys.
pub(crate) fn change_class(object: Ref, class: Ref<PyType>) {
    let old = object.ty();
    if old.has_feature(flags::INLINE_VALUES)
        && let Some(keys) = old.cached_keys.get()
    {
        if managed_dict(object).is_none() {
            drop(set_managed_dict(object, Some(PyDict::over_values(keys, inline_values(object)))));
        }
        if let Some(dict) = managed_dict(object) {
            dict.detach_values();
        }
    }
    std::mem::forget(class.to_owned());
    object.header().set_type_ref(class);
    // SAFETY: the instance held a count of its old class, which ends here.
    drop(unsafe { Owned::<PyType>::from_ptr(pointer(old.upcast())) });
}

/// A slot of `__slots__`, by its offset from the object, which the class's member descriptor knows.
#[inline]
pub(crate) fn slot_at(object: Ref, offset: usize) -> super::memory::ObjectSlot {
    super::memory::Memory::of(object).offset(offset as isize).object_slot()
}
