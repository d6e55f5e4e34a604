//! Type objects. Those of the built-in types are statics, so that `Py_TYPE(o) == &PyLong_Type` is a comparison with a
//! link-time constant; classes are made by the same struct on the heap.

use super::dict::PyDict;
use super::dictkeys::Keys;
use super::field::OptField;
use super::function::PyFunction;
use super::header::PyObject;
use super::layout::{self, Dealloc, Layout, Object, Traverse};
use super::method::{GetSetDef, MethodDef};
use super::refs::{Owned, Ref};
use super::slots::Slots;
use super::str::PyStr;
use super::tuple::PyTuple;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::ptr::NonNull;

/// Type flags, numbered as CPython's `Py_TPFLAGS_*` (`object.h`).
pub(crate) mod flags {
    pub(crate) const INLINE_VALUES: u64 = 1 << 2;
    pub(crate) const MANAGED_WEAKREF: u64 = 1 << 3;
    pub(crate) const MANAGED_DICT: u64 = 1 << 4;
    pub(crate) const SEQUENCE: u64 = 1 << 5;
    pub(crate) const MAPPING: u64 = 1 << 6;
    pub(crate) const DISALLOW_INSTANTIATION: u64 = 1 << 7;
    pub(crate) const IMMUTABLETYPE: u64 = 1 << 8;
    pub(crate) const HEAPTYPE: u64 = 1 << 9;
    pub(crate) const BASETYPE: u64 = 1 << 10;
    pub(crate) const HAVE_VECTORCALL: u64 = 1 << 11;
    pub(crate) const READY: u64 = 1 << 12;
    pub(crate) const HAVE_GC: u64 = 1 << 14;
    pub(crate) const METHOD_DESCRIPTOR: u64 = 1 << 17;
    pub(crate) const VALID_VERSION_TAG: u64 = 1 << 19;
    pub(crate) const IS_ABSTRACT: u64 = 1 << 20;
    pub(crate) const MATCH_SELF: u64 = 1 << 22;
    pub(crate) const LONG_SUBCLASS: u64 = 1 << 24;
    pub(crate) const LIST_SUBCLASS: u64 = 1 << 25;
    pub(crate) const TUPLE_SUBCLASS: u64 = 1 << 26;
    pub(crate) const BYTES_SUBCLASS: u64 = 1 << 27;
    pub(crate) const UNICODE_SUBCLASS: u64 = 1 << 28;
    pub(crate) const DICT_SUBCLASS: u64 = 1 << 29;
    pub(crate) const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    pub(crate) const TYPE_SUBCLASS: u64 = 1 << 31;
    /// Flags that a subclass takes over from its base.
    pub(crate) const INHERITED: u64 = 0xFF << 24 | SEQUENCE | MAPPING | MATCH_SELF | INLINE_VALUES | MANAGED_DICT;
}

/// A type's name: static for built-in types, a str object for classes.
enum Name {
    Static(&'static str),
    /// The name, and its text.
    Heap(Owned<PyStr>, Box<str>),
}

/// What a specialised instruction wants to know about a class (`_spec_cache`).
pub(crate) struct SpecCache {
    pub(crate) getitem: OptField<PyFunction>,
    pub(crate) getitem_version: Cell<u32>,
    pub(crate) init: OptField<PyFunction>,
}

/// A type object.
#[repr(C)]
pub(crate) struct PyType {
    ob: PyObject,
    flags: Cell<u64>,
    version: Cell<u32>,
    layout: Cell<&'static Layout>,
    dealloc: Cell<Dealloc>,
    pub(crate) slots: Slots,
    name: UnsafeCell<Name>,
    pub(crate) base: Cell<Option<Ref<PyType>>>,
    pub(crate) bases: OptField<PyTuple>,
    pub(crate) mro: OptField<PyTuple>,
    pub(crate) dict: OptField<PyDict>,
    /// Direct subclasses; a class takes itself out when it dies.
    pub(crate) subclasses: RefCell<Vec<Ref<PyType>>>,
    pub(crate) qualname: OptField<PyStr>,
    pub(crate) basicsize: Cell<usize>,
    pub(crate) itemsize: Cell<usize>,
    /// Bytes from the object to its `__dict__` pointer, 0 for none, negative as in CPython for a managed one.
    pub(crate) dictoffset: Cell<isize>,
    pub(crate) weaklistoffset: Cell<isize>,
    /// Keys that the instances share (`ht_cached_keys`).
    pub(crate) cached_keys: Cell<Option<Keys>>,
    pub(crate) spec_cache: SpecCache,
    /// Methods and attributes that fill the dict when the type is made ready.
    pub(crate) methods: &'static [MethodDef],
    pub(crate) getset: &'static [GetSetDef],
    pub(crate) doc: Option<&'static str>,
}

// SAFETY: static types are touched only by the thread that holds the interpreter guard.
unsafe impl Sync for PyType {}

static TYPE_LAYOUT: Layout = Layout::fixed::<PyType>("PyType", Some(&layout::OBJECT)).traversed::<PyType>();

impl Traverse for PyType {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.bases.visit(visit);
        self.mro.visit(visit);
        self.dict.visit(visit);
        self.qualname.visit(visit);
        self.spec_cache.getitem.visit(visit);
        self.spec_cache.init.visit(visit);
        // SAFETY: nobody replaces the name meanwhile.
        if let Name::Heap(name, _) = unsafe { &*self.name.get() } {
            visit(name.borrow().upcast());
        }
    }

    fn clear(&self) {
        // What is remembered by the versions of this class and of those below it is no longer true.
        crate::runtime::types::modified(Ref::from_ptr(NonNull::from_ref(self)));
        self.spec_cache.getitem.set(None);
        self.spec_cache.init.set(None);
        if let Some(dict) = self.dict.get().map(Ref::to_owned) {
            dict.clear();
        }
        self.mro.set(Some(PyTuple::empty().to_owned()));
    }
}

// SAFETY: header first; fields that change are in cells.
unsafe impl Object for PyType {
    const LAYOUT: &'static Layout = &TYPE_LAYOUT;
}

/// What a static type is made from.
pub(crate) struct TypeSpec {
    pub(crate) name: &'static str,
    pub(crate) flags: u64,
    pub(crate) base: Option<&'static PyType>,
    pub(crate) slots: Slots,
    pub(crate) methods: &'static [MethodDef],
    pub(crate) getset: &'static [GetSetDef],
    pub(crate) doc: Option<&'static str>,
    /// `tp_itemsize`, for types whose instances differ in size in C: classes that extend them have no slots.
    pub(crate) itemsize: usize,
}

impl TypeSpec {
    /// A type without anything of its own.
    #[allow(clippy::declare_interior_mutable_const)]
    pub(crate) const EMPTY: TypeSpec = TypeSpec {
        name: "",
        flags: flags::BASETYPE,
        base: None,
        slots: Slots::NONE,
        methods: &[],
        getset: &[],
        doc: None,
        itemsize: 0,
    };
}

/// The header of static types.
#[allow(clippy::declare_interior_mutable_const)]
const STATIC_HEADER: PyObject = PyObject::immortal(Ref::from_static(&crate::runtime::types::TYPE), 0);

impl PyType {
    const fn build(ob: PyObject, spec: TypeSpec, layout: &'static Layout, dealloc: Dealloc) -> PyType {
        let TypeSpec { name, flags, base, slots, methods, getset, doc, itemsize } = spec;
        PyType {
            ob,
            flags: Cell::new(flags | flags::IMMUTABLETYPE),
            version: Cell::new(0),
            layout: Cell::new(layout),
            dealloc: Cell::new(dealloc),
            slots,
            name: UnsafeCell::new(Name::Static(name)),
            base: Cell::new(match base {
                Some(base) => Some(Ref::from_static(base)),
                None => None,
            }),
            bases: OptField::empty(),
            mro: OptField::empty(),
            dict: OptField::empty(),
            subclasses: RefCell::new(Vec::new()),
            qualname: OptField::empty(),
            basicsize: Cell::new(layout.size),
            itemsize: Cell::new(itemsize),
            dictoffset: Cell::new(0),
            weaklistoffset: Cell::new(0),
            cached_keys: Cell::new(None),
            spec_cache: SpecCache {
                getitem: OptField::empty(),
                getitem_version: Cell::new(0),
                init: OptField::empty(),
            },
            methods,
            getset,
            doc,
        }
    }

    /// A class that extends `base`, with room for slots behind the base's struct. Its dict, bases and MRO are still to
    /// be set.
    pub(crate) fn new_class(
        metatype: Ref<PyType>,
        name: Owned<PyStr>,
        base: Ref<PyType>,
        slots: usize,
    ) -> Owned<PyType> {
        let spec = TypeSpec { base: None, ..TypeSpec::EMPTY };
        let layout = base.layout().of_classes();
        let class = PyType::build(PyObject::new(metatype), spec, layout, super::instance::dealloc);
        class.flags.set(flags::HEAPTYPE);
        class.base.set(Some(base));
        class.basicsize.set(base.basicsize.get().max(layout.size) + slots * size_of::<usize>());
        class.itemsize.set(base.itemsize.get());
        let class = super::instance::make_of(metatype, class);
        class.set_name(name);
        class
    }

    /// A static type whose instances hold other objects.
    pub(crate) const fn container<T: Object>(spec: TypeSpec) -> PyType {
        PyType::build(STATIC_HEADER, spec, T::LAYOUT, layout::dealloc_container)
    }

    /// A static type whose instances hold no other objects and have a fixed size.
    pub(crate) const fn plain<T: Object>(spec: TypeSpec) -> PyType {
        PyType::build(STATIC_HEADER, spec, T::LAYOUT, PyType::leaf::<T>())
    }

    /// A static type with a dealloc function of its own.
    pub(super) const fn with_dealloc<T: Object>(spec: TypeSpec, dealloc: Dealloc) -> PyType {
        PyType::build(STATIC_HEADER, spec, T::LAYOUT, dealloc)
    }

    /// A static type whose instances are laid out as str.
    pub(crate) const fn string<T: Object>(spec: TypeSpec) -> PyType {
        PyType::build(STATIC_HEADER, spec, T::LAYOUT, super::str::dealloc)
    }

    #[inline(always)]
    pub(crate) fn flags(&self) -> u64 {
        self.flags.get()
    }

    pub(crate) fn set_flags(&self, flags: u64) {
        self.flags.set(flags);
    }

    /// `PyType_HasFeature`.
    #[inline(always)]
    pub(crate) fn has_feature(&self, flag: u64) -> bool {
        self.flags.get() & flag != 0
    }

    /// The version tag, 0 when none is assigned (`tp_version_tag`).
    #[inline(always)]
    pub(crate) fn version(&self) -> u32 {
        self.version.get()
    }

    pub(crate) fn set_version(&self, version: u32) {
        self.version.set(version);
    }

    #[inline(always)]
    pub(crate) fn layout(&self) -> &'static Layout {
        self.layout.get()
    }

    #[inline(always)]
    pub(super) fn dealloc(&self) -> Dealloc {
        self.dealloc.get()
    }

    /// The name, with its module for built-in types outside `builtins` (`tp_name`). Not to be held across code that can
    /// rename the class.
    pub(crate) fn name(&self) -> &str {
        // SAFETY: the name is only replaced by `set_name`, which no caller reaches while it holds the text.
        match unsafe { &*self.name.get() } {
            Name::Static(name) => name,
            Name::Heap(_, text) => text,
        }
    }

    pub(crate) fn set_name(&self, name: Owned<PyStr>) {
        // SAFETY: no reference to the name is live, see `name`.
        let text = name.borrow().to_string_lossy().into_boxed_str();
        let old = unsafe { std::mem::replace(&mut *self.name.get(), Name::Heap(name, text)) };
        drop(old);
    }
}

impl Drop for PyType {
    /// A class takes itself out of its bases, which may live on.
    fn drop(&mut self) {
        let own: Ref<PyType> = Ref::from_ptr(NonNull::from_ref(self));
        for base in self.bases.get().into_iter().flat_map(|bases| bases.iter()) {
            base.cast::<PyType>().subclasses.borrow_mut().retain(|subclass| !subclass.is(own));
        }
        if let Some(keys) = self.cached_keys.take() {
            // SAFETY: the class held its instances' shared keys.
            unsafe { keys.release() };
        }
    }
}

impl Ref<PyType> {
    /// The types that attribute lookup walks, this one first.
    pub(crate) fn mro_tuple(self) -> Ref<PyTuple> {
        self.mro.get().expect("the type is ready")
    }

    /// `PyType_IsSubtype`, by the MRO (by the bases before the type is ready).
    pub(crate) fn is_subtype(self, other: Ref<PyType>) -> bool {
        if self.is(other) {
            return true;
        }
        match self.mro.get() {
            Some(mro) => mro.iter().any(|ty| ty.is(other)),
            None => std::iter::successors(self.base.get(), |ty| ty.base.get()).any(|ty| ty.is(other)),
        }
    }
}
