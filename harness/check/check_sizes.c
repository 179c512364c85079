/* SPDX-License-Identifier: MIT
 *
 * Every answered query with many buffer sizes, between patterned guards and beside inaccessible
 * pages: there must be the whole answer or nothing, an exact fit, and no byte outside.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "array.h"
#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_random.h"
#include "check_limits.h"
#include "check_report.h"
#include "check_state.h"
#include "object_walk.h"
#include "os.h"

/* All are chosen, so that a check of a quick provider takes seconds. */
#define SIZE_LIMIT 256    /* most sizes of one sweep */
#define ALL_SIZES 4096u   /* bytes: the largest answer for which all sizes are tried */
#define MANY_SIZES 65536u /* bytes: for which every EVERY-th and all near structures' ends are */
#define NEARBY 16u        /* bytes: the distance that is near an end */
#define EVERY 8u          /* bytes between two sizes for such an answer */
#define BATCH 512u        /* calls in one order */
#define SEARCH_100NS 20000000u /* time for all searches, unless they are thorough */
#define STRIDE_LIMIT 64u       /* longest step of a search after deaths at one place */
#define REFUSALS 4             /* refusals of an exact fit before it counts */

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

/* Choose sizes around the needed one, around each object's end, powers of 2, small and odd ones. */
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
    /* The most informative sizes come first, because a slow provider gets no others. */
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

/* A small buffer got an answer, or success without data. Check whether a larger one always gets more. */
static void judge_part(struct check *check, const char *query, uint32_t size,
                       const struct check_answer *part)
{
    const struct check_ask small = {
        .query = query, .size = size, .guard = PROVIDER_GUARD_PATTERN, .is_not_validated = true
    };
    struct check_ask large = small;

    large.size = check->buffer_size;
    if (check_collect_depends(check, &large, &small))
        check_report_breach(check, RULE_partial_answer, query, size, NULL,
                            "In a buffer of %" PRIu32 " bytes the answer has %" PRIu32
                            " objects in %" PRIu32 " bytes, and more in a larger one",
                            size, part->object_count, part->size);
}

/* The provider returned ERROR_MORE_DATA although the buffer is large enough. Check whether it always does,
   and whether the answer has grown. */
static void judge_refusal(struct check *check, const char *query)
{
    uint32_t size = 0;

    for (int i = 0; i < REFUSALS; i++) {
        struct check_answer whole = { 0 }, again = { 0 };
        struct check_ask ask = { .query = query, .guard = PROVIDER_GUARD_PATTERN };
        bool is_refused = false;

        if (check_collect_ask_whole(check, query, &whole) == CHECK_ANSWER) {
            ask.size = size = whole.size;
            is_refused = check_collect_ask(check, &ask, &again) == CHECK_MORE;
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

        if (!check_life_cycle_ensure_open(check) ||
            !check_report_begin_stage(check, check->stage.name))
            return;
        switch (check_collect_ask(check, &ask, &answer)) {
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

/* ---- the search ----------------------------------------------------------------------------- */

/* Sizes that are tried one after the other, the largest first. */
struct range {
    uint32_t highest, lowest, step;
};

struct search {
    const char *query;
    uint32_t need;
    struct range *ranges;
    size_t count, capacity;
};

static bool add_range(struct search *search, uint32_t highest, uint32_t lowest, uint32_t step)
{
    struct range *grown = array_reserve(search->ranges, &search->capacity, search->count + 1,
                                        sizeof(*search->ranges));

    if (!grown)
        return false;
    search->ranges = grown;
    grown[search->count++] = (struct range){ highest, lowest, step };
    return true;
}

/* Add the sizes near a structure's end. Ends come in ascending order, so that close ones are
   merged into one range. */
static bool add_end(struct search *search, size_t end)
{
    struct range *last = search->count > 1 ? &search->ranges[search->count - 1] : NULL;
    const uint32_t lowest = end > NEARBY ? (uint32_t)end - NEARBY : 0;
    const uint32_t highest =
        end + NEARBY < search->need ? (uint32_t)end + NEARBY : search->need - 1;

    if (end > search->need)
        return true;
    if (last && lowest <= last->highest + 1 && lowest >= last->lowest) {
        last->highest = highest > last->highest ? highest : last->highest;
        return true;
    }
    return add_range(search, highest, lowest, 1);
}

static bool add_ends(struct search *search, const struct check_answer *answer)
{
    struct object_walk walk;
    struct walk_object object;
    bool is_added = true;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (is_added && object_walk_next(&walk, &object)) {
        struct walk_instances instances;
        struct walk_instance instance;
        struct walk_counter counter;
        size_t at = 0;

        is_added = add_end(search, object.offset + object.header_length);
        while (is_added && object_walk_next_counter(&walk, &object, &at, &counter))
            is_added = add_end(search, counter.offset + counter.length);
        object_walk_begin_instances(&object, &instances);
        while (is_added && object_walk_next_instance(&walk, &object, &instances, &instance))
            is_added = (!instance.has_definition || add_end(search, instance.block_offset)) &&
                       add_end(search, instance.block_offset + instance.block.size);
    }
    return is_added;
}

/* Choose the sizes: all for a small answer; for a larger one every eighth and all near the ends. */
static bool plan_search(struct search *search, const struct check_answer *answer, bool is_first)
{
    const uint32_t top = answer->size - 1;

    if (answer->size <= ALL_SIZES && is_first)
        return add_range(search, top, 0, 1);
    if (answer->size <= MANY_SIZES && !add_range(search, top / EVERY * EVERY, 0, EVERY))
        return false;
    /* The first range is not merged with ends. */
    if (search->count == 0 && !add_range(search, top, top > NEARBY ? top - NEARBY : 0, 1))
        return false;
    return !is_first || add_ends(search, answer);
}

static bool has_time(const struct check *check)
{
    return check->options->is_thorough || check->search_100ns < SEARCH_100NS;
}

/* Make one order for sizes from `highest` on. Returns the size of its last call. */
static uint32_t search_once(struct check *check, const struct search *search, uint32_t highest,
                            const struct range *range)
{
    const uint32_t most = check_limits_repetitions(check, BATCH, 1) - 1;
    const uint32_t count = (highest - range->lowest) / range->step;
    const struct check_ask ask = { .query = search->query,
                                   .size = highest,
                                   .size_step = range->step,
                                   .least_size =
                                       highest - (count < most ? count : most) * range->step,
                                   .guard = PROVIDER_GUARD_PAGE_END,
                                   .has_poison = true,
                                   .poison = 0x5A,
                                   .object_types = 0xCCCCCCCC };
    struct check_answer answer = { 0 };
    uint32_t size = highest;

    switch (check_collect_ask_sweep(check, &ask, &size, &answer)) {
    case CHECK_ANSWER:
    case CHECK_NOTHING:
        if (!check->findings->broken[RULE_partial_answer])
            judge_part(check, search->query, size, &answer);
        break;
    case CHECK_MORE:
    case CHECK_FAILED:
        break;
    }
    check_answer_release(&answer);
    return size;
}

/* Search a range. Returns false if the time or the stage is over; *left is then the first size
   that was not tried. */
static bool search_range(struct check *check, const struct search *search, struct range range,
                         uint32_t *left)
{
    uint64_t size = range.highest;
    uint32_t stride = 1;

    for (;;) {
        const unsigned deaths = check->death_count;

        *left = (uint32_t)size;
        if (!has_time(check) || !check_life_cycle_ensure_open(check) ||
            !check_report_begin_stage(check, check->stage.name))
            return false;

        const uint64_t begin = os_time_100ns();
        const uint32_t last = search_once(check, search, (uint32_t)size, &range);

        check->search_100ns += os_time_100ns() - begin;
        /* If it dies again and again, the sizes in between are skipped. */
        if (check->death_count == deaths)
            stride = 1;
        else if (stride < STRIDE_LIMIT)
            stride *= 2;
        if ((uint64_t)last < (uint64_t)range.lowest + (uint64_t)range.step * stride)
            return true;
        size = last - range.step * stride;
    }
}

static void search_sizes(struct check *check, const char *query, const struct check_answer *answer,
                         bool is_first)
{
    struct search search = { .query = query, .need = answer->size };
    bool is_whole = answer->size > 0;

    if (!answer->size || !check_report_begin_stage(check, "buffer sizes, one after another"))
        return;
    if (!plan_search(&search, answer, is_first))
        check->error = ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < search.count && is_whole && !check->error; i++) {
        uint32_t left;

        is_whole = search_range(check, &search, search.ranges[i], &left);
        if (is_whole)
            continue;
        if (!has_time(check))
            check_report_note(
                check->report,
                "the search over buffer sizes ends after %u s: of \"%s\", which needs %" PRIu32
                " bytes, the sizes %" PRIu32 " to %" PRIu32
                "%s%s are left out (--thorough tries them)",
                SEARCH_100NS / 10000000u, query, answer->size, search.ranges[i].lowest, left,
                search.ranges[i].step > 1 ? " that are multiples of 8" : "",
                i + 1 < search.count ? " and those near the ends of further structures" : "");
    }
    if (is_whole && answer->size > MANY_SIZES)
        check_report_note(check->report,
                          "the answer to \"%s\" has %" PRIu32
                          " bytes: only buffer sizes near the ends of its structures are tried",
                          query, answer->size);
    free(search.ranges);
}

void check_sizes(struct check *check)
{
    const uint32_t level = check->options->test_level;

    for (size_t i = 0; i < check->query_count; i++) {
        const char *query = check->queries[i].text;
        struct check_answer answer = { 0 };
        struct sizes sizes;

        if (!check_report_begin_stage(check, "buffer sizes") ||
            !check_life_cycle_ensure_open(check))
            continue;
        if (check_collect_ask_whole(check, query, &answer) == CHECK_ANSWER) {
            check_report_mark(check, RULE_partial_answer);
            check_report_mark(check, RULE_exact_fit);
            check_report_mark(check, RULE_read_outside);
            choose_sizes(check, &answer, &sizes);
            sizes.count = check_limits_repetitions(check, (uint32_t)sizes.count, 9);
            if (level <= 3) /* a copy between guards, as levels 1 to 3 have it */
                sweep(check, query, PROVIDER_GUARD_PATTERN, 0, &sizes, answer.size);
            if (level == 0 || level == 4) /* the consumer's own buffer */
                sweep(check, query, PROVIDER_GUARD_NONE, 0, &sizes, answer.size);
            if (check_report_begin_stage(check, "buffer sizes, against a page"))
                sweep(check, query, PROVIDER_GUARD_PAGE_END, 0, &sizes, answer.size);
            sizes.items[0] = answer.size;
            sizes.items[1] = answer.size + 8;
            sizes.items[2] = answer.size > 8 ? answer.size - 8 : 0;
            sizes.count = 3;
            if (check_report_begin_stage(check, "buffer sizes, after a page"))
                sweep(check, query, PROVIDER_GUARD_PAGE_BEGIN, 0, &sizes, answer.size);
            search_sizes(check, query, &answer, i == 0);
        }
        check_answer_release(&answer);
    }
}
