/* SPDX-License-Identifier: MIT
 *
 * The part of an object in Collect's buffer that never changes: PERF_OBJECT_TYPE and its counter
 * definitions. It is made once at Open, when the title indices are known, and then only copied.
 *
 * Rule: the layout that every known reader reads correctly. Structures have their standard sizes.
 * Each counter has a slot of 8 bytes in the counter block, the first at offset 8, so that every
 * value is aligned and a reader that takes 8 bytes of a 4-byte value finds zeros. A base directly
 * follows its counter.
 */
#ifndef OBJECT_DEFINITION_H
#define OBJECT_DEFINITION_H

#include "counter_table.h"

/** Bytes of one counter's slot. */
#define COUNTER_SLOT_SIZE 8

struct object_definition {
    const struct object *object;
    uint32_t index;         /* title index of the object's name */
    uint32_t counter_count; /* number of counters, bases included */
    uint32_t size;          /* of `bytes`: DefinitionLength */
    uint32_t block_size;    /* of one counter block: ByteLength */
    unsigned char bytes[sizeof(PERF_OBJECT_TYPE) + COUNTER_COUNT * sizeof(PERF_COUNTER_DEFINITION)];
};

/**
 * Build the definition of an object. NumInstances means "no instances", the lengths agree with
 * that, and times are zero.
 *
 * @param first_counter  title index of the name with symbol offset 0
 * @param first_help     title index of the help text with symbol offset 0
 */
void object_definition_init(struct object_definition *definition, const struct object *object,
                            uint32_t first_counter, uint32_t first_help);

#endif /* OBJECT_DEFINITION_H */
