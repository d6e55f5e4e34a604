// The recording world, C side: what a body sees of the runtime. Our own text. The Rust side is world.rs; the two say
// the same with the same numbers, so that a body and its translation leave the same trace.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t Py_ssize_t;
typedef uint32_t Py_UCS4;
typedef struct object PyObject;

// An empty slot, a counted reference, a borrowed or immortal one, an integer.
enum { TAG_NULL, TAG_OWNED, TAG_BORROWED, TAG_INT };
typedef struct { int64_t id; int tag; } _PyStackRef;

// Objects: general ones, singletons and other globals, small integers, one-character strings.
enum {
    GENERAL = 8, NONE_ID = 9, TRUE_ID = 10, FALSE_ID = 11, GLOBALS_AT = 12, SMALL_INTS_AT = 400, ASCII_AT = 700,
    OBJECTS = 840, FRAMES = 14, SLOTS = 128, STACK_AT = 64, UNITS = 256, THIS_INSTR = 80, SLOTS_FILLED = 40,
    EXC_INFOS = 9, KEYS = 4, ENTRIES = 16, ITEMS = 16, MEMORY = 8,
};

// Results by script: the same hash of seed, name and arguments on both sides.
static uint64_t w_seed, w_hash;
static int w_mode; // 1, 3: small numbers; 2, 3: few failures, so that long ways are gone to their end
static int w_events;
static char w_line[4096];
static size_t w_at;
static FILE *w_out;
static sigjmp_buf w_undefined;

static uint64_t w_scramble(uint64_t x) {
    x ^= x >> 30; x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27; x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static void w_mix(int64_t value) { w_hash = w_scramble(w_hash * 0x9e3779b97f4a7c15u + (uint64_t)value + 1); }
static uint64_t w_draw(void) { w_mix(77); return w_hash >> 8; }
static void w_start(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = name; *c; c++) hash = (hash ^ (uint64_t)*c) * 0x100000001b3u;
    w_hash = w_scramble(w_seed ^ hash);
}
// An entry of a table: the same for all seeds.
static uint64_t w_entry(const char *name, int64_t index) {
    uint64_t seed = w_seed;
    w_seed = 1; w_start(name); w_mix(index); w_seed = seed;
    return w_draw();
}
static void w_print(const char *format, ...) {
    va_list list;
    va_start(list, format);
    int n = vsnprintf(w_line + w_at, sizeof w_line - w_at, format, list);
    if (n > 0 && w_at + n < sizeof w_line) w_at += n;
    va_end(list);
}
// An event: its name and arguments are logged, and its results depend on how many came before.
static void w_event(const char *name) { w_start(name); w_mix(++w_events); w_at = 0; w_print("%s", name); }
static void w_log(void) { fprintf(w_out, "%s\n", w_line); w_at = 0; }
// A function without effect: nothing is logged, and the same arguments give the same result.
static void w_pure(const char *name) { w_start(name); w_at = 0; }

// What the body at hand mentions, so that comparisons with it come out both ways.
typedef struct {
    const char *name, *label; // the script's, and the trace's
    void (*run)(void);
    const int64_t *numbers; int number_count;
    const int64_t *globals; int global_count;
    const int64_t *opcodes; int opcode_count;
    const int64_t *caches; // offset, units, kind; ends with 0
    int oparg_low, oparg_mask, oparg_high;
    int may_be_null, memory;
    int (*null_inputs)(int oparg, int64_t *below_top);
    int rounds;
} w_Body;
static const w_Body *w_body;

// Domains of values.
static int64_t w_small(void) { uint64_t r = w_draw(); return r % 4 ? (int64_t)((r >> 4) % 4) : (int64_t)((r >> 4) % 16); }
static int64_t w_number(bool is_signed) {
    uint64_t r = w_draw(), v = r >> 4;
    switch (r % 8) {
    case 4: case 5: return w_body->number_count ? w_body->numbers[v % w_body->number_count] : (int64_t)(v % 4);
    case 6: return v % 64;
    case 7: return is_signed ? -1 - (int64_t)(v % 3) : (int64_t)(v % 16);
    default: return v % (w_mode & 1 ? 2 : 4);
    }
}
static int64_t w_object_id(void) {
    uint64_t r = w_draw(), v = r >> 4;
    if (r % 8 == 0) return NONE_ID + (int64_t)(v % 3);
    if (r % 8 <= 2 && w_body->global_count) return w_body->globals[v % w_body->global_count];
    return 1 + (int64_t)(v % GENERAL);
}
static int64_t w_code_byte(void) {
    uint64_t r = w_draw(), v = r >> 4;
    return r % 2 && w_body->opcode_count ? w_body->opcodes[v % w_body->opcode_count] : (int64_t)(v % 4);
}
static bool w_null(void) { return w_draw() % (w_mode & 2 ? 12 : 3) == 0; }

typedef union { uint16_t cache; struct { uint8_t code, arg; } op; uint16_t counter; } _Py_CODEUNIT;
typedef struct { _Py_CODEUNIT counter; } _PyBinaryOpCache;
typedef struct { PyObject *values[MEMORY]; uint8_t valid; } PyDictValues;
