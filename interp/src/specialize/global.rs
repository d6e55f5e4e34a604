//! LOAD_GLOBAL.

use super::{index_of, settle};
use crate::frame::InstrPtr;
use crate::generated::caches::LoadGlobalCache;
use crate::generated::opcode;
use crate::object::{PyDict, PyStr, Ref, Thread};
use crate::runtime::types;

/// `_Py_Specialize_LoadGlobal`.
#[inline(never)]
pub(crate) fn load_global(thread: &Thread, globals: Ref, builtins: Ref, instr: InstrPtr, name: Ref<PyStr>) {
    settle(instr, form(thread, globals, builtins, instr, name));
}

fn form(thread: &Thread, globals: Ref, builtins: Ref, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    let cache = instr.cache::<LoadGlobalCache>();
    let globals = names(globals)?;
    if let Some(index) = index_of(globals, name) {
        cache.set(LoadGlobalCache::INDEX, u16::try_from(index).ok()?);
        cache.set(LoadGlobalCache::MODULE_KEYS_VERSION, small_version(thread, globals)?);
        return Some(opcode::LOAD_GLOBAL_MODULE);
    }
    let builtins = names(builtins)?;
    let index = index_of(builtins, name)?;
    cache.set(LoadGlobalCache::INDEX, u16::try_from(index).ok()?);
    cache.set(LoadGlobalCache::MODULE_KEYS_VERSION, small_version(thread, globals)?);
    cache.set(LoadGlobalCache::BUILTIN_KEYS_VERSION, small_version(thread, builtins)?);
    Some(opcode::LOAD_GLOBAL_BUILTIN)
}

/// A plain dict with str keys only.
fn names(object: Ref) -> Option<Ref<PyDict>> {
    let dict = object.is_exact(types::dict()).then(|| object.cast::<PyDict>())?;
    dict.keys().is_unicode().then_some(dict)
}

/// Versions of keys have one cell here, so that only small ones can be kept.
fn small_version(thread: &Thread, dict: Ref<PyDict>) -> Option<u16> {
    u16::try_from(dict.keys_version(thread)).ok().filter(|&version| version != 0)
}
