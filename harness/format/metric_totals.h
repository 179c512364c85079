/* SPDX-License-Identifier: MIT
 *
 * Metrics without the label "pid": the values of all processes of one name, added up by heap, so
 * that programs that are started again and again do not make new series. The last totals of
 * processes that have ended stay in the sum, so no total ever falls.
 *
 * A process counts as ended when its heap is missing in two answers in a row: what one answer lacks
 * may be back in the next one. Totals that fall under the same name and process id are those of a
 * new heap. Kept is one set of totals for each process name and heap name, for as long as this
 * struct lives, at most METRIC_TOTALS_LIMIT of them; what comes later is added up under the names
 * "other". Used by one thread at a time.
 */
#ifndef METRIC_TOTALS_H
#define METRIC_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metric_labels.h"
#include "text_map.h"

#define METRIC_TOTALS_LIMIT 10000

/** A value on its way from an answer to a sample. */
struct metric_value {
    bool is_there;
    uint64_t whole;  /* raw value */
    uint64_t base;   /* of a ratio */
    double computed; /* instead of `whole`, for metrics that are computed */
};

/** How one counter is added up. */
struct metric_rule {
    bool is_total;    /* it only grows: the values of ended processes stay in the sum */
    bool is_computed; /* metric_value.computed counts */
    enum known_sum sum;
};

/** One sum. */
struct metric_group {
    struct metric_identity identity; /* its texts belong to the group */
    size_t live_count;               /* heaps in it now; 0: only its totals mean something */
    struct metric_value *ended;      /* totals of ended processes */
    struct metric_value *now;        /* sums over live and ended ones */
};

struct metric_process;

/** The sums of one object. Zeroed, it is empty and ready. */
struct metric_totals {
    const struct known_labels *known;
    size_t counter_count; /* of the object, for all groups */
    struct metric_group **groups;
    size_t group_count, group_room;
    struct text_map group_names;
    struct metric_process **processes; /* heaps of processes that have not ended */
    size_t process_count, process_room;
    struct text_map process_names;
    struct metric_group *other;
};

/** Begin an answer. @return false: out of memory */
bool metric_totals_begin(struct metric_totals *totals, const struct known_labels *known,
                         size_t counter_count);

/**
 * Add one heap.
 *
 * @param values  one for each counter
 * @return false: out of memory
 */
bool metric_totals_add(struct metric_totals *totals, const struct metric_identity *identity,
                       uint32_t occurrence, const struct metric_rule rules[],
                       const struct metric_value values[]);

/** The answer is complete: find out who has ended, and work out the sums of `groups`. */
bool metric_totals_end(struct metric_totals *totals, const struct metric_rule rules[]);

/** Free all; it is empty and ready again. */
void metric_totals_release(struct metric_totals *totals);

#endif /* METRIC_TOTALS_H */
