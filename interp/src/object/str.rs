//! Strings: code points in cells of one, two or four bytes, the narrowest that holds them all (PEP 393), so that
//! indexing is O(1) and equal strings have equal cells.

use super::alloc;
use super::header::{FLAG_OWN, PyObject};
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;
use std::ptr::NonNull;

const KIND_TWO: u32 = FLAG_OWN;
const KIND_FOUR: u32 = FLAG_OWN << 1;
const ASCII: u32 = FLAG_OWN << 2;
const INTERNED: u32 = FLAG_OWN << 3;
/// The cells are in a block of their own: the object is a `ClassStr`.
const EXTERNAL: u32 = FLAG_OWN << 4;

/// Bytes per code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    One = 1,
    Two = 2,
    Four = 4,
}

impl Kind {
    /// The narrowest kind that holds `point`.
    #[inline]
    pub(crate) fn of(point: u32) -> Kind {
        match point {
            0..=0xFF => Kind::One,
            0x100..=0xFFFF => Kind::Two,
            _ => Kind::Four,
        }
    }
}

/// A string's code points.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Units<'a> {
    One(&'a [u8]),
    Two(&'a [u16]),
    Four(&'a [u32]),
}

/// A str object; the cells follow it.
#[repr(C)]
pub(crate) struct PyStr {
    ob: PyObject,
    hash: Cell<isize>,
    len: Cell<usize>,
}

/// A str in a static, with its cells.
#[repr(C)]
pub(crate) struct StaticStr<const N: usize> {
    head: PyStr,
    data: [u8; N],
}

// SAFETY: the one cell that changes is the hash, and only the holder of the interpreter guard touches it.
unsafe impl<const N: usize> Sync for StaticStr<N> {}

impl<const N: usize> StaticStr<N> {
    /// An interned immortal string of Latin-1 code points.
    pub(crate) const fn new(data: [u8; N]) -> StaticStr<N> {
        let mut ascii = ASCII;
        let mut i = 0;
        while i < N {
            if data[i] >= 0x80 {
                ascii = 0;
            }
            i += 1;
        }
        let ob = PyObject::immortal(Ref::from_static(&crate::runtime::str::TYPE), ascii | INTERNED);
        StaticStr { head: PyStr { ob, hash: Cell::new(-1), len: Cell::new(N) }, data }
    }

    /// The object, with leave to read the cells behind it.
    pub(crate) const fn object(&'static self) -> Ref<PyStr> {
        Ref::from_ptr(NonNull::from_ref(self).cast())
    }
}

/// A str of a class that extends `str`: attributes lie behind it, so the cells do not.
#[repr(C)]
struct ClassStr {
    head: PyStr,
    /// The cells, in words so that they are aligned for every kind. Never changed.
    cells: Box<[u32]>,
}

static LAYOUT: Layout =
    Layout::variable::<PyStr>("PyStr", Some(&layout::OBJECT), str_size, |_| ()).with_classes(&CLASS_LAYOUT);
static CLASS_LAYOUT: Layout = Layout::fixed::<ClassStr>("ClassStr", Some(&LAYOUT));

// SAFETY: starts with a PyStr; nothing changes.
unsafe impl Object for ClassStr {
    const LAYOUT: &'static Layout = &CLASS_LAYOUT;
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyStr {
    const LAYOUT: &'static Layout = &LAYOUT;
}

unsafe fn str_size(object: NonNull<PyObject>) -> usize {
    let string: Ref<PyStr> = Ref::from_ptr(object.cast());
    // SAFETY: the caller hands over a str, live or dying (its count may be zero, so no checked access).
    let (flags, len) = unsafe { ((*string.as_ptr()).ob.flags(), (*string.as_ptr()).len.get()) };
    size_of::<PyStr>() + len * kind_of_flags(flags) as usize
}

/// Releases a str: nothing to drop but the memory.
pub(super) unsafe fn dealloc(object: NonNull<PyObject>) {
    // SAFETY: a dying str made by `PyStr::allocate`.
    unsafe { alloc::release(object.cast(), str_size(object)) };
}

#[inline(always)]
fn kind_of_flags(flags: u32) -> Kind {
    match flags & (KIND_TWO | KIND_FOUR) {
        0 => Kind::One,
        KIND_TWO => Kind::Two,
        _ => Kind::Four,
    }
}

fn flags_of_kind(kind: Kind) -> u32 {
    match kind {
        Kind::One => 0,
        Kind::Two => KIND_TWO,
        Kind::Four => KIND_FOUR,
    }
}

impl PyStr {
    /// A str with uninitialised cells, `None` when there is no memory.
    fn allocate(kind: Kind, len: usize, ascii: bool) -> Option<Owned<PyStr>> {
        let size = len.checked_mul(kind as usize)?.checked_add(size_of::<PyStr>())?;
        let memory = alloc::allocate(size)?;
        let flags = flags_of_kind(kind) | if ascii { ASCII } else { 0 };
        let head = PyStr { ob: PyObject::with_flags(types::str(), flags), hash: Cell::new(-1), len: Cell::new(len) };
        // SAFETY: the memory holds the head and the cells; the header's count becomes the handle's.
        unsafe {
            memory.cast::<PyStr>().write(head);
            Some(Owned::from_ptr(memory.cast()))
        }
    }

    fn from_cells<T: Copy>(kind: Kind, cells: &[T], ascii: bool) -> Option<Owned<PyStr>> {
        debug_assert_eq!(size_of::<T>(), kind as usize);
        let string = PyStr::allocate(kind, cells.len(), ascii)?;
        // SAFETY: `allocate` made room for as many cells of this size.
        unsafe { std::ptr::copy_nonoverlapping(cells.as_ptr(), string.borrow().cells().cast::<T>(), cells.len()) };
        Some(string)
    }

    /// A str from cells that are not known to be of the narrowest kind; `None` when there is no memory.
    pub(crate) fn try_from_units(units: Units<'_>) -> Option<Owned<PyStr>> {
        match units {
            Units::One([]) => Some(super::singletons::empty_str().to_owned()),
            Units::One(&[byte]) => Some(super::singletons::latin1_str(byte).to_owned()),
            Units::One(bytes) => PyStr::from_cells(Kind::One, bytes, bytes.is_ascii()),
            Units::Two(cells) => match cells.iter().max() {
                Some(0x100..) => PyStr::from_cells(Kind::Two, cells, false),
                _ => PyStr::try_from_units(Units::One(&cells.iter().map(|&cell| cell as u8).collect::<Vec<_>>())),
            },
            Units::Four(cells) => match cells.iter().max() {
                Some(0x1_0000..) => PyStr::from_cells(Kind::Four, cells, false),
                _ => PyStr::try_from_units(Units::Two(&cells.iter().map(|&cell| cell as u16).collect::<Vec<_>>())),
            },
        }
    }

    /// A str of `len` code points below 256, which `byte` gives by index.
    pub(crate) fn from_bytes_with(len: usize, mut byte: impl FnMut(usize) -> u8) -> Owned<PyStr> {
        match len {
            0 => return super::singletons::empty_str().to_owned(),
            1 => return super::singletons::latin1_str(byte(0)).to_owned(),
            _ => {}
        }
        let string = PyStr::allocate(Kind::One, len, false).unwrap_or_else(|| layout::out_of_memory());
        let cells = string.borrow().cells();
        let mut all = 0;
        for index in 0..len {
            let cell = byte(index);
            all |= cell;
            // SAFETY: `allocate` made room for `len` cells of one byte.
            unsafe { cells.add(index).write(cell) };
        }
        if all < 0x80 {
            string.ob.change_flags(ASCII, 0);
        }
        string
    }

    /// As `try_from_units`; running out of memory ends the process.
    pub(crate) fn from_units(units: Units<'_>) -> Owned<PyStr> {
        PyStr::try_from_units(units).unwrap_or_else(|| layout::out_of_memory())
    }

    /// A str of one code point.
    #[inline]
    pub(crate) fn from_point(point: u32) -> Owned<PyStr> {
        match point {
            0..=0xFF => super::singletons::latin1_str(point as u8).to_owned(),
            0x100..=0xFFFF => PyStr::from_units(Units::Two(&[point as u16])),
            _ => PyStr::from_units(Units::Four(&[point])),
        }
    }

    /// A str with the text of a Rust string.
    pub(crate) fn new(text: &str) -> Owned<PyStr> {
        if text.is_ascii() {
            return PyStr::from_units(Units::One(text.as_bytes()));
        }
        let widest = text.chars().max().map_or(0, u32::from);
        match Kind::of(widest) {
            Kind::One => PyStr::from_units(Units::One(&text.chars().map(|c| c as u8).collect::<Vec<_>>())),
            Kind::Two => PyStr::from_units(Units::Two(&text.chars().map(|c| c as u16).collect::<Vec<_>>())),
            Kind::Four => PyStr::from_units(Units::Four(&text.chars().map(u32::from).collect::<Vec<_>>())),
        }
    }

    /// A str of a class that extends `str`, with the text of another.
    pub(crate) fn of_class(class: Ref<PyType>, text: Ref<PyStr>) -> Owned<PyStr> {
        let bytes = text.cell_bytes();
        let mut words = vec![0u32; bytes.len().div_ceil(4)];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks(4)) {
            let mut cell = [0; 4];
            cell[..chunk.len()].copy_from_slice(chunk);
            *word = u32::from_ne_bytes(cell);
        }
        let flags = text.flags() & (KIND_TWO | KIND_FOUR | ASCII) | EXTERNAL;
        let ob = PyObject::with_flags(class, flags);
        let head = PyStr { ob, hash: Cell::new(text.hash.get()), len: Cell::new(text.len()) };
        let string = super::instance::make_of(class, ClassStr { head, cells: words.into_boxed_slice() });
        string.upcast().cast()
    }

    /// An exact str with the text of one that may be of a subclass.
    pub(crate) fn plain_copy(string: Ref<PyStr>) -> Owned<PyStr> {
        if string.is_exact(types::str()) { string.to_owned() } else { PyStr::from_units(string.units()) }
    }

    /// Appends in place when this is the only reference, else makes a new str (`PyUnicode_Append`). `None`: no memory.
    pub(crate) fn append(left: Owned<PyStr>, right: Ref<PyStr>) -> Option<Owned<PyStr>> {
        let a = left.borrow();
        let grows = a.refcnt_is_one() && a.kind() >= right.kind() && a.is_ascii() == right.is_ascii();
        if !grows || a.is(right) || right.is_empty() || a.is_interned() || a.flags() & EXTERNAL != 0 {
            return concat(a, right);
        }
        let (kind, old) = (a.kind(), a.len());
        let len = old.checked_add(right.len())?;
        let size = len.checked_mul(kind as usize)?.checked_add(size_of::<PyStr>())?;
        let old_size = size_of::<PyStr>() + old * kind as usize;
        let memory = left.into_ptr();
        // SAFETY: the only reference is ours, and the block was allocated with `old_size`.
        let Some(grown) = (unsafe { alloc::resize(memory.cast(), old_size, size) }) else {
            // SAFETY: the block is as it was, with the count that `into_ptr` gave us.
            drop(unsafe { Owned::<PyStr>::from_ptr(memory) });
            return None;
        };
        // SAFETY: the block now has room for `len` cells, and holds the count.
        let string: Owned<PyStr> = unsafe { Owned::from_ptr(grown.cast()) };
        string.len.set(len);
        string.hash.set(-1);
        write_cells(string.borrow(), old, right);
        Some(string)
    }
}

/// Writes all of `from` into the cells of `into` from `at` on.
fn write_cells(into: Ref<PyStr>, at: usize, from: Ref<PyStr>) {
    assert!(at + from.len() <= into.len() && from.kind() <= into.kind());
    let count = from.len();
    // SAFETY: `into` has room, was made by the caller and is not yet shared; its cells are wide enough.
    unsafe {
        match (into.kind(), from.units()) {
            (Kind::One, Units::One(cells)) => {
                std::ptr::copy_nonoverlapping(cells.as_ptr(), into.cells().add(at), count);
            }
            (Kind::Two, Units::Two(cells)) => {
                std::ptr::copy_nonoverlapping(cells.as_ptr(), into.cells().cast::<u16>().add(at), count);
            }
            (Kind::Four, Units::Four(cells)) => {
                std::ptr::copy_nonoverlapping(cells.as_ptr(), into.cells().cast::<u32>().add(at), count);
            }
            (Kind::Two, _) => {
                for i in 0..count {
                    into.cells().cast::<u16>().add(at + i).write(from.char_at(i) as u16);
                }
            }
            _ => {
                for i in 0..count {
                    into.cells().cast::<u32>().add(at + i).write(from.char_at(i));
                }
            }
        }
    }
}

/// `PyUnicode_Concat` on exact strings; `None`: no memory.
pub(crate) fn concat(left: Ref<PyStr>, right: Ref<PyStr>) -> Option<Owned<PyStr>> {
    if right.is_empty() && left.is_exact(types::str()) {
        return Some(left.to_owned());
    }
    if left.is_empty() && right.is_exact(types::str()) {
        return Some(right.to_owned());
    }
    let len = left.len().checked_add(right.len())?;
    let string = PyStr::allocate(left.kind().max(right.kind()), len, left.is_ascii() && right.is_ascii())?;
    write_cells(string.borrow(), 0, left);
    write_cells(string.borrow(), left.len(), right);
    Some(string)
}

/// Joins pieces without a separator between them; `None`: no memory.
pub(crate) fn join<'a>(pieces: impl Iterator<Item = Ref<PyStr>> + Clone + 'a) -> Option<Owned<PyStr>> {
    let (mut len, mut kind, mut ascii) = (0usize, Kind::One, true);
    for piece in pieces.clone() {
        len = len.checked_add(piece.len())?;
        kind = kind.max(piece.kind());
        ascii &= piece.is_ascii();
    }
    if len == 0 {
        return Some(super::singletons::empty_str().to_owned());
    }
    let string = PyStr::allocate(kind, len, ascii)?;
    let mut at = 0;
    for piece in pieces {
        write_cells(string.borrow(), at, piece);
        at += piece.len();
    }
    Some(string)
}

impl Ref<PyStr> {
    #[inline(always)]
    fn cells(self) -> *mut u8 {
        if self.flags() & EXTERNAL != 0 {
            // SAFETY: the flag is set on ClassStr objects alone. Their cells are only read: no method writes to a str
            // that it has not made with `allocate`.
            return unsafe { (*self.as_ptr().cast::<ClassStr>()).cells.as_ptr().cast_mut().cast() };
        }
        // SAFETY: the cells start right behind the head, in the same block.
        unsafe { self.as_ptr().add(1).cast() }
    }

    /// Code points.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.len.get()
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> Kind {
        kind_of_flags(self.flags())
    }

    #[inline(always)]
    pub(crate) fn is_ascii(self) -> bool {
        self.flags() & ASCII != 0
    }

    #[inline(always)]
    pub(crate) fn is_interned(self) -> bool {
        self.flags() & INTERNED != 0
    }

    fn flags(self) -> u32 {
        self.ob.flags()
    }

    fn refcnt_is_one(self) -> bool {
        self.ob.refcnt() == 1
    }

    pub(super) fn set_interned(self) {
        self.ob.make_immortal();
        self.ob.set_flags(self.ob.flags() | INTERNED);
    }

    /// The bytes of the cells.
    #[inline(always)]
    pub(crate) fn cell_bytes(&self) -> &[u8] {
        // SAFETY: the block holds `len` cells of the kind's width, and they never change while shared.
        unsafe { std::slice::from_raw_parts(self.cells(), self.len() * self.kind() as usize) }
    }

    /// The code points, by kind.
    #[inline]
    pub(crate) fn units(&self) -> Units<'_> {
        let len = self.len();
        // SAFETY: as in `cell_bytes`; the head's size keeps the cells aligned for all kinds.
        unsafe {
            match self.kind() {
                Kind::One => Units::One(std::slice::from_raw_parts(self.cells(), len)),
                Kind::Two => Units::Two(std::slice::from_raw_parts(self.cells().cast(), len)),
                Kind::Four => Units::Four(std::slice::from_raw_parts(self.cells().cast(), len)),
            }
        }
    }

    /// The code point at `index`, which is in range.
    #[inline(always)]
    pub(crate) fn char_at(self, index: usize) -> u32 {
        match self.units() {
            Units::One(cells) => u32::from(cells[index]),
            Units::Two(cells) => u32::from(cells[index]),
            Units::Four(cells) => cells[index],
        }
    }

    /// The code points, surrogates among them.
    pub(crate) fn points(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
        let string = *self;
        (0..self.len()).map(move |index| string.char_at(index))
    }

    /// The text as a Rust string without a copy, for ASCII strings.
    #[inline]
    pub(crate) fn as_ascii(&self) -> Option<&str> {
        // SAFETY: ASCII cells are UTF-8.
        self.is_ascii().then(|| unsafe { std::str::from_utf8_unchecked(self.cell_bytes()) })
    }

    /// The text; lone surrogates become U+FFFD.
    pub(crate) fn to_string_lossy(self) -> String {
        match self.as_ascii() {
            Some(text) => text.to_owned(),
            None => self.points().map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
        }
    }

    /// The text; `Err` with the index of the first lone surrogate.
    pub(crate) fn to_text(self) -> Result<String, usize> {
        match self.as_ascii() {
            Some(text) => Ok(text.to_owned()),
            None => self.points().enumerate().map(|(index, point)| char::from_u32(point).ok_or(index)).collect(),
        }
    }

    /// Whether the text is this.
    pub(crate) fn eq_text(self, text: &str) -> bool {
        match self.as_ascii() {
            Some(own) => own == text,
            None => self.points().eq(text.chars().map(u32::from)),
        }
    }

    /// Equality of two strings.
    #[inline]
    pub(crate) fn same_text(self, other: Ref<PyStr>) -> bool {
        self.is(other)
            || (self.len() == other.len() && self.kind() == other.kind() && self.cell_bytes() == other.cell_bytes())
    }

    /// The hash, computed once.
    #[inline(always)]
    pub(crate) fn hash(self) -> isize {
        let known = self.hash.get();
        if known != -1 { known } else { self.compute_hash() }
    }

    #[cold]
    fn compute_hash(self) -> isize {
        let hash = hash_bytes(self.cell_bytes());
        self.hash.set(hash);
        hash
    }

    /// Code points `start..stop`, which are in range.
    pub(crate) fn slice(self, start: usize, stop: usize) -> Owned<PyStr> {
        if start == 0 && stop == self.len() && self.is_exact(types::str()) {
            return self.to_owned();
        }
        PyStr::from_units(match self.units() {
            Units::One(cells) => Units::One(&cells[start..stop]),
            Units::Two(cells) => Units::Two(&cells[start..stop]),
            Units::Four(cells) => Units::Four(&cells[start..stop]),
        })
    }
}

/// The hash of str cells and of bytes: never -1, 0 for nothing. Not CPython's values, which change from run to run.
pub(crate) fn hash_bytes(bytes: &[u8]) -> isize {
    if bytes.is_empty() {
        return 0;
    }
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        (wide as u64) ^ (wide >> 64) as u64
    };
    let mut state = (bytes.len() as u64).wrapping_mul(MULTIPLIER) ^ 0x2545_F491_4F6C_DD1D;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        state = fold(state ^ word, MULTIPLIER);
    }
    let tail = chunks.remainder().iter().rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
    let hash = fold(state ^ tail, 0xD6E8_FEB8_6659_FD93) as isize;
    if hash == -1 { -2 } else { hash }
}
