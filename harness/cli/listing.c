/* SPDX-License-Identifier: MIT
 *
 * See listing.h.
 */
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "perf_names.h"
#include "region_reader.h"
#include "region_warnings.h"
#include "symbol_file.h"
#include "text.h"
#include "text_map.h"

/* Add a remark, which then owns the text. NULL means that there was no memory for the text. */
static void add_remark(struct listing *listing, const struct service *service,
                       enum doctor_severity severity, const char *id, char *text)
{
    struct remark *remarks = text ? array_reserve(listing->remarks, &listing->remark_capacity,
                                                  listing->remark_count + 1, sizeof(*remarks))
                                  : NULL;

    if (!remarks) {
        listing->is_out_of_memory = true;
        free(text);
        return;
    }
    listing->remarks = remarks;
    remarks[listing->remark_count] = (struct remark){ .service = service,
                                                      .severity = severity,
                                                      .id = id,
                                                      .text = text,
                                                      .position = listing->remark_count };
    listing->remark_count++;
}

/* Order by service, remarks on the whole registration first; remarks on one service in their
   original order. */
static int compare_remarks(const void *left, const void *right)
{
    const struct remark *a = left, *b = right;

    if (a->service != b->service)
        return !a->service || (b->service && a->service < b->service) ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static struct span span_of(const char *text)
{
    return (struct span){ (const unsigned char *)text, strlen(text) };
}

/* Add findings about services, and about the whole registration. Those about a file count as the
   latter. */
static void add_findings(struct listing *listing)
{
    const struct registration *registration = listing->registration;
    struct text_map services = { 0 };

    for (size_t i = 0; i < registration->service_count; i++)
        if (!text_map_add(&services, span_of(registration->services[i].name),
                          &registration->services[i]))
            listing->is_out_of_memory = true;
    for (size_t i = 0; i < listing->diagnosis->finding_count; i++) {
        const struct diagnosis_finding *finding = &listing->diagnosis->findings[i];
        const struct doctor_fault *fault = &doctor_faults[finding->fault];
        if (fault->severity == FAULT_NOTE)
            continue;
        add_remark(listing,
                   finding->service ? text_map_find(&services, span_of(finding->service)) : NULL,
                   fault->severity, fault->id, registry_findings_line(finding));
        if (finding->other)
            add_remark(listing, text_map_find(&services, span_of(finding->other)), fault->severity,
                       fault->id, registry_findings_line(finding));
    }
    text_map_release(&services);
}

/* Add problems that keep a service from being called and are not among the findings. */
static void add_problems(struct listing *listing)
{
    const struct registration *registration = listing->registration;
    bool *are_damaged = calloc(registration->service_count + 1, sizeof(*are_damaged));
    bool is_damaged = false;

    if (!are_damaged) {
        listing->is_out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < listing->remark_count; i++) {
        const struct remark *remark = &listing->remarks[i];
        bool *damaged =
            remark->service ? &are_damaged[remark->service - registration->services] : &is_damaged;
        *damaged = *damaged || remark->severity == FAULT_ERROR;
    }
    for (size_t i = 0; i < registration->service_count; i++)
        if (registration->services[i].problem && !are_damaged[i])
            add_remark(listing, &registration->services[i], FAULT_ERROR, NULL,
                       text_utf8_copy(registration->services[i].problem));
    if (registration->problem && !is_damaged)
        add_remark(listing, NULL, FAULT_ERROR, NULL, text_utf8_copy(registration->problem));
    free(are_damaged);
}

static bool is_heapctrs(const char *library)
{
    const char *base = library ? strrchr(library, '\\') : NULL;
    const char *slash = strrchr(base ? base : library ? library : "", '/');

    base = slash ? slash + 1 : base ? base + 1 : library;
    return base && text_utf8_equal_ignore_case(base, "heapctrs.dll");
}

/* Add, beside the service of our own provider, what it does not show, and why. */
static void add_refusals(struct listing *listing)
{
    static struct region_refusals refusals;
    const struct registration *registration = listing->registration;
    const struct service *own = NULL;
    struct region_reader *reader;
    char line[REGION_WARNING_SIZE];

    for (size_t i = 0; i < registration->service_count && !own; i++)
        if (is_heapctrs(registration->services[i].library))
            own = &registration->services[i];
    if (!own || region_reader_open(&reader))
        return;
    if (region_reader_refresh(reader) == ERROR_SUCCESS) {
        region_reader_refusals(reader, &refusals);
        for (uint32_t i = 0; i < refusals.count; i++) {
            region_warnings_line(&refusals.refusals[i], line);
            add_remark(listing, own, FAULT_WARNING, NULL, text_utf8_copy(line));
        }
    }
    region_reader_close(reader);
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

static bool has_error(const struct listing *listing, const struct service *service)
{
    for (size_t i = listing_first_remark(listing, service); listing_is_about(listing, i, service);
         i++)
        if (listing->remarks[i].severity == FAULT_ERROR)
            return true;
    return false;
}

const char *listing_status_of(const struct listing *listing, const struct service *service)
{
    if (service->problem)
        return "broken";
    if (service->disabled)
        return "disabled";
    for (size_t i = listing_first_remark(listing, service); listing_is_about(listing, i, service);
         i++)
        if (listing->remarks[i].id == doctor_faults[FAULT_not_installed].id ||
            listing->remarks[i].id == doctor_faults[FAULT_category_lost].id)
            return "not installed";
    return has_error(listing, service) ? "damaged" : "ok";
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
    add_findings(listing);
    add_problems(listing);
    add_refusals(listing);
    if (listing->remark_count)
        qsort(listing->remarks, listing->remark_count, sizeof(*listing->remarks), compare_remarks);
    return !listing->is_out_of_memory;
}

void listing_release(struct listing *listing)
{
    for (size_t i = 0; i < listing->remark_count; i++)
        free(listing->remarks[i].text);
    free(listing->remarks);
}
