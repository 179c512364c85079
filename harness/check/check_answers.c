/* SPDX-License-Identifier: MIT
 *
 * Answers compared by what they are made of: which objects, how many instances.
 */
#include "check_answers.h"

#include <stdlib.h>

#include "object_walk.h"
#include "winperf.h"

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

/* An object of an answer, and how many instances it has. */
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

/* The answer's objects in order of their indices: as many as stand there, whatever the provider
   says of their number. malloc; NULL with a *count of 0 when there is no memory. */
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

bool check_same_outline(const struct check_answer *left, const struct check_answer *right)
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

void check_answer_release(struct check_answer *answer)
{
    free(answer->bytes);
    *answer = (struct check_answer){ 0 };
}
