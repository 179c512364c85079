/* SPDX-License-Identifier: MIT
 *
 * What a check is asked to do.
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

/** How far a check has come, for people. */
struct check_progress {
    const char *stage; /* what is being tried */
    uint64_t call_count;
    size_t finding_count;
    const char *rule; /* of the last finding; NULL: there is none */
    const char
        *first_verdict;     /* message of the first error, once a call had to be waited for; NULL */
    const char *first_rule; /* and its rule */
};

struct check_options {
    struct provider_start start;    /* what to load and call */
    const struct service *service;  /* its registration; NULL when it is not registered */
    const struct name_table *names; /* NULL: unknown */
    uint32_t test_level;            /* 1..4: guards as that level has them; 0: all of them */
    uint32_t lifecycles;            /* enum check_lifecycle; 0: all */
    uint32_t limit_ms;              /* instead of Open Timeout and Collect Timeout; 0: those */
    uint32_t time_ms;               /* go on with generated queries until then; 0: do not */
    uint64_t seed;                  /* of what is generated */
    uint32_t readers;               /* bits: 1 << enum reader_id */
    bool is_thorough;               /* the search over buffer sizes has no limit */
    bool (*is_interrupted)(
        void *context); /* whether to end early with what was found; may be NULL */
    void (*on_progress)(void *context, const struct check_progress *progress); /* may be NULL */
    void *progress_context; /* of both callbacks */
};

#endif /* CHECK_OPTIONS_H */
