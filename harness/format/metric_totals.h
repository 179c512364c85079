/* SPDX-License-Identifier: MIT
 *
 * Metrics without the label "pid": the values of all processes of one name, added up by heap, so
 * that programs that are started again and again do not make new series. The last totals of
 * processes that have ended stay in the sum, so no total ever falls.
 *
 * A process counts as ended when its heap is missing in two answers in a row, because a heap that
 * is missing in one answer may be back in the next. If totals fall under the same name and process
 * id, they belong to a new heap. One set of totals is kept for each process name and heap name, for
 * as long as this struct lives. There are at most METRIC_TOTALS_LIMIT sets; later heaps are added
 * up under the names "other". This is used by one thread at a time.
 */
#ifndef METRIC_TOTALS_H
#define METRIC_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metric_labels.h"
#include "text_map.h"

/* Most sets; chosen, because each adds series to every later scrape. */
#define METRIC_TOTALS_LIMIT 10000

/** A value between an answer and its sample. */
struct metric_value {
    bool is_there;
    uint64_t whole;  /* raw value */
    uint64_t base;   /* the base of a ratio */
    double computed; /* instead of `whole`, for metrics that are computed */
};

/** How the values of one counter are added up. */
struct metric_rule {
    bool is_total;    /* the counter only grows: values of ended processes stay in the sum */
    bool is_computed; /* metric_value.computed is used */
    enum known_sum sum;
};

/** One sum. */
struct metric_group {
    struct metric_identity identity; /* its texts belong to the group */
    size_t live_count;               /* its live heaps; if 0, only its totals are used */
    struct metric_value *ended;      /* totals of ended processes */
    struct metric_value *now;        /* sums over live and ended processes */
};

struct metric_process;

/** The sums of one object. A zeroed struct is empty and ready. */
struct metric_totals {
    const struct known_labels *known;
    size_t counter_count; /* counters of the object, the same for all groups */
    struct metric_group **groups;
    size_t group_count, group_capacity;
    struct text_map group_names;
    struct metric_process **processes; /* heaps of processes that have not ended */
    size_t process_count, process_capacity;
    struct text_map process_names;
    struct metric_group *other;
};

/** Begin an answer. Returns false if there is no memory. */
bool metric_totals_begin(struct metric_totals *totals, const struct known_labels *known,
                         size_t counter_count);

/**
 * Add one heap.
 *
 * @param values  one for each counter
 * @return false if there is no memory
 */
bool metric_totals_add(struct metric_totals *totals, const struct metric_identity *identity,
                       uint32_t occurrence, const struct metric_rule rules[],
                       const struct metric_value values[]);

/** End an answer: find the processes that have ended, and compute the sums of `groups`. */
bool metric_totals_end(struct metric_totals *totals, const struct metric_rule rules[]);

/** Free everything. The struct is empty and ready again. */
void metric_totals_release(struct metric_totals *totals);

#endif /* METRIC_TOTALS_H */
