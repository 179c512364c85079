/* SPDX-License-Identifier: MIT
 *
 * The structural rules of the data block and of each object as a whole. The breaches of
 * the walk become findings here. Definitions and instances have files of their own.
 */
#include "validator.h"

#include <inttypes.h>
#include <stdlib.h>

#include "array.h"
#include "findings.h"
#include "validator_definitions.h"
#include "validator_instances.h"
#include "validator_report.h"
#include "validator_state.h"
#include "walk_rule.h"
#include "winperf.h"
#include "winperf_members.h"

/* ---- what the walk reports --------------------------------------------------------------- */

/* Whether an object's length is wrong only because *lpcbTotalBytes is: then all announced objects
   are there, or only the last one is cut. */
static bool is_sum_breach(const struct validator_state *state, const struct walk_breach *breach)
{
    const struct object_walk *walk = &state->walk;
    const unsigned char *at = span_at(walk->bytes, breach->offset, 4);

    if (state->is_blob)
        return false;
    return walk->object_count >= walk->announced_count ||
           (at && read_u32(at) > walk->bytes.size - breach->offset);
}

/* Whether NumCounters is too small: after as many definitions as it says, more whole definitions
   fill the rest of DefinitionLength. The object's lengths have been checked. */
static bool are_more_definitions(struct span bytes, size_t object)
{
    const unsigned char *at = span_at(bytes, object, WALK_OBJECT_SIZE);
    const struct span definitions =
        at ? span_part(bytes, object, read_u32(at + OBJECT_MEMBER(DefinitionLength)))
           : (struct span){ 0 };
    uint32_t left = at ? read_u32(at + OBJECT_MEMBER(NumCounters)) : 0;
    size_t offset = at ? read_u32(at + OBJECT_MEMBER(HeaderLength)) : 0;

    while (offset != definitions.size) {
        const unsigned char *definition = span_at(definitions, offset, WALK_COUNTER_SIZE);

        if (!definition || (left == 0 && read_u32(definition) != WALK_COUNTER_SIZE) ||
            read_u32(definition) < WALK_COUNTER_SIZE ||
            read_u32(definition) > definitions.size - offset)
            return false;
        offset += read_u32(definition);
        left -= left > 0;
    }
    return left == 0;
}

/* The counter in the current object whose definition has the member at `offset`;
   VALIDATOR_NO_COUNTER if no definition has it. */
static struct validator_counter find_counter(const struct validator_state *state, size_t offset)
{
    const struct span bytes = state->walk.bytes;
    const unsigned char *object = span_at(bytes, state->object_offset, WALK_OBJECT_SIZE);
    uint64_t at =
        object ? (uint64_t)state->object_offset + read_u32(object + OBJECT_MEMBER(HeaderLength))
               : bytes.size;

    for (uint32_t position = 0; at <= offset; position++) {
        const unsigned char *definition =
            at < bytes.size ? span_at(bytes, (size_t)at, WALK_COUNTER_SIZE) : NULL;
        const uint32_t length = definition ? read_u32(definition) : 0;

        if (length < WALK_COUNTER_SIZE)
            break;
        if (offset - at < length)
            return (struct validator_counter){
                true, position, read_u32(definition + COUNTER_MEMBER(CounterNameTitleIndex))
            };
        at += length;
    }
    return VALIDATOR_NO_COUNTER;
}

/* Structures as a compiler lays them out if the two LPWSTR of PERF_OBJECT_TYPE and of
   PERF_COUNTER_DEFINITION are pointers of 8 bytes. winperf.h has DWORDs there on x64. */
static const struct pointer_layout {
    uint32_t header_length, definition_length;
    uint32_t counter_count; /* offset of NumCounters */
} pointer_layouts[] = {
    { 72, 48, 40 }, /* packed to 4 bytes, like winperf.h */
    { 80, 56, 44 },
};

/* The layout with pointers that explains the current object, or NULL. */
static const struct pointer_layout *find_pointer_layout(const struct validator_state *state)
{
    const size_t offset = state->object_offset;
    const unsigned char *at = span_at(state->walk.bytes, offset, 80);

    for (size_t i = 0; at && i < sizeof(pointer_layouts) / sizeof(*pointer_layouts); i++) {
        const struct pointer_layout *layout = &pointer_layouts[i];
        const unsigned char *first =
            span_at(state->walk.bytes, offset + layout->header_length, sizeof(uint32_t));
        const uint64_t definitions =
            (uint64_t)layout->definition_length * read_u32(at + layout->counter_count);

        if (read_u32(at + OBJECT_MEMBER(HeaderLength)) == layout->header_length && first &&
            definitions > 0 && read_u32(first) == layout->definition_length &&
            read_u32(at + OBJECT_MEMBER(DefinitionLength)) == layout->header_length + definitions)
            return layout;
    }
    return NULL;
}

/* Report that the current object has a layout with pointers, and return whether it has. This one
   finding explains everything else that is wrong in the object. */
static bool report_pointer_layout(struct validator_state *state)
{
    const struct pointer_layout *layout = find_pointer_layout(state);

    if (!layout)
        return false;
    state->are_definitions_broken = true;
    validator_report(
        state, RULE_header_length, state->object_offset + OBJECT_MEMBER(HeaderLength),
        VALIDATOR_NO_COUNTER,
        "PERF_OBJECT_TYPE: HeaderLength is %" PRIu32 ", and each definition has %" PRIu32
        " bytes: the titles are pointers of 8 bytes. PERF_OBJECT_TYPE has 64 bytes and "
        "PERF_COUNTER_DEFINITION 40, on x64 as well, where the titles are DWORDs,",
        layout->header_length, layout->definition_length);
    return true;
}

/* Whether the counter block that is missing at `offset` is 8 bytes before it, because the length
   of the instance also counts the header of the block. Another instance or the object's end
   follows it. */
static bool is_block_before(const struct validator_state *state, size_t offset)
{
    const struct span bytes = state->walk.bytes;
    const unsigned char *object = span_at(bytes, state->object_offset, WALK_OBJECT_SIZE);
    const unsigned char *block = span_at(bytes, offset - 8, 4); /* below 8 it wraps: outside */
    const uint64_t end = block ? (uint64_t)offset - 8 + read_u32(block) : 0;
    const uint64_t object_end =
        object ? (uint64_t)state->object_offset + read_u32(object) : bytes.size;

    if (!object || !block || read_u32(block) < 8 || read_u32(block) % 4 != 0 || end > bytes.size)
        return false;
    const unsigned char *next = span_at(bytes, (size_t)end, WALK_INSTANCE_SIZE);

    return end == object_end ||
           (next && read_u32(next) >= WALK_INSTANCE_SIZE && end + read_u32(next) <= object_end);
}

static bool on_breach(void *context, const struct walk_breach *breach)
{
    struct validator_state *state = context;
    enum rule_id id = walk_rule_id(breach->rule);
    struct validator_counter counter = VALIDATOR_NO_COUNTER;
    bool is_about_object = true;

    if (state->has_pointers)
        return true;

    switch (id) {
    case RULE_data_header:
    case RULE_data_header_length:
    case RULE_data_system_name:
        is_about_object = false;
        break;
    case RULE_data_total_length:
    case RULE_data_shifted:
        state->is_length_broken = true;
        is_about_object = false;
        break;
    case RULE_object_count:
        if (state->is_sum_broken || state->is_length_broken)
            return true;
        is_about_object = false;
        break;
    case RULE_object_length:
        if (state->is_length_broken)
            return false; /* the other layout causes it; the remaining bytes cannot be read */
        state->is_cut = true;
        if (is_sum_breach(state, breach)) { /* the walk ends here: this is the only one */
            state->is_sum_broken = true;
            validator_report_answer(
                state, RULE_object_length_sum, breach->offset,
                "The objects' TotalByteLengths do not add up to the %zu bytes of "
                "*lpcbTotalBytes: %s",
                state->walk.bytes.size, breach->message);
            return state->walk.object_count < state->walk.announced_count;
        }
        state->is_sum_broken = true;
        break;
    case RULE_definition_length:
        state->are_definitions_broken = true;
        if (are_more_definitions(state->walk.bytes, breach->offset - 4))
            id = RULE_counter_count;
        break;
    case RULE_header_length:
    case RULE_counter_count:
    case RULE_counter_definition_length:
        state->are_definitions_broken = true;
        break;
    case RULE_counter_offset:
        counter = find_counter(state, breach->offset);
        break;
    case RULE_name_place:
        state->is_name_broken = true;
        break;
    case RULE_instance_walk:
    case RULE_instance_length:
    case RULE_block_length:
        state->are_instances_broken = true;
        break;
    default:
        break;
    }
    if (!is_about_object)
        return validator_report_answer(state, id, breach->offset, "%s: %s", breach->structure,
                                       breach->message);
    if (id == RULE_block_length && is_block_before(state, breach->offset))
        return validator_report(state, id, breach->offset, counter,
                                "%s: %s; a block begins 8 bytes before, so that the ByteLength of "
                                "the instance seems to count the block's header,",
                                breach->structure, breach->message);
    return validator_report(state, id, breach->offset, counter, "%s: %s,", breach->structure,
                            breach->message);
}

/* ---- the data block ------------------------------------------------------------------------ */

static void check_system_name(struct validator_state *state, const struct walk_data_block *block)
{
    const struct span name = block->system_name;

    if (name.size == 0)
        return;
    if (name.size % 2 != 0 || read_u16(name.data + name.size - 2) != 0)
        validator_report_answer(
            state, RULE_data_system_name, 80,
            "PERF_DATA_BLOCK: SystemNameLength is %zu bytes, whose last two are no "
            "terminator",
            name.size);
}

static bool is_date(const uint16_t time[8])
{
    return time[1] >= 1 && time[1] <= 12 && time[3] >= 1 && time[3] <= 31 && time[4] <= 23 &&
           time[5] <= 59 && time[6] <= 59 && time[7] <= 999;
}

static void check_data_block(struct validator_state *state, const struct walk_data_block *block)
{
    if (block->version < 1 || block->revision < 1)
        validator_report_answer(state, RULE_data_version, 12,
                                "PERF_DATA_BLOCK: Version is %" PRIu32 ", Revision %" PRIu32
                                "; expected at least 1",
                                block->version, block->revision);
    if (block->header_length % 8 != 0)
        validator_report_answer(state, RULE_data_header_length, 24,
                                "PERF_DATA_BLOCK: HeaderLength is %" PRIu32 ", not a multiple of 8",
                                block->header_length);
    if (block->total_length % 8 != 0)
        validator_report_answer(state, RULE_total_alignment, 20,
                                "PERF_DATA_BLOCK: TotalByteLength is %" PRIu32
                                ", not a multiple of 8",
                                block->total_length);
    if (block->perf_freq <= 0)
        validator_report_answer(state, RULE_data_time, 64,
                                "PERF_DATA_BLOCK: PerfFreq is %" PRId64
                                "; expected ticks per second",
                                block->perf_freq);
    if (!is_date(block->system_time))
        validator_report_answer(state, RULE_data_time, 36,
                                "PERF_DATA_BLOCK: SystemTime is %u-%u-%u %u:%u:%u.%u, which is not "
                                "a date",
                                block->system_time[0], block->system_time[1], block->system_time[3],
                                block->system_time[4], block->system_time[5], block->system_time[6],
                                block->system_time[7]);
    check_system_name(state, block);
}

/* ---- objects --------------------------------------------------------------------------------- */

static void check_object_list(struct validator_state *state, const struct walk_object *object)
{
    const struct service *service = state->validator->service;

    if (!service || !service->has_object_list)
        return;
    for (size_t i = 0; i < service->object_list_count; i++)
        if (service->object_list[i] == object->name_index)
            return;
    validator_report(state, RULE_object_list, object->offset + OBJECT_MEMBER(ObjectNameTitleIndex),
                     VALIDATOR_NO_COUNTER,
                     "PERF_OBJECT_TYPE: title index %" PRIu32
                     " is not in the registered Object List,",
                     object->name_index);
}

static void check_lengths(struct validator_state *state, const struct walk_object *object)
{
    /* A field that was never written has no alignment. */
    if (object->total_length % 8 != 0 &&
        object->total_length != state->validator->fill * 0x01010101u)
        validator_report(state, RULE_total_alignment, object->offset, VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: TotalByteLength is %" PRIu32 ", not a multiple of 8,",
                         object->total_length);
    if (state->are_definitions_broken)
        return;
    if (object->header_length % 8 != 0)
        validator_report(state, RULE_header_length, object->offset + OBJECT_MEMBER(HeaderLength),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: HeaderLength is %" PRIu32 ", not a multiple of 8,",
                         object->header_length);
    if (object->definition_length % 8 != 0)
        validator_report(state, RULE_definition_length,
                         object->offset + OBJECT_MEMBER(DefinitionLength), VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: DefinitionLength is %" PRIu32 ", not a multiple of 8,",
                         object->definition_length);
}

static void check_metadata(struct validator_state *state, const struct walk_object *object)
{
    const bool is_metadata = object->instance_count == PERF_METADATA_MULTIPLE_INSTANCES ||
                             object->instance_count == PERF_METADATA_NO_INSTANCES;

    if (state->validator->is_metadata) {
        if (!is_metadata)
            validator_report(state, RULE_metadata_answer,
                             object->offset + OBJECT_MEMBER(NumInstances), VALIDATOR_NO_COUNTER,
                             "PERF_OBJECT_TYPE: NumInstances is %" PRId32
                             " in a Metadata answer, expected -2 or -3,",
                             object->instance_count);
        else if (!state->is_cut && !state->are_definitions_broken &&
                 object->total_length != object->definition_length)
            validator_report(state, RULE_metadata_answer, object->offset, VALIDATOR_NO_COUNTER,
                             "PERF_OBJECT_TYPE: TotalByteLength is %" PRIu32
                             " in a Metadata answer, expected DefinitionLength %" PRIu32 ",",
                             object->total_length, object->definition_length);
    } else if (is_metadata && !state->is_blob) {
        validator_report(state, RULE_instance_count, object->offset + OBJECT_MEMBER(NumInstances),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: NumInstances is %" PRId32
                         ", which belongs into Metadata answers only,",
                         object->instance_count);
    }
}

static void check_object(struct validator_state *state, const struct walk_object *object)
{
    check_lengths(state, object);
    check_metadata(state, object);
    validator_report_check_indices(state, "PERF_OBJECT_TYPE",
                                   object->offset + OBJECT_MEMBER(ObjectNameTitleIndex),
                                   VALIDATOR_NO_COUNTER, object->name_index, object->help_index);
    check_object_list(state, object);
    if (!state->are_definitions_broken && object->default_counter != -1 &&
        (uint32_t)object->default_counter >= object->counter_count) /* also if it is below -1 */
        validator_report(state, RULE_default_counter,
                         object->offset + OBJECT_MEMBER(DefaultCounter), VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: DefaultCounter is %" PRId32
                         ", expected -1 or less than NumCounters %" PRIu32 ",",
                         object->default_counter, object->counter_count);
    validator_definitions_check(state, object);
    if (!state->is_cut && !state->are_definitions_broken)
        validator_instances_check(state, object);
}

static int compare_objects(const void *left, const void *right)
{
    const struct validator_object *a = left, *b = right;

    if (a->name_index != b->name_index)
        return a->name_index < b->name_index ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The number of instances of an object that can be reached. */
static uint32_t count_instances(struct object_walk *walk, const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;
    uint32_t count = 0;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(walk, object, &instances, &instance))
        count++;
    return count;
}

/* List all objects of the answer, so that one can refer to another. Nothing is reported. */
static void list_objects(struct validator_state *state, struct object_walk walk)
{
    struct walk_object object;
    size_t capacity = 0;

    walk.on_breach = NULL;
    while (object_walk_next(&walk, &object)) {
        struct validator_object *grown = array_reserve(
            state->objects, &capacity, state->object_count + 1, sizeof(*state->objects));

        if (!grown) {
            state->validator->findings->is_incomplete = true;
            break;
        }
        state->objects = grown;
        state->objects[state->object_count++] = (struct validator_object){
            .name_index = object.name_index,
            .offset = object.offset,
            .instance_count = count_instances(&walk, &object),
        };
    }
    if (state->object_count > 1)
        qsort(state->objects, state->object_count, sizeof(*state->objects), compare_objects);
}

static void check_duplicates(struct validator_state *state)
{
    for (size_t i = 1; i < state->object_count; i++) {
        const struct validator_object *object = &state->objects[i];

        state->name_index = object->name_index;
        if (object->name_index != 0 && object[-1].name_index == object->name_index)
            validator_report(state, RULE_object_duplicate,
                             object->offset + OBJECT_MEMBER(ObjectNameTitleIndex),
                             VALIDATOR_NO_COUNTER,
                             "PERF_OBJECT_TYPE: title index %" PRIu32
                             " is that of the object at offset %zu, too; second one",
                             object->name_index, object[-1].offset);
    }
}

static void check_objects(struct validator_state *state)
{
    struct walk_object object;

    list_objects(state, state->walk);
    for (;;) {
        const unsigned char *at = span_at(state->walk.bytes, state->walk.next, WALK_OBJECT_SIZE);

        state->name_index = at ? read_u32(at + OBJECT_MEMBER(ObjectNameTitleIndex)) : 0;
        state->are_definitions_broken = false;
        state->are_instances_broken = false;
        state->is_cut = false;
        state->checked_remainders = 0;
        state->object_offset = state->walk.next;
        state->has_pointers = report_pointer_layout(state);
        if (!object_walk_next(&state->walk, &object))
            break;
        if (!state->has_pointers)
            check_object(state, &object);
    }
    state->has_pointers = false;
    check_duplicates(state);
    free(state->objects);
}

void validator_check_blob(const struct validator *validator, struct span bytes)
{
    struct validator_state state = { .validator = validator, .is_blob = true };
    struct walk_data_block block;

    if (!object_walk_begin(&state.walk, bytes, on_breach, &state, &block))
        return;
    check_data_block(&state, &block);
    check_objects(&state);
}

void validator_check_objects(const struct validator *validator, struct span bytes, uint32_t count)
{
    struct validator_state state = { .validator = validator };

    object_walk_begin_objects(&state.walk, bytes, count, on_breach, &state);
    if (bytes.size % 8 != 0)
        validator_report_answer(&state, RULE_total_alignment, bytes.size,
                                "*lpcbTotalBytes is %zu, not a multiple of 8", bytes.size);
    check_objects(&state);
}
