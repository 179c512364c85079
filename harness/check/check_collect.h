/* SPDX-License-Identifier: MIT
 *
 * Calls of Collect, and the judgement of what they return.
 */
#ifndef CHECK_COLLECT_H
#define CHECK_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check_answers.h"
#include "provider_process.h"
#include "wintypes.h"

struct check;

enum check_outcome {
    CHECK_FAILED,  /* it did not return, or what it returned cannot be used */
    CHECK_NOTHING, /* success, no data */
    CHECK_MORE,    /* ERROR_MORE_DATA */
    CHECK_ANSWER,  /* success, data */
};

/** What the buffer holds before the calls that learn what there is, and the number of four such
    bytes: a title index that is read as that was not written. */
#define CHECK_FILL 0xAA
#define CHECK_FILL_NUMBER 0xAAAAAAAAu

/** One Collect, as it is to be made. Zeroed fields: thread 0, no guards, no poison. */
struct check_ask {
    const char *query; /* UTF-8; NULL: NULL */
    uint32_t size;     /* of the buffer; bytes */
    enum provider_guard guard;
    uint32_t misalignment;
    uint32_t size_step, least_size; /* of a sweep, as in provider_request.h; 0: a single call */
    bool has_poison;
    unsigned char poison;
    uint32_t object_types; /* on entry */
    uint32_t thread;
    bool is_metadata;
    bool is_not_validated; /* the structural rules have been tried on this answer already */
};

/** Ask once. `answer` may be NULL; with CHECK_ANSWER it holds the bytes. */
enum check_outcome check_ask(struct check *check, const struct check_ask *ask,
                             struct check_answer *answer);

/**
 * Ask with many sizes, the largest first, until one call does not refuse plainly.
 *
 * @param ask   `size_step` and `least_size` say which
 * @param size  receives that of the last call
 */
enum check_outcome check_ask_sweep(struct check *check, const struct check_ask *ask, uint32_t *size,
                                   struct check_answer *answer);

/** Ask with a buffer as large as it needs; a breach of never-fits when it never does. */
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

/** Judge an observation of a Collect that returned: its outputs and what it wrote. */
enum check_outcome check_judge(struct check *check, const struct check_ask *ask,
                               const struct provider_observation *observation,
                               struct check_answer *answer);

/** What a call with those options is to be. `query` receives UTF-16, `count` units. */
void check_fill_call(const struct check *check, const struct check_ask *ask, WCHAR *query,
                     size_t count, struct provider_call *call);

#endif /* CHECK_COLLECT_H */
