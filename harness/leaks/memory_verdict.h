/* SPDX-License-Identifier: MIT
 *
 * The verdict of `perfharness heaps explain`: where the resident memory of a process is, whether its live
 * blocks grow or its allocator holds free memory, and what to do next. It is computed from samples that the
 * caller took.
 */
#ifndef MEMORY_VERDICT_H
#define MEMORY_VERDICT_H

#include "heap_totals.h"
#include "process_memory.h"

/** The parts of resident memory. They add up to all of it. */
enum memory_part {
    PART_LIVE,          /* blocks that the program has not freed */
    PART_SLACK,         /* free in the allocator, in whole pages: can be given back */
    PART_FRAGMENTATION, /* free in the allocator, on pages with live blocks */
    PART_CACHES,        /* free in caches of threads */
    PART_OVERHEAD,      /* headers and tables of the allocator */
    PART_OUTSIDE,       /* anonymous memory that malloc never saw */
    PART_STACKS,
    PART_FILES,
    PART_SHARED,
    PART_OTHER,
    PART_COUNT
};

/** The key of a part in JSON, and its name for people. */
extern const struct memory_part_name {
    const char *key, *title;
} memory_verdict_part_names[PART_COUNT];

/** One look at a process. */
struct memory_sample {
    struct heap_totals heap; /* of its malloc; zeroed without has_heap */
    struct memory_kinds kinds;
    bool has_heap, has_kinds;
    bool is_answered; /* of the last sample: the allocator was asked for it, and has answered */
    uint64_t figures_age_ms; /* of the last sample: since the allocator was asked */
};

/** A sample, taken apart. */
struct memory_parts {
    uint64_t bytes[PART_COUNT];
    uint64_t total;
    uint64_t not_resident; /* held by the allocator without being in memory */
    bool is_split;   /* the allocator's part is known; otherwise all anonymous memory is outside
                        malloc or live, and the parts between are 0 */
    bool is_current; /* the live bytes have hardly changed since the allocator was asked */
};

void memory_verdict_parts_of(const struct memory_sample *sample, struct memory_parts *parts);

enum memory_verdict {
    VERDICT_LEAK,
    VERDICT_SLACK,
    VERDICT_FRAGMENTATION,
    VERDICT_THREAD_CACHES,
    VERDICT_ARENAS,
    VERDICT_MMAP,
    VERDICT_HEALTHY,
    VERDICT_UNKNOWN,
    VERDICT_COUNT
};

extern const char *const memory_verdict_names[VERDICT_COUNT];

#define EXPLANATION_REASONS 8 /* chosen */
#define EXPLANATION_TEXT 320  /* bytes, terminator included; chosen */
#define EXPLANATION_WINDOWS 5 /* of samples; chosen: growth raises the minimum of each */

struct memory_explanation {
    enum memory_verdict verdict;
    bool is_sure;
    char sentence[EXPLANATION_TEXT];
    char reasons[EXPLANATION_REASONS][EXPLANATION_TEXT];
    size_t reason_count;
    char next[EXPLANATION_REASONS][EXPLANATION_TEXT];
    size_t next_count;
    struct memory_parts first, last;
    int64_t live_growth, outside_growth, resident_growth, free_growth; /* over all samples, bytes */
};

/**
 * Explain.
 *
 * @param samples     in the order of time; at least one
 * @param process_id  for the commands that are advised
 */
void memory_verdict_explain(const struct memory_sample samples[], size_t count, uint32_t process_id,
                            struct memory_explanation *explanation);

#endif /* MEMORY_VERDICT_H */
