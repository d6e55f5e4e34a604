//! Strings with cells of two or four bytes, as the matcher reads them: in place, and each position at once.
//!
//! The matcher's cursors can be made and moved by its own reader of bytes alone, so a cell is read byte by byte.

use rustpython_sre_engine::{StrDrive, StringCursor};

/// Cells of two bytes, in the machine's order.
#[derive(Clone, Copy)]
pub(super) struct Two<'a>(pub(super) &'a [u8]);

/// Cells of four bytes, in the machine's order.
#[derive(Clone, Copy)]
pub(super) struct Four<'a>(pub(super) &'a [u8]);

type Bytes<'a> = &'a [u8];

/// The bytes of the cell under the cursor.
#[inline(always)]
fn cell<const N: usize>(cursor: &StringCursor) -> [u8; N] {
    let mut at = *cursor;
    std::array::from_fn(|index| {
        if index > 0 {
            Bytes::skip(&mut at, 1);
        }
        Bytes::peek(&at) as u8
    })
}

/// Moves a cursor by whole cells; its position counts cells.
#[inline(always)]
fn skip<const N: usize>(cursor: &mut StringCursor, n: usize) {
    let position = cursor.position + n;
    Bytes::skip(cursor, n * N);
    cursor.position = position;
}

#[inline(always)]
fn back_skip<const N: usize>(cursor: &mut StringCursor, n: usize) {
    let position = cursor.position - n;
    // The reader of bytes counts the position down by what it moves.
    cursor.position = n * N;
    Bytes::back_skip(cursor, n * N);
    cursor.position = position;
}

macro_rules! reader {
    ($name:ident, $width:literal, $code:ident) => {
        impl StrDrive for $name<'_> {
            fn count(&self) -> usize {
                self.0.len() / $width
            }

            fn create_cursor(&self, n: usize) -> StringCursor {
                let mut cursor = self.0.create_cursor(n * $width);
                cursor.position = n;
                cursor
            }

            fn adjust_cursor(&self, cursor: &mut StringCursor, n: usize) {
                *cursor = self.create_cursor(n);
            }

            #[inline]
            fn advance(cursor: &mut StringCursor) -> u32 {
                let code = Self::peek(cursor);
                skip::<$width>(cursor, 1);
                code
            }

            #[inline]
            fn peek(cursor: &StringCursor) -> u32 {
                $code::from_ne_bytes(cell(cursor)).into()
            }

            #[inline]
            fn skip(cursor: &mut StringCursor, n: usize) {
                skip::<$width>(cursor, n);
            }

            #[inline]
            fn back_advance(cursor: &mut StringCursor) -> u32 {
                back_skip::<$width>(cursor, 1);
                Self::peek(cursor)
            }

            #[inline]
            fn back_peek(cursor: &StringCursor) -> u32 {
                let mut before = *cursor;
                Self::back_advance(&mut before)
            }

            #[inline]
            fn back_skip(cursor: &mut StringCursor, n: usize) {
                back_skip::<$width>(cursor, n);
            }
        }
    };
}

reader!(Two, 2, u16);
reader!(Four, 4, u32);
