//! Code objects as Python sees them, and line numbers of instructions (`Objects/codeobject.c`).

use super::object;
use crate::generated::tables;
use crate::object::code::kind;
use crate::object::types::flags;
use crate::object::*;
use crate::pyc::locations;

/// `code`.
pub(crate) static TYPE: PyType = PyType::container::<PyCode>(TypeSpec {
    name: "code",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(super::code_replace::new),
        repr: slot(|_, code| {
            let own: Ref<PyCode> = code.cast();
            let text = format!(
                "<code object {} at {:#x}, file \"{}\", line {}>",
                own.name().to_string_lossy(),
                code.addr(),
                own.filename().to_string_lossy(),
                if own.firstlineno() != 0 { own.firstlineno() } else { -1 }
            );
            Ok(PyStr::new(&text).upcast())
        }),
        richcompare: slot(|thread, left, right, op| {
            let both = left.downcast::<PyCode>().is_some() && right.downcast::<PyCode>().is_some();
            if !both || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(not_implemented().to_owned());
            }
            let (left, right) = (identity(own(left)), identity(own(right)));
            object::compare(thread, left.borrow().upcast(), right.borrow().upcast(), op)
        }),
        hash: slot(|thread, code| object::hash(thread, identity(own(code)).borrow().upcast())),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("co_lines", |thread, code| {
            let own = own(code);
            let lines = locations::lines(own.linetable(), own.firstlineno());
            let rows =
                lines.into_iter().map(|(start, end, line)| row(&[Some(start as i32 * 2), Some(end as i32 * 2), line]));
            iterate(thread, rows.collect())
        }),
        MethodDef::no_args("co_positions", |thread, code| {
            let own = own(code);
            let mut rows = Vec::new();
            for run in locations::decode(own.linetable(), own.firstlineno()) {
                let at = run.position;
                let one = [at.line, at.end_line, at.column, at.end_column];
                rows.extend((run.start..run.end).map(|_| row(&one)));
            }
            iterate(thread, rows)
        }),
        MethodDef::no_args("co_branches", |thread, code| iterate(thread, branches(own(code)))),
        MethodDef::one("_varname_from_oparg", |thread, code, oparg| {
            let index = super::number::index_isize(thread, oparg, None)?;
            let name = usize::try_from(index).ok().and_then(|index| own(code).localsplusnames().get(index));
            name.map(Ref::to_owned).ok_or_else(|| super::error::index_error(thread, "tuple index out of range"))
        }),
        MethodDef::no_args("__sizeof__", |_, code| {
            Ok(PyInt::from_i64((size_of::<PyCode>() + own(code).units().len() * 2) as i64).upcast())
        }),
        MethodDef::keywords("replace", super::code_replace::replace),
        MethodDef::keywords("__replace__", super::code_replace::replace),
    ],
    getset: &[
        GetSetDef::read_only("co_code", |_, c| Ok(PyBytes::new(plain_units(own(c))).upcast())),
        GetSetDef::read_only("_co_code_adaptive", |_, c| {
            let own = own(c);
            let units = own.units().iter().flat_map(|unit| unit.get().to_le_bytes());
            Ok(PyBytes::new(units.collect::<Vec<u8>>()).upcast())
        }),
        GetSetDef::field("co_name", |_, c| Ok(own(c).name().to_owned().upcast())),
        GetSetDef::field("co_qualname", |_, c| Ok(own(c).qualname().to_owned().upcast())),
        GetSetDef::field("co_filename", |_, c| Ok(own(c).filename().to_owned().upcast())),
        GetSetDef::field("co_consts", |_, c| Ok(own(c).consts().to_owned().upcast())),
        GetSetDef::field("co_names", |_, c| Ok(own(c).names().to_owned().upcast())),
        GetSetDef::read_only("co_varnames", |_, c| Ok(names_of(own(c), kind::LOCAL))),
        GetSetDef::read_only("co_cellvars", |_, c| Ok(names_of(own(c), kind::CELL))),
        GetSetDef::read_only("co_freevars", |_, c| Ok(names_of(own(c), kind::FREE))),
        GetSetDef::field("co_argcount", |_, c| Ok(number(own(c).argcount()))),
        GetSetDef::field("co_posonlyargcount", |_, c| Ok(number(own(c).posonlyargcount()))),
        GetSetDef::field("co_kwonlyargcount", |_, c| Ok(number(own(c).kwonlyargcount()))),
        GetSetDef::read_only("co_nlocals", |_, c| Ok(number(own(c).nlocals()))),
        GetSetDef::field("co_stacksize", |_, c| Ok(number(own(c).stacksize()))),
        GetSetDef::field("co_flags", |_, c| Ok(number(own(c).flags()))),
        GetSetDef::field("co_firstlineno", |_, c| Ok(number(own(c).firstlineno()))),
        GetSetDef::field("co_linetable", |_, c| Ok(PyBytes::new(own(c).linetable()).upcast())),
        GetSetDef::read_only("co_lnotab", |thread, c| {
            super::warn::deprecated(thread, "co_lnotab is deprecated, use co_lines instead.")?;
            Ok(PyBytes::new(line_deltas(own(c))).upcast())
        }),
        GetSetDef::field("co_exceptiontable", |_, c| Ok(PyBytes::new(own(c).exceptiontable()).upcast())),
    ],
    ..TypeSpec::EMPTY
});

fn own(code: Ref) -> Ref<PyCode> {
    code.cast()
}

fn number(value: i32) -> Owned {
    PyInt::from_i64(value.into()).upcast()
}

fn names_of(code: Ref<PyCode>, bits: u8) -> Owned {
    let names = code.localspluskinds().iter().zip(code.localsplusnames().iter());
    PyTuple::from_vec(names.filter(|(kind, _)| *kind & bits != 0).map(|(_, name)| name.to_owned()).collect()).upcast()
}

/// The instructions as the compiler made them: no specialised forms, empty caches.
pub(super) fn plain_units(code: Ref<PyCode>) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.units().len() * 2);
    let mut caches = 0;
    for (index, unit) in code.units().iter().enumerate() {
        if caches > 0 {
            caches -= 1;
            out.extend([0, 0]);
            continue;
        }
        let [_, arg] = unit.get().to_le_bytes();
        let plain = super::instrument::code::base_opcode(code, index);
        caches = tables::CACHES[usize::from(plain)];
        out.extend([plain, arg]);
    }
    out
}

/// What equality and hash of code go by.
fn identity(code: Ref<PyCode>) -> Owned<PyTuple> {
    let numbers =
        [code.argcount(), code.posonlyargcount(), code.kwonlyargcount(), code.flags(), code.firstlineno()].map(number);
    let mut parts: Vec<Owned> = numbers.into();
    parts.push(code.name().to_owned().upcast());
    parts.push(PyBytes::new(plain_units(code)).upcast());
    parts.push(typed_consts(code.consts()));
    parts.push(code.names().to_owned().upcast());
    parts.push(code.localsplusnames().to_owned().upcast());
    parts.push(PyBytes::new(code.linetable()).upcast());
    parts.push(PyBytes::new(code.exceptiontable()).upcast());
    PyTuple::from_vec(parts)
}

/// Constants with their types: `1`, `1.0` and `True` are equal, but not the same constant.
fn typed_consts(consts: Ref<PyTuple>) -> Owned {
    let typed = |constant: Ref| {
        let value = match constant.downcast::<PyTuple>() {
            Some(inner) => typed_consts(inner),
            None => constant.to_owned(),
        };
        PyTuple::from_array([constant.ty().to_owned().upcast(), value]).upcast()
    };
    PyTuple::from_vec(consts.iter().map(typed).collect()).upcast()
}

/// Where each branch is, and where it leads to if it is not taken and if it is, in bytes (`branchesiter_next`).
fn branches(code: Ref<PyCode>) -> Vec<Owned> {
    use crate::generated::opcode::*;
    let bytes = plain_units(code);
    let (mut found, mut oparg, mut at) = (Vec::new(), 0, 0);
    while let Some(&[opcode, arg]) = bytes.get(at * 2..at * 2 + 2) {
        let next = at + 1 + usize::from(tables::CACHES[usize::from(opcode)]);
        oparg = oparg << 8 | usize::from(arg);
        let (from, left, right) = match opcode {
            // Behind the jump stands NOT_TAKEN.
            POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE | POP_JUMP_IF_NONE | POP_JUMP_IF_NOT_NONE => {
                (at, next + 1, next + oparg)
            }
            // The loop's end stands behind END_FOR and POP_ITER.
            FOR_ITER => (at, next, next + oparg + 2),
            END_ASYNC_FOR => (next - oparg.min(next), next - oparg.min(next) + 2, next),
            _ => {
                oparg = if opcode == EXTENDED_ARG { oparg } else { 0 };
                at = next;
                continue;
            }
        };
        found.push(row(&[from, left, right].map(|unit| i32::try_from(unit * 2).ok())));
        oparg = 0;
        at = if opcode == FOR_ITER || opcode == END_ASYNC_FOR { next } else { left };
    }
    found
}

/// The line table in the form of before 3.10: pairs of a step in bytes and a signed step in lines.
fn line_deltas(code: Ref<PyCode>) -> Vec<u8> {
    let (mut out, mut line, mut offset) = (Vec::new(), code.firstlineno(), 0_usize);
    for (start, _, now) in locations::lines(code.linetable(), code.firstlineno()) {
        let Some(now) = now.filter(|now| *now != line) else { continue };
        let mut bytes = start * 2 - offset;
        let mut lines = now - line;
        while bytes > 255 {
            out.extend([255, 0]);
            bytes -= 255;
        }
        while !(-128..=127).contains(&lines) {
            let step: i8 = if lines > 0 { 127 } else { -128 };
            out.extend([bytes as u8, step as u8]);
            (bytes, lines) = (0, lines - i32::from(step));
        }
        out.extend([bytes as u8, lines as i8 as u8]);
        (line, offset) = (now, start * 2);
    }
    out
}

fn row(numbers: &[Option<i32>]) -> Owned {
    let item = |value: &Option<i32>| value.map_or_else(object::new_none, number);
    PyTuple::from_vec(numbers.iter().map(item).collect()).upcast()
}

fn iterate(thread: &Thread, rows: Vec<Owned>) -> Result {
    object::get_iter(thread, PyList::new(rows).borrow().upcast())
}

/// The source line of the instruction at `index` (code units), `None` for one without a line.
pub(crate) fn line_of(code: Ref<PyCode>, index: isize) -> Option<i32> {
    if index < 0 {
        return Some(code.firstlineno());
    }
    crate::pyc::locations::at(code.linetable(), code.firstlineno(), index as usize).line
}
