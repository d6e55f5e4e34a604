//! What `copy` and `pickle` ask of objects: `__reduce_ex__`, `__getstate__`, and the states of iterators
//! (`Objects/typeobject.c`, `object_getstate`, `reduce_newobj`).

use super::support::{call, index_isize, int, none, special, type_error, type_name};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{attr, names, object, types};

fn named(text: &str) -> Owned<PyStr> {
    PyStr::new(text)
}

/// A module by name, imported as `__import__` does it.
pub(crate) fn import_module(thread: &Thread, name: &str) -> Result {
    let builtins = thread.state.builtins.get().known();
    let import = builtins.get_str(named("__import__").borrow()).map(Ref::to_owned);
    let Some(import) = import else {
        return Err(super::support::raise(thread, crate::runtime::exceptions::import_error(), "__import__ not found"));
    };
    call(thread, import.borrow(), &[named(name).borrow().upcast()])
}

/// A builtin by name.
pub(crate) fn builtin(thread: &Thread, name: &str) -> Owned {
    let builtins = thread.state.builtins.get().known();
    builtins.get_str(named(name).borrow()).unwrap_or(none_object()).to_owned()
}

/// The state that `__getstate__` gives.
pub(crate) fn instance_state(thread: &Thread, object: Ref) -> Result {
    match special(thread, object, "__getstate__", &[])? {
        Some(state) => Ok(state),
        None => Ok(none()),
    }
}

/// `object.__getstate__`.
pub(crate) fn getstate(thread: &Thread, object: Ref) -> Result {
    default_state(thread, object, false)
}

fn has_slots(class: Ref<PyType>) -> bool {
    class.mro_tuple().iter().any(|base| {
        let base: Ref<PyType> = base.cast();
        base.has_feature(flags::HEAPTYPE) && base.dict.get().is_some_and(|dict| dict.get_str(names::slots()).is_some())
    })
}

/// The instance dict, with the values of slots beside it where there are any (`object_getstate_default`).
fn default_state(thread: &Thread, object: Ref, required: bool) -> Result {
    let class = object.ty();
    if required && class.itemsize.get() != 0 {
        return Err(type_error(thread, &format!("cannot pickle {} objects", type_name(object))));
    }
    // An empty dict is no state: None says that there is nothing to restore.
    let dict = attr::dict_of(object, true).filter(|dict| !dict.is_empty());
    let state = dict.map_or_else(none, |dict| dict.copy().upcast());
    if required && !class.has_feature(flags::HEAPTYPE) && class.layout().size > PyObject::LAYOUT.size {
        return Err(type_error(thread, &format!("cannot pickle '{}' object", type_name(object))));
    }
    if !has_slots(class) {
        return Ok(state);
    }
    let copyreg = import_module(thread, "copyreg")?;
    let slotnames = object::get_attr(thread, copyreg.borrow(), named("_slotnames").borrow())?;
    let listed = call(thread, slotnames.borrow(), &[class.upcast()])?;
    let slots = PyDict::new();
    for name in super::support::collect(thread, listed.borrow())? {
        let Some(text) = name.borrow().downcast::<PyStr>() else { continue };
        if let Some(value) = attr::get_optional_attr(thread, object, text)? {
            slots.borrow().set(thread, name.borrow(), value)?;
        }
    }
    if slots.borrow().is_empty() {
        return Ok(state);
    }
    Ok(PyTuple::from_array([state, slots.upcast()]).upcast())
}

/// `object.__reduce__`.
pub(crate) fn reduce(thread: &Thread, object: Ref) -> Result {
    common_reduce(thread, object, 0)
}

/// `object.__reduce_ex__(protocol)`: `__reduce__` where a class defines it.
pub(crate) fn reduce_ex(thread: &Thread, object: Ref, protocol: Ref) -> Result {
    let protocol = index_isize(thread, protocol)?;
    let name = thread.state.interned.intern(named("__reduce__"));
    let own = types::lookup(object.ty(), name).map(Ref::addr);
    let base = types::lookup(types::object(), name).map(Ref::addr);
    if own != base {
        let method = object::get_attr(thread, object, name)?;
        return call(thread, method.borrow(), &[]);
    }
    common_reduce(thread, object, protocol)
}

fn common_reduce(thread: &Thread, object: Ref, protocol: isize) -> Result {
    if protocol >= 2 {
        return reduce_by_new(thread, object);
    }
    let copyreg = import_module(thread, "copyreg")?;
    let reduce = object::get_attr(thread, copyreg.borrow(), named("_reduce_ex").borrow())?;
    call(thread, reduce.borrow(), &[object, int(protocol as i64).borrow()])
}

fn bad_new_args(thread: &Thread, what: &str, wanted: &str, got: Ref) -> Raised {
    type_error(thread, &format!("{what} should return a {wanted}, not '{}'", type_name(got)))
}

/// Arguments for `__new__`: positional, by keyword, and whether the class says them.
fn new_arguments(thread: &Thread, object: Ref) -> Result<(Owned<PyTuple>, Option<Owned<PyDict>>, bool)> {
    if let Some(both) = special(thread, object, "__getnewargs_ex__", &[])? {
        let Some(pair) = both.borrow().downcast::<PyTuple>() else {
            return Err(bad_new_args(thread, "__getnewargs_ex__", "tuple", both.borrow()));
        };
        let [args, kwargs] = pair.items() else {
            let message = format!("__getnewargs_ex__ should return a tuple of length 2, not {}", pair.len());
            return Err(super::support::value_error(thread, &message));
        };
        let Some(args) = args.downcast::<PyTuple>() else {
            let message = "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not";
            return Err(type_error(thread, &format!("{message} '{}'", type_name(*args))));
        };
        let Some(kwargs) = kwargs.downcast::<PyDict>() else {
            let message = "second item of the tuple returned by __getnewargs_ex__ must be a dict, not";
            return Err(type_error(thread, &format!("{message} '{}'", type_name(*kwargs))));
        };
        return Ok((args.to_owned(), Some(kwargs.to_owned()), true));
    }
    match special(thread, object, "__getnewargs__", &[])? {
        Some(args) => match args.downcast::<PyTuple>() {
            Ok(args) => Ok((args, None, true)),
            Err(other) => Err(bad_new_args(thread, "__getnewargs__", "tuple", other.borrow())),
        },
        None => Ok((PyTuple::empty().to_owned(), None, false)),
    }
}

/// `copyreg.__newobj__` with the arguments of `__new__`, the state, and iterators over items (`reduce_newobj`).
fn reduce_by_new(thread: &Thread, object: Ref) -> Result {
    let class = object.ty();
    if class.slots.new.get().is_none() {
        return Err(type_error(thread, &format!("cannot pickle '{}' object", type_name(object))));
    }
    let (args, kwargs, given) = new_arguments(thread, object)?;
    let copyreg = import_module(thread, "copyreg")?;
    let (maker, arguments) = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
        None => {
            let mut all = vec![class.upcast()];
            all.extend_from_slice(args.borrow().items());
            ("__newobj__", PyTuple::from_refs(&all))
        }
        Some(kwargs) => {
            let all = [class.to_owned().upcast(), args.upcast(), kwargs.upcast()];
            ("__newobj_ex__", PyTuple::from_array(all))
        }
    };
    let maker = object::get_attr(thread, copyreg.borrow(), named(maker).borrow())?;
    let (is_list, is_dict) = (types::is_list(object), types::is_dict(object));
    let required = !given && !is_list && !is_dict;
    let name = thread.state.interned.intern(named("__getstate__"));
    let own = types::lookup(class, name).map(Ref::addr);
    let state = if own == types::lookup(types::object(), name).map(Ref::addr) {
        default_state(thread, object, required)?
    } else {
        instance_state(thread, object)?
    };
    let items = if is_list { object::get_iter(thread, object)? } else { none() };
    let pairs = if is_dict {
        let pairs = object::call_method(thread, object, named("items").borrow(), &[])?;
        object::get_iter(thread, pairs.borrow())?
    } else {
        none()
    };
    Ok(PyTuple::from_array([maker, arguments.upcast(), state, items, pairs]).upcast())
}

/// `(iter, (over,), index)`, or `(iter, (empty,))` once the iterator is exhausted.
fn iterator_state(thread: &Thread, over: Option<Owned>, index: isize, empty: Owned) -> Result {
    let iter = builtin(thread, "iter");
    Ok(match over {
        Some(over) => {
            let over = PyTuple::from_array([over]);
            PyTuple::from_array([iter, over.upcast(), int(index as i64)]).upcast()
        }
        None => PyTuple::from_array([iter, PyTuple::from_array([empty]).upcast()]).upcast(),
    })
}

fn empty_tuple() -> Owned {
    PyTuple::empty().to_owned().upcast()
}

/// The number that `__setstate__` is given.
pub(crate) fn state_index(thread: &Thread, state: Ref) -> Result<isize> {
    if state.downcast::<PyInt>().is_none() {
        return Err(type_error(thread, "an integer is required"));
    }
    index_isize(thread, state)
}

macro_rules! iterator_methods {
    ($($name:ident, $doc:literal, $kind:ty, $empty:expr;)*) => {
        $(#[doc = $doc]
        pub(crate) static $name: &[MethodDef] = &[
            MethodDef::no_args("__length_hint__", |thread, iterator| {
                let own = iterator.cast::<$kind>();
                let Some(over) = own.sequence().map(Ref::to_owned) else { return Ok(int(0)) };
                let length = match over.borrow().upcast().ty().slots.sq_length.get() {
                    Some(length) => length(thread, over.borrow().upcast())?,
                    None => return Ok(not_implemented().to_owned()),
                };
                Ok(int((length - own.index()).max(0) as i64))
            }),
            MethodDef::no_args("__reduce__", |thread, iterator| {
                let own = iterator.cast::<$kind>();
                let empty = $empty;
                iterator_state(thread, own.sequence().map(|over| over.to_owned().upcast()), own.index(), empty())
            }),
            MethodDef::one("__setstate__", |thread, iterator, state| {
                let at = state_index(thread, state)?;
                let own = iterator.cast::<$kind>();
                if let Some(over) = own.sequence() {
                    let most = match over.upcast().ty().slots.sq_length.get() {
                        Some(length) => length(thread, over.upcast())?,
                        None => isize::MAX,
                    };
                    own.set_index(at.clamp(0, most));
                }
                Ok(none())
            }),
        ];)*
    };
}

iterator_methods! {
    SEQUENCE_ITERATOR_METHODS, "Methods of iterators over anything by index.", PyAnySeqIter, empty_tuple;
}

/// Methods of the iterators of built-in sequences.
pub(crate) mod iterator_states {
    use super::*;

    iterator_methods! {
        TUPLE, "Of tuple iterators.", PyTupleIter, empty_tuple;
        LIST, "Of list iterators.", PyListIter, || PyList::new(Vec::new()).upcast();
        STR, "Of str iterators.", PyAnySeqIter, || empty_str().to_owned().upcast();
        LONG_RANGE, "Of iterators over ranges of big numbers.", PyAnySeqIter, empty_tuple;
    }

    /// Of reversed list iterators.
    pub(crate) static LIST_REVERSE: &[MethodDef] = &[
        MethodDef::no_args("__reduce__", |thread, iterator| {
            let own = iterator.cast::<PyListIter>();
            let reversed = builtin(thread, "reversed");
            let tuple = |items: Vec<Owned>| PyTuple::from_vec(items).upcast();
            Ok(match own.sequence() {
                Some(over) => {
                    let over = tuple(vec![over.to_owned().upcast()]);
                    tuple(vec![reversed, over, int(own.index() as i64)])
                }
                None => tuple(vec![builtin(thread, "iter"), tuple(vec![PyList::new(Vec::new()).upcast()])]),
            })
        }),
        MethodDef::one("__setstate__", |thread, iterator, state| {
            let at = state_index(thread, state)?;
            let own = iterator.cast::<PyListIter>();
            if let Some(over) = own.sequence() {
                own.set_index(at.clamp(-1, over.len() as isize - 1));
            }
            Ok(none())
        }),
    ];
}

/// `(iter, (list of what is left,))`: for iterators whose place has no number. `rest` is a copy, so it is used up.
pub(crate) fn remaining(thread: &Thread, rest: Vec<Owned>) -> Result {
    let rest = PyList::new(rest).upcast();
    let iter = builtin(thread, "iter");
    Ok(PyTuple::from_array([iter, PyTuple::from_array([rest]).upcast()]).upcast())
}

/// A `__reduce__` that is the name of a global.
pub(crate) fn as_global(name: &str) -> Result {
    Ok(PyStr::new(name).upcast())
}

/// `__class_getitem__` of built-in containers.
pub(crate) const CLASS_GETITEM: MethodDef =
    MethodDef::one("__class_getitem__", crate::runtime::genericalias::make).of_class();
