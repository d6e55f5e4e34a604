//! LOAD_ATTR and LOAD_SUPER_ATTR.
//!
//! Left unspecialised, which the counter makes rare and cheap: instances that can have attributes of their own,
//! properties, and slots of classes. The forms for them read an instance's storage by offset, and the object core has
//! no such storage.

use super::descriptor::{self, Found, Kind};
use super::{index_of, settle};
use crate::frame::InstrPtr;
use crate::generated::opcode;
use crate::object::types::flags;
use crate::object::{PyModule, PyStr, PyType, Ref, StackRef, Thread};
use crate::runtime::types;

/// Cells of LOAD_ATTR's cache: a version of the type or, in a module, of the dict's keys; then another version (of keys
/// or metaclass) or an index; then an object.
pub(super) const VERSION: isize = 2;
pub(super) const INDEX: isize = 4;
const SECOND_VERSION: isize = 4;
const DESCRIPTOR: isize = 6;

/// `_Py_Specialize_LoadAttr`.
#[inline(never)]
pub(crate) fn load_attr(thread: &Thread, owner: &StackRef, instr: InstrPtr, name: Ref<PyStr>) {
    let owner = owner.as_object();
    let form = if owner.is_exact(types::module()) {
        module_attr(thread, owner.cast(), instr, name)
    } else if owner.ty().has_feature(flags::TYPE_SUBCLASS) {
        class_attr(thread, owner.cast(), instr, name)
    } else {
        instance_attr(thread, owner, instr, name)
    };
    settle(instr, form);
}

fn module_attr(thread: &Thread, module: Ref<PyModule>, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    let dict = module.dict();
    // A module's own `__getattr__` only answers for names that it lacks, but such modules are left alone, as in C.
    if !dict.keys().is_unicode() || index_of(dict, PyStr::new("__getattr__").borrow()).is_some() {
        return None;
    }
    let index = u16::try_from(index_of(dict, name)?).ok()?;
    let version = Some(dict.keys_version(thread)).filter(|&version| version != 0)?;
    instr.set_cache_u32(VERSION, version);
    instr.set_cache_u16(INDEX, index);
    Some(opcode::LOAD_ATTR_MODULE)
}

/// An attribute of a class. The metaclass must not answer for the name; if it can change, its version is checked too.
fn class_attr(thread: &Thread, class: Ref<PyType>, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    let metaclass = class.ty();
    let usual = match (metaclass.slots.getattro.get(), types::type_().slots.getattro.get()) {
        (Some(own), Some(type_)) => std::ptr::fn_addr_eq(own, type_),
        _ => false,
    };
    if !usual {
        return None;
    }
    let meta = descriptor::on_class(thread, metaclass, name)?;
    if !matches!(meta.kind, Kind::Absent | Kind::Method | Kind::Plain | Kind::NonOverriding) {
        return None;
    }
    let Found { kind: Kind::Method | Kind::Plain, descriptor: Some(descriptor), version } =
        descriptor::for_load(thread, class, name)?
    else {
        return None;
    };
    instr.set_cache_u32(VERSION, version);
    instr.set_cache_object(DESCRIPTOR, descriptor);
    if metaclass.has_feature(flags::IMMUTABLETYPE) {
        return Some(opcode::LOAD_ATTR_CLASS);
    }
    instr.set_cache_u32(SECOND_VERSION, meta.version);
    Some(opcode::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK)
}

/// A method or constant of the class of an object without attributes of its own.
fn instance_attr(thread: &Thread, owner: Ref, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    let ty = owner.ty();
    if descriptor::instances_have_dict(ty) {
        return None;
    }
    let Found { kind, descriptor: Some(descriptor), version } = descriptor::for_load(thread, ty, name)? else {
        return None;
    };
    let wants_method = instr.arg() & 1 != 0;
    let form = match (kind, wants_method) {
        (Kind::Method, true) => opcode::LOAD_ATTR_METHOD_NO_DICT,
        (Kind::Plain, false) => opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
        _ => return None,
    };
    instr.set_cache_u32(VERSION, version);
    instr.set_cache_object(DESCRIPTOR, descriptor);
    Some(form)
}

/// `_Py_Specialize_LoadSuperAttr`. The forms are for the built-in `super`, which the runtime does not have, so nothing
/// that stands in its place has one.
#[inline(never)]
pub(crate) fn load_super_attr(_: &Thread, _global_super: &StackRef, _class: &StackRef, instr: InstrPtr, _method: i32) {
    settle(instr, None);
}
