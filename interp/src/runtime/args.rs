//! Arguments of calls, where they lie: C turns stack slots into an array of objects first
//! (`STACKREFS_TO_PYOBJECTS`), here a callee that wants a slice gets one that lives in its caller's frame.

use crate::frame::SlotPtr;
use crate::object::Ref;

/// A view of arguments.
#[derive(Clone, Copy)]
pub(crate) struct Args {
    items: Items,
    /// Items before the first one.
    skipped: usize,
}

#[derive(Clone, Copy)]
enum Items {
    Slots(SlotPtr, usize),
    Few([Option<Ref>; Args::FEW], usize),
}

impl SlotPtr {
    /// The first `count` slots as arguments; none of them is NULL.
    #[inline(always)]
    pub(crate) fn objects(self, count: usize) -> Args {
        Args { items: Items::Slots(self, count), skipped: 0 }
    }
}

impl Args {
    /// How many objects that do not lie on the stack can be passed.
    const FEW: usize = 5;

    /// Arguments that do not lie on the stack.
    ///
    /// # Panics
    /// On more than five.
    #[inline]
    pub(crate) fn of(objects: &[Ref]) -> Args {
        let mut few = [None; Args::FEW];
        for (slot, object) in few.iter_mut().zip(objects) {
            *slot = Some(*object);
        }
        assert!(objects.len() <= Args::FEW, "too many arguments off the stack");
        Args { items: Items::Few(few, objects.len()), skipped: 0 }
    }

    /// As `of`, with room before the first argument that is skipped where there is none.
    ///
    /// # Panics
    /// On more than five.
    #[inline]
    pub(crate) fn of_optional(objects: &[Option<Ref>]) -> Args {
        let mut few = [None; Args::FEW];
        few[..objects.len()].copy_from_slice(objects);
        Args { items: Items::Few(few, objects.len()), skipped: 0 }
    }

    /// The arguments without the first `count`.
    #[inline(always)]
    pub(crate) fn skip(self, count: usize) -> Args {
        Args { skipped: self.skipped + count, ..self }
    }

    /// As many more arguments before the first one, which `skip` left out.
    #[inline(always)]
    pub(crate) fn back(self, count: usize) -> Args {
        Args { skipped: self.skipped - count, ..self }
    }

    /// How many there are.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        let (Items::Slots(_, count) | Items::Few(_, count)) = self.items;
        count - self.skipped
    }

    /// The argument at `index`, which is in range.
    #[inline(always)]
    pub(crate) fn get(self, index: usize) -> Ref {
        debug_assert!(index < self.len(), "argument index out of range");
        match self.items {
            Items::Slots(slots, _) => slots.get((self.skipped + index) as isize).as_object(),
            Items::Few(few, _) => few[self.skipped + index].expect("the index is in range"),
        }
    }

    /// Calls `f` with the first `count` arguments as a slice.
    #[inline]
    pub(crate) fn with_slice<R>(self, count: usize, f: impl FnOnce(&[Ref]) -> R) -> R {
        match count {
            0 => f(&[]),
            1 => f(&[self.get(0)]),
            2 => f(&[self.get(0), self.get(1)]),
            3 => f(&[self.get(0), self.get(1), self.get(2)]),
            4 => f(&[self.get(0), self.get(1), self.get(2), self.get(3)]),
            _ => f(&self.to_vec(count)),
        }
    }

    fn to_vec(self, count: usize) -> Vec<Ref> {
        (0..count).map(|index| self.get(index)).collect()
    }
}
