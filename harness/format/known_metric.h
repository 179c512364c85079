/* SPDX-License-Identifier: MIT
 *
 * How the objects of heapctrs are exported: the rows of registry/heapctrs_metrics.def, which come
 * from the counter table. Objects and counters are recognised by their English names. The counters
 * of other providers have no row; their metrics are named after their titles (metric_name.h).
 */
#ifndef KNOWN_METRIC_H
#define KNOWN_METRIC_H

#include <stdbool.h>
#include <stdint.h>

/** The metric of a counter. */
enum known_kind {
    KNOWN_GAUGE,
    KNOWN_COUNTER,     /* a total; its samples are called <name>_total */
    KNOWN_RATIO,       /* a gauge: the value divided by its base */
    KNOWN_NOT_EXPORTED /* another metric or a label has the same information */
};

/** How the values of several processes are combined. */
enum known_sum { KNOWN_SUM, KNOWN_MAX, KNOWN_MIN };

struct known_metric {
    const char *object, *counter; /* names, as in the counter table */
    const char *name;             /* without "_total" */
    const char *help;
    enum known_kind kind;
    enum known_sum sum;
    uint32_t divisor; /* divides the raw value */
};

/** When a counter's value is known: if one of the bits is set in another counter of its object. */
struct known_presence {
    const char *by; /* that counter's name */
    uint64_t bits;
};

/** How the instances of an object are labelled. */
struct known_labels {
    const char *object;         /* name of the object */
    const char *process_id;     /* the counter that has the process id, for the label "pid" */
    const char *process, *heap; /* labels of the parts of the name before and after the process id;
                                   `heap` is NULL if the name has no such part */
};

/** The row of a counter, or NULL. Names may be NULL. */
const struct known_metric *known_metric_find(const char *object, const char *counter);

/** When a counter's value is known; NULL: always. Names may be NULL. */
const struct known_presence *known_metric_find_presence(const char *object, const char *counter);

/** The labels of an object's instances; NULL if they have the label "name". */
const struct known_labels *known_metric_find_labels(const char *object);

#endif /* KNOWN_METRIC_H */
