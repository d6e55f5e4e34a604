// The recording world, Rust side: slots, code, frames, arguments, the memory of objects, tables.

use crate::surface::*;
use crate::world::*;
use std::marker::PhantomData;

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
    pub fn unit(self) -> u16 {
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

/// The probe of arms that nobody counts.
pub struct Deaf;

impl Deaf {
    pub fn complete(&self) {}
}
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
