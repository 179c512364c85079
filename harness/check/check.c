/* SPDX-License-Identifier: MIT
 *
 * Runs the stages of a check in their order and keeps its report. What the stages do stands in
 * their own files.
 */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_state.h"
#include "os.h"
#include "validator.h"

#define DEFAULT_LIMIT_MS 10000
#define DEATH_LIMIT 24 /* children lost before the run is given up */
#define HANG_LIMIT 3   /* calls that never came back */
#define LATE_LIMIT 24  /* calls that took longer than they may */
#define FIRST_ROOM 65536
#define ROW_MS 3000           /* for calls in a row, at least, */
#define ROW_LIMITS 4          /* or so many times the limit of a single one, */
#define ROW_SLOWER 16         /* and so many times what all of them should take */
#define STAGE_100NS 15000000u /* for what a slow provider is asked again and again */

void check_note(struct check_report *report, const char *format, ...)
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

    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (!copy)
        return;
    memcpy(copy, text, size);
    report->notes[report->note_count++] = copy;
}

void check_report_release(struct check_report *report)
{
    findings_release(&report->findings);
    for (size_t i = 0; i < report->note_count; i++)
        free(report->notes[i]);
    *report = (struct check_report){ 0 };
}

/* ---- what the stages call ------------------------------------------------------------------ */

static void show_progress(const struct check *check)
{
    const struct check_progress progress = { .stage = check->stage,
                                             .call_count = check->report->call_count,
                                             .finding_count = check->report->findings.count };

    if (check->options->on_progress)
        check->options->on_progress(check->options->progress_context, &progress);
}

bool check_begin(struct check *check, const char *stage)
{
    check->stage = stage;
    show_progress(check);
    if (!check->is_over && !check->error &&
        (check->death_count >= DEATH_LIMIT || check->hang_count >= HANG_LIMIT ||
         check->late_count >= LATE_LIMIT)) {
        check_note(check->report,
                   "given up at \"%s\": the provider ended its process %u times, hung %u times and "
                   "was late %u times",
                   stage, check->death_count, check->hang_count, check->late_count);
        check->is_over = true;
    }
    return !check->is_over && !check->error;
}

void check_mark(struct check *check, enum rule_id rule)
{
    check->report->was_checked[rule] = true;
}

void check_report_breach(struct check *check, enum rule_id rule, const char *query,
                         uint32_t buffer_size, const char *subject, const char *format, ...)
{
    const struct finding_place place = {
        .query = query, .buffer_size = buffer_size, .offset = FINDINGS_NO_OFFSET, .subject = subject
    };
    char text[768];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    findings_add(check->findings, rule, &place, "%s", text);
}

void check_begin_scratch(struct check *check, struct findings *scratch)
{
    *scratch = (struct findings){ 0 };
    check->findings = scratch;
}

void check_end_scratch(struct check *check, struct findings *scratch, enum rule_id rule,
                       const char *what)
{
    check->findings = &check->report->findings;
    check_mark(check, rule);
    for (size_t i = 0; i < scratch->count; i++) {
        const struct finding *finding = &scratch->items[i];

        /* What is wrong in any case has been told in any case. */
        if ((rules[finding->rule].severity != RULE_ERROR && finding->rule != rule) ||
            (finding->rule != rule && check->findings->broken[finding->rule]))
            continue;
        check_report_breach(check, rule, finding->query, finding->buffer_size, NULL, "%s: %s: %.*s",
                            what, rules[finding->rule].name, findings_message_length(finding),
                            finding->message);
        break;
    }
    findings_release(scratch);
}

/* What a Collect took so far; 100 ns. */
static uint64_t mean_time(const struct check *check)
{
    return check->collect_count ? check->collect_100ns / check->collect_count : 0;
}

uint32_t check_times(const struct check *check, uint32_t count, uint32_t least)
{
    const uint64_t mean = mean_time(check);
    const uint64_t possible = mean ? STAGE_100NS / mean : count;

    return possible >= count ? count : possible > least ? (uint32_t)possible : least;
}

uint32_t check_limit_of(const struct check *check, uint32_t limit_ms, uint32_t times)
{
    const uint64_t single = (uint64_t)limit_ms * ROW_LIMITS;
    const uint64_t usual = mean_time(check) * times / TICKS_PER_MS;
    const uint64_t whole = (uint64_t)limit_ms * times,
                   patient = (single > ROW_MS ? single : ROW_MS) + usual * ROW_SLOWER;
    const uint64_t limit = whole < patient ? whole : patient;

    return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

uint64_t check_random(struct check *check)
{
    /* splitmix64 */
    uint64_t z = check->random += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* ---- the registration ------------------------------------------------------------------------ */

static void check_registration(struct check *check)
{
    const struct service *service = check->options->service;

    if (!service)
        return;
    check_mark(check, RULE_registration_values);
    check_mark(check, RULE_registration_range);
    check_mark(check, RULE_registration_object_list);
    check_mark(check, RULE_library_path);
    if (service->problem)
        check_report_breach(check, RULE_registration_values, NULL, 0, service->name,
                            "The registration of %s cannot be used: %s", service->name,
                            service->problem);
    if (service->library && !strchr(service->library, '\\') && !strchr(service->library, '/'))
        check_report_breach(check, RULE_library_path, NULL, 0, NULL,
                            "Library of %s is \"%s\", without a folder", service->name,
                            service->library);
    if (!service->has_indices)
        return;
    if (service->first_counter % 2 != 0 || service->last_counter % 2 != 0 ||
        service->first_help % 2 == 0 || service->last_help % 2 == 0 ||
        service->first_counter > service->last_counter ||
        service->first_help > service->last_help ||
        service->last_counter - service->first_counter != service->last_help - service->first_help)
        check_report_breach(check, RULE_registration_range, NULL, 0, NULL,
                            "First/Last Counter of %s are %u and %u, First/Last Help %u and %u",
                            service->name, (unsigned)service->first_counter,
                            (unsigned)service->last_counter, (unsigned)service->first_help,
                            (unsigned)service->last_help);
    for (size_t i = 0; i < service->object_list_count; i++)
        if (service->object_list[i] < service->first_counter ||
            service->object_list[i] > service->last_counter)
            check_report_breach(check, RULE_registration_object_list, NULL, 0, NULL,
                                "Object List of %s has %u, outside First Counter %u to Last "
                                "Counter %u",
                                service->name, (unsigned)service->object_list[i],
                                (unsigned)service->first_counter, (unsigned)service->last_counter);
}

/* ---- the run ----------------------------------------------------------------------------- */

static uint32_t limit_of(const struct check_options *options, uint32_t registered)
{
    if (options->limit_ms)
        return options->limit_ms;
    return options->service && registered ? registered : DEFAULT_LIMIT_MS;
}

static void run_stages(struct check *check)
{
    const struct service *service = check->options->service;

    check_registration(check);
    if (service && service->problem)
        return;
    if (check_begin(check, "loading and opening") && !check_be_open(check) && !check->can_open)
        return;
    check_baseline(check);
    if (check->options->start.is_v2) {
        /* How an answer is laid out, and who is answered what, is the bridge's affair. */
        check_samples(check);
        check_reloads(check);
        check_leaks(check);
        check_v2(check);
        check_generated(check);
        check_be_unloaded(check);
        return;
    }
    check_queries(check);
    check_bytes(check);
    check_samples(check);
    check_sizes(check);
    check_reloads(check);
    check_threads(check);
    check_opens(check);
    check_leaks(check);
    check_generated(check);
    check_arguments(check);
    check_be_unloaded(check);
}

DWORD check_provider(const struct check_options *options, struct check_report *report)
{
    const uint64_t begin = os_time_100ns();
    struct check check = { .options = options,
                           .report = report,
                           .findings = &report->findings,
                           .stage = "",
                           .room = FIRST_ROOM,
                           .random = options->seed };

    report->rule_count = options->start.is_v2 ? RULE_COUNT : RULE_V1_COUNT;
    report->test_level = options->test_level ? options->test_level : 1;
    check.open_limit_ms =
        limit_of(options, options->service ? options->service->open_timeout_ms : 0);
    check.collect_limit_ms =
        limit_of(options, options->service ? options->service->collect_timeout_ms : 0);
    check.error = provider_process_start(&check.process, &options->start);
    if (!check.error)
        run_stages(&check);
    provider_process_stop(check.process);
    report->duration_100ns = os_time_100ns() - begin;
    return check.error;
}

void check_blob(struct span bytes, const struct name_table *names, uint32_t wanted_readers,
                struct check_report *report)
{
    const uint64_t begin = os_time_100ns();
    const uint32_t size = bytes.size > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes.size;
    const struct validator validator = { .findings = &report->findings,
                                         .names = names,
                                         .buffer_size = size };
    const struct readers_answer answer = { .bytes = bytes, .is_blob = true, .buffer_size = size };

    validator_check_blob(&validator, bytes);
    readers_check(&report->findings, wanted_readers, &answer);
    for (size_t i = RULE_data_header; i < RULE_structure_unstable; i++)
        report->was_checked[i] = true;
    report->was_checked[RULE_total_alignment] = true;
    report->was_checked[RULE_object_count] = true;
    for (size_t i = 0; i < READER_COUNT; i++)
        if (wanted_readers & 1u << i)
            report->was_checked[RULE_reader_windows_exporter + i] = true;
    report->rule_count = RULE_V1_COUNT;
    report->answer_count = 1;
    report->duration_100ns = os_time_100ns() - begin;
}
