//! `StackRef`: what a stack slot or a local variable holds.

use super::header::{FLAG_IMMORTAL, PyObject};
use super::refs::{Owned, Ref};
use super::singletons;
use super::types::PyType;
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// Set: no count is held (the object is immortal, or something else keeps it alive). Equals `FLAG_IMMORTAL`, so that
/// the tag of a stolen reference is one `and`.
const NO_COUNT: usize = 1;
const INT: usize = 3;
const TAGS: usize = 3;
const _: () = assert!(FLAG_IMMORTAL as usize == NO_COUNT);

/// One tagged machine word, with CPython 3.14's tags (`pycore_stackref.h`): an owned reference (tag 0), a borrowed or
/// immortal one (1), NULL (1 without a pointer), or a small integer (3, the exception table's `lasti`).
///
/// Not `Copy`: dropping it closes it (`PyStackRef_XCLOSE`). The word is in a cell because slots are overwritten in place
/// while a shared reference to them may exist.
#[repr(transparent)]
pub(crate) struct StackRef(Cell<*mut PyObject>);

impl StackRef {
    pub(crate) const NULL: StackRef = StackRef(Cell::new(ptr::without_provenance_mut(NO_COUNT)));
    pub(crate) const TRUE: StackRef = StackRef::from_static(singletons::true_object());
    pub(crate) const FALSE: StackRef = StackRef::from_static(singletons::false_object());
    pub(crate) const NONE: StackRef = StackRef::from_static(singletons::none_object());

    const fn from_static(object: Ref<PyObject>) -> StackRef {
        StackRef(Cell::new(object.as_ptr().wrapping_byte_add(NO_COUNT)))
    }

    #[inline(always)]
    fn word(&self) -> *mut PyObject {
        self.0.get()
    }

    #[inline(always)]
    fn from_word(word: *mut PyObject) -> StackRef {
        StackRef(Cell::new(word))
    }

    #[inline(always)]
    fn bits(&self) -> usize {
        self.word().addr()
    }

    #[inline(always)]
    fn pointer(&self) -> *mut PyObject {
        self.word().map_addr(|bits| bits & !TAGS)
    }

    #[inline(always)]
    pub(crate) fn is_null(&self) -> bool {
        self.bits() == NO_COUNT
    }

    /// Takes over a reference (`PyStackRef_FromPyObjectSteal`).
    #[inline(always)]
    pub(crate) fn from_owned(object: Owned) -> StackRef {
        let tag = (object.flags() & FLAG_IMMORTAL) as usize;
        StackRef::from_word(object.into_ptr().as_ptr().wrapping_byte_add(tag))
    }

    /// Takes over a reference to an object that is taken to be mortal (`PyStackRef_FromPyObjectStealMortal`). For an immortal
    /// one (the tuple of BUILD_TUPLE 0) the word lacks its tag, which is sound: counting leaves such objects alone.
    #[inline(always)]
    pub(crate) fn from_owned_mortal(object: Owned) -> StackRef {
        // An object may have become immortal since its count was taken (an interned str): giving back a count of such a
        // one does nothing.
        StackRef::from_word(object.into_ptr().as_ptr())
    }

    /// A new reference (`PyStackRef_FromPyObjectNew`).
    #[inline(always)]
    pub(crate) fn from_new(object: Ref) -> StackRef {
        StackRef::from_owned(object.to_owned())
    }

    /// A new reference to an object that is known to be mortal.
    #[inline(always)]
    pub(crate) fn from_new_mortal(object: Ref) -> StackRef {
        StackRef::from_owned_mortal(object.to_owned())
    }

    /// A reference without a count: something else keeps the object alive for as long as the slot is used.
    #[inline(always)]
    pub(crate) fn from_borrowed(object: Ref) -> StackRef {
        StackRef::from_word(object.as_ptr().wrapping_byte_add(NO_COUNT))
    }

    /// A reference to an immortal object.
    #[inline(always)]
    pub(crate) fn from_immortal(object: Ref) -> StackRef {
        debug_assert!(object.is_immortal());
        StackRef::from_borrowed(object)
    }

    /// The object (`PyStackRef_AsPyObjectBorrow`). The slot is not NULL and not a tagged integer.
    #[inline(always)]
    pub(crate) fn as_object(&self) -> Ref {
        debug_assert!(!self.is_null() && !self.is_tagged_int(), "an object was asked of a slot without one");
        // SAFETY: a slot that is neither NULL nor an integer was made from an object handle, whose pointer is not null.
        Ref::from_ptr(unsafe { NonNull::new_unchecked(self.pointer()) })
    }

    /// The object, or `None` for NULL.
    #[inline(always)]
    pub(crate) fn as_option(&self) -> Option<Ref> {
        (!self.is_null()).then(|| self.as_object())
    }

    /// The object with a count of its own (`PyStackRef_AsPyObjectSteal`): this slot's, or a new one if it has none.
    #[inline(always)]
    pub(crate) fn into_owned(self) -> Owned {
        if self.is_counted() {
            let object = self.as_object();
            self.leave();
            // SAFETY: the slot held a count, which `leave` did not give back.
            unsafe { Owned::from_ptr(NonNull::new_unchecked(object.as_ptr())) }
        } else {
            self.as_object().to_owned()
        }
    }

    /// As `into_owned`, `None` for NULL.
    #[inline(always)]
    pub(crate) fn into_option(self) -> Option<Owned> {
        if self.is_null() { None } else { Some(self.into_owned()) }
    }

    /// A new reference (`PyStackRef_AsPyObjectNew`).
    #[inline(always)]
    pub(crate) fn to_owned(&self) -> Owned {
        self.as_object().to_owned()
    }

    /// `PyStackRef_DUP`: a second slot for the same object. NULL and integers are copied.
    #[inline(always)]
    pub(crate) fn dup(&self) -> StackRef {
        if self.is_counted() { StackRef::from_new_mortal(self.as_object()) } else { StackRef::from_word(self.word()) }
    }

    /// `PyStackRef_Borrow`: a second slot without a count; this one outlives it.
    #[inline(always)]
    pub(crate) fn borrow_ref(&self) -> StackRef {
        StackRef::from_word(self.word().map_addr(|bits| bits | NO_COUNT))
    }

    /// `PyStackRef_MakeHeapSafe`: the same object with a count, unless it is immortal.
    #[inline(always)]
    pub(crate) fn make_heap_safe(self) -> StackRef {
        if self.is_heap_safe() { self } else { StackRef::from_new(self.as_object()) }
    }

    /// Whether the slot may outlive the frame: it holds a count, or none is needed.
    #[inline(always)]
    pub(crate) fn is_heap_safe(&self) -> bool {
        self.is_counted() || self.is_null() || self.is_tagged_int() || self.as_object().is_immortal()
    }

    /// Shows the cycle collector the reference, if the slot holds a count.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(Ref)) {
        if self.is_counted() {
            visit(self.as_object());
        }
    }

    #[inline(always)]
    fn is_counted(&self) -> bool {
        self.bits() & NO_COUNT == 0
    }

    #[inline(always)]
    pub(crate) fn is_true(&self) -> bool {
        ptr::addr_eq(self.word(), StackRef::TRUE.word())
    }

    #[inline(always)]
    pub(crate) fn is_false(&self) -> bool {
        ptr::addr_eq(self.word(), StackRef::FALSE.word())
    }

    #[inline(always)]
    pub(crate) fn is_none(&self) -> bool {
        ptr::addr_eq(self.word(), StackRef::NONE.word())
    }

    /// The object's type (`PyStackRef_TYPE`).
    #[inline(always)]
    pub(crate) fn ty(&self) -> Ref<PyType> {
        self.as_object().ty()
    }

    /// `PyStackRef_TagInt`.
    #[inline(always)]
    pub(crate) fn tag_int(value: isize) -> StackRef {
        StackRef::from_word(ptr::without_provenance_mut(((value as usize) << 2) | INT))
    }

    /// `PyStackRef_UntagInt`.
    #[inline(always)]
    pub(crate) fn untag_int(&self) -> isize {
        debug_assert!(self.is_tagged_int());
        (self.bits() as isize) >> 2
    }

    #[inline(always)]
    pub(crate) fn is_tagged_int(&self) -> bool {
        self.bits() & TAGS == INT
    }

    /// The value stays on the stack: nothing is released here.
    #[inline(always)]
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for StackRef {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_counted() {
            // SAFETY: an untagged word holds a pointer and its count, which ends here.
            drop(unsafe { Owned::<PyObject>::from_ptr(NonNull::new_unchecked(self.word())) });
        }
    }
}
