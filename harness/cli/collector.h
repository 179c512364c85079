/* SPDX-License-Identifier: MIT
 *
 * Asks all providers at once, each in a thread of its own, and takes what is ready in time. A
 * provider that hangs or fails costs its own objects only. A query that is not answered in time goes
 * on; nobody asks that provider again before it has answered or reached its own time limit.
 *
 * Saved blobs and --system are one source, called "replay" and "system".
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
};

/**
 * Open. Providers whose Object List does not concern the query are left out.
 *
 * @return EXIT_FINE; EXIT_BAD_USAGE or EXIT_NOTHING with a message
 */
int collector_open(struct collector **collector, const struct global_options *global,
                   const struct sampler_options *options);

/** Let nobody wait for answers any more. */
void collector_stop(struct collector *collector);

/** Wait for the queries that go on, and free all. NULL is allowed. */
void collector_close(struct collector *collector);

/** Names and help of objects and counters, for a presenter. */
const struct name_table *collector_names(const struct collector *collector);

/**
 * Ask all, and write the metrics of those that answered within the time, of each provider whether
 * it did, and of perfharness itself. Any thread may call it; those that come while a provider is
 * asked get the same answer of that provider.
 *
 * @param presenter   names and counters; its samples are not used
 * @return EXIT_FINE;
 *         EXIT_BAD_USAGE: out of memory, which `output` says
 */
int collector_write(struct collector *collector, const struct presenter *presenter,
                    const struct collector_format *format, uint32_t timeout_ms,
                    struct output *output);

#endif /* COLLECTOR_H */
