/* SPDX-License-Identifier: MIT
 *
 * What a provider costs: the time of its Open, Collect and Close alone, and that of whole queries
 * through a host at each test level. The provider runs in a process of its own. If it fails, the
 * measurement ends and reports that it failed; `check` finds the cause.
 *
 *     struct provider_bench bench = { .start = ..., .service = ..., .query_ms = 500 };
 *
 *     error = provider_bench_calls(&bench, &calls, &failure);
 *     error = provider_bench_query(&bench, "Global", &query, &failure);
 */
#ifndef PROVIDER_BENCH_H
#define PROVIDER_BENCH_H

#include <stdint.h>

#include "provider_process.h"
#include "registration.h"

/** The highest ExtCounterTestLevel. Level 1 makes the most tests. */
#define PROVIDER_BENCH_LEVELS 4

/** Size of a description of a failure in bytes, terminator included; chosen. */
#define BENCH_WORDS 600

/** Size of a query in bytes, terminator included; chosen, far above the queries that consumers make. */
#define PROVIDER_BENCH_QUERY_SIZE 1024

struct provider_bench {
    struct provider_start start;   /* what to load and call */
    const struct service *service; /* its registration; NULL if it is not registered */
    uint32_t test_level;           /* 1..4: whole queries at this level only; 0: at each level */
    uint32_t query_ms;             /* time for each figure */
};

/** Durations of one kind of call in nanoseconds; all 0 if no call was made. */
struct bench_durations {
    uint64_t count;
    double minimum, median, maximum;
};

/** The calls that a query does not repeat. Each is made with the library freshly loaded. */
struct bench_calls {
    struct bench_durations load, open, close, unload;
};

struct bench_query {
    uint32_t object_count, byte_count;                    /* of the provider's last answer */
    struct bench_durations collect;                       /* the provider's own time */
    struct bench_durations levels[PROVIDER_BENCH_LEVELS]; /* whole queries, test level 1 first */
    char discarded[PROVIDER_BENCH_LEVELS][BENCH_WORDS];   /* why a level has no figures: its
                                                             answers are discarded; otherwise "" */
};

/** What ended a measurement: the call that did not succeed. All members are 0 if every call succeeded. */
struct bench_failure {
    enum provider_call_kind kind;
    enum provider_outcome outcome; /* PROVIDER_RETURNED: with return_code */
    uint32_t return_code;
    char words[BENCH_WORDS]; /* text for users; "" if nothing failed */
};

/**
 * Load, open, close and unload repeatedly.
 *
 * @param failure  receives why there is no result, if the provider is at fault
 * @return ERROR_SUCCESS; ERROR_CANCELLED: see failure; otherwise a failure of the harness itself
 */
DWORD provider_bench_calls(const struct provider_bench *bench, struct bench_calls *calls,
                           struct bench_failure *failure);

/**
 * Make one query repeatedly.
 *
 * @param value    "Global", "Costly", title indices: UTF-8
 * @param failure  as in provider_bench_calls
 * @return as provider_bench_calls; ERROR_INVALID_PARAMETER: value does not fit PROVIDER_BENCH_QUERY_SIZE
 */
DWORD provider_bench_query(const struct provider_bench *bench, const char *value,
                           struct bench_query *query, struct bench_failure *failure);

#endif /* PROVIDER_BENCH_H */
