// The recording world, C side, second part: references, frames, registers and control macros, over the generated structs.

static PyObject w_objects[OBJECTS];
static _PyInterpreterFrame w_frames[FRAMES];
static _Py_CODEUNIT w_code[UNITS], w_code_before[UNITS];
static _PyStackRef w_slots_before[SLOTS];
static int w_refs[OBJECTS];

// Identities.
static int64_t w_id(const void *o) { return o ? (const PyObject *)o - w_objects : 0; }
static PyObject *w_object(int64_t id) { return id ? &w_objects[id] : NULL; }
static int64_t w_frame_id(const _PyInterpreterFrame *f) { return f ? f - w_frames : -1; }
static int64_t w_instr_id(const _Py_CODEUNIT *i) { return i ? i - w_code : -1; }
static int64_t w_slot_id(const _PyStackRef *p) {
    int64_t frame = ((const char *)p - (const char *)w_frames) / (int64_t)sizeof w_frames[0];
    return frame * SLOTS + (p - w_frames[frame].localsplus);
}

// Arguments, logged and mixed into the script.
static void w_n(int64_t n) { w_mix(n); w_print(" %lld", (long long)n); }
static void w_o(const void *o) { w_mix(w_id(o)); w_print(" o%lld", (long long)w_id(o)); }
static void w_f(const _PyInterpreterFrame *f) { w_mix(w_frame_id(f)); w_print(" f%lld", (long long)w_frame_id(f)); }
static void w_i(const _Py_CODEUNIT *i) { w_mix(w_instr_id(i)); w_print(" @%lld", (long long)w_instr_id(i)); }
static void w_p(const _PyStackRef *p) { w_mix(w_slot_id(p)); w_print(" s%lld", (long long)w_slot_id(p)); }
static void w_h(int64_t h) { w_mix(h); w_print(" h%lld", (long long)h); }
static void w_r(_PyStackRef r) { w_mix(r.tag); w_mix(r.id); w_print(" r%d:%lld", r.tag, (long long)r.id); }
static void w_s(const char *s) { for (const char *c = s; *c; c++) w_mix(*c); w_print(" \"%s\"", s); }
static void w_d(double d) { int64_t bits; memcpy(&bits, &d, 8); w_mix(bits); w_print(" d%lld", (long long)bits); }
static void w_slots(const _PyStackRef *p, int64_t n) {
    w_p(p);
    for (int64_t i = 0; i < n && i < 16; i++) w_r(p[i]);
}
PyObject w_end; // the end of an array of arguments made from slots
static void w_args(PyObject *const *a, int64_t n) {
    w_print(" [");
    for (int64_t i = 0; i < n && i < 16 && a[i] != &w_end; i++) w_o(a[i]);
    w_print(" ]");
}
static void w_rest_object(const void *o) { w_o(o); }
static void w_rest_text(const char *s) { w_s(s); }
static void w_rest_number(int64_t n) { w_n(n); }
#define W_REST1(x) _Generic((x), PyObject *: w_rest_object, const char *: w_rest_text, char *: w_rest_text, default: w_rest_number)(x);
#define W_REST0()
#define W_REST2(x, y) W_REST1(x) W_REST1(y)
#define W_PICK(_0, _1, _2, NAME, ...) NAME
#define W_REST(...) W_PICK(0, ##__VA_ARGS__, W_REST2, W_REST1, W_REST0)(__VA_ARGS__)

// Results.
static PyObject *w_give(void) { int64_t id = w_object_id(); w_refs[id]++; w_print(" -> o%lld", (long long)id); return w_object(id); }
static PyObject *w_lend(void) { return w_object(w_object_id()); }
static _PyStackRef w_give_ref(bool nullable) {
    if (nullable && w_null()) return (_PyStackRef){0, TAG_NULL};
    return (_PyStackRef){w_id(w_give()), TAG_OWNED};
}
static void w_release(int64_t id) { w_refs[id]--; fprintf(w_out, "drop o%lld\n", (long long)id); }

// Reference counts.
#define Py_INCREF(o) ((void)w_refs[w_id(o)]++)
static void Py_DECREF(void *o) { if (!o) siglongjmp(w_undefined, 1); w_release(w_id(o)); }
static void Py_XDECREF(void *o) { if (o) Py_DECREF(o); }
static PyObject *Py_NewRef(PyObject *o) { if (!o) siglongjmp(w_undefined, 1); w_refs[w_id(o)]++; return o; }
static PyObject *Py_XNewRef(PyObject *o) { return o ? Py_NewRef(o) : NULL; }
#define Py_CLEAR(o) do { PyObject *w_old = (o); (o) = NULL; Py_XDECREF(w_old); } while (0)
#define Py_SETREF(o, with) do { PyObject *w_old = (o); (o) = (with); Py_DECREF(w_old); } while (0)
#define Py_XSETREF(o, with) do { PyObject *w_old = (o); (o) = (with); Py_XDECREF(w_old); } while (0)

// Stack references.
static const _PyStackRef PyStackRef_NULL = {0, TAG_NULL}, PyStackRef_None = {NONE_ID, TAG_BORROWED},
    PyStackRef_True = {TRUE_ID, TAG_BORROWED}, PyStackRef_False = {FALSE_ID, TAG_BORROWED};
static PyObject *PyStackRef_AsPyObjectBorrow(_PyStackRef r) { return w_object(r.id); }
static PyObject *PyStackRef_AsPyObjectSteal(_PyStackRef r) { if (r.tag == TAG_BORROWED) w_refs[r.id]++; return w_object(r.id); }
static PyObject *PyStackRef_AsPyObjectNew(_PyStackRef r) { w_refs[r.id]++; return w_object(r.id); }
static _PyStackRef PyStackRef_FromPyObjectSteal(PyObject *o) { return (_PyStackRef){w_id(o), o ? TAG_OWNED : TAG_NULL}; }
#define PyStackRef_FromPyObjectStealMortal(o) PyStackRef_FromPyObjectSteal(o)
static _PyStackRef PyStackRef_FromPyObjectNew(PyObject *o) { w_refs[w_id(o)]++; return (_PyStackRef){w_id(o), o ? TAG_OWNED : TAG_NULL}; }
#define PyStackRef_FromPyObjectNewMortal(o) PyStackRef_FromPyObjectNew(o)
static _PyStackRef PyStackRef_FromPyObjectBorrow(PyObject *o) { return (_PyStackRef){w_id(o), o ? TAG_BORROWED : TAG_NULL}; }
#define PyStackRef_FromPyObjectImmortal(o) PyStackRef_FromPyObjectBorrow(o)
static _PyStackRef PyStackRef_DUP(_PyStackRef r) { if (r.tag == TAG_OWNED) w_refs[r.id]++; return r; }
static _PyStackRef PyStackRef_Borrow(_PyStackRef r) { if (r.tag == TAG_OWNED) r.tag = TAG_BORROWED; return r; }
static _PyStackRef PyStackRef_MakeHeapSafe(_PyStackRef r) { if (r.tag == TAG_BORROWED) { w_refs[r.id]++; r.tag = TAG_OWNED; } return r; }
static bool PyStackRef_IsHeapSafe(_PyStackRef r) { return r.tag != TAG_BORROWED; }
static void PyStackRef_CLOSE(_PyStackRef r) { if (r.tag == TAG_NULL) siglongjmp(w_undefined, 1); if (r.tag == TAG_OWNED) w_release(r.id); }
static void PyStackRef_XCLOSE(_PyStackRef r) { if (r.tag == TAG_OWNED) w_release(r.id); }
#define PyStackRef_CLOSE_SPECIALIZED(r, how) PyStackRef_CLOSE(r)
static bool PyStackRef_IsNull(_PyStackRef r) { return r.tag == TAG_NULL; }
static bool PyStackRef_IsNone(_PyStackRef r) { return r.tag == TAG_BORROWED && r.id == NONE_ID; }
static bool PyStackRef_IsTrue(_PyStackRef r) { return r.tag == TAG_BORROWED && r.id == TRUE_ID; }
static bool PyStackRef_IsFalse(_PyStackRef r) { return r.tag == TAG_BORROWED && r.id == FALSE_ID; }
static bool PyStackRef_BoolCheck(_PyStackRef r) { return PyStackRef_IsTrue(r) || PyStackRef_IsFalse(r); }
static _PyStackRef PyStackRef_TagInt(Py_ssize_t n) { return (_PyStackRef){n, TAG_INT}; }
static Py_ssize_t PyStackRef_UntagInt(_PyStackRef r) { return r.id; }
static bool PyStackRef_IsTaggedInt(_PyStackRef r) { return r.tag == TAG_INT; }
static PyObject **w_convert(const _PyStackRef *slots, int64_t n) {
    static PyObject *arrays[8][72];
    static int next;
    PyObject **array = arrays[next++ % 8] + 2;
    for (int64_t i = -1; i < n; i++) array[i] = w_object(slots[i].id);
    for (int64_t i = n < 0 ? 0 : n; i < 69; i++) array[i] = &w_end;
    return array;
}
#define STACKREFS_TO_PYOBJECTS(slots, n, name) PyObject **name = w_convert(slots, n)
#define STACKREFS_TO_PYOBJECTS_CLEANUP(name) ((void)0)
#define CONVERSION_FAILED(name) 0

// Objects.
#define Py_TYPE(o) (((PyObject *)(o))->ob_type)
#define PyStackRef_TYPE(r) Py_TYPE(PyStackRef_AsPyObjectBorrow(r))
#define PyExceptionInstance_Class(o) Py_TYPE(o)
#define Py_IS_TYPE(o, t) (Py_TYPE(o) == (t))
#define Py_Is(a, b) ((a) == (b))
#define Py_IsNone(o) ((o) == Py_None)
#define Py_IsTrue(o) ((o) == Py_True)
#define Py_IsFalse(o) ((o) == Py_False)
#define _Py_ID(name) w_name_##name
#define _Py_STR(name) w_name_##name
#define PyList_GET_ITEM(o, i) w_item((o)->list_items, i)
#define PyTuple_GET_ITEM(o, i) w_item((o)->tuple_items, i)
#define PyTuple_GetItem(o, i) PyTuple_GET_ITEM(o, i)
#define GETITEM(o, i) PyTuple_GET_ITEM(o, i)
static PyObject *w_item(PyObject **items, int64_t i) { return items[(uint64_t)i % ITEMS]; }
#define _PyList_ITEMS(o) ((o)->list_items)
#define _PyTuple_ITEMS(o) ((o)->tuple_items)
#define _PyObject_InlineValues(o) (&((PyObject *)(o))->inline_values)
#define DK_UNICODE_ENTRIES(keys) ((keys)->entries)
#define _PyLong_SMALL_INTS (w_objects + SMALL_INTS_AT)
static struct { PyObject *ascii; } w_strings = {w_objects + ASCII_AT};
#define _Py_SINGLETON(name) w_##name
#define Py_ARRAY_LENGTH(array) ((uint64_t)128)
#define MANAGED_DICT_OFFSET 8
static int w_compare(double a, double b) { return a < b ? 2 : a > b ? 4 : a == b ? 8 : 1; }
#define COMPARISON_BIT(a, b) w_compare((double)(a), (double)(b))

// Free threading and statistics: a build with a GIL, without statistics.
#define TIER_ONE 1
#define ENABLE_SPECIALIZATION 1
#define ENABLE_SPECIALIZATION_FT 1
#define W_SAME(x) (x)
#define W_STORE(place, value) ((void)((place) = (value)))
#define LOCK_OBJECT(o) 1
#define assert(x) ((void)0)
#undef static_assert
#define static_assert(x, text) struct w_nothing
#define INSTRUCTION_STATS(name) ((void)0)
#define UPDATE_MISS_STATS(name) ((void)0)
#define WITHIN_STACK_BOUNDS() 1
#define _Py_atomic_load_uintptr_relaxed(p) (*(p))

// Code and caches.
static uint16_t read_u16(const uint16_t *p) { return *p; }
static uint32_t read_u32(const uint16_t *p) { return p[0] | (uint32_t)p[1] << 16; }
static PyObject *read_obj(const uint16_t *p) { return w_object(*p); }

// Frames.
#define GETLOCAL(i) (frame->localsplus[(i) % STACK_AT])
#define LOCALS_ARRAY (frame->localsplus)
#define GLOBALS() (frame->f_globals)
#define BUILTINS() (frame->f_builtins)
#define LOCALS() (frame->f_locals)
#define FRAME_CO_NAMES w_frame_tuple("Frame.names", frame)
#define FRAME_CO_CONSTS w_frame_tuple("Frame.consts", frame)
static PyObject *w_frame_tuple(const char *name, const _PyInterpreterFrame *f) { w_pure(name); w_f(f); return w_lend(); }
#define _PyFrame_SetStackPointer(f, p) ((void)((f)->stackpointer = (p)))
#define _PyFrame_GetStackPointer(f) ((f)->stackpointer)
#define _PyFrame_StackPush(f, r) ((void)(*(f)->stackpointer++ = (r)))
#define _PyFrame_StackPop(f) (*--(f)->stackpointer)
#define _PyFrame_Stackbase(f) ((f)->localsplus + STACK_AT)
#define JUMPBY(n) (next_instr += (n))
#define SKIP_OVER(n) (next_instr += (n))
#define LOAD_IP(n) (next_instr = frame->instr_ptr + (n))
#define LOAD_SP() (stack_pointer = frame->stackpointer)
#define INSTR_OFFSET() ((int)(next_instr - _PyFrame_GetBytecode(frame)))
#define STACK_LEVEL() ((int)(stack_pointer - _PyFrame_Stackbase(frame)))
#define ADVANCE_ADAPTIVE_COUNTER(c) w_counter("specialize::advance_counter", (const _Py_CODEUNIT *)&(c))
#define PAUSE_ADAPTIVE_COUNTER(c) w_counter("specialize::pause_counter", (const _Py_CODEUNIT *)&(c))
static void w_counter(const char *name, const _Py_CODEUNIT *i) { w_event(name); w_i(i); w_log(); }
#define INSTRUMENTED_JUMP(from, to, event) do { \
        _Py_CODEUNIT *w_to = (to); \
        next_instr = w_instrumented_jump(frame, this_instr, event, from, w_to); \
        if (next_instr == NULL) { next_instr = w_to + 1; JUMP_TO_LABEL(error); } \
    } while (0)
static _Py_CODEUNIT *w_instrumented_jump(_PyInterpreterFrame *f, const _Py_CODEUNIT *this_instr, int event, const _Py_CODEUNIT *from, const _Py_CODEUNIT *to) {
    w_event("instrument::jump"); w_f(f); w_i(this_instr); w_n(event); w_i(from); w_i(to); w_log();
    return w_null() ? NULL : w_code + THIS_INSTR + w_draw() % 16;
}

// Registers, and how a body is left.
#define BODY_OPCODE w_r_opcode
static _PyInterpreterFrame *w_r_frame;
static _Py_CODEUNIT *w_r_next_instr;
static _PyStackRef *w_r_stack_pointer;
static int w_r_opcode, w_r_oparg;
static PyObject *w_r_result;
static const char *w_exit;
#define W_EXIT(how) do { w_exit = how; goto done; } while (0)
#define DISPATCH() W_EXIT("dispatch")
#define DISPATCH_SAME_OPARG() W_EXIT("dispatch_same_oparg")
#define DISPATCH_GOTO() W_EXIT("dispatch_goto")
#define JUMP_TO_LABEL(label) goto label
#define JUMP_TO_PREDICTED(name) W_EXIT("deopt")
#define DISPATCH_INLINED(new_frame) do { \
        _PyFrame_SetStackPointer(frame, stack_pointer); \
        frame = tstate->current_frame = (new_frame); \
        JUMP_TO_LABEL(start_frame); \
    } while (0)
#define Py_FatalError(text) do { w_event("error::fatal"); w_s(text); w_log(); W_EXIT("never"); } while (0)
#define Py_UNREACHABLE() do { w_event("error::unreachable"); w_log(); W_EXIT("never"); } while (0)
#define TARGET(name)
#define LABEL(name)
#define W_BODY_BEGIN \
    PyThreadState *tstate = &w_thread; (void)tstate; \
    _PyInterpreterFrame *frame = w_r_frame; _Py_CODEUNIT *next_instr = w_r_next_instr; \
    _PyStackRef *stack_pointer = w_r_stack_pointer; int opcode = w_r_opcode, oparg = w_r_oparg; (void)opcode; (void)oparg;
#define W_BODY_END \
    w_exit = "return"; goto done; \
    pop_2_error: stack_pointer -= 1; \
    pop_1_error: stack_pointer -= 1; \
    error: w_exit = "error"; goto done; \
    exception_unwind: w_exit = "exception_unwind"; goto done; \
    exit_unwind: w_exit = "exit_unwind"; goto done; \
    start_frame: w_exit = "start_frame"; goto done; \
    done: w_r_frame = frame; w_r_next_instr = next_instr; w_r_stack_pointer = stack_pointer; \
    w_r_opcode = opcode; w_r_oparg = oparg; \
    if (0) { goto pop_2_error; goto pop_1_error; goto error; goto exception_unwind; goto exit_unwind; goto start_frame; }

// Branches taken: bit 0 for true, bit 1 for false.
static unsigned char w_branches[65536];
static bool w_branch(int n, bool taken) { w_branches[n] |= taken ? 1 : 2; return taken; }

// What helpers leave behind beside their result.
static void w_fill(_PyStackRef *slots, int64_t n) { for (int64_t i = 0; i < n; i++) slots[i] = w_give_ref(true); }
static void w_move_instr(_PyInterpreterFrame *f) { if (w_null()) f->instr_ptr = w_code + THIS_INSTR + w_draw() % 16; }
