/* SPDX-License-Identifier: MIT
 *
 * The state of a run, which all stages share. Nothing outside this folder includes this.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "symbolizer.h"
#include "wintypes.h"

struct check_options;
struct check_report;
struct provider_process;

/** Most objects of one provider that the stages look after. */
#define CHECK_OBJECTS 64

/** Most bytes that a provider is given to fit its answer in. */
#define CHECK_BUFFER_LIMIT (64u << 20)

/** Queries that the stages repeat: Global, Costly, and each object's own index. */
#define CHECK_QUERIES (CHECK_OBJECTS + 2)

/** Most places of one stage at which children died at a guard that are told apart. */
#define CHECK_DEATH_PLACES 16

/** Ticks of 100 ns, as times are measured in. */
#define TICKS_PER_MS 10000u

/** Places in the source that are remembered. */
#define CHECK_PLACES 16

/** An address of the provider, from its base, and where it is in the source. */
struct check_place {
    uint64_t offset;
    struct symbolizer_place place;
};

struct check_query {
    char text[32];
    uint32_t size;         /* of its answer when it was last asked in full; bytes */
    uint32_t object_count; /* of that answer */
    bool is_whole;         /* that answer broke no rule of structure */
};

struct check {
    const struct check_options *options;
    struct check_report *report;
    struct findings *findings; /* the report's, or a stage's own */
    struct provider_process *process;
    DWORD error; /* of the harness itself; the run ends */

    bool is_loaded, is_open; /* in the child there is now */
    bool can_open;           /* Open has succeeded at least once */
    bool is_over;            /* nothing more can be learnt */
    unsigned death_count;    /* children lost, */
    unsigned death_weight;   /* and how much they count: see check_report.c */
    unsigned hang_count;
    unsigned late_count; /* calls that took longer than they may */
    uint64_t waited_ms;  /* for calls that hung or were late */
    struct {
        const char *name;
        unsigned death_weight;               /* of the children lost in it: see check_report.c */
        uint64_t places[CHECK_DEATH_PLACES]; /* where they died at a guard; hashes */
        size_t place_count;
        bool is_over; /* given up; the next stage begins as usual */
    } stage;
    struct {
        unsigned loads;    /* of the library in this process */
        unsigned opens;    /* since it was loaded */
        unsigned collects; /* since it was opened */
    } life;
    unsigned unload_count; /* of the library, in all processes */
    uint64_t search_100ns; /* spent on the search over all sizes */

    struct check_place places[CHECK_PLACES];
    size_t place_count;                /* of all that were looked up */
    struct finding_location location;  /* of what is found now; function NULL: unknown */
    struct symbolizer_place innermost; /* the texts of that */
    char callers[512];

    uint32_t open_limit_ms, collect_limit_ms;
    uint64_t collect_100ns, collect_count; /* time that Collects took so far, and how many */
    uint32_t buffer_size;                  /* bytes that had been enough for every answer so far */
    uint64_t random;

    struct check_query queries[CHECK_QUERIES]; /* those that have an answer */
    size_t query_count;
    uint32_t objects[CHECK_OBJECTS]; /* title indices that were answered to any query */
    size_t object_count;
    uint32_t global[CHECK_OBJECTS], costly[CHECK_OBJECTS];
    size_t global_count, costly_count;
    bool ignores_query; /* answers whatever it is asked */
};

#endif /* CHECK_STATE_H */
