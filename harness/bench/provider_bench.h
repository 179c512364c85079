/* SPDX-License-Identifier: MIT
 *
 * What a provider costs: the time of its Open, Collect and Close alone, and that of whole queries
 * through a host at each test level. It runs in a process of its own; one that fails is not
 * measured on, and said to have failed: the check finds out why.
 *
 *     struct provider_bench bench = { .start = ..., .service = ..., .query_ms = 500 };
 *
 *     error = provider_bench_calls(&bench, &calls);
 *     error = provider_bench_query(&bench, "Global", &query);
 */
#ifndef PROVIDER_BENCH_H
#define PROVIDER_BENCH_H

#include <stdint.h>

#include "provider_process.h"
#include "registration.h"

/** ExtCounterTestLevel goes from 1, which tests most, to this. */
#define PROVIDER_BENCH_LEVELS 4

/** Bytes of what is said of a failure, terminator included. */
#define BENCH_WORDS 600

/** Bytes of a query, terminator included. */
#define PROVIDER_BENCH_QUERY_SIZE 1024

struct provider_bench {
    struct provider_start start;   /* what to load and call */
    const struct service *service; /* its registration; NULL when it is not registered */
    uint32_t test_level;           /* 1..4: whole queries at that level only; 0: at all of them */
    uint32_t query_ms;             /* time to spend on each figure */
};

/** Durations of one kind of call in nanoseconds; of no call: all 0. */
struct bench_durations {
    uint64_t count;
    double minimum, median, maximum;
};

/** The calls that a query does not repeat, each made with the library freshly loaded. */
struct bench_calls {
    struct bench_durations load, open, close, unload;
};

struct bench_query {
    uint32_t object_count, byte_count;                    /* of the provider's last answer */
    struct bench_durations collect;                       /* the provider's own time */
    struct bench_durations levels[PROVIDER_BENCH_LEVELS]; /* whole queries, test level 1 first */
    char discarded[PROVIDER_BENCH_LEVELS][BENCH_WORDS];   /* why a level throws the answers away, so
                                                             that it has no figures; "": it does not */
};

/** What ended a measurement: the call that did not succeed. Zeroed: none. */
struct bench_failure {
    enum provider_call_kind kind;
    enum provider_outcome outcome; /* PROVIDER_RETURNED: with return_code */
    uint32_t return_code;
    char words[BENCH_WORDS]; /* for people; "": nothing failed */
};

/**
 * Load, open, close and unload, over and over.
 *
 * @param failure  receives why there is no result, when the provider is to blame
 * @return ERROR_SUCCESS; ERROR_CANCELLED: see failure; else failure of the harness itself
 */
DWORD provider_bench_calls(const struct provider_bench *bench, struct bench_calls *calls,
                           struct bench_failure *failure);

/**
 * One query, over and over.
 *
 * @param value    "Global", "Costly", title indices: UTF-8, PROVIDER_BENCH_QUERY_SIZE at most
 * @param failure  as above
 * @return as above
 */
DWORD provider_bench_query(const struct provider_bench *bench, const char *value,
                           struct bench_query *query, struct bench_failure *failure);

#endif /* PROVIDER_BENCH_H */
