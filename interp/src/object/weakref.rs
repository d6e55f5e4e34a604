//! Weak references. Which ones there are to an object stands in a table beside the objects, so that no struct needs a
//! field for it; a flag in the header says that there is an entry.

use super::field::OptField;
use super::header::{FLAG_WEAKREFS, PyObject};
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::thread::Thread;
use super::types::PyType;
use crate::runtime;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::NonNull;

/// A weak reference or proxy.
#[repr(C)]
pub(crate) struct PyWeakRef {
    ob: PyObject,
    target: Cell<Option<Ref>>,
    pub(crate) callback: OptField,
    /// The target's hash once it was asked for, else -1.
    pub(crate) hash: Cell<isize>,
}

static LAYOUT: Layout = Layout::fixed::<PyWeakRef>("PyWeakRef", Some(&layout::OBJECT)).traversed::<PyWeakRef>();

layout::traverse_fields!(PyWeakRef, keeps: [], gives: [callback]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyWeakRef {
    const LAYOUT: &'static Layout = &LAYOUT;
}

/// By address of the object, the references to it in the order in which they were made. They hold no count in either
/// direction: whichever dies first takes itself out.
struct Table(RefCell<Option<HashMap<usize, Vec<Ref<PyWeakRef>>>>>);

// SAFETY: only the thread that holds the interpreter guard makes or destroys objects.
unsafe impl Sync for Table {}

static TABLE: Table = Table(RefCell::new(None));

impl PyWeakRef {
    /// A reference of the given type; one without callback is shared among all who ask for the like.
    pub(crate) fn new(ty: Ref<PyType>, target: Ref, callback: Option<Owned>) -> Owned<PyWeakRef> {
        let shared = callback.is_none() && !ty.has_feature(super::types::flags::HEAPTYPE);
        if shared && let Some(found) = all(target).into_iter().find(|found| found.is_basic(ty)) {
            return found;
        }
        let made = super::instance::make_of(
            ty,
            PyWeakRef {
                ob: PyObject::new(ty),
                target: Cell::new(Some(target)),
                callback: OptField::new(callback),
                hash: Cell::new(-1),
            },
        );
        target.header().change_flags(FLAG_WEAKREFS, 0);
        let mut table = TABLE.0.borrow_mut();
        table.get_or_insert_default().entry(target.addr()).or_default().push(made.borrow());
        made
    }

    /// The object, if it is alive.
    pub(crate) fn target(&self) -> Option<Ref> {
        // One that is being destroyed has no count left, and is nobody's to revive.
        self.target.get().filter(|target| target.header().refcnt() != 0)
    }

    fn is_basic(&self, ty: Ref<PyType>) -> bool {
        self.ob.type_ref().is(ty) && !self.callback.is_some()
    }
}

impl Drop for PyWeakRef {
    fn drop(&mut self) {
        let Some(target) = self.target.take() else { return };
        let own = std::ptr::from_ref(self).addr();
        let mut table = TABLE.0.borrow_mut();
        let Some(table) = table.as_mut() else { return };
        let Some(references) = table.get_mut(&target.addr()) else { return };
        references.retain(|reference| reference.addr() != own);
        if references.is_empty() {
            table.remove(&target.addr());
            target.header().change_flags(0, FLAG_WEAKREFS);
        }
    }
}

/// The living weak references and proxies to an object, in the order in which they were made.
pub(crate) fn all(target: Ref) -> Vec<Owned<PyWeakRef>> {
    let table = TABLE.0.borrow();
    let found = table.as_ref().and_then(|table| table.get(&target.addr()));
    found
        .into_iter()
        .flatten()
        .filter(|found| found.header().refcnt() != 0)
        .map(|&found| Ref::to_owned(found))
        .collect()
}

/// Takes the references to an object off it. Gives those with a callback, the newest first.
fn detach(object: Ref) -> Vec<Owned<PyWeakRef>> {
    let references = TABLE.0.borrow_mut().as_mut().and_then(|table| table.remove(&object.addr())).unwrap_or_default();
    object.header().change_flags(0, FLAG_WEAKREFS);
    let mut with_callback = Vec::new();
    for reference in references.into_iter().rev() {
        // One that is dying itself, and only waits for its turn, has no count to lend and calls nobody.
        // SAFETY: it takes itself out of the table when it is destroyed, so it still has its fields.
        let fields = unsafe { &*reference.as_ptr() };
        fields.target.set(None);
        if fields.ob.refcnt() != 0 && fields.callback.is_some() {
            with_callback.push(reference.to_owned());
        }
    }
    with_callback
}

fn call_back(thread: &Thread, reference: &Owned<PyWeakRef>) {
    let Some(callback) = reference.callback.take() else { return };
    let pending = thread.take_exception();
    if runtime::call::with(thread, callback.borrow(), &[reference.borrow().upcast()]).is_err() {
        runtime::error::unraisable(thread, "while calling weakref callback", callback.borrow());
    }
    if let Some(pending) = pending {
        thread.set_exception(pending);
    }
}

/// Clears the weak references to a dying object and calls their callbacks.
///
/// # Safety
/// The object's header is live.
#[cold]
pub(super) unsafe fn clear(object: NonNull<PyObject>) {
    let with_callback = detach(Ref::from_ptr(object));
    if let Some(thread) = Thread::try_current() {
        with_callback.iter().for_each(|reference| call_back(thread, reference));
    }
}

/// Clears the weak references to objects that the cycle collector has found. Callbacks of references that are garbage
/// themselves are not called.
pub(super) fn clear_all(thread: &Thread, garbage: &[Owned]) {
    let mut with_callback = Vec::new();
    for object in garbage {
        if object.borrow().header().flags() & FLAG_WEAKREFS != 0 {
            with_callback.extend(detach(object.borrow()));
        }
    }
    let dead: std::collections::HashSet<usize> = match with_callback.is_empty() {
        true => return,
        false => garbage.iter().map(|object| object.borrow().addr()).collect(),
    };
    for reference in with_callback.iter().filter(|reference| !dead.contains(&reference.borrow().addr())) {
        call_back(thread, reference);
    }
}
