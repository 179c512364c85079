/* SPDX-License-Identifier: MIT
 *
 * Builds the objects of one answer, correctly. The frame of the gallery's providers then damages
 * them, and the tests of the validator do the same. Header only; standard structures, 8-byte slots,
 * zeroed padding. Its buffer is large enough for the gallery, and overflow is not checked; a
 * program that needs more defines ANSWER_SIZE and ANSWER_COUNTERS first.
 *
 *     begin_object(&answer, 0, 2);                       title index: first counter + 0
 *     add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT);
 *     add_instance(&answer, TEXT16("one"));
 *     set_value(&answer, 0, 4711);
 *     end_object(&answer);
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdint.h>
#include <string.h>

#include "winperf.h"
#include "wintypes.h"

#ifndef ANSWER_SIZE
#define ANSWER_SIZE 16384
#define ANSWER_COUNTERS 64
#endif
#define FIRST_COUNTER 2380 /* title index if nothing else is registered */

struct answer {
    union {
        unsigned char bytes[ANSWER_SIZE];
        uint64_t aligned;
    } u;
    DWORD size; /* bytes so far */
    DWORD object_count;
    DWORD first_counter; /* title index of symbol offset 0 */
    const WCHAR *query;  /* the query that it answers */
    uint64_t ticks;      /* value of counters that only grow */

    /* The current object: offsets from the start of the answer. */
    DWORD object, instance, block;
    DWORD slot_count;                                       /* 8-byte slots of its blocks */
    DWORD offsets[ANSWER_COUNTERS], sizes[ANSWER_COUNTERS]; /* of its counters' values */
};

/* Append `size` zeroed bytes to the answer. Returns their offset. */
static inline DWORD answer_take(struct answer *answer, DWORD size)
{
    const DWORD offset = answer->size;

    memset(answer->u.bytes + offset, 0, size);
    answer->size += size;
    return offset;
}

static inline PERF_OBJECT_TYPE *object_at(struct answer *answer, DWORD offset)
{
    return (PERF_OBJECT_TYPE *)(void *)(answer->u.bytes + offset);
}

static inline PERF_COUNTER_DEFINITION *counter_at(struct answer *answer, DWORD position)
{
    return (PERF_COUNTER_DEFINITION *)(void *)(answer->u.bytes + answer->object +
                                               sizeof(PERF_OBJECT_TYPE)) +
           position;
}

/* The instance and the block that were added last. */
static inline PERF_INSTANCE_DEFINITION *instance_of(struct answer *answer)
{
    return (PERF_INSTANCE_DEFINITION *)(void *)(answer->u.bytes + answer->instance);
}

static inline PERF_COUNTER_BLOCK *block_of(struct answer *answer)
{
    return (PERF_COUNTER_BLOCK *)(void *)(answer->u.bytes + answer->block);
}

/* Begin an object; `instances` becomes NumInstances. */
static inline PERF_OBJECT_TYPE *begin_object(struct answer *answer, DWORD symbol, LONG instances)
{
    answer->object = answer_take(answer, sizeof(PERF_OBJECT_TYPE));
    answer->slot_count = 0;
    answer->object_count++;

    PERF_OBJECT_TYPE *object = object_at(answer, answer->object);

    object->HeaderLength = sizeof(*object);
    object->DefinitionLength = sizeof(*object);
    object->ObjectNameTitleIndex = answer->first_counter + symbol;
    object->ObjectHelpTitleIndex = answer->first_counter + symbol + 1;
    object->DetailLevel = PERF_DETAIL_NOVICE;
    object->NumInstances = instances;
    object->PerfTime.QuadPart = 1000;
    object->PerfFreq.QuadPart = 1000;
    return object;
}

/* Add a counter. With `symbol` 0 it is a base, which has no name. */
static inline PERF_COUNTER_DEFINITION *add_counter(struct answer *answer, DWORD symbol, DWORD type)
{
    static const DWORD sizes[] = { 4, 8, 0, 16 }; /* sizes by the size bits */
    PERF_OBJECT_TYPE *object = object_at(answer, answer->object);
    const DWORD position = object->NumCounters++;
    const DWORD size = sizes[type >> 8 & 3];
    PERF_COUNTER_DEFINITION *counter;

    answer_take(answer, sizeof(*counter));
    counter = counter_at(answer, position);
    counter->ByteLength = sizeof(*counter);
    counter->CounterNameTitleIndex = symbol ? answer->first_counter + symbol : 0;
    counter->CounterHelpTitleIndex = symbol ? answer->first_counter + symbol + 1 : 0;
    counter->DetailLevel = symbol ? PERF_DETAIL_NOVICE : 0;
    counter->CounterType = type;
    counter->CounterSize = size;
    counter->CounterOffset = 8 + answer->slot_count * 8;
    answer->offsets[position] = counter->CounterOffset;
    answer->sizes[position] = size;
    answer->slot_count += (size + 7) / 8;
    object->DefinitionLength += sizeof(*counter);
    return counter;
}

/* Add the one block of an object without instances. */
static inline PERF_COUNTER_BLOCK *add_block(struct answer *answer)
{
    const DWORD size = 8 + answer->slot_count * 8;

    answer->block = answer_take(answer, size);
    block_of(answer)->ByteLength = size;
    return block_of(answer);
}

/* Add an instance with a name of `size` bytes, terminator included, and its zeroed block. */
static inline PERF_INSTANCE_DEFINITION *add_instance_bytes(struct answer *answer, const void *name,
                                                           DWORD size)
{
    const DWORD length = (DWORD)(sizeof(PERF_INSTANCE_DEFINITION) + size + 7) / 8 * 8;
    PERF_INSTANCE_DEFINITION *instance;

    answer->instance = answer_take(answer, length);
    instance = instance_of(answer);
    instance->ByteLength = length;
    instance->UniqueID = PERF_NO_UNIQUE_ID;
    instance->NameOffset = sizeof(*instance);
    instance->NameLength = size;
    memcpy(instance + 1, name, size);
    add_block(answer);
    return instance_of(answer);
}

static inline PERF_INSTANCE_DEFINITION *add_instance(struct answer *answer, const WCHAR *name)
{
    DWORD length = 0;

    while (name[length])
        length++;
    return add_instance_bytes(answer, name, (length + 1) * 2);
}

/* Set a counter's value in the block that was added last. */
static inline void set_value(struct answer *answer, DWORD position, uint64_t value)
{
    memcpy(answer->u.bytes + answer->block + answer->offsets[position], &value,
           answer->sizes[position] < 8 ? answer->sizes[position] : 8);
}

/* End the object: set its TotalByteLength. */
static inline void end_object(struct answer *answer)
{
    object_at(answer, answer->object)->TotalByteLength = answer->size - answer->object;
}

/* The answer of a sound provider: an object with two instances; a rate, a number, a fraction. */
static inline void build_sound(struct answer *answer)
{
    static const WCHAR *const names[] = { TEXT16("first"), TEXT16("second") };

    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_BULK_COUNT);
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    add_counter(answer, 6, PERF_RAW_FRACTION);
    add_counter(answer, 0, PERF_RAW_BASE);
    for (DWORD i = 0; i < 2; i++) {
        add_instance(answer, names[i]);
        set_value(answer, 0, answer->ticks);
        set_value(answer, 1, 17);
        set_value(answer, 2, 30);
        set_value(answer, 3, 120);
    }
    end_object(answer);
}

#endif /* ANSWER_H */
