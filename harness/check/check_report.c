/* SPDX-License-Identifier: MIT
 *
 * The report of a check: notes, breaches, the beginning of each stage, and when a stage or the whole
 * check is given up.
 */
#include "check_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_options.h"
#include "check_state.h"
#include "text.h"

/* Weight of a lost child; a further death at the same place of a guard has the lower weight, because
   other faults are still looked for. These numbers and the following ones are chosen. */
#define DEATH_WEIGHT 8
#define SAME_DEATH_WEIGHT 2
/* A stage is given up when the weights of its lost children reach STAGE_WEIGHT. Once those of all
   stages together reach RUN_WEIGHT, SHORT_STAGE_WEIGHT is enough. */
#define STAGE_WEIGHT 192
#define RUN_WEIGHT 384
#define SHORT_STAGE_WEIGHT 32
/* The check is given up when HANG_LIMIT calls did not return, or when late calls have taken as much
   time as HANG_LIMIT time limits. It waits LEAST_WAIT_MS in any case. */
#define HANG_LIMIT 3
#define LEAST_WAIT_MS 3000

void check_report_note(struct check_report *report, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < report->note_count; i++)
        if (strcmp(report->notes[i], text) == 0)
            return;
    if (report->note_count == CHECK_NOTES)
        return;

    char *copy = text_utf8_copy(text);

    if (copy)
        report->notes[report->note_count++] = copy;
}

enum check_status check_report_status(const struct check_report *report)
{
    if (report->is_unreadable)
        return CHECK_UNREADABLE;
    if (findings_count(&report->findings, RULE_ERROR))
        return CHECK_BROKEN;
    return report->answer_count ? CHECK_OK : CHECK_NOT_TESTED;
}

const char *check_report_status_name(enum check_status status)
{
    static const char *const names[] = { [CHECK_OK] = "ok",
                                         [CHECK_NOT_TESTED] = "not-tested",
                                         [CHECK_BROKEN] = "broken",
                                         [CHECK_UNREADABLE] = "unreadable" };

    return names[status];
}

void check_report_explain(struct check_report *report, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    if (report->reason)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    report->reason = text_utf8_copy(text);
}

void check_report_not_tried(struct check_report *report, enum rule_id rule, const char *format, ...)
{
    char text[256];
    va_list arguments;

    if (report->not_tried[rule])
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    report->not_tried[rule] = text_utf8_copy(text);
}

void check_report_leave_out(struct check_report *report, const bool is_left_out[RULE_COUNT])
{
    findings_remove(&report->findings, is_left_out);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        report->is_left_out[i] = is_left_out[i];
        report->was_checked[i] &= !is_left_out[i];
    }
}

void check_report_release(struct check_report *report)
{
    findings_release(&report->findings);
    free(report->reason);
    for (size_t i = 0; i < report->note_count; i++)
        free(report->notes[i]);
    for (size_t i = 0; i < RULE_COUNT; i++)
        free(report->not_tried[i]);
    *report = (struct check_report){ 0 };
}

/* ---- what the stages call ------------------------------------------------------------------ */

static const struct finding *first_error(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (rules[findings->items[i].rule].severity == RULE_ERROR)
            return &findings->items[i];
    return NULL;
}

static void show_progress(const struct check *check)
{
    const struct findings *findings = &check->report->findings;
    const struct finding *last = findings->count ? &findings->items[findings->count - 1] : NULL;
    const struct finding *first = check->waited_ms ? first_error(findings) : NULL;
    const struct check_progress progress = { .stage = check->stage.name,
                                             .call_count = check->report->call_count,
                                             .finding_count = findings->count,
                                             .rule = last ? rules[last->rule].name : NULL,
                                             .first_verdict = first ? first->message : NULL,
                                             .first_rule = first ? rules[first->rule].name : NULL };

    if (check->options->on_progress)
        check->options->on_progress(check->options->progress_context, &progress);
}

bool check_report_goes_on(void *context)
{
    const struct check *check = context;
    const struct check_options *options = check->options;

    show_progress(check);
    return !options->is_interrupted || !options->is_interrupted(options->progress_context);
}

/* Calls that hang or are late cost more time than anything else. */
static void give_up_run(struct check *check)
{
    const uint32_t limit_ms = check->open_limit_ms > check->collect_limit_ms
                                  ? check->open_limit_ms
                                  : check->collect_limit_ms;
    uint64_t most_ms = (uint64_t)limit_ms * HANG_LIMIT;

    if (most_ms < LEAST_WAIT_MS)
        most_ms = LEAST_WAIT_MS;
    if (check->hang_count < HANG_LIMIT && check->waited_ms < most_ms)
        return;
    check_report_note(
        check->report,
        "the run is given up at \"%s\": %u calls hung and %u were late, which took %.1f s; "
        "the rules of later stages are not tried",
        check->stage.name, check->hang_count, check->late_count, (double)check->waited_ms / 1000);
    check->is_over = true;
}

static void give_up_stage(struct check *check)
{
    const unsigned most = check->death_weight < RUN_WEIGHT ? STAGE_WEIGHT : SHORT_STAGE_WEIGHT;

    if (check->stage.death_weight < most)
        return;
    check_report_note(
        check->report,
        "the stage \"%s\" is given up, because the provider ended its process too often; "
        "the other stages go on",
        check->stage.name);
    check->stage.is_over = true;
}

bool check_report_begin_stage(struct check *check, const char *stage)
{
    const struct check_options *options = check->options;

    if (strcmp(check->stage.name, stage) != 0) {
        memset(&check->stage, 0, sizeof(check->stage));
        check->stage.name = stage;
    }
    show_progress(check);
    if (!check->is_over && options->is_interrupted &&
        options->is_interrupted(options->progress_context)) {
        check_report_note(check->report,
                          "interrupted at \"%s\": the rules of later stages are not tried", stage);
        check->is_over = true;
    }
    if (!check->is_over && !check->error)
        give_up_run(check);
    if (!check->is_over && !check->error && !check->stage.is_over)
        give_up_stage(check);
    return !check->is_over && !check->error && !check->stage.is_over;
}

void check_report_note_death(struct check *check, uint64_t place)
{
    bool is_known = false;

    check->death_count++;
    for (size_t i = 0; place && i < check->stage.place_count; i++)
        is_known |= check->stage.places[i] == place;
    const unsigned weight = is_known ? SAME_DEATH_WEIGHT : DEATH_WEIGHT;

    check->stage.death_weight += weight;
    check->death_weight += weight;
    if (place && !is_known && check->stage.place_count < CHECK_DEATH_PLACES)
        check->stage.places[check->stage.place_count++] = place;
}

void check_report_mark_stage(struct check_report *report, enum rule_stage stage)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rules[i].stage == stage)
            report->was_checked[i] = true;
}

void check_report_mark(struct check *check, enum rule_id rule)
{
    check->report->was_checked[rule] = true;
}

void check_report_breach(struct check *check, enum rule_id rule, const char *query,
                         uint32_t buffer_size, const char *subject, const char *format, ...)
{
    const struct finding_place place = { .query = query,
                                         .buffer_size = buffer_size,
                                         .offset = FINDINGS_NO_OFFSET,
                                         .subject = subject,
                                         .location =
                                             check->location.function ? &check->location : NULL };
    char text[768];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    findings_add(check->findings, rule, &place, "%s", text);
}

void check_report_begin_temporary(struct check *check, struct findings *temporary)
{
    *temporary = (struct findings){ 0 };
    check->findings = temporary;
}

/* Whether loading or unloading breaks the rule, in any stage. */
static bool is_of_any_stage(enum rule_id rule)
{
    return rules[rule].stage == RULE_STAGE_LOAD || rule == RULE_unload_crash ||
           rule == RULE_unload_hang || rule == RULE_left_behind;
}

static void keep_of_any_stage(struct check *check, const struct findings *temporary)
{
    for (size_t i = 0; i < temporary->count; i++) {
        const struct finding *finding = &temporary->items[i];
        const struct finding_place place = { .query = finding->query,
                                             .buffer_size = finding->buffer_size,
                                             .offset = finding->offset,
                                             .subject = finding->subject,
                                             .location = &finding->location };

        if (is_of_any_stage(finding->rule))
            findings_add(check->findings, finding->rule, &place, "%s", finding->message);
    }
}

void check_report_end_temporary(struct check *check, struct findings *temporary, enum rule_id rule,
                                const char *what)
{
    check->findings = &check->report->findings;
    check_report_mark(check, rule);
    keep_of_any_stage(check, temporary);
    /* First the breaches of the rule that the stage tries. */
    for (size_t i = 0; i < 2 * temporary->count; i++) {
        const size_t at = i < temporary->count ? i : i - temporary->count;
        const struct finding *finding = &temporary->items[at];

        if ((i < temporary->count) != (finding->rule == rule) || is_of_any_stage(finding->rule))
            continue;
        /* A breach that is wrong in any stage has been reported there. */
        if ((rules[finding->rule].severity != RULE_ERROR && finding->rule != rule) ||
            (finding->rule != rule && check->findings->broken[finding->rule]))
            continue;
        const enum rule_id cause = finding->rule;
        const struct finding_place place = { .query = finding->query,
                                             .buffer_size = finding->buffer_size,
                                             .offset = FINDINGS_NO_OFFSET,
                                             .location = &finding->location,
                                             .caused_by = cause == rule ? NULL : &cause };

        if (cause == rule)
            findings_add(check->findings, rule, &place, "%s: %s", what, finding->message);
        else
            findings_add(check->findings, rule, &place, "%s: %s: %s", what, rules[cause].name,
                         finding->message);
        break;
    }
    findings_release(temporary);
}
