/* SPDX-License-Identifier: MIT
 *
 * Tests whether the bytes of an answer depend on anything but the provider's data: on the earlier
 * contents of the buffer, its alignment or the count on entry. The buffer is filled with a poison
 * before a call. Bytes that keep two different poisons were claimed but never written.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer_map.h"
#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_report.h"
#include "check_state.h"

#define POISON_A 0xAA
#define POISON_B 0x55 /* no bit is the same as in POISON_A */

static struct check_ask usual_ask(const struct check *check, const char *query,
                                  unsigned char poison)
{
    return (struct check_ask){ .query = query,
                               .size = check->buffer_size,
                               .guard = PROVIDER_GUARD_PATTERN,
                               .has_poison = true,
                               .poison = poison,
                               .is_not_validated = true };
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

/* Bytes of an answer that break the same rule. */
struct bad_bytes {
    size_t count, first; /* `first` is an offset in the answer */
    unsigned char kind;  /* of the first: enum answer_byte */
};

static void report_bytes(struct check *check, enum rule_id rule, const char *query,
                         const struct bad_bytes *bad, const char *what)
{
    const struct finding_place place = { .query = query,
                                         .buffer_size = check->buffer_size,
                                         .offset = bad->first };

    findings_add(check->findings, rule, &place, "%zu bytes %s, the first at offset %zu, in %s",
                 bad->count, what, bad->first, name_of(bad->kind));
}

/* Number of answers that are compared. Live data have many values that change by chance. In 1 of
   128 cases such a value follows the poison in all of the first FIRST_ANSWERS answers. ALL_ANSWERS
   decide a doubtful case. */
#define FIRST_ANSWERS 8
#define ALL_ANSWERS 48
#define TRIES 3 /* chosen; the size of the answer may change during an attempt */

static unsigned char poison_of(size_t answer)
{
    return check_collect_turn(answer) ? POISON_B : POISON_A;
}

/* Whether the byte at `offset` depends on the poison only: it is equal in all answers with the same
   poison, and different for the two poisons. */
static bool depends_on_poison(const struct check_answer answers[], size_t count, size_t offset)
{
    const unsigned char a = answers[0].bytes[offset], b = answers[1].bytes[offset];

    if (a == b)
        return false;
    for (size_t i = 2; i < count; i++)
        if (answers[i].bytes[offset] != (poison_of(i) == POISON_A ? a : b))
            return false;
    return true;
}

/* Compare answers. Returns whether there may be a breach that only more answers can prove. */
static bool compare(struct check *check, const char *query, const struct check_answer answers[],
                    size_t answer_count, const unsigned char *map)
{
    static const struct {
        enum rule_id rule;
        const char *what;
    } kinds[] = {
        { RULE_uninitialised_data, "are claimed but never written" },
        { RULE_uninitialised_padding, "are claimed but never written" },
        { RULE_buffer_contents, "depend on what the buffer held before" },
    };
    struct bad_bytes bad[3] = { { 0 } };

    for (size_t i = 0; i < answers[0].size; i++) {
        if (!depends_on_poison(answers, answer_count, i))
            continue;

        const bool is_poison = answers[0].bytes[i] == POISON_A && answers[1].bytes[i] == POISON_B;
        const size_t kind = !is_poison ? 2 : map[i] == ANSWER_PADDING ? 1 : 0;

        if (bad[kind].count++ == 0) {
            bad[kind].first = i;
            bad[kind].kind = map[i];
        }
    }
    if (bad[2].count && answer_count < ALL_ANSWERS)
        return true;
    for (size_t kind = 0; kind < 3; kind++)
        if (bad[kind].count)
            report_bytes(check, kinds[kind].rule, query, &bad[kind], kinds[kind].what);
    return false;
}

/* Whether all answers have one size. If not, reports whether the poison is the cause. */
static bool have_one_size(const struct check_answer answers[], size_t count,
                          bool *is_size_of_poison)
{
    bool is_one = true;

    *is_size_of_poison = answers[0].size != answers[1].size;
    for (size_t i = 1; i < count; i++) {
        is_one &= answers[i].size == answers[0].size;
        *is_size_of_poison &= answers[i].size == answers[poison_of(i) == POISON_A ? 0 : 1].size;
    }
    return is_one;
}

/* Returns whether the answers could be compared. *is_doubtful is set if more of them are needed. */
static bool try_poison(struct check *check, const char *query, size_t count, bool *is_doubtful)
{
    struct check_answer answers[ALL_ANSWERS] = { { 0 } };
    bool are_answers = true, is_size_of_poison = false, is_done = true;

    for (size_t i = 0; i < count && are_answers; i++) {
        const struct check_ask ask = usual_ask(check, query, poison_of(i));

        are_answers = check_life_cycle_ensure_open(check) &&
                      check_collect_ask(check, &ask, &answers[i]) == CHECK_ANSWER;
    }
    if (are_answers && have_one_size(answers, count, &is_size_of_poison)) {
        unsigned char *map = malloc(answers[0].size);

        if (map) {
            answer_map((struct span){ answers[0].bytes, answers[0].size }, map);
            *is_doubtful = compare(check, query, answers, count, map);
        }
        free(map);
    } else if (are_answers && is_size_of_poison && count < ALL_ANSWERS) {
        *is_doubtful = true;
    } else if (are_answers && is_size_of_poison) {
        const struct bad_bytes all = { .count = answers[0].size, .kind = ANSWER_STRUCTURE };

        report_bytes(check, RULE_buffer_contents, query, &all,
                     "make an answer whose size depends on what the buffer held before");
    } else {
        is_done = !are_answers;
    }
    for (size_t i = 0; i < ALL_ANSWERS; i++)
        check_answer_release(&answers[i]);
    return is_done;
}

static void check_poison(struct check *check, const char *query)
{
    bool is_doubtful = false;

    check_report_mark(check, RULE_uninitialised_data);
    check_report_mark(check, RULE_uninitialised_padding);
    check_report_mark(check, RULE_buffer_contents);
    for (int i = 0; i < TRIES && !try_poison(check, query, FIRST_ANSWERS, &is_doubtful); i++)
        ;
    for (int i = 0; i < TRIES && is_doubtful; i++)
        if (try_poison(check, query, ALL_ANSWERS, &is_doubtful))
            break;
}

/* Windows always passes a multiple of 8, unless a provider before this one has broken its rules. */
static void check_alignment(struct check *check, const char *query)
{
    const struct check_ask even = usual_ask(check, query, POISON_A);
    struct check_ask odd = even;
    struct findings temporary;

    odd.misalignment = 4;
    check_report_begin_temporary(check, &temporary);
    if (check_collect_depends(check, &even, &odd))
        check_report_breach(check, RULE_buffer_alignment, query, check->buffer_size, NULL,
                            "the answer differs from that at a multiple of 8");
    check_report_end_temporary(check, &temporary, RULE_buffer_alignment,
                               "With a buffer 4 bytes after a multiple of 8");
}

/* Collect must not use the count on entry. */
static void check_count_input(struct check *check, const char *query)
{
    static const uint32_t counts[] = { 0, 1, 0xFFFFFFFF };
    struct check_ask usual = usual_ask(check, query, POISON_A);

    usual.object_types = 0xCCCCCCCC;
    check_report_mark(check, RULE_object_count_input);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct check_ask other = usual;

        other.object_types = counts[i];
        if (check_collect_depends(check, &usual, &other))
            check_report_breach(check, RULE_object_count_input, query, check->buffer_size, NULL,
                                "With *lpNumObjectTypes %" PRIu32
                                " on entry the answer differs from that with other numbers",
                                counts[i]);
    }
}

void check_bytes(struct check *check)
{
    for (size_t i = 0; i < check->query_count; i++) {
        if (!check_report_begin_stage(check, "bytes that depend on the buffer"))
            return;
        check_poison(check, check->queries[i].text);
        check_alignment(check, check->queries[i].text);
        check_count_input(check, check->queries[i].text);
    }
}
