//! The data stack: frames one behind the other in large chunks (`_PyStackChunk`).

use super::data::Frame;
use crate::object::StackRef;
use std::alloc::{self, Layout};
use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};

const WORD: usize = size_of::<StackRef>();
/// Words of an ordinary chunk.
const CHUNK: usize = 32 * 1024;

struct Chunk {
    base: NonNull<u8>,
    words: usize,
    /// Where the chunk below had grown to.
    below: *mut u8,
}

/// A thread's frame memory.
pub(crate) struct DataStack {
    top: Cell<*mut u8>,
    limit: Cell<*mut u8>,
    /// Where the present chunk starts.
    base: Cell<*mut u8>,
    chunks: RefCell<Vec<Chunk>>,
}

impl DataStack {
    pub(crate) fn new() -> DataStack {
        DataStack {
            top: Cell::new(ptr::null_mut()),
            limit: Cell::new(ptr::null_mut()),
            base: Cell::new(ptr::null_mut()),
            chunks: RefCell::new(Vec::new()),
        }
    }

    /// Whether a frame of so many words fits without a new chunk (`_PyThreadState_HasStackSpace`).
    #[inline(always)]
    pub(crate) fn has_space(&self, words: usize) -> bool {
        words * WORD < self.limit.get().addr() - self.top.get().addr()
    }

    /// Memory for a frame that is known to fit.
    #[inline(always)]
    pub(crate) fn push_unchecked(&self, words: usize) -> Frame {
        debug_assert!(self.has_space(words));
        let frame = self.top.get();
        self.top.set(frame.wrapping_byte_add(words * WORD));
        // SAFETY: the memory lies in the present chunk, which `has_space` has shown to be there.
        unsafe { Frame::from_memory(NonNull::new_unchecked(frame)) }
    }

    /// Memory for a frame; `None` when there is none (`_PyThreadState_PushFrame`).
    #[inline]
    pub(crate) fn push(&self, words: usize) -> Option<Frame> {
        if !self.has_space(words) {
            self.grow(words)?;
        }
        Some(self.push_unchecked(words))
    }

    #[cold]
    fn grow(&self, words: usize) -> Option<()> {
        let words = CHUNK.max(words.checked_mul(2)?);
        let layout = Layout::array::<StackRef>(words).ok()?;
        // SAFETY: the size is not zero.
        let base = NonNull::new(unsafe { alloc::alloc(layout) })?;
        self.chunks.borrow_mut().push(Chunk { base, words, below: self.top.get() });
        self.base.set(base.as_ptr());
        self.top.set(base.as_ptr());
        self.limit.set(base.as_ptr().wrapping_byte_add(words * WORD));
        Some(())
    }

    /// Gives back the memory of the topmost frame (`_PyThreadState_PopFrame`).
    #[inline]
    pub(crate) fn pop(&self, frame: Frame) {
        let base = frame.memory().as_ptr();
        self.top.set(base);
        if base == self.base.get() {
            self.shrink();
        }
    }

    /// Leaves the present chunk, unless it is the first: that one is kept.
    #[cold]
    fn shrink(&self) {
        let mut chunks = self.chunks.borrow_mut();
        if chunks.len() < 2 {
            return;
        }
        let Some(chunk) = chunks.pop() else { return };
        self.top.set(chunk.below);
        if let Some(present) = chunks.last() {
            self.base.set(present.base.as_ptr());
            self.limit.set(present.base.as_ptr().wrapping_byte_add(present.words * WORD));
        }
        release(&chunk);
    }
}

fn release(chunk: &Chunk) {
    let layout = Layout::array::<StackRef>(chunk.words).expect("it was allocated with it");
    // SAFETY: allocated by `grow` with this layout, and no frame is left in it.
    unsafe { alloc::dealloc(chunk.base.as_ptr(), layout) };
}

impl Drop for DataStack {
    fn drop(&mut self) {
        self.chunks.get_mut().iter().for_each(release);
    }
}
