/* SPDX-License-Identifier: MIT
 *
 * The rules of an object's counter definitions: types, sizes, bases, places in the block, title
 * indices, detail levels. counter_types.def says which base a type needs. The size, and whether a
 * type is a base itself, are read from its bits, as winperf.h composes them.
 */
#include "validator_definitions.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cook.h"
#include "validator_input.h"
#include "validator_report.h"
#include "validator_state.h"
#include "winperf.h"
#include "winperf_members.h"

/* Parts of a counter type: winperf.h. */
#define SIZE_BITS 0x00000300u

static const char structure[] = "PERF_COUNTER_DEFINITION";

/* The base that must follow a counter of this type, or 0. */
static uint32_t base_of(uint32_t type)
{
    const struct counter_type *known = cook_find_type(type);

    return known ? known->base : 0;
}

/* Whether the formula of this type divides by the object's own frequency. */
static bool needs_object_time(uint32_t type)
{
    return type == PERF_ELAPSED_TIME || type == PERF_OBJ_TIME_TIMER ||
           type == PERF_COUNTER_OBJ_TIME_QUEUELEN_TYPE;
}

/* Whether CounterSize agrees with the size bits. AVERAGE_TIMER has the bits of 4 bytes but also occurs
   with 8; OBJ_TIME_TIMER is the reverse. Readers obey CounterSize. */
static bool is_size_right(const struct walk_counter *counter)
{
    switch (counter->type & SIZE_BITS) {
    case PERF_SIZE_DWORD:
        return counter->size == 4 || (counter->type == PERF_AVERAGE_TIMER && counter->size == 8);
    case PERF_SIZE_LARGE:
        return counter->size == 8 || (counter->type == PERF_OBJ_TIME_TIMER && counter->size == 4);
    case PERF_SIZE_ZERO:
        return counter->size == 0;
    default:
        return true;
    }
}

static unsigned right_size(uint32_t type)
{
    return (type & SIZE_BITS) == PERF_SIZE_LARGE ? 8 : (type & SIZE_BITS) == PERF_SIZE_ZERO ? 0 : 4;
}

static void check_type(struct validator_state *state, const struct walk_object *object,
                       const struct walk_counter *counter)
{
    if (!cook_find_type(counter->type)) {
        validator_report(state, RULE_counter_type, counter->offset + COUNTER_MEMBER(CounterType),
                         validator_counter_of(counter),
                         "%s: CounterType is 0x%08" PRIX32 ", which winperf.h does not name,",
                         structure, counter->type);
        return;
    }
    if (!is_size_right(counter))
        validator_report(state, RULE_counter_size, counter->offset + COUNTER_MEMBER(CounterSize),
                         validator_counter_of(counter),
                         "%s: CounterSize is %" PRIu32 ", but CounterType 0x%08" PRIX32
                         " says %u bytes,",
                         structure, counter->size, counter->type, right_size(counter->type));
    if (needs_object_time(counter->type) && object->perf_freq <= 0 &&
        object->instance_count >= PERF_NO_INSTANCES) {
        char name[WALK_COUNTER_NAME_SIZE];

        object_walk_counter_name(counter->name_index, counter->position, name);
        validator_report(state, RULE_object_time, object->offset + OBJECT_MEMBER(PerfFreq),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: PerfFreq is %" PRId64 ", but %s has type 0x%08" PRIX32
                         ", which is divided by it,",
                         object->perf_freq, name, counter->type);
    }
}

static bool is_detail_level(uint32_t level)
{
    const uint32_t standard = level & PERF_DETAIL_STANDARD;

    return standard == PERF_DETAIL_NOVICE || standard == PERF_DETAIL_ADVANCED ||
           standard == PERF_DETAIL_EXPERT || standard == PERF_DETAIL_WIZARD;
}

static void check_meaning(struct validator_state *state, const struct walk_counter *counter)
{
    if (!cook_is_base_type(
            counter->type)) { /* bases are not displayed: they have no name and no level */
        validator_report_check_indices(
            state, structure, counter->offset + COUNTER_MEMBER(CounterNameTitleIndex),
            validator_counter_of(counter), counter->name_index, counter->help_index);
        if (!is_detail_level(counter->detail_level))
            validator_report(state, RULE_detail_level,
                             counter->offset + COUNTER_MEMBER(DetailLevel),
                             validator_counter_of(counter),
                             "%s: DetailLevel is %" PRIu32 ", expected 100, 200, 300 or 400,",
                             structure, counter->detail_level);
    } else if (counter->name_index != 0) {
        validator_report_check_indices(
            state, structure, counter->offset + COUNTER_MEMBER(CounterNameTitleIndex),
            validator_counter_of(counter), counter->name_index, counter->help_index);
    }
    if (counter->default_scale < -7 || counter->default_scale > 7)
        validator_report(state, RULE_default_scale, counter->offset + COUNTER_MEMBER(DefaultScale),
                         validator_counter_of(counter),
                         "%s: DefaultScale is %" PRId32 ", expected -7 to 7,", structure,
                         counter->default_scale);
}

/* ---- bases --------------------------------------------------------------------------------- */

static bool is_right_base(uint32_t needed, uint32_t type)
{
    return type == needed || (needed == PERF_LARGE_RAW_BASE && type == COOK_LARGE_RAW_BASE_OF_WMI);
}

/* Check the rules between a counter and the definition after it, which may be NULL.
   Returns whether the counter lacks its base. */
static bool check_base(struct validator_state *state, const struct walk_counter *counter,
                       const struct walk_counter *next)
{
    const uint32_t needed = base_of(counter->type);

    if (!needed)
        return false;
    if (!next || !cook_is_base_type(next->type)) {
        validator_report(state, RULE_base_missing, counter->offset + COUNTER_MEMBER(CounterType),
                         validator_counter_of(counter),
                         "%s: after a counter of type 0x%08" PRIX32
                         " the next definition must be its base 0x%08" PRIX32 "; there is %s,",
                         structure, counter->type, needed, next ? "another counter" : "none");
        return true;
    }
    if (!is_right_base(needed, next->type))
        validator_report(state, RULE_base_type, next->offset + COUNTER_MEMBER(CounterType),
                         validator_counter_of(next),
                         "%s: CounterType is 0x%08" PRIX32 ", but the counter before it, of type "
                         "0x%08" PRIX32 ", needs 0x%08" PRIX32 ",",
                         structure, next->type, counter->type, needed);
    else if (needed == PERF_COUNTER_MULTI_BASE &&
             next->value_offset != (uint64_t)counter->value_offset + 8)
        validator_report(state, RULE_multi_base_place, next->offset + COUNTER_MEMBER(CounterOffset),
                         validator_counter_of(next),
                         "%s: CounterOffset is %" PRIu32 ", expected %" PRIu64
                         ", 8 after the numerator's,",
                         structure, next->value_offset, (uint64_t)counter->value_offset + 8);
    return false;
}

static bool is_stray(const struct walk_counter *counter, const struct walk_counter *previous)
{
    if (!cook_is_base_type(counter->type))
        return false;
    if (!previous)
        return true;
    return !base_of(previous->type) &&
           !(previous->type == PERF_SAMPLE_COUNTER && counter->type == PERF_SAMPLE_BASE);
}

static void check_bases(struct validator_state *state, const struct walk_object *object)
{
    struct walk_counter counter = { 0 }, next = { 0 }, stray = { 0 };
    size_t offset = 0;
    bool has_next = object_walk_next_counter(&state->walk, object, &offset, &next);
    bool is_missing = false, has_stray = has_next && is_stray(&next, NULL);

    stray = next; /* is reported if has_stray */
    while (has_next) {
        counter = next;
        has_next = object_walk_next_counter(&state->walk, object, &offset, &next);
        is_missing |= check_base(state, &counter, has_next ? &next : NULL);
        if (has_next && !has_stray && is_stray(&next, &counter)) {
            has_stray = true;
            stray = next;
        }
    }
    /* A base in the wrong place is both missing and stray; it is reported once. */
    if (has_stray && !is_missing)
        validator_report(state, RULE_base_stray, stray.offset + COUNTER_MEMBER(CounterType),
                         validator_counter_of(&stray), "%s: a base of type 0x%08" PRIX32 " is %s,",
                         structure, stray.type,
                         stray.position == 0 ? "first" : "after a counter that needs none");
}

/* ---- all counters together ------------------------------------------------------------------ */

struct place {
    uint64_t offset, end; /* in the counter block */
    uint32_t position;
    uint32_t name_index;
    size_t definition;
};

static struct validator_counter counter_at(const struct place *place)
{
    return (struct validator_counter){ true, place->position, place->name_index };
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static int compare_names(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->name_index != b->name_index)
        return a->name_index < b->name_index ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

/* Several definitions may name one place. Two values that share only some bytes are an error. */
static void check_overlaps(struct validator_state *state, struct place *places, size_t count)
{
    char name[WALK_COUNTER_NAME_SIZE];

    qsort(places, count, sizeof(*places), compare_places);
    for (size_t i = 1, last = 0; i < count; i++) {
        if (places[i].offset != places[last].offset && places[i].offset < places[last].end) {
            object_walk_counter_name(places[last].name_index, places[last].position, name);
            validator_report(state, RULE_counter_overlap,
                             places[i].definition + COUNTER_MEMBER(CounterOffset),
                             counter_at(&places[i]),
                             "%s: the value at CounterOffset %" PRIu64
                             " shares bytes with that of %s, at CounterOffset %" PRIu64 ",",
                             structure, places[i].offset, name, places[last].offset);
        }
        if (places[i].end > places[last].end)
            last = i;
    }
}

static void check_names(struct validator_state *state, struct place *places, size_t count)
{
    qsort(places, count, sizeof(*places), compare_names);
    for (size_t i = 1; i < count; i++)
        if (places[i].name_index != 0 && places[i].name_index == places[i - 1].name_index)
            validator_report(state, RULE_counter_duplicate,
                             places[i].definition + COUNTER_MEMBER(CounterNameTitleIndex),
                             counter_at(&places[i]),
                             "%s: CounterNameTitleIndex %" PRIu32
                             " is that of the counter at position %" PRIu32 ", too,",
                             structure, places[i].name_index, places[i - 1].position);
}

static void check_together(struct validator_state *state, const struct walk_object *object)
{
    struct place *places = calloc(object->counter_count, sizeof(*places));
    struct walk_counter counter;
    size_t offset = 0, count = 0;

    if (!places) {
        state->validator->findings->is_incomplete = true;
        return;
    }
    while (count < object->counter_count &&
           object_walk_next_counter(&state->walk, object, &offset, &counter))
        places[count++] =
            (struct place){ .offset = counter.value_offset,
                            .end =
                                (uint64_t)counter.value_offset +
                                (is_size_right(&counter) ? counter.size : right_size(counter.type)),
                            .position = counter.position,
                            .name_index = counter.name_index,
                            .definition = counter.offset };
    check_overlaps(state, places, count);
    check_names(state, places, count);
    free(places);
}

void validator_definitions_check(struct validator_state *state, const struct walk_object *object)
{
    struct walk_counter counter;
    size_t offset = 0;
    uint32_t lowest = UINT32_MAX;

    while (object_walk_next_counter(&state->walk, object, &offset, &counter)) {
        check_type(state, object, &counter);
        check_meaning(state, &counter);
        if (!cook_is_base_type(counter.type) && counter.detail_level < lowest)
            lowest = counter.detail_level;
    }
    if (object->counter_count == 0)
        return;
    check_together(state, object);
    if (state->are_definitions_broken)
        return;
    check_bases(state, object);
    if (lowest != UINT32_MAX && object->detail_level != lowest)
        validator_report(state, RULE_detail_level, object->offset + OBJECT_MEMBER(DetailLevel),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: DetailLevel is %" PRIu32 ", expected %" PRIu32
                         ", the lowest of the counters',",
                         object->detail_level, lowest);
}
