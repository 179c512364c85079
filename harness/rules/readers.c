/* SPDX-License-Identifier: MIT
 *
 * The table of readers, and what they make of the names of instances: equal names, empty names,
 * names without a counted terminator. It contains what the readers did in runs over synthetic
 * answers; for .NET, what its source says. The models contain everything else.
 */
#include "readers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "name_text.h"
#include "object_walk.h"
#include "output.h"
#include "printf_like.h"
#include "winperf_members.h"

#define SHOWN_NAME 40 /* bytes of a name in a message; chosen */

const struct reader readers[READER_COUNT] = {
#define READER(id, name, description) [READER_##id] = { name, description, RULE_reader_##id },
#include "readers.def"
#undef READER
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
};

/* Report one difference in an instance's name that a reader shows. */
PRINTF_LIKE(5, 6)
static void differ(struct look *look, enum reader_id reader, const struct walk_object *object,
                   const struct walk_instance *instance, const char *format, ...)
{
    char subject[64], text[512];
    const struct finding_place place = { .query = look->answer->query,
                                         .buffer_size = look->answer->buffer_size,
                                         .offset = instance->offset + INSTANCE_MEMBER(NameLength),
                                         .subject = subject };
    va_list arguments;

    if (!(look->wanted & 1u << reader))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(subject, sizeof(subject), "object %" PRIu32 ", instance %" PRIu32, object->name_index,
             instance->position);
    findings_add(look->findings, readers[reader].rule, &place,
                 "%s %s (instance %" PRIu32 " of object %" PRIu32 ")", readers[reader].name, text,
                 instance->position, object->name_index);
}

/* ---- equal names ----------------------------------------------------------------------------- */

/* Equal names of equal parents have equal hashes. */
struct named {
    uint64_t hash;
    struct walk_instance instance;
};

static uint64_t hash_name(const struct walk_instance *instance)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, instance->name.data, instance->name.size);

    hash = hash_step(hash, instance->parent_object);
    return hash_step(hash, instance->parent_instance);
}

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->instance.position < b->instance.position   ? -1
           : a->instance.position > b->instance.position ? 1
                                                         : 0;
}

/* Report a duplicate. `number` is the number of equal names before this one. */
static void report_duplicate(struct look *look, const struct walk_object *object,
                             const struct walk_instance *instance, unsigned number)
{
    struct output name = { 0 };

    name_text_add(&name, instance->name, object->code_page);
    const char *text = name.data ? name.data : "";

    differ(look, READER_windows_exporter, object, instance,
           "returns \"%.*s\" once more, and Prometheus refuses the scrape", SHOWN_NAME, text);
    differ(look, READER_leoluk, object, instance, "returns \"%.*s\" once more", SHOWN_NAME, text);
    differ(look, READER_netdata, object, instance, "returns \"%.*s\" once more", SHOWN_NAME, text);
    differ(look, READER_dotnet, object, instance, "shows the name \"%.*s#%u\" for \"%.*s\"",
           SHOWN_NAME, text, number, SHOWN_NAME, text);
    look->findings->is_incomplete |= name.is_lost;
    output_release(&name);
}

/* ---- names ------------------------------------------------------------------------------------- */

static void look_at_name(struct look *look, const struct walk_object *object,
                         const struct walk_instance *instance)
{
    const struct span name = instance->name;
    const size_t unit = object->code_page == 0 ? 2 : 1;
    struct output whole = { 0 }, cut = { 0 };
    bool is_counted = false;

    if (name.size == 0) {
        differ(look, READER_netdata, object, instance, "shows the name \"[unknown]\" for none");
        return;
    }
    for (size_t i = 0; i + unit <= name.size && !is_counted; i += unit)
        is_counted = name.data[i] == 0 && (unit == 1 || name.data[i + 1] == 0);
    if (is_counted)
        return;
    name_text_add(&whole, name, object->code_page);
    name_text_add(&cut, span_part(name, 0, name.size - (name.size < unit ? name.size : unit)),
                  object->code_page);
    for (int i = 0; i < 2; i++)
        differ(look, i ? READER_dotnet : READER_netdata, object, instance,
               "shows the name \"%.*s\" for \"%.*s\", whose terminator is not counted", SHOWN_NAME,
               cut.data ? cut.data : "", SHOWN_NAME, whole.data ? whole.data : "");
    look->findings->is_incomplete |= whole.is_lost || cut.is_lost;
    output_release(&whole);
    output_release(&cut);
}

static void look_at_instances(struct look *look, const struct walk_object *object)
{
    struct walk_instances instances;
    struct walk_instance instance;
    struct named *named = NULL;
    size_t count = 0, capacity = 0;
    unsigned equal = 0;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(&look->walk, object, &instances, &instance)) {
        if (!instance.has_definition)
            continue;
        look_at_name(look, object, &instance);

        struct named *grown = array_reserve(named, &capacity, count + 1, sizeof(*named));

        if (!grown) {
            look->findings->is_incomplete = true;
            break;
        }
        named = grown;
        named[count++] = (struct named){ hash_name(&instance), instance };
    }
    if (count > 1)
        qsort(named, count, sizeof(*named), compare_named);
    for (size_t i = 1; i < count; i++) {
        equal = named[i].hash == named[i - 1].hash ? equal + 1 : 0;
        if (equal)
            report_duplicate(look, object, &named[i].instance, equal);
    }
    free(named);
}

void readers_check(struct findings *findings, uint32_t wanted, const struct readers_answer *answer)
{
    struct look look = { .findings = findings, .wanted = wanted, .answer = answer };
    struct walk_data_block block;
    struct walk_object object;

    if (!wanted)
        return;
    if (answer->is_blob) {
        if (!object_walk_begin(&look.walk, answer->bytes, NULL, NULL, &block))
            return;
    } else {
        object_walk_begin_objects(&look.walk, answer->bytes, answer->count, NULL, NULL);
    }
    while (object_walk_next(&look.walk, &object))
        look_at_instances(&look, &object);
}
