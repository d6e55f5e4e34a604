//! Code objects as Python sees them, and line numbers of instructions (`Objects/codeobject.c`).

use crate::object::code::kind;
use crate::object::types::flags;
use crate::object::*;

/// `code`.
pub(crate) static TYPE: PyType = PyType::container::<PyCode>(TypeSpec {
    name: "code",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
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
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("co_name", |_, c| Ok(own(c).name().to_owned().upcast())),
        GetSetDef::read_only("co_qualname", |_, c| Ok(own(c).qualname().to_owned().upcast())),
        GetSetDef::read_only("co_filename", |_, c| Ok(own(c).filename().to_owned().upcast())),
        GetSetDef::read_only("co_consts", |_, c| Ok(own(c).consts().to_owned().upcast())),
        GetSetDef::read_only("co_names", |_, c| Ok(own(c).names().to_owned().upcast())),
        GetSetDef::read_only("co_varnames", |_, c| Ok(names_of(own(c), kind::LOCAL))),
        GetSetDef::read_only("co_cellvars", |_, c| Ok(names_of(own(c), kind::CELL))),
        GetSetDef::read_only("co_freevars", |_, c| Ok(names_of(own(c), kind::FREE))),
        GetSetDef::read_only("co_argcount", |_, c| Ok(number(own(c).argcount()))),
        GetSetDef::read_only("co_posonlyargcount", |_, c| Ok(number(own(c).posonlyargcount()))),
        GetSetDef::read_only("co_kwonlyargcount", |_, c| Ok(number(own(c).kwonlyargcount()))),
        GetSetDef::read_only("co_nlocals", |_, c| Ok(number(own(c).nlocals()))),
        GetSetDef::read_only("co_stacksize", |_, c| Ok(number(own(c).stacksize()))),
        GetSetDef::read_only("co_flags", |_, c| Ok(number(own(c).flags()))),
        GetSetDef::read_only("co_firstlineno", |_, c| Ok(number(own(c).firstlineno()))),
        GetSetDef::read_only("co_linetable", |_, c| Ok(PyBytes::new(own(c).linetable()).upcast())),
        GetSetDef::read_only("co_exceptiontable", |_, c| Ok(PyBytes::new(own(c).exceptiontable()).upcast())),
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

/// The source line of the instruction at `index` (code units), `None` for one without a line.
pub(crate) fn line_of(code: Ref<PyCode>, index: isize) -> Option<i32> {
    if index < 0 {
        return Some(code.firstlineno());
    }
    crate::pyc::locations::at(code.linetable(), code.firstlineno(), index as usize).line
}
