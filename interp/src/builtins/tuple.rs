//! Methods of tuple.

use super::args::positional;
use super::support::{int, range_of, same, value_error};
use crate::object::*;

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("count", count),
    MethodDef::fast("index", index),
    MethodDef::no_args("__getnewargs__", |_, tuple| {
        let plain = of(tuple).iter().map(Ref::to_owned).collect();
        Ok(PyTuple::from_array([PyTuple::from_vec(plain).upcast()]).upcast())
    }),
];

fn of(object: Ref) -> Ref<PyTuple> {
    object.cast()
}

fn count(thread: &Thread, tuple: Ref, wanted: Ref) -> Result {
    let mut found = 0;
    for item in of(tuple).iter() {
        found += i64::from(same(thread, item, wanted)?);
    }
    Ok(int(found))
}

fn index(thread: &Thread, tuple: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "index", arguments.len(), 1, 3)?;
    let tuple = of(tuple);
    let (start, stop) = range_of(thread, arguments, 1, tuple.len(), false)?;
    for at in start..stop {
        if same(thread, tuple.item(at), arguments[0])? {
            return Ok(int(at as i64));
        }
    }
    Err(value_error(thread, "tuple.index(x): x not in tuple"))
}
