/* SPDX-License-Identifier: MIT
 *
 * What the answer's bytes depend on besides the provider's data: what the buffer held before, its
 * alignment, the count on entry. Bytes that keep two different poisons were claimed but never
 * written.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer_map.h"
#include "check_state.h"

#define POISON_A 0xAA
#define POISON_B 0x55

static enum check_outcome ask_over(struct check *check, const char *query, unsigned char poison,
                                   uint32_t misalignment, uint32_t object_types,
                                   struct check_answer *answer)
{
    const struct check_ask ask = { .query = query,
                                   .size = check->room,
                                   .guard = PROVIDER_GUARD_PATTERN,
                                   .misalignment = misalignment,
                                   .has_poison = true,
                                   .poison = poison,
                                   .object_types = object_types,
                                   .is_not_validated = true };

    if (!check_be_open(check))
        return CHECK_FAILED;
    return check_ask(check, &ask, answer);
}

static const char *name_of(unsigned char kind)
{
    switch (kind) {
    case ANSWER_STRUCTURE:
        return "a structure";
    case ANSWER_NAME:
        return "a name";
    case ANSWER_VALUE:
        return "a value";
    default:
        return "padding";
    }
}

static void report_bytes(struct check *check, enum rule_id rule, const char *query, size_t offset,
                         size_t count, unsigned char kind, const char *what)
{
    const struct finding_place place = { .query = query,
                                         .buffer_size = check->room,
                                         .offset = offset };

    findings_add(check->findings, rule, &place, "%zu bytes %s, the first at offset %zu, in %s",
                 count, what, offset, name_of(kind));
}

/* Two answers over each of two poisons; the first and the last, and the two between them are over
   the same, so that what changes from one collect to the next, or goes to and fro, is told from
   what depends on the poison. */
static void compare(struct check *check, const char *query, const struct check_answer answers[4],
                    const unsigned char *map)
{
    const unsigned char *a = answers[0].bytes, *b = answers[1].bytes;
    const unsigned char *c = answers[3].bytes, *d = answers[2].bytes;
    size_t counts[3] = { 0 }, firsts[3] = { 0 };
    static const enum rule_id broken[3] = { RULE_uninitialised_data, RULE_uninitialised_padding,
                                            RULE_buffer_contents };
    static const char *const what[3] = { "are claimed but never written",
                                         "are claimed but never written",
                                         "depend on what the buffer held before" };

    for (size_t i = 0; i < answers[0].size; i++) {
        size_t kind;

        if (a[i] == b[i] || a[i] != c[i] || b[i] != d[i])
            continue;
        if (a[i] == POISON_A && b[i] == POISON_B)
            kind = map[i] == ANSWER_PADDING;
        else
            kind = 2;
        if (counts[kind]++ == 0)
            firsts[kind] = i;
    }
    for (size_t kind = 0; kind < 3; kind++)
        if (counts[kind])
            report_bytes(check, broken[kind], query, firsts[kind], counts[kind], map[firsts[kind]],
                         what[kind]);
}

static void check_poison(struct check *check, const char *query)
{
    struct check_answer answers[4] = { { 0 } };
    unsigned char *map = NULL;
    bool are_answers = true;

    for (size_t i = 0; i < 4; i++)
        are_answers &= ask_over(check, query, i == 1 || i == 2 ? POISON_B : POISON_A, 0, 0,
                                &answers[i]) == CHECK_ANSWER;
    check_mark(check, RULE_uninitialised_data);
    check_mark(check, RULE_uninitialised_padding);
    check_mark(check, RULE_buffer_contents);
    if (are_answers && answers[0].size == answers[1].size && answers[0].size == answers[2].size &&
        answers[0].size == answers[3].size)
        map = malloc(answers[0].size);
    if (map) {
        answer_map((struct span){ answers[0].bytes, answers[0].size }, map);
        compare(check, query, answers, map);
    } else if (are_answers && answers[0].size == answers[3].size &&
               answers[1].size == answers[2].size && answers[0].size != answers[1].size) {
        report_bytes(check, RULE_buffer_contents, query, 0, answers[0].size, ANSWER_STRUCTURE,
                     "make an answer whose size depends on what the buffer held before");
    }
    free(map);
    for (size_t i = 0; i < 4; i++)
        check_answer_release(&answers[i]);
}

/* Windows always gives a multiple of 8, unless a provider before this one has broken its rules. */
static void check_alignment(struct check *check, const char *query)
{
    struct check_answer even = { 0 }, odd = { 0 };
    struct findings scratch;

    if (ask_over(check, query, POISON_A, 0, 0, &even) != CHECK_ANSWER)
        return;
    check_begin_scratch(check, &scratch);

    const enum check_outcome outcome = ask_over(check, query, POISON_A, 4, 0, &odd);

    if (outcome == CHECK_NOTHING || (outcome == CHECK_ANSWER && !check_same_shape(&even, &odd))) {
        struct check_answer again = { 0 };

        /* It may have changed meanwhile. */
        if (ask_over(check, query, POISON_A, 0, 0, &again) == CHECK_ANSWER &&
            check_same_shape(&even, &again))
            check_report_breach(check, RULE_buffer_alignment, query, check->room, NULL,
                                "the answer has %" PRIu32
                                " bytes, at a multiple of 8 it has %" PRIu32,
                                odd.size, even.size);
        check_answer_release(&again);
    } else if (outcome == CHECK_ANSWER && odd.size != even.size) {
        struct check_answer again = { 0 };

        if (ask_over(check, query, POISON_A, 4, 0, &again) == CHECK_ANSWER &&
            again.size == odd.size)
            check_report_breach(check, RULE_buffer_alignment, query, check->room, NULL,
                                "the answer has %" PRIu32
                                " bytes, at a multiple of 8 it has %" PRIu32,
                                odd.size, even.size);
        check_answer_release(&again);
    }
    check_end_scratch(check, &scratch, RULE_buffer_alignment,
                      "With a buffer 4 bytes behind a multiple of 8");
    check_answer_release(&even);
    check_answer_release(&odd);
}

/* The count on entry is nothing that Collect may look at. */
static void check_count_input(struct check *check, const char *query)
{
    static const uint32_t counts[] = { 0, 1, 0xFFFFFFFF };
    struct check_answer whole = { 0 };

    if (ask_over(check, query, POISON_A, 0, 0xCCCCCCCC, &whole) != CHECK_ANSWER)
        return;
    check_mark(check, RULE_object_count_input);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct check_answer answer = { 0 }, again = { 0 };
        const enum check_outcome outcome = ask_over(check, query, POISON_A, 0, counts[i], &answer);

        if ((outcome == CHECK_NOTHING || outcome == CHECK_MORE ||
             (outcome == CHECK_ANSWER && !check_same_shape(&whole, &answer))) &&
            ask_over(check, query, POISON_A, 0, 0xCCCCCCCC, &again) == CHECK_ANSWER &&
            check_same_shape(&whole, &again))
            check_report_breach(check, RULE_object_count_input, query, check->room, NULL,
                                "With *lpNumObjectTypes %" PRIu32
                                " on entry the answer is not that with other numbers",
                                counts[i]);
        check_answer_release(&answer);
        check_answer_release(&again);
    }
    check_answer_release(&whole);
}

void check_bytes(struct check *check)
{
    for (size_t i = 0; i < check->query_count; i++) {
        if (!check_begin(check, "bytes that depend on the buffer"))
            return;
        check_poison(check, check->queries[i].text);
        check_alignment(check, check->queries[i].text);
        check_count_input(check, check->queries[i].text);
    }
}
