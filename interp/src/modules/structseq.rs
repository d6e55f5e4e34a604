//! Tuples whose items have names too (`Objects/structseq.c`): `sys.version_info`, `time.struct_time`.

use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{error, iter, object, tuple};

/// The attribute of the item number `N`.
pub(crate) const fn field<const N: usize>(name: &'static str) -> GetSetDef {
    GetSetDef::read_only(name, |thread, own| match own.cast::<PyTuple>().get(N) {
        Some(item) => Ok(item.to_owned()),
        None => Err(error::system_error(thread, "a struct sequence is too short")),
    })
}

/// The type of such tuples; `getset` are its fields in order. Made from a sequence of as many items.
pub(crate) const fn of(name: &'static str, getset: &'static [GetSetDef]) -> PyType {
    PyType::container::<PyTuple>(TypeSpec {
        name,
        flags: flags::TUPLE_SUBCLASS | flags::SEQUENCE | flags::HAVE_GC,
        itemsize: 8,
        base: Some(&tuple::TYPE),
        slots: Slots { repr: slot(repr), new: slot(new), ..Slots::NONE },
        getset,
        methods: METHODS,
        ..TypeSpec::EMPTY
    })
}

static METHODS: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, own| {
    let items = PyTuple::from_refs(own.cast::<PyTuple>().items()).upcast();
    let arguments = PyTuple::from_array([items, PyDict::new().upcast()]);
    Ok(PyTuple::from_array([own.ty().to_owned().upcast(), arguments.upcast()]).upcast())
})];

/// One of the type, with these items.
pub(crate) fn make(ty: &'static PyType, items: Vec<Owned>) -> Owned {
    debug_assert!(items.len() <= ty.getset.len());
    PyTuple::of_class(Ref::from_static(ty), items).upcast()
}

fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, _: Option<Ref<PyDict>>) -> Result {
    let Some(sequence) = args.get(0) else {
        return Err(error::type_error(
            thread,
            format_args!("{}() missing required argument 'sequence' (pos 1)", class.name()),
        ));
    };
    let items = iter::collect(thread, sequence)?;
    let expected = class.getset.len();
    if items.len() != expected {
        let name = class.name();
        let text = format!("{name}() takes a {expected}-sequence ({}-sequence given)", items.len());
        return Err(error::type_error(thread, text));
    }
    Ok(PyTuple::of_class(class, items).upcast())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let ty = own.ty();
    let mut parts = Vec::new();
    for (def, item) in ty.getset.iter().zip(own.cast::<PyTuple>().iter()) {
        parts.push(format!("{}={}", def.name, object::repr_checked(thread, item)?));
    }
    Ok(PyStr::new(&format!("{}({})", ty.name(), parts.join(", "))).upcast())
}
