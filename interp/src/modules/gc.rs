//! The module `gc`. There is one generation; the arguments for others are checked and otherwise mean nothing.

use super::{NativeModule, put};
use crate::object::gc;
use crate::object::*;
use crate::runtime::{call, error, exceptions, number, object};

pub(super) static MODULE: NativeModule = NativeModule { name: "gc", functions: FUNCTIONS, types: &[], fill };

fn fill(thread: &Thread, dict: Ref<PyDict>) -> Result<()> {
    let collector = &thread.state.collector;
    for (name, field) in [("garbage", &collector.garbage), ("callbacks", &collector.callbacks)] {
        let list = PyList::new(Vec::new());
        put(dict, name, list.clone().upcast());
        field.set(Some(list));
    }
    let flags = [
        ("DEBUG_STATS", 1),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", 32),
        ("DEBUG_LEAK", 38),
    ];
    for (name, value) in flags {
        put(dict, name, int(value));
    }
    Ok(())
}

fn int(value: usize) -> Owned {
    PyInt::from_i64(value as i64).upcast()
}

fn numbers<const N: usize>(values: [usize; N]) -> Owned {
    PyTuple::from_array(values.map(int)).upcast()
}

/// Collects, and tells `gc.callbacks` before and after.
fn collect_and_tell(thread: &Thread, generation: usize) -> usize {
    tell(thread, "start", generation, 0);
    let freed = gc::collect(thread);
    tell(thread, "stop", generation, freed);
    freed
}

fn tell(thread: &Thread, phase: &str, generation: usize, collected: usize) {
    let collector = &thread.state.collector;
    let Some(callbacks) = collector.callbacks.get().map(|list| list.to_vec()) else { return };
    if callbacks.is_empty() || collector.running.get() {
        return;
    }
    let info = PyDict::new();
    for (name, value) in [("generation", generation), ("collected", collected), ("uncollectable", 0)] {
        put(info.borrow(), name, int(value));
    }
    let phase = PyStr::new(phase);
    for callback in callbacks {
        let arguments = [phase.borrow().upcast(), info.borrow().upcast()];
        if call::with(thread, callback.borrow(), &arguments).is_err() {
            error::unraisable(thread, "while calling GC callback", callback.borrow());
        }
    }
}

/// Attends to what the allocator has asked for.
#[cold]
pub(crate) fn collect_if_due(thread: &Thread) {
    let collector = &thread.state.collector;
    if collector.enabled.get() && !collector.running.get() {
        // An exception on its way is none of the finalisers' business.
        let pending = thread.take_exception();
        collect_and_tell(thread, 0);
        if let Some(pending) = pending {
            thread.set_exception(pending);
        }
    }
}

static FUNCTIONS: &[MethodDef] = &[
    MethodDef::no_args("enable", |thread, _| {
        thread.state.collector.enabled.set(true);
        thread.state.collector.schedule(0);
        Ok(object::new_none())
    }),
    MethodDef::no_args("disable", |thread, _| {
        thread.state.collector.enabled.set(false);
        thread.state.collector.schedule(0);
        Ok(object::new_none())
    }),
    MethodDef::no_args("isenabled", |thread, _| Ok(object::new_bool(thread.state.collector.enabled.get()))),
    MethodDef::keywords("collect", collect),
    MethodDef::no_args("get_count", |_, _| Ok(numbers([gc::grown(), 0, 0]))),
    MethodDef::no_args("get_threshold", |thread, _| Ok(numbers([thread.state.collector.threshold.get(), 10, 10]))),
    MethodDef::fast("set_threshold", |thread, _, arguments| {
        call::check_count(thread, "set_threshold", arguments.len(), 1, 3)?;
        let first = number::index_isize(thread, arguments[0], Some(exceptions::overflow_error()))?;
        thread.state.collector.threshold.set(first.max(0) as usize);
        thread.state.collector.schedule(0);
        Ok(object::new_none())
    }),
    MethodDef::one("is_tracked", |_, _, value| Ok(object::new_bool(gc::is_tracked(value)))),
    MethodDef::one("is_finalized", |_, _, value| Ok(object::new_bool(gc::is_finalized(value)))),
    MethodDef::keywords("get_objects", |thread, _, arguments, keywords| {
        static SIGNATURE: call::Signature = call::Signature {
            function: "get_objects",
            names: &["generation"],
            positional_only: 0,
            keyword_only: 0,
            required: 0,
        };
        let [_] = SIGNATURE.bind(thread, arguments, keywords)?;
        Ok(PyList::new(gc::tracked()).upcast())
    }),
    MethodDef::fast("get_referents", |_, _, arguments| {
        let mut found = Vec::new();
        for &object in arguments.iter().filter(|object| gc::is_tracked(**object)) {
            gc::referents(object, &mut |referent| found.push(referent.to_owned()));
        }
        Ok(PyList::new(found).upcast())
    }),
    MethodDef::fast("get_referrers", |_, _, arguments| {
        let mut found = gc::tracked();
        found.retain(|object| {
            let mut refers = false;
            gc::referents(object.borrow(), &mut |found| refers |= arguments.iter().any(|wanted| wanted.is(found)));
            refers
        });
        Ok(PyList::new(found).upcast())
    }),
    MethodDef::no_args("get_stats", |thread, _| {
        let collector = &thread.state.collector;
        let counts = [(0, 0), (0, 0), (collector.runs.get(), collector.collected.get())];
        let stats = counts.map(|(runs, collected)| {
            let dict = PyDict::new();
            for (name, value) in [("collections", runs), ("collected", collected), ("uncollectable", 0)] {
                dict.set_str(thread.state.interned.intern(PyStr::new(name)), int(value));
            }
            dict.upcast()
        });
        Ok(PyList::new(stats.into()).upcast())
    }),
    MethodDef::no_args("get_debug", |thread, _| Ok(int(thread.state.collector.debug.get() as usize))),
    MethodDef::one("set_debug", |thread, _, flags| {
        let flags = number::index_isize(thread, flags, Some(exceptions::overflow_error()))?;
        thread.state.collector.debug.set(flags as i32);
        Ok(object::new_none())
    }),
    MethodDef::no_args("freeze", |thread, _| {
        thread.state.collector.frozen.set(gc::tracked().len());
        Ok(object::new_none())
    }),
    MethodDef::no_args("unfreeze", |thread, _| {
        thread.state.collector.frozen.set(0);
        Ok(object::new_none())
    }),
    MethodDef::no_args("get_freeze_count", |thread, _| Ok(int(thread.state.collector.frozen.get()))),
];

/// `gc.collect(generation=2)`: how many unreachable objects there were.
fn collect(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "collect",
        names: &["generation"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [generation] = SIGNATURE.bind(thread, arguments, keywords)?;
    let mut chosen = 2;
    if let Some(generation) = generation {
        let generation = number::index_isize(thread, generation, Some(exceptions::overflow_error()))?;
        if !(0..=2).contains(&generation) {
            return Err(error::value_error(thread, "invalid generation"));
        }
        chosen = generation as usize;
    }
    Ok(int(collect_and_tell(thread, chosen)))
}
