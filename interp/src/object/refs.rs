//! Handles to objects: `Ref` borrows, `Owned` holds a count.

use super::header::PyObject;
use super::layout::{self, Object};
use super::types::PyType;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// A borrowed object pointer, as C passes it: one word, never null, no count held.
///
/// It has no lifetime: whoever copies it out of a slot knows what keeps the object alive (the slot, a container, the
/// frame), as the definitions' bodies do. Debug builds check at each use that the object has a count.
#[repr(transparent)]
pub(crate) struct Ref<T = PyObject>(NonNull<T>);

impl<T> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Ref<T> {
        *self
    }
}
impl<T> Copy for Ref<T> {}

impl<T> Ref<T> {
    /// A handle to an object that lives in a static.
    #[inline(always)]
    pub(crate) const fn from_static(object: &'static T) -> Ref<T> {
        Ref(NonNull::from_ref(object))
    }

    #[inline(always)]
    pub(super) const fn from_ptr(pointer: NonNull<T>) -> Ref<T> {
        Ref(pointer)
    }

    /// A handle from a pointer that left the object core.
    ///
    /// # Safety
    /// The pointer is to a live `T`.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(pointer: NonNull<T>) -> Ref<T> {
        Ref(pointer)
    }

    #[inline(always)]
    pub(crate) const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The address, which is Python's `id()`.
    #[inline(always)]
    pub(crate) fn addr(self) -> usize {
        self.0.addr().get()
    }

    /// Identity.
    #[inline(always)]
    pub(crate) fn is<U>(self, other: Ref<U>) -> bool {
        std::ptr::addr_eq(self.0.as_ptr(), other.0.as_ptr())
    }
}

impl<T: Object> Ref<T> {
    #[inline(always)]
    pub(crate) fn upcast(self) -> Ref<PyObject> {
        Ref(self.0.cast())
    }

    /// The object's header.
    #[inline(always)]
    pub(crate) fn header(&self) -> &PyObject {
        // SAFETY: `T: Object` starts with its header, and a Ref points to a live object.
        unsafe { self.0.cast::<PyObject>().as_ref() }
    }

    /// The object's type (`Py_TYPE`).
    #[inline(always)]
    pub(crate) fn ty(self) -> Ref<PyType> {
        self.check_alive();
        self.header().type_ref()
    }

    /// `Py_TYPE(o) == t`.
    #[inline(always)]
    pub(crate) fn is_exact(self, ty: Ref<PyType>) -> bool {
        self.ty().is(ty)
    }

    /// A new reference (`Py_NewRef`).
    #[inline(always)]
    pub(crate) fn to_owned(self) -> Owned<T> {
        self.check_alive();
        self.header().incref();
        Owned(self.0.cast(), PhantomData)
    }

    /// Gives back a count that a member held, and that a plain store has overwritten since.
    #[inline(always)]
    pub(crate) fn release(self) {
        self.check_alive();
        // SAFETY: the definitions read a member into a variable, store over the member, and release the variable: the
        // count that the member owned is given back here, once.
        drop(unsafe { Owned::<T>::from_ptr(self.0.cast()) });
    }

    #[inline(always)]
    pub(super) fn check_alive(self) {
        debug_assert!(self.header().refcnt() != 0, "use of a dead object");
    }
}

impl Ref<PyObject> {
    /// C's pointer cast: whoever looks through the handle knows the type by then. Debug builds check it there.
    #[inline(always)]
    pub(crate) fn cast<T: Object>(self) -> Ref<T> {
        Ref(self.0.cast())
    }

    /// The object as a `T` if its type (or a base of it) is laid out as one.
    #[inline(always)]
    pub(crate) fn downcast<T: Object>(self) -> Option<Ref<T>> {
        layout::has_layout(self, T::LAYOUT).then(|| Ref(self.0.cast()))
    }
}

impl<T: Object> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        self.check_alive();
        debug_assert!(layout::is_laid_out_as(self.header(), T::LAYOUT), "use as the wrong object struct");
        // SAFETY: a Ref points to a live `T`; all fields that change are in cells, so shared references may coexist.
        unsafe { self.0.as_ref() }
    }
}

/// A strong reference: dropping it takes the count down, and destroys the object at once when it was the last.
#[repr(transparent)]
pub(crate) struct Owned<T = PyObject>(NonNull<PyObject>, PhantomData<T>);

impl<T> Owned<T> {
    /// Takes over a count that the pointer already has.
    ///
    /// # Safety
    /// The object is a live `T` and one of its counts becomes this handle's.
    #[inline(always)]
    pub(super) const unsafe fn from_ptr(pointer: NonNull<PyObject>) -> Owned<T> {
        Owned(pointer, PhantomData)
    }

    /// Gives the count away as a raw pointer.
    #[inline(always)]
    pub(super) fn into_ptr(self) -> NonNull<PyObject> {
        let pointer = self.0;
        std::mem::forget(self);
        pointer
    }

    #[inline(always)]
    pub(crate) fn borrow(&self) -> Ref<T> {
        Ref(self.0.cast())
    }
}

impl<T: Object> Owned<T> {
    #[inline(always)]
    pub(crate) fn upcast(self) -> Owned<PyObject> {
        Owned(self.into_ptr(), PhantomData)
    }

    /// The object's type.
    #[inline(always)]
    pub(crate) fn ty(&self) -> Ref<PyType> {
        self.borrow().ty()
    }

    /// Lets the object live for ever and gives a borrowed handle to it.
    pub(crate) fn leak_immortal(self) -> Ref<T> {
        self.borrow().header().make_immortal();
        let object = self.borrow();
        std::mem::forget(self);
        object
    }
}

impl Owned<PyObject> {
    /// C's pointer cast; debug builds check it.
    #[inline(always)]
    pub(crate) fn cast<T: Object>(self) -> Owned<T> {
        debug_assert!(layout::has_layout(self.borrow(), T::LAYOUT), "cast to the wrong object struct");
        Owned(self.into_ptr(), PhantomData)
    }

    /// The object as a `T` if it is laid out as one, else given back.
    pub(crate) fn downcast<T: Object>(self) -> Result<Owned<T>, Owned<PyObject>> {
        if layout::has_layout(self.borrow(), T::LAYOUT) { Ok(self.cast()) } else { Err(self) }
    }
}

impl<T: Object> Clone for Owned<T> {
    #[inline(always)]
    fn clone(&self) -> Owned<T> {
        self.borrow().to_owned()
    }
}

impl<T: Object> Deref for Owned<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the count that this handle holds keeps the object alive; see `Ref::deref`.
        unsafe { self.0.cast::<T>().as_ref() }
    }
}

impl<T> Drop for Owned<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the handle holds a count, so the header is live.
        if unsafe { self.0.as_ref() }.decref() {
            // SAFETY: that was the last count: nobody else can reach the object.
            unsafe { layout::destroy(self.0) };
        }
    }
}
