/* SPDX-License-Identifier: MIT
 *
 * Names of metrics, made from names of objects and counters by Prometheus' conventions, which
 * `promtool check metrics` checks: small letters, base units as suffix, no abbreviated units, no
 * type in the name, no suffix with another meaning.
 */
#ifndef METRIC_NAME_H
#define METRIC_NAME_H

#include "output.h"

/** The type of a metric, as in the TYPE line. */
enum metric_kind {
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_INFO, /* labels only; the older text format calls it a gauge */
};

/**
 * Add a metric's name, without "_total": "Custom Heap", "Bytes in Use" -> custom_heap_in_use_bytes.
 *
 * @param unit  unit of the values that are written: "seconds", "ratio", or "" to find it in the
 *              name
 * @return the unit at the end of the name: "bytes", "seconds", "ratio", or ""
 */
const char *metric_name_add(struct output *output, const char *object, const char *counter,
                            enum metric_kind kind, const char *unit);

/**
 * Add a label's value or a help text, with backslash, line break and, if requested, quote escaped.
 */
void metric_name_add_text(struct output *output, const char *text, char quote);

#endif /* METRIC_NAME_H */
