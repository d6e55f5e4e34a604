//! LOAD_ATTR and LOAD_SUPER_ATTR.

use super::descriptor::{self, Found, Kind};
use super::{function, index_of, instance, settle};
use crate::frame::InstrPtr;
use crate::generated::caches::LoadMethodCache;
use crate::generated::opcode;
use crate::object::types::flags;
use crate::object::{PyFunction, PyModule, PyProperty, PyStr, PyType, Ref, StackRef, Thread};
use crate::runtime::{names, types};

/// The cache holds a version of the type or, in a module, of the dict's keys; then another version (of keys or metaclass)
/// or an index; then an object.
type Layout = LoadMethodCache;

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
    if !dict.keys().is_unicode() || index_of(dict, names::getattr()).is_some() {
        return None;
    }
    let index = u16::try_from(index_of(dict, name)?).ok()?;
    let version = Some(dict.keys_version(thread)).filter(|&version| version != 0)?;
    instr.cache().set(Layout::TYPE_VERSION, version);
    instr.cache().set(Layout::DICT_OFFSET, index);
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
    let meta = descriptor::on_type(thread, metaclass, name)?;
    if !matches!(meta.kind, Kind::Absent | Kind::Method | Kind::Plain | Kind::NonOverriding) {
        return None;
    }
    let Found { kind: Kind::Method | Kind::Plain, descriptor: Some(descriptor), version } =
        descriptor::for_load(thread, class, name)?
    else {
        return None;
    };
    instr.cache().set(Layout::TYPE_VERSION, version);
    instr.cache().set(Layout::DESCR, descriptor);
    if metaclass.has_feature(flags::IMMUTABLETYPE) {
        return Some(opcode::LOAD_ATTR_CLASS);
    }
    instr.cache().set(Layout::KEYS_VERSION, meta.version);
    Some(opcode::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK)
}

fn instance_attr(thread: &Thread, owner: Ref, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    let found = descriptor::for_load(thread, owner.ty(), name)?;
    let wants_method = instr.arg() & 1 != 0;
    let shadowed = instance::may_have(owner, name);
    match found.kind {
        Kind::Property if !wants_method => property(found, instr),
        Kind::Getattribute if !wants_method => getattribute(found, instr),
        Kind::Slot => instance::slot(owner, found, instr.cache::<Layout>()).then_some(opcode::LOAD_ATTR_SLOT),
        Kind::Absent | Kind::Method | Kind::NonOverriding | Kind::Plain if shadowed => {
            let forms = (opcode::LOAD_ATTR_INSTANCE_VALUE, opcode::LOAD_ATTR_WITH_HINT);
            instance::own_attribute(owner, name, found.version, instr.cache::<Layout>(), forms)
        }
        Kind::Method if wants_method => of_class(thread, owner, found, instr, &METHOD),
        Kind::Plain if !wants_method => of_class(thread, owner, found, instr, &CONSTANT),
        _ => None,
    }
}

/// A property whose getter is a plain Python function, which is then entered.
fn property(found: Found, instr: InstrPtr) -> Option<u8> {
    let getter = found.descriptor?.cast::<PyProperty>().getter.get()?.downcast::<PyFunction>()?;
    if !function::takes_exactly(getter, 1) {
        return None;
    }
    instr.cache().set(Layout::TYPE_VERSION, found.version);
    instr.cache().set(Layout::DESCR, getter.upcast());
    Some(opcode::LOAD_ATTR_PROPERTY)
}

/// A class whose `__getattribute__` is a plain Python function, which is then entered.
fn getattribute(found: Found, instr: InstrPtr) -> Option<u8> {
    let function = found.descriptor?.downcast::<PyFunction>()?;
    if !function::takes_exactly(function, 2) {
        return None;
    }
    instr.cache().set(Layout::KEYS_VERSION, function::version(function)?);
    instr.cache().set(Layout::TYPE_VERSION, found.version);
    instr.cache().set(Layout::DESCR, function.upcast());
    Some(opcode::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN)
}

/// Forms for what a class has, by what its instances can have themselves.
struct Forms {
    inline_values: u8,
    /// A dict that this instance does not have yet.
    lazy_dict: Option<u8>,
    no_dict: u8,
}

static METHOD: Forms = Forms {
    inline_values: opcode::LOAD_ATTR_METHOD_WITH_VALUES,
    lazy_dict: Some(opcode::LOAD_ATTR_METHOD_LAZY_DICT),
    no_dict: opcode::LOAD_ATTR_METHOD_NO_DICT,
};
static CONSTANT: Forms = Forms {
    inline_values: opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES,
    lazy_dict: None,
    no_dict: opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
};

/// What the class has, for an instance that does not have the name itself.
fn of_class(thread: &Thread, owner: Ref, found: Found, instr: InstrPtr, forms: &Forms) -> Option<u8> {
    let descriptor = found.descriptor?;
    let form = match instance::storage(owner) {
        instance::Storage::Inline(keys) => {
            instr.cache().set(Layout::KEYS_VERSION, instance::shared_version(thread, keys)?);
            forms.inline_values
        }
        instance::Storage::Lazy => {
            // The offset of the dict, counted from where a managed one lies.
            instr.cache().set(Layout::DICT_OFFSET, 0);
            forms.lazy_dict?
        }
        instance::Storage::None => forms.no_dict,
        instance::Storage::Dict => return None,
    };
    instr.cache().set(Layout::TYPE_VERSION, found.version);
    instr.cache().set(Layout::DESCR, descriptor);
    Some(form)
}

/// `_Py_Specialize_LoadSuperAttr`: what is called as `super` must be the built-in, and the class a class.
#[inline(never)]
pub(crate) fn load_super_attr(_: &Thread, global_super: &StackRef, class: &StackRef, instr: InstrPtr, method: i32) {
    let usual =
        global_super.as_object().is(types::super_type()) && class.as_object().ty().has_feature(flags::TYPE_SUBCLASS);
    let form = if method != 0 { opcode::LOAD_SUPER_ATTR_METHOD } else { opcode::LOAD_SUPER_ATTR_ATTR };
    settle(instr, usual.then_some(form));
}
