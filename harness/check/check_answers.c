/* SPDX-License-Identifier: MIT
 *
 * Answers compared by what they are made of: which objects, how many instances.
 */
#include "check_state.h"
#include "object_walk.h"

size_t check_list_objects(const struct check_answer *answer, uint32_t *indices, size_t limit)
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

bool check_has_object(const struct check_answer *answer, uint32_t index)
{
    struct object_walk walk;
    struct walk_object object;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (object_walk_next(&walk, &object))
        if (object.name_index == index)
            return true;
    return false;
}

/* NumInstances of an object of an answer; false when it is not there. */
static bool find_instance_count(const struct check_answer *answer, uint32_t index, int32_t *count)
{
    struct object_walk walk;
    struct walk_object object;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (object_walk_next(&walk, &object))
        if (object.name_index == index) {
            *count = object.instance_count;
            return true;
        }
    return false;
}

bool check_covers(const struct check_answer *larger, const struct check_answer *smaller)
{
    struct object_walk walk;
    struct walk_object object;
    int32_t count;

    object_walk_begin_objects(&walk, (struct span){ smaller->bytes, smaller->size },
                              smaller->object_count, NULL, NULL);
    while (object_walk_next(&walk, &object))
        if (!find_instance_count(larger, object.name_index, &count) ||
            count < object.instance_count)
            return false;
    return true;
}

bool check_same_shape(const struct check_answer *left, const struct check_answer *right)
{
    return left->object_count == right->object_count && check_covers(left, right) &&
           check_covers(right, left);
}
