//! Weak references: which objects have some, and what happens to these when the object dies. The table is beside the
//! objects; a bit in the header says that there is an entry.

use super::field::OptField;
use super::header::FLAG_WEAKLY_REFERENCED;
use super::native::PyNative;
use super::refs::{Owned, Ref};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// What a weak reference knows; its object holds it, the table only looks at it.
pub(crate) struct WeakSlot {
    referent: Cell<Option<Ref>>,
    /// Called with the reference's object when the referent dies.
    pub(crate) callback: OptField,
    /// The object that holds this slot.
    owner: Cell<Option<Ref<PyNative>>>,
}

thread_local! {
    /// The weak references to each object, by its address.
    static TABLE: RefCell<HashMap<usize, Vec<Weak<WeakSlot>>>> = RefCell::new(HashMap::new());
}

impl WeakSlot {
    /// A slot about an object, which it enters in the table.
    pub(crate) fn new(referent: Ref, callback: Option<Owned>) -> Rc<WeakSlot> {
        let slot = Rc::new(WeakSlot {
            referent: Cell::new(Some(referent)),
            callback: OptField::new(callback),
            owner: Cell::new(None),
        });
        let header = referent.header();
        header.set_flags(header.flags() | FLAG_WEAKLY_REFERENCED);
        TABLE.with_borrow_mut(|table| {
            let known = table.entry(referent.addr()).or_default();
            known.retain(|slot| slot.strong_count() > 0);
            known.push(Rc::downgrade(&slot));
        });
        slot
    }

    /// Tells the slot whose it is.
    pub(crate) fn belongs_to(&self, owner: Ref<PyNative>) {
        self.owner.set(Some(owner));
    }

    /// The object, if it still lives.
    pub(crate) fn get(&self) -> Option<Owned> {
        let referent = self.referent.get()?;
        // One that waits to be taken apart has no count any more.
        (referent.header().refcnt() > 0).then(|| referent.to_owned())
    }

    fn live_owner(&self) -> Option<Owned<PyNative>> {
        let owner = self.owner.get()?;
        (owner.upcast().header().refcnt() > 0).then(|| owner.to_owned())
    }
}

/// The live weak references to an object, oldest first.
pub(crate) fn references(object: Ref) -> Vec<Owned<PyNative>> {
    let slots: Vec<Rc<WeakSlot>> = TABLE.with_borrow(|table| {
        table.get(&object.addr()).map(|slots| slots.iter().filter_map(Weak::upgrade).collect()).unwrap_or_default()
    });
    slots.iter().filter_map(|slot| slot.live_owner()).collect()
}

/// Ends the weak references to a dying object, then calls their callbacks, the newest first
/// (`PyObject_ClearWeakRefs`).
#[cold]
pub(super) fn clear(object: Ref) {
    let header = object.header();
    header.set_flags(header.flags() & !FLAG_WEAKLY_REFERENCED);
    let slots = TABLE.with_borrow_mut(|table| table.remove(&object.addr())).unwrap_or_default();
    let slots: Vec<Rc<WeakSlot>> = slots.iter().filter_map(Weak::upgrade).collect();
    slots.iter().for_each(|slot| slot.referent.set(None));
    let mut calls = Vec::new();
    for slot in slots.iter().rev() {
        if let (Some(callback), Some(owner)) = (slot.callback.take(), slot.live_owner()) {
            calls.push((callback, owner));
        }
    }
    drop(slots);
    for (callback, owner) in calls {
        crate::runtime::call::callback(callback.borrow(), owner.borrow().upcast());
    }
}
