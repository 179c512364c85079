/* SPDX-License-Identifier: MIT
 *
 * The options of a check.
 */
#ifndef CHECK_OPTIONS_H
#define CHECK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name_table.h"
#include "provider_process.h"
#include "registration.h"

/** Life cycles (bits). */
enum check_lifecycle {
    CHECK_LIFECYCLE_WINDOWS = 1, /* opened once, kept loaded */
    CHECK_LIFECYCLE_WINE = 2,    /* loaded, opened, collected, closed, unloaded at each query */
};

/** The progress of a check, for users. */
struct check_progress {
    const char *stage; /* name of the stage */
    uint64_t call_count;
    size_t finding_count;
    const char *rule; /* rule of the last finding, or NULL */
    /* Message and rule of the first error. NULL until a call has hung or was late, because only
       then must the user wait long for the report. */
    const char *first_verdict, *first_rule;
};

struct check_options {
    struct provider_start start;    /* what to load and call */
    const struct service *service;  /* its registration; NULL if it is not registered */
    const struct name_table *names; /* NULL if unknown */
    uint32_t test_level;            /* 1..4: guards as at that level; 0: all kinds of guards */
    uint32_t lifecycles;            /* enum check_lifecycle; 0: all */
    uint32_t limit_ms;              /* replaces Open Timeout and Collect Timeout; 0: they apply */
    /* continue with generated queries until this time; 0: no generated queries */
    uint32_t time_ms;
    uint64_t seed;    /* of the generator */
    uint32_t readers; /* bits: 1 << enum reader_id */
    bool is_thorough; /* the search over buffer sizes has no limit */
    /* Whether to end early. The findings so far are kept. May be NULL. */
    bool (*is_interrupted)(void *context);
    void (*on_progress)(void *context, const struct check_progress *progress); /* may be NULL */
    void *progress_context; /* context of both callbacks */
};

#endif /* CHECK_OPTIONS_H */
