//! Memory for objects: size classes with free lists over bumped arenas, and the system allocator above them.
//!
//! One interpreter thread at a time uses it (`super::guard`), so nothing here is atomic. Under Miri every object comes
//! from the system allocator, so that use after free and leaks are seen.

use super::header::PyObject;
use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr::{self, NonNull};

const GRAIN: usize = 16;
const SMALL: usize = 512;
const CLASSES: usize = SMALL / GRAIN;
/// Bytes that a pool without pages takes from the system at a time, and those of a page.
const ARENA: usize = 256 * 1024;
const PAGE: usize = 16 * 1024;
/// Bytes in front of the header of objects in `Pool::Prefixed`.
pub(super) const PREFIX: usize = 2 * size_of::<usize>();

/// What kind of block it is. The cycle collector goes through the blocks of the last two, so that no object has to be
/// linked into a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    /// Objects that hold no others, and whatever is no object.
    Plain,
    /// Objects that the collector looks through: the block starts with the header.
    Container,
    /// As `Container`, with `PREFIX` bytes in front of the header.
    Prefixed,
}

impl Pool {
    /// Where the header lies in a block.
    const fn header(self) -> usize {
        if matches!(self, Pool::Prefixed) { PREFIX } else { 0 }
    }
}

/// A free cell; it lies where the header of an object would. The link is the second word: the first one holds a zero
/// count, by which debug builds and the collector see that there is no object.
#[repr(C)]
struct Free {
    dead: usize,
    next: *mut Free,
}

/// Cells of one size.
struct Cells {
    free: Cell<*mut Free>,
    bump: Cell<*mut u8>,
    left: Cell<usize>,
}

/// The start of a page, and its size class.
struct Page {
    start: NonNull<u8>,
    class: usize,
    pool: Pool,
}

struct Pools {
    cells: [[Cells; CLASSES]; 3],
    /// What plain cells of all sizes are cut from.
    bump: Cell<*mut u8>,
    left: Cell<usize>,
    pages: RefCell<Vec<Page>>,
    /// Larger blocks that the collector has to know.
    large: RefCell<BTreeMap<NonNull<u8>, Pool>>,
    /// Container cells that were taken into use for the first time since this was last set to zero: by so many objects
    /// the heap has outgrown what it was.
    grown: Cell<usize>,
    /// At how many the collector is asked for.
    threshold: Cell<usize>,
}

// SAFETY: only the thread that holds the interpreter guard allocates or frees objects; the guard's lock orders threads.
unsafe impl Sync for Pools {}

static POOLS: Pools = Pools {
    cells: [const {
        [const { Cells { free: Cell::new(ptr::null_mut()), bump: Cell::new(ptr::null_mut()), left: Cell::new(0) } };
            CLASSES]
    }; 3],
    bump: Cell::new(ptr::null_mut()),
    left: Cell::new(0),
    pages: RefCell::new(Vec::new()),
    large: RefCell::new(BTreeMap::new()),
    grown: Cell::new(0),
    threshold: Cell::new(usize::MAX),
};

#[inline(always)]
const fn class(size: usize) -> usize {
    (size.wrapping_sub(1)) / GRAIN
}

/// Memory of `size` bytes (not zero), aligned to 16, uninitialised; `None` when the system has none.
#[inline]
pub(super) fn allocate(size: usize) -> Option<NonNull<u8>> {
    allocate_in(Pool::Plain, size)
}

/// As `allocate`. A container's block is taken for no object until its header is written.
#[inline]
pub(super) fn allocate_in(pool: Pool, size: usize) -> Option<NonNull<u8>> {
    if cfg!(miri) || size > SMALL {
        return large(pool, size);
    }
    let list = &POOLS.cells[pool as usize][class(size)].free;
    let head = list.get();
    if head.is_null() {
        return carve(pool, class(size));
    }
    // SAFETY: cells on a free list were put there by `release_in` and are owned by the list.
    list.set(unsafe { (*head).next });
    // SAFETY: the link lies where the header does, in the same block.
    NonNull::new(unsafe { head.byte_sub(pool.header()) }.cast())
}

/// Gives back memory of `allocate(size)`.
///
/// # Safety
/// `memory` came from `allocate(size)` with the same size and is not used again.
#[inline]
pub(super) unsafe fn release(memory: NonNull<u8>, size: usize) {
    // SAFETY: passed on.
    unsafe { release_in(Pool::Plain, memory, size) };
}

/// Gives back memory of `allocate_in(pool, size)`.
///
/// # Safety
/// As `release`, and the pool is the same.
#[inline]
pub(super) unsafe fn release_in(pool: Pool, memory: NonNull<u8>, size: usize) {
    if cfg!(miri) || size > SMALL {
        if pool != Pool::Plain {
            POOLS.large.borrow_mut().remove(&memory);
        }
        // SAFETY: `system` made it with the same layout, as the caller promises.
        return unsafe { std::alloc::dealloc(memory.as_ptr(), system_layout(size)) };
    }
    let list = &POOLS.cells[pool as usize][class(size)].free;
    // SAFETY: the memory has room for prefix and link, is aligned, and nobody else's.
    unsafe {
        let cell: *mut Free = memory.as_ptr().add(pool.header()).cast();
        cell.write(Free { dead: 0, next: list.get() });
        list.set(cell);
    }
}

/// Grows or shrinks memory of `allocate(old)` to `new` bytes, keeping the contents; `None` leaves it as it was.
///
/// # Safety
/// As `release`; on success the old pointer is dead.
pub(super) unsafe fn resize(memory: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
    if old > SMALL && new > SMALL {
        // SAFETY: both sizes are the system allocator's, the layout is the one that it was made with.
        return NonNull::new(unsafe { std::alloc::realloc(memory.as_ptr(), system_layout(old), new) });
    }
    let fresh = allocate(new)?;
    // SAFETY: both blocks are live, distinct, and at least as long as the copy.
    unsafe {
        ptr::copy_nonoverlapping(memory.as_ptr(), fresh.as_ptr(), old.min(new));
        release(memory, old);
    }
    Some(fresh)
}

fn system_layout(size: usize) -> Layout {
    Layout::from_size_align(size, GRAIN).expect("object sizes are below isize::MAX")
}

#[cold]
fn system(size: usize) -> Option<NonNull<u8>> {
    let layout = Layout::from_size_align(size, GRAIN).ok()?;
    // SAFETY: every object has a header, so the size is not zero.
    NonNull::new(unsafe { std::alloc::alloc(layout) })
}

#[cold]
fn large(pool: Pool, size: usize) -> Option<NonNull<u8>> {
    let memory = system(size)?;
    if pool != Pool::Plain {
        // SAFETY: a container's block has room for prefix and header.
        unsafe { memory.add(pool.header()).cast::<usize>().write(0) };
        POOLS.large.borrow_mut().insert(memory, pool);
        grow();
    }
    Some(memory)
}

#[cold]
fn carve(pool: Pool, class: usize) -> Option<NonNull<u8>> {
    let size = (class + 1) * GRAIN;
    if pool == Pool::Plain {
        return cut(&POOLS.bump, &POOLS.left, size, ARENA);
    }
    let cells = &POOLS.cells[pool as usize][class];
    if cells.left.get() < size {
        let start = system(PAGE)?;
        POOLS.pages.borrow_mut().push(Page { start, class, pool });
        cells.bump.set(start.as_ptr());
        cells.left.set(PAGE);
    }
    let cell = cut(&cells.bump, &cells.left, size, PAGE)?;
    // SAFETY: as in `large`.
    unsafe { cell.add(pool.header()).cast::<usize>().write(0) };
    grow();
    Some(cell)
}

/// Cuts a cell off what is left of a block, or of a new one.
fn cut(bump: &Cell<*mut u8>, left: &Cell<usize>, size: usize, block: usize) -> Option<NonNull<u8>> {
    if left.get() < size {
        bump.set(system(block)?.as_ptr());
        left.set(block);
    }
    let cell = bump.get();
    // SAFETY: `left` says that the block has `size` more bytes.
    bump.set(unsafe { cell.add(size) });
    left.set(left.get() - size);
    NonNull::new(cell)
}

fn grow() {
    POOLS.grown.set(POOLS.grown.get() + 1);
    if POOLS.grown.get() >= POOLS.threshold.get() {
        super::gc::ask();
    }
}

/// By how many containers the heap has outgrown what it was when `set_threshold` was last called.
pub(super) fn grown() -> usize {
    POOLS.grown.get()
}

/// Counts growth from zero again; the collector is asked for when it reaches this.
pub(super) fn set_threshold(threshold: usize) {
    POOLS.grown.set(0);
    POOLS.threshold.set(threshold);
}

/// All live containers: those whose count is not zero.
pub(super) fn containers() -> Vec<NonNull<PyObject>> {
    let mut found = Vec::new();
    let mut look = |memory: NonNull<u8>, pool: Pool| {
        // SAFETY: every block of these pools has a header, or a zero in its place, from the start.
        let header = unsafe { memory.add(pool.header()).cast::<PyObject>() };
        // SAFETY: as above; the count is the first field.
        if unsafe { header.cast::<u32>().read() } != 0 {
            found.push(header);
        }
    };
    for page in POOLS.pages.borrow().iter() {
        let size = (page.class + 1) * GRAIN;
        let cells = &POOLS.cells[page.pool as usize][page.class];
        // Only the page that is being cut up has something left.
        let is_last = cells.bump.get().addr() + cells.left.get() == page.start.addr().get() + PAGE;
        let cut = if is_last { PAGE - cells.left.get() } else { PAGE };
        for index in 0..cut / size {
            // SAFETY: the page has been cut up to there.
            look(unsafe { page.start.add(index * size) }, page.pool);
        }
    }
    POOLS.large.borrow().iter().for_each(|(&memory, &pool)| look(memory, pool));
    found
}
