/* SPDX-License-Identifier: MIT
 *
 * Runs the stages of a check in their order. Each stage has a file of its own.
 */
#include "check.h"

#include <string.h>

#include "check_life_cycle.h"
#include "check_stages.h"
#include "check_state.h"
#include "os.h"
#include "reader_model.h"
#include "readers.h"
#include "validator.h"

/* For one call: Windows' limit if no time-out is registered. */
#define DEFAULT_LIMIT_MS 10000
/* Bytes; chosen: most answers fit. check_collect makes it larger for a longer answer. */
#define FIRST_BUFFER_SIZE 65536

/* ---- the registration ------------------------------------------------------------------------ */

static void check_registration(struct check *check)
{
    const struct service *service = check->options->service;

    if (!service)
        return;
    check_report_mark_stage(check->report, RULE_STAGE_REGISTRATION);
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
    if (check_report_begin_stage(check, "loading and opening") &&
        !check_life_cycle_ensure_open(check) && !check->can_open)
        return;
    check_queries_baseline(check);
    if (check->options->start.is_v2) {
        /* The bridge of V2 decides how an answer is laid out and which queries are answered. */
        check_samples(check);
        check_opens_reloads(check);
        check_leaks(check);
        check_v2(check);
        check_queries_generated(check);
        check_life_cycle_ensure_unloaded(check);
        return;
    }
    check_queries(check);
    check_bytes(check);
    check_samples(check);
    check_sizes(check);
    check_opens_reloads(check);
    check_opens_threads(check);
    check_opens(check);
    check_leaks(check);
    check_queries_generated(check);
    check_opens_arguments(check);
    check_life_cycle_ensure_unloaded(check);
}

/* Note each wanted reader whose model agreed with the decoder about every answer. */
static void note_readers(struct check_report *report, uint32_t wanted)
{
    for (size_t i = 0; i < READER_COUNT && report->answer_count; i++)
        if (wanted & 1u << i && !report->findings.broken[readers[i].rule])
            check_report_note(report, "reader %s: as decoded", readers[i].name);
}

/* A stage that does what Windows never does may name another rule as the cause of its finding. Remove
   the cause if that rule was not found broken in the whole run. */
static void settle_causes(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];

        finding->has_cause &= findings->broken[finding->caused_by];
    }
}

DWORD check_provider(const struct check_options *options, struct check_report *report)
{
    const uint64_t begin = os_time_100ns();
    const unsigned escaped_before = provider_process_escaped_count();
    struct check check = { .options = options,
                           .report = report,
                           .findings = &report->findings,
                           .stage = { .name = "" },
                           .buffer_size = FIRST_BUFFER_SIZE,
                           .random = options->seed };

    report->is_v2 = options->start.is_v2;
    report->test_level = options->test_level ? options->test_level : 1;
    check.open_limit_ms =
        limit_of(options, options->service ? options->service->open_timeout_ms : 0);
    check.collect_limit_ms =
        limit_of(options, options->service ? options->service->collect_timeout_ms : 0);
    check.error = provider_process_start(&check.process, &options->start);
    if (!check.error) {
        provider_process_watch(check.process, check_report_goes_on, &check);
        run_stages(&check);
    }
    provider_process_stop(check.process);
    if (provider_process_escaped_count() > escaped_before) {
        check_report_mark(&check, RULE_left_behind);
        check_report_breach(&check, RULE_left_behind, NULL, 0, "processes",
                            "The provider started %u processes that continued after its own "
                            "process; they were ended",
                            provider_process_escaped_count() - escaped_before);
    }
    settle_causes(&report->findings);
    note_readers(report, options->readers);
    if (!report->answer_count)
        check_report_explain(report, "no answer was received");
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
    reader_models_check(&report->findings, wanted_readers, &answer);
    readers_check(&report->findings, wanted_readers, &answer);
    check_report_mark_stage(report, RULE_STAGE_DATA_BLOCK);
    check_report_mark_stage(report, RULE_STAGE_STRUCTURE);
    for (size_t i = 0; i < READER_COUNT; i++)
        if (wanted_readers & 1u << i)
            report->was_checked[readers[i].rule] = true;
    report->is_blob = true;
    report->answer_count = 1;
    note_readers(report, wanted_readers);
    report->duration_100ns = os_time_100ns() - begin;
}
