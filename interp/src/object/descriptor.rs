//! The structs of descriptors that classes use: slots, static and class methods, properties, read-only views of dicts.

use super::field::{Field, OptField};
use super::header::PyObject;
use super::instance;
use super::layout::{self, Layout, Object};
use super::method::GetSetDef;
use super::refs::{Owned, Ref};
use super::str::PyStr;
use super::types::PyType;
use crate::runtime::types;

macro_rules! object_struct {
    ($name:ident, $layout:ident, [$($field:ident),*]) => {
        static $layout: Layout =
            Layout::fixed::<$name>(stringify!($name), Some(&layout::OBJECT)).traversed::<$name>();

        layout::traverse_fields!($name, keeps: [$($field),*], gives: []);

        // SAFETY: header first; what changes is in cells.
        unsafe impl Object for $name {
            const LAYOUT: &'static Layout = &$layout;
        }
    };
}

/// A `__slots__` entry: an attribute at a fixed place of the instance; or a field of a built-in type.
#[repr(C)]
pub(crate) struct PyMember {
    ob: PyObject,
    owner: Field<PyType>,
    name: Field<PyStr>,
    offset: usize,
    /// Of a built-in type's field: how it is read. It has no place then.
    field: Option<&'static GetSetDef>,
    /// Whether the attribute reads as None where there is none (`_Py_T_OBJECT`).
    absent_is_none: bool,
}
object_struct!(PyMember, MEMBER, [owner, name]);

impl PyMember {
    pub(crate) fn new(owner: Ref<PyType>, name: Owned<PyStr>, offset: usize) -> Owned<PyMember> {
        let ob = PyObject::new(types::member_descriptor());
        layout::make(PyMember {
            ob,
            owner: Field::new(owner.to_owned()),
            name: Field::new(name),
            offset,
            field: None,
            absent_is_none: false,
        })
    }

    /// The descriptor of a built-in type's field.
    pub(crate) fn of_field(owner: Ref<PyType>, name: Owned<PyStr>, field: &'static GetSetDef) -> Owned<PyMember> {
        let ob = PyObject::new(types::member_descriptor());
        let (owner, name) = (Field::new(owner.to_owned()), Field::new(name));
        layout::make(PyMember { ob, owner, name, offset: usize::MAX, field: Some(field), absent_is_none: false })
    }

    /// The same attribute, which reads as None where there is none.
    pub(crate) fn or_none(&self) -> Owned<PyMember> {
        let ob = PyObject::new(types::member_descriptor());
        let (owner, name) = (Field::new(self.owner().to_owned()), Field::new(self.name().to_owned()));
        layout::make(PyMember { ob, owner, name, offset: self.offset, field: self.field, absent_is_none: true })
    }

    pub(crate) fn absent_is_none(&self) -> bool {
        self.absent_is_none
    }

    pub(crate) fn field(&self) -> Option<&'static GetSetDef> {
        self.field
    }

    pub(crate) fn owner(&self) -> Ref<PyType> {
        self.owner.get()
    }

    pub(crate) fn name(&self) -> Ref<PyStr> {
        self.name.get()
    }

    /// Bytes from the instance to the attribute.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The attribute of an instance of the owner.
    pub(crate) fn get(&self, object: Ref) -> Option<Ref> {
        debug_assert!(self.field.is_none() && object.ty().is_subtype(self.owner()));
        instance::slot_at(object, self.offset).get()
    }

    /// Stores the attribute and gives back the old one.
    pub(crate) fn replace(&self, object: Ref, value: Option<Owned>) -> Option<Owned> {
        debug_assert!(self.field.is_none() && object.ty().is_subtype(self.owner()));
        instance::slot_at(object, self.offset).replace(value)
    }
}

/// `staticmethod` and `classmethod` objects.
#[repr(C)]
pub(crate) struct PyMethodHolder {
    ob: PyObject,
    pub(crate) callable: OptField,
    pub(crate) dict: OptField<super::dict::PyDict>,
}
object_struct!(PyMethodHolder, HOLDER, [callable, dict]);

impl PyMethodHolder {
    pub(crate) fn new(ty: Ref<PyType>, callable: Option<Owned>) -> Owned<PyMethodHolder> {
        let holder =
            PyMethodHolder { ob: PyObject::new(ty), callable: OptField::new(callable), dict: OptField::empty() };
        instance::make_of(ty, holder)
    }
}

/// A property.
#[repr(C)]
pub(crate) struct PyProperty {
    ob: PyObject,
    pub(crate) getter: OptField,
    pub(crate) setter: OptField,
    pub(crate) deleter: OptField,
    pub(crate) doc: OptField,
    pub(crate) name: OptField,
}
object_struct!(PyProperty, PROPERTY, [getter, setter, deleter, doc, name]);

impl PyProperty {
    pub(crate) fn new(ty: Ref<PyType>) -> Owned<PyProperty> {
        let property = PyProperty {
            ob: PyObject::new(ty),
            getter: OptField::empty(),
            setter: OptField::empty(),
            deleter: OptField::empty(),
            doc: OptField::empty(),
            name: OptField::empty(),
        };
        instance::make_of(ty, property)
    }
}

/// A read-only view of a mapping.
#[repr(C)]
pub(crate) struct PyMappingProxy {
    ob: PyObject,
    pub(crate) mapping: Field,
}
object_struct!(PyMappingProxy, MAPPING_PROXY, [mapping]);

impl PyMappingProxy {
    pub(crate) fn new(mapping: Owned) -> Owned<PyMappingProxy> {
        layout::make(PyMappingProxy { ob: PyObject::new(types::mapping_proxy()), mapping: Field::new(mapping) })
    }
}

/// A `super` proxy.
#[repr(C)]
pub(crate) struct PySuper {
    ob: PyObject,
    /// The class after which the MRO is searched.
    pub(crate) start: OptField<PyType>,
    pub(crate) receiver: OptField,
    /// The class whose MRO is searched.
    pub(crate) class: OptField<PyType>,
}
object_struct!(PySuper, SUPER, [start, receiver, class]);

impl PySuper {
    pub(crate) fn new(ty: Ref<PyType>) -> Owned<PySuper> {
        let proxy = PySuper {
            ob: PyObject::new(ty),
            start: OptField::empty(),
            receiver: OptField::empty(),
            class: OptField::empty(),
        };
        instance::make_of(ty, proxy)
    }
}
