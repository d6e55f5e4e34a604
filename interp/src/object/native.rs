//! Objects of native modules: a header, a dict for attributes, and a Rust value. One struct for all of them, so that a
//! module adds types without `unsafe`.

use super::dict::PyDict;
use super::field::OptField;
use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::types::PyType;
use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;

/// What a native object holds. Its fields that change are in cells.
pub(crate) trait Native: Any {
    /// Shows the cycle collector each count that the value holds, once each; what is left out counts as held from outside.
    fn visit(&self, _visit: &mut dyn FnMut(Ref)) {}

    /// Gives up references, so that cycles through the value end.
    fn clear(&self) {}
}

/// Fields that hold counts.
pub(crate) trait Visit {
    fn show(&self, visit: &mut dyn FnMut(Ref));
}

impl<T: Object> Visit for Owned<T> {
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        visit(self.borrow().upcast());
    }
}

impl<T: Visit> Visit for Option<T> {
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        self.iter().for_each(|value| value.show(visit));
    }
}

impl<T: Visit> Visit for Vec<T> {
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        self.iter().for_each(|value| value.show(visit));
    }
}

impl<T: Visit> Visit for VecDeque<T> {
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        self.iter().for_each(|value| value.show(visit));
    }
}

impl<T: Visit> Visit for RefCell<T> {
    /// What is being changed further up the stack is left out: it is held from there.
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        if let Ok(value) = self.try_borrow() {
            value.show(visit);
        }
    }
}

/// `Native` of a struct whose fields of these names hold counts.
macro_rules! native_fields {
    ($name:ty: $($field:tt),*) => {
        impl $crate::object::Native for $name {
            fn visit(&self, visit: &mut dyn FnMut($crate::object::Ref)) {
                $($crate::object::Visit::show(&self.$field, visit);)*
            }
        }
    };
}
pub(crate) use native_fields;

/// An object of a native module's type.
#[repr(C)]
pub(crate) struct PyNative {
    ob: PyObject,
    pub(crate) dict: OptField<PyDict>,
    value: Box<dyn Native>,
}

static LAYOUT: Layout = Layout::fixed::<PyNative>("PyNative", Some(&layout::OBJECT)).traversed::<PyNative>();

impl Traverse for PyNative {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.dict.visit(visit);
        self.value.visit(visit);
    }

    fn clear(&self) {
        self.value.clear();
        self.dict.set(None);
    }
}

// SAFETY: header first; what changes is in cells, the value's own included, as its trait asks.
unsafe impl Object for PyNative {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyNative {
    /// An object of `ty`, which may be a class that extends a native type.
    pub(crate) fn new<T: Native>(ty: Ref<PyType>, value: T) -> Owned<PyNative> {
        let value = Box::new(value);
        super::instance::make_of(ty, PyNative { ob: PyObject::new(ty), dict: OptField::empty(), value })
    }

    /// The value, if it is a `T`: a class may mix native types, so a method's receiver is not known by its type alone.
    pub(crate) fn value<T: Native>(&self) -> Option<&T> {
        let value: &dyn Any = &*self.value;
        value.downcast_ref()
    }
}
