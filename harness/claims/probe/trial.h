/* SPDX-License-Identifier: MIT
 *
 * A trial tests one claim of harness/claims/claims.def on the system that the program runs on. The
 * functions that try claims are the rows of trials.def.
 *
 * A function compares what it sees by trial_expect. If one comparison fails, the claim is refuted;
 * if all hold, it is confirmed. If there was no comparison, or trial_impossible was called and none
 * failed, there is no result.
 *
 * A trial runs in a worker process (truth_worker_win.c), because it may crash. The claim is then
 * refuted, with what had been observed.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#define TRIAL_TEXT_MAX 1200 /* bytes of the observations; chosen. Longer text is cut */

enum trial_result {
    TRIAL_NOT_POSSIBLE,
    TRIAL_CONFIRMED,
    TRIAL_REFUTED,
};

struct trial {
    const char *claim;
    unsigned expected_count; /* comparisons that were made */
    bool has_failed;
    bool is_impossible;
    char against[TRIAL_TEXT_MAX]; /* observations that contradict the claim */
    char observed[TRIAL_TEXT_MAX];
};

/** A row of trials.def. */
struct trial_row {
    const char *claim;
    const char *probe; /* as in claims.def */
    void (*run)(struct trial *trial);
};

extern const struct trial_row trial_rows[];
extern const size_t trial_row_count;

/** Note an observation, without a comparison. */
void trial_observe(struct trial *trial, const char *format, ...)
    __attribute__((format(gnu_printf, 2, 3)));

/** Compare: `holds` is whether the claim holds, the text is what was observed. Returns `holds`. */
bool trial_expect(struct trial *trial, bool holds, const char *format, ...)
    __attribute__((format(gnu_printf, 3, 4)));

/** Note why the claim cannot be tried here. */
void trial_impossible(struct trial *trial, const char *format, ...)
    __attribute__((format(gnu_printf, 2, 3)));

/**
 * Look up a function of PERFLIB V2 or of process snapshots. A trial that needs one that is missing is
 * impossible on this system, which this notes.
 *
 * @param function  where to put it: the address of a pointer to a function; NULL if it is missing
 */
bool trial_find(struct trial *trial, const char *name, void *function);

enum trial_result trial_result(const struct trial *trial);

/** "confirmed", "refuted" or "not-possible". */
const char *trial_result_name(enum trial_result result);

#define TRIAL(claim, probe, function) void function(struct trial *trial);
#include "trials.def"
#undef TRIAL

#endif /* TRIAL_H */
