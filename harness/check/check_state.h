/* SPDX-License-Identifier: MIT
 *
 * The state of a run, which all stages share. Only this folder includes this.
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

/** Most objects of one provider that the stages treat one by one; chosen. */
#define CHECK_OBJECTS 64

/** The largest buffer for an answer, in bytes; chosen, far above any known answer. */
#define CHECK_BUFFER_LIMIT (64u << 20)

/** Queries that the stages repeat: Global, Costly, and each object's own index. */
#define CHECK_QUERIES (CHECK_OBJECTS + 2)

/** Most different places of one stage at which children died at a guard; chosen. */
#define CHECK_DEATH_PLACES 16

/** Ticks of 100 ns in a millisecond; times are measured in these ticks. */
#define TICKS_PER_MS 10000u

/** Most places in the source that are remembered; chosen. */
#define CHECK_PLACES 16

/** An address of the provider, relative to its base, and its place in the source. */
struct check_place {
    uint64_t offset;
    struct symbolizer_place place;
};

struct check_query {
    char text[32];
    uint32_t size;         /* size in bytes of its last complete answer */
    uint32_t object_count; /* number of objects in that answer */
    bool is_whole;         /* that answer broke no rule of structure */
};

struct check {
    const struct check_options *options;
    struct check_report *report;
    struct findings *findings; /* those of the report, or those of a stage */
    struct provider_process *process;
    DWORD error; /* error of the harness itself, which ends the run */

    bool is_loaded, is_open; /* state of the present child */
    bool can_open;           /* Open has succeeded at least once */
    bool is_over;            /* the run is over: nothing more can be learnt */
    unsigned death_count;    /* number of lost children, */
    unsigned death_weight;   /* and their weight: see check_report.c */
    unsigned hang_count;
    unsigned late_count; /* calls that exceeded their limit */
    uint64_t waited_ms;  /* time spent on calls that hung or were late */
    struct {
        const char *name;
        /* weight of the children lost in the stage: see check_report.c */
        unsigned death_weight;
        uint64_t places[CHECK_DEATH_PLACES]; /* hashes of the places where they died at a guard */
        size_t place_count;
        bool is_over; /* the stage is given up; the next one begins as usual */
    } stage;
    struct {
        unsigned loads;    /* how often the library was loaded in this process */
        unsigned opens;    /* Opens since it was loaded */
        unsigned collects; /* Collects since it was opened */
    } life;
    unsigned unload_count; /* unloads of the library, in all processes */
    uint64_t search_100ns; /* time spent on searches over all sizes */

    struct check_place places[CHECK_PLACES];
    size_t place_count;                /* number of places looked up so far */
    struct finding_location location;  /* location of new findings; function NULL: unknown */
    struct symbolizer_place innermost; /* the texts of that */
    char callers[512];

    uint32_t open_limit_ms, collect_limit_ms;
    uint64_t collect_100ns, collect_count; /* total time of all Collects so far, and their number */
    /* size that has been enough for every answer so far, in bytes */
    uint32_t buffer_size;
    uint64_t random;

    struct check_query queries[CHECK_QUERIES]; /* the queries that have an answer */
    size_t query_count;
    uint32_t objects[CHECK_OBJECTS]; /* title indices in the answers to any query */
    size_t object_count;
    uint32_t global[CHECK_OBJECTS], costly[CHECK_OBJECTS];
    size_t global_count, costly_count;
    bool ignores_query; /* the provider answers any query */
};

#endif /* CHECK_STATE_H */
