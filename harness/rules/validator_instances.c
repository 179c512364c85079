/* SPDX-License-Identifier: MIT
 *
 * The rules of an object's instances and counter blocks: the sum of their lengths, names, identity,
 * parents, alignment. If lengths do not add up, the cause is first looked for in the count, then in
 * a block length that counts itself twice, so that the finding names the cause.
 */
#include "validator_instances.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "perf_names.h"
#include "validator_input.h"
#include "validator_report.h"
#include "validator_state.h"
#include "winperf.h"
#include "winperf_members.h"

static const char structure[] = "PERF_INSTANCE_DEFINITION";

/* ---- the sum of the lengths ----------------------------------------------------------------- */

struct tally {
    uint32_t count; /* instances */
    bool fits;      /* they end exactly at the end of the object */
};

/* Count instances by their lengths alone. `excess` is subtracted from each block's length. */
static struct tally tally_instances(struct span rest, uint32_t excess)
{
    struct tally tally = { 0 };

    while (rest.size != 0) {
        const unsigned char *instance = span_at(rest, 0, WALK_INSTANCE_SIZE);

        if (!instance || read_u32(instance) < WALK_INSTANCE_SIZE ||
            !span_take(&rest, read_u32(instance)))
            return tally;

        const unsigned char *block = span_at(rest, 0, WALK_COUNTER_BLOCK_SIZE);

        if (!block || read_u32(block) < WALK_COUNTER_BLOCK_SIZE + excess ||
            !span_take(&rest, read_u32(block) - excess))
            return tally;
        tally.count++;
    }
    tally.fits = true;
    return tally;
}

/* Look for the cause of lengths that do not add up. Returns whether it was found and reported;
   then the instances are not visited. */
static bool diagnose_lengths(struct validator_state *state, const struct walk_object *object)
{
    const size_t start = object->data_offset;
    const struct span instances =
        span_part(state->walk.bytes, start, object->offset + object->size - start);
    const int32_t announced = object->instance_count;
    struct tally tally;

    if (announced == 0 || announced < PERF_NO_INSTANCES || instances.size == 0)
        return false;
    tally = tally_instances(instances, 0);
    if (tally.fits) {
        if (tally.count == (uint32_t)announced)
            return false;
        validator_report(state, RULE_instance_count, object->offset + OBJECT_MEMBER(NumInstances),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: NumInstances is %" PRId32 ", but there are %" PRIu32
                         " instances,",
                         announced, tally.count);
        return true;
    }
    tally = tally_instances(instances, WALK_COUNTER_BLOCK_SIZE);
    if (tally.fits && tally.count == (uint32_t)announced) {
        const size_t first = start + read_u32(instances.data);

        validator_report(state, RULE_block_length, first, VALIDATOR_NO_COUNTER,
                         "PERF_COUNTER_BLOCK: ByteLength is %" PRIu32 ", expected %" PRIu32
                         ": every block counts its own 4 bytes twice,",
                         read_u32(state->walk.bytes.data + first),
                         read_u32(state->walk.bytes.data + first) - WALK_COUNTER_BLOCK_SIZE);
        return true;
    }
    return false;
}

/* ---- names ------------------------------------------------------------------------------- */

/* What identifies an instance for consumers; two equal ones are duplicates. */
struct identity {
    uint64_t name_hash; /* of the folded name and the parent */
    int32_t unique_id;
    uint32_t position;
    size_t offset;
    bool has_name;
};

/* One unit of a name: 2 bytes of UTF-16, or one byte in a code page. */
static uint32_t unit_at(const struct span name, size_t unit_size, size_t i)
{
    return unit_size == 2 ? read_u16(name.data + i * 2) : name.data[i];
}

static uint32_t fold(uint32_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
}

static uint64_t hash_identity(const struct walk_instance *instance, size_t unit_size, size_t length)
{
    uint64_t hash = HASH_BEGIN;

    for (size_t i = 0; i < length; i++)
        hash = hash_step(hash, fold(unit_at(instance->name, unit_size, i)));
    hash = hash_step(hash, instance->parent_object);
    return hash_step(hash, instance->parent_instance);
}

/* Whether a terminator directly follows the bytes that NameLength counts. */
static bool is_terminated_after(const struct walk_instance *instance, size_t unit_size)
{
    /* The name lies inside the instance: the bytes after it, up to the block, are padding. */
    const unsigned char *end = instance->name.data + instance->name.size;

    if (instance->block.size == 0 || (size_t)(instance->block.data - end) < unit_size)
        return false;
    return end[0] == 0 && (unit_size == 1 || end[1] == 0);
}

static void check_characters(struct validator_state *state, const struct walk_instance *instance,
                             size_t unit_size, size_t length)
{
    const size_t offset = (size_t)(instance->name.data - state->walk.bytes.data);
    bool is_text = true, is_plain = true;

    for (size_t i = 0; i < length; i++) {
        const uint32_t unit = unit_at(instance->name, unit_size, i);

        if (unit < ' ')
            is_text = false;
        else if (unit >= 0xD800 && unit < 0xDC00 && i + 1 < length &&
                 (unit_at(instance->name, 2, i + 1) & 0xFC00) == 0xDC00)
            i++;
        else if (unit >= 0xD800 && unit < 0xE000)
            is_text = false;
        else if (unit < 0x80 && strchr("()#/\\*", (int)unit))
            is_plain = false;
    }
    if (length > 0 && (unit_at(instance->name, unit_size, 0) == ' ' ||
                       unit_at(instance->name, unit_size, length - 1) == ' '))
        is_plain = false;

    if (!is_text)
        validator_report(state, RULE_name_text, offset, VALIDATOR_NO_COUNTER,
                         "%s: the name of instance %" PRIu32
                         " has a control character or half a surrogate pair,",
                         structure, instance->position);
    if (!is_plain)
        validator_report(state, RULE_name_characters, offset, VALIDATOR_NO_COUNTER,
                         "%s: the name of instance %" PRIu32
                         " has one of ( ) # / \\ * or a blank at an end,",
                         structure, instance->position);
    if (length > 127)
        validator_report(state, RULE_name_too_long, offset, VALIDATOR_NO_COUNTER,
                         "%s: the name of instance %" PRIu32 " has %zu characters,", structure,
                         instance->position, length);
}

/* Names in a code page have no zero bytes before their terminator; UTF-16 of most scripts has. */
static bool looks_like_utf16(const struct span name)
{
    if (name.size < 4 || name.size % 2 != 0)
        return false;
    for (size_t i = 0; i + 2 < name.size; i += 2)
        if (name.data[i] == 0 || name.data[i + 1] != 0)
            return false;
    return name.data[name.size - 1] == 0 && name.data[name.size - 2] == 0;
}

/* Check the name. Returns its length in units, without the terminator. */
static size_t check_name(struct validator_state *state, const struct walk_object *object,
                         const struct walk_instance *instance)
{
    const size_t unit_size = object->code_page == 0 ? 2 : 1;
    const struct span name = instance->name;
    const size_t count = name.size / unit_size;
    const size_t member = instance->offset + INSTANCE_MEMBER(NameLength);
    size_t length = 0;

    if (name.size == 0)
        return 0;
    if (object->code_page != 0 && looks_like_utf16(name)) {
        validator_report(state, RULE_code_page, object->offset + OBJECT_MEMBER(CodePage),
                         VALIDATOR_NO_COUNTER,
                         "PERF_OBJECT_TYPE: CodePage is %" PRIu32
                         ", but the name of instance %" PRIu32 " is UTF-16,",
                         object->code_page, instance->position);
        return count;
    }
    if (name.size % unit_size != 0) {
        validator_report(state, RULE_name_length, member, VALIDATOR_NO_COUNTER,
                         "%s: NameLength of instance %" PRIu32 " is %zu, an odd number of bytes,",
                         structure, instance->position, name.size);
        return count;
    }
    while (length < count && unit_at(name, unit_size, length) != 0)
        length++;

    if (length == count) {
        const bool is_after = is_terminated_after(instance, unit_size);

        validator_report(
            state, is_after ? RULE_name_length : RULE_name_terminator, member, VALIDATOR_NO_COUNTER,
            is_after ? "%s: NameLength of instance %" PRIu32
                       " is %zu bytes, without the terminator that follows,"
                     : "%s: the name of instance %" PRIu32 ", %zu bytes, has no terminator,",
            structure, instance->position, name.size);
    } else if (length + 1 < count) {
        size_t zeros = length;

        while (zeros < count && unit_at(name, unit_size, zeros) == 0)
            zeros++;
        if (zeros == count)
            validator_report(state, RULE_name_length, member, VALIDATOR_NO_COUNTER,
                             "%s: NameLength of instance %" PRIu32
                             " is %zu bytes, expected %zu: the padding is not part of the name,",
                             structure, instance->position, name.size, (length + 1) * unit_size);
        else
            validator_report(state, RULE_name_text, member, VALIDATOR_NO_COUNTER,
                             "%s: the name of instance %" PRIu32 " has a zero inside,", structure,
                             instance->position);
    }
    check_characters(state, instance, unit_size, length);
    return length;
}

static int compare_name_hashes(const void *left, const void *right)
{
    const struct identity *a = left, *b = right;

    if (a->name_hash != b->name_hash)
        return a->name_hash < b->name_hash ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static int compare_unique_ids(const void *left, const void *right)
{
    const struct identity *a = left, *b = right;

    if (a->unique_id != b->unique_id)
        return a->unique_id < b->unique_id ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static void check_duplicates(struct validator_state *state, struct identity *items, size_t count)
{
    qsort(items, count, sizeof(*items), compare_name_hashes);
    for (size_t i = 1; i < count; i++)
        if (items[i].has_name && items[i].name_hash == items[i - 1].name_hash)
            validator_report(state, RULE_name_duplicate, items[i].offset, VALIDATOR_NO_COUNTER,
                             "%s: instance %" PRIu32 " has the name of instance %" PRIu32 ",",
                             structure, items[i].position, items[i - 1].position);

    qsort(items, count, sizeof(*items), compare_unique_ids);
    for (size_t i = 1; i < count; i++)
        if (items[i].unique_id != PERF_NO_UNIQUE_ID && items[i].unique_id == items[i - 1].unique_id)
            validator_report(
                state, RULE_unique_id_duplicate, items[i].offset + INSTANCE_MEMBER(UniqueID),
                VALIDATOR_NO_COUNTER,
                "%s: instance %" PRIu32 " has UniqueID %" PRId32 ", as instance %" PRIu32 ",",
                structure, items[i].position, items[i].unique_id, items[i - 1].position);
}

/* ---- one instance ------------------------------------------------------------------------ */

static void check_parent(struct validator_state *state, const struct walk_instance *instance)
{
    const struct service *service = state->validator->service;
    const uint32_t index = instance->parent_object;
    const struct validator_object *parent;

    if (index == 0)
        return;
    parent = validator_report_find_object(state, index);
    if (parent) {
        if (instance->parent_instance >= parent->instance_count)
            validator_report(state, RULE_parent_instance,
                             instance->offset + INSTANCE_MEMBER(ParentObjectInstance),
                             VALIDATOR_NO_COUNTER,
                             "%s: ParentObjectInstance of instance %" PRIu32 " is %" PRIu32
                             ", but object %" PRIu32 " has %" PRIu32 " instances,",
                             structure, instance->position, instance->parent_instance, index,
                             parent->instance_count);
        return;
    }
    /* A parent of another provider (the system's Process) is missing if the query does not ask
       for it. Only a whole blob, or a parent of the same provider, shows a breach. */
    if (!state->is_blob && (index <= PERF_SYSTEM_LAST_INDEX ||
                            (service && service->has_indices &&
                             (index < service->first_counter || index > service->last_counter))))
        return;
    validator_report(state, RULE_parent_object,
                     instance->offset + INSTANCE_MEMBER(ParentObjectTitleIndex),
                     VALIDATOR_NO_COUNTER,
                     "%s: ParentObjectTitleIndex of instance %" PRIu32 " is %" PRIu32
                     ", an object that is not in the answer,",
                     structure, instance->position, index);
}

/* Check that 64-bit values are at multiples of 8 from the start of the object: the object before it
   causes a wrong start. The block's place decides, not the length that it claims. */
static void check_value_alignment(struct validator_state *state, const struct walk_object *object,
                                  const struct walk_instance *instance)
{
    const size_t block = instance->block_offset - object->offset;
    const unsigned char remainder = (unsigned char)(1u << block % 8);
    struct walk_counter counter;
    size_t offset = 0;

    /* Blocks with one remainder have the same faults: each remainder is checked once. */
    if (state->checked_remainders & remainder)
        return;
    state->checked_remainders |= remainder;
    while (object_walk_next_counter(&state->walk, object, &offset, &counter))
        if (counter.size == 8 && (block + counter.value_offset) % 8 != 0)
            validator_report(state, RULE_value_alignment,
                             counter.offset + COUNTER_MEMBER(CounterOffset),
                             validator_counter_of(&counter),
                             "PERF_COUNTER_DEFINITION: the 64-bit value at CounterOffset %" PRIu32
                             " of the block at %zu is not at a multiple of 8,",
                             counter.value_offset, instance->block_offset);
}

static void check_block(struct validator_state *state, const struct walk_object *object,
                        const struct walk_instance *instance)
{
    if (instance->block.size == read_u32(instance->block.data) && instance->block.size % 8 != 0)
        validator_report(state, RULE_record_alignment, instance->block_offset, VALIDATOR_NO_COUNTER,
                         "PERF_COUNTER_BLOCK: ByteLength is %" PRIu32 ", not a multiple of 8,",
                         read_u32(instance->block.data));
    check_value_alignment(state, object, instance);
}

/* Check the first instance only, because the later ones cannot be found. */
static void check_first_block(struct validator_state *state, const struct walk_object *object)
{
    struct object_walk walk = state->walk;
    struct walk_instances instances;
    struct walk_instance instance;

    walk.on_breach = NULL;
    object_walk_begin_instances(object, &instances);
    if (object_walk_next_instance(&walk, object, &instances, &instance))
        check_value_alignment(state, object, &instance);
}

/* Check the bytes after the one block of an object without instances. */
static void check_gap(struct validator_state *state, const struct walk_object *object,
                      const struct walk_instance *instance)
{
    const size_t end = object->offset + object->size;
    const size_t block_end = instance->block_offset + instance->block.size;

    if (instance->block.size != 0 && block_end < end)
        validator_report(
            state, RULE_object_gap, block_end, VALIDATOR_NO_COUNTER,
            "PERF_OBJECT_TYPE: the counter block ends here, but TotalByteLength %" PRIu32
            " leaves %zu bytes after it,",
            object->total_length, end - block_end);
}

static void check_instance(struct validator_state *state, const struct walk_object *object,
                           const struct walk_instance *instance, struct identity *identity)
{
    const size_t unit_size = object->code_page == 0 ? 2 : 1;
    const size_t length = state->is_name_broken ? instance->name.size / unit_size
                                                : check_name(state, object, instance);

    if (instance->length % 8 != 0)
        validator_report(state, RULE_record_alignment, instance->offset, VALIDATOR_NO_COUNTER,
                         "%s: ByteLength of instance %" PRIu32 " is %" PRIu32
                         ", not a multiple of 8,",
                         structure, instance->position, instance->length);
    if (length == 0 && !state->is_name_broken && instance->unique_id == PERF_NO_UNIQUE_ID)
        validator_report(state, RULE_instance_identity,
                         instance->offset + INSTANCE_MEMBER(UniqueID), VALIDATOR_NO_COUNTER,
                         "%s: instance %" PRIu32 " has no name, and UniqueID is -1,", structure,
                         instance->position);
    check_parent(state, instance);
    *identity = (struct identity){ .name_hash = hash_identity(instance, unit_size, length),
                                   .unique_id = instance->unique_id,
                                   .position = instance->position,
                                   .offset = instance->offset,
                                   .has_name = length > 0 };
}

void validator_instances_check(struct validator_state *state, const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;
    struct identity *identities = NULL;
    size_t count = 0, capacity = 0;

    if (diagnose_lengths(state, object)) {
        check_first_block(state, object);
        return;
    }
    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(&state->walk, object, &instances, &instance)) {
        check_block(state, object, &instance);
        if (!instance.has_definition) {
            check_gap(state, object, &instance);
            continue;
        }

        struct identity *grown =
            array_reserve(identities, &capacity, count + 1, sizeof(*identities));

        if (!grown) {
            state->validator->findings->is_incomplete = true;
            break;
        }
        identities = grown;
        check_instance(state, object, &instance, &identities[count++]);
        state->is_name_broken = false;
    }
    if (count > 1 && !state->are_instances_broken)
        check_duplicates(state, identities, count);
    free(identities);
}
