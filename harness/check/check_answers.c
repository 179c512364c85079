/* SPDX-License-Identifier: MIT
 *
 * Answers compared by what they are made of: which objects, how many instances.
 */
#include <stdlib.h>

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

/* An object of an answer, and how many instances it has. */
struct shape {
    uint32_t index;
    int32_t instance_count;
};

static int compare_shapes(const void *left, const void *right)
{
    const struct shape *a = left, *b = right;

    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return (a->instance_count > b->instance_count) - (a->instance_count < b->instance_count);
}

/* The answer's objects in order of their indices, malloc; NULL when there are none, or no memory.
 */
static struct shape *list_shapes(const struct check_answer *answer)
{
    struct shape *shapes = calloc(answer->object_count, sizeof(*shapes));
    struct object_walk walk;
    struct walk_object object;
    size_t count = 0;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (shapes && count < answer->object_count && object_walk_next(&walk, &object))
        shapes[count++] = (struct shape){ object.name_index, object.instance_count };
    if (shapes)
        qsort(shapes, answer->object_count, sizeof(*shapes), compare_shapes);
    return shapes;
}

bool check_same_shape(const struct check_answer *left, const struct check_answer *right)
{
    if (left->object_count != right->object_count)
        return false;

    struct shape *a = list_shapes(left), *b = list_shapes(right);
    bool is_same = true;

    for (size_t i = 0; a && b && i < left->object_count && is_same; i++)
        is_same = compare_shapes(&a[i], &b[i]) == 0;
    free(a);
    free(b);
    return is_same;
}
