/* SPDX-License-Identifier: MIT
 *
 * Which query gets which answer: first the queries that have an answer, then those that must have
 * no answer, or the same one.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_random.h"
#include "check_report.h"
#include "check_state.h"
#include "fill_text.h"
#include "object_walk.h"
#include "os.h"
#include "winperf.h"

#define LONG_QUERY 32000      /* characters of a very long query; chosen */
#define UNKNOWN_INDEX 999998u /* chosen, above the indices of known machines */

/* Whether the last query was made and returned. Without that, a missing answer proves nothing. */
static bool has_asked(const struct check *check)
{
    return check->is_open && !check->is_over && !check->stage.is_over && !check->error;
}

/* ---- what there is ----------------------------------------------------------------------- */

static bool is_in(const uint32_t *indices, size_t count, uint32_t index)
{
    for (size_t i = 0; i < count; i++)
        if (indices[i] == index)
            return true;
    return false;
}

static void note_objects(struct check *check, const uint32_t *indices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (check->object_count < CHECK_OBJECTS && indices[i] != 0 &&
            indices[i] != CHECK_FILL_NUMBER &&
            !is_in(check->objects, check->object_count, indices[i]))
            check->objects[check->object_count++] = indices[i];
}

/* Make a query with a sufficient buffer. If it has an answer, it is remembered: later stages repeat it. */
static size_t learn(struct check *check, const char *query, uint32_t *indices)
{
    struct check_answer answer = { 0 };
    size_t count = 0;

    if (check_life_cycle_ensure_open(check) &&
        check_collect_ask_whole(check, query, &answer) == CHECK_ANSWER) {
        struct check_query *known = &check->queries[check->query_count];

        count = check_answer_list_objects(&answer, indices, CHECK_OBJECTS);
        note_objects(check, indices, count);
        if (check->query_count < CHECK_QUERIES) {
            snprintf(known->text, sizeof(known->text), "%s", query);
            known->size = answer.size;
            known->object_count = answer.object_count;
            known->is_whole = answer.is_whole;
            check->query_count++;
        }
    }
    check_answer_release(&answer);
    return count;
}

void check_queries_baseline(struct check *check)
{
    const struct service *service = check->options->service;

    if (!check_report_begin_stage(check, "which queries have an answer"))
        return;
    check->global_count = learn(check, "Global", check->global);
    check->costly_count = learn(check, "Costly", check->costly);
    if (service)
        note_objects(check, service->object_list, service->object_list_count);
    for (size_t i = 0; i < check->object_count && !check->is_over; i++) {
        uint32_t indices[CHECK_OBJECTS];
        char query[16];

        snprintf(query, sizeof(query), "%" PRIu32, check->objects[i]);
        learn(check, query, indices);
    }
    if (check->query_count == 0 && check->can_open && !check->is_over)
        check_report_explain(check->report,
                             "no query has an answer; perhaps the source of the data is absent");
}

/* ---- what must not be answered, or differently ------------------------------------------- */

/* Make a query that may have an answer or not. Lists the title indices of its objects. */
static size_t ask(struct check *check, const char *query, uint32_t *indices)
{
    struct check_answer answer = { 0 };
    size_t count = 0;

    if (check_life_cycle_ensure_open(check) &&
        check_collect_ask_whole(check, query, &answer) == CHECK_ANSWER)
        count = check_answer_list_objects(&answer, indices, CHECK_OBJECTS);
    check_answer_release(&answer);
    return count;
}

/* Make a query that must have no answer. Returns whether it has one. */
static bool expect_nothing(struct check *check, enum rule_id rule, const char *query)
{
    uint32_t indices[CHECK_OBJECTS];
    const size_t count = ask(check, query, indices);
    char first[24];

    check_report_mark(check, rule);
    if (count > 0) {
        snprintf(first, sizeof(first), "%" PRIu32, indices[0]);
        fill_text_replace(first, sizeof(first), CHECK_FILL);
        check_report_breach(check, rule, query, check->buffer_size, NULL,
                            "\"%.40s\" is answered with %zu object%s, the first being %s; "
                            "expected no data",
                            query, count, count == 1 ? "" : "s", first);
    }
    return count > 0;
}

static void check_unknown(struct check *check)
{
    static const char *const unknown[] = { "invalid counter name", "999998", "0", "-1",
                                           "\xC3\xA4" };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check->ignores_query |= expect_nothing(check, RULE_unknown_query, unknown[i]);
}

static void check_costly(struct check *check)
{
    size_t common = 0;

    check_report_mark(check, RULE_answers_costly);
    check_report_mark(check, RULE_costly_in_global);
    for (size_t i = 0; i < check->costly_count; i++)
        common += is_in(check->global, check->global_count, check->costly[i]);
    if (common > 0 && common == check->global_count)
        check_report_breach(
            check, RULE_answers_costly, "Costly", check->buffer_size, NULL,
            "Costly is answered with the objects of Global, the first being %" PRIu32,
            check->costly[0]);
    else if (common > 0)
        check_report_breach(check, RULE_costly_in_global, "Global", check->buffer_size, NULL,
                            "%zu of the objects that answer to Costly answer to Global, too",
                            common);
}

/* List the title indices that the instances of an answer name as their parents' objects. */
static size_t list_parents(const struct check_answer *answer, uint32_t *indices, size_t limit)
{
    struct object_walk walk;
    struct walk_object object;
    size_t count = 0;

    object_walk_begin_objects(&walk, (struct span){ answer->bytes, answer->size },
                              answer->object_count, NULL, NULL);
    while (object_walk_next(&walk, &object)) {
        struct walk_instances instances;
        struct walk_instance instance;

        object_walk_begin_instances(&object, &instances);
        while (object_walk_next_instance(&walk, &object, &instances, &instance))
            if (instance.has_definition && instance.parent_object != 0 && count < limit &&
                !is_in(indices, count, instance.parent_object))
                indices[count++] = instance.parent_object;
    }
    return count;
}

/* An index must be answered with its object, and only with it and its parents. */
static void check_own_index(struct check *check, uint32_t index)
{
    const bool is_known = is_in(check->global, check->global_count, index) ||
                          is_in(check->costly, check->costly_count, index);
    struct check_answer answer = { 0 };
    char query[16];

    snprintf(query, sizeof(query), "%" PRIu32, index);
    if (!check_life_cycle_ensure_open(check))
        return;
    const enum check_outcome outcome = check_collect_ask_whole(check, query, &answer);

    check_report_mark(check, RULE_asked_object_missing);
    check_report_mark(check, RULE_unasked_object);
    if (outcome == CHECK_NOTHING && is_known) {
        check_report_breach(check, RULE_asked_object_missing, query, check->buffer_size, query,
                            "Object %" PRIu32 " is answered to %s, but not to its own index", index,
                            is_in(check->global, check->global_count, index) ? "Global" : "Costly");
    } else if (outcome == CHECK_ANSWER && answer.is_whole) {
        uint32_t indices[CHECK_OBJECTS], parents[CHECK_OBJECTS];
        const size_t count = check_answer_list_objects(&answer, indices, CHECK_OBJECTS);
        const size_t parent_count = list_parents(&answer, parents, CHECK_OBJECTS);

        if (!is_in(indices, count, index) && is_known)
            check_report_breach(check, RULE_asked_object_missing, query, check->buffer_size, query,
                                "Object %" PRIu32 " is not in the answer to its own index", index);
        for (size_t i = 0; i < count; i++)
            if (indices[i] != index && !is_in(parents, parent_count, indices[i]))
                check_report_breach(check, RULE_unasked_object, query, check->buffer_size, query,
                                    "\"%s\" is answered with object %" PRIu32
                                    ", too, which is not a parent of it",
                                    query, indices[i]);
    }
    check_answer_release(&answer);
}

/* Numbers that contain the digits of an index. */
static void check_substrings(struct check *check, uint32_t index)
{
    static const struct {
        const char *before, *after;
    } digits[] = { { "1", "" }, { "", "1" }, { "1", "1" } };

    for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
        uint32_t indices[CHECK_OBJECTS];
        char query[24];

        snprintf(query, sizeof(query), "%s%" PRIu32 "%s", digits[i].before, index, digits[i].after);
        if (is_in(check->objects, check->object_count, (uint32_t)strtoul(query, NULL, 10)))
            continue;

        const size_t count = ask(check, query, indices);

        check_report_mark(check, RULE_index_substring);
        if (is_in(indices, count, index))
            check_report_breach(check, RULE_index_substring, query, check->buffer_size, NULL,
                                "\"%s\" is answered with object %" PRIu32, query, index);
    }
}

static void check_words(struct check *check, const char *word, size_t object_count)
{
    uint32_t indices[CHECK_OBJECTS];
    char text[32];

    if (object_count == 0)
        return;
    for (int is_upper = 0; is_upper < 2; is_upper++) {
        size_t i = 0;

        for (; word[i]; i++)
            text[i] = (char)(is_upper ? word[i] & ~0x20 : word[i] | 0x20);
        text[i] = 0;
        check_report_mark(check, RULE_keyword_case);
        if (check_life_cycle_ensure_open(check) && ask(check, text, indices) == 0 &&
            has_asked(check))
            check_report_breach(check, RULE_keyword_case, text, check->buffer_size, NULL,
                                "\"%s\" has no answer, \"%s\" has %zu objects", text, word,
                                object_count);
    }
    snprintf(text, sizeof(text), "%sxyz", word);
    expect_nothing(check, RULE_keyword_prefix, text);
    snprintf(text, sizeof(text), "%.*s", (int)strlen(word) - 2, word);
    expect_nothing(check, RULE_keyword_prefix, text);
}

/* Queries for the same objects in other words. */
static void check_lists(struct check *check)
{
    const uint32_t first = check->objects[0];
    const uint32_t last = check->objects[check->object_count - 1];
    uint32_t wanted[CHECK_OBJECTS], found[CHECK_OBJECTS];
    char queries[6][96];
    size_t wanted_count;

    snprintf(queries[0], sizeof(queries[0]), "%" PRIu32 " %" PRIu32, first, last);
    snprintf(queries[1], sizeof(queries[1]), "%" PRIu32 " %" PRIu32, last, first);
    snprintf(queries[2], sizeof(queries[2]), "  %" PRIu32 "   %" PRIu32 " ", first, last);
    snprintf(queries[3], sizeof(queries[3]), "%" PRIu32 " %" PRIu32 " %" PRIu32, first, first,
             last);
    snprintf(queries[4], sizeof(queries[4]), "%" PRIu32 " %u %" PRIu32, first, UNKNOWN_INDEX, last);
    snprintf(queries[5], sizeof(queries[5]), "%u %" PRIu32 " %" PRIu32, UNKNOWN_INDEX, last, first);

    wanted_count = ask(check, queries[0], wanted);
    check_report_mark(check, RULE_query_order);
    for (size_t i = 1; i < 6; i++) {
        const size_t count = ask(check, queries[i], found);
        bool is_same = count == wanted_count;

        for (size_t k = 0; k < count; k++)
            is_same &= is_in(wanted, wanted_count, found[k]);
        if (!is_same && has_asked(check))
            check_report_breach(check, RULE_query_order, queries[i], check->buffer_size, NULL,
                                "\"%s\" is answered with %zu objects, \"%s\" with %zu", queries[i],
                                count, queries[0], wanted_count);
    }
}

/* A very long list, with the wanted index at its end. */
static void check_long_list(struct check *check)
{
    char *query = malloc(LONG_QUERY + 64);
    uint32_t indices[CHECK_OBJECTS];
    size_t length = 0;

    if (!query)
        return;
    while (length < LONG_QUERY)
        length += (size_t)snprintf(query + length, 64, "%u ", 1000001u + (unsigned)length);
    snprintf(query + length, 64, "%" PRIu32, check->object_count ? check->objects[0] : 2u);
    if (check->object_count && ask(check, query, indices) == 0 && has_asked(check) &&
        !check->ignores_query)
        check_report_breach(check, RULE_query_order, "(32000 characters)", check->buffer_size, NULL,
                            "Object %" PRIu32
                            " has no answer at the end of a list of 32000 characters",
                            check->objects[0]);
    free(query);
}

/* ---- metadata, NULL, empty --------------------------------------------------------------- */

static void check_metadata(struct check *check, const char *query, size_t object_count)
{
    const bool is_registered =
        check->options->service && check->options->service->supports_metadata;
    struct check_answer answer = { 0 };
    struct findings temporary;
    bool has_metadata = false;
    struct object_walk walk;
    struct walk_object object;

    if (!is_registered) { /* whether its answer is right for a Metadata query is checked below */
        check_report_begin_temporary(check, &temporary);
    }
    const enum check_outcome outcome = check_life_cycle_ensure_open(check)
                                           ? check_collect_ask_whole(check, query, &answer)
                                           : CHECK_FAILED;

    object_walk_begin_objects(&walk, (struct span){ answer.bytes, answer.size },
                              answer.object_count, NULL, NULL);
    while (answer.bytes && object_walk_next(&walk, &object))
        has_metadata |= object.instance_count < PERF_NO_INSTANCES;

    if (!is_registered) {
        const bool has_crashed = !check->is_open;

        check->findings = &check->report->findings;
        if (has_crashed && temporary.count)
            check_report_breach(check, temporary.items[0].rule, query, check->buffer_size,
                                temporary.items[0].subject, "%s", temporary.items[0].message);
        findings_release(&temporary);
        check_report_mark(check, RULE_unknown_query);
        if (outcome == CHECK_ANSWER && !has_metadata && !check->ignores_query)
            check_report_breach(check, RULE_unknown_query, query, check->buffer_size, query,
                                "\"%s\" is answered with data, though a provider that does not "
                                "register Collect Supports Metadata never gets that query",
                                query);
    } else {
        check_report_mark(check, RULE_metadata_answer);
        check_report_mark(check, RULE_metadata_missing);
        if (outcome == CHECK_NOTHING && object_count > 0)
            check_report_breach(check, RULE_metadata_missing, query, check->buffer_size, query,
                                "\"%s\" has no answer, though Collect Supports Metadata is "
                                "registered",
                                query);
    }
    check_answer_release(&answer);
}

static void check_null(struct check *check, const char *query)
{
    struct findings temporary;
    struct check_answer answer;

    if (!check_life_cycle_ensure_open(check))
        return;
    check_report_begin_temporary(check, &temporary);
    check_collect_ask_whole(check, query, &answer);
    check_answer_release(&answer);
    check_report_end_temporary(check, &temporary, RULE_null_query,
                               query ? "With an empty query" : "With NULL as query");
}

void check_queries(struct check *check)
{
    if (!check_report_begin_stage(check, "which query gets which answer"))
        return;
    check_unknown(check);
    expect_nothing(check, RULE_answers_foreign, "Foreign");
    if (!check->ignores_query) {
        check_costly(check);
        for (size_t i = 0; i < check->object_count; i++) {
            check_own_index(check, check->objects[i]);
            check_substrings(check, check->objects[i]);
        }
        check_words(check, "Global", check->global_count);
        check_words(check, "Costly", check->costly_count);
        if (check->object_count)
            check_lists(check);
    }
    check_long_list(check);
    check_metadata(check, "MetadataGlobal", check->global_count);
    check_metadata(check, "MetadataCostly", check->costly_count);
    check_null(check, "");
    check_null(check, NULL);
}

/* ---- generated --------------------------------------------------------------------------- */

/* Generate a query of up to 8 words: keywords, own and other indices, numbers that overflow,
   junk. */
static void generate(struct check *check, char *query, size_t size)
{
    static const char *const words[] = { "Global",
                                         "Costly",
                                         "Foreign",
                                         "MetadataGlobal",
                                         "MetadataCostly",
                                         "global",
                                         "COSTLY",
                                         "4294967296",
                                         "18446744073709551616",
                                         "-1",
                                         "0",
                                         "00000000002",
                                         "0x10",
                                         "2.5",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80" };
    const size_t count = sizeof(words) / sizeof(words[0]);
    size_t length = 0;

    query[0] = 0;
    for (uint64_t n = check_random(check) % 8; n-- > 0 && length + 48 < size;) {
        const uint64_t choice = check_random(check) % (count + 8);

        if (choice < count)
            length += (size_t)snprintf(query + length, size - length, "%s", words[choice]);
        else if (choice < count + 4 && check->object_count)
            length += (size_t)snprintf(query + length, size - length, "%" PRIu32,
                                       check->objects[check_random(check) % check->object_count]);
        else
            length += (size_t)snprintf(query + length, size - length, "%" PRIu64,
                                       check_random(check) % 20000);
        for (uint64_t blanks = check_random(check) % 3; blanks > 0; blanks--)
            length += (size_t)snprintf(query + length, size - length, " ");
    }
}

void check_queries_generated(struct check *check)
{
    const uint64_t end = os_time_100ns() + (uint64_t)check->options->time_ms * 10000;

    if (!check->options->time_ms)
        return;
    while (os_time_100ns() < end && check_report_begin_stage(check, "generated queries")) {
        struct check_answer answer;
        char query[512];
        struct check_ask asked = { .query = query,
                                   .has_poison = true,
                                   .poison = (unsigned char)check_random(check),
                                   .object_types = (uint32_t)check_random(check),
                                   .is_not_validated = true };

        generate(check, query, sizeof(query));
        asked.size = (uint32_t)(check_random(check) %
                                (check_random(check) % 4 ? 4096 : check->buffer_size + 1));
        asked.guard = check_random(check) % 2 ? PROVIDER_GUARD_PATTERN : PROVIDER_GUARD_PAGE_END;
        asked.is_not_validated = strstr(query, "Metadata") != NULL;
        if (!check_life_cycle_ensure_open(check))
            return;
        check_collect_ask(check, &asked, &answer);
        check_answer_release(&answer);
    }
}
