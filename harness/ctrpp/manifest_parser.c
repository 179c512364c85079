/* SPDX-License-Identifier: MIT
 *
 * Reads a manifest. manifest_schema.def decides which elements and attributes are allowed where;
 * this file fills the structures of manifest.h. Elements of other namespaces (events, localization)
 * are ignored. An unknown element of the counters' namespace is an error.
 */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "manifest_values.h"
#include "os.h"

#define EVENTS "http://schemas.microsoft.com/win/2004/08/events"
#define COUNTERS "http://schemas.microsoft.com/win/2005/12/counters"

enum element_id {
    ELEMENT_none,
#define ELEMENT(id, name, parent, space, least, most) ELEMENT_##id,
#define ATTRIBUTE(element, name, kind, presence, member)
#include "manifest_schema.def"
#undef ELEMENT
#undef ATTRIBUTE
    ELEMENT_COUNT
};

static const struct element {
    const char *name;
    enum element_id parent;
    const char *space;
    uint32_t least, most;
} elements[ELEMENT_COUNT] = {
    [ELEMENT_none] = { "document", ELEMENT_none, "", 0, 0 },
#define ELEMENT(id, name, parent, space, least, most)                                              \
    [ELEMENT_##id] = { name, ELEMENT_##parent, space, least, most },
#define ATTRIBUTE(element, name, kind, presence, member)
#include "manifest_schema.def"
#undef ELEMENT
#undef ATTRIBUTE
};

enum presence {
    PRESENCE_REQUIRED,
    PRESENCE_MODERN,
    PRESENCE_OPTIONAL,
    PRESENCE_NEW,
    PRESENCE_IDS,
    PRESENCE_LEGACY
};

/* The structures that the attributes of an element fill. */
typedef struct manifest counters_target, provider_target;
typedef struct manifest_set set_target;
typedef struct manifest_struct structure_target;
typedef struct manifest_counter counter_target, attribute_target;

static const struct attribute {
    enum element_id element;
    const char *name;
    manifest_parser *parse;
    enum presence presence;
    size_t offset;
} attributes[] = {
#define ELEMENT(id, name, parent, space, least, most)
#define ATTRIBUTE(element, name, kind, presence, member)                                           \
    { ELEMENT_##element, name, manifest_values_parse_##kind, PRESENCE_##presence,                  \
      offsetof(element##_target, member) },
#include "manifest_schema.def"
#undef ELEMENT
#undef ATTRIBUTE
};

#define ATTRIBUTE_COUNT (sizeof(attributes) / sizeof(*attributes))

/* An open element. */
struct level {
    enum element_id id; /* ELEMENT_none: the document itself, or an ignored element */
    struct xml_place place;
    uint32_t children[ELEMENT_COUNT];
};

struct reading {
    const struct manifest_options *options;
    struct manifest *manifest;
    struct manifest_messages *messages;
    struct level levels[XML_DEPTH_LIMIT + 1];
    size_t depth; /* of the innermost open element; 0 is the document */
    bool is_out_of_memory;
};

/* Make sure that an array has memory for one more element, which is zeroed. As array_reserve. */
static void *reserve_zeroed(void *items, size_t *capacity, size_t count, size_t size)
{
    char *larger = array_reserve(items, capacity, count + 1, size);

    if (larger)
        memset(larger + count * size, 0, size);
    return larger;
}

/* Append an element to an array. NULL: memory ran out, and the array is unchanged. */
static struct manifest_set *add_set(struct manifest *manifest)
{
    struct manifest_set *sets =
        reserve_zeroed(manifest->sets, &manifest->set_capacity, manifest->set_count, sizeof(*sets));

    if (!sets)
        return NULL;
    manifest->sets = sets;
    return &sets[manifest->set_count++];
}

static struct manifest_struct *add_struct(struct manifest_set *set)
{
    struct manifest_struct *structs =
        reserve_zeroed(set->structs, &set->struct_capacity, set->struct_count, sizeof(*structs));

    if (!structs)
        return NULL;
    set->structs = structs;
    return &structs[set->struct_count++];
}

static struct manifest_counter *add_counter(struct manifest_set *set)
{
    struct manifest_counter *counters = reserve_zeroed(set->counters, &set->counter_capacity,
                                                       set->counter_count, sizeof(*counters));

    if (!counters)
        return NULL;
    set->counters = counters;
    return &counters[set->counter_count++];
}

static struct manifest_set *last_set(struct manifest *manifest)
{
    return &manifest->sets[manifest->set_count - 1];
}

static struct manifest_counter *last_counter(struct manifest *manifest)
{
    struct manifest_set *set = last_set(manifest);

    return &set->counters[set->counter_count - 1];
}

/* The structure that an element fills. It is made if necessary. NULL: memory ran out. */
static void *target_of(struct reading *reading, enum element_id id, struct xml_place place)
{
    struct manifest *manifest = reading->manifest;

    switch (id) {
    case ELEMENT_set: {
        struct manifest_set *set = add_set(manifest);
        if (set) {
            set->place = place;
            set->instances = &manifest_words_instances[0];
        }
        return set;
    }
    case ELEMENT_structure:
        return add_struct(last_set(manifest));
    case ELEMENT_counter: {
        struct manifest_counter *counter = add_counter(last_set(manifest));
        if (counter) {
            counter->place = place;
            counter->aggregate = &manifest_words_aggregates[0];
        }
        return counter;
    }
    case ELEMENT_attribute:
        return last_counter(manifest);
    case ELEMENT_provider:
        manifest->place = place;
        return manifest;
    default:
        return manifest;
    }
}

static void check_presence(struct reading *reading, enum element_id id, const bool is_given[],
                           struct xml_place place)
{
    const bool is_new = reading->manifest->schema_version >= 200;

    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        const enum presence presence = attributes[i].presence;

        if (attributes[i].element != id)
            continue;
        if (!is_given[i] &&
            (presence == PRESENCE_REQUIRED || (presence == PRESENCE_IDS && is_new) ||
             (presence == PRESENCE_MODERN && !reading->options->is_vista)))
            manifest_messages_add(reading->messages, false, place,
                                  "<%s> lacks its attribute %s, which schema %s requires: add it",
                                  elements[id].name, attributes[i].name,
                                  presence == PRESENCE_IDS ? "2.0" : "1.x as well as 2.0");
        if (is_given[i] && (is_new ? presence == PRESENCE_LEGACY
                                   : presence == PRESENCE_NEW || presence == PRESENCE_IDS))
            manifest_messages_add(reading->messages, false, place,
                                  "<%s> must not have the attribute %s in schema %s: remove it, or "
                                  "set schemaVersion=\"%s\"",
                                  elements[id].name, attributes[i].name, is_new ? "2.0" : "1.x",
                                  is_new ? "1.1" : "2.0");
    }
}

static void fill(struct reading *reading, enum element_id id, void *target,
                 const struct xml_attribute *given, size_t count, struct xml_place place)
{
    bool is_given[ATTRIBUTE_COUNT] = { false };

    for (size_t i = 0; i < count; i++) {
        size_t known = 0;

        if (*given[i].space)
            continue; /* xsi:schemaLocation and the like */
        while (known < ATTRIBUTE_COUNT && (attributes[known].element != id ||
                                           strcmp(attributes[known].name, given[i].name) != 0))
            known++;
        if (known == ATTRIBUTE_COUNT) {
            if (strcmp(elements[id].space, COUNTERS) == 0)
                manifest_messages_add(
                    reading->messages, false, place,
                    "<%s> has no attribute %.64s: is it misspelt? Otherwise remove it",
                    elements[id].name, given[i].name);
            continue;
        }
        is_given[known] = true;
        const char *why =
            attributes[known].parse(given[i].value, (char *)target + attributes[known].offset);
        if (why == manifest_values_out_of_memory)
            reading->is_out_of_memory = true;
        if (why)
            manifest_messages_add(reading->messages, false, place, "%s=\"%.64s\" of <%s> %s",
                                  given[i].name, given[i].value, elements[id].name, why);
    }
    check_presence(reading, id, is_given, place);
}

/* After this message nothing else in the manifest is reported. */
static void refuse_kernel_mode(struct reading *reading, struct xml_place place)
{
    reading->messages->count = 0;
    manifest_messages_add(
        reading->messages, false, place,
        "providerType=\"kernelMode\": code is generated for user mode only; kernel "
        "mode needs the Windows Driver Kit and its own ctrpp");
}

static bool on_start(void *context, const char *space, const char *name,
                     const struct xml_attribute *given, size_t count, struct xml_place place)
{
    struct reading *reading = context;
    struct level *parent = &reading->levels[reading->depth];
    struct level *level = &reading->levels[++reading->depth];
    enum element_id id = ELEMENT_none + 1;

    *level = (struct level){ ELEMENT_none, place, { 0 } };
    if (reading->depth > 1 && parent->id == ELEMENT_none)
        return true; /* inside an ignored element */
    while (id < ELEMENT_COUNT &&
           (elements[id].parent != parent->id || strcmp(elements[id].space, space) != 0 ||
            strcmp(elements[id].name, name) != 0))
        id++;
    if (id == ELEMENT_COUNT) {
        if (reading->depth == 1)
            manifest_messages_add(reading->messages, false, place,
                                  "this is not a manifest: it begins with <%.64s> instead of "
                                  "<instrumentationManifest xmlns=\"" EVENTS "\">",
                                  name);
        else if (strcmp(space, COUNTERS) == 0 || strcmp(elements[parent->id].space, COUNTERS) == 0)
            manifest_messages_add(
                reading->messages, false, place, "<%.64s> is not allowed in <%s>%s", name,
                elements[parent->id].name,
                strcmp(space, COUNTERS) == 0 ? "" : ": it is not in the namespace " COUNTERS);
        return true;
    }

    parent->children[id]++;
    if (elements[id].most && parent->children[id] == elements[id].most + 1)
        manifest_messages_add(
            reading->messages, false, place, "<%s> may have only %u <%s>: remove the others",
            elements[parent->id].name, (unsigned)elements[id].most, elements[id].name);
    if (elements[id].most && parent->children[id] > elements[id].most)
        return true;
    level->id = id;
    void *target = target_of(reading, id, place);
    if (!target) {
        reading->is_out_of_memory = true;
        return false;
    }
    fill(reading, id, target, given, count, place);
    if (reading->manifest->is_kernel_mode && reading->options->is_user_mode_only) {
        refuse_kernel_mode(reading, place);
        return false;
    }
    return !reading->is_out_of_memory;
}

static void check_children(struct reading *reading, const struct level *level)
{
    for (enum element_id id = ELEMENT_none + 1; id < ELEMENT_COUNT; id++) {
        if (elements[id].parent != level->id || level->children[id] >= elements[id].least)
            continue;
        const bool is_elsewhere = strcmp(elements[level->id].space, elements[id].space) != 0;
        manifest_messages_add(reading->messages, false, level->place, "<%s> lacks a <%s%s%s%s>",
                              elements[level->id].name, elements[id].name,
                              is_elsewhere ? " xmlns=\"" : "",
                              is_elsewhere ? elements[id].space : "", is_elsewhere ? "\"" : "");
    }
}

static bool on_end(void *context)
{
    struct reading *reading = context;
    const struct level *level = &reading->levels[reading->depth--];

    if (level->id != ELEMENT_none)
        check_children(reading, level);
    return true;
}

static bool on_text(void *context, struct xml_place place)
{
    struct reading *reading = context;
    const struct level *level = &reading->levels[reading->depth];

    if (level->id != ELEMENT_none)
        manifest_messages_add(
            reading->messages, false, place,
            "there is text in <%s>, which has only elements and attributes: remove it",
            elements[level->id].name);
    return true;
}

DWORD manifest_parser_parse(const void *data, size_t size, const struct manifest_options *given,
                            struct manifest *result, struct manifest_messages *messages)
{
    static const struct manifest_options no_options = { 0 };
    const struct manifest_options *options = given ? given : &no_options;
    static const struct xml_handler handler = { on_start, on_end, on_text };
    struct manifest manifest = { .schema_version = 101, .resource_base = { 1, false } };
    struct xml_error error = { 0 };
    struct reading *reading = calloc(1, sizeof(*reading));

    messages->count = 0;
    messages->has_error = false;
    if (!reading)
        return ERROR_NOT_ENOUGH_MEMORY;
    reading->options = options;
    reading->manifest = &manifest;
    reading->messages = messages;

    DWORD code = xml_parser_parse(data, size, &handler, reading, &error);
    if (code == ERROR_INVALID_DATA)
        manifest_messages_add(messages, false, error.place, "%s", error.message);
    if (code == ERROR_CANCELLED)
        code = reading->is_out_of_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA;
    free(reading);
    if (!code && !messages->has_error) {
        if (!manifest.provider_name &&
            manifest_values_parse_TEXT("Counters", &manifest.provider_name))
            code = ERROR_NOT_ENOUGH_MEMORY;
        else
            code = manifest_check(&manifest, options, messages);
    }
    if (!code && messages->has_error)
        code = ERROR_INVALID_DATA;
    if (code)
        manifest_parser_release(&manifest);
    else
        *result = manifest;
    return code;
}

DWORD manifest_parser_parse_file(const char *path, const struct manifest_options *options,
                                 struct manifest *manifest, struct manifest_messages *messages)
{
    size_t size;
    void *data;

    DWORD error = os_file_read_all(path, &data, &size, XML_SIZE_LIMIT);
    if (error)
        return error;
    error = manifest_parser_parse(data, size, options, manifest, messages);
    free(data);
    return error;
}

void manifest_parser_release(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->set_count; i++) {
        struct manifest_set *set = &manifest->sets[i];

        for (size_t j = 0; j < set->struct_count; j++) {
            free(set->structs[j].name);
            free(set->structs[j].type);
        }
        for (size_t j = 0; j < set->counter_count; j++) {
            struct manifest_counter *counter = &set->counters[j];

            free(counter->uri);
            free(counter->symbol);
            free(counter->name);
            free(counter->description);
            free(counter->struct_name);
            free(counter->field);
        }
        free(set->symbol);
        free(set->uri);
        free(set->name);
        free(set->description);
        free(set->structs);
        free(set->counters);
    }
    free(manifest->symbol);
    free(manifest->application_identity);
    free(manifest->provider_name);
    free(manifest->sets);
    *manifest = (struct manifest){ 0 };
}
