/* SPDX-License-Identifier: MIT
 *
 * See reader_model.h. A model keeps its own position in the bytes, beside a walk over what is really
 * there. Where both are at the same object, instance and counter, their values are compared.
 */
#include "reader_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cook.h"
#include "object_walk.h"
#include "os.h"
#include "reader_model_state.h"
#include "winperf.h"
#include "winperf_members.h"

/* Records that a Go program can allocate: an estimate; with more it runs out of memory. */
#define MOST_RECORDS 10000000u

static bool needs_base(uint32_t type)
{
    const struct counter_type *known = cook_find_type(type);

    return known && known->base;
}

/* Report each counter that is not followed by its base. `effect` is what the reader does then. */
static void look_at_bases(struct model *model, const struct object_walk *walk,
                          const struct walk_object *object, const char *effect)
{
    struct walk_counter counter, next;
    size_t at = 0;
    bool has_next = object_walk_next_counter(walk, object, &at, &next);

    while (has_next) {
        char name[WALK_COUNTER_NAME_SIZE];

        counter = next;
        has_next = object_walk_next_counter(walk, object, &at, &next);
        object_walk_counter_name(counter.name_index, counter.position, name);
        /* After the last counter `next` is still that counter, which is no base. */
        if (needs_base(counter.type) && !cook_is_base_type(next.type))
            reader_model_report_differ(model, object->name_index, name, counter.offset,
                                       "%s (%s of object %" PRIu32 " is not followed by its base)",
                                       effect, name, object->name_index);
    }
}

/* ---- the two Go parsers ---------------------------------------------------------------------- */

/* One object as the Go parsers see it: a header of 64 bytes, directly followed by definitions of
   40 bytes. */
struct go_object {
    size_t offset;
    uint32_t total_length, definition_length, name_index, counter_count;
    int32_t instance_count;
};

static const unsigned char *go_definition(const struct model *model, const struct go_object *object,
                                          uint32_t i)
{
    return span_at(model->bytes,
                   object->offset + WALK_OBJECT_SIZE + (uint64_t)i * WALK_COUNTER_SIZE,
                   WALK_COUNTER_SIZE);
}

/* Report a read past the end of the bytes: windows_exporter's slice ends there; leoluk's reaches
   into an older buffer. */
static void read_past(struct model *model, const struct go_object *object, const char *name,
                      uint32_t position, uint64_t at)
{
    if (model->reader == READER_windows_exporter)
        reader_model_report_abort(model, (size_t)at,
                                  "it panics at %s of instance %" PRIu32 " of object %" PRIu32
                                  ", whose value it looks for at offset %" PRIu64
                                  " of %zu bytes; every object is lost",
                                  name, position, object->name_index, at, model->bytes.size);
    else
        reader_model_report_differ(model, object->name_index, name, (size_t)at,
                                   "shows bytes of an earlier query for %s of instance %" PRIu32
                                   " of object %" PRIu32 ": it reads at offset %" PRIu64
                                   " of %zu bytes",
                                   name, position, object->name_index, at, model->bytes.size);
}

/* Compare PERF_ELAPSED_TIME: both parsers make seconds since 1970 of it, if the object's clock is a
   FILETIME. */
static void go_elapsed(struct model *model, const struct walk_object *object,
                       const struct walk_counter *counter, uint32_t position, uint64_t value)
{
    const int64_t epoch = OS_TIME_OF_1970_100NS;
    char name[WALK_COUNTER_NAME_SIZE];

    if (counter->type != PERF_ELAPSED_TIME || object->perf_freq <= 0 ||
        (object->perf_freq == 10000000 && object->perf_time > epoch && (int64_t)value >= epoch))
        return;
    object_walk_counter_name(counter->name_index, counter->position, name);
    reader_model_report_differ(
        model, object->name_index, name, counter->offset + COUNTER_MEMBER(CounterType),
        "shows %" PRId64 " s for %s of instance %" PRIu32 " of object %" PRIu32
        ", whose value is %" PRIu64 " and whose clock has %" PRId64
        " ticks per second: it takes the value for a FILETIME, so that only an "
        "object clock of 100 ns since 1601, and a start that is set, are right for "
        "all readers",
        (int64_t)(value - (uint64_t)epoch) / object->perf_freq, name, position, object->name_index,
        value, object->perf_freq);
}

/* What is really in the answer. */
struct go_real {
    const struct object_walk *walk;
    const struct walk_object *object;
    const struct walk_instance *instance;
};

/* Compare the values of one block. */
static void go_block(struct model *model, const struct go_object *shown, uint32_t position,
                     uint64_t block, const struct go_real *real)
{
    const struct walk_object *object = real->object;
    const struct walk_instance *instance = real->instance;
    struct walk_counter counter = { 0 };
    uint32_t previous_size = 0;
    size_t at = 0;

    for (uint32_t i = 0; i < shown->counter_count && !model->is_aborted && model->budget; i++) {
        char name[WALK_COUNTER_NAME_SIZE];
        const unsigned char *definition = go_definition(model, shown, i);
        const bool has_counter = object_walk_next_counter(real->walk, object, &at, &counter);

        if (!definition)
            return;
        model->budget--;
        const uint32_t type = read_u32(definition + COUNTER_MEMBER(CounterType));
        const uint32_t own_size = read_u32(definition + COUNTER_MEMBER(CounterSize));
        /* Both parsers read a base as wide as the counter before it. */
        const uint32_t size =
            own_size == 8 || (cook_is_base_type(type) && previous_size == 8) ? 8 : 4;
        const uint64_t place = block + read_u32(definition + COUNTER_MEMBER(CounterOffset));
        const unsigned char *bytes = span_at(model->bytes, place, size);
        uint64_t value;

        object_walk_counter_name(read_u32(definition + COUNTER_MEMBER(CounterNameTitleIndex)), i,
                                 name);
        previous_size = own_size;
        if (!bytes) {
            read_past(model, shown, name, position, place);
            continue;
        }
        const uint64_t read = size == 8 ? read_u64(bytes) : read_u32(bytes);

        if (!has_counter || own_size == 0)
            continue;
        if (walk_value(instance, &counter).size == 0) {
            reader_model_report_differ(model, shown->name_index, name, (size_t)place,
                                       "shows %" PRIu64 " for %s of instance %" PRIu32
                                       " of object %" PRIu32 ", whose value is outside its block",
                                       read, name, position, shown->name_index);
            continue;
        }
        if (!reader_model_report_value(instance, &counter,
                                       &value)) /* the value is a text, or has another width */
            continue;
        if (read != value)
            reader_model_report_differ(model, shown->name_index, name, (size_t)place,
                                       "shows %" PRIu64 " for %s of instance %" PRIu32
                                       " of object %" PRIu32 ", which is %" PRIu64 "%s",
                                       read, name, position, shown->name_index, value,
                                       size > own_size ? ": it takes 8 bytes for the base" : "");
        go_elapsed(model, object, &counter, position, value);
    }
}

static void go_instances(struct model *model, const struct go_object *shown,
                         struct object_walk *walk, const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;
    uint64_t at = (uint64_t)shown->offset + shown->definition_length;

    object_walk_begin_instances(object, &instances);
    for (uint32_t i = 0; i < (uint32_t)shown->instance_count && !model->is_aborted && model->budget;
         i++) {
        const unsigned char *bytes = span_at(model->bytes, at, WALK_INSTANCE_SIZE);

        if (!bytes) {
            if (model->reader == READER_windows_exporter)
                reader_model_report_abort(model, model->bytes.size,
                                          "instance %" PRIu32 " of object %" PRIu32
                                          " would lie past the end (EOF); every object is lost",
                                          i, shown->name_index);
            else
                reader_model_report_differ(model, shown->name_index, "instances", model->bytes.size,
                                           "shows garbage from instance %" PRIu32
                                           " of object %" PRIu32 " on: it reads past the end",
                                           i, shown->name_index);
            return;
        }
        /* The walk takes the same steps, and ends where a length is wrong. */
        if (!object_walk_next_instance(walk, object, &instances, &instance)) {
            reader_model_report_differ(model, shown->name_index, "instances", (size_t)at,
                                       "shows garbage from instance %" PRIu32 " of object %" PRIu32
                                       " on: no length leads to it",
                                       i, shown->name_index);
            return;
        }
        const uint32_t name_length = read_u32(bytes + INSTANCE_MEMBER(NameLength));
        const uint64_t name = at + read_u32(bytes + INSTANCE_MEMBER(NameOffset));

        char part[32];

        snprintf(part, sizeof(part), "instance %" PRIu32, i);
        if (name_length && name + name_length > model->bytes.size)
            reader_model_report_differ(
                model, shown->name_index, part, (size_t)at + INSTANCE_MEMBER(NameOffset),
                "shows the name \"\" for instance %" PRIu32 " of object %" PRIu32
                ": NameOffset and NameLength lead past the end",
                i, shown->name_index);

        const uint64_t block = at + read_u32(bytes + INSTANCE_MEMBER(ByteLength));
        const unsigned char *length = span_at(model->bytes, block, 4);

        go_block(model, shown, i, block, &(struct go_real){ walk, object, &instance });
        if (!length)
            return;
        at = block + read_u32(length);
    }
}

/* NumInstances is -1. Both parsers treat 0 and all negative numbers like -1. */
static void go_single(struct model *model, const struct go_object *shown, struct object_walk *walk,
                      const struct walk_object *object)
{
    const uint64_t block = (uint64_t)shown->offset + shown->definition_length;
    struct walk_instances instances;
    struct walk_instance instance;
    object_walk_begin_instances(object, &instances);
    const bool has_instance = object_walk_next_instance(walk, object, &instances, &instance);

    if (!has_instance && block + 4 > model->bytes.size &&
        model->reader == READER_windows_exporter) {
        reader_model_report_abort(model, model->bytes.size,
                                  "object %" PRIu32 " has NumInstances %" PRId32
                                  ", it reads an instance past the end (EOF); every object is lost",
                                  shown->name_index, shown->instance_count);
        return;
    }
    if (!has_instance) {
        const unsigned char *definition = go_definition(model, shown, 0);
        const uint64_t place =
            definition ? block + read_u32(definition + COUNTER_MEMBER(CounterOffset)) : block;
        const unsigned char *bytes = span_at(model->bytes, place, 8);

        reader_model_report_differ(
            model, shown->name_index, "instances", object->offset + OBJECT_MEMBER(NumInstances),
            "shows a phantom instance \"\" of object %" PRIu32 ", whose NumInstances is %" PRId32
            "; its first value is %" PRIu64 ", %s",
            shown->name_index, shown->instance_count, bytes ? read_u64(bytes) : 0,
            !bytes                                  ? "past the end"
            : place < object->offset + object->size ? "which is another field of the object"
                                                    : "which belongs to the next object");
        return;
    }
    go_block(model, shown, 0, block, &(struct go_real){ walk, object, &instance });
}

static bool go_read_object(struct model *model, struct go_object *shown, uint32_t number,
                           uint32_t count)
{
    const unsigned char *at = span_at(model->bytes, shown->offset, WALK_OBJECT_SIZE);

    if (!at) {
        if (model->reader == READER_windows_exporter)
            reader_model_report_abort(model, model->bytes.size,
                                      "%" PRIu32 " objects are announced, and object %" PRIu32
                                      " would lie past the end (EOF); every object is lost",
                                      count, number);
        else
            reader_model_report_differ(model, 0, "objects", model->bytes.size,
                                       "shows phantom objects: %" PRIu32
                                       " are announced, and the bytes hold %" PRIu32,
                                       count, number);
        return false;
    }
    shown->total_length = read_u32(at + OBJECT_MEMBER(TotalByteLength));
    shown->definition_length = read_u32(at + OBJECT_MEMBER(DefinitionLength));
    shown->name_index = read_u32(at + OBJECT_MEMBER(ObjectNameTitleIndex));
    shown->counter_count = read_u32(at + OBJECT_MEMBER(NumCounters));
    shown->instance_count = (int32_t)read_u32(at + OBJECT_MEMBER(NumInstances));
    if (shown->counter_count > MOST_RECORDS || shown->instance_count > (int32_t)MOST_RECORDS) {
        reader_model_report_abort(model, shown->offset,
                                  "object %" PRIu32 " announces %" PRIu32 " counters and %" PRId32
                                  " instances, for which it runs out of memory and ends",
                                  shown->name_index, shown->counter_count, shown->instance_count);
        return false;
    }
    if (shown->counter_count && !go_definition(model, shown, shown->counter_count - 1)) {
        if (model->reader == READER_windows_exporter) {
            reader_model_report_abort(
                model, shown->offset + OBJECT_MEMBER(NumCounters),
                "NumCounters of object %" PRIu32 " is %" PRIu32
                ", whose definitions would lie past the end (EOF); every object is lost",
                shown->name_index, shown->counter_count);
        } else {
            reader_model_report_differ(
                model, shown->name_index, "counters", shown->offset + OBJECT_MEMBER(NumCounters),
                "shows %" PRIu32 " counters of object %" PRIu32 ", most of them garbage",
                shown->counter_count, shown->name_index);
            shown->counter_count = 0;
        }
    }
    return !model->is_aborted;
}

static void run_go(struct model *model)
{
    const struct readers_answer *answer = model->answer;
    struct go_object shown = { 0 };
    struct walk_object object;
    struct object_walk walk;
    uint32_t count = answer->count;

    if (answer->is_blob) {
        const unsigned char *header = span_at(model->bytes, 0, WALK_DATA_BLOCK_SIZE);
        static const unsigned char signature[8] = { 'P', 0, 'E', 0, 'R', 0, 'F', 0 };

        if (!header || memcmp(header, signature, sizeof(signature)) != 0 ||
            read_u32(header + DATA_BLOCK_MEMBER(LittleEndian)) != 1) {
            reader_model_report_abort(model, 0, "it panics at %s",
                                      header ? "a signature that is not PERF, little-endian"
                                             : "a header that is cut off");
            return;
        }
        shown.offset = read_u32(header + DATA_BLOCK_MEMBER(HeaderLength));
        count = read_u32(header + DATA_BLOCK_MEMBER(NumObjectTypes));
    }
    reader_model_report_begin_walk(answer, &walk); /* without a header it has no objects */
    bool has_object = object_walk_next(&walk, &object);

    for (uint32_t i = 0; i < count && !model->is_aborted; i++) {
        if (!go_read_object(model, &shown, i, count))
            return;
        if (has_object && object.offset != shown.offset) {
            reader_model_report_differ(
                model, object.name_index, "objects", shown.offset,
                "shows object %" PRIu32 ", read at offset %zu, in place of object %" PRIu32
                " at %zu",
                shown.name_index, shown.offset, object.name_index, object.offset);
            return;
        }
        if (!has_object) {
            reader_model_report_differ(model, shown.name_index, "objects", shown.offset,
                                       "shows object %" PRIu32
                                       " at offset %zu, where there is none",
                                       shown.name_index, shown.offset);
            return;
        }
        look_at_bases(model, &walk, &object, "divides by another counter's base, or by none");
        if (shown.instance_count > 0)
            go_instances(model, &shown, &walk, &object);
        else
            go_single(model, &shown, &walk, &object);
        if (shown.total_length == 0 && i + 1 < count) {
            reader_model_report_differ(model, shown.name_index, "objects", shown.offset,
                                       "shows object %" PRIu32 " %" PRIu32
                                       " times: its TotalByteLength is 0",
                                       shown.name_index, count - i);
            return;
        }
        shown.offset += shown.total_length;
        has_object = object_walk_next(&walk, &object);
    }
}

/* ---- netdata ----------------------------------------------------------------------------- */

/* netdata checks every length, reads some types with a width of its own, and drops unknown types. */
static void netdata_values(struct model *model, struct object_walk *walk,
                           const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(walk, object, &instances, &instance)) {
        struct walk_counter counter;
        size_t at = 0;

        while (model->budget && object_walk_next_counter(walk, object, &at, &counter)) {
            model->budget--;
            const uint64_t place = (uint64_t)instance.block_offset + counter.value_offset;
            const bool is_wide = counter.type == PERF_AVERAGE_TIMER;
            const bool is_narrow = counter.type == PERF_OBJ_TIME_TIMER;
            char name[WALK_COUNTER_NAME_SIZE];
            uint64_t value, read;

            object_walk_counter_name(counter.name_index, counter.position, name);
            if (counter.size && walk_value(&instance, &counter).size == 0)
                reader_model_report_differ(model, object->name_index, name, counter.offset,
                                           "skips %s of object %" PRIu32
                                           ", whose value is outside its block",
                                           name, object->name_index);
            if ((!is_wide && !is_narrow) || !reader_model_report_value(&instance, &counter, &value))
                continue;
            read = (uint32_t)value;
            if (is_wide) {
                const unsigned char *bytes = span_at(model->bytes, place, sizeof(uint64_t));

                if (!bytes)
                    continue;
                read = read_u64(bytes);
            }
            if (read != value)
                reader_model_report_differ(
                    model, object->name_index, name, (size_t)place,
                    "shows %" PRIu64 " for %s of instance %" PRIu32 " of object %" PRIu32
                    ", which is %" PRIu64 ": it reads PERF_%s with %s bytes",
                    read, name, instance.position, object->name_index, value,
                    is_wide ? "AVERAGE_TIMER" : "OBJ_TIME_TIMER", is_wide ? "8" : "4");
        }
    }
}

/* The first breach of an object that the walk reports. */
struct first_breach {
    bool are_values_checked; /* the caller checks values one by one; a value outside its block is
                                then no breach of the object */
    bool is_found;
    bool is_header;    /* a header that is damaged, although the walk can go on */
    bool is_truncated; /* TotalByteLength is more than there is */
    size_t offset;
    char text[160];
};

static bool keep_first(void *context, const struct walk_breach *breach)
{
    struct first_breach *first = context;

    if (!first->is_found &&
        !(first->are_values_checked && breach->rule == WALK_RULE_counter_offset)) {
        first->is_found = true;
        first->is_header =
            breach->rule == WALK_RULE_data_header || breach->rule == WALK_RULE_data_shifted;
        first->is_truncated =
            breach->rule == WALK_RULE_data_total_length && strstr(breach->message, "only") != NULL;
        first->offset = breach->offset;
        snprintf(first->text, sizeof(first->text), "%s: %s", breach->structure, breach->message);
    }
    return true;
}

/* Readers that check lengths lose what they refuse and the rest of the object. */
static void run_checking(struct model *model)
{
    const bool is_netdata = model->reader == READER_netdata;
    struct first_breach first = { .are_values_checked = is_netdata };
    struct walk_object object;
    struct object_walk walk;
    struct walk_data_block block;

    if (model->answer->is_blob) {
        /* .NET only checks that reads stay inside its array, which is larger than the answer. */
        const bool can_walk = object_walk_begin(&walk, model->bytes, keep_first, &first, &block);

        if (!can_walk || first.is_header || (first.is_truncated && is_netdata)) {
            reader_model_report_abort(model, first.offset, "it rejects the data block (%s)",
                                      first.text);
            return;
        }
        first.is_found = false;
    } else {
        object_walk_begin_objects(&walk, model->bytes, model->answer->count, keep_first, &first);
    }
    while (object_walk_next(&walk, &object)) {
        struct walk_instances instances;
        struct walk_instance instance;
        uint32_t seen = 0;

        object_walk_begin_instances(&object, &instances);
        while (!first.is_found && object_walk_next_instance(&walk, &object, &instances, &instance))
            seen++;
        if (first.is_found && is_netdata)
            reader_model_report_differ(model, object.name_index, "all of it", first.offset,
                                       "loses object %" PRIu32 " from instance %" PRIu32 " on (%s)",
                                       object.name_index, seen ? seen - 1 : 0, first.text);
        else if (first.is_found)
            reader_model_report_differ(model, object.name_index, "all of it", first.offset,
                                       "throws an exception for object %" PRIu32 " (%s)",
                                       object.name_index, first.text);
        else if (object.instance_count == 0 && is_netdata)
            reader_model_report_differ(model, object.name_index, "all of it",
                                       object.offset + OBJECT_MEMBER(NumInstances),
                                       "leaves out object %" PRIu32
                                       ", which has no instances at the moment, and logs that",
                                       object.name_index);
        else if (object.instance_count < PERF_NO_INSTANCES)
            reader_model_report_differ(
                model, object.name_index, "all of it", object.offset + OBJECT_MEMBER(NumInstances),
                is_netdata ? "leaves out object %" PRIu32 ", whose NumInstances is %" PRId32
                           : "throws an exception for object %" PRIu32
                             ", whose NumInstances is %" PRId32,
                object.name_index, object.instance_count);
        if (is_netdata)
            netdata_values(model, &walk, &object);
        look_at_bases(model, &walk, &object,
                      is_netdata
                          ? "drops the counter"
                          : "attaches the base to the counter before it, and may call the layout "
                            "invalid");
        first.is_found = false;
    }
    if (first.is_found && !is_netdata)
        reader_model_report_differ(
            model, 0, "objects", first.offset,
            "throws an exception, unless the object that it wants comes first (%s)", first.text);
}

/* ---- all of them ------------------------------------------------------------------------- */

void reader_models_check(struct findings *findings, uint32_t wanted,
                         const struct readers_answer *answer)
{
    static const struct {
        enum reader_id reader;
        void (*run)(struct model *model);
    } models[] = {
        { READER_windows_exporter, run_go },  { READER_leoluk, run_go },
        { READER_netdata, run_checking },     { READER_dotnet, run_checking },
        { READER_oshi, reader_model_simple }, { READER_far, reader_model_simple },
        { READER_nmap, reader_model_simple },
    };

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct model model = { .findings = findings,
                               .answer = answer,
                               .reader = models[i].reader,
                               .bytes = answer->bytes,
                               .budget = answer->bytes.size };

        if (wanted & 1u << models[i].reader)
            models[i].run(&model);
    }
}
