/* SPDX-License-Identifier: MIT
 *
 * Looks for causes in a table. A cause and its consequence concern the same object, or one of them
 * concerns no object.
 */
#include "check_causes.h"

#include <string.h>

/* The most certain first: the first of these causes that has been found is named. */
static const struct cause {
    enum rule_id cause, consequence;
} causes[] = {
    { RULE_timeout, RULE_slow },
    { RULE_guard_overrun, RULE_heap_damage },
    { RULE_guard_overrun, RULE_size_beyond_buffer },
    { RULE_more_data_outputs, RULE_size_beyond_buffer },
    { RULE_header_length, RULE_definition_length },
    { RULE_header_length, RULE_counter_count },
    { RULE_header_length, RULE_counter_definition_length },
    { RULE_counter_count, RULE_definition_length },
    { RULE_definition_length, RULE_instance_walk },
    { RULE_block_length, RULE_instance_walk },
    { RULE_instance_length, RULE_instance_walk },
    { RULE_instance_count, RULE_instance_walk },
    { RULE_instance_walk, RULE_object_length },
    { RULE_record_alignment, RULE_value_alignment },
    { RULE_total_alignment, RULE_value_alignment },
    { RULE_object_length, RULE_object_length_sum },
    { RULE_object_length, RULE_object_count },
    { RULE_base_missing, RULE_base_stray },
    { RULE_index_parity, RULE_index_range },
    { RULE_index_range, RULE_index_unnamed },
};

/* The length of the object's part of a subject, "object 5600, counter 3"; 0 if it names no
   object. */
static size_t object_length(const char *subject)
{
    return subject && strncmp(subject, "object ", 7) == 0 ? strcspn(subject, ",") : 0;
}

/* Whether one finding can be the cause of the other: their subjects are the same object or the same
   procedure, or cannot be compared because one is missing or only one is an object. */
static bool may_be_related(const struct finding *left, const struct finding *right)
{
    const size_t left_length = object_length(left->subject);
    const size_t right_length = object_length(right->subject);

    if (!left->subject || !right->subject || (left_length == 0) != (right_length == 0))
        return true;
    if (left_length == 0)
        return strcmp(left->subject, right->subject) == 0;
    return left_length == right_length && memcmp(left->subject, right->subject, left_length) == 0;
}

static void find_cause(const struct findings *findings, struct finding *finding, enum rule_id cause)
{
    for (size_t i = 0; i < findings->count && !finding->has_cause; i++) {
        if (findings->items[i].rule != cause || !may_be_related(&findings->items[i], finding))
            continue;
        finding->has_cause = true;
        finding->caused_by = cause;
    }
}

void check_causes_find(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        for (size_t k = 0; k < sizeof(causes) / sizeof(causes[0]); k++)
            if (causes[k].consequence == findings->items[i].rule &&
                findings->broken[causes[k].cause])
                find_cause(findings, &findings->items[i], causes[k].cause);
}
