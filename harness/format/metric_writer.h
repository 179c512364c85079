/* SPDX-License-Identifier: MIT
 *
 * Metrics as text, of one or several data blocks, in one of two dialects.
 *
 * A value that only grows is a counter, whose rate the reader computes; a value that is shown
 * unchanged is a gauge; time is in seconds, shares are ratios; text is a label of an info metric.
 * The objects of heapctrs are labelled with process, pid and heap (known_metric.h). The instances
 * of others have the label "name", and "parent" if they have one; the second instance of a name has
 * index="1".
 *
 * OpenMetrics calls a family of counters x and its samples x_total; the older text format calls
 * both x_total. A name of a family or a sample is never used twice.
 */
#ifndef METRIC_WRITER_H
#define METRIC_WRITER_H

#include <stdbool.h>

#include "decoder.h"
#include "metric_name.h"
#include "metric_totals.h"
#include "number_map.h"
#include "output.h"

enum metric_dialect {
    METRIC_PROMETHEUS,  /* text format 0.0.4 */
    METRIC_OPENMETRICS, /* OpenMetrics 1.0.0 */
};

/** Sums of objects by their names, for metrics without process ids. A zeroed struct is empty. */
struct metric_totals_set {
    struct metric_totals_of {
        const struct known_labels *known;
        struct metric_totals totals;
    } * objects;
    size_t count, capacity;
};

struct metric_writer {
    struct output *output;
    enum metric_dialect dialect;
    struct number_map seen;           /* hashes of the names that are in use */
    struct metric_totals_set *totals; /* NULL: metrics have process ids */
};

/** A family of metrics. The texts belong to the caller. */
struct metric_family {
    const char *name; /* without "_total" and "_info" */
    const char *unit; /* the suffix of `name` that is its unit, or "" */
    const char *help;
    enum metric_kind kind;
};

/** Begin. The writer owns only its list of names. */
void metric_writer_init(struct metric_writer *writer, struct output *output,
                        enum metric_dialect dialect, struct metric_totals_set *totals);

/**
 * Add the metrics of a data block.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: it has no header, or on_breach returned false;
 *         ERROR_NOT_ENOUGH_MEMORY. After an error the output must not be used.
 */
DWORD metric_writer_add(struct metric_writer *writer, const struct decoder_input *input);

/**
 * Add one family of the harness itself.
 *
 * @param samples  lines of labels, a space and a value: `{provider="x"} 1\n`
 */
void metric_writer_add_family(struct metric_writer *writer, const struct metric_family *family,
                              const char *samples);

/** Add perfharness_build_info, the version of the perfharness that writes. */
void metric_writer_add_build(struct metric_writer *writer, const char *version, const char *commit);

/** Write the last line, and release the writer. */
void metric_writer_end(struct metric_writer *writer);

/** Free all sums. */
void metric_writer_release_totals(struct metric_totals_set *set);

#endif /* METRIC_WRITER_H */
