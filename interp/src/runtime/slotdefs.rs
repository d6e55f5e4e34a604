//! Special methods and type slots: which name stands for which slot, how a slot is called as a method, and how a slot
//! of a class calls its methods (`slotdefs`, `update_one_slot` in `Objects/typeobject.c`).

use super::trampolines as tramp;
use super::{call, error, names, number, object, types, wrapper};
use crate::object::slots as kinds;
use crate::object::*;

/// A slot's function, with how it is called as a method.
#[derive(Clone, Copy)]
pub(crate) enum SlotFn {
    Unary(kinds::Unary),
    Binary(kinds::Binary),
    /// `__radd__` and its like.
    Swapped(kinds::Binary),
    Ternary(kinds::Ternary),
    SwappedTernary(kinds::Ternary),
    Inquiry(kinds::Inquiry),
    Length(kinds::Length),
    Hash(kinds::Hash),
    /// `sq_item` as `__getitem__`.
    Item(kinds::ItemAt),
    /// `sq_repeat` as `__mul__` and `__rmul__`.
    Repeat(kinds::ItemAt),
    SetItemAt(kinds::SetItemAt),
    DelItemAt(kinds::SetItemAt),
    SetItem(kinds::SetItem),
    DelItem(kinds::SetItem),
    SetAttr(kinds::SetItem),
    DelAttr(kinds::SetItem),
    Contains(kinds::Contains),
    Lt(kinds::RichCompare),
    Le(kinds::RichCompare),
    Eq(kinds::RichCompare),
    Ne(kinds::RichCompare),
    Gt(kinds::RichCompare),
    Ge(kinds::RichCompare),
    IterNext(kinds::IterNext),
    Call(kinds::Call),
    DescrGet(kinds::DescrGet),
    DescrSet(kinds::DescrSet),
    DescrDelete(kinds::DescrSet),
    Init(kinds::Init),
    Finalize(kinds::Finalize),
}

/// One special method.
pub(crate) struct SlotDef {
    pub(crate) name: fn() -> Ref<PyStr>,
    /// Rows of the same slot have the same group.
    pub(crate) group: &'static str,
    /// The type's function in the slot.
    pub(crate) read: fn(&Slots) -> Option<SlotFn>,
    /// Puts a function of this row's kind into the slot.
    pub(crate) write: fn(&Slots, SlotFn),
    /// Puts the function there that calls the class's methods.
    pub(crate) generic: fn(&Slots),
    pub(crate) clear: fn(&Slots),
}

impl SlotDef {
    pub(crate) fn name_text(&self) -> String {
        (self.name)().to_string_lossy()
    }
}

macro_rules! table {
    ($($name:ident $slot:ident $kind:ident $generic:expr;)*) => {
        /// Every special method; for names of two slots the first row wins, as in C.
        pub(crate) static TABLE: &[SlotDef] = &[$(SlotDef {
            name: names::$name,
            group: stringify!($slot),
            read: |slots| slots.$slot.get().map(SlotFn::$kind),
            write: |slots, function| {
                if let SlotFn::$kind(function) = function {
                    slots.$slot.set(Some(function));
                }
            },
            generic: |slots| slots.$slot.set(Some($generic)),
            clear: |slots| slots.$slot.set(None),
        },)*];
    };
}

table! {
    getattribute getattro Binary tramp::getattr_hook;
    getattr getattro Binary tramp::getattr_hook;
    setattr setattro SetAttr tramp::setattr;
    delattr setattro DelAttr tramp::setattr;
    repr repr Unary tramp::repr;
    hash hash Hash tramp::hash;
    call call Call tramp::call;
    str str Unary tramp::str;
    lt richcompare Lt tramp::richcompare;
    le richcompare Le tramp::richcompare;
    eq richcompare Eq tramp::richcompare;
    ne richcompare Ne tramp::richcompare;
    gt richcompare Gt tramp::richcompare;
    ge richcompare Ge tramp::richcompare;
    iter iter Unary tramp::iter;
    next iternext IterNext tramp::next;
    get descr_get DescrGet tramp::descr_get;
    set descr_set DescrSet tramp::descr_set;
    delete descr_set DescrDelete tramp::descr_set;
    init init Init tramp::init;
    del finalize Finalize tramp::finalize;
    await_ am_await Unary tramp::await_;
    aiter am_aiter Unary tramp::aiter;
    anext am_anext Unary tramp::anext;
    add nb_add Binary tramp::nb_add;
    radd nb_add Swapped tramp::nb_add;
    sub nb_subtract Binary tramp::nb_subtract;
    rsub nb_subtract Swapped tramp::nb_subtract;
    mul nb_multiply Binary tramp::nb_multiply;
    rmul nb_multiply Swapped tramp::nb_multiply;
    mod_ nb_remainder Binary tramp::nb_remainder;
    rmod nb_remainder Swapped tramp::nb_remainder;
    divmod nb_divmod Binary tramp::nb_divmod;
    rdivmod nb_divmod Swapped tramp::nb_divmod;
    pow nb_power Ternary tramp::nb_power;
    rpow nb_power SwappedTernary tramp::nb_power;
    neg nb_negative Unary tramp::neg;
    pos nb_positive Unary tramp::pos;
    abs nb_absolute Unary tramp::abs;
    bool_ nb_bool Inquiry tramp::bool_;
    invert nb_invert Unary tramp::invert;
    lshift nb_lshift Binary tramp::nb_lshift;
    rlshift nb_lshift Swapped tramp::nb_lshift;
    rshift nb_rshift Binary tramp::nb_rshift;
    rrshift nb_rshift Swapped tramp::nb_rshift;
    and nb_and Binary tramp::nb_and;
    rand nb_and Swapped tramp::nb_and;
    xor nb_xor Binary tramp::nb_xor;
    rxor nb_xor Swapped tramp::nb_xor;
    or nb_or Binary tramp::nb_or;
    ror nb_or Swapped tramp::nb_or;
    int nb_int Unary tramp::int;
    float nb_float Unary tramp::float;
    iadd nb_inplace_add Binary tramp::iadd;
    isub nb_inplace_subtract Binary tramp::isub;
    imul nb_inplace_multiply Binary tramp::imul;
    imod nb_inplace_remainder Binary tramp::imod;
    ipow nb_inplace_power Ternary tramp::ipow;
    ilshift nb_inplace_lshift Binary tramp::ilshift;
    irshift nb_inplace_rshift Binary tramp::irshift;
    iand nb_inplace_and Binary tramp::iand;
    ixor nb_inplace_xor Binary tramp::ixor;
    ior nb_inplace_or Binary tramp::ior;
    floordiv nb_floor_divide Binary tramp::nb_floor_divide;
    rfloordiv nb_floor_divide Swapped tramp::nb_floor_divide;
    truediv nb_true_divide Binary tramp::nb_true_divide;
    rtruediv nb_true_divide Swapped tramp::nb_true_divide;
    ifloordiv nb_inplace_floor_divide Binary tramp::ifloordiv;
    itruediv nb_inplace_true_divide Binary tramp::itruediv;
    index nb_index Unary tramp::index;
    matmul nb_matrix_multiply Binary tramp::nb_matrix_multiply;
    rmatmul nb_matrix_multiply Swapped tramp::nb_matrix_multiply;
    imatmul nb_inplace_matrix_multiply Binary tramp::imatmul;
    len mp_length Length tramp::len;
    getitem mp_subscript Binary tramp::getitem;
    setitem mp_ass_subscript SetItem tramp::setitem;
    delitem mp_ass_subscript DelItem tramp::setitem;
    len sq_length Length tramp::len;
    add sq_concat Binary tramp::absent_binary;
    mul sq_repeat Repeat tramp::absent_item;
    rmul sq_repeat Repeat tramp::absent_item;
    getitem sq_item Item tramp::getitem_at;
    setitem sq_ass_item SetItemAt tramp::setitem_at;
    delitem sq_ass_item DelItemAt tramp::setitem_at;
    contains sq_contains Contains tramp::contains;
    iadd sq_inplace_concat Binary tramp::absent_binary;
    imul sq_inplace_repeat Repeat tramp::absent_item;
}

impl SlotFn {
    /// Whether two are the same function.
    fn same(self, other: SlotFn) -> bool {
        self.address() == other.address()
    }

    fn address(self) -> usize {
        use SlotFn::*;
        match self {
            Unary(f) => f as usize,
            Binary(f) | Swapped(f) => f as usize,
            Ternary(f) | SwappedTernary(f) => f as usize,
            Inquiry(f) => f as usize,
            Length(f) => f as usize,
            Hash(f) => f as usize,
            Item(f) | Repeat(f) => f as usize,
            SetItemAt(f) | DelItemAt(f) => f as usize,
            SetItem(f) | DelItem(f) | SetAttr(f) | DelAttr(f) => f as usize,
            Contains(f) => f as usize,
            Lt(f) | Le(f) | Eq(f) | Ne(f) | Gt(f) | Ge(f) => f as usize,
            IterNext(f) => f as usize,
            Call(f) => f as usize,
            DescrGet(f) => f as usize,
            DescrSet(f) | DescrDelete(f) => f as usize,
            Init(f) => f as usize,
            Finalize(f) => f as usize,
        }
    }

    /// Calls the slot as a method (`wrap_*` in `typeobject.c`).
    pub(crate) fn call(
        self,
        thread: &Thread,
        def: &SlotDef,
        receiver: Ref,
        arguments: &[Ref],
        keywords: Option<Ref<PyTuple>>,
    ) -> Result {
        use SlotFn::*;
        match self {
            Call(f) => {
                let (args, kwargs) = call::collect(thread, arguments, keywords)?;
                return f(thread, receiver, args.borrow(), kwargs.as_ref().map(Owned::borrow));
            }
            Init(f) => {
                let (args, kwargs) = call::collect(thread, arguments, keywords)?;
                return done(f(thread, receiver, args.borrow(), kwargs.as_ref().map(Owned::borrow)));
            }
            _ => {}
        }
        if keywords.is_some_and(|names| !names.is_empty()) {
            let name = def.name_text();
            return Err(error::type_error(thread, format_args!("wrapper {name}() takes no keyword arguments")));
        }
        match self {
            Unary(f) => f(thread, receiver).and_then(|r| none_of(thread, arguments).map(|()| r)),
            Binary(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a)),
            Swapped(f) => one(thread, arguments).and_then(|a| f(thread, a, receiver)),
            Ternary(f) => {
                let (a, modulus) = one_or_two(thread, arguments)?;
                f(thread, receiver, a, modulus.unwrap_or(none_object()))
            }
            SwappedTernary(f) => {
                let (a, modulus) = one_or_two(thread, arguments)?;
                f(thread, a, receiver, modulus.unwrap_or(none_object()))
            }
            Inquiry(f) => none_of(thread, arguments).and_then(|()| Ok(object::new_bool(f(thread, receiver)?))),
            Length(f) => none_of(thread, arguments).and_then(|()| new_int(f(thread, receiver)?)),
            Hash(f) => none_of(thread, arguments).and_then(|()| new_int(f(thread, receiver)?)),
            Item(f) => {
                let index = item_index(thread, receiver, one(thread, arguments)?)?;
                f(thread, receiver, index)
            }
            Repeat(f) => {
                let count =
                    number::index_isize(thread, one(thread, arguments)?, Some(super::exceptions::overflow_error()))?;
                f(thread, receiver, count)
            }
            SetItemAt(f) => {
                let (key, value) = two(thread, arguments)?;
                done(f(thread, receiver, item_index(thread, receiver, key)?, Some(value)))
            }
            DelItemAt(f) => {
                let key = one(thread, arguments)?;
                done(f(thread, receiver, item_index(thread, receiver, key)?, None))
            }
            SetItem(f) => two(thread, arguments).and_then(|(key, value)| done(f(thread, receiver, key, Some(value)))),
            DelItem(f) => one(thread, arguments).and_then(|key| done(f(thread, receiver, key, None))),
            SetAttr(f) => {
                let (name, value) = two(thread, arguments)?;
                hackcheck(thread, receiver, f, "__setattr__")?;
                done(f(thread, receiver, name, Some(value)))
            }
            DelAttr(f) => {
                let name = one(thread, arguments)?;
                hackcheck(thread, receiver, f, "__delattr__")?;
                done(f(thread, receiver, name, None))
            }
            Contains(f) => one(thread, arguments).and_then(|a| Ok(object::new_bool(f(thread, receiver, a)?))),
            Lt(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Lt)),
            Le(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Le)),
            Eq(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Eq)),
            Ne(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Ne)),
            Gt(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Gt)),
            Ge(f) => one(thread, arguments).and_then(|a| f(thread, receiver, a, CompareOp::Ge)),
            IterNext(f) => none_of(thread, arguments).and_then(|()| match f(thread, receiver) {
                Some(next) => Ok(next),
                None if error::occurred(thread) => Err(crate::exit::Raised),
                None => Err(error::stop_iteration(thread, None)),
            }),
            DescrGet(f) => {
                let (instance, owner) = one_or_two(thread, arguments)?;
                let some = |value: Ref| (!object::is_none(value)).then_some(value);
                let (instance, owner) = (some(instance), owner.and_then(some));
                if instance.is_none() && owner.is_none() {
                    return Err(error::type_error(thread, "__get__(None, None) is invalid"));
                }
                f(thread, receiver, instance, owner)
            }
            DescrSet(f) => {
                two(thread, arguments).and_then(|(instance, value)| done(f(thread, receiver, instance, Some(value))))
            }
            DescrDelete(f) => one(thread, arguments).and_then(|instance| done(f(thread, receiver, instance, None))),
            Finalize(f) => none_of(thread, arguments).map(|()| {
                f(thread, receiver);
                object::new_none()
            }),
            Call(_) | Init(_) => unreachable!("handled above"),
        }
    }
}

fn done(result: Result<()>) -> Result {
    result.map(|()| object::new_none())
}

fn new_int(value: isize) -> Result {
    Ok(PyInt::from_i64(value as i64).upcast())
}

fn count_error(thread: &Thread, expected: usize, given: usize) -> crate::exit::Raised {
    let plural = if expected == 1 { "" } else { "s" };
    error::type_error(thread, format_args!("expected {expected} argument{plural}, got {given}"))
}

fn none_of(thread: &Thread, arguments: &[Ref]) -> Result<()> {
    if arguments.is_empty() { Ok(()) } else { Err(count_error(thread, 0, arguments.len())) }
}

fn one(thread: &Thread, arguments: &[Ref]) -> Result<Ref> {
    match arguments {
        [only] => Ok(*only),
        _ => Err(count_error(thread, 1, arguments.len())),
    }
}

fn two(thread: &Thread, arguments: &[Ref]) -> Result<(Ref, Ref)> {
    match arguments {
        [first, second] => Ok((*first, *second)),
        _ => Err(count_error(thread, 2, arguments.len())),
    }
}

fn one_or_two(thread: &Thread, arguments: &[Ref]) -> Result<(Ref, Option<Ref>)> {
    match arguments {
        [first] => Ok((*first, None)),
        [first, second] => Ok((*first, Some(*second))),
        [] => Err(error::type_error(thread, "expected at least 1 argument, got 0")),
        more => Err(error::type_error(thread, format_args!("expected at most 2 arguments, got {}", more.len()))),
    }
}

/// An index for a `sq_*` slot called as a method.
fn item_index(thread: &Thread, receiver: Ref, key: Ref) -> Result<isize> {
    let index = number::index_isize(thread, key, Some(super::exceptions::overflow_error()))?;
    match receiver.ty().slots.sq_length.get() {
        Some(length) if index < 0 => Ok(index + length(thread, receiver)?),
        _ => Ok(index),
    }
}

/// `hackcheck`: `object.__setattr__(cls, …)` may not go round a type's own `__setattr__`.
fn hackcheck(thread: &Thread, receiver: Ref, function: kinds::SetItem, what: &str) -> Result<()> {
    let Some(own) = receiver.downcast::<PyType>() else { return Ok(()) };
    let _ = own;
    let defining =
        receiver.ty().mro_tuple().iter().map(|ty| ty.cast::<PyType>()).find(|ty| !ty.has_feature(types::HEAPTYPE));
    match defining.and_then(|ty| ty.slots.setattro.get().map(|f| (ty, f))) {
        Some((ty, f)) if !std::ptr::fn_addr_eq(f, function) => {
            Err(error::type_error(thread, format_args!("can't apply this {what} to {} object", ty.name())))
        }
        _ => Ok(()),
    }
}

/// Puts wrappers of a static type's own slots into its dict (`add_operators`).
pub(crate) fn add_wrappers(ty: Ref<PyType>, dict: Ref<PyDict>) {
    for def in TABLE {
        if !(def.name)().eq_text("__getattr__")
            && let Some(function) = (def.read)(&ty.slots)
            && dict.get_str((def.name)()).is_none()
        {
            dict.set_str((def.name)(), PyWrapperDescr::new(ty, def, function).upcast());
        }
    }
}

/// Sets all slots of a class from the special methods along its MRO (`fixup_slot_dispatchers`).
pub(crate) fn fix_all(ty: Ref<PyType>) {
    let mut at = 0;
    while at < TABLE.len() {
        let group = TABLE[at].group;
        let rows = TABLE[at..].iter().take_while(|row| row.group == group).count();
        fix_group(ty, &TABLE[at..at + rows]);
        at += rows;
    }
    super::typeobject::fix_vectorcall(ty);
}

/// Sets the slots that a special method stands for, on a class and on those that extend it (`update_slot`).
pub(crate) fn update(ty: Ref<PyType>, name: Ref<PyStr>) {
    let groups: Vec<&str> = TABLE.iter().filter(|def| (def.name)().same_text(name)).map(|def| def.group).collect();
    if !groups.is_empty() {
        update_groups(ty, &groups, name);
    }
}

fn update_groups(ty: Ref<PyType>, groups: &[&str], name: Ref<PyStr>) {
    for group in groups {
        let first = TABLE.iter().position(|def| def.group == *group).unwrap_or(0);
        let rows = TABLE[first..].iter().take_while(|row| row.group == *group).count();
        fix_group(ty, &TABLE[first..first + rows]);
    }
    super::typeobject::fix_vectorcall(ty);
    let subclasses: Vec<Ref<PyType>> = ty.subclasses.borrow().clone();
    for subclass in subclasses {
        let overrides = subclass.dict.get().is_some_and(|dict| dict.get_str(name).is_some());
        if !overrides {
            update_groups(subclass, groups, name);
        }
    }
}

/// `update_one_slot`: a slot gets a built-in function if all its methods are wrappers of that one function, the generic
/// function if any is something else, nothing if there is none.
fn fix_group(ty: Ref<PyType>, rows: &'static [SlotDef]) {
    let mut specific: Option<(usize, SlotFn)> = None;
    let mut generic = None;
    for (row, def) in rows.iter().enumerate() {
        let Some(method) = types::lookup(ty, (def.name)()) else { continue };
        if let Some((owner, function)) = wrapper::function_for(method, def)
            && ty.is_subtype(owner)
            && specific.is_none_or(|(_, known)| known.same(function))
        {
            specific = Some((row, function));
        } else if (def.name)().is(names::hash()) && object::is_none(method) {
            ty.slots.hash.set(Some(object::no_hash));
            return;
        } else {
            generic = Some(row);
        }
    }
    // A class concatenates and repeats through its number slots: C has no generic function for these.
    let through_numbers =
        matches!(rows[0].group, "sq_concat" | "sq_repeat" | "sq_inplace_concat" | "sq_inplace_repeat");
    match (specific, generic) {
        (_, Some(_)) if through_numbers => (rows[0].clear)(&ty.slots),
        (_, Some(row)) => (rows[row].generic)(&ty.slots),
        (Some((row, function)), None) => (rows[row].write)(&ty.slots, function),
        (None, None) => (rows[0].clear)(&ty.slots),
    }
}
