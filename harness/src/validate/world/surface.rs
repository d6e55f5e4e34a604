// The recording world, Rust side: what bodies see of the runtime where the rules alone cannot say it, over world.rs.

use crate::world::*;
use std::marker::PhantomData;

pub(crate) use crate::exit::{Exit, Raised};
pub use crate::fields::*;

pub trait Object {}
pub struct PyObject;

/// A borrowed object; 0 stands for C's NULL.
pub struct Ref<T = PyObject>(pub i64, pub PhantomData<T>);
impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ref<T> {}
impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Ref<T>) -> bool {
        self.0 == other.0
    }
}
impl<T> Ref<T> {
    pub const fn new(id: i64) -> Ref<T> {
        Ref(id, PhantomData)
    }
    pub fn id(self) -> i64 {
        self.0
    }
    /// The object whose fields are used: not NULL.
    pub fn at(self) -> i64 {
        if self.0 == 0 {
            undefined()
        }
        self.0
    }
    pub fn upcast(self) -> Ref {
        Ref::new(self.0)
    }
    pub fn cast<U>(self) -> Ref<U> {
        Ref::new(self.0)
    }
    pub fn is<U>(self, other: Ref<U>) -> bool {
        self.0 == other.0
    }
    pub fn ty(self) -> Ref<PyType> {
        let id = self.at();
        Ref::new(with(|w| w.get("ob_type", id, ob_type)))
    }
    pub fn is_exact(self, ty: Ref<PyType>) -> bool {
        self.ty().is(ty)
    }
    pub fn to_owned(self) -> Owned<T> {
        let id = self.at();
        with(|w| w.take(id));
        Owned(id, PhantomData)
    }
    pub fn release(self) {
        let id = self.at();
        with(|w| w.release(id));
    }
}
pub fn ob_type(w: &mut World, _: i64) -> i64 {
    let r = w.draw();
    let v = r >> 8;
    let globals = w.body.globals;
    if !globals.is_empty() && r % 3 != 0 {
        globals[(v % globals.len() as u64) as usize]
    } else {
        1 + (v % GENERAL as u64) as i64
    }
}
pub fn memory(w: &mut World, _: i64) -> i64 {
    if w.null() { 0 } else { w.object_id() }
}
pub fn item(w: &mut World, _: i64) -> i64 {
    w.object_id()
}
pub fn flag(w: &mut World, _: i64) -> i64 {
    (w.draw() % 2) as i64
}
pub fn option<T>(id: i64) -> Option<Ref<T>> {
    (id != 0).then(|| Ref::new(id))
}

/// A count of an object.
pub struct Owned<T = PyObject>(pub i64, pub PhantomData<T>);
impl<T> Owned<T> {
    pub fn of(id: i64) -> Owned<T> {
        Owned(id, PhantomData)
    }
    /// The count goes elsewhere: nothing is released.
    pub fn into_id(self) -> i64 {
        let id = self.0;
        std::mem::forget(self);
        id
    }
    /// A helper takes the count.
    pub fn steal(self) -> i64 {
        let id = self.into_id();
        with(|w| w.refs[id as usize] -= 1);
        id
    }
    pub fn borrow(&self) -> Ref<T> {
        Ref::new(self.0)
    }
    pub fn upcast(self) -> Owned {
        Owned::of(self.into_id())
    }
    pub fn cast<U>(self) -> Owned<U> {
        Owned::of(self.into_id())
    }
    pub fn ty(&self) -> Ref<PyType> {
        self.borrow().ty()
    }
}
impl<T> std::ops::Deref for Owned<T> {
    type Target = Ref<T>;
    fn deref(&self) -> &Ref<T> {
        Box::leak(Box::new(Ref::new(self.0)))
    }
}
impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        with(|w| w.release(self.0));
    }
}
pub fn steal_option<T>(owned: Option<Owned<T>>) -> i64 {
    owned.map_or(0, Owned::steal)
}
pub fn store_option<T>(owned: Option<Owned<T>>) -> i64 {
    owned.map_or(0, Owned::into_id)
}

pub trait Known {
    type Value;
    fn known(self) -> Self::Value;
}
impl<T> Known for Option<T> {
    type Value = T;
    fn known(self) -> T {
        self.unwrap_or_else(|| undefined())
    }
}
impl<T, E> Known for Result<T, E> {
    type Value = T;
    fn known(self) -> T {
        self.unwrap_or_else(|_| undefined())
    }
}

/// A stack reference.
pub struct StackRef(pub Word);
impl Drop for StackRef {
    fn drop(&mut self) {
        if self.0.tag == TAG_OWNED {
            with(|w| w.release(self.0.id));
        }
    }
}
const fn single(id: i64) -> StackRef {
    StackRef(Word { id, tag: TAG_BORROWED })
}
impl StackRef {
    pub const NULL: StackRef = StackRef(EMPTY);
    pub const TRUE: StackRef = single(TRUE_ID);
    pub const FALSE: StackRef = single(FALSE_ID);
    pub const NONE: StackRef = single(NONE_ID);

    fn of(id: i64, tag: u8) -> StackRef {
        StackRef(if id == 0 { EMPTY } else { Word { id, tag } })
    }
    pub fn into_word(self) -> Word {
        let word = self.0;
        std::mem::forget(self);
        word
    }
    pub fn steal(self) -> Word {
        let word = self.into_word();
        if word.tag == TAG_OWNED {
            with(|w| w.refs[word.id as usize] -= 1);
        }
        word
    }
    pub fn leave(self) {
        std::mem::forget(self);
    }
    pub fn as_object(&self) -> Ref {
        Ref::new(self.0.id)
    }
    pub fn as_option(&self) -> Option<Ref> {
        option(self.0.id)
    }
    pub fn into_owned(self) -> Owned {
        let word = self.into_word();
        match word.tag {
            TAG_OWNED => {}
            TAG_BORROWED => with(|w| w.take(word.id)),
            _ => undefined(),
        }
        Owned::of(word.id)
    }
    pub fn to_owned(&self) -> Owned {
        self.as_object().to_owned()
    }
    pub fn ty(&self) -> Ref<PyType> {
        self.as_object().ty()
    }
    pub fn from_owned(object: Owned) -> StackRef {
        StackRef::of(object.into_id(), TAG_OWNED)
    }
    pub fn from_owned_mortal(object: Owned) -> StackRef {
        StackRef::from_owned(object)
    }
    pub fn from_new(object: Ref) -> StackRef {
        with(|w| w.take(object.0));
        StackRef::of(object.0, TAG_OWNED)
    }
    pub fn from_new_mortal(object: Ref) -> StackRef {
        StackRef::from_new(object)
    }
    pub fn from_borrowed(object: Ref) -> StackRef {
        StackRef::of(object.0, TAG_BORROWED)
    }
    pub fn from_immortal(object: Ref) -> StackRef {
        StackRef::from_borrowed(object)
    }
    pub fn dup(&self) -> StackRef {
        if self.0.tag == TAG_OWNED {
            with(|w| w.take(self.0.id));
        }
        StackRef(self.0)
    }
    pub fn borrow_ref(&self) -> StackRef {
        let tag = if self.0.tag == TAG_OWNED { TAG_BORROWED } else { self.0.tag };
        StackRef(Word { tag, ..self.0 })
    }
    pub fn make_heap_safe(self) -> StackRef {
        let word = self.into_word();
        if word.tag != TAG_BORROWED {
            return StackRef(word);
        }
        with(|w| w.take(word.id));
        StackRef(Word { tag: TAG_OWNED, ..word })
    }
    pub fn is_heap_safe(&self) -> bool {
        self.0.tag != TAG_BORROWED
    }
    pub fn is_null(&self) -> bool {
        self.0.tag == TAG_NULL
    }
    pub fn is_none(&self) -> bool {
        self.0 == StackRef::NONE.into_word()
    }
    pub fn is_true(&self) -> bool {
        self.0 == StackRef::TRUE.into_word()
    }
    pub fn is_false(&self) -> bool {
        self.0 == StackRef::FALSE.into_word()
    }
    pub fn is_bool(&self) -> bool {
        self.is_true() || self.is_false()
    }
    pub fn tag_int(n: isize) -> StackRef {
        StackRef(Word { id: n as i64, tag: TAG_INT })
    }
    pub fn untag_int(&self) -> isize {
        self.0.id as isize
    }
    pub fn is_tagged_int(&self) -> bool {
        self.0.tag == TAG_INT
    }
}

/// A run of slots, by the first one's place.
#[derive(Clone, Copy, PartialEq)]
pub struct SlotPtr(pub i64);
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct StackPtr(pub i64);

fn slot_at(at: i64) -> Word {
    if at < 0 {
        undefined()
    }
    with(|w| w.slots[at as usize])
}
fn look(at: i64) -> &'static StackRef {
    Box::leak(Box::new(StackRef(slot_at(at))))
}
fn put(at: i64, value: StackRef) {
    let word = value.into_word();
    if at < 0 {
        undefined()
    }
    with(|w| w.slots[at as usize] = word);
}
impl SlotPtr {
    pub fn get(self, index: isize) -> &'static StackRef {
        look(self.0 + index as i64)
    }
    pub fn read(&self, index: isize) -> StackRef {
        StackRef(slot_at(self.0 + index as i64))
    }
    pub fn put(&self, index: isize, value: StackRef) {
        put(self.0 + index as i64, value);
    }
    pub fn add(self, count: isize) -> SlotPtr {
        SlotPtr(self.0 + count as i64)
    }
    pub fn sub(self, count: isize) -> SlotPtr {
        SlotPtr(self.0 - count as i64)
    }
    pub fn close(self, count: isize) {
        for index in (0..count).rev() {
            drop(self.read(index));
        }
    }
    pub fn objects(self, count: usize) -> Args {
        Args::from_ids((0..count as isize).map(|i| self.get(i).0.id).collect(), self.get(-1).0.id)
    }
}
impl StackPtr {
    pub fn peek(self, offset: isize) -> &'static StackRef {
        look(self.0 + offset as i64)
    }
    pub fn read(&self, offset: isize) -> StackRef {
        StackRef(slot_at(self.0 + offset as i64))
    }
    pub fn write(&self, offset: isize, value: StackRef) {
        put(self.0 + offset as i64, value);
    }
    pub fn slots(self, offset: isize) -> SlotPtr {
        SlotPtr(self.0 + offset as i64)
    }
    pub fn offset(self, count: isize) -> StackPtr {
        StackPtr(self.0 + count as i64)
    }
    pub fn shrink(&mut self, count: usize) {
        self.0 -= count as i64;
    }
}

#[derive(Clone, Copy, PartialEq)]
pub struct InstrPtr(pub i64);
impl InstrPtr {
    fn unit(self) -> u16 {
        with(|w| w.code[self.0 as usize])
    }
    fn at(self, offset: i64) -> InstrPtr {
        InstrPtr(self.0 + offset)
    }
    pub fn opcode(self) -> u8 {
        self.unit() as u8
    }
    pub fn arg(self) -> u8 {
        (self.unit() >> 8) as u8
    }
    pub fn set_opcode(self, opcode: u8) {
        with(|w| w.code[self.0 as usize] = w.code[self.0 as usize] & 0xff00 | u16::from(opcode));
    }
    pub fn add(self, units: isize) -> InstrPtr {
        self.at(units as i64)
    }
    pub fn sub(self, units: isize) -> InstrPtr {
        self.at(-(units as i64))
    }
    pub fn offset_from(self, other: InstrPtr) -> isize {
        (self.0 - other.0) as isize
    }
}
#[derive(Clone, Copy)]
pub struct BinaryOpCache(InstrPtr);
impl BinaryOpCache {
    pub fn at(at: InstrPtr) -> BinaryOpCache {
        BinaryOpCache(at)
    }
    pub fn counter(self) -> InstrPtr {
        self.0
    }
}

#[derive(Clone, Copy, PartialEq)]
pub struct Frame(pub i64);
impl Frame {
    pub fn at(self) -> i64 {
        if self.0 < 0 {
            undefined()
        }
        self.0
    }
    pub fn locals_plus(self) -> SlotPtr {
        SlotPtr(self.at() * SLOTS)
    }
    pub fn stack_base(self) -> StackPtr {
        StackPtr(self.at() * SLOTS + STACK_AT)
    }
    pub fn stack_pointer(self) -> StackPtr {
        let at = self.at();
        StackPtr(with(|w| w.frame_top(at)))
    }
    pub fn set_stack_pointer(self, top: StackPtr) {
        let at = self.at();
        with(|w| w.set("stackpointer", at, top.0, stackpointer));
    }
    pub fn push(self, value: StackRef) {
        let top = self.stack_pointer();
        top.write(0, value);
        self.set_stack_pointer(top.offset(1));
    }
    pub fn pop(self) -> StackRef {
        let top = self.stack_pointer().offset(-1);
        self.set_stack_pointer(top);
        top.read(0)
    }
    pub fn function_slot(&self) -> &'static StackRef {
        let at = self.at();
        let id = with(|w| w.get("f_funcobj", at, item));
        Box::leak(Box::new(StackRef(Word { id, tag: TAG_OWNED })))
    }
    pub fn names(self) -> Ref<PyTuple> {
        Ref::new(with(|w| w.pure("Frame.names").f(self.0).object_id()))
    }
    pub fn consts(self) -> Ref<PyTuple> {
        Ref::new(with(|w| w.pure("Frame.consts").f(self.0).object_id()))
    }
}
pub fn stackpointer(w: &mut World, frame: i64) -> i64 {
    frame * SLOTS + STACK_AT + (w.draw() % 4) as i64
}

pub struct Thread;
impl Thread {
    pub fn set_current_frame(&self, frame: impl Into<Option<Frame>>) {
        let id = frame.into().map_or(-1, |f| f.0);
        with(|w| w.set("current_frame", 0, id, frame_or_none));
    }
    pub fn eval_breaker(&self) -> EvalBreaker {
        EvalBreaker
    }
    pub fn common_consts(&self) -> CommonConstants {
        CommonConstants
    }
    pub fn set_result(&self, result: Owned) {
        let id = result.into_id();
        with(|w| w.result = Some(id));
    }
}
#[derive(Clone, Copy)]
pub struct EvalBreaker;
impl EvalBreaker {
    pub fn load(self) -> usize {
        with(|w| w.get("eval_breaker", 0, |w, _| w.number(false))) as usize
    }
}

/// Arguments of a call.
#[derive(Clone, Copy)]
pub struct Args {
    ids: &'static [i64],
    skipped: usize,
}
impl Args {
    /// With one object before the first, as C's arrays have.
    fn from_ids(mut ids: Vec<i64>, before: i64) -> Args {
        ids.insert(0, before);
        Args { ids: ids.leak(), skipped: 1 }
    }
    pub fn of(objects: &[Ref]) -> Args {
        Args::from_ids(objects.iter().map(|o| o.0).collect(), 0)
    }
    pub fn of_optional(objects: &[Option<Ref>]) -> Args {
        Args::from_ids(objects.iter().map(|o| o.map_or(0, |o| o.0)).collect(), 0)
    }
    pub fn skip(self, count: usize) -> Args {
        Args { skipped: self.skipped + count, ..self }
    }
    pub fn back(self, count: usize) -> Args {
        Args { skipped: self.skipped - count, ..self }
    }
    pub fn ids(self) -> &'static [i64] {
        &self.ids[self.skipped.min(self.ids.len())..]
    }
}

/// An argument of a message.
pub enum Arg {
    Object(i64),
    Text(&'static str),
    Number(i64),
}
impl<T> From<Ref<T>> for Arg {
    fn from(object: Ref<T>) -> Arg {
        Arg::Object(object.0)
    }
}
impl From<&'static str> for Arg {
    fn from(text: &'static str) -> Arg {
        Arg::Text(text)
    }
}
impl From<i32> for Arg {
    fn from(number: i32) -> Arg {
        Arg::Number(number.into())
    }
}
impl World {
    pub fn rest(&mut self, rest: &[Arg]) -> &mut World {
        for argument in rest {
            match argument {
                Arg::Object(id) => self.o(*id),
                Arg::Text(text) => self.s(text),
                Arg::Number(n) => self.n(*n),
            };
        }
        self
    }
}

// The memory of objects: slots at an offset, items, entries, inline values.
#[derive(Clone, Copy)]
pub struct Memory(i64, i64);
impl Memory {
    pub fn of(object: Ref) -> Memory {
        Memory(object.0, 0)
    }
    pub fn offset(self, bytes: isize) -> Memory {
        Memory(self.0, self.1 + bytes as i64)
    }
    pub fn object_slot(self) -> ObjectSlot {
        ObjectSlot(self.0, self.1 / 8)
    }
}
#[derive(Clone, Copy)]
pub struct ObjectSlot(i64, i64);
impl ObjectSlot {
    pub fn get(self) -> Option<Ref> {
        if self.0 == 0 {
            undefined()
        }
        option(with(|w| w.get("memory", self.0 * 1000 + self.1, memory)))
    }
    pub fn set(self, value: Option<Owned>) {
        let id = store_option(value);
        with(|w| w.set("memory", self.0 * 1000 + self.1, id, memory));
    }
    pub fn offset_from(self, other: ObjectSlot) -> isize {
        (self.1 - other.1) as isize
    }
}
#[derive(Clone, Copy)]
pub struct InlineValues(pub i64);
impl InlineValues {
    pub fn is_valid(self) -> bool {
        let id = Ref::<PyObject>::new(self.0).at();
        with(|w| w.get("valid", id, flag)) != 0
    }
    pub fn first(self) -> ObjectSlot {
        ObjectSlot(self.0, 0)
    }
}
fn item_of(kind: &'static str, object: i64, index: usize) -> Ref {
    if object == 0 {
        undefined()
    }
    Ref::new(with(|w| w.get(kind, object * 1000 + (index as u64 % ITEMS as u64) as i64, item)))
}
impl Ref<PyList> {
    pub fn item(self, index: usize) -> Ref {
        item_of("list_items", self.0, index)
    }
}
impl Ref<PyTuple> {
    pub fn item(self, index: usize) -> Ref {
        item_of("tuple_items", self.0, index)
    }
}
#[derive(Clone, Copy)]
pub struct ListItems(Ref<PyList>);
impl ListItems {
    pub fn of(list: Ref<PyList>) -> ListItems {
        ListItems(list)
    }
    pub fn get(self, index: isize) -> Ref {
        self.0.item(index as usize)
    }
    pub fn store(self, index: isize, value: Owned) {
        let (list, id) = (self.0.at(), value.into_id());
        with(|w| w.set("list_items", list * 1000 + index as i64, id, item));
    }
}
#[derive(Clone, Copy)]
pub struct TupleItems(Ref<PyTuple>);
impl TupleItems {
    pub fn of(tuple: Ref<PyTuple>) -> TupleItems {
        TupleItems(tuple)
    }
    pub fn get(self, index: isize) -> Ref {
        self.0.item(index as usize)
    }
}
#[derive(Clone, Copy)]
pub struct Entries(i64);
impl Entries {
    pub fn of(keys: Keys) -> Entries {
        Entries(keys.at())
    }
    pub fn get(self, index: isize) -> Entry {
        Entry(self.0 * 1000 + index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct Entry(i64);
impl Entry {
    pub fn key(self) -> Option<Ref<PyStr>> {
        option(with(|w| w.get("me_key", self.0, memory)))
    }
    pub fn value(self) -> Option<Ref> {
        option(with(|w| w.get("me_value", self.0, memory)))
    }
    pub fn store_value(self, value: Option<Owned>) {
        let id = store_option(value);
        with(|w| w.set("me_value", self.0, id, memory));
    }
}
impl Ref<PyGenerator> {
    pub fn frame(self) -> Frame {
        Frame(6 + self.at() % 8)
    }
    pub fn exc_state(self) -> ExcInfo {
        ExcInfo(1 + self.at() % 8)
    }
}

// Tables.
macro_rules! table {
    ($name:ident, $text:literal, $result:ty, |$w:ident| $value:expr) => {
        #[derive(Clone, Copy)]
        pub struct $name;
        impl $name {
            pub fn get(self, index: isize) -> $result {
                let $w = with(|w| w.entry($text, index as i64));
                $value
            }
        }
    };
}
table!(CommonConstants, "common_consts", Ref, |draw| Ref::new(1 + (draw % GENERAL as u64) as i64));
table!(AttributeOffsets, "attribute_offsets", usize, |draw| 8 * (draw % 4) as usize);
#[derive(Clone, Copy)]
pub struct SmallInts;
impl SmallInts {
    pub fn get(self, index: isize) -> Ref<PyInt> {
        Ref::new(SMALL_INTS_AT + index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct StrSingletons;
impl StrSingletons {
    pub fn ascii(self) -> AsciiStrings {
        AsciiStrings
    }
}
#[derive(Clone, Copy)]
pub struct AsciiStrings;
impl AsciiStrings {
    pub fn size(self) -> usize {
        128
    }
    pub fn get(self, index: isize) -> Ref<PyStr> {
        Ref::new(ASCII_AT + index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct OpcodeTable(pub &'static str);
impl OpcodeTable {
    pub fn get(self, index: isize) -> u8 {
        with(|w| w.entry(self.0, index as i64) % 3) as u8
    }
}
#[derive(Clone, Copy)]
pub struct SpecialMethods;
impl SpecialMethods {
    pub fn get(self, index: isize) -> SpecialMethod {
        SpecialMethod(index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct SpecialMethod(i64);
impl SpecialMethod {
    pub fn name(self) -> Ref<PyStr> {
        Ref::new(1 + with(|w| w.entry("special.name", self.0) % GENERAL as u64) as i64)
    }
    pub fn error(self) -> &'static str {
        "special error"
    }
    pub fn error_suggestion(self) -> &'static str {
        "special error with suggestion"
    }
}
#[derive(Clone, Copy)]
pub struct Conversions;
impl Conversions {
    pub fn get(self, index: isize) -> Conversion {
        Conversion(with(|w| w.entry("conversions", index as i64) % 3) as i64)
    }
}
impl BinaryOpExtend {
    pub fn from_object(object: Ref) -> BinaryOpExtend {
        BinaryOpExtend(object.0)
    }
}
impl LineData {
    pub fn get(self, index: isize) -> u8 {
        with(|w| w.entry("line_data", index as i64) % 8) as u8
    }
}

/// The unary functions of conversions and of type slots are called in one way.
pub trait UnaryFunction {
    const NAME: &'static str;
    fn handle(self) -> i64;
}
impl UnaryFunction for Unary {
    const NAME: &'static str = "call::unary";
    fn handle(self) -> i64 {
        self.0
    }
}
impl UnaryFunction for Conversion {
    const NAME: &'static str = "call::conversion";
    fn handle(self) -> i64 {
        self.0
    }
}

/// Two numbers of one type, compared as the bits of COMPARE_OP's oparg.
pub trait Number {
    fn double(self) -> f64;
}
impl Number for f64 {
    fn double(self) -> f64 {
        self
    }
}
impl Number for isize {
    fn double(self) -> f64 {
        self as f64
    }
}
pub fn compare_bit(a: impl Number, b: impl Number) -> i32 {
    let (a, b) = (a.double(), b.double());
    if a < b {
        2
    } else if a > b {
        4
    } else if a == b {
        8
    } else {
        1
    }
}
impl BinaryOpExtend {
    /// Which of the recorded functions this one's guard and action are.
    pub fn pool(self) -> i64 {
        let id = Ref::<PyObject>::new(self.0).at();
        with(|w| {
            w.start("BinaryOpExtend.pool");
            w.mix(id);
            (w.draw() % 3) as i64
        })
    }
}
impl World {
    pub fn result_number(&mut self, n: i64) {
        self.say(n);
    }
    pub fn move_instr(&mut self, frame: i64) {
        if self.null() {
            let at = THIS_INSTR + (self.draw() % 16) as i64;
            self.set("instr_ptr", frame, at, |w, _| THIS_INSTR - 4 + (w.draw() % 16) as i64);
        }
    }
}

// Inline caches: cells by where they are, behind the instruction.
pub mod caches {
    pub struct BodyOpcodeCache;
}
pub struct ObjectAddress;
pub trait CacheValue {
    type Value;
    fn read(instr: InstrPtr, at: isize) -> Self::Value;
}
impl CacheValue for u16 {
    type Value = u16;
    fn read(instr: InstrPtr, at: isize) -> u16 {
        instr.add(at).unit()
    }
}
impl CacheValue for u32 {
    type Value = u32;
    fn read(instr: InstrPtr, at: isize) -> u32 {
        u32::from(u16::read(instr, at)) | u32::from(u16::read(instr, at + 1)) << 16
    }
}
impl CacheValue for ObjectAddress {
    type Value = Ref;
    fn read(instr: InstrPtr, at: isize) -> Ref {
        Ref::new(i64::from(u16::read(instr, at)))
    }
}
pub struct Field<L, T>(isize, PhantomData<(L, T)>);
impl<L, T: CacheValue> Field<L, T> {
    pub fn at<const AT: usize>() -> Field<L, T> {
        Field(AT as isize + 1, PhantomData)
    }
}
pub struct Cache<L>(InstrPtr, PhantomData<L>);
impl<L> Cache<L> {
    pub fn get<T: CacheValue>(&self, field: Field<L, T>) -> T::Value {
        T::read(self.0, field.0)
    }
}
impl InstrPtr {
    pub fn cache<L>(self) -> Cache<L> {
        Cache(self, PhantomData)
    }
}
