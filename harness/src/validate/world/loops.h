// The recording world, C side: sets all structs up, and says what in them changed.
static void w_each_object(void (*f)(PyObject *, int64_t)) {
    for (int64_t id = 1; id <= FALSE_ID; id++) f(&w_objects[id], id);
    for (int i = 0; i < w_body->global_count; i++)
        if (w_body->globals[i] > FALSE_ID) f(&w_objects[w_body->globals[i]], w_body->globals[i]);
}
static PyObject w_before[SMALL_INTS_AT];
static void w_init_one(PyObject *o, int64_t id) {
    w_init_object(o, id);
    o->ob_type = w_object(w_ob_type(id));
    o->gi_iframe_at = &w_frames[6 + id % 8];
    o->gi_exc_state_at = &w_pool_ExcInfo[1 + id % 8];
    w_pure("BinaryOpExtend.pool"); w_mix(id); uint64_t n = w_draw() % 3; o->guard = w_guards[n]; o->action = w_actions[n];
    for (int64_t i = 0; i < ITEMS; i++) {
        o->list_items[i] = w_object(w_item_id("list_items", id * 1000 + i));
        o->tuple_items[i] = w_object(w_item_id("tuple_items", id * 1000 + i));
    }
    for (int64_t i = 0; i < MEMORY; i++) o->inline_values.values[i] = w_object(w_memory("memory", id * 1000 + i));
    o->inline_values.valid = (uint8_t)w_flag("valid", id);
    w_before[id] = *o;
}
static void w_dump_one(PyObject *o, int64_t id) {
    if (!memcmp(o, &w_before[id], sizeof *o)) return;
    w_dump_object(o, id);
    w_diff("ob_type", id, w_ob_type(id), w_id(o->ob_type));
    for (int64_t i = 0; i < ITEMS; i++)
        w_diff("list_items", id * 1000 + i, w_item_id("list_items", id * 1000 + i), w_id(o->list_items[i]));
    for (int64_t i = 0; i < MEMORY; i++)
        w_diff("memory", id * 1000 + i, w_memory("memory", id * 1000 + i), w_id(o->inline_values.values[i]));
}
static void w_init_tables(void) {
    for (int64_t i = 0; i < 256; i++) {
        w_interp.common_consts[i] = w_object(1 + (int64_t)(w_entry("common_consts", i) % GENERAL));
        PyObject *name = w_object(1 + (int64_t)(w_entry("special.name", i) % GENERAL));
        _Py_SpecialMethods[i] = (_Py_SpecialMethod){name, "special error", "special error with suggestion"};
        _PyEval_ConversionFuncs[i] = w_at_Conversion((int64_t)(w_entry("conversions", i) % 3));
        _Py_FunctionAttributeOffsets[i] = 8 * (w_entry("attribute_offsets", i) % 4);
        _PyOpcode_Caches[i] = (uint8_t)(w_entry("opcode_caches", i) % 3);
        _PyOpcode_Deopt[i] = (uint8_t)(w_entry("opcode_deopt", i) % 3);
        w_pool_LineData[0].data[i] = (uint8_t)(w_entry("line_data", i) % 8);
    }
}
static void w_init_world(void) {
    w_thread.interp = &w_interp;
    w_each_object(w_init_one);
    w_init_thread(&w_thread, 0); w_init_interp(&w_interp, 0);
    w_start("eval_breaker"); w_mix(0); w_thread.eval_breaker = (uintptr_t)w_number(false);
    for (int64_t f = 0; f < FRAMES; f++) {
        w_init_frame(&w_frames[f], f);
        w_frames[f].stackpointer = w_frames[0].localsplus;
        int64_t at = w_stackpointer(f);
        w_frames[f].stackpointer = w_frames[f].localsplus + at % SLOTS;
    }
    for (int64_t i = 0; i < EXC_INFOS; i++) w_init_ExcInfo(&w_pool_ExcInfo[i], i);
    for (int64_t k = 0; k < KEYS; k++) {
        w_init_Keys(&w_pool_Keys[k], k);
        for (int64_t i = 0; i < ENTRIES; i++) {
            w_pool_Keys[k].entries[i].me_key = w_object(w_memory("me_key", k * 1000 + i));
            w_pool_Keys[k].entries[i].me_value = w_object(w_memory("me_value", k * 1000 + i));
        }
    }
    for (int64_t i = 0; i < 4; i++) w_init_MethodDef(&w_pool_MethodDef[i], i);
    for (int64_t i = 0; i < 3; i++) w_init_AsyncMethods(&w_pool_AsyncMethods[i], i);
    w_init_Monitoring(w_pool_Monitoring, 0); w_init_LineData(w_pool_LineData, 0);
    w_at = 0;
}
static void w_dump_world(void) {
    w_each_object(w_dump_one);
    w_dump_thread(&w_thread, 0); w_dump_interp(&w_interp, 0);
    for (int64_t f = 0; f < FRAMES; f++) w_dump_frame(&w_frames[f], f);
    for (int64_t i = 0; i < EXC_INFOS; i++) w_dump_ExcInfo(&w_pool_ExcInfo[i], i);
    for (int64_t k = 0; k < KEYS; k++)
        for (int64_t i = 0; i < ENTRIES; i++)
            w_diff("me_value", k * 1000 + i, w_memory("me_value", k * 1000 + i), w_id(w_pool_Keys[k].entries[i].me_value));
}
