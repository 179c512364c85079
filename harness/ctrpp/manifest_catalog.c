/* SPDX-License-Identifier: MIT
 *
 * Registers the sets of a manifest in the emulation's catalog, with texts in UTF-16.
 */
#include "manifest_catalog.h"

#include <stdlib.h>
#include <string.h>

#include "perflib_catalog.h"
#include "text.h"

/* All texts of one set, in a buffer that is large enough for any set of the manifest. */
struct texts {
    WCHAR *memory, *at;
    size_t capacity;
};

static size_t units_of(const char *text)
{
    return text ? strlen(text) + 1 : 0; /* the text has at most as many units as bytes */
}

static const WCHAR *add_text(struct texts *texts, const char *text)
{
    WCHAR *begin = texts->at;

    if (!text)
        return NULL;
    const size_t length = text_from_utf8(text, strlen(text), begin, texts->capacity);
    texts->at += length + 1;
    texts->capacity -= length + 1;
    return begin;
}

static ULONG reference(struct manifest_number number)
{
    return number.is_given ? number.value : PERFLIB_NO_COUNTER;
}

static struct catalog_counter describe(struct texts *texts, const struct manifest_counter *counter)
{
    const struct catalog_counter described = {
        .info = { .CounterId = counter->id.value,
                  .Type = counter->type->value,
                  .Attrib = counter->attributes,
                  .DetailLevel = counter->detail_level->value,
                  .DefaultScale = counter->default_scale,
                  .BaseCounterId = reference(counter->base_id),
                  .PerfTimeId = reference(counter->perf_time_id),
                  .PerfFreqId = reference(counter->perf_freq_id),
                  .MultiId = reference(counter->multi_counter_id),
                  .AggregateFunc = counter->aggregate->value },
        .name = add_text(texts, counter->name),
        .help = add_text(texts, counter->description),
    };

    return described;
}

static DWORD register_set(const struct manifest *manifest, const struct manifest_set *set)
{
    struct texts texts = { .capacity = units_of(manifest->provider_name) + units_of(set->name) +
                                       units_of(set->description) };
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    for (size_t i = 0; i < set->counter_count; i++)
        texts.capacity += units_of(set->counters[i].name) + units_of(set->counters[i].description);
    texts.memory = texts.at = malloc(texts.capacity * sizeof(*texts.memory));
    struct catalog_counter *counters = malloc(set->counter_count * sizeof(*counters));
    if (!texts.memory || !counters)
        goto free_all;

    for (size_t i = 0; i < set->counter_count; i++)
        counters[i] = describe(&texts, &set->counters[i]);
    const struct catalog_set described = {
        .guid = set->guid,
        .provider_guid = manifest->guid,
        .provider_name = add_text(&texts, manifest->provider_name),
        .name = add_text(&texts, set->name),
        .help = add_text(&texts, set->description),
        .provider_type =
            manifest->is_kernel_mode ? PERF_PROVIDER_KERNEL_MODE : PERF_PROVIDER_USER_MODE,
        .instance_type = set->instances->value,
        .counters = counters,
        .counter_count = (ULONG)set->counter_count,
    };
    error = perflib_catalog_add(&described);

free_all:
    free(counters);
    free(texts.memory);
    return error;
}

DWORD manifest_catalog_register(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->set_count; i++) {
        DWORD error = register_set(manifest, &manifest->sets[i]);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}
