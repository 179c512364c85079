/* SPDX-License-Identifier: MIT
 *
 * Checks the rules of a manifest beyond elements and attributes: unique values, references between
 * counters, kernel and user mode. If no compiler or consumer can use the manifest, the fault is an
 * error. If Windows accepts it but no consumer can read the value, it is a warning.
 */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "cook.h"
#include "perflib_emulation.h"
#include "text_map.h"

/* The name of a type of the list, for messages. */
static const char *type_name(uint32_t type)
{
    const struct manifest_word *word = manifest_words_types;

    while (word->value != type)
        word++;
    return word->text;
}

/* The name of a counterset for messages. A counterset of Vista has no symbol. */
static const char *title_of(const struct manifest_set *set)
{
    return set->symbol ? set->symbol : set->name;
}

/* The kinds of values that must be unique or that others refer to. */
enum key {
    KEY_SET_GUID,
    KEY_SET_SYMBOL,
    KEY_SET_NAME,
    KEY_SET_URI,
    KEY_COUNTER_SYMBOL,
    KEY_OF_ONE_SET, /* the following are reset after each set */
    KEY_COUNTER_ID = KEY_OF_ONE_SET,
    KEY_COUNTER_NAME,
    KEY_COUNTER_URI,
    KEY_STRUCT_NAME,
    KEY_COUNT
};

struct checking {
    const struct manifest *manifest;
    struct manifest_messages *messages;
    struct text_map items[KEY_COUNT];
    bool is_out_of_memory;
};

static struct span text_span(const char *text)
{
    return (struct span){ (const unsigned char *)text, text ? strlen(text) : 0 };
}

static struct span id_span(const struct manifest_number *id)
{
    return (struct span){ (const unsigned char *)&id->value, sizeof(id->value) };
}

/* An earlier item with the same text; NULL if there is no such item or no text. */
static const void *twin(struct checking *checking, enum key key, struct span text, const void *item)
{
    if (!text.data)
        return NULL;
    const void *first = text_map_add(&checking->items[key], text, item);
    checking->is_out_of_memory = checking->is_out_of_memory || !first;
    return first == item ? NULL : first;
}

/* The counter that another one refers to by an attribute. If it does not exist, NULL and a
   message. */
static const struct manifest_counter *referred(const struct checking *checking,
                                               const struct manifest_set *set,
                                               const struct manifest_counter *counter,
                                               const char *attribute,
                                               struct manifest_number reference)
{
    if (!reference.is_given)
        return NULL;
    const struct manifest_counter *other =
        text_map_find(&checking->items[KEY_COUNTER_ID], id_span(&reference));
    if (other)
        return other;
    manifest_messages_add(
        checking->messages, false, counter->place,
        "%s of counter %u is %u, but the counterSet %.64s has no counter with that id: correct it",
        attribute, (unsigned)counter->id.value, (unsigned)reference.value, title_of(set));
    return NULL;
}

static void check_type(const struct checking *checking, const struct manifest_counter *counter,
                       const char *attribute, const struct manifest_counter *other, uint32_t type)
{
    if (other && other->type->value != type)
        manifest_messages_add(
            checking->messages, false, counter->place,
            "%s of counter %u refers to counter %u, which is a %s: it must be a %s", attribute,
            (unsigned)counter->id.value, (unsigned)other->id.value, other->type->text,
            type_name(type));
}

static void check_references(const struct checking *checking, const struct manifest_set *set,
                             const struct manifest_counter *counter)
{
    /* Every type of manifest_words_types is known there: both come from counter_types.def. */
    const struct counter_type *need = cook_find_type(counter->type->value);
    const struct manifest_counter *base =
        referred(checking, set, counter, "baseID", counter->base_id);
    const struct manifest_counter *time =
        referred(checking, set, counter, "perfTimeID", counter->perf_time_id);
    const struct manifest_counter *frequency =
        referred(checking, set, counter, "perfFreqID", counter->perf_freq_id);
    const struct manifest_counter *multiple =
        referred(checking, set, counter, "multiCounterID", counter->multi_counter_id);
    const bool is_multi = counter->type->value & PERF_MULTI_COUNTER;

    if (base && !need->base)
        manifest_messages_add(checking->messages, true, counter->place,
                              "counter %u has a baseID, which a %s does not use: remove it",
                              (unsigned)counter->id.value, counter->type->text);
    else
        check_type(checking, counter, "baseID", base, need->base);
    check_type(checking, counter, "perfTimeID", time, PERF_COUNTER_LARGE_RAWCOUNT);
    check_type(checking, counter, "perfFreqID", frequency, PERF_COUNTER_LARGE_RAWCOUNT);
    check_type(checking, counter, "multiCounterID", multiple, PERF_COUNTER_RAWCOUNT);

    if (need->base && !counter->base_id.is_given &&
        !(is_multi && counter->multi_counter_id.is_given))
        manifest_messages_add(checking->messages, true, counter->place,
                              "counter %u is a %s without a baseID: add it, because no consumer "
                              "can calculate the counter without it",
                              (unsigned)counter->id.value, counter->type->text);
    if (need->clock == COOK_CLOCK_OBJECT &&
        !(counter->perf_time_id.is_given && counter->perf_freq_id.is_given))
        manifest_messages_add(checking->messages, true, counter->place,
                              "counter %u is a %s without perfTimeID and perfFreqID: add them, "
                              "because no consumer can calculate the counter without them",
                              (unsigned)counter->id.value, counter->type->text);
}

static void check_counter(const struct checking *checking, const struct manifest_set *set,
                          const struct manifest_counter *counter)
{
    struct manifest_messages *messages = checking->messages;
    const unsigned id = (unsigned)counter->id.value;
    const bool is_hidden = counter->attributes & PERF_ATTRIB_NO_DISPLAYABLE;

    if (counter->id.value == PERF_WILDCARD_COUNTER)
        manifest_messages_add(messages, false, counter->place,
                              "id 0xFFFFFFFF means all counters: choose another");
    if (!is_hidden && (!counter->name || !counter->description))
        manifest_messages_add(messages, false, counter->place,
                              "counter %u lacks its %s: add it, because only a counter with the "
                              "attribute noDisplay needs none",
                              id, counter->name ? "description" : "name");
    if (checking->manifest->schema_version >= 200 &&
        ((counter->name && !counter->name_id.is_given) ||
         (counter->description && !counter->description_id.is_given)))
        manifest_messages_add(messages, false, counter->place,
                              "counter %u lacks the nameID or the descriptionID of its text, which "
                              "schema 2.0 requires: add it",
                              id);
    if (counter->aggregate->value && !(set->instances->value & PERF_COUNTERSET_FLAG_AGGREGATE))
        manifest_messages_add(
            messages, true, counter->place,
            "counter %u has an aggregate, but its counterSet is %s and aggregates nothing: remove "
            "it, or change the instances of the counterSet",
            id, set->instances->text);
    if (checking->manifest->is_kernel_mode && !counter->struct_name && !counter->field)
        manifest_messages_add(
            messages, false, counter->place,
            "counter %u lacks struct and field, which a kernel-mode provider needs: add them", id);
    if (!checking->manifest->is_kernel_mode && (counter->struct_name || counter->field))
        manifest_messages_add(
            messages, true, counter->place,
            "counter %u has struct or field, which only a kernel-mode provider uses: remove it",
            id);
    if (checking->manifest->is_kernel_mode && counter->struct_name) {
        if (!text_map_find(&checking->items[KEY_STRUCT_NAME], text_span(counter->struct_name)))
            manifest_messages_add(messages, false, counter->place,
                                  "counter %u is in the struct %s, which the counterSet does not "
                                  "list: add it to <structs>",
                                  id, counter->struct_name);
        if (!counter->field)
            manifest_messages_add(
                messages, false, counter->place,
                "counter %u lacks its field: add the name of the member of its struct", id);
    }
    check_references(checking, set, counter);
}

/* Check the values that must be unique among the counters of a set. */
static void check_twins(struct checking *checking, const struct manifest_set *set,
                        const struct manifest_counter *counter)
{
    const struct manifest_counter *other =
        twin(checking, KEY_COUNTER_ID, id_span(&counter->id), counter);

    if (other)
        manifest_messages_add(
            checking->messages, false, counter->place,
            "id %u occurs twice in the counterSet %.64s, first in line %u: choose another",
            (unsigned)counter->id.value, title_of(set), (unsigned)other->place.line);
    other = twin(checking, KEY_COUNTER_NAME, text_span(counter->name), counter);
    if (other)
        manifest_messages_add(checking->messages, false, counter->place,
                              "the name \"%.64s\" occurs twice in the counterSet %.64s, first in "
                              "line %u: choose another",
                              counter->name, title_of(set), (unsigned)other->place.line);
    other = twin(checking, KEY_COUNTER_URI, text_span(counter->uri), counter);
    if (other)
        manifest_messages_add(
            checking->messages, true, counter->place,
            "the uri %.64s occurs twice in the counterSet %.64s, first in line %u: choose another",
            counter->uri, title_of(set), (unsigned)other->place.line);
}

static void check_set_twins(struct checking *checking, const struct manifest_set *set)
{
    const struct span guid = { (const unsigned char *)&set->guid, sizeof(set->guid) };
    const struct {
        const char *what;
        const struct manifest_set *other;
    } twins[] = {
        { "guid", twin(checking, KEY_SET_GUID, guid, set) },
        { "symbol", twin(checking, KEY_SET_SYMBOL, text_span(set->symbol), set) },
        { "name", twin(checking, KEY_SET_NAME, text_span(set->name), set) },
    };

    for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
        if (!twins[i].other)
            continue;
        manifest_messages_add(
            checking->messages, false, set->place,
            "two counterSets have the same %s: change this one; the first is in line %u",
            twins[i].what, (unsigned)twins[i].other->place.line);
        break; /* further messages mostly have the same cause: a copied set */
    }

    const struct manifest_set *other = twin(checking, KEY_SET_URI, text_span(set->uri), set);
    if (other)
        manifest_messages_add(
            checking->messages, true, set->place,
            "two counterSets have the same uri: change this one; the first is in line %u",
            (unsigned)other->place.line);
}

/* Symbols of counters become macros, so two equal ones would not compile. */
static void check_symbols(struct checking *checking)
{
    for (size_t i = 0; i < checking->manifest->set_count; i++)
        for (size_t j = 0; j < checking->manifest->sets[i].counter_count; j++) {
            const struct manifest_counter *counter = &checking->manifest->sets[i].counters[j];
            const struct manifest_counter *other =
                twin(checking, KEY_COUNTER_SYMBOL, text_span(counter->symbol), counter);

            if (other)
                manifest_messages_add(
                    checking->messages, false, counter->place,
                    "the symbol %s is that of another counter, in line %u: choose another",
                    counter->symbol, (unsigned)other->place.line);
        }
}

/* The first text with an identifier. */
struct string_use {
    const char *text;
    struct xml_place place;
};

/* Identifiers of strings are resource identifiers: they have 16 bits, and 0 means that there is no
   string. If two are equal, their texts must be equal. */
static void check_string_id(const struct checking *checking, struct string_use uses[0x10000],
                            struct xml_place place, const char *attribute,
                            struct manifest_number id, const char *text)
{
    if (!id.is_given)
        return;
    if (id.value == 0 || id.value > 0xFFFF) {
        manifest_messages_add(checking->messages, false, place,
                              "%s=\"%u\" is no identifier of a string: choose one from 1 to 65535",
                              attribute, (unsigned)id.value);
        return;
    }
    struct string_use *use = &uses[id.value];
    if (!text)
        return;
    if (!use->text)
        *use = (struct string_use){ text, place };
    else if (strcmp(use->text, text) != 0)
        manifest_messages_add(
            checking->messages, false, place,
            "%s=\"%u\" of \"%.60s\" is the identifier of another text, \"%.60s\" in "
            "line %u: choose another, because each text needs its own",
            attribute, (unsigned)id.value, text, use->text, (unsigned)use->place.line);
}

static void check_string_ids(struct checking *checking)
{
    const struct manifest *manifest = checking->manifest;
    struct string_use *uses = calloc(0x10000, sizeof(*uses));
    uint64_t items = 0;

    if (!uses) {
        checking->is_out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        items += 1 + set->counter_count;
        check_string_id(checking, uses, set->place, "nameID", set->name_id, set->name);
        check_string_id(checking, uses, set->place, "descriptionID", set->description_id,
                        set->description);
        for (size_t j = 0; j < set->counter_count; j++) {
            const struct manifest_counter *counter = &set->counters[j];

            check_string_id(checking, uses, counter->place, "nameID", counter->name_id,
                            counter->name);
            check_string_id(checking, uses, counter->place, "descriptionID",
                            counter->description_id, counter->description);
        }
    }
    free(uses);
    if (manifest->schema_version < 200 &&
        (manifest->resource_base.value == 0 || manifest->resource_base.value + 4 * items > 0x10000))
        manifest_messages_add(
            checking->messages, false, manifest->place,
            "resourceBase %u leaves too few identifiers of strings: they are 1 to 65535, and %u "
            "sets and counters take four each; choose another",
            (unsigned)manifest->resource_base.value, (unsigned)items);
}

/* Index the counters of a set, because counters refer to each other and to structs in any order. */
static void index_set(struct checking *checking, const struct manifest_set *set)
{
    for (size_t i = 0; i < set->struct_count; i++)
        twin(checking, KEY_STRUCT_NAME, text_span(set->structs[i].name), &set->structs[i]);
    for (size_t i = 0; i < set->counter_count; i++)
        twin(checking, KEY_COUNTER_ID, id_span(&set->counters[i].id), &set->counters[i]);
}

static void check_set(struct checking *checking, const struct manifest_set *set)
{
    check_set_twins(checking, set);
    if (set->struct_count && !checking->manifest->is_kernel_mode)
        manifest_messages_add(checking->messages, true, set->place,
                              "<structs> has a meaning only in a kernel-mode provider: remove it");
    index_set(checking, set);
    for (size_t i = 0; i < set->counter_count && !checking->is_out_of_memory; i++) {
        check_counter(checking, set, &set->counters[i]);
        check_twins(checking, set, &set->counters[i]);
    }
    for (size_t i = KEY_OF_ONE_SET; i < KEY_COUNT; i++)
        text_map_release(&checking->items[i]);
}

DWORD manifest_check(const struct manifest *manifest, const struct manifest_options *options,
                     struct manifest_messages *messages)
{
    struct checking checking = { .manifest = manifest, .messages = messages };

    if (!manifest->is_kernel_mode && !manifest->symbol && !options->is_vista)
        manifest_messages_add(messages, false, manifest->place,
                              "<provider> lacks its attribute symbol, which names the variable of "
                              "a user-mode provider: add it");
    if (strpbrk(manifest->application_identity, "/\\"))
        manifest_messages_add(
            messages, true, manifest->place,
            "applicationIdentity=\"%.64s\" has a path: write only the name of the file",
            manifest->application_identity);
    for (size_t i = 0; i < manifest->set_count; i++)
        check_set(&checking, &manifest->sets[i]);
    check_symbols(&checking);
    check_string_ids(&checking);
    for (size_t i = 0; i < KEY_COUNT; i++)
        text_map_release(&checking.items[i]);
    return checking.is_out_of_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
