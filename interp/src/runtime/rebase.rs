//! Assignment to `__bases__` of a class (`type_set_bases`, `Objects/typeobject.c`).

use super::classes::{best_base, check_bases, fix_new, set_mro, solid_base};
use super::{error, slotdefs, types};
use crate::object::types::flags;
use crate::object::*;

/// `cls.__bases__ = (…)`.
pub(crate) fn set_bases(thread: &Thread, class: Ref<PyType>, value: Ref) -> Result<()> {
    let Some(bases) = value.downcast::<PyTuple>() else {
        return Err(error::type_error(
            thread,
            format_args!("can only assign tuple to {}.__bases__, not {}", class.name(), value.ty().name()),
        ));
    };
    if bases.is_empty() {
        return Err(error::type_error(
            thread,
            format_args!("can only assign non-empty tuple to {}.__bases__, not ()", class.name()),
        ));
    }
    check_bases(thread, bases)?;
    if bases.iter().any(|base| base.cast::<PyType>().is_subtype(class)) {
        return Err(error::type_error(thread, "a __bases__ item causes an inheritance cycle"));
    }
    let base = best_base(thread, bases)?;
    let old = class.base.get().known();
    if !std::ptr::eq(solid_base(base).layout(), solid_base(old).layout())
        || solid_base(base).basicsize.get() != solid_base(old).basicsize.get()
    {
        return Err(error::type_error(
            thread,
            format_args!("__bases__ assignment: '{}' object layout differs from '{}'", base.name(), old.name()),
        ));
    }
    if base.has_feature(flags::HEAPTYPE) != old.has_feature(flags::HEAPTYPE) {
        return Err(error::type_error(
            thread,
            format_args!("__bases__ assignment: '{}' deallocator differs from '{}'", base.name(), old.name()),
        ));
    }
    let mut orders = Vec::new();
    collect_orders(class, &mut orders);
    let before = replace_bases(class, bases.to_owned(), base);
    refresh(thread, class).inspect_err(|_| {
        // A metaclass's `mro` has refused: all is as it was.
        if let Some(before) = before {
            replace_bases(class, before, old);
        }
        for (class, order) in orders {
            class.mro.set(order);
            types::modified(class.borrow());
            refresh_slots(class.borrow());
        }
    })
}

/// The MROs of a class and of those that extend it.
fn collect_orders(class: Ref<PyType>, orders: &mut Vec<(Owned<PyType>, Option<Owned<PyTuple>>)>) {
    orders.push((class.to_owned(), class.mro.get().map(Ref::to_owned)));
    for subclass in class.subclasses.borrow().iter() {
        collect_orders(*subclass, orders);
    }
}

/// Makes a class extend others, and gives those that it extended.
fn replace_bases(class: Ref<PyType>, bases: Owned<PyTuple>, base: Ref<PyType>) -> Option<Owned<PyTuple>> {
    let new = bases.clone();
    let before = class.bases.replace(Some(bases));
    for parent in before.iter().flat_map(|before| before.borrow().iter()) {
        parent.cast::<PyType>().subclasses.borrow_mut().retain(|subclass| !subclass.is(class));
    }
    for parent in new.borrow().iter() {
        parent.cast::<PyType>().subclasses.borrow_mut().push(class);
    }
    class.base.set(Some(base));
    before
}

fn refresh_slots(class: Ref<PyType>) {
    class.slots.copy_from_base(&class.base.get().known().slots);
    slotdefs::fix_all(class);
    fix_new(class);
}

/// Computes MRO and slots again, of the class and of those that extend it.
fn refresh(thread: &Thread, class: Ref<PyType>) -> Result<()> {
    set_mro(thread, class)?;
    refresh_slots(class);
    let subclasses: Vec<Ref<PyType>> = class.subclasses.borrow().clone();
    subclasses.into_iter().try_for_each(|subclass| refresh(thread, subclass))
}
