//! An interpreter frame (`_PyInterpreterFrame`): ten words, then locals, cells and the evaluation stack.

use super::{InstrPtr, SlotPtr, StackPtr};
use crate::object::{Known, Object, OptField, Owned, PyCode, PyFrameObject, PyFunction, PyObject, Ref, StackRef};
use std::cell::Cell;
use std::ptr::NonNull;

/// Who frees a frame's memory, numbered as CPython's `FRAME_OWNED_BY_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Owner {
    Thread = 0,
    Generator = 1,
    FrameObject = 2,
    Interpreter = 3,
}

#[repr(C)]
pub(crate) struct FrameData {
    executable: StackRef,
    previous: Cell<Option<Frame>>,
    function: StackRef,
    globals: Cell<Option<Ref>>,
    builtins: Cell<Option<Ref>>,
    locals: OptField,
    frame_object: OptField<PyFrameObject>,
    instr_ptr: Cell<InstrPtr>,
    stack_pointer: Cell<StackPtr>,
    return_offset: Cell<u16>,
    owner: Cell<Owner>,
    visited: Cell<u8>,
}

/// Words of a frame before its locals (`FRAME_SPECIALS_SIZE`).
pub(crate) const SPECIALS: usize = size_of::<FrameData>() / size_of::<StackRef>();
const _: () = assert!(SPECIALS == 10 && size_of::<FrameData>().is_multiple_of(size_of::<StackRef>()));

/// A handle to a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame(NonNull<FrameData>);

impl Frame {
    /// # Safety
    /// The memory holds a frame, initialised or about to be, and as many slots behind it as its code needs.
    #[inline(always)]
    pub(crate) unsafe fn from_memory(memory: NonNull<u8>) -> Frame {
        Frame(memory.cast())
    }

    #[inline(always)]
    pub(crate) fn memory(self) -> NonNull<u8> {
        self.0.cast()
    }

    #[inline(always)]
    fn data(&self) -> &FrameData {
        // SAFETY: handles to frames are not kept beyond the frame; all fields that change are in cells.
        unsafe { self.0.as_ref() }
    }

    /// Writes a fresh frame (`_PyFrame_Initialize`). The first `written` locals are filled by the caller right after.
    /// `previous` links it; the function's globals and builtins are borrowed from it.
    #[inline(always)]
    pub(crate) fn initialize(
        self,
        function: StackRef,
        locals: Option<Owned>,
        code: Ref<PyCode>,
        written: usize,
        previous: Option<Frame>,
    ) {
        let object: Ref<PyFunction> = function.as_object().cast();
        let locals_plus = self.locals_plus();
        let count = code.nlocalsplus();
        let data = FrameData {
            executable: StackRef::from_new(code.upcast()),
            previous: Cell::new(previous),
            function,
            globals: Cell::new(Some(object.globals().upcast())),
            builtins: Cell::new(Some(object.builtins())),
            locals: OptField::new(locals),
            frame_object: OptField::empty(),
            instr_ptr: Cell::new(code.first_instr()),
            stack_pointer: Cell::new(locals_plus.add(count as isize).as_stack()),
            return_offset: Cell::new(0),
            owner: Cell::new(Owner::Thread),
            visited: Cell::new(0),
        };
        // SAFETY: the memory was handed out for a frame of this code.
        unsafe { self.0.write(data) };
        for index in written..count {
            locals_plus.put(index as isize, StackRef::NULL);
        }
    }

    /// Writes a frame without function or names: an entry or trampoline frame, with `depth` stack slots in use that the
    /// caller fills.
    pub(crate) fn initialize_bare(self, code: Ref<PyCode>, depth: usize, previous: Option<Frame>, owner: Owner) {
        let top = self.locals_plus().add((code.nlocalsplus() + depth) as isize);
        let data = FrameData {
            executable: StackRef::from_new(code.upcast()),
            previous: Cell::new(previous),
            function: StackRef::NONE,
            globals: Cell::new(None),
            builtins: Cell::new(None),
            locals: OptField::empty(),
            frame_object: OptField::empty(),
            instr_ptr: Cell::new(code.first_instr()),
            stack_pointer: Cell::new(top.as_stack()),
            return_offset: Cell::new(0),
            owner: Cell::new(owner),
            visited: Cell::new(0),
        };
        // SAFETY: as in `initialize`.
        unsafe { self.0.write(data) };
    }

    /// Moves a frame's contents into other memory (`_PyFrame_Copy`); the old memory holds no counts afterwards. The stack
    /// references become heap-safe.
    pub(crate) fn move_to(self, target: Frame) {
        let depth = self.stack_depth_with_locals();
        // SAFETY: the old frame is abandoned: every count in it is read once.
        let old = unsafe { self.0.read() };
        let data = FrameData {
            executable: old.executable.make_heap_safe(),
            previous: Cell::new(None),
            function: old.function.make_heap_safe(),
            stack_pointer: Cell::new(target.locals_plus().add(depth).as_stack()),
            ..old
        };
        // SAFETY: the target memory was made for a frame of the same code.
        unsafe { target.0.write(data) };
        for index in 0..depth {
            target.locals_plus().put(index, self.locals_plus().read(index).make_heap_safe());
        }
    }

    /// Shows the cycle collector what a frame that is not running holds. Values that the stack borrows from local variables
    /// are theirs.
    pub(crate) fn traverse(self, visit: &mut dyn FnMut(Ref)) {
        let data = self.data();
        data.executable.visit(visit);
        data.function.visit(visit);
        data.locals.visit(visit);
        data.frame_object.visit(visit);
        for index in 0..self.stack_depth_with_locals() {
            self.locals_plus().get(index).visit(visit);
        }
    }

    /// Drops what the frame's own words hold (function, code, locals mapping), not its slots.
    #[inline(always)]
    pub(crate) fn drop_specials(self) {
        // SAFETY: the frame is being left: nobody reads it again.
        unsafe { self.0.drop_in_place() };
    }

    /// The code object (`_PyFrame_GetCode`).
    #[inline(always)]
    pub(crate) fn code(self) -> Ref<PyCode> {
        self.data().executable.as_object().cast()
    }

    #[inline(always)]
    pub(crate) fn previous(self) -> Option<Frame> {
        self.data().previous.get()
    }

    #[inline(always)]
    pub(crate) fn set_previous(self, previous: Option<Frame>) {
        self.data().previous.set(previous);
    }

    /// The function's slot (`f_funcobj`).
    #[inline(always)]
    pub(crate) fn function_slot(&self) -> &StackRef {
        &self.data().function
    }

    /// The function.
    #[inline(always)]
    pub(crate) fn function(self) -> Ref<PyFunction> {
        self.data().function.as_object().cast()
    }

    /// The global names. Not for entry and trampoline frames.
    #[inline(always)]
    pub(crate) fn globals(self) -> Ref {
        self.data().globals.get().known()
    }

    /// The built-in names. Not for entry and trampoline frames.
    #[inline(always)]
    pub(crate) fn builtins(self) -> Ref {
        self.data().builtins.get().known()
    }

    /// The mapping of local names, if the code uses one.
    #[inline(always)]
    pub(crate) fn locals(self) -> Option<Ref> {
        self.data().locals.get()
    }

    pub(crate) fn set_locals(self, locals: Option<Owned>) {
        self.data().locals.set(locals);
    }

    /// The frame object, if one was asked for.
    pub(crate) fn frame_object(self) -> Option<Ref<PyFrameObject>> {
        self.data().frame_object.get()
    }

    pub(crate) fn set_frame_object(self, object: Option<Owned<PyFrameObject>>) {
        self.data().frame_object.set(object);
    }

    pub(crate) fn take_frame_object(self) -> Option<Owned<PyFrameObject>> {
        self.data().frame_object.take()
    }

    /// The names tuple of the code.
    #[inline(always)]
    pub(crate) fn names(self) -> Ref<crate::object::PyTuple> {
        self.code().names()
    }

    /// The constants tuple of the code.
    #[inline(always)]
    pub(crate) fn consts(self) -> Ref<crate::object::PyTuple> {
        self.code().consts()
    }

    #[inline(always)]
    pub(crate) fn instr_ptr(self) -> InstrPtr {
        self.data().instr_ptr.get()
    }

    #[inline(always)]
    pub(crate) fn set_instr_ptr(self, instr: InstrPtr) {
        self.data().instr_ptr.set(instr);
    }

    #[inline(always)]
    pub(crate) fn stack_pointer(self) -> StackPtr {
        self.data().stack_pointer.get()
    }

    #[inline(always)]
    pub(crate) fn set_stack_pointer(self, top: StackPtr) {
        self.data().stack_pointer.set(top);
    }

    #[inline(always)]
    pub(crate) fn return_offset(self) -> u16 {
        self.data().return_offset.get()
    }

    #[inline(always)]
    pub(crate) fn set_return_offset(self, units: u16) {
        self.data().return_offset.set(units);
    }

    #[inline(always)]
    pub(crate) fn owner(self) -> Owner {
        self.data().owner.get()
    }

    #[inline(always)]
    pub(crate) fn set_owner(self, owner: Owner) {
        self.data().owner.set(owner);
    }

    /// Locals, cells and free variables, then the stack.
    #[inline(always)]
    pub(crate) fn locals_plus(self) -> SlotPtr {
        // SAFETY: the slots follow the ten words.
        SlotPtr::from_ptr(unsafe { self.0.add(1) }.cast())
    }

    /// Where the evaluation stack starts (`_PyFrame_Stackbase`).
    #[inline(always)]
    pub(crate) fn stack_base(self) -> StackPtr {
        self.locals_plus().add(self.code().nlocalsplus() as isize).as_stack()
    }

    /// Slots in use, locals included.
    pub(crate) fn stack_depth_with_locals(self) -> isize {
        self.stack_pointer().slots(0).offset_from(self.locals_plus())
    }

    /// Pushes onto the frame's stack (`_PyFrame_StackPush`).
    #[inline(always)]
    pub(crate) fn push(self, value: StackRef) {
        let mut top = self.stack_pointer();
        top.push(value);
        self.set_stack_pointer(top);
    }

    /// Pops from the frame's stack (`_PyFrame_StackPop`).
    #[inline(always)]
    pub(crate) fn pop(self) -> StackRef {
        let mut top = self.stack_pointer();
        let value = top.pop();
        self.set_stack_pointer(top);
        value
    }

    /// The executing instruction's index, in code units.
    #[inline(always)]
    pub(crate) fn instruction_index(self) -> isize {
        self.instr_ptr().offset_from(self.code().first_instr())
    }

    /// Whether the frame has not yet started (`_PyFrame_IsIncomplete`): it shows in no traceback.
    pub(crate) fn is_incomplete(self) -> bool {
        if self.owner() == Owner::Interpreter {
            return true;
        }
        self.owner() != Owner::Generator && self.instruction_index() < self.code().first_traceable() as isize
    }
}

const _: fn() = || {
    fn one_word<T>() {}
    one_word::<Option<Frame>>();
    let _ = <PyObject as Object>::LAYOUT;
};
