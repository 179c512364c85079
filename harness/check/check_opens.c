/* SPDX-License-Identifier: MIT
 *
 * Open, Close, load and unload in the orders that consumers cause, on several threads, and the
 * arguments that no caller should pass. Stages that do what Windows never does use a temporary list
 * of findings: any breach in it becomes a breach of the one rule that is tried.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_answers.h"
#include "check_call.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_limits.h"
#include "check_report.h"
#include "check_state.h"
#include "text.h"

/* All are chosen. */
#define RELOADS 3            /* the fewest; more if there are more queries */
#define STEADY_ANSWERS 5     /* answers of a group */
#define KEPT_SIZE (1u << 20) /* most bytes of an answer whose values are compared */
#define TOGETHER 4           /* threads that collect at the same time */
#define TOGETHER_ROUNDS 24   /* rounds of such collects; fewer for a slow provider */
#define QUERY_LENGTH 64      /* units; enough for the queries that the stages repeat */

/* The first query that has an answer, which these stages use, or NULL. */
static const char *usual_query(const struct check *check)
{
    return check->query_count ? check->queries[0].text : NULL;
}

static enum check_outcome ask_for(struct check *check, const char *query, uint32_t thread,
                                  struct check_answer *answer)
{
    const struct check_ask ask = { .query = query,
                                   .size = check->buffer_size,
                                   .guard = PROVIDER_GUARD_PATTERN,
                                   .has_poison = true,
                                   .poison = 0xAA,
                                   .object_types = 0xCCCCCCCC,
                                   .thread = thread };

    return check_collect_ask(check, &ask, answer);
}

static enum check_outcome ask(struct check *check, uint32_t thread, struct check_answer *answer)
{
    return ask_for(check, usual_query(check), thread, answer);
}

/* Report a breach of `rule` if Collect has no data now. */
static void expect_answer(struct check *check, enum rule_id rule, const char *query,
                          uint32_t thread, const char *when)
{
    struct check_answer answer = { 0 };
    const enum check_outcome outcome = ask_for(check, query, thread, &answer);

    if (outcome == CHECK_NOTHING || outcome == CHECK_MORE)
        check_report_breach(check, rule, query, check->buffer_size, NULL, "%s, Collect has no data",
                            when);
    check_answer_release(&answer);
}

static void expect_data(struct check *check, enum rule_id rule, uint32_t thread, const char *when)
{
    expect_answer(check, rule, usual_query(check), thread, when);
}

static void expect_no_data(struct check *check, enum rule_id rule, const char *when)
{
    struct check_answer answer = { 0 };

    if (ask(check, 0, &answer) == CHECK_ANSWER)
        check_report_breach(check, rule, usual_query(check), check->buffer_size, NULL,
                            "%s, Collect has %" PRIu32 " bytes of data", when, answer.size);
    check_answer_release(&answer);
}

static bool load(struct check *check)
{
    return check->is_loaded || check_life_cycle_succeeds(check, PROVIDER_LOAD, 0);
}

static void expect_open(struct check *check, enum rule_id rule, uint32_t thread, const char *when)
{
    const struct check_call_result opened = check_life_cycle_call(check, PROVIDER_OPEN, thread);

    if (check_life_cycle_has_refused(&opened))
        check_report_breach(check, rule, NULL, 0, NULL, "%s, Open returns %" PRIu32, when,
                            opened.code);
}

/* ---- orders ------------------------------------------------------------------------------ */

static void before_open(struct check *check)
{
    if (load(check))
        expect_no_data(check, RULE_collect_before_open, "Without Open");
}

static void after_close(struct check *check)
{
    if (!load(check))
        return;
    expect_open(check, RULE_reopen, 0, "After loading");
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    expect_no_data(check, RULE_collect_after_close, "After Close");
}

/* Several answers in a row to the same query. */
struct group {
    struct check_answer answers[STEADY_ANSWERS];
};

/* Returns whether all answers came and have the same outline. */
static bool ask_steadily(struct check *check, struct group *group)
{
    struct check_difference difference;
    bool is_steady = true;

    for (int i = 0; i < STEADY_ANSWERS && is_steady; i++) {
        struct check_answer *answer = &group->answers[i];

        is_steady =
            ask(check, 0, answer) == CHECK_ANSWER &&
            (i == 0 || !check_answers_find_difference(&group->answers[0], answer, &difference));
        if (i > 0 && answer->size > KEPT_SIZE)
            check_answer_release(answer);
    }
    return is_steady;
}

static void release_groups(struct group groups[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < STEADY_ANSWERS; k++)
            check_answer_release(&groups[i].answers[k]);
}

/* Compare two answers between which there was an Open. Returns whether their structure is the
   same. */
static bool expect_same(struct check *check, enum rule_id rule, const struct group *before,
                        const struct group *after, const char *when)
{
    const struct check_answer *former = &before->answers[0], *latter = &after->answers[0];
    struct check_difference difference;

    if (!check_answers_find_difference(former, latter, &difference))
        return true;
    check_report_breach(check, rule, usual_query(check), check->buffer_size, difference.subject,
                        "%s, %s (%" PRIu32 " bytes; before, there were %" PRIu32 ")", when,
                        difference.text, latter->size, former->size);
    return false;
}

/* Report a value that changes with every Open: between all groups, or, for second_open, between
   groups 0 and 1 and between groups 2 and 3. */
static void expect_same_values(struct check *check, enum rule_id rule, const struct group groups[],
                               size_t count, const char *when)
{
    const struct check_groups all = { STEADY_ANSWERS, count, rule == RULE_second_open };
    struct check_difference difference;

    if (check_answers_find_changed_value(groups[0].answers, &all, &difference))
        check_report_breach(check, rule, usual_query(check), check->buffer_size, difference.subject,
                            "%s, %s", when, difference.text);
}

static void opened_again(struct check *check)
{
    static const char when[] = "After Close and Open, still loaded";
    struct group groups[3] = { 0 };
    bool is_steady = true;
    size_t count = 0;

    if (!load(check))
        return;
    for (; count < 3 && is_steady; count++) {
        expect_open(check, RULE_reopen, 0, count ? "After Close, still loaded" : "After loading");
        is_steady = ask_steadily(check, &groups[count]);
        if (!groups[count].answers[0].bytes)
            expect_data(check, RULE_reopen, 0, count ? when : "After Open");
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
        is_steady = is_steady && (count == 0 || expect_same(check, RULE_reopen, &groups[count - 1],
                                                            &groups[count], when));
    }
    if (count == 1) { /* the structure changes with every answer */
        expect_open(check, RULE_reopen, 0, "After Close, still loaded");
        expect_data(check, RULE_reopen, 0, when);
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    }
    if (count == 3 && is_steady)
        expect_same_values(check, RULE_reopen, groups, count, when);
    release_groups(groups, 3);
}

static void opened_twice(struct check *check)
{
    static const char when[] = "After a second Open";
    struct group groups[4] = { 0 };

    if (!load(check))
        return;
    expect_open(check, RULE_second_open, 0, "After loading");
    bool is_steady = ask_steadily(check, &groups[0]);

    expect_open(check, RULE_second_open, 0, "A second time");
    is_steady = is_steady && ask_steadily(check, &groups[1]) &&
                expect_same(check, RULE_second_open, &groups[0], &groups[1], when);
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    expect_data(check, RULE_second_open, 0, "After two Opens and one Close");
    if (is_steady && ask_steadily(check, &groups[2])) {
        expect_open(check, RULE_second_open, 0, "A second time, after two Opens and one Close");
        if (ask_steadily(check, &groups[3]))
            expect_same_values(check, RULE_second_open, groups, 4, when);
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    }
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    release_groups(groups, 4);
}

static void closed_first(struct check *check)
{
    if (!load(check))
        return;
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    expect_open(check, RULE_close_twice, 0, "After a Close before the first Open");
    expect_data(check, RULE_close_twice, 0, "After a Close before the first Open, and Open");
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
}

static void closed_twice(struct check *check)
{
    if (!load(check))
        return;
    expect_open(check, RULE_close_twice, 0, "After loading");
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    expect_open(check, RULE_close_twice, 0, "After one Close more than Opens");
    expect_data(check, RULE_close_twice, 0, "After one Close more than Opens and Open");
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
}

/* Reload for each query, as Wine does. */
static void reload(struct check *check)
{
    const size_t count = check->query_count > RELOADS ? check->query_count : RELOADS;

    for (size_t i = 0; i < count; i++) {
        const char *const query = check->queries[i % check->query_count].text;

        if (!load(check))
            return;
        expect_open(check, RULE_reload, 0, i ? "After unloading and loading" : "After loading");
        expect_answer(check, RULE_reload, query, 0,
                      i ? "After unloading, loading and Open" : "After Open");
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
        check->is_open = false;
        check_life_cycle_ensure_unloaded(check);
    }
}

/* Begin with nothing loaded, in a new process if loading again does not work. */
static void begin_new(struct check *check)
{
    check_life_cycle_ensure_unloaded(check);
    if (check->findings->broken[RULE_reload])
        check_life_cycle_forget_child(check);
}

static void run_temporary(struct check *check, enum rule_id rule, const char *what,
                          void (*run)(struct check *check))
{
    struct findings temporary;

    if (!check_report_begin_stage(check, what))
        return;
    begin_new(check);
    check_report_begin_temporary(check, &temporary);
    run(check);
    check_life_cycle_ensure_unloaded(check);
    check_report_end_temporary(check, &temporary, rule, what);
}

void check_opens_reloads(struct check *check)
{
    const uint32_t lifecycles = check->options->lifecycles;

    if (lifecycles && !(lifecycles & CHECK_LIFECYCLE_WINE))
        return;
    check_life_cycle_ensure_unloaded(check);
    if (usual_query(check) &&
        check_report_begin_stage(check, "loaded for each query, as on Wine")) {
        check_report_mark(check, RULE_reload);
        reload(check);
    }
}

void check_opens(struct check *check)
{
    const uint32_t lifecycles = check->options->lifecycles;

    if (!usual_query(check))
        return;
    if (!lifecycles || lifecycles & CHECK_LIFECYCLE_WINDOWS) {
        run_temporary(check, RULE_reopen, "Opened again while it stayed loaded", opened_again);
        run_temporary(check, RULE_second_open, "Opened twice", opened_twice);
        run_temporary(check, RULE_collect_after_close, "Collect after Close", after_close);
        run_temporary(check, RULE_close_twice, "Closed twice", closed_twice);
        run_temporary(check, RULE_close_twice, "Closed before the first Open", closed_first);
        run_temporary(check, RULE_collect_before_open, "Collect before Open", before_open);
    }
}

/* ---- threads ----------------------------------------------------------------------------- */

static void other_threads(struct check *check)
{
    check_life_cycle_ensure_unloaded(check);
    if (!check_life_cycle_succeeds(check, PROVIDER_LOAD, 0))
        return;
    expect_open(check, RULE_thread_affinity, 1, "On a second thread");
    expect_data(check, RULE_thread_affinity, 2,
                "Opened on one thread, loaded and asked on two others");
    expect_data(check, RULE_thread_affinity, 0, "Opened on one thread, asked on another");
    check_life_cycle_call(check, PROVIDER_CLOSE, 3);
}

static void together(struct check *check)
{
    WCHAR queries[TOGETHER][QUERY_LENGTH];
    struct provider_call calls[TOGETHER];
    struct check_ask asks[TOGETHER];
    struct check_answer usual = { 0 };
    const uint32_t collects = TOGETHER * 8,
                   rounds = check_limits_repetitions(check, TOGETHER_ROUNDS * collects, collects) /
                            collects;

    if (!check_life_cycle_ensure_open(check) || ask(check, 0, &usual) != CHECK_ANSWER) {
        check_answer_release(&usual);
        return;
    }
    for (size_t i = 0; i < TOGETHER; i++) {
        asks[i] = (struct check_ask){ .query = check->queries[i % check->query_count].text,
                                      .size = check->buffer_size,
                                      .guard = PROVIDER_GUARD_PATTERN,
                                      .has_poison = true,
                                      .poison = (unsigned char)(0x11 * (i + 1)),
                                      .object_types = 0xCCCCCCCC,
                                      .thread = (uint32_t)i };
        check_collect_fill_call(check, &asks[i], queries[i], QUERY_LENGTH, &calls[i]);
        calls[i].repeat = rounds < TOGETHER_ROUNDS ? 2 : 8; /* so that the calls overlap, however
                                                               the threads are started */
        calls[i].timeout_ms =
            check_limits_of_row(check, check->collect_limit_ms, 2 + TOGETHER * calls[i].repeat);
        calls[i].single_timeout_ms = check_limits_of_call(check, check->collect_limit_ms, TOGETHER);
    }
    for (uint32_t round = 0; round < rounds && check->is_open && !check->error; round++) {
        struct provider_observation observations[TOGETHER] = { { 0 } };

        check->error =
            provider_process_call_together(check->process, calls, TOGETHER, observations);
        for (size_t i = 0; i < TOGETHER && !check->error; i++) {
            struct check_answer answer = { 0 };

            if (check_call_observe(check, &calls[i], asks[i].query, &observations[i]) &&
                check_collect_judge(check, &asks[i], &observations[i], &answer) == CHECK_NOTHING)
                check_report_breach(check, RULE_thread_unsafe, asks[i].query, asks[i].size, NULL,
                                    "Collect has no data");
            check_answer_release(&answer);
        }
        for (size_t i = 0; i < TOGETHER; i++)
            provider_observation_release(&observations[i]);
    }
    check_answer_release(&usual);
}

void check_opens_threads(struct check *check)
{
    struct findings temporary;

    if (!usual_query(check) || !check_report_begin_stage(check, "other threads"))
        return;
    begin_new(check);
    check_report_begin_temporary(check, &temporary);
    other_threads(check);
    check_life_cycle_ensure_unloaded(check);
    check_report_end_temporary(check, &temporary, RULE_thread_affinity,
                               "Called on different threads");

    if (!check_report_begin_stage(check, "several threads at once"))
        return;
    check_report_begin_temporary(check, &temporary);
    together(check);
    check_life_cycle_ensure_unloaded(check);
    check_report_end_temporary(check, &temporary, RULE_thread_unsafe, "Four threads at once");
}

/* ---- arguments --------------------------------------------------------------------------- */

void check_opens_arguments(struct check *check)
{
    static const struct {
        uint32_t null;
        const char *what;
    } cases[] = {
        { PROVIDER_NULL_DATA_POINTER, "With NULL as lppData" },
        { PROVIDER_NULL_DATA, "With NULL in *lppData" },
        { PROVIDER_NULL_TOTAL_BYTES, "With NULL as lpcbTotalBytes" },
        { PROVIDER_NULL_OBJECT_TYPES, "With NULL as lpNumObjectTypes" },
    };
    WCHAR query[QUERY_LENGTH];

    for (size_t i = 0; usual_query(check) && i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct check_ask asked = { .query = usual_query(check), .size = check->buffer_size };
        struct provider_observation observation;
        struct provider_call call;
        struct findings temporary;

        if (!check_report_begin_stage(check, "NULL arguments") ||
            !check_life_cycle_ensure_open(check))
            return;
        check_collect_fill_call(check, &asked, query, QUERY_LENGTH, &call);
        call.null_arguments = cases[i].null;
        check_report_begin_temporary(check, &temporary);
        check_call(check, &call, asked.query, &observation);
        provider_observation_release(&observation);
        check_report_end_temporary(check, &temporary, RULE_null_arguments, cases[i].what);
        /* One crash is enough. */
        if (check->findings->broken[RULE_null_arguments])
            return;
    }
}
