/* SPDX-License-Identifier: MIT
 *
 * An answer of Collect that is kept, and the comparison of two answers.
 */
#ifndef CHECK_ANSWERS_H
#define CHECK_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_answer {
    unsigned char *bytes; /* from malloc; release with check_answer_release */
    uint32_t size;        /* bytes */
    uint32_t object_count;
    bool is_whole; /* no rule of structure is broken in it */
};

/** Free the bytes of an answer. A zeroed one is allowed. */
void check_answer_release(struct check_answer *answer);

/** List the title indices of an answer's objects, in order; at most `limit` of them. */
size_t check_answer_list_objects(const struct check_answer *answer, uint32_t *indices,
                                 size_t limit);

/** Whether two answers have the same objects with the same number of instances. */
bool check_answers_have_same_outline(const struct check_answer *left,
                                     const struct check_answer *right);

/** The first difference in the structure of two answers. */
struct check_difference {
    char subject[64]; /* the object, or an object's counter */
    char text[256];   /* "object 5200 has become object 10400" */
};

/**
 * Compare everything in two answers that does not change over time: objects, definitions, title
 * indices, lengths, instances with their names. Values and times are not compared.
 *
 * @param difference  receives the first difference of `after` from `before`
 * @return whether there is a difference
 */
bool check_answers_find_difference(const struct check_answer *before,
                                   const struct check_answer *after,
                                   struct check_difference *difference);

/** Groups of answers, in one array, one group after the other. */
struct check_groups {
    size_t size, count; /* answers of each group; groups */
    bool are_pairs;     /* groups 0 and 1 are compared, 2 and 3, and so on, but not 1 and 2 */
};

/**
 * Find a value that changes only between groups of answers: all answers of a group have the same value,
 * and those of the next group another one. Elapsed times are left out, because they may begin with
 * Open.
 *
 * @param answers     all answers of the groups, among which check_answers_find_difference finds no
 *                    difference
 * @param difference  receives the first such value: the second group against the first
 * @return whether there is such a value; false if an answer was not kept
 */
bool check_answers_find_changed_value(const struct check_answer answers[],
                                      const struct check_groups *groups,
                                      struct check_difference *difference);

#endif /* CHECK_ANSWERS_H */
