/* SPDX-License-Identifier: MIT
 *
 * From one collect to the next: consumers match the objects, counters and instances of two samples
 * by position or by name and take differences. Structure and order must stay, counters must not go
 * back, nor time.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_answers.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_report.h"
#include "check_state.h"
#include "hash.h"
#include "object_walk.h"
#include "os.h"
#include "winperf.h"

#define ROUNDS 12
#define PAUSE_MS 1
#define CHAIN_LIMIT 64 /* instances of one hash that are looked at */

/* An instance as it is found again: by name and parent. */
struct known_instance {
    struct span name;
    uint32_t parent_object, parent_instance;
    uint32_t position;
    uint32_t next; /* place + 1 of the next one with this hash; 0: none */
    struct span block;
};

struct sampled_object {
    struct walk_object object;
    struct object_walk walk;
    struct known_instance *instances;
    size_t count;
    uint32_t *chains; /* by hash: place + 1 of the first instance */
    size_t chain_count;
};

static void release_instances(struct sampled_object *sampled)
{
    free(sampled->instances);
    free(sampled->chains);
    sampled->instances = NULL;
    sampled->chains = NULL;
    sampled->count = sampled->chain_count = 0;
}

/* The chain that an instance belongs into, by what it is found by. */
static uint32_t *chain_of(const struct sampled_object *sampled,
                          const struct known_instance *instance)
{
    uint64_t hash = HASH_BEGIN ^ instance->parent_object;

    hash = hash_bytes(hash, &instance->parent_instance, sizeof(instance->parent_instance));
    hash = hash_bytes(hash, instance->name.data, instance->name.size);
    return &sampled->chains[(hash ^ hash >> 32) % sampled->chain_count];
}

/* So that none has to be compared with all: there may be a million, with other names each time. */
static bool chain_instances(struct sampled_object *sampled)
{
    if (sampled->count == 0)
        return true;
    sampled->chains = calloc(sampled->count, sizeof(*sampled->chains));
    if (!sampled->chains)
        return false;
    sampled->chain_count = sampled->count;
    for (size_t i = sampled->count; i-- > 0;) {
        uint32_t *chain = chain_of(sampled, &sampled->instances[i]);

        sampled->instances[i].next = *chain;
        *chain = (uint32_t)(i + 1);
    }
    return true;
}

static bool list_instances(struct sampled_object *sampled)
{
    struct walk_instances instances;
    struct walk_instance instance;
    size_t capacity = 0;

    walk_instances_begin(&sampled->object, &instances);
    while (walk_next_instance(&sampled->walk, &sampled->object, &instances, &instance)) {
        if (sampled->count == capacity) {
            struct known_instance *grown;

            capacity = capacity ? capacity * 2 : 32;
            grown = realloc(sampled->instances, capacity * sizeof(*grown));
            if (!grown)
                return false;
            sampled->instances = grown;
        }
        sampled->instances[sampled->count++] = (struct known_instance){
            .name = instance.has_definition ? instance.name : (struct span){ 0 },
            .parent_object = instance.has_definition ? instance.parent_object : 0,
            .parent_instance = instance.has_definition ? instance.parent_instance : 0,
            .position = instance.position,
            .block = instance.block,
        };
    }
    return chain_instances(sampled);
}

static bool is_same_instance(const struct known_instance *a, const struct known_instance *b)
{
    return a->name.size == b->name.size && a->parent_object == b->parent_object &&
           a->parent_instance == b->parent_instance &&
           (a->name.size == 0 || memcmp(a->name.data, b->name.data, a->name.size) == 0);
}

/* The place of an instance in a list that is not empty: the first one from `from` on, else the
   first of all. */
static size_t find_instance(const struct sampled_object *sampled,
                            const struct known_instance *wanted, size_t from)
{
    size_t found = SIZE_MAX, looked_at = 0;

    if (from < sampled->count && is_same_instance(&sampled->instances[from], wanted))
        return from;
    for (uint32_t place = *chain_of(sampled, wanted); place && looked_at < CHAIN_LIMIT;
         place = sampled->instances[place - 1].next, looked_at++) {
        const size_t i = place - 1;

        if (!is_same_instance(&sampled->instances[i], wanted))
            continue;
        if (i >= from)
            return i;
        if (found == SIZE_MAX)
            found = i;
    }
    return found;
}

static void report(struct check *check, enum rule_id rule, const char *query, uint32_t index,
                   uint32_t counter, const char *text)
{
    char subject[64];

    if (counter == UINT32_MAX)
        snprintf(subject, sizeof(subject), "object %" PRIu32, index);
    else
        snprintf(subject, sizeof(subject), "object %" PRIu32 ", counter %" PRIu32, index, counter);
    check_report_breach(check, rule, query, check->room, subject, "%s: %s", subject, text);
}

/* ---- definitions ------------------------------------------------------------------------- */

static void compare_definitions(struct check *check, const char *query,
                                const struct sampled_object *older,
                                const struct sampled_object *newer)
{
    const struct span a = older->object.definitions, b = newer->object.definitions;

    if (a.size != b.size || memcmp(a.data, b.data, a.size) != 0)
        report(check, RULE_structure_unstable, query, older->object.name_index, UINT32_MAX,
               "the counter definitions differ between two collects");
    if ((older->object.instance_count < 0) != (newer->object.instance_count < 0))
        report(check, RULE_structure_unstable, query, older->object.name_index, UINT32_MAX,
               "the object has instances in one collect and none in the other");
}

static void compare_times(struct check *check, const char *query, const struct walk_object *older,
                          const struct walk_object *newer)
{
    char text[160];

    if (newer->perf_time < older->perf_time) {
        snprintf(text, sizeof(text), "PerfTime went back from %" PRId64 " to %" PRId64,
                 older->perf_time, newer->perf_time);
        report(check, RULE_time_backwards, query, older->name_index, UINT32_MAX, text);
    } else if (newer->perf_freq != older->perf_freq) {
        snprintf(text, sizeof(text), "PerfFreq changed from %" PRId64 " to %" PRId64,
                 older->perf_freq, newer->perf_freq);
        report(check, RULE_time_backwards, query, older->name_index, UINT32_MAX, text);
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
                           const struct sampled_object *older, const struct sampled_object *newer,
                           const struct known_instance *before, const struct known_instance *after)
{
    struct walk_counter counter;
    size_t offset = 0;

    while (walk_next_counter(&older->walk, &older->object, &offset, &counter)) {
        uint64_t old_value, new_value;
        char text[192];

        if (!only_grows(counter.type) || !read_value(before->block, &counter, &old_value) ||
            !read_value(after->block, &counter, &new_value) || new_value >= old_value)
            continue;
        /* Far from one end to near the other is one wrap. */
        if (counter.size == 4 && old_value - new_value > UINT32_MAX / 2)
            continue;
        snprintf(text, sizeof(text),
                 "the value of instance %" PRIu32 ", of type 0x%08" PRIX32
                 ", went back from %" PRIu64 " to %" PRIu64,
                 after->position, counter.type, old_value, new_value);
        report(check, RULE_counter_decreased, query, newer->object.name_index, counter.position,
               text);
    }
}

static void compare_instances(struct check *check, const char *query,
                              const struct sampled_object *older,
                              const struct sampled_object *newer, bool are_definitions_same)
{
    size_t last = SIZE_MAX, from = 0;

    for (size_t i = 0; i < older->count && newer->count > 0; i++) {
        const struct known_instance *before = &older->instances[i];
        const size_t found = find_instance(newer, before, from);

        if (found == SIZE_MAX)
            continue;
        if (last != SIZE_MAX && found < last)
            report(check, RULE_instance_order, query, older->object.name_index, UINT32_MAX,
                   "instances that are in both of two collects changed their order");
        last = found;
        from = found + 1;
        if (are_definitions_same)
            compare_values(check, query, older, newer, before, &newer->instances[found]);
    }
}

/* ---- answers ----------------------------------------------------------------------------- */

static bool next_object(struct sampled_object *sampled)
{
    release_instances(sampled);
    return object_walk_next(&sampled->walk, &sampled->object);
}

static void compare_answers(struct check *check, const char *query,
                            const struct check_answer *older, const struct check_answer *newer)
{
    struct sampled_object a = { 0 }, b = { 0 };
    bool has_a, has_b;

    object_walk_begin_objects(&a.walk, (struct span){ older->bytes, older->size },
                              older->object_count, NULL, NULL);
    object_walk_begin_objects(&b.walk, (struct span){ newer->bytes, newer->size },
                              newer->object_count, NULL, NULL);
    for (;;) {
        has_a = next_object(&a);
        has_b = next_object(&b);
        if (!has_a || !has_b)
            break;
        if (a.object.name_index != b.object.name_index) {
            report(check, RULE_structure_unstable, query, a.object.name_index, UINT32_MAX,
                   "another object is in its place in the next collect");
            break;
        }
        compare_definitions(check, query, &a, &b);
        compare_times(check, query, &a.object, &b.object);
        if (!list_instances(&a) || !list_instances(&b))
            break;
        compare_instances(check, query, &a, &b,
                          a.object.definitions.size == b.object.definitions.size &&
                              memcmp(a.object.definitions.data, b.object.definitions.data,
                                     a.object.definitions.size) == 0);
    }
    if (has_a != has_b)
        report(check, RULE_structure_unstable, query,
               has_a ? a.object.name_index : b.object.name_index, UINT32_MAX,
               "the object is in one of two collects only");
    release_instances(&a);
    release_instances(&b);
}

static void sample(struct check *check, const char *query)
{
    const uint32_t rounds = check_times(check, ROUNDS, 3);
    struct check_answer older = { 0 };

    for (uint32_t i = 0; i < rounds; i++) {
        struct check_answer newer = { 0 };

        if (!check_be_open(check) || check_ask_whole(check, query, &newer) != CHECK_ANSWER) {
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
        if (!check_begin(check, "one collect after another"))
            return;
        check_mark_stage(check->report, RULE_STAGE_SAMPLES);
        if (check->queries[i].is_whole)
            sample(check, check->queries[i].text);
    }
}
