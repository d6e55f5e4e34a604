//! Verification of a code object, once, before anything is made of it. The runtime's accessors do not check what is
//! established here; `.pyc` files come from anywhere.
//!
//! # What holds of a code object that is accepted
//! On every way that control can take from the first unit, exceptions included:
//! 1. Only instructions that compilers emit are executed, never an inline cache entry or the middle of an instruction;
//!    control stays within the code. Every instruction has all its inline cache entries, and they are zero.
//! 2. Opargs are below 2^28. Those of `LOAD_CONST` are indices of `co_consts`, name opargs (after their flag bits) of
//!    `co_names`, local and cell opargs of `co_localsplusnames`. `BINARY_OP`, `COMPARE_OP`, `CALL_INTRINSIC_*`,
//!    `LOAD_SPECIAL`, `LOAD_COMMON_CONSTANT`, `CONVERT_VALUE`, `LOAD_SMALL_INT` (0 to 256), `SET_FUNCTION_ATTRIBUTE`,
//!    `GET_AWAITABLE`, `RAISE_VARARGS`, `RERAISE`, `RESUME`, `YIELD_VALUE`, `BUILD_SLICE` and `BUILD_INTERPOLATION`
//!    have opargs that stand for something. `SEND`'s distance fits 16 bits together with its own size.
//! 3. `FOR_ITER` jumps to an `END_FOR` without `EXTENDED_ARG`, and an instruction follows that.
//! 4. The stack never has fewer than no items or more than `max(co_stacksize, 1)`, and wherever ways meet it has as
//!    many items on each. `RETURN_VALUE` leaves it empty, `RETURN_GENERATOR` finds it so. An instruction's own scratch
//!    space within that (what specialised forms push in between) is not counted.
//! 5. Exception table entries are sorted, do not overlap, begin and end between instructions and lead to instructions.
//!    Where an instruction has a handler there are at least as many items as that keeps, and if it can raise it leaves
//!    as many untouched. That also holds for the handler of the unit before where an instruction enters a Python frame
//!    (see `flow::handlers_of`).
//! 6. An operand that is popped or looked at is an object, not NULL and not a tagged integer, but for: `self_or_null`
//!    of calls and of `WITH_EXCEPT_START`, and `CALL_FUNCTION_EX`'s unused item and keywords, which may be NULL;
//!    `STORE_FAST`, which may store NULL; `POP_TOP` and `SWAP`, which take anything; `COPY`, which may copy a tagged
//!    integer. `RERAISE 1` and up and `WITH_EXCEPT_START` find the tagged integer that the handler pushed.
//! 7. Operands have the exact types that bodies take for granted: list (`LIST_APPEND`, `LIST_EXTEND`,
//!    `INTRINSIC_LIST_TO_TUPLE`, `INTRINSIC_PREP_RERAISE_STAR`), set (`SET_UPDATE`), dict (`MAP_ADD`, `DICT_UPDATE`,
//!    `DICT_MERGE`, keywords of `CALL_FUNCTION_EX`), tuple (`MATCH_CLASS`, `MATCH_KEYS`, `BUILD_TEMPLATE`,
//!    `INTRINSIC_TYPEALIAS`, and `CALL_KW`'s names: strings, no more than arguments), bool (`UNARY_NOT`), code
//!    (`MAKE_FUNCTION`), function (`SET_FUNCTION_ATTRIBUTE`, `INTRINSIC_SET_FUNCTION_TYPE_PARAMS`). Exceptions:
//!    `PUSH_EXC_INFO`, `CHECK_EXC_MATCH`, `WITH_EXCEPT_START`, `END_ASYNC_FOR`, `CLEANUP_THROW`,
//!    `INTRINSIC_STOPITERATION_ERROR`; an exception or `None`: `POP_EXCEPT`, `CHECK_EG_MATCH`, `RERAISE`.
//! 8. `LOAD_FAST`, `LOAD_FAST_BORROW` and their pairs find a value. `LOAD_DEREF` and the like find a cell. Only cells
//!    are stored in free variables' places, which are the last locals; `COPY_FREE_VARS` copies just those.
//! 9. Every function that is made of code with free variables gets a tuple of as many cells before it is used.
//! 10. A value that was borrowed from a local variable is off the stack before that variable is replaced, and is stored
//!     in no local variable. It may be passed to calls, and stay on the stack while a generator is suspended.
//! 11. `YIELD_VALUE` is executed after `RETURN_GENERATOR`, which is executed at most once, in code whose flags say that
//!     it is a generator's. There is a `RESUME`.
//!
//! # What does not follow, and the runtime still has to check
//! Types of defaults and annotations in `SET_FUNCTION_ATTRIBUTE` (they can come from arguments); that `RERAISE` is not
//! given `None`; that `POP_JUMP_IF_TRUE` and `_FALSE` are given a bool (what else compares, as in `__annotate__`,
//! counts as neither); that `SET_ADD` is given a set; names of type variables; that `BUILD_STRING` is given strings;
//! the contents of the tuple of `INTRINSIC_TYPEALIAS`; that a frame of `nlocals + co_stacksize` slots fits the data
//! stack (it is below 2^24). Constants are what the reader gave, also where no compiler puts such a constant.

mod effects;
mod error;
mod flow;
mod kinds;
mod scan;

pub use error::{VerifyError, VerifyErrorKind};

use super::{Code, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// What verification found out beyond that the code is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The most items that the stack ever has, at most `max(co_stacksize, 1)`.
    pub max_depth: usize,
}

/// Verifies one code object, without those among its constants: they are verified when functions are made of them.
pub fn verify(code: &Code) -> Result<Facts, Box<VerifyError>> {
    let checked = scan::scan(code).and_then(|scan| flow::check(code, &scan));
    checked.map(|max_depth| Facts { max_depth }).map_err(|(unit, opcode, kind)| {
        Box::new(VerifyError { unit, opcode, code_name: code.qualname.to_string_lossy(), kind })
    })
}

/// Verifies a code object and all those within it.
pub fn verify_all(code: &Rc<Code>) -> Result<(), Box<VerifyError>> {
    let mut seen: HashSet<*const Code> = HashSet::new();
    let mut seen_tuples: HashSet<*const Value> = HashSet::new();
    let mut pending = vec![Rc::clone(code)];
    while let Some(code) = pending.pop() {
        if !seen.insert(Rc::as_ptr(&code)) {
            continue;
        }
        verify(&code)?;
        let mut tuples = vec![Rc::clone(&code.consts)];
        while let Some(items) = tuples.pop() {
            if !seen_tuples.insert(items.as_ptr()) {
                continue;
            }
            for item in items.iter() {
                match item {
                    Value::Code(inner) => pending.push(Rc::clone(inner)),
                    Value::Tuple(inner) => tuples.push(Rc::clone(inner)),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}
