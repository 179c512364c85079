/* SPDX-License-Identifier: MIT
 *
 * Two short tables with a linear search: one search for each counter of an object, not for each
 * value.
 */
#include "known_metric.h"

#include <stddef.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

#define PRESENT(object, counter, by, bits)
static const struct known_metric metrics[] = {
#define LABELS(object, process_id, process, heap)
#define METRIC(object, counter, kind, sum, divisor, name, help)                                    \
    { object, counter, name, help, KNOWN_##kind, KNOWN_##sum, divisor },
#include "heapctrs_metrics.def"
#undef LABELS
#undef METRIC
};

static const struct known_labels labels[] = {
#define LABELS(object, process_id, process, heap) { object, process_id, process, heap },
#define METRIC(object, counter, kind, sum, divisor, name, help)
#include "heapctrs_metrics.def"
#undef LABELS
#undef METRIC
};

#undef PRESENT

static const struct {
    const char *object, *counter;
    struct known_presence presence;
} presences[] = {
#define LABELS(object, process_id, process, heap)
#define METRIC(object, counter, kind, sum, divisor, name, help)
#define PRESENT(object, counter, by, bits) { object, counter, { by, bits } },
#include "heapctrs_metrics.def"
};

const struct known_metric *known_metric_find(const char *object, const char *counter)
{
    for (size_t i = 0; object && counter && i < COUNT_OF(metrics); i++)
        if (strcmp(metrics[i].object, object) == 0 && strcmp(metrics[i].counter, counter) == 0)
            return &metrics[i];
    return NULL;
}

const struct known_presence *known_metric_find_presence(const char *object, const char *counter)
{
    for (size_t i = 0; object && counter && i < COUNT_OF(presences); i++)
        if (strcmp(presences[i].object, object) == 0 && strcmp(presences[i].counter, counter) == 0)
            return &presences[i].presence;
    return NULL;
}

const struct known_labels *known_metric_find_labels(const char *object)
{
    for (size_t i = 0; object && i < COUNT_OF(labels); i++)
        if (strcmp(labels[i].object, object) == 0)
            return &labels[i];
    return NULL;
}
