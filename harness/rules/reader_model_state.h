/* SPDX-License-Identifier: MIT
 *
 * What the models of readers share: the answer that they read, what it really holds, and how a difference
 * becomes a finding. Nothing outside the models includes this.
 */
#ifndef READER_MODEL_STATE_H
#define READER_MODEL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object_walk.h"
#include "printf_like.h"
#include "readers.h"

struct model {
    struct findings *findings;
    const struct readers_answer *answer;
    enum reader_id reader;
    struct span bytes;
    bool is_aborted; /* it has no answer at all */
    size_t
        budget; /* values that are still looked at: a sound answer has fewer than bytes, one whose
                        lengths lead back would have endless ones */
};

/**
 * Add a finding: the reader shows, or loses, something.
 *
 * @param part  of the object, which tells findings of one object apart: "counter 5602", "instance 3", or
 *              what is at fault
 */
PRINTF_LIKE(5, 6)
void reader_model_differ(struct model *model, uint32_t object, const char *part, size_t offset,
                         const char *format, ...);

/** The reader gives up the whole answer, for the reason given. */
PRINTF_LIKE(3, 4)
void reader_model_abort(struct model *model, size_t offset, const char *format, ...);

/** The raw value that the contract gives a counter; false: it has none of 4 or 8 bytes. */
bool reader_model_value(const struct walk_instance *instance, const struct walk_counter *counter,
                        uint64_t *value);

/** Begin a walk over what is really there; false: not even a header is. */
bool reader_model_begin_walk(const struct readers_answer *answer, struct object_walk *walk);

/** OSHI, Far and Nmap. */
void reader_model_simple(struct model *model);

#endif /* READER_MODEL_STATE_H */
