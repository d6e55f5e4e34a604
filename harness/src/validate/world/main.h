// The recording world, C side, last part: sets the world up for a body and a seed, runs, and writes the trace.

static _PyStackRef w_new_slot(bool nullable) {
    uint64_t r = w_draw();
    if (nullable && r % 4 == 0) return (_PyStackRef){0, TAG_NULL};
    int64_t id = w_object_id();
    bool single = id >= NONE_ID && id <= FALSE_ID;
    return (_PyStackRef){id, !single && (r >> 4) % 8 < 5 ? TAG_OWNED : TAG_BORROWED};
}

static void w_set_up_code(void) {
    for (int i = 0; i < UNITS; i++) {
        w_start("code"); w_mix(i);
        int64_t code = w_code_byte();
        w_code[i].cache = (uint16_t)(code | w_small() << 8);
    }
    for (const int64_t *c = w_body->caches; c[0]; c += 3) {
        _Py_CODEUNIT *unit = w_code + THIS_INSTR + c[0];
        w_start("cache"); w_mix(c[0]);
        int64_t value = c[2] ? w_object_id() : w_body->memory ? 8 * (int64_t)(w_draw() % 4) : w_small();
        for (int64_t i = 0; i < c[1]; i++) unit[i].cache = i ? 0 : (uint16_t)value;
    }
    memcpy(w_code_before, w_code, sizeof w_code);
}

static void w_set_up(int64_t seed) {
    w_mode = (int)(seed & 3);
    w_seed = (uint64_t)seed; w_start(w_body->name); w_seed = w_hash;
    w_events = 0; w_at = 0;
    memset(w_refs, 0, sizeof w_refs);
    w_start("oparg");
    uint64_t r = w_draw();
    int span = w_body->oparg_high - w_body->oparg_low;
    w_r_oparg = w_body->oparg_low + (int)((r >> 4) % (uint64_t)(r % 2 && span > 4 ? 4 : span));
    int64_t special = w_body->number_count ? w_body->numbers[(r >> 8) % w_body->number_count] : -1;
    if ((r >> 16) % 4 == 0 && special >= w_body->oparg_low && special < w_body->oparg_high) w_r_oparg = (int)special;
    if (w_body->oparg_mask) w_r_oparg |= (int)((r >> 32) % 3) << 8;
    w_start("opcode");
    w_r_opcode = (int)w_code_byte();
    w_init_world();
    w_set_up_code();
    for (int f = 0; f < FRAMES; f++) memset(w_frames[f].localsplus, 0, sizeof w_frames[f].localsplus);
    _PyStackRef *slots = w_frames[0].localsplus;
    // Above the top lies what was there before, so that a write of NULL shows.
    for (int i = 0; i < STACK_AT + SLOTS_FILLED + 8; i++) {
        w_start("slot"); w_mix(i);
        slots[i] = w_new_slot(i < STACK_AT && w_body->may_be_null);
    }
    int64_t below[8];
    int nulls = w_body->null_inputs(w_r_oparg, below);
    for (int i = 0; i < nulls; i++) {
        w_start("null"); w_mix(i);
        if (below[i] < 0 || w_draw() % 2) slots[STACK_AT + SLOTS_FILLED - llabs(below[i])] = (_PyStackRef){0, TAG_NULL};
    }
    memcpy(w_slots_before, slots, sizeof w_slots_before);
    w_r_frame = w_frames;
    w_r_next_instr = w_code + THIS_INSTR;
    w_r_stack_pointer = slots + STACK_AT + SLOTS_FILLED;
    w_frames[0].stackpointer = w_r_stack_pointer;
    w_r_result = NULL; w_exit = "none";
}

static void w_dump_slots(bool spilled) {
    for (int f = 0; f < FRAMES; f++) {
        _PyInterpreterFrame *frame = &w_frames[f];
        _PyStackRef *top = frame == w_r_frame && !spilled ? w_r_stack_pointer : frame->stackpointer;
        if (frame != w_r_frame && w_slot_id(frame->stackpointer) != (f ? w_stackpointer(f) : STACK_AT + SLOTS_FILLED))
            fprintf(w_out, "~ f%d stack_pointer %lld\n", f, (long long)w_slot_id(frame->stackpointer));
        for (int i = 0; i < SLOTS; i++) {
            _PyStackRef now = frame->localsplus[i], before = f ? (_PyStackRef){0, 0} : w_slots_before[i];
            if (i >= STACK_AT && frame->localsplus + i >= top) break;
            if (now.tag != before.tag || now.id != before.id)
                fprintf(w_out, "~ f%d[%d] = r%d:%lld\n", f, i, now.tag, (long long)now.id);
        }
    }
}

// At an error the unwinder pops what is left, from the top down: an output that the C leaves there for it is released
// as where the Rust drops it before. A borrowed one is popped without effect.
static void w_unwind(void) {
    // No body reaches deeper.
    int64_t end = w_r_frame == w_frames ? STACK_AT + SLOTS_FILLED - 16 : STACK_AT;
    while (w_slot_id(w_r_stack_pointer) % SLOTS > end) {
        _PyStackRef r = *--w_r_stack_pointer;
        if (r.tag == TAG_OWNED) w_release(r.id);
    }
}

static void w_dump(void) {
    bool spilled = !strcmp(w_exit, "exception_unwind") || !strcmp(w_exit, "exit_unwind") || !strcmp(w_exit, "start_frame");
    if (!strcmp(w_exit, "error")) w_unwind();
    bool stays = !strcmp(w_exit, "return") || !strcmp(w_exit, "never");
    fprintf(w_out, "= %s f%lld", w_exit, (long long)w_frame_id(w_r_frame));
    if (!stays) {
        if (strcmp(w_exit, "deopt") && !spilled) fprintf(w_out, " @%lld", (long long)w_instr_id(w_r_next_instr));
        fprintf(w_out, " s%lld", (long long)w_slot_id(spilled ? w_r_frame->stackpointer : w_r_stack_pointer));
        if (!strcmp(w_exit, "dispatch_goto")) fprintf(w_out, " opcode %d oparg %d", w_r_opcode & 255, w_r_oparg);
    }
    if (w_r_result) fprintf(w_out, " result o%lld", (long long)w_id(w_r_result));
    fprintf(w_out, "\n");
    if (!stays) w_dump_slots(spilled);
    for (int i = 0; i < UNITS; i++)
        if (w_code[i].cache != w_code_before[i].cache) fprintf(w_out, "~ code[%d] = %d\n", i, w_code[i].cache);
    w_dump_world();
    for (int i = 1; i < OBJECTS; i++)
        if (w_refs[i]) fprintf(w_out, "~ refs o%d %+d\n", i, w_refs[i]);
}

static void w_crash(int signal) { (void)signal; siglongjmp(w_undefined, 1); }

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int64_t first = atoll(argv[2]), count = atoll(argv[3]);
    w_out = fopen(argv[1], "w");
    FILE *branches = fopen(argv[4], "w");
    if (!w_out || !branches) return 2;
    struct sigaction action = {.sa_handler = w_crash, .sa_flags = SA_NODEFER};
    w_init_tables();
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    for (const w_Body *body = w_bodies; body->name; body++) {
        for (int64_t seed = first; seed < first + count * body->rounds; seed++) {
            w_body = body;
            fprintf(w_out, "# %s %lld\n", body->label, (long long)seed);
            if (sigsetjmp(w_undefined, 0) == 0) {
                w_set_up(seed);
                body->run();
                w_dump();
            } else {
                fprintf(w_out, "= undefined\n");
            }
        }
    }
    for (int i = 0; i < W_BRANCHES; i++) fputc('0' + w_branches[i], branches);
    return fclose(w_out) || fclose(branches);
}
