/* SPDX-License-Identifier: MIT
 *
 * The decoder: what a data block means. Objects with the names of their counters, instances with
 * their parents and numbers, raw values, and, with an earlier sample beside it, cooked ones.
 *
 * It stands on object_walk: one pass over the newer sample, in its order, nothing copied but names;
 * memory grows with the number of instances only, for telling equal names apart and for finding an
 * instance in the earlier sample. Both samples are hostile.
 *
 *     decoder_open(&decoder, &input);
 *     while ((object = decoder_next_object(decoder)))
 *         while ((instance = decoder_next_instance(decoder)))
 *             for (size_t i = 0; i < object->counter_count; i++)
 *                 if (decoder_selects(decoder, i) && decoder_cook(decoder, i, &value))
 *                     ...
 *
 * Text is UTF-8. What a function returns belongs to the decoder and is valid until the next call of
 * the same function. One decoder is used by one thread at a time.
 */
#ifndef DECODER_H
#define DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cook.h"
#include "counter_path.h"
#include "name_table.h"
#include "object_walk.h"
#include "span.h"

/** Most counter paths that a decoder selects by. */
#define DECODER_PATHS 64

/** What to decode, and how. Must outlive the decoder, except this struct itself. */
struct decoder_input {
    struct span newer;              /* PERF_DATA_BLOCK */
    struct span older;              /* an earlier one, for types that need two; NULL and 0: none */
    const struct name_table *names; /* NULL: no names */
    uint32_t language;              /* of names; where it has none, English is used */
    const struct counter_path *paths; /* what is wanted */
    size_t path_count;                /* 0: everything; at most DECODER_PATHS */
    struct cook_options cook;
    walk_on_breach *on_breach; /* told of breaches in the newer sample; NULL: go on silently */
    void *context;
};

/** One counter of the current object. */
struct decoded_counter {
    struct walk_counter definition;
    const struct counter_type *type; /* NULL: winperf.h names no such type */
    const char *name;                /* NULL: the name table has none */
    const char *help;                /* likewise */
    bool is_base;
    size_t base;    /* place of the base that belongs to it; SIZE_MAX: none */
    bool has_older; /* the earlier sample has the same counter */
    struct walk_counter older;
    uint64_t paths;     /* bit n: paths[n] may mean it */
    uint32_t duplicate; /* how many counters before it have the same title index */
};

struct decoded_object {
    struct walk_object definition;
    const char *name; /* NULL: the name table has none */
    const char *help;
    struct decoded_counter *counters;
    size_t counter_count;
    bool has_older;
    struct walk_object older;
};

struct decoded_instance {
    struct walk_instance definition;
    const char *name;    /* NULL: the object has no instances; "" is a name, too */
    const char *parent;  /* its parent's name; NULL: it has none, or none that can be found */
    uint32_t occurrence; /* how many instances before it have the same parent and name */
    bool has_older;      /* it was there in the earlier sample */
    struct walk_instance older;
    uint64_t paths; /* bit n: paths[n] means it */
};

struct decoder;

/**
 * Begin.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header that can be read, or on_breach said stop;
 *         ERROR_NOT_ENOUGH_MEMORY; ERROR_INVALID_PARAMETER: too many paths
 */
DWORD decoder_open(struct decoder **decoder, const struct decoder_input *input);

/** Free all. NULL is allowed. */
void decoder_close(struct decoder *decoder);

/** The newer sample's header. */
const struct walk_data_block *decoder_header(const struct decoder *decoder);

/** Name of the computer that the newer sample is of; "" when it has none. */
const char *decoder_system_name(const struct decoder *decoder);

/** The next object that is wanted, with its counters; NULL at the end. */
const struct decoded_object *decoder_next_object(struct decoder *decoder);

/** The next instance of that object that is wanted; NULL at the end. */
const struct decoded_instance *decoder_next_instance(struct decoder *decoder);

/** Whether the counter at that place is wanted of the current instance. */
bool decoder_selects(const struct decoder *decoder, size_t counter);

/** Bytes of the current instance's value; empty when they lie outside its block. */
struct span decoder_value(const struct decoder *decoder, size_t counter);

/** The raw value of a counter with a size of 4 or 8 bytes; false for others and for missing ones.
 */
bool decoder_raw(const struct decoder *decoder, size_t counter, uint64_t *value);

/** The value of a counter whose raw value is text; NULL when it is none. */
const char *decoder_text(struct decoder *decoder, size_t counter);

/** The cooked value; false when there is none. See cook. */
bool decoder_cook(const struct decoder *decoder, size_t counter, double *value);

/** ERROR_SUCCESS, or why the walk ended early: ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_DATA. */
DWORD decoder_error(const struct decoder *decoder);

/**
 * Walk all of a data block for its breaches only.
 *
 * @return how many were met
 */
size_t decoder_check(struct span bytes, walk_on_breach *on_breach, void *context);

#endif /* DECODER_H */
