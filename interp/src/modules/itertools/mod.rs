//! `itertools` (`Modules/itertoolsmodule.c`).

mod combine;
mod group;
mod select;
mod series;

use super::NativeModule;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{error, iter, number, object};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "itertools",
    functions: &[MethodDef::fast("tee", group::tee)],
    types: &[
        &series::COUNT,
        &series::CYCLE,
        &series::REPEAT,
        &series::ACCUMULATE,
        &series::CHAIN,
        &select::COMPRESS,
        &select::DROPWHILE,
        &select::TAKEWHILE,
        &select::FILTERFALSE,
        &select::STARMAP,
        &select::ISLICE,
        &select::PAIRWISE,
        &select::BATCHED,
        &select::ZIP_LONGEST,
        &combine::PRODUCT,
        &combine::PERMUTATIONS,
        &combine::COMBINATIONS,
        &combine::COMBINATIONS_WITH_REPLACEMENT,
        &group::GROUPBY,
        &group::GROUPER,
        &group::TEE,
    ],
    fill: |_, _| Ok(()),
};

/// An iterator's state.
trait Step: Native {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>>;
}

fn next<T: Step>(thread: &Thread, own: Ref) -> Option<Owned> {
    let own: Ref<PyNative> = own.cast();
    own.value::<T>()?.next(thread).ok().flatten()
}

/// The type of iterators with such a state.
const fn iterator<T: Step>(name: &'static str, new: slots::New, methods: &'static [MethodDef]) -> PyType {
    PyType::container::<PyNative>(TypeSpec {
        name,
        flags: flags::HAVE_GC | flags::BASETYPE,
        base: Some(&crate::runtime::object::TYPE),
        slots: Slots { iter: slot(iter::itself), iternext: slot(next::<T>), new: slot(new), ..Slots::NONE },
        methods,
        ..TypeSpec::EMPTY
    })
}

type Keywords = Option<Ref<PyDict>>;

/// The iterator over an argument.
fn over(thread: &Thread, iterable: Ref) -> Result<Owned> {
    object::get_iter(thread, iterable)
}

/// A count that is not negative.
fn count(thread: &Thread, value: Ref, message: &str) -> Result<usize> {
    match usize::try_from(number::index_isize(thread, value, Some(crate::runtime::exceptions::overflow_error()))?) {
        Ok(count) => Ok(count),
        Err(_) => Err(error::value_error(thread, message)),
    }
}

/// Slots by their path in this module.
mod slots {
    pub(super) use crate::object::slots::New;
}
