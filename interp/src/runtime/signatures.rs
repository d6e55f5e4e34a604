//! `__text_signature__` of built-in functions, methods and types: what `inspect.signature` reads.
//!
//! `signatures.txt` is recorded from CPython 3.14 by `fixtures/record_signatures.py`; it is looked at when somebody asks.

use super::{object, types};
use crate::object::*;
use std::collections::HashMap;
use std::sync::OnceLock;

static TEXT: &str = include_str!("signatures.txt");

fn table() -> &'static HashMap<&'static str, &'static str> {
    static TABLE: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = TEXT.lines().filter_map(|line| line.split_once('\t'));
        lines.flat_map(|(signature, names)| names.split(' ').map(move |name| (name, signature))).collect()
    })
}

/// A pilcrow stands for a line end.
fn shown(signature: &str) -> Owned {
    PyStr::new(&signature.replace('\u{b6}', "\n")).upcast()
}

/// The signature recorded under a name; `None` for the many that have none in CPython either.
fn find(name: &str) -> Owned {
    table().get(name).map_or_else(object::new_none, |signature| shown(signature))
}

/// Of a built-in function or a bound method.
pub(crate) fn of_function(function: Ref<PyCFunction>) -> Owned {
    let name = function.def().name;
    let Some(receiver) = function.bound_to() else {
        let module = function.module.get().and_then(|module| module.downcast::<PyStr>()).map(Ref::to_string_lossy);
        let module = module.as_deref().unwrap_or("builtins");
        // `open` is recorded where it comes from.
        let module = if name == "open" { "_io" } else { module };
        return find(&format!("{module}.{name}"));
    };
    // A method is written under the class that defines it.
    let class = receiver.downcast::<PyType>().unwrap_or(receiver.ty());
    let mut owners = class.mro_tuple().iter().filter_map(|class| class.downcast::<PyType>());
    owners
        .find_map(|owner| table().get(format!("{}.{name}", owner.name()).as_str()))
        .map_or_else(|| find(&format!("{}.{name}", receiver.ty().name())), |signature| shown(signature))
}

/// Of a method in its class; of a slot's wrapper, which has the same signature in each class that has no method instead.
pub(crate) fn of_method(owner: Ref<PyType>, name: &str) -> Owned {
    let own = format!("{}.{name}", owner.name());
    if table().contains_key(own.as_str()) { find(&own) } else { find(&format!("*.{name}")) }
}

/// Of a type; classes of programs have none.
pub(crate) fn of_type(class: Ref<PyType>) -> Owned {
    if class.has_feature(types::HEAPTYPE) { object::new_none() } else { find(class.name()) }
}
