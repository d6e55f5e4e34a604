//! Tuples whose items have names too (`Objects/structseq.c`): `sys.version_info`, `time.struct_time`.

use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, iter, object, tuple};

/// The attribute of the field number `N`: those that are no items follow the items.
pub(crate) const fn field<const N: usize>(name: &'static str) -> GetSetDef {
    GetSetDef::read_only(name, |thread, own| {
        let items = own.cast::<PyTuple>();
        let found = items.get(N).or_else(|| own.downcast::<PyStructSeq>()?.rest().get(N - items.len()));
        found.map(Ref::to_owned).ok_or_else(|| error::system_error(thread, "a struct sequence is too short"))
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

/// The type of such tuples whose first `ITEMS` fields of `FIELDS` are items. Fields that have no name of their own are
/// left out of `getset`.
pub(crate) const fn with_rest<const ITEMS: usize, const FIELDS: usize>(
    name: &'static str,
    getset: &'static [GetSetDef],
) -> PyType {
    PyType::container::<PyStructSeq>(TypeSpec {
        name,
        flags: flags::TUPLE_SUBCLASS | flags::SEQUENCE | flags::HAVE_GC,
        itemsize: 8,
        base: Some(&tuple::TYPE),
        slots: Slots { repr: slot(repr), new: slot(new_with_rest::<ITEMS, FIELDS>), ..Slots::NONE },
        getset,
        methods: METHODS,
        ..TypeSpec::EMPTY
    })
}

static METHODS: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, own| {
    let items = PyTuple::from_refs(own.cast::<PyTuple>().items());
    let rest = PyDict::new();
    if let Some(more) = own.downcast::<PyStructSeq>() {
        let names = &own.ty().getset[own.ty().getset.len() - more.rest().len()..];
        for (def, value) in names.iter().zip(more.rest().iter()) {
            super::put(rest.borrow(), def.name, value.to_owned());
        }
    }
    let arguments = PyTuple::from_array([items.upcast(), rest.upcast()]);
    Ok(PyTuple::from_array([own.ty().to_owned().upcast(), arguments.upcast()]).upcast())
})];

/// One of the type, with these items.
pub(crate) fn make(ty: &'static PyType, items: Vec<Owned>) -> Owned {
    debug_assert!(items.len() <= ty.getset.len());
    PyTuple::of_class(Ref::from_static(ty), items).upcast()
}

/// One of a type `with_rest`.
pub(crate) fn make_with_rest(ty: &'static PyType, items: Vec<Owned>, rest: Vec<Owned>) -> Owned {
    PyStructSeq::of_class(Ref::from_static(ty), items, rest).upcast()
}

fn sequence_of(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>) -> Result<Vec<Owned>> {
    let Some(sequence) = args.get(0) else {
        return Err(error::type_error(
            thread,
            format_args!("{}() missing required argument 'sequence' (pos 1)", class.name()),
        ));
    };
    let collected = iter::collect(thread, sequence);
    collected.inspect_err(|_| {
        if error::is_set_to(thread, crate::runtime::exceptions::type_error()) {
            thread.clear_exception();
            error::type_error(thread, "constructor requires a sequence");
        }
    })
}

fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, _: Option<Ref<PyDict>>) -> Result {
    let items = sequence_of(thread, class, args)?;
    let expected = class.getset.len();
    if items.len() != expected {
        let name = class.name();
        let text = format!("{name}() takes a {expected}-sequence ({}-sequence given)", items.len());
        return Err(error::type_error(thread, text));
    }
    Ok(PyTuple::of_class(class, items).upcast())
}

fn new_with_rest<const ITEMS: usize, const FIELDS: usize>(
    thread: &Thread,
    class: Ref<PyType>,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "structseq",
        names: &["sequence", "dict"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [_, named] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let mut items = sequence_of(thread, class, args)?;
    let (name, given) = (class.name(), items.len());
    if given < ITEMS || given > FIELDS {
        let (bound, limit) = if given < ITEMS { ("least", ITEMS) } else { ("most", FIELDS) };
        let text = format!("{name}() takes an at {bound} {limit}-sequence ({given}-sequence given)");
        return Err(error::type_error(thread, text));
    }
    let mut rest = items.split_off(ITEMS);
    let named = named.and_then(|named| named.downcast::<PyDict>());
    for place in rest.len()..FIELDS - ITEMS {
        let def = class.getset.len().checked_sub(FIELDS - ITEMS - place).and_then(|at| class.getset.get(at));
        let value = named.zip(def).and_then(|(named, def)| named.get_str(PyStr::new(def.name).borrow()));
        // Times that are not given are those in whole seconds.
        let value = value.or_else(|| match ITEMS {
            10 if place < 3 => items.get(7 + place).map(Owned::borrow),
            _ => None,
        });
        rest.push(value.unwrap_or(none_object()).to_owned());
    }
    Ok(PyStructSeq::of_class(class, items, rest).upcast())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let ty = own.ty();
    let mut parts = Vec::new();
    for (def, item) in ty.getset.iter().zip(own.cast::<PyTuple>().iter()) {
        parts.push(format!("{}={}", def.name, object::repr_checked(thread, item)?));
    }
    Ok(PyStr::new(&format!("{}({})", ty.name(), parts.join(", "))).upcast())
}
