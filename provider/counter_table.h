/* SPDX-License-Identifier: MIT
 *
 * The counter table, counters.def, as C data. It is constant, and nothing here fails.
 */
#ifndef COUNTER_TABLE_H
#define COUNTER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winperf.h"

/** OBJECT_custom_heap, ...: position in counter_table_objects. */
enum object_id {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help) OBJECT_##id,
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)
#define BASE(object, slot, id, type, detail)
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
    OBJECT_COUNT
};

/**
 * COUNTER_custom_heap_bytes_in_use, ...: position in `counter_table_counters`, bases included. FIRST_custom_heap,
 * ...: the position of the object's first one.
 */
enum counter_id {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)                           \
    FIRST_##id, BEFORE_##id = FIRST_##id - 1,
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help) COUNTER_##object##_##id,
#define BASE(object, slot, id, type, detail) COUNTER_##object##_##id,
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
    COUNTER_COUNT
};

/** Position of a counter among those of its object: COUNTER_POSITION(custom_heap, process_id). */
#define COUNTER_POSITION(object, id) (COUNTER_##object##_##id - FIRST_##object)

/** Slot of a counter in the counter block of its object: COUNTER_SLOT(custom_heap, process_id). */
#define COUNTER_SLOT(object, id) (SLOT_##object##_##id)

/* SLOT_custom_heap_bytes_in_use, ... */
enum counter_slot {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)                         \
    SLOT_##object##_##id = (slot),
#define BASE(object, slot, id, type, detail) SLOT_##object##_##id = (slot),
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

/* A union for each object. Its size is the highest slot plus 1: the compiler finds the maximum. */
union slots_of_no_object {
    char none;
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)                           \
    }                                                                                              \
    ;                                                                                              \
    union slots_of_##id {                                                                          \
        char none;
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help) char id[(slot) + 1];
#define BASE(object, slot, id, type, detail) char id[(slot) + 1];
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

/** Number of slots in the counter block of an object: SLOT_COUNT(custom_heap). */
#define SLOT_COUNT(object) sizeof(union slots_of_##object)

/** The title of a base, which has no title. */
#define TITLE_NONE UINT32_MAX

struct object {
    const char *id;   /* as in counters.def */
    const char *name; /* ASCII */
    const char *help; /* ASCII */
    uint32_t title;   /* symbol offset, which is added to First Counter and First Help */
    bool has_instances;
    bool is_costly;         /* it answers the query Costly and never Global */
    size_t first_counter;   /* position in `counter_table_counters` */
    size_t default_counter; /* position among its own counters */
    uint32_t slot_count;    /* number of slots in its counter block */
};

struct counter {
    enum object_id object;
    const char *id;   /* as in counters.def, without that of its object */
    const char *name; /* ASCII; NULL for a base */
    const char *help; /* ASCII; NULL for a base */
    uint32_t title;   /* symbol offset; TITLE_NONE for a base */
    uint32_t slot;    /* of its value in the counter block; the identifier in the V2 set, less 1 */
    uint32_t type;    /* PERF_COUNTER_... */
    int32_t scale;    /* power of ten */
    uint32_t detail;  /* PERF_DETAIL_... */
};

extern const struct object counter_table_objects[OBJECT_COUNT];
extern const struct counter counter_table_counters[COUNTER_COUNT];

/** Number of counters of an object, bases included. They are adjacent in `counter_table_counters`. */
size_t counter_table_counter_count(const struct object *object);

/** The lowest detail level of an object's counters, which is the level of the object. */
uint32_t counter_table_object_detail(const struct object *object);

/** Bytes of a counter's raw value, as its type says: 4 or 8. */
uint32_t counter_table_counter_size(const struct counter *counter);

/** The highest symbol offset of all objects and counters. */
uint32_t counter_table_last_title(void);

#endif /* COUNTER_TABLE_H */
