/* SPDX-License-Identifier: MIT
 *
 * Which services are believed: those whose numbers are sane and whose first and last index have
 * names. From them follow the ownerless names and the highest index in use.
 */
#include "examination.h"

#include <stdlib.h>

#include "perf_names.h"
#include "registration.h"
#include "text.h"

/* A backup lacks the names of WmiApRpl on purpose, and those of services that were installed later. */
static bool are_names_expected(const struct examination *examination,
                               const struct machine_service *service)
{
    if (!examination->names_are_of_backup || !examination->names_are_believed)
        return examination->names_are_believed;
    return !text_utf8_equal_ignore_case(service->name, "WmiApRpl") &&
           service->first <= examination->names->table.highest;
}

const char *examine_claims_key(const struct examination *examination,
                               const struct machine_service *service)
{
    return text_pool_format(&examination->diagnosis->pool, "%s\\%.900s\\Performance", REG_SERVICES,
                            service->name);
}

bool examine_claims_wants_range(const struct machine_service *service)
{
    return service->values[MACHINE_SERVICE_LIBRARY].value && !machine_service_is_base(service) &&
           !text_utf8_equal_ignore_case(service->name, "WmiApRpl");
}

static void look_for_names(const struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    const struct machine_table *names = &examination->names->table;

    examined->lacks_first = !machine_table_find(names, service->first);
    examined->lacks_last = !machine_table_find(names, service->last);
    size_t from = machine_table_from(names, service->first);
    examined->lacks_all = from == names->count || names->names[from].index > service->last;
}

static void find_highest(struct examination *examination)
{
    const struct machine *machine = examination->machine;
    uint32_t english = PERF_SYSTEM_LAST_INDEX - 1;

    for (size_t i = 0; i < examination->ranges.range_count; i++)
        if (examination->ranges.ranges[i].last > english)
            english = examination->ranges.ranges[i].last;
    uint32_t all = english;
    for (size_t i = 0; i < machine->names_count; i++) {
        const struct machine_table *table = &machine->names[i].table;
        uint32_t highest = table->highest & ~1u; /* a help text belongs to the name before it */
        if (highest > PERF_HIGHEST_INDEX || table->slip_count)
            continue; /* in a slipped table any number may be taken for an index */
        if (highest > all)
            all = highest;
        if (highest > english && table->language == PERF_ENGLISH)
            english = highest;
    }
    examination->highest = all;
    examination->highest_english = english;
}

static int compare_hints(const void *left, const void *right)
{
    const struct range_hint *a = left, *b = right;

    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return a->service < b->service ? -1 : a->service > b->service;
}

/* Collect the indices that services with broken numbers still have. Ownerless names around them
   belong to these services. */
static bool gather_hints(struct examination *examination)
{
    const struct machine *machine = examination->machine;

    examination->hints =
        calloc(machine->service_count * (RANGE_VALUE_COUNT + 1) + 1, sizeof(*examination->hints));
    if (!examination->hints)
        return false;
    for (size_t i = 0; i < machine->service_count; i++) {
        const struct machine_service *service = &machine->services[i];
        if (service->range == RANGE_SANE)
            continue;
        if (service->object_count && service->objects[0] > PERF_SYSTEM_LAST_INDEX)
            examination->hints[examination->hint_count++] =
                (struct range_hint){ .index = service->objects[0], .service = service };
        for (size_t k = 0; k < RANGE_VALUE_COUNT; k++) {
            uint32_t is_help = k == MACHINE_SERVICE_FIRST_HELP || k == MACHINE_SERVICE_LAST_HELP;
            if (service->values[k].is_number && service->values[k].number > PERF_SYSTEM_LAST_INDEX)
                examination->hints[examination->hint_count++] =
                    (struct range_hint){ .index = service->values[k].number - is_help,
                                         .service = service };
        }
    }
    if (examination->hint_count)
        qsort(examination->hints, examination->hint_count, sizeof(*examination->hints),
              compare_hints);
    return true;
}

DWORD examine_claims(struct examination *examination)
{
    const struct machine *machine = examination->machine;
    struct name_ranges *ranges = &examination->ranges;

    examination->services = calloc(machine->service_count + 1, sizeof(*examination->services));
    ranges->ranges = calloc(machine->service_count + 1, sizeof(*ranges->ranges));
    if (!examination->services || !ranges->ranges || !gather_hints(examination))
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < machine->service_count; i++) {
        struct examined_service *examined = &examination->services[i];
        const struct machine_service *service = &machine->services[i];
        examined->service = service;
        examined->finding = DIAGNOSIS_NONE;
        examination->not_installed_count +=
            service->range == RANGE_NONE && examine_claims_wants_range(service);
        if (service->range != RANGE_SANE)
            continue;
        if (are_names_expected(examination, service))
            look_for_names(examination, examined);
        examined->is_trusted = !examined->lacks_first && !examined->lacks_last;
        if (examined->is_trusted)
            ranges->ranges[ranges->range_count++] = (struct name_range){ .first = service->first,
                                                                         .last = service->last,
                                                                         .service = service };
    }
    DWORD error = name_ranges_sort(
        ranges, examination->names_are_believed ? &examination->names->table : NULL);
    if (!error)
        find_highest(examination);
    return error;
}
