/* SPDX-License-Identifier: MIT
 *
 * The decoder interprets a data block: objects with the names of their counters, instances with
 * their parents and numbers, raw values, and, with an earlier sample, cooked values.
 *
 * It uses object_walk for one pass over the newer sample, in its order. Only names are copied. The
 * memory grows only with the number of instances, which is needed to number instances with the same
 * name and to find an instance in the earlier sample. Both samples are hostile.
 *
 *     decoder_open(&decoder, &input);
 *     while ((object = decoder_next_object(decoder)))
 *         while ((instance = decoder_next_instance(decoder)))
 *             for (size_t i = 0; i < object->counter_count; i++)
 *                 if (decoder_selects(decoder, i) && decoder_cook(decoder, i, &value))
 *                     ...
 *
 * Text is UTF-8. A returned object belongs to the decoder and is valid until the next call of
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

/** The largest number of counter paths; their matches are bits of a uint64_t. */
#define DECODER_PATHS 64

/** The input. Everything that it points at must exist as long as the decoder. */
struct decoder_input {
    struct span newer;                /* PERF_DATA_BLOCK */
    struct span older;                /* an earlier sample, for types that need two; may be empty */
    const struct name_table *names;   /* NULL: no names */
    uint32_t language;                /* of names; English if a name is missing */
    const struct counter_path *paths; /* the selected counters */
    size_t path_count;                /* 0: everything; at most DECODER_PATHS */
    struct cook_options cook;
    walk_on_breach *on_breach; /* called for breaches in the newer sample; NULL: ignored */
    void *context;
};

/** One counter of the current object. */
struct decoded_counter {
    struct walk_counter definition;
    const struct counter_type *type; /* NULL: winperf.h has no such type */
    const char *name;                /* NULL: the name table has no name */
    const char *help;                /* likewise */
    bool is_base;
    size_t base;    /* position of its base; SIZE_MAX: no base */
    bool has_older; /* the earlier sample has the same counter */
    struct walk_counter older;
    uint64_t paths;     /* bit n: paths[n] may select it */
    uint32_t duplicate; /* number of counters before it with the same title index */
};

struct decoded_object {
    struct walk_object definition;
    const char *name; /* NULL: the name table has no name */
    const char *help;
    struct decoded_counter *counters;
    size_t counter_count;
    bool has_older;
    struct walk_object older;
};

struct decoded_instance {
    struct walk_instance definition;
    const char *name;    /* NULL: the object has no instances; "" is a name */
    const char *parent;  /* its parent's name; NULL: no parent, or not found */
    uint32_t occurrence; /* number of instances before it with the same parent and name */
    bool has_older;      /* the earlier sample has it too */
    struct walk_instance older;
    uint64_t paths; /* bit n: paths[n] selects it */
};

struct decoder;

/**
 * Open a decoder.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: the header cannot be read, or on_breach returned
 *         false; ERROR_NOT_ENOUGH_MEMORY; ERROR_INVALID_PARAMETER: too many paths
 */
DWORD decoder_open(struct decoder **decoder, const struct decoder_input *input);

/** Free the decoder. NULL is allowed. */
void decoder_close(struct decoder *decoder);

/** The newer sample's header. */
const struct walk_data_block *decoder_header(const struct decoder *decoder);

/** The name of the computer of the newer sample; "" if it has no name. */
const char *decoder_system_name(const struct decoder *decoder);

/** The next selected object, with its counters; NULL at the end. */
const struct decoded_object *decoder_next_object(struct decoder *decoder);

/** The next selected instance of that object; NULL at the end. */
const struct decoded_instance *decoder_next_instance(struct decoder *decoder);

/** Whether the counter at that position is selected for the current instance. */
bool decoder_selects(const struct decoder *decoder, size_t counter);

/** The bytes of the current instance's value; empty if they are outside its block. */
struct span decoder_value(const struct decoder *decoder, size_t counter);

/** The raw value of a counter with 4 or 8 bytes. False for other sizes and missing values. */
bool decoder_raw(const struct decoder *decoder, size_t counter, uint64_t *value);

/** The text of a counter whose raw value is text; NULL for other counters. */
const char *decoder_text(struct decoder *decoder, size_t counter);

/** The cooked value; false if it cannot be computed. See cook. */
bool decoder_cook(const struct decoder *decoder, size_t counter, double *value);

/**
 * ERROR_SUCCESS, or the reason why the walk ended early: ERROR_NOT_ENOUGH_MEMORY,
 * ERROR_INVALID_DATA.
 */
DWORD decoder_error(const struct decoder *decoder);

/**
 * Walk a whole data block only to find breaches.
 *
 * @return the number of breaches
 */
size_t decoder_check(struct span bytes, walk_on_breach *on_breach, void *context);

#endif /* DECODER_H */
