/* SPDX-License-Identifier: MIT
 *
 * Changes from one collect to the next. Consumers match the objects, counters and instances of two
 * samples by position or by name and take differences. So structure and order must stay, and
 * neither counters nor time may go back.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_limits.h"
#include "check_report.h"
#include "check_state.h"
#include "fill_text.h"
#include "instance_finder.h"
#include "object_walk.h"
#include "os.h"
#include "winperf.h"

#define ROUNDS 12  /* chosen; fewer for a slow provider */
#define PAUSE_MS 1 /* so that clocks and rates can move between two rounds */

/* An object of one of two samples: the position of the walk, and the names of its instances. */
struct sampled_object {
    struct object_walk walk;
    struct walk_object object;
    struct instance_finder finder;
};

/* If `counter` is NULL, the whole object is concerned. */
static void report(struct check *check, enum rule_id rule, const char *query, uint32_t index,
                   const struct walk_counter *counter, const char *text)
{
    char subject[64], message[256], name[WALK_COUNTER_NAME_SIZE] = "";

    if (counter)
        object_walk_counter_name(counter->name_index, counter->position, name);
    snprintf(subject, sizeof(subject), "object %" PRIu32 "%s%s", index, counter ? ", " : "", name);
    snprintf(message, sizeof(message), "%s: %s", subject, text);
    fill_text_replace(subject, sizeof(subject), CHECK_FILL);
    fill_text_replace(message, sizeof(message), CHECK_FILL);
    check_report_breach(check, rule, query, check->buffer_size, subject, "%s", message);
}

/* ---- definitions ------------------------------------------------------------------------- */

static bool are_same(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static void compare_definitions(struct check *check, const char *query,
                                const struct sampled_object *older,
                                const struct sampled_object *newer)
{
    if (!are_same(older->object.definitions, newer->object.definitions))
        report(check, RULE_structure_unstable, query, older->object.name_index, NULL,
               "the counter definitions differ between two collects");
    if ((older->object.instance_count < 0) != (newer->object.instance_count < 0))
        report(check, RULE_structure_unstable, query, older->object.name_index, NULL,
               "the object has instances in one collect and none in the other");
}

static void compare_times(struct check *check, const char *query, const struct walk_object *older,
                          const struct walk_object *newer)
{
    char text[160];

    if (newer->perf_time < older->perf_time) {
        snprintf(text, sizeof(text), "PerfTime went back from %" PRId64 " to %" PRId64,
                 older->perf_time, newer->perf_time);
        report(check, RULE_time_backwards, query, older->name_index, NULL, text);
    } else if (newer->perf_freq != older->perf_freq) {
        snprintf(text, sizeof(text), "PerfFreq changed from %" PRId64 " to %" PRId64,
                 older->perf_freq, newer->perf_freq);
        report(check, RULE_time_backwards, query, older->name_index, NULL, text);
    }
}

/* ---- values ------------------------------------------------------------------------------ */

/* Whether a reader takes differences of this type's values. */
static bool only_grows(uint32_t type)
{
    return (type & PERF_DELTA_COUNTER) != 0 || type == PERF_AVERAGE_TIMER ||
           type == PERF_AVERAGE_BULK || type == PERF_AVERAGE_BASE || type == PERF_SAMPLE_BASE;
}

static bool read_value(struct span block, const struct walk_counter *counter, uint64_t *value)
{
    const void *at = span_at(block, counter->value_offset, counter->size);

    if (!at || (counter->size != 4 && counter->size != 8))
        return false;
    *value = counter->size == 4 ? read_u32(at) : read_u64(at);
    return true;
}

static void compare_values(struct check *check, const char *query,
                           const struct sampled_object *older, const struct walk_instance *before,
                           const struct walk_instance *after)
{
    struct walk_counter counter;
    size_t offset = 0;

    while (object_walk_next_counter(&older->walk, &older->object, &offset, &counter)) {
        uint64_t old_value, new_value;
        char text[192];

        if (!only_grows(counter.type) || !read_value(before->block, &counter, &old_value) ||
            !read_value(after->block, &counter, &new_value) || new_value >= old_value)
            continue;
        /* A fall from near one end of the range to near the other is one wrap. */
        if (counter.size == 4 && old_value - new_value > UINT32_MAX / 2)
            continue;
        snprintf(text, sizeof(text),
                 "the value of instance %" PRIu32 ", of type 0x%08" PRIX32
                 ", went back from %" PRIu64 " to %" PRIu64,
                 after->position, counter.type, old_value, new_value);
        report(check, RULE_counter_decreased, query, older->object.name_index, &counter, text);
    }
}

/* Compare the instances that are in both samples: their order, and their values if the
   definitions are the same. Returns false if there is no memory. */
static bool compare_instances(struct check *check, const char *query, struct sampled_object *older,
                              struct sampled_object *newer, bool are_definitions_same)
{
    struct walk_instances instances;
    struct walk_instance before, after;
    struct instance_identity identity;
    size_t last = 0;

    if (!instance_finder_begin(&older->finder, &older->object, false) ||
        !instance_finder_begin(&newer->finder, &newer->object, true))
        return false;
    object_walk_begin_instances(&older->object, &instances);
    while (object_walk_next_instance(&older->walk, &older->object, &instances, &before)) {
        if (!instance_finder_identify(&older->finder, &older->object, &before, &identity))
            return false;
        if (!instance_finder_find(&newer->finder, &newer->object, &identity, &after))
            continue;
        if (after.offset < last)
            report(check, RULE_instance_order, query, older->object.name_index, NULL,
                   "instances that are in both of two collects changed their order");
        last = after.offset;
        if (are_definitions_same)
            compare_values(check, query, older, &before, &after);
    }
    return true;
}

/* ---- answers ----------------------------------------------------------------------------- */

static void begin(struct sampled_object *sampled, const struct check_answer *answer)
{
    const struct span bytes = { answer->bytes, answer->size };

    object_walk_begin_objects(&sampled->walk, bytes, answer->object_count, NULL, NULL);
    instance_finder_init_objects(&sampled->finder, bytes, answer->object_count);
}

static void compare_answers(struct check *check, const char *query,
                            const struct check_answer *older, const struct check_answer *newer)
{
    struct sampled_object a, b;
    bool has_a, has_b;

    begin(&a, older);
    begin(&b, newer);
    for (;;) {
        has_a = object_walk_next(&a.walk, &a.object);
        has_b = object_walk_next(&b.walk, &b.object);
        if (!has_a || !has_b)
            break;
        if (a.object.name_index != b.object.name_index) {
            report(check, RULE_structure_unstable, query, a.object.name_index, NULL,
                   "another object is in its place in the next collect");
            break;
        }
        compare_definitions(check, query, &a, &b);
        compare_times(check, query, &a.object, &b.object);
        if (!compare_instances(check, query, &a, &b,
                               are_same(a.object.definitions, b.object.definitions)))
            break;
    }
    if (has_a != has_b)
        report(check, RULE_structure_unstable, query,
               has_a ? a.object.name_index : b.object.name_index, NULL,
               "the object is in one of two collects only");
    instance_finder_release(&a.finder);
    instance_finder_release(&b.finder);
}

static void sample(struct check *check, const char *query)
{
    const uint32_t rounds = check_limits_repetitions(check, ROUNDS, 3);
    struct check_answer older = { 0 };

    for (uint32_t i = 0; i < rounds; i++) {
        struct check_answer newer = { 0 };

        if (!check_life_cycle_ensure_open(check) ||
            check_collect_ask_whole(check, query, &newer) != CHECK_ANSWER) {
            check_answer_release(&newer);
            break;
        }
        if (older.bytes)
            compare_answers(check, query, &older, &newer);
        check_answer_release(&older);
        older = newer;
        if (i % 4 == 3)
            os_sleep_ms(PAUSE_MS);
    }
    check_answer_release(&older);
}

void check_samples(struct check *check)
{
    for (size_t i = 0; i < check->query_count; i++) {
        if (!check_report_begin_stage(check, "one collect after another"))
            return;
        check_report_mark_stage(check->report, RULE_STAGE_SAMPLES);
        if (check->queries[i].is_whole)
            sample(check, check->queries[i].text);
    }
}
