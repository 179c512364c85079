/* SPDX-License-Identifier: MIT
 *
 * Calls of Collect, and the judgement of their results.
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
    CHECK_FAILED,  /* it did not return, or its result cannot be used */
    CHECK_NOTHING, /* success without data */
    CHECK_MORE,    /* ERROR_MORE_DATA */
    CHECK_ANSWER,  /* success with data */
};

/**
 * The byte in the buffer before the calls that explore the provider, and the number that four such
 * bytes make: a title index with this value was not written.
 */
#define CHECK_FILL 0xAA
#define CHECK_FILL_NUMBER 0xAAAAAAAAu

/** One Collect to be made. Zeroed fields mean: thread 0, no guards, no poison. */
struct check_ask {
    const char *query; /* UTF-8; NULL is passed as NULL */
    uint32_t size;     /* size of the buffer in bytes */
    enum provider_guard guard;
    uint32_t misalignment;
    uint32_t size_step, least_size; /* of a sweep, as in provider_request.h; 0: a single call */
    bool has_poison;
    unsigned char poison;
    uint32_t object_types; /* *lpNumObjectTypes on entry */
    uint32_t thread;
    bool is_metadata;
    bool is_not_validated; /* the structural rules are not tried on this answer */
};

/** Make one call. `answer` may be NULL; with CHECK_ANSWER it receives the bytes. */
enum check_outcome check_collect_ask(struct check *check, const struct check_ask *ask,
                                     struct check_answer *answer);

/**
 * Call with many sizes, the largest first, until a call does not simply refuse.
 *
 * @param ask   `size_step` and `least_size` define the sizes
 * @param size  receives the size of the last call
 */
enum check_outcome check_collect_ask_sweep(struct check *check, const struct check_ask *ask,
                                           uint32_t *size, struct check_answer *answer);

/** Call with a buffer as large as needed. If no buffer is large enough, never-fits is broken. */
enum check_outcome check_collect_ask_whole(struct check *check, const char *query,
                                           struct check_answer *answer);

/**
 * Which of two ways of asking is used for an answer, 0 or 1: the sequence of Thue and Morse. It has no
 * period, so a change from one collect to the next is not mistaken for a dependency on the way. A value
 * that changes by chance agrees with n turns in one of 2^(n - 1) cases.
 */
static inline unsigned check_collect_turn(size_t answer)
{
    return (unsigned)__builtin_popcountll(answer) & 1;
}

/**
 * Whether two ways of asking always get different answers. The contents of an answer may change at
 * any time, so each way is used several times, in an order without a period.
 */
bool check_collect_depends(struct check *check, const struct check_ask *one,
                           const struct check_ask *other);

/** Judge an observation of a Collect that returned: its outputs and the bytes that it wrote. */
enum check_outcome check_collect_judge(struct check *check, const struct check_ask *ask,
                                       const struct provider_observation *observation,
                                       struct check_answer *answer);

/** Fill in a call with these options. `query` receives UTF-16, `count` units. */
void check_collect_fill_call(const struct check *check, const struct check_ask *ask, WCHAR *query,
                             size_t count, struct provider_call *call);

#endif /* CHECK_COLLECT_H */
