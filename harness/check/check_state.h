/* SPDX-License-Identifier: MIT
 *
 * What the stages of a check share. check.c runs them in order; check_call.c makes calls and turns
 * what they do to the process into findings; check_collect.c judges what Collect returns; each
 * other check_*.c is one kind of stage. Nothing outside this folder includes this.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

/** Most objects of one provider that the stages look after. */
#define CHECK_OBJECTS 64

/** Most bytes that a provider is given to fit its answer in. */
#define CHECK_ROOM_LIMIT (64u << 20)

/** Queries that the stages repeat: Global, Costly, and each object's own index. */
#define CHECK_QUERIES (CHECK_OBJECTS + 2)

/** Ticks of 100 ns, as times are measured in. */
#define TICKS_PER_MS 10000u

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
    unsigned death_count;    /* children lost */
    unsigned hang_count;
    unsigned late_count; /* calls that took longer than they may */
    const char *stage;

    uint32_t open_limit_ms, collect_limit_ms;
    uint64_t collect_100ns, collect_count; /* time that Collects took so far, and how many */
    uint32_t room;                         /* bytes that had been enough for every answer so far */
    uint64_t random;

    struct check_query queries[CHECK_QUERIES]; /* those that have an answer */
    size_t query_count;
    uint32_t objects[CHECK_OBJECTS]; /* title indices that were answered to any query */
    size_t object_count;
    uint32_t global[CHECK_OBJECTS], costly[CHECK_OBJECTS];
    size_t global_count, costly_count;
    bool ignores_query; /* answers whatever it is asked */
};

/* ---- check.c ------------------------------------------------------------------------------ */

/** Begin a stage: its name, for people. Returns false when the run is over. */
bool check_begin(struct check *check, const char *stage);

/** Mark a rule as checked. */
void check_mark(struct check *check, enum rule_id rule);

/**
 * From here on, breaches go to `scratch`: the stage does what Windows does not, or not always, so
 * that they mean something else than they say.
 */
void check_begin_scratch(struct check *check, struct findings *scratch);

/** End of that: if scratch has an error (or a breach of `also`), it is a breach of `rule`. */
void check_end_scratch(struct check *check, struct findings *scratch, enum rule_id rule,
                       const char *what);

/** Add a finding of a call; `query` NULL: no query was made. */
PRINTF_LIKE(6, 7)
void check_report_breach(struct check *check, enum rule_id rule, const char *query,
                         uint32_t buffer_size, const char *subject, const char *format, ...);

/**
 * How often a stage shall repeat a Collect that it would like to make `count` times: as often, or
 * for a provider that is slow, for a second or two, but not less than `least` times.
 */
uint32_t check_times(const struct check *check, uint32_t count, uint32_t least);

/**
 * A time limit for what is done `times` in a row, of which each may take limit_ms; milliseconds.
 * Where calls have been quick so far, a hang among many is not waited for as long as all of them
 * might take.
 */
uint32_t check_limit_of(const struct check *check, uint32_t limit_ms, uint32_t times);

/** The next number of the seeded generator. */
uint64_t check_random(struct check *check);

/* ---- check_call.c ------------------------------------------------------------------------- */

/**
 * Make one call; what it did to the process becomes findings.
 *
 * @param query  as in call->query, in UTF-8; NULL: none
 * @return true: it returned, and the observation holds. Release it in either case.
 */
bool check_call(struct check *check, const struct provider_call *call, const char *query,
                struct provider_observation *observation);

/** The same for a call that needs nothing but its kind and a thread. Returns its return code, or
    UINT32_MAX when it did not return. */
uint32_t check_simple_call(struct check *check, enum provider_call_kind kind, uint32_t thread);

/** Load and open if that is not so. Returns whether it is so now. */
bool check_be_open(struct check *check);

/** Close and unload, as far as it is open and loaded. */
void check_be_unloaded(struct check *check);

/** Give up the child, if there is one. */
void check_forget_child(struct check *check);

/** Judge what an observation says of the process; as check_call, for calls made together. */
bool check_observe(struct check *check, const struct provider_call *call, const char *query,
                   const struct provider_observation *observation);

/* ---- check_v2.c --------------------------------------------------------------------------- */

/** Take over what the emulation of PERFLIB has found since the last time; returns the allocations
    that it has asked of the provider since its start. */
uint32_t check_take_v2_findings(struct check *check);

/* ---- check_collect.c ---------------------------------------------------------------------- */

enum check_outcome {
    CHECK_FAILED,  /* it did not return, or what it returned cannot be used */
    CHECK_NOTHING, /* success, no data */
    CHECK_MORE,    /* ERROR_MORE_DATA */
    CHECK_ANSWER,  /* success, data */
};

/** One Collect, as it is to be made. Zeroed fields: thread 0, no guards, no poison. */
struct check_ask {
    const char *query; /* UTF-8; NULL: NULL */
    uint32_t size;     /* of the buffer; bytes */
    enum provider_guard guard;
    uint32_t misalignment;
    bool has_poison;
    unsigned char poison;
    uint32_t object_types; /* on entry */
    uint32_t thread;
    bool is_metadata;
    bool is_not_validated; /* the structural rules have been tried on this answer already */
};

struct check_answer {
    unsigned char *bytes; /* malloc; release with check_answer_release */
    uint32_t size;        /* bytes */
    uint32_t object_count;
    bool is_whole; /* no error of structure in it */
};

/** Ask once. `answer` may be NULL; with CHECK_ANSWER it holds the bytes. */
enum check_outcome check_ask(struct check *check, const struct check_ask *ask,
                             struct check_answer *answer);

/** Ask with as much room as it needs; a breach of never-fits when it never does. */
enum check_outcome check_ask_whole(struct check *check, const char *query,
                                   struct check_answer *answer);

/**
 * Which of two ways to ask an answer is asked for, 0 or 1: the sequence of Thue and Morse. No
 * period fits into it, so that what changes from one collect to the next is told from what depends
 * on the way. What goes to and fro by chance agrees with n turns in one of 2 to the n - 1 cases.
 */
static inline unsigned check_turn(size_t answer)
{
    return (unsigned)__builtin_popcountll(answer) & 1;
}

/**
 * Whether two ways of asking are answered differently, and always so: what an answer tells of may
 * change at any time, so each is asked several times, in an order that no period fits into.
 */
bool check_depends(struct check *check, const struct check_ask *one, const struct check_ask *other);

void check_answer_release(struct check_answer *answer);

/** Judge an observation of a Collect that returned: its outputs and what it wrote. */
enum check_outcome check_judge(struct check *check, const struct check_ask *ask,
                               const struct provider_observation *observation,
                               struct check_answer *answer);

/** What a call with those options is to be. `query` receives UTF-16, `count` units. */
void check_fill_call(const struct check *check, const struct check_ask *ask, WCHAR *query,
                     size_t count, struct provider_call *call);

/* ---- answers (check_answers.c) ------------------------------------------------------------ */

/** Title indices of an answer's objects, in order; at most `limit` of them. */
size_t check_list_objects(const struct check_answer *answer, uint32_t *indices, size_t limit);

/** Whether that title index is among them. */
bool check_has_object(const struct check_answer *answer, uint32_t index);

/** Whether two answers have the same objects with the same number of instances. */
bool check_same_shape(const struct check_answer *left, const struct check_answer *right);

/* ---- stages ------------------------------------------------------------------------------- */

void check_baseline(struct check *check);  /* check_queries.c: which queries have an answer */
void check_queries(struct check *check);   /* check_queries.c: who is answered what */
void check_sizes(struct check *check);     /* check_sizes.c: every buffer size and guard */
void check_bytes(struct check *check);     /* check_bytes.c: poison, alignment, inputs */
void check_samples(struct check *check);   /* check_samples.c: from one collect to the next */
void check_reloads(struct check *check);   /* check_opens.c: all anew for each query */
void check_opens(struct check *check);     /* check_opens.c: Open, Close, load, unload */
void check_threads(struct check *check);   /* check_opens.c: other threads, several at once */
void check_leaks(struct check *check);     /* check_leaks.c: what grows */
void check_arguments(struct check *check); /* check_opens.c: NULL arguments */
void check_generated(struct check *check); /* check_queries.c: until the time is up */
void check_v2(struct check *check);        /* check_v2.c: what concerns V2 providers only */

#endif /* CHECK_STATE_H */
