//! Objects that are nothing but a number of references: unions, generic aliases, type parameters, namespaces.

use super::field::OptField;
use super::header::PyObject;
use super::instance;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::types::PyType;

/// A record; which field means what is its type's matter.
#[repr(C)]
pub(crate) struct PyRecord {
    ob: PyObject,
    fields: Box<[OptField]>,
}

static RECORD: Layout = Layout::fixed::<PyRecord>("PyRecord", Some(&layout::OBJECT)).traversed::<PyRecord>();

impl Traverse for PyRecord {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.fields.iter().for_each(|field| field.visit(visit));
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyRecord {
    const LAYOUT: &'static Layout = &RECORD;
}

impl PyRecord {
    /// A record of the type (or a class that extends it) with these fields.
    pub(crate) fn new(ty: Ref<PyType>, fields: impl IntoIterator<Item = Option<Owned>>) -> Owned<PyRecord> {
        let fields = fields.into_iter().map(OptField::new).collect();
        instance::make_of(ty, PyRecord { ob: PyObject::new(ty), fields })
    }

    /// Field number `index`, which the type has.
    pub(crate) fn field(&self, index: usize) -> &OptField {
        &self.fields[index]
    }
}
