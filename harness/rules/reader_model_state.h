/* SPDX-License-Identifier: MIT
 *
 * What the models of readers share: the answer that they read, what it really contains, and how a
 * difference becomes a finding. Only the models include this.
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
    bool is_aborted; /* the reader gets no data from this answer */
    size_t
        budget; /* values that the model may still read: a sound answer has fewer values than bytes,
                   and lengths that lead back must not make the model read forever */
};

/**
 * Add a finding: the reader shows, or loses, something.
 *
 * @param part  the part of the object, which distinguishes findings of one object: "counter 5602",
 *              "instance 3", or what is at fault
 */
PRINTF_LIKE(5, 6)
void reader_model_report_differ(struct model *model, uint32_t object, const char *part,
                                size_t offset, const char *format, ...);

/** The reader gives up the whole answer, for the given reason. */
PRINTF_LIKE(3, 4)
void reader_model_report_abort(struct model *model, size_t offset, const char *format, ...);

/**
 * The raw value that the contract gives a counter. Returns false if it has not 4 or 8 bytes.
 */
bool reader_model_report_value(const struct walk_instance *instance,
                               const struct walk_counter *counter, uint64_t *value);

/** Begin a walk over what is really there. Returns false if there is not even a header. */
bool reader_model_report_begin_walk(const struct readers_answer *answer, struct object_walk *walk);

/** OSHI, Far and Nmap. */
void reader_model_simple(struct model *model);

#endif /* READER_MODEL_STATE_H */
