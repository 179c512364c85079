/* SPDX-License-Identifier: MIT
 *
 * The check: everything that the rules ask of one provider. The provider runs in a process of its
 * own and is called with many queries, buffer sizes, guards and life cycles; what it does and what
 * it writes is held against the rules. A crash, a hang, an exit is a finding, and the run goes on,
 * until there were too many of them.
 *
 * Deterministic for a given seed, as far as the provider is.
 *
 *     struct check_report report = { 0 };
 *
 *     error = check_provider(&options, &report);
 *     ... report.findings ...
 *     check_report_release(&report);
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "findings.h"
#include "printf_like.h"
#include "provider_process.h"
#include "readers.h"
#include "registration.h"
#include "span.h"

/** Life cycles (bits). */
enum check_lifecycle {
    CHECK_LIFECYCLE_WINDOWS = 1, /* opened once, kept loaded */
    CHECK_LIFECYCLE_WINE = 2,    /* loaded, opened, collected, closed, unloaded at each query */
};

/** How far a check has come, for people. */
struct check_progress {
    const char *stage; /* what is being tried */
    uint64_t call_count;
    size_t finding_count;
};

struct check_options {
    struct provider_start start;    /* what to load and call */
    const struct service *service;  /* its registration; NULL when it is not registered */
    const struct name_table *names; /* NULL: unknown */
    uint32_t test_level;            /* 1..4: guards as that level has them; 0: all of them */
    uint32_t lifecycles;            /* enum check_lifecycle; 0: all */
    uint32_t limit_ms;              /* instead of Open Timeout and Collect Timeout; 0: those */
    uint32_t time_ms;               /* go on with generated queries until then; 0: do not */
    uint64_t seed;                  /* of what is generated */
    uint32_t readers;               /* bits: 1 << enum reader_id */
    void (*on_progress)(void *context, const struct check_progress *progress); /* may be NULL */
    void *progress_context;
};

/** Most notes that are kept. */
#define CHECK_NOTES 16

struct check_report {
    struct findings findings;
    bool was_checked[RULE_COUNT]; /* rules that something was held against */
    size_t rule_count;            /* rules that concern what was checked: the first ones */
    uint32_t test_level;          /* as asked; the strictest when all were tried */
    uint64_t call_count;          /* calls of the provider */
    uint64_t answer_count;        /* answers that were gone over */
    uint64_t duration_100ns;
    char *notes[CHECK_NOTES]; /* what is worth knowing and no finding; UTF-8 */
    size_t note_count;
};

/**
 * Check a provider.
 *
 * @param report  zeroed by the caller; receives all that was found, also when an error ends it
 * @return ERROR_SUCCESS, whatever was found; else trouble of the harness itself (no child process,
 *         no memory)
 */
DWORD check_provider(const struct check_options *options, struct check_report *report);

/**
 * Check a saved answer of HKEY_PERFORMANCE_DATA.
 *
 * @param names    texts of title indices, NULL when unknown
 * @param readers  bits: 1 << enum reader_id
 */
void check_blob(struct span bytes, const struct name_table *names, uint32_t readers,
                struct check_report *report);

/** Add a note. */
PRINTF_LIKE(2, 3)
void check_note(struct check_report *report, const char *format, ...);

/** Free what a report holds. */
void check_report_release(struct check_report *report);

#endif /* CHECK_H */
