/* SPDX-License-Identifier: MIT
 *
 * One Collect: makes the call, and judges whether return code, pointer, sizes, counts and guards
 * are what the contract says. The bytes of an answer are passed to the validator and the readers.
 */
#include "check_collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_answers.h"
#include "check_call.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_report.h"
#include "check_state.h"
#include "object_walk.h"
#include "reader_model.h"
#include "readers.h"
#include "text.h"
#include "validator.h"

#define TURNS 24           /* chosen, for check_collect_depends; mostly the first two decide */
#define QUERY_LENGTH 33000 /* UTF-16 units; more than LONG_QUERY and an index */

void check_collect_fill_call(const struct check *check, const struct check_ask *ask, WCHAR *query,
                             size_t count, struct provider_call *call)
{
    (void)check;
    *call = (struct provider_call){ .kind = PROVIDER_COLLECT,
                                    .thread = ask->thread,
                                    .buffer_size = ask->size,
                                    .misalignment = ask->misalignment,
                                    .size_step = ask->size_step,
                                    .least_size = ask->least_size,
                                    .guard = ask->guard,
                                    .has_poison = ask->has_poison,
                                    .poison = ask->poison,
                                    .object_types = ask->object_types,
                                    .copy_used_only = true };
    if (ask->guard == PROVIDER_GUARD_NONE || ask->guard == PROVIDER_GUARD_PATTERN)
        call->reserve_size = check->buffer_size < (1u << 20) ? 1u << 20 : check->buffer_size * 2;
    if (ask->query) {
        text_from_utf8(ask->query, strlen(ask->query), query, count);
        call->query = query;
    }
}

/* ---- guards ---------------------------------------------------------------------------------- */

/* Returns whether nothing outside the buffer was changed. */
static bool judge_guards(struct check *check, const struct check_ask *ask,
                         const struct provider_observation *observation)
{
    const struct provider_damage *damage = &observation->damage;

    check_report_mark(check, RULE_heap_damage);
    check_report_mark(check, RULE_guard_overrun);
    check_report_mark(check, RULE_guard_underrun);
    check_report_mark(check, RULE_query_modified);
    if (observation->argument_damage & PROVIDER_WROTE_QUERY)
        check_report_breach(check, RULE_query_modified, ask->query, ask->size, NULL,
                            "Collect writes into the query string");
    if (observation->argument_damage & ~(uint32_t)PROVIDER_WROTE_QUERY)
        check_report_breach(check, RULE_heap_damage, ask->query, ask->size, "arguments of Collect",
                            "Collect writes beside %s",
                            observation->argument_damage & PROVIDER_WROTE_BESIDE_DATA ? "*lppData"
                            : observation->argument_damage & PROVIDER_WROTE_BESIDE_TOTAL_BYTES
                                ? "*lpcbTotalBytes, which has 4 bytes"
                                : "*lpNumObjectTypes, which has 4 bytes");
    if (damage->before)
        check_report_breach(check, RULE_guard_underrun, ask->query, ask->size, NULL,
                            "Collect writes up to %" PRIu32 " byte%s before the buffer of %" PRIu32
                            " bytes",
                            damage->before_last, damage->before_last == 1 ? "" : "s", ask->size);
    if (damage->after)
        check_report_breach(check, RULE_guard_overrun, ask->query, ask->size, NULL,
                            "Collect writes %" PRIu32
                            " byte%s after the end of the buffer of %" PRIu32 " bytes",
                            damage->after_last + 1, damage->after_last ? "s" : "", ask->size);
    if (damage->reserve_used)
        check_report_breach(
            check, RULE_heap_damage, ask->query, ask->size, NULL,
            "Collect writes up to %" PRIu32 " bytes after the end of the buffer of %" PRIu32
            " bytes, past its guard of %u bytes",
            damage->reserve_used + PROVIDER_GUARD_SIZE, ask->size, (unsigned)PROVIDER_GUARD_SIZE);
    return !damage->before && !damage->after && !damage->reserve_used;
}

/* ---- outputs ----------------------------------------------------------------------------- */

static bool is_untouched(const struct provider_observation *observation)
{
    return !observation->data_is_null && observation->moved == 0 && observation->total_bytes == 0 &&
           observation->object_types == 0;
}

/* Describe an output for users: the value that the provider stored, or that it left the argument
   unchanged. */
static void describe_output(char *text, size_t size, uint32_t value, uint32_t on_entry)
{
    if (value == on_entry && value != 0)
        snprintf(text, size, "as it was passed");
    else
        snprintf(text, size, "%" PRIu32, value);
}

static void report_outputs(struct check *check, enum rule_id rule, const struct check_ask *ask,
                           const struct provider_observation *observation, const char *when)
{
    char total_bytes[24], object_types[24];

    describe_output(total_bytes, sizeof(total_bytes), observation->total_bytes, ask->size);
    describe_output(object_types, sizeof(object_types), observation->object_types,
                    ask->object_types);
    check_report_breach(check, rule, ask->query, ask->size, NULL,
                        "%s, *lppData moved by %" PRId64
                        " bytes, *lpcbTotalBytes is %s, *lpNumObjectTypes is %s; expected 0, 0 "
                        "and 0",
                        when, observation->moved, total_bytes, object_types);
}

/* Whether the outputs mean that there is no object. The number of bytes does not matter. */
static bool has_no_objects(const struct check_ask *ask,
                           const struct provider_observation *observation)
{
    return observation->moved == 0 &&
           (observation->object_types == 0 || (observation->object_types == ask->object_types &&
                                               observation->total_bytes == ask->size));
}

/* Whether all claimed bytes still have the value that filled the buffer. */
static bool is_unwritten(const struct check_ask *ask, struct span bytes)
{
    size_t i = 0;

    while (ask->has_poison && i < bytes.size && bytes.data[i] == ask->poison)
        i++;
    return i == bytes.size;
}

/* Count the objects in the bytes, without findings. */
static uint32_t count_objects(struct span bytes)
{
    struct object_walk walk;
    struct walk_object object;
    uint32_t count = 0;

    object_walk_begin_objects(&walk, bytes, 0, NULL, NULL);
    while (object_walk_next(&walk, &object))
        count++;
    return count;
}

/* Try the structural rules. Returns whether all are kept. */
static bool validate(struct check *check, const struct check_ask *ask, struct span bytes,
                     uint32_t object_types)
{
    const size_t before = findings_count(check->findings, RULE_ERROR);
    const struct validator validator = { .findings = check->findings,
                                         .service = check->options->service,
                                         .names = check->options->names,
                                         .query = ask->query,
                                         .buffer_size = ask->size,
                                         .is_metadata = ask->is_metadata,
                                         .fill = ask->has_poison ? ask->poison : 0 };
    const struct readers_answer answer = {
        .bytes = bytes, .count = object_types, .query = ask->query, .buffer_size = ask->size
    };
    uint32_t count = object_types;

    check_report_mark_stage(check->report, RULE_STAGE_STRUCTURE);
    check_report_mark(check, RULE_object_length_sum);
    check->report->answer_count++;
    if (ask->object_types != 0 && object_types != count_objects(bytes) &&
        object_types - ask->object_types == count_objects(bytes)) {
        count = count_objects(bytes);
        check_report_breach(check, RULE_object_count_input, ask->query, ask->size, NULL,
                            "*lpNumObjectTypes was %" PRIu32 " on entry and is %" PRIu32
                            " on return: %" PRIu32 " was added to it",
                            ask->object_types, object_types, count);
    }
    /* An unchanged number is our own and does not show what the provider counted. */
    if (object_types == ask->object_types && object_types != count_objects(bytes)) {
        count = count_objects(bytes);
        check_report_breach(check, RULE_object_count, ask->query, ask->size, NULL,
                            "*lpNumObjectTypes is as it was passed; the bytes hold %" PRIu32
                            " object%s",
                            count, count == 1 ? "" : "s");
    }
    validator_check_objects(&validator, bytes, count);
    if (check->options->readers && !ask->is_metadata) {
        reader_models_check(check->findings, check->options->readers, &answer);
        readers_check(check->findings, check->options->readers, &answer);
        for (size_t i = 0; i < READER_COUNT; i++)
            if (check->options->readers & 1u << i)
                check_report_mark(check, readers[i].rule);
    }
    return findings_count(check->findings, RULE_ERROR) == before;
}

static enum check_outcome judge_success(struct check *check, const struct check_ask *ask,
                                        const struct provider_observation *observation,
                                        bool is_in_bounds, struct check_answer *answer)
{
    const uint32_t size = observation->total_bytes;

    if (size == 0) {
        if (!is_untouched(observation))
            report_outputs(check, RULE_no_data_outputs, ask, observation, "Without data");
        return CHECK_NOTHING;
    }
    if (has_no_objects(ask, observation)) {
        report_outputs(check, RULE_no_data_outputs, ask, observation,
                       observation->object_types ? "With success and none of the arguments assigned"
                                                 : "With success and no objects");
        return CHECK_NOTHING;
    }
    check_report_mark(check, RULE_size_beyond_buffer);
    check_report_mark(check, RULE_pointer_advance);
    check_report_mark(check, RULE_object_count_input);
    if (size > ask->size) {
        /* Bytes written there have been reported already; without guards nothing is known of
           them. */
        if (is_in_bounds && ask->guard != PROVIDER_GUARD_NONE)
            check_report_breach(check, RULE_size_beyond_buffer, ask->query, ask->size, NULL,
                                "*lpcbTotalBytes is %" PRIu32 " on return; the buffer has %" PRIu32
                                " bytes",
                                size, ask->size);
        return CHECK_FAILED;
    }
    if (observation->data_is_null || observation->moved != (int64_t)size)
        check_report_breach(check, RULE_pointer_advance, ask->query, ask->size, NULL,
                            "*lppData moved by %" PRId64 " bytes, but *lpcbTotalBytes is %" PRIu32,
                            observation->moved, size);
    if (!observation->bytes || observation->byte_count < size)
        return CHECK_FAILED;

    const struct span bytes = { observation->bytes, size };

    check_report_mark(check, RULE_uninitialised_data);
    if (is_unwritten(ask, bytes)) {
        check_report_breach(check, RULE_uninitialised_data, ask->query, ask->size, NULL,
                            "Collect claims %" PRIu32 " bytes, and none of them was written", size);
        check->report->answer_count++;
        return CHECK_FAILED;
    }

    const bool is_whole =
        ask->is_not_validated || validate(check, ask, bytes, observation->object_types);

    if (answer) {
        *answer = (struct check_answer){ .bytes = malloc(size),
                                         .size = size,
                                         .object_count = count_objects(bytes),
                                         .is_whole = is_whole };
        if (!answer->bytes) {
            check->error = ERROR_NOT_ENOUGH_MEMORY;
            return CHECK_FAILED;
        }
        memcpy(answer->bytes, observation->bytes, size);
    }
    return CHECK_ANSWER;
}

enum check_outcome check_collect_judge(struct check *check, const struct check_ask *ask,
                                       const struct provider_observation *observation,
                                       struct check_answer *answer)
{
    const uint32_t code = observation->return_code;
    const bool is_in_bounds = judge_guards(check, ask, observation);

    check_report_mark(check, RULE_return_code);
    check_report_mark(check, RULE_no_data_outputs);
    if (code == ERROR_MORE_DATA) {
        check_report_mark(check, RULE_more_data_outputs);
        if (!is_untouched(observation))
            report_outputs(check, RULE_more_data_outputs, ask, observation, "With ERROR_MORE_DATA");
        return CHECK_MORE;
    }
    if (code != ERROR_SUCCESS) {
        check_report_breach(
            check, RULE_return_code, ask->query, ask->size, "Collect",
            "Collect returns %" PRIu32 ", expected ERROR_SUCCESS or ERROR_MORE_DATA", code);
        return CHECK_FAILED;
    }
    return judge_success(check, ask, observation, is_in_bounds, answer);
}

/* ---- asking ------------------------------------------------------------------------------ */

enum check_outcome check_collect_ask_sweep(struct check *check, const struct check_ask *ask,
                                           uint32_t *size, struct check_answer *answer)
{
    static WCHAR query[QUERY_LENGTH];
    struct provider_observation observation;
    struct check_ask last = *ask;
    struct provider_call call;
    enum check_outcome outcome = CHECK_FAILED;

    if (answer)
        *answer = (struct check_answer){ 0 };
    check_collect_fill_call(check, ask, query, QUERY_LENGTH, &call);
    const bool has_returned = check_call(check, &call, ask->query, &observation);

    last.size = *size = observation.size;
    if (has_returned)
        outcome = check_collect_judge(check, &last, &observation, answer);
    provider_observation_release(&observation);
    return outcome;
}

enum check_outcome check_collect_ask(struct check *check, const struct check_ask *ask,
                                     struct check_answer *answer)
{
    uint32_t size;

    return check_collect_ask_sweep(check, ask, &size, answer);
}

enum check_outcome check_collect_ask_whole(struct check *check, const char *query,
                                           struct check_answer *answer)
{
    struct check_ask ask = { .query = query,
                             .guard = PROVIDER_GUARD_PATTERN,
                             .has_poison = true,
                             .poison = CHECK_FILL,
                             .object_types = 0xCCCCCCCC,
                             .is_metadata = query && strncmp(query, "Metadata", 8) == 0 };

    for (;;) {
        ask.size = check->buffer_size;

        const enum check_outcome outcome = check_collect_ask(check, &ask, answer);

        check_report_mark(check, RULE_never_fits);
        if (outcome != CHECK_MORE)
            return outcome;
        if (check->buffer_size >= CHECK_BUFFER_LIMIT) {
            check_report_breach(check, RULE_never_fits, query, ask.size, NULL,
                                "Collect still returns ERROR_MORE_DATA for a buffer of %" PRIu32
                                " bytes",
                                ask.size);
            return CHECK_MORE;
        }
        check->buffer_size *= 4;
        if (check->buffer_size > CHECK_BUFFER_LIMIT)
            check->buffer_size = CHECK_BUFFER_LIMIT;
    }
}

/* What check_collect_depends compares: an outcome and, for an answer, its size, objects and instances. */
struct reply {
    enum check_outcome outcome;
    struct check_answer answer;
};

static bool is_same_reply(const struct reply *left, const struct reply *right)
{
    return left->outcome == right->outcome &&
           (left->outcome != CHECK_ANSWER ||
            (left->answer.size == right->answer.size &&
             check_answers_have_same_outline(&left->answer, &right->answer)));
}

bool check_collect_depends(struct check *check, const struct check_ask *one,
                           const struct check_ask *other)
{
    const struct check_ask *const asks[2] = { one, other };
    struct reply first[2] = { { 0 } };
    bool depends = true;

    for (size_t i = 0; i < TURNS && depends; i++) {
        const unsigned turn = check_collect_turn(i);
        struct reply reply = { 0 };

        if (!check_life_cycle_ensure_open(check))
            depends = false;
        else
            reply.outcome = check_collect_ask(check, asks[turn], &reply.answer);
        depends &= reply.outcome != CHECK_FAILED;
        if (i < 2) {
            first[i] = reply;
            depends &= i == 0 || !is_same_reply(&first[0], &first[1]);
        } else {
            depends &= is_same_reply(&first[turn], &reply);
            check_answer_release(&reply.answer);
        }
    }
    check_answer_release(&first[0].answer);
    check_answer_release(&first[1].answer);
    return depends;
}
