/* SPDX-License-Identifier: MIT
 *
 * Readers that test nothing. OSHI and Far follow the lengths and CounterOffset wherever they lead;
 * Far only looks at the first object. Nmap assumes structures of the standard sizes and reads the
 * values one after the other, whatever CounterOffset says.
 */
#include "reader_model_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name_text.h"
#include "output.h"
#include "winperf_members.h"

#define SHOWN_NAME 40 /* characters of a name in a message; chosen */

/* An object whose lengths lead outside the answer. */
struct outside {
    bool is_found;
    size_t offset;
    const char *member; /* a member of winperf.h */
};

static bool note_outside(void *context, const struct walk_breach *breach)
{
    struct outside *outside = context;

    if (!outside->is_found)
        *outside = (struct outside){ true, breach->offset, breach->structure };
    return true;
}

/* Continue where a reader is after the walk has found an object that it cannot follow. */
static void follow_outside(struct model *model, const struct walk_object *object,
                           const struct outside *outside)
{
    const unsigned char *bytes = span_at(model->bytes, outside->offset, sizeof(uint32_t));
    const uint32_t length = bytes ? read_u32(bytes) : 0;
    const uint64_t place = (uint64_t)outside->offset + length;

    reader_model_report_differ(
        model, object->name_index, "lengths", outside->offset,
        "follows the %" PRIu32 " in %s of object %" PRIu32
        " untested, which leads %s: what it shows from there on is garbage%s",
        length, outside->member, object->name_index,
        place > model->bytes.size ? "past the end of the answer"
                                  : "to a place where no structure begins",
        model->reader == READER_oshi ? ", or the process ends" : "");
}

/* Compare a name as both read it: up to a terminator, without regard to NameLength. */
static void look_at_name(struct model *model, const struct walk_object *object,
                         const struct walk_instance *instance)
{
    const unsigned char *definition = span_at(model->bytes, instance->offset, WALK_INSTANCE_SIZE);
    struct output shown = { 0 }, meant = { 0 };
    char part[32];
    size_t end;

    if (!definition || object->code_page != 0)
        return;
    const struct span rest =
        span_rest(model->bytes,
                  (uint64_t)instance->offset + read_u32(definition + INSTANCE_MEMBER(NameOffset)));
    for (end = 0; end + 2 <= rest.size && read_u16(rest.data + end); end += 2)
        ;
    const struct span read = { rest.data, end };

    name_text_add(&shown, read, 0);
    name_text_add(&meant, instance->name, 0);
    snprintf(part, sizeof(part), "instance %" PRIu32, instance->position);
    if (shown.data && !shown.is_lost && !meant.is_lost &&
        strcmp(shown.data, meant.data ? meant.data : "") != 0)
        reader_model_report_differ(model, object->name_index, part,
                                   instance->offset + INSTANCE_MEMBER(NameLength),
                                   "shows the name \"%.*s\" for instance %" PRIu32
                                   " of object %" PRIu32 ", which is \"%.*s\"",
                                   SHOWN_NAME, shown.data, instance->position, object->name_index,
                                   SHOWN_NAME, meant.data ? meant.data : "");
    output_release(&shown);
    output_release(&meant);
}

/* OSHI and Far: values at CounterOffset, as wide as CounterSize. */
static void follow_instances(struct model *model, struct object_walk *walk,
                             const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;

    object_walk_begin_instances(object, &instances);
    while (model->budget && object_walk_next_instance(walk, object, &instances, &instance)) {
        char name[WALK_COUNTER_NAME_SIZE];
        struct walk_counter counter;
        size_t at = 0;

        if (instance.has_definition)
            look_at_name(model, object, &instance);
        while (model->budget && object_walk_next_counter(walk, object, &at, &counter)) {
            const uint64_t place = (uint64_t)instance.block_offset + counter.value_offset;

            model->budget--;
            if (counter.size == 0 || walk_value(&instance, &counter).size)
                continue;
            const unsigned char *bytes = counter.size == 4 || counter.size == 8
                                             ? span_at(model->bytes, place, counter.size)
                                             : NULL;

            object_walk_counter_name(counter.name_index, counter.position, name);
            if (bytes)
                reader_model_report_differ(model, object->name_index, name, counter.offset,
                                           "shows %" PRIu64 " for %s of instance %" PRIu32
                                           " of object %" PRIu32
                                           ", whose value is outside its block",
                                           counter.size == 8 ? read_u64(bytes) : read_u32(bytes),
                                           name, instance.position, object->name_index);
            else
                reader_model_report_differ(
                    model, object->name_index, name, counter.offset,
                    "shows what lies past the end for %s of instance %" PRIu32
                    " of object %" PRIu32,
                    name, instance.position, object->name_index);
        }
    }
}

/* Nmap: definitions of 40 bytes directly after a header of 64 bytes, values one after the other. */
static void read_in_order(struct model *model, struct object_walk *walk,
                          const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(walk, object, &instances, &instance)) {
        uint64_t place = (uint64_t)instance.block_offset + WALK_COUNTER_BLOCK_SIZE;
        char name[WALK_COUNTER_NAME_SIZE];
        struct walk_counter counter;
        size_t at = 0;

        while (model->budget && object_walk_next_counter(walk, object, &at, &counter)) {
            const unsigned char *definition = span_at(
                model->bytes,
                object->offset + WALK_OBJECT_SIZE + (uint64_t)counter.position * WALK_COUNTER_SIZE,
                WALK_COUNTER_SIZE);
            const uint32_t size =
                definition ? read_u32(definition + COUNTER_MEMBER(CounterSize)) : 0;
            const unsigned char *bytes =
                size == 4 || size == 8 ? span_at(model->bytes, place, size) : NULL;
            uint64_t value;

            model->budget--;
            place += size;
            if (!reader_model_report_value(&instance, &counter, &value))
                continue;
            const uint64_t read = !bytes ? 0 : size == 8 ? read_u64(bytes) : read_u32(bytes);

            object_walk_counter_name(counter.name_index, counter.position, name);
            if (!bytes)
                reader_model_report_differ(
                    model, object->name_index, name, counter.offset + COUNTER_MEMBER(CounterOffset),
                    "loses the value of %s of instance %" PRIu32 " of object %" PRIu32
                    ", which is %" PRIu64 ": it looks for it %s",
                    name, instance.position, object->name_index, value,
                    size == 4 || size == 8 ? "past the end" : "with the size of another field");
            else if (read != value)
                reader_model_report_differ(
                    model, object->name_index, name, counter.offset + COUNTER_MEMBER(CounterOffset),
                    "shows %" PRIu64 " for %s of instance %" PRIu32 " of object %" PRIu32
                    ", which is %" PRIu64 ": it does not look at CounterOffset%s",
                    read, name, instance.position, object->name_index, value,
                    object->header_length == WALK_OBJECT_SIZE ? ""
                                                              : ", and takes a header of 64 bytes");
        }
    }
}

/* A reader that asks for one object expects it first. A saved answer does not contain the query. */
static bool is_wanted(const struct model *model, uint32_t name_index)
{
    const char *query = model->answer->query;

    return !query || (query[0] >= '0' && query[0] <= '9' && !strchr(query, ' ') &&
                      strtoul(query, NULL, 10) == name_index);
}

static void look_at_object(struct model *model, struct object_walk *walk,
                           const struct walk_object *object, const uint32_t *first)
{
    if (model->reader == READER_nmap) {
        read_in_order(model, walk, object);
        return;
    }
    if (model->reader == READER_far && *first != object->name_index) {
        if (is_wanted(model, object->name_index))
            reader_model_report_differ(model, object->name_index, "all of it", object->offset,
                                       "does not see object %" PRIu32
                                       ": it takes the first one, object %" PRIu32 ", for it",
                                       object->name_index, *first);
        return;
    }
    follow_instances(model, walk, object);
}

void reader_model_simple(struct model *model)
{
    const struct readers_answer *answer = model->answer;
    struct outside outside = { .is_found = false };
    struct walk_object object = { .name_index = 0 };
    struct walk_data_block block;
    struct object_walk walk;
    uint32_t first = 0;

    if (answer->is_blob) {
        if (!object_walk_begin(&walk, answer->bytes, note_outside, &outside, &block)) {
            reader_model_report_differ(model, 0, "header", outside.offset,
                                       "takes whatever is there for a data block");
            return;
        }
    } else {
        object_walk_begin_objects(&walk, answer->bytes, answer->count, note_outside, &outside);
    }
    while (object_walk_next(&walk, &object)) {
        first = walk.object_count == 1 ? object.name_index : first;
        look_at_object(model, &walk, &object, &first);
        if (outside.is_found && model->reader != READER_nmap)
            follow_outside(model, &object, &outside);
        outside.is_found = false;
    }
    if (outside.is_found && model->reader == READER_oshi)
        follow_outside(model, &object, &outside);
}
