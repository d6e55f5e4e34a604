// The recording world, Rust side: what bodies see of the runtime where the rules alone cannot say it, over world.rs.

use crate::world::*;
use std::marker::PhantomData;

pub(crate) use crate::exit::{Exit, Raised};
pub use crate::fields::*;
pub use crate::memory::*;
pub use crate::tables::*;

pub trait Object {}
pub struct PyObject;

/// A borrowed object; 0 stands for C's NULL.
pub struct Ref<T = PyObject>(pub i64, pub PhantomData<T>);
impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ref<T> {}
impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Ref<T>) -> bool {
        self.0 == other.0
    }
}
impl<T> Ref<T> {
    pub const fn new(id: i64) -> Ref<T> {
        Ref(id, PhantomData)
    }
    pub fn id(self) -> i64 {
        self.0
    }
    /// The object whose fields are used: not NULL.
    pub fn at(self) -> i64 {
        if self.0 == 0 {
            undefined()
        }
        self.0
    }
    pub fn upcast(self) -> Ref {
        Ref::new(self.0)
    }
    pub fn cast<U>(self) -> Ref<U> {
        Ref::new(self.0)
    }
    pub fn is<U>(self, other: Ref<U>) -> bool {
        self.0 == other.0
    }
    pub fn ty(self) -> Ref<PyType> {
        let id = self.at();
        Ref::new(with(|w| w.get("ob_type", id, ob_type)))
    }
    pub fn is_exact(self, ty: Ref<PyType>) -> bool {
        self.ty().is(ty)
    }
    pub fn to_owned(self) -> Owned<T> {
        let id = self.at();
        with(|w| w.take(id));
        Owned(id, PhantomData)
    }
    pub fn release(self) {
        let id = self.at();
        with(|w| w.release(id));
    }
}
pub fn ob_type(w: &mut World, _: i64) -> i64 {
    let r = w.draw();
    let v = r >> 8;
    let globals = w.body.globals;
    if !globals.is_empty() && r % 3 != 0 {
        globals[(v % globals.len() as u64) as usize]
    } else {
        1 + (v % GENERAL as u64) as i64
    }
}
pub fn memory(w: &mut World, _: i64) -> i64 {
    if w.null() { 0 } else { w.object_id() }
}
pub fn item(w: &mut World, _: i64) -> i64 {
    w.object_id()
}
pub fn flag(w: &mut World, _: i64) -> i64 {
    (w.draw() % 2) as i64
}
pub fn option<T>(id: i64) -> Option<Ref<T>> {
    (id != 0).then(|| Ref::new(id))
}

/// A count of an object.
pub struct Owned<T = PyObject>(pub i64, pub PhantomData<T>);
impl<T> Owned<T> {
    pub fn of(id: i64) -> Owned<T> {
        Owned(id, PhantomData)
    }
    /// The count goes elsewhere: nothing is released.
    pub fn into_id(self) -> i64 {
        let id = self.0;
        std::mem::forget(self);
        id
    }
    /// A helper takes the count.
    pub fn steal(self) -> i64 {
        let id = self.into_id();
        with(|w| w.refs[id as usize] -= 1);
        id
    }
    pub fn borrow(&self) -> Ref<T> {
        Ref::new(self.0)
    }
    pub fn upcast(self) -> Owned {
        Owned::of(self.into_id())
    }
    pub fn cast<U>(self) -> Owned<U> {
        Owned::of(self.into_id())
    }
    pub fn ty(&self) -> Ref<PyType> {
        self.borrow().ty()
    }
}
impl<T> std::ops::Deref for Owned<T> {
    type Target = Ref<T>;
    fn deref(&self) -> &Ref<T> {
        Box::leak(Box::new(Ref::new(self.0)))
    }
}
impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        with(|w| w.release(self.0));
    }
}
pub fn steal_option<T>(owned: Option<Owned<T>>) -> i64 {
    owned.map_or(0, Owned::steal)
}
pub fn store_option<T>(owned: Option<Owned<T>>) -> i64 {
    owned.map_or(0, Owned::into_id)
}

pub trait Known {
    type Value;
    fn known(self) -> Self::Value;
}
impl<T> Known for Option<T> {
    type Value = T;
    fn known(self) -> T {
        self.unwrap_or_else(|| undefined())
    }
}
impl<T, E> Known for Result<T, E> {
    type Value = T;
    fn known(self) -> T {
        self.unwrap_or_else(|_| undefined())
    }
}

/// A stack reference.
pub struct StackRef(pub Word);
impl Drop for StackRef {
    fn drop(&mut self) {
        if self.0.tag == TAG_OWNED {
            with(|w| w.release(self.0.id));
        }
    }
}
const fn single(id: i64) -> StackRef {
    StackRef(Word { id, tag: TAG_BORROWED })
}
impl StackRef {
    pub const NULL: StackRef = StackRef(EMPTY);
    pub const TRUE: StackRef = single(TRUE_ID);
    pub const FALSE: StackRef = single(FALSE_ID);
    pub const NONE: StackRef = single(NONE_ID);

    fn of(id: i64, tag: u8) -> StackRef {
        StackRef(if id == 0 { EMPTY } else { Word { id, tag } })
    }
    pub fn into_word(self) -> Word {
        let word = self.0;
        std::mem::forget(self);
        word
    }
    pub fn steal(self) -> Word {
        let word = self.into_word();
        if word.tag == TAG_OWNED {
            with(|w| w.refs[word.id as usize] -= 1);
        }
        word
    }
    pub fn leave(self) {
        std::mem::forget(self);
    }
    pub fn as_object(&self) -> Ref {
        Ref::new(self.0.id)
    }
    pub fn as_option(&self) -> Option<Ref> {
        option(self.0.id)
    }
    pub fn into_owned(self) -> Owned {
        let word = self.into_word();
        match word.tag {
            TAG_OWNED => {}
            TAG_BORROWED => with(|w| w.take(word.id)),
            _ => undefined(),
        }
        Owned::of(word.id)
    }
    pub fn to_owned(&self) -> Owned {
        self.as_object().to_owned()
    }
    pub fn ty(&self) -> Ref<PyType> {
        self.as_object().ty()
    }
    pub fn from_owned(object: Owned) -> StackRef {
        StackRef::of(object.into_id(), TAG_OWNED)
    }
    pub fn from_owned_mortal(object: Owned) -> StackRef {
        StackRef::from_owned(object)
    }
    pub fn from_new(object: Ref) -> StackRef {
        with(|w| w.take(object.0));
        StackRef::of(object.0, TAG_OWNED)
    }
    pub fn from_new_mortal(object: Ref) -> StackRef {
        StackRef::from_new(object)
    }
    pub fn from_borrowed(object: Ref) -> StackRef {
        StackRef::of(object.0, TAG_BORROWED)
    }
    pub fn from_immortal(object: Ref) -> StackRef {
        StackRef::from_borrowed(object)
    }
    pub fn dup(&self) -> StackRef {
        if self.0.tag == TAG_OWNED {
            with(|w| w.take(self.0.id));
        }
        StackRef(self.0)
    }
    pub fn borrow_ref(&self) -> StackRef {
        let tag = if self.0.tag == TAG_OWNED { TAG_BORROWED } else { self.0.tag };
        StackRef(Word { tag, ..self.0 })
    }
    pub fn make_heap_safe(self) -> StackRef {
        let word = self.into_word();
        if word.tag != TAG_BORROWED {
            return StackRef(word);
        }
        with(|w| w.take(word.id));
        StackRef(Word { tag: TAG_OWNED, ..word })
    }
    pub fn is_heap_safe(&self) -> bool {
        self.0.tag != TAG_BORROWED
    }
    pub fn is_null(&self) -> bool {
        self.0.tag == TAG_NULL
    }
    pub fn is_none(&self) -> bool {
        self.0 == StackRef::NONE.into_word()
    }
    pub fn is_true(&self) -> bool {
        self.0 == StackRef::TRUE.into_word()
    }
    pub fn is_false(&self) -> bool {
        self.0 == StackRef::FALSE.into_word()
    }
    pub fn is_bool(&self) -> bool {
        self.is_true() || self.is_false()
    }
    pub fn tag_int(n: isize) -> StackRef {
        StackRef(Word { id: n as i64, tag: TAG_INT })
    }
    pub fn untag_int(&self) -> isize {
        self.0.id as isize
    }
    pub fn is_tagged_int(&self) -> bool {
        self.0.tag == TAG_INT
    }
}
