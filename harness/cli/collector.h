/* SPDX-License-Identifier: MIT
 *
 * Queries all providers at the same time, each in a thread of its own, and uses what is ready in
 * time. A provider that hangs or fails loses only its own objects. A query that is not answered in
 * time continues; the provider is not queried again before it has answered or reached its own time
 * limit.
 *
 * Saved blobs and --system are one source each, called "replay" and "system".
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "metric_writer.h"
#include "presenter.h"
#include "sampler.h"

struct collector;

/** How metrics are written. */
struct collector_format {
    enum metric_dialect dialect;
    struct metric_totals_set *totals; /* NULL: with process ids; used by one thread at a time */
    /* adds further metrics; may be NULL */
    void (*add_more)(void *context, struct metric_writer *writer);
    void *context; /* of add_more */
};

/**
 * Open a collector. Providers whose Object List does not match the query are left out.
 *
 * @return EXIT_FINE; EXIT_BAD_USAGE or EXIT_NOTHING with a message
 */
int collector_open(struct collector **collector, const struct global_options *global,
                   const struct sampler_options *options);

/** End all waits for answers. */
void collector_stop(struct collector *collector);

/** Wait for the queries that still run, and free everything. NULL is allowed. */
void collector_close(struct collector *collector);

/** Names and help of objects and counters, for a presenter. */
const struct name_table *collector_names(const struct collector *collector);

/**
 * Query all providers, and write the metrics of those that answered within the time, whether each
 * provider did, and those of perfharness itself. Any thread may call this. Calls during one query of a
 * provider share its answer.
 *
 * @param presenter   names and counters; its samples are not used
 * @return EXIT_FINE; EXIT_BAD_USAGE if there is no memory, as `output` shows
 */
int collector_write(struct collector *collector, const struct presenter *presenter,
                    const struct collector_format *format, uint32_t timeout_ms,
                    struct output *output);

#endif /* COLLECTOR_H */
