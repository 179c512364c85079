/* SPDX-License-Identifier: MIT
 *
 * See perflib_catalog.h. Each set is one block of memory.
 */
#include "perflib_catalog.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "perflib_state.h"
#include "text.h"

static struct catalog_set **sets;
static size_t set_count, set_capacity;

static size_t text_size(const WCHAR *text)
{
    return text ? (text_length(text) + 1) * sizeof(*text) : 0;
}

static const WCHAR *copy_text(unsigned char **at, const WCHAR *text)
{
    const WCHAR *copy = text ? (const WCHAR *)*at : NULL;

    if (text)
        memcpy(*at, text, text_size(text));
    *at += text_size(text);
    return copy;
}

/* A copy of a set in one block of memory. */
static struct catalog_set *copy_set(const struct catalog_set *set)
{
    const size_t counters_size = set->counter_count * sizeof(set->counters[0]);
    size_t size = sizeof(*set) + counters_size + text_size(set->provider_name) +
                  text_size(set->name) + text_size(set->help);

    for (ULONG i = 0; i < set->counter_count; i++)
        size += text_size(set->counters[i].name) + text_size(set->counters[i].help);

    struct catalog_set *copy = malloc(size);
    if (!copy)
        return NULL;
    struct catalog_counter *counters = (struct catalog_counter *)(copy + 1);
    unsigned char *at = (unsigned char *)counters + counters_size;
    *copy = *set;
    memcpy(counters, set->counters, counters_size);
    copy->counters = counters;
    copy->provider_name = copy_text(&at, set->provider_name);
    copy->name = copy_text(&at, set->name);
    copy->help = copy_text(&at, set->help);
    for (ULONG i = 0; i < set->counter_count; i++) {
        counters[i].name = copy_text(&at, set->counters[i].name);
        counters[i].help = copy_text(&at, set->counters[i].help);
    }
    return copy;
}

DWORD perflib_catalog_add(const struct catalog_set *set)
{
    if (set->counter_count == 0 || set->counter_count > PERFLIB_COUNTERS_LIMIT)
        return ERROR_INVALID_PARAMETER;
    struct catalog_set *copy = copy_set(set);
    if (!copy)
        return ERROR_NOT_ENOUGH_MEMORY;

    DWORD error = ERROR_SUCCESS;
    perflib_state_lock();
    struct catalog_set **larger = array_reserve(sets, &set_capacity, set_count + 1, sizeof(*sets));
    if (larger)
        sets = larger;
    else
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (perflib_catalog_find(&set->guid))
        error = ERROR_ALREADY_EXISTS;
    if (!error)
        sets[set_count++] = copy;
    perflib_state_unlock();
    if (error)
        free(copy);
    return error;
}

void perflib_catalog_clear(void)
{
    perflib_state_lock();
    while (set_count)
        free(sets[--set_count]);
    free(sets);
    sets = NULL;
    set_capacity = 0;
    perflib_state_unlock();
}

const struct catalog_set *perflib_catalog_find(const GUID *guid)
{
    for (size_t i = 0; i < set_count; i++)
        if (perflib_state_guid_equal(&sets[i]->guid, guid))
            return sets[i];
    return NULL;
}

const struct catalog_set *perflib_catalog_at(size_t position)
{
    return position < set_count ? sets[position] : NULL;
}
