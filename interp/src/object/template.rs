//! Template strings: what stands between `{}` as an object, and the text around it.

use super::field::Field;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::tuple::PyTuple;
use crate::runtime::types;
use std::cell::Cell;

/// A value in a template, with its source text, and how it is to be converted and formatted.
#[repr(C)]
pub(crate) struct PyInterpolation {
    ob: PyObject,
    pub(crate) value: Field,
    pub(crate) expression: Field,
    pub(crate) conversion: Field,
    pub(crate) format_spec: Field,
}

static INTERPOLATION: Layout =
    Layout::fixed::<PyInterpolation>("PyInterpolation", Some(&layout::OBJECT)).traversed::<PyInterpolation>();

layout::traverse_fields!(PyInterpolation, keeps: [value, expression, conversion, format_spec], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyInterpolation {
    const LAYOUT: &'static Layout = &INTERPOLATION;
}

impl PyInterpolation {
    pub(crate) fn new(
        value: Owned,
        expression: Owned,
        conversion: Owned,
        format_spec: Owned,
    ) -> Owned<PyInterpolation> {
        layout::make(PyInterpolation {
            ob: PyObject::new(types::interpolation()),
            value: Field::new(value),
            expression: Field::new(expression),
            conversion: Field::new(conversion),
            format_spec: Field::new(format_spec),
        })
    }
}

/// A template: one string more than there are interpolations.
#[repr(C)]
pub(crate) struct PyTemplate {
    ob: PyObject,
    pub(crate) strings: Field<PyTuple>,
    pub(crate) interpolations: Field<PyTuple>,
}

static TEMPLATE: Layout = Layout::fixed::<PyTemplate>("PyTemplate", Some(&layout::OBJECT)).traversed::<PyTemplate>();

layout::traverse_fields!(PyTemplate, keeps: [strings, interpolations], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyTemplate {
    const LAYOUT: &'static Layout = &TEMPLATE;
}

impl PyTemplate {
    pub(crate) fn new(strings: Owned<PyTuple>, interpolations: Owned<PyTuple>) -> Owned<PyTemplate> {
        layout::make(PyTemplate {
            ob: PyObject::new(types::template()),
            strings: Field::new(strings),
            interpolations: Field::new(interpolations),
        })
    }
}

/// An iterator over a template's strings and interpolations, by turns.
#[repr(C)]
pub(crate) struct PyTemplateIter {
    ob: PyObject,
    template: Field<PyTemplate>,
    /// Even for a string, odd for an interpolation.
    position: Cell<usize>,
}

static ITERATOR: Layout =
    Layout::fixed::<PyTemplateIter>("PyTemplateIter", Some(&layout::OBJECT)).traversed::<PyTemplateIter>();

layout::traverse_fields!(PyTemplateIter, keeps: [template], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyTemplateIter {
    const LAYOUT: &'static Layout = &ITERATOR;
}

impl PyTemplateIter {
    pub(crate) fn new(template: Ref<PyTemplate>) -> Owned<PyTemplateIter> {
        layout::make(PyTemplateIter {
            ob: PyObject::new(types::template_iterator()),
            template: Field::new(template.to_owned()),
            position: Cell::new(0),
        })
    }

    /// The next part.
    pub(crate) fn step(&self) -> Option<Ref> {
        let position = self.position.get();
        let template = self.template.get();
        let parts = if position.is_multiple_of(2) { &template.strings } else { &template.interpolations };
        let part = parts.get().get(position / 2)?;
        self.position.set(position + 1);
        Some(part)
    }
}
