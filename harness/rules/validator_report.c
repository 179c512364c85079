/* SPDX-License-Identifier: MIT
 *
 * How the validator adds findings, the list of objects of an answer, and the check of title
 * indices, which objects and counters share.
 */
#include "validator_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "fill_text.h"
#include "findings.h"
#include "name_table.h"
#include "perf_names.h"
#include "registration.h"
#include "validator_input.h"

bool validator_report(struct validator_state *state, enum rule_id rule, size_t offset,
                      struct validator_counter counter, const char *format, ...)
{
    const struct validator *validator = state->validator;
    char subject[64], message[768], name[WALK_COUNTER_NAME_SIZE];
    struct finding_place place = { .query = validator->query,
                                   .buffer_size = validator->buffer_size,
                                   .offset = offset,
                                   .subject = subject };
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    object_walk_counter_name(counter.name_index, counter.position, name);
    snprintf(subject, sizeof(subject), "object %" PRIu32 "%s%s", state->name_index,
             counter.is_given ? ", " : "", counter.is_given ? name : "");
    fill_text_replace(message, sizeof(message), validator->fill);
    fill_text_replace(subject, sizeof(subject), validator->fill);
    return findings_add(validator->findings, rule, &place, "%s of %s at offset %zu", message,
                        subject, offset);
}

bool validator_report_answer(struct validator_state *state, enum rule_id rule, size_t offset,
                             const char *format, ...)
{
    const struct validator *validator = state->validator;
    struct finding_place place = { .query = validator->query,
                                   .buffer_size = validator->buffer_size,
                                   .offset = offset };
    char message[768];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    fill_text_replace(message, sizeof(message), validator->fill);
    return findings_add(validator->findings, rule, &place, "%s, at offset %zu", message, offset);
}

const struct validator_object *validator_report_find_object(const struct validator_state *state,
                                                            uint32_t name_index)
{
    size_t low = 0, high = state->object_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (state->objects[middle].name_index < name_index)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < state->object_count && state->objects[low].name_index == name_index)
        return &state->objects[low];
    return NULL;
}

void validator_report_check_indices(struct validator_state *state, const char *structure,
                                    size_t offset, struct validator_counter counter,
                                    uint32_t name_index, uint32_t help_index)
{
    const struct service *service = state->validator->service;
    const struct name_table *names = state->validator->names;

    if (name_index == 0) {
        validator_report(state, RULE_index_zero, offset, counter, "%s: the title index is 0,",
                         structure);
        return;
    }
    if (name_index % 2 != 0 || (help_index != 0 && help_index % 2 == 0)) {
        validator_report(state, RULE_index_parity, offset, counter,
                         "%s: the title index is %" PRIu32 " (expected an even number), the help's "
                         "%" PRIu32 " (expected an odd number),",
                         structure, name_index, help_index);
        return;
    }
    if (help_index != name_index + 1)
        validator_report(state, RULE_index_help, offset, counter,
                         "%s: the help's title index is %" PRIu32 ", expected %" PRIu32
                         ", the name's plus 1,",
                         structure, help_index, name_index + 1);
    if (service && service->has_indices &&
        (name_index < service->first_counter || name_index > service->last_counter ||
         (help_index != 0 &&
          (help_index < service->first_help || help_index > service->last_help)))) {
        validator_report(state, RULE_index_range, offset, counter,
                         "%s: title indices %" PRIu32 " and %" PRIu32
                         " are not in the registered ranges %" PRIu32 "..%" PRIu32 " and %" PRIu32
                         "..%" PRIu32,
                         structure, name_index, help_index, service->first_counter,
                         service->last_counter, service->first_help, service->last_help);
        return;
    }
    if (names && name_table_has_language(names, PERF_ENGLISH) &&
        (!name_table_find(names, PERF_ENGLISH, NAME_TABLE_COUNTER, name_index) ||
         (help_index != 0 && !name_table_find(names, PERF_ENGLISH, NAME_TABLE_HELP, help_index))))
        validator_report(state, RULE_index_unnamed, offset, counter,
                         "%s: title index %" PRIu32 " has no %s in the English name table,",
                         structure, name_index,
                         name_table_find(names, PERF_ENGLISH, NAME_TABLE_COUNTER, name_index)
                             ? "help text"
                             : "name");
}
