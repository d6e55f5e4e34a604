//! Cells: variables that closures share (`Objects/cellobject.c`).

use super::{error, object, types};
use crate::object::types::flags;
use crate::object::*;

/// `cell`.
pub(crate) static TYPE: PyType = PyType::container::<PyCell>(TypeSpec {
    name: "cell",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(construct),
        repr: slot(repr),
        richcompare: slot(rich_compare),
        hash: slot(object::no_hash),
        ..Slots::NONE
    },
    getset: &[GetSetDef::new("cell_contents", get_contents, set_contents)],
    ..TypeSpec::EMPTY
});

/// `types.CellType([contents])`.
fn construct(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    super::call::no_keywords(thread, "cell", kwargs)?;
    super::call::check_count(thread, "cell", args.len(), 0, 1)?;
    Ok(new(args.get(0)).upcast())
}

/// `PyCell_New`.
#[inline]
pub(crate) fn new(contents: Option<Ref>) -> Owned<PyCell> {
    PyCell::new(contents.map(Ref::to_owned))
}

/// `PyCell_GetRef`: the contents as a new reference.
#[inline(always)]
pub(crate) fn get(cell: Ref<PyCell>) -> Option<Owned> {
    cell.contents().get().map(Ref::to_owned)
}

/// `PyCell_SwapTakeRef`: new contents for old.
#[inline(always)]
pub(crate) fn swap(cell: Ref<PyCell>, contents: Option<Owned>) -> Option<Owned> {
    cell.contents().replace(contents)
}

/// `PyCell_SetTakeRef`.
#[inline(always)]
pub(crate) fn set(cell: Ref<PyCell>, contents: Option<Owned>) {
    cell.contents().set(contents);
}

/// `_PyCell_GetStackRef`: NULL where the cell is empty.
#[inline(always)]
pub(crate) fn load(cell: Ref<PyCell>) -> StackRef {
    cell.contents().get().map_or(StackRef::NULL, StackRef::from_new)
}

fn of(object: Ref) -> Ref<PyCell> {
    object.cast()
}

fn repr(_: &Thread, object: Ref) -> Result {
    let text = match of(object).contents().get() {
        Some(value) => {
            format!("<cell at {:#x}: {} object at {:#x}>", object.addr(), value.ty().name(), value.addr())
        }
        None => format!("<cell at {:#x}: empty>", object.addr()),
    };
    Ok(PyStr::new(&text).upcast())
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !left.is_exact(types::cell()) || !right.is_exact(types::cell()) {
        return Ok(not_implemented().to_owned());
    }
    match (get(of(left)), get(of(right))) {
        (Some(left), Some(right)) => object::compare(thread, left.borrow(), right.borrow(), op),
        // An empty cell is less than any other.
        (left, right) => Ok(object::new_bool(op.holds(left.is_some().cmp(&right.is_some())))),
    }
}

fn get_contents(thread: &Thread, object: Ref) -> Result {
    get(of(object)).ok_or_else(|| error::value_error(thread, "Cell is empty"))
}

fn set_contents(_: &Thread, object: Ref, value: Option<Ref>) -> Result<()> {
    set(of(object), value.map(Ref::to_owned));
    Ok(())
}
