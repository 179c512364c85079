/* SPDX-License-Identifier: MIT
 *
 * Readers: programs that are known to read performance data with a parser of their own, and what
 * each of them misreads, loses or crashes on although the contract allows it. readers.def names
 * them; a finding of one is a warning, whose rule is reader-<name>.
 *
 * Rule: the run of synthetic answers against the real readers, as readers.c and the models have it.
 */
#ifndef READERS_H
#define READERS_H

#include <stdint.h>

#include "findings.h"
#include "span.h"

/** Position of each reader: READER_netdata and so on. */
enum reader_id {
#define READER(id, name, description) READER_##id,
#include "readers.def"
#undef READER
    READER_COUNT
};

/** All readers (bits). */
#define READERS_ALL ((1u << READER_COUNT) - 1)

struct reader {
    const char *name; /* as --reader takes it: "windows_exporter" */
    const char *description;
    enum rule_id rule; /* what is broken when the reader misreads an answer */
};

extern const struct reader readers[READER_COUNT];

/** "all", or the names of readers between commas, as bits; 0 when one of them is unknown. */
uint32_t readers_parse(const char *names);

/** What is looked at. */
struct readers_answer {
    struct span bytes;
    bool is_blob;         /* begins with a PERF_DATA_BLOCK */
    uint32_t count;       /* objects, when it does not */
    const char *query;    /* for the findings, UTF-8; NULL */
    uint32_t buffer_size; /* for the findings, bytes */
};

/**
 * Say what the readers make of the names of instances, in an answer that is read as far as it can be;
 * reader_model.h says the rest.
 *
 * @param wanted  bits: 1 << enum reader_id
 */
void readers_check(struct findings *findings, uint32_t wanted, const struct readers_answer *answer);

#endif /* READERS_H */
