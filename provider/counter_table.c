/* SPDX-License-Identifier: MIT
 *
 * The counter table as C data. The compiler computes all of it from counters.def.
 */
#include "counter_table.h"

/* The values of the words in OBJECT. */
enum { NO_INSTANCE = false, MULTI_INSTANCE = true };
enum { GLOBAL = false, COSTLY = true };

/* Never called. Two rows with one symbol offset do not compile, because they are two equal cases. */
__attribute__((unused)) static void refuse_equal_symbols(uint32_t title)
{
    switch (title) {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help) case symbol:
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help) case symbol:
#define BASE(object, slot, id, type, detail)
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
        break;
    }
}

const struct object counter_table_objects[OBJECT_COUNT] = {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)                           \
    [OBJECT_##id] = { #id,           name, help,       symbol,                                     \
                      instances,     cost, FIRST_##id, COUNTER_POSITION(id, default_counter),      \
                      SLOT_COUNT(id) },
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)
#define BASE(object, slot, id, type, detail)
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

const struct counter counter_table_counters[COUNTER_COUNT] = {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)                         \
    [COUNTER_##object##_##                                                                         \
        id] = { OBJECT_##object, #id, name, help, symbol, slot, type, scale, detail },
#define BASE(object, slot, id, type, detail)                                                       \
    [COUNTER_##object##_##                                                                         \
        id] = { OBJECT_##object, #id, NULL, NULL, TITLE_NONE, slot, type, 0, detail },
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

size_t counter_table_counter_count(const struct object *object)
{
    const struct object *next = object + 1;
    size_t end = next < counter_table_objects + OBJECT_COUNT ? next->first_counter : COUNTER_COUNT;

    return end - object->first_counter;
}

uint32_t counter_table_object_detail(const struct object *object)
{
    uint32_t lowest = UINT32_MAX;

    for (size_t i = 0; i < counter_table_counter_count(object); i++)
        if (counter_table_counters[object->first_counter + i].detail < lowest)
            lowest = counter_table_counters[object->first_counter + i].detail;
    return lowest;
}

uint32_t counter_table_counter_size(const struct counter *counter)
{
    return (counter->type & PERF_SIZE_VARIABLE_LEN) == PERF_SIZE_LARGE ? 8 : 4;
}

uint32_t counter_table_last_title(void)
{
    uint32_t last = 0;

    for (size_t i = 0; i < OBJECT_COUNT; i++)
        if (counter_table_objects[i].title > last)
            last = counter_table_objects[i].title;
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        if (counter_table_counters[i].title != TITLE_NONE && counter_table_counters[i].title > last)
            last = counter_table_counters[i].title;
    return last;
}
