/* SPDX-License-Identifier: MIT
 *
 * Compares answers by their structure: objects, definitions and instances.
 */
#include "check_answers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object_walk.h"
#include "printf_like.h"
#include "winperf.h"
#include "winperf_members.h"

size_t check_answer_list_objects(const struct check_answer *answer, uint32_t *indices, size_t limit)
{
    struct object_walk walk;
    struct walk_object object;
    size_t count = 0;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (count < limit && object_walk_next(&walk, &object))
        indices[count++] = object.name_index;
    return count;
}

/* An object of an answer, and the number of its instances. */
struct outline {
    uint32_t index;
    int32_t instance_count;
};

static int compare_outlines(const void *left, const void *right)
{
    const struct outline *a = left, *b = right;

    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return (a->instance_count > b->instance_count) - (a->instance_count < b->instance_count);
}

/* List all objects in the answer's bytes, in the order of their indices. The number that the provider
   reports is not used. The list comes from malloc; NULL, with a *count of 0, if there is no memory. */
static struct outline *list_outlines(const struct check_answer *answer, size_t *count)
{
    const size_t capacity = answer->size / sizeof(PERF_OBJECT_TYPE) + 1;
    struct outline *outlines = malloc(capacity * sizeof(*outlines));
    struct object_walk walk;
    struct walk_object object;

    *count = 0;
    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (outlines && *count < capacity && object_walk_next(&walk, &object))
        outlines[(*count)++] = (struct outline){ object.name_index, object.instance_count };
    if (outlines)
        qsort(outlines, *count, sizeof(*outlines), compare_outlines);
    return outlines;
}

bool check_answers_have_same_outline(const struct check_answer *left,
                                     const struct check_answer *right)
{
    size_t left_count, right_count;
    struct outline *a = list_outlines(left, &left_count), *b = list_outlines(right, &right_count);
    bool is_same =
        left->object_count == right->object_count && (!a || !b || left_count == right_count);

    for (size_t i = 0; a && b && i < left_count && is_same; i++)
        is_same = compare_outlines(&a[i], &b[i]) == 0;
    free(a);
    free(b);
    return is_same;
}

/* ---- differences ------------------------------------------------------------------------- */

/* Describe a difference. Always returns true, so that a caller can return the result. */
PRINTF_LIKE(3, 4)
static bool set_difference(struct check_difference *difference, uint32_t object, const char *format,
                           ...)
{
    va_list arguments;

    snprintf(difference->subject, sizeof(difference->subject), "object %" PRIu32, object);
    va_start(arguments, format);
    vsnprintf(difference->text, sizeof(difference->text), format, arguments);
    va_end(arguments);
    return true;
}

/* Whether the members of the header that must not change are equal, except those that are
   compared one by one. */
static bool have_same_header(const unsigned char *before, const unsigned char *after)
{
    static const size_t members[] = { OBJECT_MEMBER(HeaderLength),
                                      OBJECT_MEMBER(ObjectHelpTitleIndex),
                                      OBJECT_MEMBER(DetailLevel), OBJECT_MEMBER(DefaultCounter),
                                      OBJECT_MEMBER(CodePage) };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (read_u32(before + members[i]) != read_u32(after + members[i]))
            return false;
    return true;
}

static bool find_in_definitions(const struct object_walk *a, const struct walk_object *before,
                                const struct object_walk *b, const struct walk_object *after,
                                struct check_difference *difference)
{
    struct walk_counter former, latter;
    char name[WALK_COUNTER_NAME_SIZE];
    size_t at = 0, there = 0;

    if (before->counter_count != after->counter_count)
        return set_difference(difference, before->name_index,
                              "object %" PRIu32 " has %" PRIu32
                              " counters; before, it had %" PRIu32,
                              before->name_index, after->counter_count, before->counter_count);
    while (object_walk_next_counter(a, before, &at, &former) &&
           object_walk_next_counter(b, after, &there, &latter)) {
        if (former.name_index != latter.name_index)
            return set_difference(difference, before->name_index,
                                  "the counter at position %" PRIu32 " of object %" PRIu32
                                  " has title index %" PRIu32 "; before, it had %" PRIu32,
                                  former.position, before->name_index, latter.name_index,
                                  former.name_index);
        if (former.type == latter.type && former.size == latter.size &&
            former.value_offset == latter.value_offset)
            continue;
        object_walk_counter_name(former.name_index, former.position, name);
        return set_difference(difference, before->name_index,
                              "%s of object %" PRIu32
                              " has another type, size or offset than before",
                              name, before->name_index);
    }
    if (before->definitions.size != after->definitions.size ||
        memcmp(before->definitions.data, after->definitions.data, before->definitions.size) != 0)
        return set_difference(difference, before->name_index,
                              "the counter definitions of object %" PRIu32
                              " differ from those before",
                              before->name_index);
    return false;
}

static bool find_in_instances(struct object_walk *a, const struct walk_object *before,
                              struct object_walk *b, const struct walk_object *after,
                              struct check_difference *difference)
{
    struct walk_instances former_instances, latter_instances;
    struct walk_instance former, latter;

    if (before->instance_count != after->instance_count)
        return set_difference(difference, before->name_index,
                              "object %" PRIu32 " has %" PRId32
                              " instances; before, it had %" PRId32,
                              before->name_index, after->instance_count, before->instance_count);
    object_walk_begin_instances(before, &former_instances);
    object_walk_begin_instances(after, &latter_instances);
    while (object_walk_next_instance(a, before, &former_instances, &former) &&
           object_walk_next_instance(b, after, &latter_instances, &latter)) {
        if (former.length != latter.length || former.unique_id != latter.unique_id ||
            former.parent_object != latter.parent_object || former.name.size != latter.name.size ||
            (former.name.size && memcmp(former.name.data, latter.name.data, former.name.size) != 0))
            return set_difference(difference, before->name_index,
                                  "instance %" PRIu32 " of object %" PRIu32
                                  " has another length, name, parent or UniqueID than before",
                                  former.position, before->name_index);
        if (former.block.size != latter.block.size)
            return set_difference(difference, before->name_index,
                                  "the counter block of instance %" PRIu32 " of object %" PRIu32
                                  " has %zu bytes; before, it had %zu",
                                  former.position, before->name_index, latter.block.size,
                                  former.block.size);
    }
    return false;
}

static bool find_in_object(struct object_walk *a, const struct walk_object *before,
                           struct object_walk *b, const struct walk_object *after,
                           struct check_difference *difference)
{
    if (before->name_index != after->name_index)
        return set_difference(difference, before->name_index,
                              "object %" PRIu32 " has become object %" PRIu32, before->name_index,
                              after->name_index);
    if (!have_same_header(a->bytes.data + before->offset, b->bytes.data + after->offset))
        return set_difference(difference, before->name_index,
                              "the header of object %" PRIu32 " differs from before",
                              before->name_index);
    return find_in_definitions(a, before, b, after, difference) ||
           find_in_instances(a, before, b, after, difference);
}

bool check_answers_find_difference(const struct check_answer *before,
                                   const struct check_answer *after,
                                   struct check_difference *difference)
{
    struct object_walk a, b;
    struct walk_object former, latter;
    bool has_former, has_latter;

    object_walk_begin_objects(&a, (struct span){ before->bytes, before->size },
                              before->object_count, NULL, NULL);
    object_walk_begin_objects(&b, (struct span){ after->bytes, after->size }, after->object_count,
                              NULL, NULL);
    for (;;) {
        has_former = object_walk_next(&a, &former);
        has_latter = object_walk_next(&b, &latter);
        if (!has_former || !has_latter)
            break;
        if (find_in_object(&a, &former, &b, &latter, difference))
            return true;
    }
    if (has_former != has_latter)
        return set_difference(difference, has_former ? former.name_index : latter.name_index,
                              has_former ? "object %" PRIu32 " is missing now"
                                         : "object %" PRIu32 " is new: it was not there before",
                              has_former ? former.name_index : latter.name_index);
    return false;
}

/* ---- values ------------------------------------------------------------------------------ */

/* Whether the bytes at one place are equal within each group and differ between each group and
   the next, or within each pair. */
static bool changes_between_groups(const struct check_answer answers[],
                                   const struct check_groups *groups, size_t offset, size_t size)
{
    for (size_t i = 1; i < groups->size * groups->count; i++) {
        const bool is_same =
            memcmp(answers[i - 1].bytes + offset, answers[i].bytes + offset, size) == 0;
        const bool is_between = i % groups->size == 0;

        if (is_between && groups->are_pairs && i / groups->size % 2 == 0)
            continue;
        if (is_same == is_between)
            return false;
    }
    return true;
}

static uint64_t number_at(const unsigned char *bytes, size_t size)
{
    return size == 8 ? read_u64(bytes) : read_u32(bytes);
}

bool check_answers_find_changed_value(const struct check_answer answers[],
                                      const struct check_groups *groups,
                                      struct check_difference *difference)
{
    struct object_walk walk;
    struct walk_object object;

    for (size_t i = 1; i < groups->size * groups->count; i++)
        if (!answers[i].bytes || answers[i].size != answers[0].size)
            return false;
    object_walk_begin_objects(&walk, (struct span){ answers[0].bytes, answers[0].size },
                              answers[0].object_count, NULL, NULL);
    while (object_walk_next(&walk, &object)) {
        struct walk_instances instances;
        struct walk_instance instance;

        object_walk_begin_instances(&object, &instances);
        while (object_walk_next_instance(&walk, &object, &instances, &instance)) {
            struct walk_counter counter;
            size_t at = 0;

            while (object_walk_next_counter(&walk, &object, &at, &counter)) {
                const struct span value = walk_value(&instance, &counter);
                char name[WALK_COUNTER_NAME_SIZE];

                if ((value.size != 4 && value.size != 8) || counter.type == PERF_ELAPSED_TIME)
                    continue;
                const size_t offset = (size_t)(value.data - answers[0].bytes);

                if (!changes_between_groups(answers, groups, offset, value.size))
                    continue;
                object_walk_counter_name(counter.name_index, counter.position, name);
                set_difference(difference, object.name_index,
                               "%s of instance %" PRIu32 " of object %" PRIu32 " is %" PRIu64
                               " and not %" PRIu64 "; each time that changes it, and nothing else",
                               name, instance.position, object.name_index,
                               number_at(answers[groups->size].bytes + offset, value.size),
                               number_at(value.data, value.size));
                return true;
            }
        }
    }
    return false;
}

void check_answer_release(struct check_answer *answer)
{
    free(answer->bytes);
    *answer = (struct check_answer){ 0 };
}
