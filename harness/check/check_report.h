/* SPDX-License-Identifier: MIT
 *
 * The report of a check, and what the stages do with it: say which stage begins, mark a rule as
 * checked, add a breach. The last part is for the stages alone.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "printf_like.h"

/** Most notes that are kept. */
#define CHECK_NOTES 32

/** What a report comes to. The exit status of a run is that of its gravest target. */
enum check_status {
    CHECK_OK,         /* answers were examined, and no rule of severity error is broken */
    CHECK_NOT_TESTED, /* no error, but no answer either: nothing is known */
    CHECK_BROKEN,     /* an error was found */
    CHECK_UNREADABLE, /* the target is not there, or is nothing that can be checked */
};

struct check_report {
    struct findings findings;
    bool is_unreadable; /* the target could not be opened, or the harness could not go on */
    char *reason;       /* UTF-8: why nothing was tested, or why it is unreadable; NULL: neither */
    bool was_checked[RULE_COUNT]; /* rules that something was held against */
    bool is_left_out[RULE_COUNT]; /* by check_report_leave_out */
    char *not_tried[RULE_COUNT];  /* UTF-8: why a rule was not tried, where a stage has said it */
    bool is_blob;                 /* a saved answer was checked, no provider */
    bool is_v2;                   /* a V2 provider was checked: its rules count as well */
    uint32_t test_level;          /* as asked; the strictest when all were tried */
    uint64_t call_count;          /* calls of the provider */
    uint64_t answer_count;        /* answers that were gone over */
    uint64_t duration_100ns;
    char *notes[CHECK_NOTES]; /* what is worth knowing and no finding; UTF-8 */
    size_t note_count;
};

/** Add a note. */
PRINTF_LIKE(2, 3)
void check_note(struct check_report *report, const char *format, ...);

/** What the report comes to. */
enum check_status check_report_status(const struct check_report *report);

/** "ok", "not-tested", "broken" or "unreadable". */
const char *check_status_name(enum check_status status);

/** Say why nothing was tested; the first reason is kept. */
PRINTF_LIKE(2, 3)
void check_report_explain(struct check_report *report, const char *format, ...);

/** Say why a rule is not tried: a phrase. What is said first counts; once it is tried, none does. */
PRINTF_LIKE(3, 4)
void check_not_tried(struct check_report *report, enum rule_id rule, const char *format, ...);

/** Forget what was found about some rules, as if they had not been tried. */
void check_report_leave_out(struct check_report *report, const bool is_left_out[RULE_COUNT]);

/** Free what a report holds. */
void check_report_release(struct check_report *report);

/** Mark all rules of a stage as checked. */
void check_mark_stage(struct check_report *report, enum rule_stage stage);

/* ---- for the stages ------------------------------------------------------------------------ */

struct check;

/**
 * Begin a stage, or go on with it: its name, for people. Returns false when it, or the whole run, is
 * given up; the next stage may begin all the same.
 */
bool check_begin(struct check *check, const char *stage);

/** While a call is waited for: show how far the run is. Returns false when it is interrupted. */
bool check_goes_on(void *check);

/**
 * Count a child that was lost.
 *
 * @param place  a hash of where it died at a guard, so that more deaths there count less; 0: it died
 *               otherwise
 */
void check_note_death(struct check *check, uint64_t place);

/** Mark a rule as checked. */
void check_mark(struct check *check, enum rule_id rule);

/**
 * From here on, breaches go to `temporary`: the stage does what Windows does not, or not always, so
 * that they mean something else than they say.
 */
void check_begin_temporary(struct check *check, struct findings *temporary);

/** End of that: if it has an error (or a breach of `also`), it is a breach of `rule`. */
void check_end_temporary(struct check *check, struct findings *temporary, enum rule_id rule,
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

/**
 * A time limit for each of the calls that are made at the same time, of which each may take
 * limit_ms: a little more than that, and what they may wait for each other; milliseconds.
 */
uint32_t check_single_limit(const struct check *check, uint32_t limit_ms, uint32_t together);

/** The next number of the seeded generator. */
uint64_t check_random(struct check *check);

#endif /* CHECK_REPORT_H */
