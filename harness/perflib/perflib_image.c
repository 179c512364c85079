/* SPDX-License-Identifier: MIT
 *
 * Converts providers to bytes and back: see perflib_image.h.
 */
#include "perflib_image.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* ---- writing --------------------------------------------------------------------------------- */

static void write_instance(struct perflib_writer *writer, struct perflib_instance *instance)
{
    const size_t length = text_length(instance->name), begin = writer->used;
    const struct image_instance head = { .id = instance->id, .name_length = (uint32_t)length };

    perflib_writer_add(writer, &head, sizeof(head));
    perflib_writer_add(writer, instance->name, length * sizeof(WCHAR));
    perflib_writer_pad(writer);
    for (ULONG i = 0; i < instance->set->info.NumCounters; i++) {
        struct image_value value = { 0 };

        value.has_value = perflib_values_read(instance, i, &value.value);
        perflib_writer_add(writer, &value, sizeof(value));
    }
    perflib_writer_set(writer, begin, (ULONG)(writer->used - begin));
}

static void write_set(struct perflib_writer *writer, const struct perflib_counterset *set,
                      ULONG status)
{
    struct image_set head = {
        .counter_count = set->info.NumCounters,
        .status = status,
        .guid = set->info.CounterSetGuid,
        .provider_guid = set->provider->guid,
        .instance_type = set->info.InstanceType,
    };
    const size_t begin = writer->used;

    for (struct perflib_instance *instance = set->first; instance; instance = instance->next)
        head.instance_count++;
    perflib_writer_add(writer, &head, sizeof(head));
    perflib_writer_add(writer, set->counters, set->info.NumCounters * sizeof(set->counters[0]));
    for (struct perflib_instance *instance = set->first; instance; instance = instance->next)
        write_instance(writer, instance);
    perflib_writer_set(writer, begin, (ULONG)(writer->used - begin));
}

void perflib_image_write(struct perflib_writer *writer,
                         ULONG (*status_of)(void *context, const struct perflib_provider *),
                         void *context)
{
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next) {
        if (provider->is_remote)
            continue;
        for (const struct perflib_counterset *set = provider->first_set; set; set = set->next)
            write_set(writer, set, status_of(context, provider));
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The bytes of one part, which begins with its size. The part has at least `least` bytes and lies
   inside `data`. */
static struct span sized_part(struct span data, size_t at, size_t least)
{
    const unsigned char *begin = span_at(data, at, least);
    const uint32_t size = begin ? read_u32(begin) : 0;

    return size >= least && size % 8 == 0 ? span_part(data, at, size) : (struct span){ 0 };
}

/* Values by reference are stored after the block, and the cells point to them. No address of
   another process is used. */
static void take_values(struct perflib_instance *instance, const unsigned char *values,
                        uint64_t *referred)
{
    const struct perflib_counterset *set = instance->set;

    for (ULONG i = 0; i < set->info.NumCounters; i++) {
        struct image_value value;
        void *cell = perflib_cell(instance, i);

        memcpy(&value, values + i * sizeof(value), sizeof(value));
        if (set->counters[i].Attrib & PERF_ATTRIB_BY_REFERENCE) {
            void *address = value.has_value ? &referred[i] : NULL;

            referred[i] = value.value;
            memcpy(cell, &address, sizeof(address));
        } else {
            memcpy(cell, &value.value, sizeof(value.value));
        }
    }
}

static DWORD read_instance(struct perflib_counterset *set, struct span part)
{
    const size_t count = set->info.NumCounters;
    struct image_instance head;
    WCHAR name[PERF_MAX_INSTANCE_NAME];

    memcpy(&head, part.data, sizeof(head));
    const size_t name_size = (size_t)head.name_length * sizeof(WCHAR);
    if (head.name_length >= PERF_MAX_INSTANCE_NAME ||
        (head.name_length == 0 && set->info.InstanceType & PERF_COUNTERSET_FLAG_MULTIPLE))
        return ERROR_INVALID_DATA;
    const size_t values_at = sizeof(head) + ((name_size + 7) & ~(size_t)7);
    const unsigned char *values = span_at(part, values_at, count * sizeof(struct image_value));
    if (!values || part.size != values_at + count * sizeof(struct image_value))
        return ERROR_INVALID_DATA;
    memcpy(name, part.data + sizeof(head), name_size);
    name[head.name_length] = 0;
    if (text_length(name) != head.name_length)
        return ERROR_INVALID_DATA;

    const size_t size = perflib_sets_instance_size(set, head.name_length);
    struct perflib_instance *instance = calloc(1, size + count * sizeof(uint64_t));
    if (!instance)
        return ERROR_NOT_ENOUGH_MEMORY;
    perflib_sets_init_instance(instance, set, name, head.name_length, head.id);
    take_values(instance, values, (uint64_t *)((unsigned char *)instance + size));
    perflib_sets_add_instance(set->provider, instance);
    return ERROR_SUCCESS;
}

/* Each set becomes a provider of its own, because the GUIDs of sets are unique only in a
   provider. */
static DWORD read_set(struct span part, struct perflib_provider **provider)
{
    struct image_set head;
    PERF_COUNTERSET_INFO *template;

    memcpy(&head, part.data, sizeof(head));
    if (head.counter_count == 0 || head.counter_count > PERFLIB_COUNTERS_LIMIT)
        return ERROR_INVALID_DATA;
    const size_t counters_size = head.counter_count * sizeof(PERF_COUNTER_INFO);
    const unsigned char *counters = span_at(part, sizeof(head), counters_size);
    /* Each instance has bytes of its own, which limits their number. */
    if (!counters || head.instance_count > part.size / sizeof(struct image_instance) ||
        (head.instance_type == PERF_COUNTERSET_SINGLE_INSTANCE && head.instance_count > 1))
        return ERROR_INVALID_DATA;

    const size_t template_size = sizeof(*template) + counters_size;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    struct perflib_counterset *set = NULL;
    struct perflib_provider *made = calloc(1, sizeof(*made));
    template = malloc(template_size);
    if (!template || !made)
        goto free_all;
    *template = (PERF_COUNTERSET_INFO){ head.guid, head.provider_guid, head.counter_count,
                                        head.instance_type };
    memcpy(template + 1, counters, counters_size);
    error = ERROR_INVALID_DATA;
    if (perflib_sets_template_fault(template, template_size))
        goto free_all;
    set = calloc(1, perflib_sets_size(template));
    error = set ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (set && !perflib_sets_init(set, template))
        error = ERROR_INVALID_DATA;
    if (error)
        goto free_all;
    made->guid = head.provider_guid;
    made->is_remote = true;
    made->remote_status = head.status;
    perflib_sets_add(made, set);
    set = NULL; /* the provider owns it */

    size_t at = sizeof(head) + counters_size;
    for (uint32_t i = 0; i < head.instance_count && !error; i++) {
        const struct span instance = sized_part(part, at, sizeof(struct image_instance));

        error = instance.data ? read_instance(made->first_set, instance) : ERROR_INVALID_DATA;
        at += instance.size;
    }
    if (!error && at != part.size)
        error = ERROR_INVALID_DATA;

free_all:
    free(template);
    free(set);
    if (error) {
        perflib_image_release(made);
        made = NULL;
    }
    *provider = made;
    return error;
}

DWORD perflib_image_read(struct span data, struct perflib_provider **providers)
{
    struct perflib_provider *first = NULL, **last = &first;

    *providers = NULL;
    for (size_t at = 0; at < data.size;) {
        const struct span part = sized_part(data, at, sizeof(struct image_set));
        const DWORD error = part.data ? read_set(part, last) : ERROR_INVALID_DATA;

        if (error) {
            perflib_image_release(first);
            return error;
        }
        last = &(*last)->next;
        at += part.size;
    }
    *providers = first;
    return ERROR_SUCCESS;
}

void perflib_image_release(struct perflib_provider *providers)
{
    for (struct perflib_provider *provider = providers, *next; provider; provider = next) {
        next = provider->next;
        for (struct perflib_counterset *set = provider->first_set, *next_set; set; set = next_set) {
            next_set = set->next;
            for (struct perflib_instance *instance = set->first, *after; instance;
                 instance = after) {
                after = instance->next;
                free(instance);
            }
            free(set);
        }
        free(provider);
    }
}
