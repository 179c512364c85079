/* SPDX-License-Identifier: MIT
 *
 * Every answered query with many buffer sizes, between patterned guards and against inaccessible
 * pages: the whole answer or nothing, an exact fit, and no byte outside.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_report.h"
#include "check_state.h"
#include "object_walk.h"

#define SIZE_LIMIT 256 /* most sizes of one sweep */
#define REFUSALS 4     /* of an exact fit, before it counts */

struct sizes {
    uint32_t items[SIZE_LIMIT];
    size_t count;
};

static void add_size(struct sizes *sizes, int64_t size)
{
    if (size < 0 || size > CHECK_BUFFER_LIMIT || sizes->count == SIZE_LIMIT)
        return;
    for (size_t i = 0; i < sizes->count; i++)
        if (sizes->items[i] == (uint32_t)size)
            return;
    sizes->items[sizes->count++] = (uint32_t)size;
}

/* Sizes around the needed one, around each object's end, powers of 2, small and odd ones. */
static void choose_sizes(struct check *check, const struct check_answer *answer,
                         struct sizes *sizes)
{
    static const int around[] = { -64, -40, -24, -16, -9, -8, -7, -4, -1, 0, 1, 4, 7, 8, 16, 64 };
    static const int first[] = { 0, -1, -8, 8, 1, -64 };
    static const int small[] = { 0, 1, 4, 7, 8, 63, 64, 104 };
    const int64_t need = answer->size;
    struct object_walk walk;
    struct walk_object object;

    sizes->count = 0;
    /* Those that tell most come first: of a slow provider no more are tried. */
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        add_size(sizes, need + first[i]);
    add_size(sizes, 0);
    add_size(sizes, 8);
    add_size(sizes, 64);
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
        add_size(sizes, small[i]);
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
        add_size(sizes, need + around[i]);
    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (object_walk_next(&walk, &object) && sizes->count < SIZE_LIMIT / 2) {
        add_size(sizes, (int64_t)object.offset);
        add_size(sizes, (int64_t)object.offset + 8);
        add_size(sizes, (int64_t)object.data_offset);
    }
    for (int64_t size = 128; size < need * 4; size *= 2) {
        add_size(sizes, size);
        add_size(sizes, size + 4);
    }
    add_size(sizes, need / 2);
    add_size(sizes, need / 2 + 1);
    add_size(sizes, need * 2);
    for (int i = 0; i < 4; i++)
        add_size(sizes, (int64_t)(check_random(check) % (uint64_t)(need + need / 2 + 1)));
}

/* An answer, or success without data, at a small size: does a larger buffer get more, and always?
 */
static void judge_part(struct check *check, const char *query, uint32_t size,
                       const struct check_answer *part)
{
    const struct check_ask small = {
        .query = query, .size = size, .guard = PROVIDER_GUARD_PATTERN, .is_not_validated = true
    };
    struct check_ask large = small;

    large.size = check->buffer_size;
    if (check_depends(check, &large, &small))
        check_report_breach(check, RULE_partial_answer, query, size, NULL,
                            "In a buffer of %" PRIu32 " bytes the answer has %" PRIu32
                            " objects in %" PRIu32 " bytes, and more in a larger one",
                            size, part->object_count, part->size);
}

/* The buffer is large enough, and yet ERROR_MORE_DATA: always, also when the answer has not grown
 * meanwhile? */
static void judge_refusal(struct check *check, const char *query)
{
    uint32_t size = 0;

    for (int i = 0; i < REFUSALS; i++) {
        struct check_answer whole = { 0 }, again = { 0 };
        struct check_ask ask = { .query = query, .guard = PROVIDER_GUARD_PATTERN };
        bool is_refused = false;

        if (check_ask_whole(check, query, &whole) == CHECK_ANSWER) {
            ask.size = size = whole.size;
            is_refused = check_ask(check, &ask, &again) == CHECK_MORE;
        }
        check_answer_release(&whole);
        check_answer_release(&again);
        if (!is_refused)
            return;
    }
    check_report_breach(check, RULE_exact_fit, query, size, query,
                        "The answer to \"%s\" has %" PRIu32 " bytes, but a buffer of %" PRIu32
                        " bytes gets ERROR_MORE_DATA",
                        query, size, size);
}

static void sweep(struct check *check, const char *query, enum provider_guard guard,
                  uint32_t misalignment, const struct sizes *sizes, uint32_t need)
{
    for (size_t i = 0; i < sizes->count; i++) {
        const uint32_t size = sizes->items[i];
        struct check_answer answer = { 0 };
        struct check_ask ask = { .query = query,
                                 .size = size,
                                 .guard = guard,
                                 .misalignment = misalignment,
                                 .has_poison = true,
                                 .poison = 0x5A,
                                 .object_types = 0xCCCCCCCC,
                                 .is_not_validated = size >= need };

        if (!check_be_open(check) || !check_begin(check, check->stage))
            return;
        switch (check_ask(check, &ask, &answer)) {
        case CHECK_ANSWER:
        case CHECK_NOTHING:
            if (size < need)
                judge_part(check, query, size, &answer);
            break;
        case CHECK_MORE:
            if (size >= need)
                judge_refusal(check, query);
            break;
        case CHECK_FAILED:
            break;
        }
        check_answer_release(&answer);
    }
}

void check_sizes(struct check *check)
{
    const uint32_t level = check->options->test_level;

    for (size_t i = 0; i < check->query_count; i++) {
        const char *query = check->queries[i].text;
        struct check_answer answer = { 0 };
        struct sizes sizes;

        if (!check_begin(check, "buffer sizes") || !check_be_open(check))
            return;
        if (check_ask_whole(check, query, &answer) == CHECK_ANSWER) {
            check_mark(check, RULE_partial_answer);
            check_mark(check, RULE_exact_fit);
            check_mark(check, RULE_read_outside);
            choose_sizes(check, &answer, &sizes);
            sizes.count = check_times(check, (uint32_t)sizes.count, 9);
            if (level <= 3) /* a copy between guards, as levels 1 to 3 have it */
                sweep(check, query, PROVIDER_GUARD_PATTERN, 0, &sizes, answer.size);
            if (level == 0 || level == 4) /* the consumer's own buffer */
                sweep(check, query, PROVIDER_GUARD_NONE, 0, &sizes, answer.size);
            check->stage = "buffer sizes, against a page";
            sweep(check, query, PROVIDER_GUARD_PAGE_END, 0, &sizes, answer.size);
            sizes.items[0] = answer.size;
            sizes.items[1] = answer.size + 8;
            sizes.items[2] = answer.size > 8 ? answer.size - 8 : 0;
            sizes.count = 3;
            sweep(check, query, PROVIDER_GUARD_PAGE_BEGIN, 0, &sizes, answer.size);
        }
        check_answer_release(&answer);
    }
}
