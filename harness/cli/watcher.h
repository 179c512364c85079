/* SPDX-License-Identifier: MIT
 *
 * Samples at an interval, shown when they come: what watch and replay share. On a terminal the
 * values are refreshed in place with their trend; otherwise lines are appended.
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "presenter.h"
#include "sampler.h"

struct watcher_options {
    struct presenter_options presenter;
    uint32_t interval_ms;
    uint32_t sample_count; /* 0: until interrupted, or until there are no more */
    const char *record;    /* path of the recording to write, or NULL */
    bool is_replay; /* every sample is shown, also the first, because it may be the only one */
};

/** The formats of watch, in this order. */
#define WATCHER_FORMATS "table|csv|json|openmetrics|prometheus"

/** Run the loop to its end. Returns an exit status; messages went to stderr. */
int watcher_run(const struct watcher_options *options, struct sampler *sampler);

#endif /* WATCHER_H */
