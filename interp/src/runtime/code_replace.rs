//! Code objects made by programs: `code.replace` and `types.CodeType`. What they are made of is verified as code from a
//! file is.

use super::call::Signature;
use super::{error, load, number};
use crate::exit::Raised;
use crate::object::code::kind;
use crate::object::*;
use crate::pyc::{self, Names, Str, Value};
use std::rc::Rc;

/// The parts of a code object, by the parameters of `types.CodeType`.
struct Parts {
    argcount: i32,
    posonlyargcount: i32,
    kwonlyargcount: i32,
    stacksize: i32,
    flags: i32,
    code: Vec<u8>,
    consts: Owned<PyTuple>,
    names: Owned<PyTuple>,
    localsplusnames: Owned<PyTuple>,
    localspluskinds: Vec<u8>,
    filename: Owned<PyStr>,
    name: Owned<PyStr>,
    qualname: Owned<PyStr>,
    firstlineno: i32,
    linetable: Vec<u8>,
    exceptiontable: Vec<u8>,
}

fn parts_of(code: Ref<PyCode>) -> Parts {
    Parts {
        argcount: code.argcount(),
        posonlyargcount: code.posonlyargcount(),
        kwonlyargcount: code.kwonlyargcount(),
        stacksize: code.stacksize(),
        flags: code.flags(),
        code: super::code::plain_units(code),
        consts: code.consts().to_owned(),
        names: code.names().to_owned(),
        localsplusnames: code.localsplusnames().to_owned(),
        localspluskinds: code.localspluskinds().to_vec(),
        filename: code.filename().to_owned(),
        name: code.name().to_owned(),
        qualname: code.qualname().to_owned(),
        firstlineno: code.firstlineno(),
        linetable: code.linetable().to_vec(),
        exceptiontable: code.exceptiontable().to_vec(),
    }
}

fn text(string: Ref<PyStr>) -> Rc<Str> {
    Rc::new(Str::new(&string.to_string_lossy(), false))
}

fn names(thread: &Thread, tuple: Ref<PyTuple>) -> Result<Names> {
    let items: Option<Vec<Value>> =
        tuple.iter().map(|name| name.downcast::<PyStr>().map(|name| Value::Str(text(name)))).collect();
    items
        .and_then(|items| Names::new(items.into()).ok())
        .ok_or_else(|| error::type_error(thread, "name tuples must contain only strings"))
}

/// A constant as far as verification looks at it.
fn shape(thread: &Thread, constant: Ref) -> Result<Value> {
    Ok(match (constant.downcast::<PyTuple>(), constant.downcast::<PyCode>()) {
        (Some(tuple), _) => {
            let items: Result<Vec<Value>> = tuple.iter().map(|item| shape(thread, item)).collect();
            Value::Tuple(items?.into())
        }
        (None, Some(code)) => Value::Code(Rc::new(parts_of(code).tree(thread)?)),
        (None, None) if constant.is(none_object()) => Value::None,
        (None, None) if constant.is_exact(super::types::bool_()) => Value::Bool(constant.is(true_object())),
        (None, None) => match constant.downcast::<PyStr>() {
            Some(string) => Value::Str(text(string)),
            None => Value::Ellipsis,
        },
    })
}

impl Parts {
    /// The parts as the reader of files would give them, for verification.
    fn tree(&self, thread: &Thread) -> Result<pyc::Code> {
        let consts: Result<Vec<Value>> = self.consts.borrow().iter().map(|item| shape(thread, item)).collect();
        Ok(pyc::Code {
            argcount: self.argcount as u32,
            posonlyargcount: self.posonlyargcount as u32,
            kwonlyargcount: self.kwonlyargcount as u32,
            stacksize: self.stacksize as u32,
            flags: self.flags as u32,
            code: self.code.as_slice().into(),
            consts: consts?.into(),
            names: names(thread, self.names.borrow())?,
            localsplusnames: names(thread, self.localsplusnames.borrow())?,
            localspluskinds: self.localspluskinds.as_slice().into(),
            filename: text(self.filename.borrow()),
            name: text(self.name.borrow()),
            qualname: text(self.qualname.borrow()),
            firstlineno: self.firstlineno,
            linetable: self.linetable.as_slice().into(),
            exceptiontable: self.exceptiontable.as_slice().into(),
        })
    }

    /// Verifies the parts and makes a code object of them.
    fn finish(self, thread: &Thread) -> Result {
        let counts = [self.argcount, self.posonlyargcount, self.kwonlyargcount, self.stacksize, self.flags];
        if counts.iter().any(|count| *count < 0) {
            return Err(error::value_error(thread, "code: a count is negative"));
        }
        let tree = self.tree(thread)?;
        if let Err(problem) = tree.validate() {
            return Err(error::value_error(thread, format_args!("code: {problem}")));
        }
        if let Err(problem) = pyc::verify::verify(&tree) {
            return Err(error::value_error(thread, format_args!("code: {problem}")));
        }
        let intern =
            |string: &Owned<PyStr>| thread.state.interned.intern(PyStr::plain_copy(string.borrow())).to_owned();
        let intern_all = |tuple: &Owned<PyTuple>| {
            let interned = tuple
                .borrow()
                .iter()
                .map(|name| thread.state.interned.intern(PyStr::plain_copy(name.cast())).to_owned().upcast());
            PyTuple::from_vec(interned.collect())
        };
        let (units, first_traceable) = load::units(&self.code);
        let made = PyCode::new(CodeParts {
            units,
            consts: self.consts,
            names: intern_all(&self.names),
            localsplusnames: intern_all(&self.localsplusnames),
            localspluskinds: self.localspluskinds,
            filename: intern(&self.filename),
            name: intern(&self.name),
            qualname: intern(&self.qualname),
            linetable: self.linetable,
            exceptiontable: self.exceptiontable,
            flags: self.flags,
            argcount: self.argcount as usize,
            posonlyargcount: self.posonlyargcount as usize,
            kwonlyargcount: self.kwonlyargcount as usize,
            stacksize: self.stacksize as usize,
            firstlineno: self.firstlineno,
            first_traceable,
            version: thread.next_function_version(),
        });
        Ok(made.upcast())
    }

    /// Names and kinds of locals from the three tuples that Python sees.
    fn set_locals(&mut self, locals: Ref<PyTuple>, cells: Ref<PyTuple>, free: Ref<PyTuple>) {
        let same = |a: Ref, b: Ref| match (a.downcast::<PyStr>(), b.downcast::<PyStr>()) {
            (Some(a), Some(b)) => a.same_text(b),
            _ => false,
        };
        let mut all: Vec<Owned> = Vec::new();
        let mut kinds = Vec::new();
        for name in locals.iter() {
            let cell = cells.iter().any(|cell| same(cell, name));
            all.push(name.to_owned());
            kinds.push(kind::LOCAL | if cell { kind::CELL } else { 0 });
        }
        for cell in cells.iter().filter(|cell| !locals.iter().any(|name| same(*cell, name))) {
            all.push(cell.to_owned());
            kinds.push(kind::CELL);
        }
        for name in free.iter() {
            all.push(name.to_owned());
            kinds.push(kind::FREE);
        }
        self.localsplusnames = PyTuple::from_vec(all);
        self.localspluskinds = kinds;
    }
}

fn int_of(thread: &Thread, value: Ref) -> Result<i32> {
    let number = number::index_isize(thread, value, Some(super::exceptions::overflow_error()))?;
    i32::try_from(number).map_err(|_| error::overflow_error(thread, "signed integer is greater than maximum"))
}

#[cold]
fn wrong(thread: &Thread, name: &str, wanted: &str, got: Ref) -> Raised {
    let kind = got.ty().name().to_owned();
    error::type_error(thread, format_args!("replace() argument '{name}' must be {wanted}, not {kind}"))
}

fn tuple_of(thread: &Thread, name: &str, value: Ref) -> Result<Owned<PyTuple>> {
    value.downcast::<PyTuple>().map(Ref::to_owned).ok_or_else(|| wrong(thread, name, "tuple", value))
}

fn str_of(thread: &Thread, name: &str, value: Ref) -> Result<Owned<PyStr>> {
    value.downcast::<PyStr>().map(Ref::to_owned).ok_or_else(|| wrong(thread, name, "str", value))
}

fn bytes_of(thread: &Thread, name: &str, value: Ref) -> Result<Vec<u8>> {
    value.downcast::<PyBytes>().map(|bytes| bytes.data().to_vec()).ok_or_else(|| wrong(thread, name, "bytes", value))
}

/// Names of the parameters of `replace`.
const FIELDS: &[&str] = &[
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_firstlineno",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
];

/// `code.replace(**changes)`.
pub(super) fn replace(thread: &Thread, code: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature =
        Signature { function: "replace", names: FIELDS, positional_only: 0, keyword_only: 18, required: 0 };
    if arguments.len() > keywords.map_or(0, Ref::<PyTuple>::len) {
        return Err(error::type_error(thread, "replace() takes no positional arguments"));
    }
    let given: [Option<Ref>; 18] = SIGNATURE.bind(thread, arguments, keywords)?;
    let own: Ref<PyCode> = code.cast();
    let mut parts = parts_of(own);
    apply(thread, &mut parts, &given)?;
    let locals = [given[10], given[11], given[12]];
    if locals.iter().any(Option::is_some) {
        let attribute = |name: &str| super::attr::get_attr(thread, code, PyStr::new(name).borrow());
        let [names, free, cells] = ["co_varnames", "co_freevars", "co_cellvars"];
        let pick = |given: Option<Ref>, name: &str| match given {
            Some(value) => tuple_of(thread, name, value),
            None => attribute(name).map(Owned::cast),
        };
        let (names, free, cells) = (pick(locals[0], names)?, pick(locals[1], free)?, pick(locals[2], cells)?);
        parts.set_locals(names.borrow(), cells.borrow(), free.borrow());
    }
    parts.finish(thread)
}

fn apply(thread: &Thread, parts: &mut Parts, given: &[Option<Ref>; 18]) -> Result<()> {
    let numbers = [
        (0, &mut parts.argcount),
        (1, &mut parts.posonlyargcount),
        (2, &mut parts.kwonlyargcount),
        (4, &mut parts.stacksize),
        (5, &mut parts.flags),
        (6, &mut parts.firstlineno),
    ];
    for (index, place) in numbers {
        if let Some(value) = given[index] {
            *place = int_of(thread, value)?;
        }
    }
    for (index, place) in [(7, &mut parts.code), (16, &mut parts.linetable), (17, &mut parts.exceptiontable)] {
        if let Some(value) = given[index] {
            *place = bytes_of(thread, FIELDS[index], value)?;
        }
    }
    for (index, place) in [(8, &mut parts.consts), (9, &mut parts.names)] {
        if let Some(value) = given[index] {
            *place = tuple_of(thread, FIELDS[index], value)?;
        }
    }
    for (index, place) in [(13, &mut parts.filename), (14, &mut parts.name), (15, &mut parts.qualname)] {
        if let Some(value) = given[index] {
            *place = str_of(thread, FIELDS[index], value)?;
        }
    }
    Ok(())
}

/// `types.CodeType(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names,
/// varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=())`.
pub(super) fn new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    super::call::no_keywords(thread, "code", kwargs)?;
    super::call::check_count(thread, "code", args.len(), 16, 18)?;
    let at = |index: usize| args.item(index);
    let tuple = |index: usize, name: &str| tuple_of(thread, name, at(index));
    let empty = || Ok(PyTuple::empty().to_owned());
    let free = if args.len() > 16 { tuple(16, "freevars") } else { empty() }?;
    let cells = if args.len() > 17 { tuple(17, "cellvars") } else { empty() }?;
    let locals = tuple(9, "varnames")?;
    let mut parts = Parts {
        argcount: int_of(thread, at(0))?,
        posonlyargcount: int_of(thread, at(1))?,
        kwonlyargcount: int_of(thread, at(2))?,
        stacksize: int_of(thread, at(4))?,
        flags: int_of(thread, at(5))?,
        code: bytes_of(thread, "codestring", at(6))?,
        consts: tuple(7, "constants")?,
        names: tuple(8, "names")?,
        localsplusnames: PyTuple::empty().to_owned(),
        localspluskinds: Vec::new(),
        filename: str_of(thread, "filename", at(10))?,
        name: str_of(thread, "name", at(11))?,
        qualname: str_of(thread, "qualname", at(12))?,
        firstlineno: int_of(thread, at(13))?,
        linetable: bytes_of(thread, "linetable", at(14))?,
        exceptiontable: bytes_of(thread, "exceptiontable", at(15))?,
    };
    parts.set_locals(locals.borrow(), cells.borrow(), free.borrow());
    parts.finish(thread)
}
