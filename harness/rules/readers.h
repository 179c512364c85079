/* SPDX-License-Identifier: MIT
 *
 * Readers: programs that are known to read performance data with a parser of their own, and what
 * each of them misreads, loses or crashes on although the contract allows it. readers.def names
 * them. Each finding of a reader is a warning of the rule reader-<name>.
 *
 * Rule: runs of synthetic answers against the real readers; the results are in readers.c and the
 * models.
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
    const char *name; /* as in --reader: "windows_exporter" */
    const char *description;
    enum rule_id rule; /* the rule that is broken if the reader misreads an answer */
};

extern const struct reader readers[READER_COUNT];

/**
 * Parse "all", or names of readers separated by commas. Returns them as bits; 0 if a name is
 * unknown.
 */
uint32_t readers_parse(const char *names);

/** The answer to check. */
struct readers_answer {
    struct span bytes;
    bool is_blob;         /* begins with a PERF_DATA_BLOCK */
    uint32_t count;       /* number of objects, if it is no blob */
    const char *query;    /* for the findings, UTF-8, or NULL */
    uint32_t buffer_size; /* for the findings, bytes */
};

/**
 * Report what the readers make of the names of instances, in an answer that is read as far as
 * possible. reader_model.h reports everything else.
 *
 * @param wanted  bits: 1 << enum reader_id
 */
void readers_check(struct findings *findings, uint32_t wanted, const struct readers_answer *answer);

#endif /* READERS_H */
