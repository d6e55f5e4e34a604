// The recording world, C side: arrays, and what else no field rule describes.
static int64_t w_ob_type(int64_t id) {
    w_start("ob_type"); w_mix(id);
    uint64_t r = w_draw(), v = r >> 8;
    if (w_body->global_count && r % 3) return w_body->globals[v % w_body->global_count];
    return 1 + (int64_t)(v % GENERAL);
}
static int64_t w_memory(const char *name, int64_t id) { w_start(name); w_mix(id); return w_null() ? 0 : w_object_id(); }
static int64_t w_item_id(const char *name, int64_t id) { w_start(name); w_mix(id); return w_object_id(); }
static int64_t w_flag(const char *name, int64_t id) { w_start(name); w_mix(id); return (int64_t)(w_draw() % 2); }
static int64_t w_stackpointer(int64_t f) { w_start("stackpointer"); w_mix(f); return f * SLOTS + STACK_AT + (int64_t)(w_draw() % 4); }
static _Py_SpecialMethod _Py_SpecialMethods[256];
static conversion_func _PyEval_ConversionFuncs[256];
static size_t _Py_FunctionAttributeOffsets[256];
static uint8_t _PyOpcode_Caches[256], _PyOpcode_Deopt[256];
#define Ci_common_consts (w_interp.common_consts)
