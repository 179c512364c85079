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

#define TYPE_BITS 0x00000C00u
#define SUBTYPE_BITS 0x00070000u

const struct reader readers[READER_COUNT] = {
#define READER(id, name, description) [READER_##id] = { name, description, RULE_reader_##id },
#include "readers.def"
#undef READER
};

/* What an answer may have that some reader is not made for. */
enum trait {
    TRAIT_EMPTY_LAST,      /* no instances now, and nothing behind it */
    TRAIT_EMPTY_FOLLOWED,  /* no instances now, another object behind it */
    TRAIT_METADATA,        /* NumInstances -2, -3 */
    TRAIT_LONG_HEADER,     /* object header above 64 bytes */
    TRAIT_LONG_DEFINITION, /* counter definition above 40 bytes */
    TRAIT_NAME_UNCOUNTED,  /* terminator not in NameLength */
    TRAIT_NAME_EMPTY,      /* NameLength 0 */
    TRAIT_NAME_DUPLICATE,
    TRAIT_NODATA_AT_END, /* a counter without data right at the end */
    TRAIT_BASE_AT_END,   /* a 4-byte base of an 8-byte counter right at the end */
    TRAIT_BASE_DIRTY,    /* such a base, not followed by 4 zero bytes */
    TRAIT_SECOND_OBJECT, /* an object that is not the first */
    TRAIT_OFFSETS,       /* values not in the order of their definitions from offset 4 on */
    TRAIT_OUTSIDE,       /* lengths that lead outside */
};

static const struct habit {
    enum reader_id reader;
    enum trait trait;
    const char *effect;
} habits[] = {
    { READER_windows_exporter, TRAIT_EMPTY_LAST,
      "reads an instance behind the end: the whole query is lost" },
    { READER_windows_exporter, TRAIT_EMPTY_FOLLOWED,
      "shows a phantom instance whose values are the next object's header" },
    { READER_windows_exporter, TRAIT_METADATA, "shows a phantom instance, or loses the query" },
    { READER_windows_exporter, TRAIT_LONG_HEADER, "panics: it takes headers of 64 bytes" },
    { READER_windows_exporter, TRAIT_LONG_DEFINITION, "panics: it takes definitions of 40 bytes" },
    { READER_windows_exporter, TRAIT_NAME_DUPLICATE,
      "returns both, and Prometheus refuses the scrape" },
    { READER_windows_exporter, TRAIT_NODATA_AT_END, "panics" },
    { READER_windows_exporter, TRAIT_BASE_AT_END, "panics: it takes 8 bytes for the base" },
    { READER_windows_exporter, TRAIT_BASE_DIRTY, "reads a wrong base: it takes 8 bytes" },
    { READER_leoluk, TRAIT_EMPTY_LAST, "shows a phantom instance \"\" with zeros" },
    { READER_leoluk, TRAIT_EMPTY_FOLLOWED,
      "shows a phantom instance whose values are the next object's header" },
    { READER_leoluk, TRAIT_METADATA, "shows a phantom instance" },
    { READER_leoluk, TRAIT_LONG_HEADER, "panics: it takes headers of 64 bytes" },
    { READER_leoluk, TRAIT_LONG_DEFINITION, "panics: it takes definitions of 40 bytes" },
    { READER_leoluk, TRAIT_NAME_DUPLICATE, "returns both under one name" },
    { READER_leoluk, TRAIT_NODATA_AT_END, "reads bytes of an earlier query" },
    { READER_leoluk, TRAIT_BASE_AT_END, "reads past the end: it takes 8 bytes for the base" },
    { READER_leoluk, TRAIT_BASE_DIRTY, "reads a wrong base: it takes 8 bytes" },
    { READER_netdata, TRAIT_NAME_UNCOUNTED, "drops the last letter of the name" },
    { READER_netdata, TRAIT_NAME_EMPTY, "has no name for the instance and skips it" },
    { READER_netdata, TRAIT_NAME_DUPLICATE, "returns both under one name" },
    { READER_dotnet, TRAIT_METADATA, "throws: a negative capacity" },
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

static bool is_base(uint32_t type)
{
    return (type & TYPE_BITS) == PERF_TYPE_COUNTER && (type & SUBTYPE_BITS) == PERF_COUNTER_BASE;
}

static void look_at_definitions(struct look *look, const struct walk_object *object)
{
    struct walk_counter counter;
    size_t offset = 0;
    uint64_t expected = WALK_COUNTER_BLOCK_SIZE;

    while (walk_next_counter(&look->walk, object, &offset, &counter)) {
        if (counter.length > WALK_COUNTER_SIZE)
            note(look, TRAIT_LONG_DEFINITION, object, counter.offset,
                 "a counter definition of more than 40 bytes");
        if (counter.value_offset != expected)
            note(look, TRAIT_OFFSETS, object, counter.offset + COUNTER_MEMBER(CounterOffset),
                 "a CounterOffset that is not the end of the value before it");
        expected += counter.size;
    }
}

static void look_at_block(struct look *look, const struct walk_object *object,
                          const struct walk_instance *instance)
{
    const size_t end = look->walk.bytes.size;
    struct walk_counter counter, previous = { 0 };
    size_t offset = 0;

    while (walk_next_counter(&look->walk, object, &offset, &counter)) {
        const size_t at = instance->block_offset + (size_t)counter.value_offset;

        if (counter.size == 0 && at >= end)
            note(look, TRAIT_NODATA_AT_END, object, at, "a counter without data at the end");
        if (is_base(counter.type) && counter.size == 4 && previous.size == 8 &&
            walk_value(instance, &counter).size == 4) {
            const unsigned char *behind = span_at(look->walk.bytes, at + 4, 4);

            if (!behind)
                note(look, TRAIT_BASE_AT_END, object, at, "a base of 4 bytes at the end");
            else if (read_u32(behind) != 0)
                note(look, TRAIT_BASE_DIRTY, object, at,
                     "a base of 4 bytes without 4 zero bytes behind it");
        }
        previous = counter;
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

    walk_instances_begin(object, &instances);
    while (walk_next_instance(&look->walk, object, &instances, &instance)) {
        look_at_block(look, object, &instance);
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
    const bool is_last = object->offset + object->size >= look->walk.end;

    if (object->header_length > WALK_OBJECT_SIZE)
        note(look, TRAIT_LONG_HEADER, object, object->offset + OBJECT_MEMBER(HeaderLength),
             "a header of more than 64 bytes");
    if (object->instance_count == 0)
        note(look, is_last ? TRAIT_EMPTY_LAST : TRAIT_EMPTY_FOLLOWED, object,
             object->offset + OBJECT_MEMBER(NumInstances), "no instances at the moment");
    else if (object->instance_count < PERF_NO_INSTANCES)
        note(look, TRAIT_METADATA, object, object->offset + OBJECT_MEMBER(NumInstances),
             "NumInstances -2 or -3");
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
