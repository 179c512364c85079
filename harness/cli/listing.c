/* SPDX-License-Identifier: MIT
 *
 * See listing.h.
 */
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>

#include "array.h"
#include "perf_names.h"
#include "symbol_file.h"
#include "text.h"

const char *const listing_severity_words[] = { "note", "warning", "error" };

static void collect_remark(void *context, const struct registration_remark *remark)
{
    struct listing *listing = context;
    struct remark *remarks = array_reserve(listing->remarks, &listing->remark_capacity,
                                           listing->remark_count + 1, sizeof(*remarks));

    if (!remarks) {
        listing->is_out_of_memory = true;
        return;
    }
    listing->remarks = remarks;
    struct remark *added = &remarks[listing->remark_count];
    added->service = remark->service;
    added->severity = remark->severity;
    added->text = text8_copy(remark->text);
    if (!added->text) {
        listing->is_out_of_memory = true;
        return;
    }
    listing->remark_count++;
}

const char *listing_check_library(const struct listing *listing, const struct service *service,
                                  char path[OS_PATH_SIZE], char remark[OS_PATH_SIZE + 200])
{
    const size_t size = OS_PATH_SIZE + 200;
    int own = (int)sizeof(void *) * 8;

    *remark = *path = 0;
    if (!service->library)
        return path;
    if (library_path_find(service, listing->library_path, path, OS_PATH_SIZE)) {
        snprintf(remark, size,
                 "library not found: looked at %s first; name its folder with "
                 "--library-path",
                 path);
        *path = 0;
        return path;
    }
    int bits = symbol_file_bits(path);
    if (bits == 0)
        snprintf(remark, size, "%s is no library that this system can load", path);
    else if (bits != own)
        snprintf(remark, size, "%s is a %d-bit library; this program loads %d-bit ones", path, bits,
                 own);
    return path;
}

const char *listing_text(const struct listing *listing, enum name_table_kind kind, uint32_t index)
{
    const struct name_table *names = &listing->registration->names;
    const char *text = name_table_find(names, listing->language, kind, index);

    return text ? text : name_table_find(names, PERF_ENGLISH, kind, index);
}

uint32_t listing_help_index(const struct service *service, uint32_t index)
{
    return service->first_help + (index - service->first_counter);
}

size_t listing_first_remark(const struct listing *listing, const struct service *service)
{
    size_t low = 0, high = listing->remark_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct service *other = listing->remarks[middle].service;
        if (service && (!other || other < service))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool listing_is_about(const struct listing *listing, size_t remark, const struct service *service)
{
    return remark < listing->remark_count && listing->remarks[remark].service == service;
}

const char *listing_status_of(const struct listing *listing, const struct service *service)
{
    if (service->problem)
        return "broken";
    if (service->disabled)
        return "disabled";
    if (!service->has_indices)
        return "not installed";
    for (size_t i = listing_first_remark(listing, service); listing_is_about(listing, i, service);
         i++)
        if (listing->remarks[i].severity == REGISTRATION_ERROR)
            return "damaged";
    return "ok";
}

bool listing_is_object(const struct service *service, uint32_t index)
{
    for (size_t i = 0; i < service->object_list_count; i++)
        if (service->object_list[i] == index)
            return true;
    return false;
}

uint32_t listing_next_title(const struct listing *listing, const struct service *service,
                            uint32_t index)
{
    const uint32_t languages[] = { PERF_ENGLISH, listing->language };
    uint32_t next = UINT32_MAX;

    for (size_t i = 0; i < 2; i++) {
        const struct name_table_entry *entry =
            name_table_next(&listing->registration->names, languages[i], NAME_TABLE_COUNTER, index);
        if (entry && entry->index < next && entry->index <= service->last_counter)
            next = entry->index;
    }
    return next;
}

bool listing_check(struct listing *listing)
{
    if (registration_check(listing->registration, collect_remark, listing))
        listing->is_out_of_memory = true;
    return !listing->is_out_of_memory;
}

void listing_release(struct listing *listing)
{
    for (size_t i = 0; i < listing->remark_count; i++)
        free(listing->remarks[i].text);
    free(listing->remarks);
}
