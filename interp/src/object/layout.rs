//! What an object's memory looks like: one `Layout` per object struct, shared by all types that start with it.
//!
//! A type whose base is laid out as a struct is laid out as it too (CPython's "solid base"), so a checked cast walks a
//! short chain of layouts, not the MRO.

use super::alloc::{self, Pool};
use super::header::{FLAG_WEAKREFS, PyObject};
use super::refs::{Owned, Ref};
use super::types::PyType;
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

/// The shape of an object struct.
pub(crate) struct Layout {
    /// The struct's name, for messages of debug builds.
    pub(crate) name: &'static str,
    /// The struct that this one extends.
    pub(crate) base: Option<&'static Layout>,
    /// Bytes of the fixed part.
    pub(crate) size: usize,
    /// Bytes that this object takes with its items.
    size_of: unsafe fn(NonNull<PyObject>) -> usize,
    /// Drops the fields, not the memory.
    drop_fields: unsafe fn(NonNull<PyObject>),
    /// The layout of classes that extend a type of this layout, where it is another one.
    of_classes: Option<&'static Layout>,
    /// How the cycle collector looks through objects; without it they count as held from outside, and what they hold too.
    traverse: Option<unsafe fn(NonNull<PyObject>, &mut dyn FnMut(Ref))>,
    clear: Option<unsafe fn(NonNull<PyObject>)>,
}

/// What the cycle collector asks of an object struct.
pub(super) trait Traverse: Object {
    /// Calls `visit` for each count that the object holds, once each; it may leave some out. Runs no other code.
    fn traverse(&self, visit: &mut dyn FnMut(Ref));

    /// Gives up references, so that cycles through this object end. The object stays usable: finalisers may still see it.
    fn clear(&self) {}
}

/// `Traverse` of a struct whose references are plain fields: those that it keeps, and those that it can give up.
macro_rules! traverse_fields {
    ($name:ty, keeps: [$($kept:ident),*], gives: [$($given:ident),*]) => {
        impl super::layout::Traverse for $name {
            fn traverse(&self, visit: &mut dyn FnMut(super::refs::Ref)) {
                $(self.$kept.visit(visit);)*
                $(self.$given.visit(visit);)*
            }

            fn clear(&self) {
                $(self.$given.set(None);)*
            }
        }
    };
}
pub(super) use traverse_fields;

unsafe fn traverse<T: Traverse>(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    // SAFETY: the caller's object is laid out as a `T` and live.
    unsafe { object.cast::<T>().as_ref() }.traverse(visit);
}

unsafe fn clear<T: Traverse>(object: NonNull<PyObject>) {
    // SAFETY: as in `traverse`.
    unsafe { object.cast::<T>().as_ref() }.clear();
}

impl Layout {
    /// The layout of a struct of fixed size.
    pub(super) const fn fixed<T: Object>(name: &'static str, base: Option<&'static Layout>) -> Layout {
        Layout {
            name,
            base,
            size: size_of::<T>(),
            size_of: fixed_size::<T>,
            drop_fields: drop_fields::<T>,
            of_classes: None,
            traverse: None,
            clear: None,
        }
    }

    /// The layout of a struct with items behind it; `items` gives all its bytes, `drop_fields` drops items and fields.
    pub(super) const fn variable<T: Object>(
        name: &'static str,
        base: Option<&'static Layout>,
        size_of: unsafe fn(NonNull<PyObject>) -> usize,
        drop_fields: unsafe fn(NonNull<PyObject>),
    ) -> Layout {
        Layout {
            name,
            base,
            size: std::mem::size_of::<T>(),
            size_of,
            drop_fields,
            of_classes: None,
            traverse: None,
            clear: None,
        }
    }

    /// The same, for a struct whose items move out of the object in classes, which put attributes behind it.
    pub(super) const fn with_classes(self, of_classes: &'static Layout) -> Layout {
        Layout { of_classes: Some(of_classes), ..self }
    }

    /// The same, for a struct that the cycle collector looks through.
    pub(super) const fn traversed<T: Traverse>(self) -> Layout {
        Layout { traverse: Some(traverse::<T>), clear: Some(clear::<T>), ..self }
    }

    /// The same, for a struct with references behind it, which a reference to the struct does not reach. It gives up none.
    pub(super) const fn traversed_by(self, traverse: unsafe fn(NonNull<PyObject>, &mut dyn FnMut(Ref))) -> Layout {
        Layout { traverse: Some(traverse), ..self }
    }

    /// Where objects of static types of this layout are allocated.
    #[inline(always)]
    pub(super) const fn pool(&self) -> Pool {
        if self.traverse.is_some() { Pool::Container } else { Pool::Plain }
    }

    /// Calls `visit` for each reference in the struct.
    ///
    /// # Safety
    /// A live object of this layout.
    pub(super) unsafe fn traverse(&self, object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
        if let Some(traverse) = self.traverse {
            // SAFETY: passed on.
            unsafe { traverse(object, visit) };
        }
    }

    /// Gives up references of the struct.
    ///
    /// # Safety
    /// A live object of this layout.
    pub(super) unsafe fn clear(&self, object: NonNull<PyObject>) {
        if let Some(clear) = self.clear {
            // SAFETY: passed on.
            unsafe { clear(object) };
        }
    }

    /// The layout of classes that extend a type of this layout.
    pub(crate) fn of_classes(&'static self) -> &'static Layout {
        self.of_classes.unwrap_or(self)
    }

    /// Bytes of the items of an object of this layout.
    ///
    /// # Safety
    /// A live or dying object of this layout.
    pub(super) unsafe fn item_bytes(&self, object: NonNull<PyObject>) -> usize {
        // SAFETY: passed on.
        unsafe { (self.size_of)(object) - self.size }
    }

    /// Whether a struct laid out so starts as `other` does.
    #[inline]
    pub(crate) fn extends(&'static self, other: &'static Layout) -> bool {
        let mut layout = self;
        loop {
            if std::ptr::eq(layout, other) {
                return true;
            }
            match layout.base {
                Some(base) => layout = base,
                None => return false,
            }
        }
    }
}

/// An object struct.
///
/// # Safety
/// The struct is `#[repr(C)]`, its first field is a `PyObject` or another such struct, every field that changes is in a
/// cell, and `LAYOUT` describes it. A type may name the layout only if all its instances were made as this struct.
pub(crate) unsafe trait Object: Sized {
    const LAYOUT: &'static Layout;
}

/// Any object: only the header.
pub(super) static OBJECT: Layout = Layout::fixed::<PyObject>("PyObject", None);

// SAFETY: it is the header itself.
unsafe impl Object for PyObject {
    const LAYOUT: &'static Layout = &OBJECT;
}

/// Whether the object is laid out as (an extension of) `layout`.
#[inline]
pub(crate) fn has_layout(object: Ref<PyObject>, layout: &'static Layout) -> bool {
    object.ty().layout().extends(layout)
}

/// As `has_layout`, without handles: what their checks rest on.
pub(super) fn is_laid_out_as(header: &PyObject, layout: &'static Layout) -> bool {
    let ty = header.type_ref();
    // SAFETY: the object is live and holds its type.
    unsafe { (*ty.as_ptr()).layout() }.extends(layout)
}

unsafe fn fixed_size<T>(_: NonNull<PyObject>) -> usize {
    size_of::<T>()
}

unsafe fn drop_fields<T>(object: NonNull<PyObject>) {
    // SAFETY: the caller hands over a dying object of this layout.
    unsafe { object.cast::<T>().drop_in_place() };
}

/// Makes an object of a fixed-size struct.
#[inline]
pub(super) fn make<T: Object>(value: T) -> Owned<T> {
    let Some(memory) = alloc::allocate_in(T::LAYOUT.pool(), size_of::<T>()) else { out_of_memory() };
    let object = memory.cast::<T>();
    // SAFETY: fresh memory of T's size and alignment (16 covers every object struct); the header's count of one becomes
    // the handle's.
    unsafe {
        object.write(value);
        Owned::from_ptr(object.cast())
    }
}

/// Small objects are made without a way to fail, so there is no exception to raise.
#[cold]
pub(super) fn out_of_memory() -> ! {
    std::alloc::handle_alloc_error(std::alloc::Layout::new::<PyObject>())
}

/// Destroys an object whose last count is gone.
///
/// # Safety
/// The count is zero and no handle to the object is used again.
#[inline]
pub(super) unsafe fn destroy(object: NonNull<PyObject>) {
    // SAFETY: the header is live until the memory is released.
    let dealloc = unsafe { object.as_ref() }.type_ref().dealloc();
    // SAFETY: passed on; the type's function belongs to the object's layout.
    unsafe { dealloc(object) }
}

/// `dealloc` of fixed-size types whose instances cannot nest (numbers, strings).
pub(super) unsafe fn dealloc_leaf<T: Object>(object: NonNull<PyObject>) {
    // SAFETY: a dying object of this struct, made by `make`.
    unsafe {
        object.cast::<T>().drop_in_place();
        alloc::release_in(T::LAYOUT.pool(), object.cast(), size_of::<T>());
    }
}

/// `dealloc` of any other static type, by its layout. Deep nests are taken apart level by level, not recursively.
pub(super) unsafe fn dealloc_container(object: NonNull<PyObject>) {
    if !TRASH.enter() {
        TRASH.defer(object);
        return;
    }
    clear_weak_references(object);
    // SAFETY: passed on.
    unsafe { free_by_layout(object) };
    if TRASH.leave() {
        drain();
    }
}

/// Ends the weak references to a dying object whose header is live.
#[inline]
pub(super) fn clear_weak_references(object: NonNull<PyObject>) {
    // SAFETY: the header is live until the memory is released.
    if unsafe { object.as_ref() }.flags() & FLAG_WEAKREFS != 0 {
        // SAFETY: as above.
        unsafe { super::weakref::clear(object) };
    }
}

/// Drops the fields as the layout says, then releases the memory.
///
/// # Safety
/// A dying object, not deferred.
pub(super) unsafe fn free_by_layout(object: NonNull<PyObject>) {
    // SAFETY: the header is live; the layout is the one that the object was made with.
    unsafe {
        let layout = object.as_ref().type_ref().layout();
        let size = (layout.size_of)(object);
        (layout.drop_fields)(object);
        alloc::release_in(layout.pool(), object.cast(), size);
    }
}

/// Starts to take an object apart; false if it was put aside because destruction is nested too deep.
pub(super) fn enter_destruction(object: NonNull<PyObject>) -> bool {
    let entered = TRASH.enter();
    if !entered {
        TRASH.defer(object);
    }
    entered
}

/// Ends what `enter_destruction` started.
pub(super) fn leave_destruction() {
    if TRASH.leave() {
        drain();
    }
}

/// Drops the fields of the struct that an object starts with.
///
/// # Safety
/// A dying object.
pub(super) unsafe fn drop_fields_of(object: NonNull<PyObject>) {
    // SAFETY: passed on.
    unsafe { (object.as_ref().type_ref().layout().drop_fields)(object) };
}

/// Bytes that an object takes.
pub(crate) fn size_of_object(object: Ref<PyObject>) -> usize {
    let pointer = NonNull::new(object.as_ptr()).expect("handles are not null");
    // SAFETY: the object is live and of this layout.
    unsafe { (object.ty().layout().size_of)(pointer) }
}

/// Native frames that destruction may nest before it goes on later.
const DEEPEST: u32 = 100;

/// Dying objects that wait until the stack is shallow again (CPython's trashcan).
struct Trash {
    depth: Cell<u32>,
    waiting: UnsafeCell<Vec<NonNull<PyObject>>>,
}

// SAFETY: only the thread that holds the interpreter guard destroys objects.
unsafe impl Sync for Trash {}

static TRASH: Trash = Trash { depth: Cell::new(0), waiting: UnsafeCell::new(Vec::new()) };

impl Trash {
    fn enter(&self) -> bool {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return false;
        }
        self.depth.set(depth + 1);
        true
    }

    /// True at the outermost level with objects waiting.
    fn leave(&self) -> bool {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        // SAFETY: no reference into the vector outlives a statement of this module.
        depth == 0 && unsafe { !(*self.waiting.get()).is_empty() }
    }

    #[cold]
    fn defer(&self, object: NonNull<PyObject>) {
        // SAFETY: as in `leave`.
        unsafe { (*self.waiting.get()).push(object) };
    }

    fn next(&self) -> Option<NonNull<PyObject>> {
        // SAFETY: as in `leave`.
        unsafe { (*self.waiting.get()).pop() }
    }
}

#[cold]
fn drain() {
    // Held above zero so that a nested destruction does not start a second drain.
    TRASH.depth.set(1);
    while let Some(object) = TRASH.next() {
        // SAFETY: a dying object that was deferred before anything of it was dropped.
        unsafe { destroy(object) };
    }
    TRASH.depth.set(0);
}

/// The dealloc function of a type.
pub(super) type Dealloc = unsafe fn(NonNull<PyObject>);

impl PyType {
    /// Makes the type of a dying or unborn object known to `destroy`.
    pub(super) const fn leaf<T: Object>() -> Dealloc {
        dealloc_leaf::<T>
    }
}
