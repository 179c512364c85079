/* SPDX-License-Identifier: MIT
 *
 * The report of a check, and what the stages do with it: announce a stage, mark a rule as checked,
 * add a breach. Only the stages use the last part.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "printf_like.h"

/** Most notes that are kept; chosen. */
#define CHECK_NOTES 32

/** The overall result of a report. The exit status of a run is that of its worst target. */
enum check_status {
    CHECK_OK,         /* answers were examined, and no rule of severity error is broken */
    CHECK_NOT_TESTED, /* no error, but no answer either: nothing is known of the provider */
    CHECK_BROKEN,     /* an error was found */
    CHECK_UNREADABLE, /* the target does not exist, or cannot be checked */
};

struct check_report {
    struct findings findings;
    bool is_unreadable; /* the target could not be opened, or the harness failed */
    /* UTF-8: why nothing was tested, or why it is unreadable; NULL if neither */
    char *reason;
    bool was_checked[RULE_COUNT]; /* rules that were tried */
    bool is_left_out[RULE_COUNT]; /* by check_report_leave_out */
    /* UTF-8: why a rule was not tried, if a stage has given a reason */
    char *not_tried[RULE_COUNT];
    bool is_blob;          /* a saved answer was checked, not a provider */
    bool is_v2;            /* a V2 provider was checked: the rules of V2 apply as well */
    uint32_t test_level;   /* as requested; the strictest if all levels were tried */
    uint64_t call_count;   /* calls of the provider */
    uint64_t answer_count; /* answers that were validated */
    uint64_t duration_100ns;
    char *notes[CHECK_NOTES]; /* information that is not a finding; UTF-8 */
    size_t note_count;
};

/** Add a note. */
PRINTF_LIKE(2, 3)
void check_report_note(struct check_report *report, const char *format, ...);

/** The status of a report. */
enum check_status check_report_status(const struct check_report *report);

/** "ok", "not-tested", "broken" or "unreadable". */
const char *check_report_status_name(enum check_status status);

/** Record why nothing was tested. The first reason is kept. */
PRINTF_LIKE(2, 3)
void check_report_explain(struct check_report *report, const char *format, ...);

/**
 * Record why a rule is not tried, as a phrase. The first reason is kept, until the rule is tried.
 */
PRINTF_LIKE(3, 4)
void check_report_not_tried(struct check_report *report, enum rule_id rule, const char *format,
                            ...);

/** Remove the findings of some rules, as if the rules had not been tried. */
void check_report_leave_out(struct check_report *report, const bool is_left_out[RULE_COUNT]);

/** Free what a report holds. */
void check_report_release(struct check_report *report);

/** Mark all rules of a stage as checked. */
void check_report_mark_stage(struct check_report *report, enum rule_stage stage);

/* ---- for the stages ------------------------------------------------------------------------ */

struct check;

/**
 * Begin a stage, or continue it; its name is for users. Returns false if the stage, or the whole
 * run, is given up. The next stage may still begin.
 */
bool check_report_begin_stage(struct check *check, const char *stage);

/**
 * Show how far the run is. This is called while a call is waited for. Returns false when the run is
 * interrupted.
 */
bool check_report_goes_on(void *check);

/**
 * Count a lost child.
 *
 * @param place  a hash of where it died at a guard, so that further deaths there count less; 0 if
 *               it died otherwise
 */
void check_report_note_death(struct check *check, uint64_t place);

/** Mark a rule as checked. */
void check_report_mark(struct check *check, enum rule_id rule);

/**
 * Add the following breaches to `temporary`: the stage does what Windows does not do, or not always, so
 * they have another meaning.
 */
void check_report_begin_temporary(struct check *check, struct findings *temporary);

/** End this. The first error, or breach of `rule` itself, in `temporary` becomes a breach of `rule`. */
void check_report_end_temporary(struct check *check, struct findings *temporary, enum rule_id rule,
                                const char *what);

/** Add a finding of a call. `query` is NULL if no query was made. */
PRINTF_LIKE(6, 7)
void check_report_breach(struct check *check, enum rule_id rule, const char *query,
                         uint32_t buffer_size, const char *subject, const char *format, ...);

#endif /* CHECK_REPORT_H */
