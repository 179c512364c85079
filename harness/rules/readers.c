/* SPDX-License-Identifier: MIT
 *
 * Goes over an answer once, notes its traits, and tells for each reader what it makes of them. The
 * table of habits is what the readers did when they were run over synthetic answers (.NET, OSHI,
 * Far and Nmap: what their sources say).
 */
#include "readers.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "object_walk.h"
#include "winperf.h"
#include "winperf_members.h"

const struct reader readers[READER_COUNT] = {
#define READER(id, name, description) [READER_##id] = { name, description, RULE_reader_##id },
#include "readers.def"
#undef READER
};

/* What an answer may have that some reader is not made for. */
enum trait {
    TRAIT_LONG_HEADER,    /* object header above 64 bytes */
    TRAIT_NAME_UNCOUNTED, /* terminator not in NameLength */
    TRAIT_NAME_EMPTY,     /* NameLength 0 */
    TRAIT_NAME_DUPLICATE,
    TRAIT_SECOND_OBJECT, /* an object that is not the first */
    TRAIT_OFFSETS,       /* values not in the order of their definitions from offset 4 on */
    TRAIT_OUTSIDE,       /* lengths that lead outside */
};

static const struct habit {
    enum reader_id reader;
    enum trait trait;
    const char *effect;
} habits[] = {
    { READER_windows_exporter, TRAIT_NAME_DUPLICATE,
      "returns both, and Prometheus refuses the scrape" },
    { READER_leoluk, TRAIT_NAME_DUPLICATE, "returns both under one name" },
    { READER_netdata, TRAIT_NAME_UNCOUNTED, "drops the last letter of the name" },
    { READER_netdata, TRAIT_NAME_EMPTY,
      "has no name for the instance and shows it as \"[unknown]\"" },
    { READER_netdata, TRAIT_NAME_DUPLICATE, "returns both under one name" },
    { READER_dotnet, TRAIT_NAME_UNCOUNTED, "drops the last letter of the name" },
    { READER_dotnet, TRAIT_NAME_DUPLICATE, "appends #1, #2 by order of appearance" },
    { READER_oshi, TRAIT_OUTSIDE, "follows it: it bounds nothing by the bytes there are" },
    { READER_far, TRAIT_SECOND_OBJECT, "does not see it: it looks at the first object only" },
    { READER_nmap, TRAIT_OFFSETS, "reads other bytes: it does not look at CounterOffset" },
    { READER_nmap, TRAIT_LONG_HEADER, "reads other bytes: it takes headers of 64 bytes" },
};

uint32_t readers_parse(const char *names)
{
    uint32_t wanted = 0;

    if (strcmp(names, "all") == 0)
        return READERS_ALL;
    while (*names) {
        const size_t length = strcspn(names, ",");
        size_t i = 0;

        while (i < READER_COUNT &&
               (strlen(readers[i].name) != length || strncmp(readers[i].name, names, length) != 0))
            i++;
        if (i == READER_COUNT)
            return 0;
        wanted |= 1u << i;
        names += length + (names[length] == ',');
    }
    return wanted;
}

struct look {
    struct findings *findings;
    uint32_t wanted;
    const struct readers_answer *answer;
    struct object_walk walk;
    bool is_outside;
};

static void note(struct look *look, enum trait trait, const struct walk_object *object,
                 size_t offset, const char *what)
{
    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
        const struct habit *habit = &habits[i];
        char subject[64];
        const struct finding_place place = { .query = look->answer->query,
                                             .buffer_size = look->answer->buffer_size,
                                             .offset = offset,
                                             .subject = subject };

        if (habit->trait != trait || !(look->wanted & 1u << habit->reader))
            continue;
        snprintf(subject, sizeof(subject), "object %" PRIu32 ", trait %d", object->name_index,
                 (int)trait);
        findings_add(look->findings, readers[habit->reader].rule, &place,
                     "%s %s (object %" PRIu32 " has %s at offset %zu)", readers[habit->reader].name,
                     habit->effect, object->name_index, what, offset);
    }
}

static void look_at_definitions(struct look *look, const struct walk_object *object)
{
    struct walk_counter counter;
    size_t offset = 0;
    uint64_t expected = WALK_COUNTER_BLOCK_SIZE;

    while (object_walk_next_counter(&look->walk, object, &offset, &counter)) {
        if (counter.value_offset != expected)
            note(look, TRAIT_OFFSETS, object, counter.offset + COUNTER_MEMBER(CounterOffset),
                 "a CounterOffset that is not the end of the value before it");
        expected += counter.size;
    }
}

/* Equal names of equal parents have equal hashes. */
static uint64_t hash_name(const struct walk_instance *instance)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, instance->name.data, instance->name.size);

    hash = hash_step(hash, instance->parent_object);
    return hash_step(hash, instance->parent_instance);
}

static int compare_hashes(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static void look_at_name(struct look *look, const struct walk_object *object,
                         const struct walk_instance *instance)
{
    const struct span name = instance->name;
    const size_t unit = object->code_page == 0 ? 2 : 1;
    bool is_counted = false;

    if (name.size == 0) {
        note(look, TRAIT_NAME_EMPTY, object, instance->offset + INSTANCE_MEMBER(NameLength),
             "an instance without a name");
        return;
    }
    for (size_t i = 0; i + unit <= name.size && !is_counted; i += unit)
        is_counted = name.data[i] == 0 && (unit == 1 || name.data[i + 1] == 0);
    if (!is_counted)
        note(look, TRAIT_NAME_UNCOUNTED, object, instance->offset + INSTANCE_MEMBER(NameLength),
             "a name whose terminator is not counted");
}

static void look_at_instances(struct look *look, const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;
    uint64_t *hashes = NULL;
    size_t count = 0, capacity = 0;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(&look->walk, object, &instances, &instance)) {
        if (!instance.has_definition)
            continue;
        look_at_name(look, object, &instance);

        uint64_t *grown = array_reserve(hashes, &capacity, count + 1, sizeof(*hashes));

        if (!grown) {
            look->findings->is_incomplete = true;
            break;
        }
        hashes = grown;
        hashes[count++] = hash_name(&instance);
    }
    if (count > 1)
        qsort(hashes, count, sizeof(*hashes), compare_hashes);
    for (size_t i = 1; i < count; i++)
        if (hashes[i] == hashes[i - 1]) {
            note(look, TRAIT_NAME_DUPLICATE, object, object->offset, "two instances of one name");
            break;
        }
    free(hashes);
}

static void look_at_object(struct look *look, const struct walk_object *object, bool is_first)
{
    const char *query = look->answer->query;

    if (object->header_length > WALK_OBJECT_SIZE)
        note(look, TRAIT_LONG_HEADER, object, object->offset + OBJECT_MEMBER(HeaderLength),
             "a header of more than 64 bytes");
    /* Whoever asks for one object wants that one first. */
    if (!is_first && (!query || (query[0] >= '0' && query[0] <= '9' && !strchr(query, ' ') &&
                                 strtoul(query, NULL, 10) == object->name_index)))
        note(look, TRAIT_SECOND_OBJECT, object, object->offset, "another object before it");
    look_at_definitions(look, object);
    look_at_instances(look, object);
}

static bool on_breach(void *context, const struct walk_breach *breach)
{
    struct look *look = context;

    (void)breach;
    look->is_outside = true;
    return true;
}

void readers_check(struct findings *findings, uint32_t wanted, const struct readers_answer *answer)
{
    struct look look = { .findings = findings, .wanted = wanted, .answer = answer };
    struct walk_data_block block;
    struct walk_object object = { 0 };
    bool is_first = true;

    if (!wanted)
        return;
    if (answer->is_blob) {
        if (!object_walk_begin(&look.walk, answer->bytes, on_breach, &look, &block))
            return;
    } else {
        object_walk_begin_objects(&look.walk, answer->bytes, answer->count, on_breach, &look);
    }
    while (object_walk_next(&look.walk, &object)) {
        look_at_object(&look, &object, is_first);
        is_first = false;
    }
    if (look.is_outside)
        note(&look, TRAIT_OUTSIDE, &object, 0, "lengths that lead outside, the answer beginning");
}
