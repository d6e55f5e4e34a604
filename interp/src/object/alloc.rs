//! Memory for objects: size classes with free lists over bumped arenas, and the system allocator above them.
//!
//! One interpreter thread at a time uses it (`super::guard`), so nothing here is atomic. Under Miri every object comes
//! from the system allocator, so that use after free and leaks are seen.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};

const GRAIN: usize = 16;
const SMALL: usize = 512;
const CLASSES: usize = SMALL / GRAIN;
const ARENA: usize = 256 * 1024;

/// A free cell. The link lies in the second word: the first one holds a zero count, by which debug builds see a dead
/// object.
#[repr(C)]
struct Free {
    dead: usize,
    next: *mut Free,
}

struct Pools {
    free: [Cell<*mut Free>; CLASSES],
    bump: Cell<*mut u8>,
    left: Cell<usize>,
}

// SAFETY: only the thread that holds the interpreter guard allocates or frees objects; the guard's lock orders threads.
unsafe impl Sync for Pools {}

static POOLS: Pools = Pools {
    free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
    bump: Cell::new(ptr::null_mut()),
    left: Cell::new(0),
};

#[inline(always)]
const fn class(size: usize) -> usize {
    (size.wrapping_sub(1)) / GRAIN
}

/// Memory of `size` bytes (not zero), aligned to 16, uninitialised; `None` when the system has none.
#[inline]
pub(super) fn allocate(size: usize) -> Option<NonNull<u8>> {
    if cfg!(miri) || size > SMALL {
        return system(size);
    }
    let list = &POOLS.free[class(size)];
    let head = list.get();
    if head.is_null() {
        return carve(class(size));
    }
    // SAFETY: cells on a free list were put there by `release` (or `carve`) and are owned by the list.
    list.set(unsafe { (*head).next });
    NonNull::new(head.cast())
}

/// Gives back memory of `allocate(size)`.
///
/// # Safety
/// `memory` came from `allocate(size)` with the same size and is not used again.
#[inline]
pub(super) unsafe fn release(memory: NonNull<u8>, size: usize) {
    if cfg!(miri) || size > SMALL {
        // SAFETY: `system` made it with the same layout, as the caller promises.
        return unsafe { std::alloc::dealloc(memory.as_ptr(), system_layout(size)) };
    }
    let list = &POOLS.free[class(size)];
    let cell: *mut Free = memory.as_ptr().cast();
    // SAFETY: the memory is at least GRAIN bytes, aligned, and nobody else's.
    unsafe { cell.write(Free { dead: 0, next: list.get() }) };
    list.set(cell);
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
fn carve(class: usize) -> Option<NonNull<u8>> {
    let size = (class + 1) * GRAIN;
    if POOLS.left.get() < size {
        let arena = system(ARENA)?;
        POOLS.bump.set(arena.as_ptr());
        POOLS.left.set(ARENA);
    }
    let cell = POOLS.bump.get();
    // SAFETY: `left` says that the arena has `size` more bytes.
    POOLS.bump.set(unsafe { cell.add(size) });
    POOLS.left.set(POOLS.left.get() - size);
    NonNull::new(cell)
}
