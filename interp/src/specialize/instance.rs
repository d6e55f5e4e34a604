//! Where an instance keeps its own attributes, and the forms that go straight there.

use super::descriptor::Found;
use super::index_of;
use crate::frame::Cache;
use crate::generated::caches::{AttrCache, LoadMethodCache};
use crate::object::types::flags;
use crate::object::{Keys, KeysKind, PyDict, PyMember, PyStr, Ref, Thread, inline_values, managed_dict};
use crate::opcode::layout::{CacheLayout, Field};
use crate::runtime::types;

/// Caches that lead to an attribute of an object's own, to be loaded or stored.
pub(super) trait AttributePlace: CacheLayout {
    /// Of the class.
    const VERSION: Field<Self, u32>;
    /// An offset from the object, or the index of an entry in its dict.
    const PLACE: Field<Self, u16>;
}

impl AttributePlace for LoadMethodCache {
    const VERSION: Field<Self, u32> = Self::TYPE_VERSION;
    const PLACE: Field<Self, u16> = Self::DICT_OFFSET;
}

impl AttributePlace for AttrCache {
    const VERSION: Field<Self, u32> = Self::VERSION;
    const PLACE: Field<Self, u16> = Self::INDEX;
}

/// Where attributes of an object's own can be.
pub(super) enum Storage {
    /// Behind the instance, under these keys.
    Inline(Keys),
    /// In a managed dict that is not there yet.
    Lazy,
    /// In a dict.
    Dict,
    /// Nowhere.
    None,
}

pub(super) fn storage(object: Ref) -> Storage {
    let ty = object.ty();
    if ty.has_feature(flags::INLINE_VALUES) {
        return match ty.cached_keys.get() {
            Some(keys) if inline_values(object).is_valid() => Storage::Inline(keys),
            _ => Storage::Dict,
        };
    }
    if ty.has_feature(flags::MANAGED_DICT) {
        return if managed_dict(object).is_none() { Storage::Lazy } else { Storage::Dict };
    }
    if ty.slots.dict_of.get().is_some() || ty.dictoffset.get() != 0 { Storage::Dict } else { Storage::None }
}

/// The managed dict of an object, if it has one and its keys are its own.
fn own_dict(object: Ref) -> Option<Ref<PyDict>> {
    let dict = object.ty().has_feature(flags::MANAGED_DICT).then(|| managed_dict(object)).flatten()?;
    (dict.is_exact(types::dict()) && dict.keys().kind() != KeysKind::Split).then_some(dict)
}

/// Whether objects like this one are likely to have the name themselves: in the shared keys, or in its own dict.
pub(super) fn may_have(object: Ref, name: Ref<PyStr>) -> bool {
    if object.ty().has_feature(flags::INLINE_VALUES) {
        return object.ty().cached_keys.get().is_some_and(|keys| keys.find_str(name, name.hash()).is_some());
    }
    own_dict(object).is_some_and(|dict| index_of(dict, name).is_some())
}

/// A version for shared keys, which changes when a key is added.
pub(super) fn shared_version(thread: &Thread, keys: Keys) -> Option<u32> {
    if keys.version() == 0 {
        keys.set_version(thread.next_keys_version());
    }
    Some(keys.version()).filter(|&version| version != 0)
}

/// An attribute of the object's own: `forms` is for one among the inline values, and for one in a dict at an index that
/// the form tries first.
pub(super) fn own_attribute<L: AttributePlace>(
    object: Ref,
    name: Ref<PyStr>,
    version: u32,
    cache: Cache<L>,
    forms: (u8, u8),
) -> Option<u8> {
    let (place, form) = match storage(object) {
        Storage::Inline(keys) if managed_dict(object).is_none() => {
            let index = keys.find_str(name, name.hash())?;
            let values = inline_values(object);
            if index >= values.capacity() {
                return None;
            }
            (values.offset_from(object, index), forms.0)
        }
        Storage::Dict => (index_of(own_dict(object)?, name)?, forms.1),
        _ => return None,
    };
    cache.set(L::PLACE, u16::try_from(place).ok()?);
    cache.set(L::VERSION, version);
    Some(form)
}

/// Fills the cache for a `__slots__` attribute; false if the object is not of the class that has it.
pub(super) fn slot<L: AttributePlace>(object: Ref, found: Found, cache: Cache<L>) -> bool {
    let Some(member) = found.descriptor.map(|descriptor| descriptor.cast::<PyMember>()) else { return false };
    let Ok(offset) = u16::try_from(member.offset()) else { return false };
    if !object.ty().is_subtype(member.owner()) {
        return false;
    }
    cache.set(L::PLACE, offset);
    cache.set(L::VERSION, found.version);
    true
}
