//! What one instruction does to what is known of the frame. Most take objects and give objects, as many as the generated
//! tables say; those below take or give something more special, or let an input pass through.

use super::error::VerifyErrorKind as Kind;
use super::kinds::{
    ANY, BOOL, CELL, CODE, DICT, DROPPABLE, EXCEPTION, FUNCTION, Item, Kinds, LASTI, LIST, Lender, NONE, NULL, Note,
    OBJECT, OPEN_FUNCTION, SET, TUPLE,
};
use super::scan::Instruction;
use crate::generated::opcode as op;
use crate::generated::tables;
use crate::pyc::{Code, Value, local_kind};

/// What is known where an instruction begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The deepest item first.
    pub(super) stack: Vec<Item>,
    /// As long as `co_localsplusnames`.
    pub(super) locals: Vec<Kinds>,
    /// `RETURN_GENERATOR` has been executed: the frame is a generator's.
    pub(super) generator: bool,
}

/// One instruction at work on a state.
pub(super) struct Step<'a> {
    pub(super) code: &'a Code,
    pub(super) state: &'a mut State,
    /// The items below this have not been moved or replaced.
    pub(super) untouched: usize,
    /// A local variable was replaced, or more is known of it.
    pub(super) locals_changed: bool,
}

type Done = Result<(), Kind>;

impl<'a> Step<'a> {
    pub(super) fn new(code: &'a Code, state: &'a mut State) -> Self {
        let untouched = state.stack.len();
        Self { code, state, untouched, locals_changed: false }
    }

    /// Carries out the instruction. At a conditional jump the state afterwards is the same on both ways.
    pub(super) fn run(&mut self, instruction: &Instruction) -> Done {
        let oparg = instruction.oparg;
        let at = oparg as usize;
        match instruction.opcode {
            op::PUSH_NULL => self.push(NULL),
            op::LOAD_CONST => self.load_const(oparg),
            op::COPY => self.copy(at),
            op::SWAP => self.swap(at),
            op::POP_TOP => self.pop(DROPPABLE).map(drop),
            op::END_SEND => self.end_send(),
            op::FORMAT_SIMPLE | op::GET_YIELD_FROM_ITER => self.pass_through(),
            op::LOAD_GLOBAL => self.push(OBJECT).and_then(|()| self.push_null_if(oparg & 1)),
            op::LOAD_ATTR => self.load_method(1, oparg & 1 != 0),
            op::LOAD_SPECIAL => self.load_method(1, true),
            op::LOAD_SUPER_ATTR => self.load_method(3, oparg & 1 != 0),
            op::CALL => self.call(at),
            op::CALL_KW => self.call_kw(at),
            op::CALL_FUNCTION_EX => self.call_ex(),
            op::TO_BOOL => self.take(&[ANY], &[BOOL]),
            op::UNARY_NOT => self.take(&[BOOL], &[BOOL]),
            op::IS_OP | op::CONTAINS_OP => self.take(&[ANY, ANY], &[BOOL]),
            op::COMPARE_OP => self.take(&[ANY, ANY], &[if oparg & 16 == 0 { OBJECT } else { BOOL }]),
            op::FOR_ITER | op::GET_ANEXT | op::GET_LEN | op::IMPORT_FROM => self.look(&[ANY], &[OBJECT]),
            op::MATCH_MAPPING | op::MATCH_SEQUENCE => self.look(&[ANY], &[BOOL]),
            op::MATCH_KEYS => self.look(&[TUPLE, ANY], &[OBJECT]),
            op::MATCH_CLASS => self.take(&[TUPLE, ANY, ANY], &[OBJECT]),
            op::SEND => self.take(&[ANY], &[]).and_then(|()| self.look(&[ANY], &[OBJECT])),
            op::BUILD_LIST => self.build(at, LIST),
            op::BUILD_SET => self.build(at, SET),
            op::BUILD_MAP => self.build(at * 2, DICT),
            op::BUILD_TUPLE => self.build_tuple(oparg),
            op::BUILD_TEMPLATE => self.take(&[TUPLE, TUPLE], &[OBJECT]),
            op::LIST_APPEND | op::LIST_EXTEND => self.add_to(at, 1, LIST),
            // The body checks: conditional annotations are kept in a variable.
            op::SET_ADD => self.add_to(at, 1, ANY),
            op::SET_UPDATE => self.add_to(at, 1, SET),
            op::DICT_UPDATE => self.add_to(at, 1, DICT),
            op::DICT_MERGE => self.add_to(at, 1, DICT).and_then(|()| self.peek(at + 3, ANY).map(drop)),
            op::MAP_ADD => self.add_to(at, 2, DICT),
            op::MAKE_FUNCTION => self.make_function(),
            op::SET_FUNCTION_ATTRIBUTE => self.set_function_attribute(oparg),
            op::CALL_INTRINSIC_1 => self.intrinsic_1(oparg),
            op::CALL_INTRINSIC_2 => self.intrinsic_2(oparg),
            op::RETURN_GENERATOR => self.return_generator(),
            op::YIELD_VALUE if !self.state.generator => Err(Kind::Generator),
            op::RETURN_VALUE => self.take(&[ANY], &[]).and_then(|()| self.nothing_left()),
            opcode => match self.exceptions(opcode, at) {
                Some(done) => done,
                None => self.locals(opcode, oparg).unwrap_or_else(|| self.by_tables(opcode, oparg)),
            },
        }
    }

    fn exceptions(&mut self, opcode: u8, at: usize) -> Option<Done> {
        Some(match opcode {
            op::PUSH_EXC_INFO => self.take(&[EXCEPTION], &[EXCEPTION | NONE, EXCEPTION]),
            op::POP_EXCEPT => self.take(&[EXCEPTION | NONE], &[]),
            op::CHECK_EXC_MATCH => self.take(&[ANY], &[]).and_then(|()| self.look(&[EXCEPTION], &[BOOL])),
            op::CHECK_EG_MATCH => self.take(&[ANY, EXCEPTION | NONE], &[EXCEPTION | NONE, EXCEPTION | NONE]),
            op::WITH_EXCEPT_START => self.with_except_start(),
            op::END_ASYNC_FOR => self.take(&[EXCEPTION, ANY], &[]),
            op::CLEANUP_THROW => self.take(&[EXCEPTION, ANY, ANY], &[NONE, OBJECT]),
            op::RERAISE => self.reraise(at),
            _ => return None,
        })
    }

    fn locals(&mut self, opcode: u8, oparg: u32) -> Option<Done> {
        let (first, second) = (oparg >> 4, oparg & 15);
        Some(match opcode {
            op::LOAD_FAST => self.load_fast(oparg, false),
            op::LOAD_FAST_BORROW => self.load_fast(oparg, true),
            op::LOAD_FAST_LOAD_FAST => self.load_fast(first, false).and_then(|()| self.load_fast(second, false)),
            op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                self.load_fast(first, true).and_then(|()| self.load_fast(second, true))
            }
            op::LOAD_FAST_CHECK => self.load_fast_check(oparg),
            op::LOAD_FAST_AND_CLEAR => self.load_fast_and_clear(oparg),
            op::STORE_FAST => self.store_fast(oparg),
            op::STORE_FAST_LOAD_FAST => self.store_fast(first).and_then(|()| self.load_fast(second, false)),
            op::STORE_FAST_STORE_FAST => self.store_fast(first).and_then(|()| self.store_fast(second)),
            op::DELETE_FAST => self.set_local(oparg, NULL),
            op::MAKE_CELL => self.set_local(oparg, CELL),
            op::COPY_FREE_VARS => self.copy_free_vars(oparg),
            op::LOAD_DEREF => self.cell(oparg).and_then(|()| self.push(OBJECT)),
            op::DELETE_DEREF => self.cell(oparg),
            op::STORE_DEREF => self.cell(oparg).and_then(|()| self.take(&[ANY], &[])),
            op::LOAD_FROM_DICT_OR_DEREF => self.cell(oparg).and_then(|()| self.take(&[ANY], &[OBJECT])),
            _ => return None,
        })
    }

    /// Objects in, objects out.
    fn by_tables(&mut self, opcode: u8, oparg: u32) -> Done {
        let count = |effect: fn(u16, i32) -> Option<i32>| {
            let count = effect(opcode.into(), oparg as i32).ok_or(Kind::Opcode)?;
            usize::try_from(count).map_err(|_| Kind::Oparg(oparg))
        };
        let (popped, pushed) = (count(tables::popped)?, count(tables::pushed)?);
        self.pop_many(popped, ANY)?;
        self.room(pushed)?;
        (0..pushed).try_for_each(|_| self.push(OBJECT))
    }

    fn room(&self, count: usize) -> Done {
        let depth = self.state.stack.len() + count;
        if depth > self.code.stacksize.max(1) as usize { Err(Kind::Overflow(depth)) } else { Ok(()) }
    }

    fn push_item(&mut self, item: Item) -> Done {
        self.room(1)?;
        self.state.stack.push(item);
        Ok(())
    }

    fn push(&mut self, kinds: Kinds) -> Done {
        self.push_item(Item::new(kinds))
    }

    fn push_null_if(&mut self, condition: u32) -> Done {
        if condition == 0 { Ok(()) } else { self.push(NULL) }
    }

    fn pop(&mut self, wanted: Kinds) -> Result<Item, Kind> {
        let item = self.state.stack.pop().ok_or(Kind::Underflow)?;
        self.untouched = self.untouched.min(self.state.stack.len());
        check(item, wanted)
    }

    fn pop_many(&mut self, count: usize, wanted: Kinds) -> Done {
        if count > self.state.stack.len() {
            return Err(Kind::Underflow);
        }
        (0..count).try_for_each(|_| self.pop(wanted).map(drop))
    }

    /// The item so many places from the top, 1 being the top.
    fn peek(&self, place: usize, wanted: Kinds) -> Result<Item, Kind> {
        let index = self.state.stack.len().checked_sub(place).ok_or(Kind::Underflow)?;
        check(*self.state.stack.get(index).ok_or(Kind::Underflow)?, wanted)
    }

    /// Pops the first, the top first, and pushes the second.
    fn take(&mut self, popped: &[Kinds], pushed: &[Kinds]) -> Done {
        popped.iter().try_for_each(|wanted| self.pop(*wanted).map(drop))?;
        pushed.iter().try_for_each(|kinds| self.push(*kinds))
    }

    /// As [`Step::take`], but the first stay where they are.
    fn look(&mut self, seen: &[Kinds], pushed: &[Kinds]) -> Done {
        for (index, wanted) in seen.iter().enumerate() {
            self.peek(index + 1, *wanted)?;
        }
        pushed.iter().try_for_each(|kinds| self.push(*kinds))
    }

    fn load_const(&mut self, index: u32) -> Done {
        let kinds = match self.code.consts.get(index as usize) {
            Some(Value::None) => NONE,
            Some(Value::Bool(_)) => BOOL,
            Some(Value::Tuple(_)) => TUPLE,
            Some(Value::Code(_)) => CODE,
            _ => OBJECT,
        };
        self.push_item(Item::noted(kinds, Note::Const(index)))
    }

    fn copy(&mut self, place: usize) -> Done {
        let item = self.peek(place, ANY | LASTI)?;
        self.push_item(item)
    }

    fn swap(&mut self, place: usize) -> Done {
        let top = self.state.stack.len().checked_sub(1).ok_or(Kind::Underflow)?;
        let other = (top + 1).checked_sub(place).ok_or(Kind::Underflow)?;
        self.state.stack.swap(top, other);
        self.untouched = self.untouched.min(other);
        Ok(())
    }

    fn end_send(&mut self) -> Done {
        let value = self.pop(ANY)?;
        self.pop(ANY)?;
        self.push_item(value)
    }

    /// The result may be the input itself.
    fn pass_through(&mut self) -> Done {
        let value = self.pop(ANY)?;
        self.push_item(Item { lender: value.lender, ..Item::new(OBJECT) })
    }

    /// An attribute, and if it is looked up as a method then the object again, or nothing.
    fn load_method(&mut self, inputs: usize, method: bool) -> Done {
        let owner = self.pop(ANY)?;
        self.pop_many(inputs - 1, ANY)?;
        self.push(OBJECT)?;
        if method { self.push_item(Item { lender: owner.lender, ..Item::new(owner.kinds | NULL) }) } else { Ok(()) }
    }

    fn call(&mut self, arguments: usize) -> Done {
        self.pop_many(arguments, ANY)?;
        self.take(&[ANY | NULL, ANY], &[OBJECT])
    }

    fn call_kw(&mut self, arguments: usize) -> Done {
        let names = self.pop(TUPLE)?;
        let Note::Const(index) = names.note else { return Err(Kind::Item(TUPLE, names.kinds)) };
        match self.code.consts.get(index as usize) {
            Some(Value::Tuple(items))
                if items.len() <= arguments && items.iter().all(|item| matches!(item, Value::Str(_))) => {}
            _ => return Err(Kind::Item(TUPLE, names.kinds)),
        }
        self.call(arguments)
    }

    fn call_ex(&mut self) -> Done {
        self.take(&[DICT | NULL, ANY, ANY | NULL, ANY], &[OBJECT])
    }

    fn build(&mut self, count: usize, kinds: Kinds) -> Done {
        self.pop_many(count, ANY)?;
        self.push(kinds)
    }

    fn build_tuple(&mut self, count: u32) -> Done {
        let first = self.state.stack.len().checked_sub(count as usize).ok_or(Kind::Underflow)?;
        let cells = self.state.stack[first..].iter().all(|item| item.kinds == CELL);
        self.pop_many(count as usize, ANY)?;
        self.push_item(Item::noted(TUPLE, if cells { Note::Cells(count) } else { Note::Nothing }))
    }

    /// Pops what is added to the container so many places below.
    fn add_to(&mut self, place: usize, added: usize, container: Kinds) -> Done {
        self.pop_many(added, ANY)?;
        self.peek(place, container).map(drop)
    }

    /// The number of free variables of a code constant.
    fn free_variables(&self, note: Note) -> Option<usize> {
        let Note::Const(index) = note else { return None };
        match self.code.consts.get(index as usize) {
            Some(Value::Code(code)) => Some(code.nfreevars()),
            _ => None,
        }
    }

    fn make_function(&mut self) -> Done {
        let code = self.pop(CODE)?;
        let free = self.free_variables(code.note).ok_or(Kind::Item(CODE, code.kinds))?;
        self.push_item(Item::noted(if free == 0 { FUNCTION } else { OPEN_FUNCTION }, code.note))
    }

    fn set_function_attribute(&mut self, which: u32) -> Done {
        let function = self.pop(FUNCTION | OPEN_FUNCTION)?;
        let value = self.pop(ANY)?;
        if which != 8 {
            return self.push_item(function);
        }
        let free = self.free_variables(function.note);
        match value.note {
            Note::Cells(count) if value.kinds == TUPLE && free == Some(count as usize) => {
                self.push_item(Item::noted(FUNCTION, function.note))
            }
            _ => Err(Kind::Item(TUPLE, value.kinds)),
        }
    }

    fn intrinsic_1(&mut self, which: u32) -> Done {
        match which {
            3 => self.take(&[EXCEPTION], &[EXCEPTION]),
            6 => self.take(&[LIST], &[TUPLE]),
            11 => self.take(&[TUPLE], &[OBJECT]),
            _ => self.take(&[ANY], &[OBJECT]),
        }
    }

    fn intrinsic_2(&mut self, which: u32) -> Done {
        match which {
            1 => self.take(&[LIST, EXCEPTION], &[EXCEPTION | NONE]),
            4 => {
                self.pop(ANY)?;
                let function = self.pop(FUNCTION)?;
                self.push_item(function)
            }
            _ => self.take(&[ANY, ANY], &[OBJECT]),
        }
    }

    fn with_except_start(&mut self) -> Done {
        self.peek(5, ANY)?;
        self.peek(4, ANY | NULL)?;
        self.peek(3, LASTI)?;
        self.look(&[EXCEPTION], &[OBJECT])
    }

    /// The exception may be `None`: whether an exception group was handled whole is only known when it runs.
    fn reraise(&mut self, place: usize) -> Done {
        self.pop(EXCEPTION | NONE)?;
        if place == 0 { Ok(()) } else { self.peek(place, LASTI).map(drop) }
    }

    fn nothing_left(&self) -> Done {
        let left = self.state.stack.len();
        if left == 0 { Ok(()) } else { Err(Kind::LeftOver(left)) }
    }

    fn return_generator(&mut self) -> Done {
        self.nothing_left()?;
        if std::mem::replace(&mut self.state.generator, true) {
            return Err(Kind::Generator);
        }
        self.push(OBJECT)
    }

    fn local(&self, index: u32, wanted: Kinds) -> Result<Kinds, Kind> {
        let found = self.state.locals.get(index as usize).copied().ok_or(Kind::Index("the locals", index))?;
        if found & !wanted == 0 { Ok(found) } else { Err(Kind::Local(index, wanted, found)) }
    }

    fn load_fast(&mut self, index: u32, borrow: bool) -> Done {
        let kinds = self.local(index, ANY)?;
        let lender = if borrow { Lender::Local(index) } else { Lender::Nobody };
        self.push_item(Item { lender, ..Item::new(kinds) })
    }

    fn load_fast_check(&mut self, index: u32) -> Done {
        // Where it goes on, the variable has a value.
        let kinds = match self.local(index, ANY | NULL)? & !NULL {
            0 => OBJECT,
            kinds => kinds,
        };
        self.locals_changed = true;
        self.state.locals[index as usize] = kinds;
        self.push(kinds)
    }

    fn load_fast_and_clear(&mut self, index: u32) -> Done {
        let kinds = self.local(index, ANY | NULL)?;
        self.set_local(index, NULL)?;
        self.push(kinds)
    }

    fn store_fast(&mut self, index: u32) -> Done {
        let value = self.pop(ANY | NULL)?;
        if value.lender != Lender::Nobody {
            return Err(Kind::KeepsBorrowed);
        }
        self.set_local(index, value.kinds)
    }

    fn set_local(&mut self, index: u32, kinds: Kinds) -> Done {
        self.local(index, ANY | NULL)?;
        let free = self.code.localspluskinds.get(index as usize).is_some_and(|kind| kind & local_kind::FREE != 0);
        if free && kinds != CELL {
            return Err(Kind::Local(index, CELL, kinds));
        }
        let lends = |item: &Item| matches!(item.lender, Lender::Some) || item.lender == Lender::Local(index);
        if self.state.stack.iter().any(lends) {
            return Err(Kind::Borrowed(index));
        }
        self.locals_changed = true;
        self.state.locals[index as usize] = kinds;
        Ok(())
    }

    fn cell(&self, index: u32) -> Done {
        self.local(index, CELL).map(drop)
    }

    /// The free variables are the last locals.
    fn copy_free_vars(&mut self, count: u32) -> Done {
        let all = self.state.locals.len() as u32;
        (all.saturating_sub(count)..all).try_for_each(|index| self.set_local(index, CELL))
    }
}

fn check(item: Item, wanted: Kinds) -> Result<Item, Kind> {
    if item.kinds & !wanted == 0 { Ok(item) } else { Err(Kind::Item(wanted, item.kinds)) }
}
