/* SPDX-License-Identifier: MIT
 *
 * Checks of a registration, see registration_check.h: each rule is a function, and the order of
 * the functions is the order of the remarks.
 */
#include "registration_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf_names.h"
#include "printf_like.h"

#define MOST_REMARKS_OF_A_KIND 8

struct checker {
    const struct registration *registration;
    registration_report report;
    void *context;
    const struct service **by_index; /* services with sane indices, by first counter */
    size_t by_index_count;
    const struct service **rivals; /* one that overlaps, for each of `services`, or NULL */
};

PRINTF_LIKE(4, 5)
static void say(const struct checker *checker, const struct service *service,
                enum registration_severity severity, const char *format, ...)
{
    char text[1024];
    struct registration_remark remark = { service, severity, text };
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    checker->report(checker->context, &remark);
}

static bool has_sane_indices(const struct service *service)
{
    return service->has_indices && service->first_counter <= service->last_counter &&
           service->first_help <= service->last_help;
}

static uint32_t base_index(const struct registration *registration)
{
    return registration->base_index ? registration->base_index : PERF_SYSTEM_LAST_INDEX;
}

static void check_state(const struct checker *checker, const struct service *service)
{
    if (service->problem)
        say(checker, service, REGISTRATION_ERROR, "%s", service->problem);
    if (service->disabled)
        say(checker, service, REGISTRATION_NOTE,
            "disabled: Disable Performance Counters is %u; set it to 0 or remove it to use the "
            "service",
            (unsigned)service->disabled);
}

static void check_indices(const struct checker *checker, const struct service *service)
{
    const struct registration *registration = checker->registration;
    uint32_t first = service->first_counter, last = service->last_counter;

    if (!service->has_indices) {
        if (!service->problem)
            say(checker, service, REGISTRATION_ERROR,
                "not installed: First/Last Counter and First/Last Help are missing; install its "
                ".ini (perfharness install, lodctr)");
        return;
    }
    if (first % 2 || last % 2)
        say(checker, service, REGISTRATION_ERROR,
            "First Counter %u and Last Counter %u must be even: names have even indices, help odd",
            (unsigned)first, (unsigned)last);
    if (service->first_help % 2 == 0 || service->last_help % 2 == 0)
        say(checker, service, REGISTRATION_ERROR,
            "First Help %u and Last Help %u must be odd: names have even indices, help odd",
            (unsigned)service->first_help, (unsigned)service->last_help);
    if (first > last || service->first_help > service->last_help) {
        say(checker, service, REGISTRATION_ERROR,
            "the last index is before the first (names %u to %u, help %u to %u)", (unsigned)first,
            (unsigned)last, (unsigned)service->first_help, (unsigned)service->last_help);
        return;
    }
    if (service->last_help - service->first_help != last - first)
        say(checker, service, REGISTRATION_WARNING,
            "names %u to %u and help %u to %u are not equally many", (unsigned)first,
            (unsigned)last, (unsigned)service->first_help, (unsigned)service->last_help);
    else if (service->first_help != first + 1)
        say(checker, service, REGISTRATION_WARNING,
            "First Help %u is not First Counter %u + 1, as lodctr gives them",
            (unsigned)service->first_help, (unsigned)first);
    if (first <= base_index(registration))
        say(checker, service, REGISTRATION_WARNING,
            "names %u to %u lie in the system's own range, up to %u", (unsigned)first,
            (unsigned)last, (unsigned)base_index(registration));
    if (registration->has_last_counter && last > registration->last_counter)
        say(checker, service, REGISTRATION_ERROR,
            "Last Counter %u is above Perflib's Last Counter %u: the next installation will use "
            "the same indices again",
            (unsigned)last, (unsigned)registration->last_counter);
}

/* For each service one whose names overlap with its own. One walk in the order of first counters:
   a service overlaps with an earlier one if it does with the one that reaches farthest. */
static void find_rivals(const struct checker *checker)
{
    const struct service *services = checker->registration->services, *farthest = NULL;

    for (size_t i = 0; i < checker->by_index_count; i++) {
        const struct service *service = checker->by_index[i];
        if (farthest && service->first_counter <= farthest->last_counter) {
            checker->rivals[service - services] = farthest;
            if (!checker->rivals[farthest - services])
                checker->rivals[farthest - services] = service;
        }
        if (!farthest || service->last_counter > farthest->last_counter)
            farthest = service;
    }
}

static void check_overlap(const struct checker *checker, const struct service *service)
{
    const struct service *other = checker->rivals[service - checker->registration->services];

    if (other)
        say(checker, service, REGISTRATION_ERROR,
            "names %u to %u overlap with those of \"%s\", %u to %u: reinstall one of them",
            (unsigned)service->first_counter, (unsigned)service->last_counter, other->name,
            (unsigned)other->first_counter, (unsigned)other->last_counter);
}

static void check_object_list(const struct checker *checker, const struct service *service)
{
    for (size_t i = 0, said = 0; i < service->object_list_count && said < MOST_REMARKS_OF_A_KIND;
         i++) {
        uint32_t index = service->object_list[i];
        if (index % 2)
            say(checker, service, REGISTRATION_ERROR,
                "Object List has %u, which is odd: objects have even indices", (unsigned)index);
        else if (index < service->first_counter || index > service->last_counter)
            say(checker, service, REGISTRATION_WARNING,
                "Object List has %u, which is not among its own indices %u to %u", (unsigned)index,
                (unsigned)service->first_counter, (unsigned)service->last_counter);
        else
            continue;
        said++;
    }
}

/* English texts with an index in [first, last], and the first index that has none, or 0. */
static size_t count_texts(const struct name_table *names, enum name_table_kind kind, uint32_t first,
                          uint32_t last, uint32_t *missing)
{
    const struct name_table_entry *entry = name_table_next(names, PERF_ENGLISH, kind, first);
    uint64_t expected = first;
    size_t found = 0;

    for (; entry && entry->index <= last; entry = name_table_after(names, entry)) {
        found++;
        if (entry->index > expected)
            break;
        expected = (uint64_t)entry->index + 2;
    }
    *missing = expected <= last ? (uint32_t)expected : 0;
    return found;
}

static void check_texts(const struct checker *checker, const struct service *service)
{
    const struct name_table *names = &checker->registration->names;
    uint32_t missing;
    size_t found = count_texts(names, NAME_TABLE_COUNTER, service->first_counter,
                               service->last_counter, &missing);

    if (!name_table_has_language(names, PERF_ENGLISH)) {
        say(checker, service, REGISTRATION_WARNING,
            "no names: the registration has no English name table (Perflib\\009)");
        return;
    }
    if (!found)
        say(checker, service, REGISTRATION_WARNING,
            "none of the indices %u to %u has a name in Perflib\\009: reinstall it",
            (unsigned)service->first_counter, (unsigned)service->last_counter);
    else if (missing)
        say(checker, service, REGISTRATION_WARNING,
            "some indices have no name in Perflib\\009, the first of them %u", (unsigned)missing);
    found = count_texts(names, NAME_TABLE_HELP, service->first_help, service->last_help, &missing);
    if (found && missing)
        say(checker, service, REGISTRATION_NOTE,
            "some indices have no help text in Perflib\\009, the first of them %u",
            (unsigned)missing);
}

/* Names that no service claims: both are in the order of indices, so one walk will do. */
static void check_orphans(const struct checker *checker)
{
    const struct registration *registration = checker->registration;
    const struct name_table *names = &registration->names;
    uint32_t first = 0, last = 0, count = 0, highest = 0;
    uint32_t reach = base_index(registration); /* indices up to it have an owner */
    size_t next = 0;

    for (const struct name_table_entry *entry =
             name_table_next(names, PERF_ENGLISH, NAME_TABLE_COUNTER, 0);
         entry; entry = name_table_after(names, entry)) {
        highest = entry->index;
        for (; next < checker->by_index_count &&
               checker->by_index[next]->first_counter <= entry->index;
             next++)
            if (checker->by_index[next]->last_counter > reach)
                reach = checker->by_index[next]->last_counter;
        if (entry->index <= reach)
            continue;
        first = count++ ? first : entry->index;
        last = entry->index;
    }
    if (count)
        say(checker, NULL, REGISTRATION_WARNING,
            "%u name%s between %u and %u belong%s to no service: its service was removed without "
            "uninstall",
            (unsigned)count, count == 1 ? "" : "s", (unsigned)first, (unsigned)last,
            count == 1 ? "s" : "");
    if (registration->has_last_counter && highest > registration->last_counter)
        say(checker, NULL, REGISTRATION_ERROR,
            "Perflib's Last Counter is %u, but there are names up to %u: raise it, or the next "
            "installation will use the same indices again",
            (unsigned)registration->last_counter, (unsigned)highest);
}

static void check_parity(const struct checker *checker)
{
    const struct name_table *names = &checker->registration->names;
    size_t wrong_names = 0, wrong_help = 0, doubled = 0;
    uint32_t wrong_name = 0, wrong_help_index = 0, doubled_index = 0;

    for (size_t i = 0; i < names->count; i++) {
        const struct name_table_entry *entry = &names->entries[i];
        const struct name_table_entry *before = i > 0 ? entry - 1 : NULL;
        /* Index 1 of the names is the table's own: the last index of the system's counters. */
        if (entry->kind == NAME_TABLE_COUNTER && entry->index % 2 && entry->index != 1 &&
            !wrong_names++)
            wrong_name = entry->index;
        if (entry->kind == NAME_TABLE_HELP && entry->index % 2 == 0 && !wrong_help++)
            wrong_help_index = entry->index;
        if (before && before->language == entry->language && before->kind == entry->kind &&
            before->index == entry->index && !doubled++)
            doubled_index = entry->index;
    }
    if (wrong_names)
        say(checker, NULL, REGISTRATION_ERROR,
            "%zu name(s) with an odd index, the first of them %u: names have even indices",
            wrong_names, (unsigned)wrong_name);
    if (wrong_help)
        say(checker, NULL, REGISTRATION_ERROR,
            "%zu help text(s) with an even index, the first of them %u: help has odd indices",
            wrong_help, (unsigned)wrong_help_index);
    if (doubled)
        say(checker, NULL, REGISTRATION_ERROR,
            "%zu index(es) twice in a name table, the first of them %u: readers differ in which "
            "text they take",
            doubled, (unsigned)doubled_index);
}

static void check_perflib(const struct checker *checker)
{
    const struct registration *registration = checker->registration;

    if (registration->problem)
        say(checker, NULL, REGISTRATION_ERROR, "%s", registration->problem);
    if (registration->disabled)
        say(checker, NULL, REGISTRATION_NOTE,
            "all providers are disabled: Perflib's Disable Performance Counters is %u",
            (unsigned)registration->disabled);
    if (registration->has_last_counter && registration->last_counter % 2)
        say(checker, NULL, REGISTRATION_ERROR, "Perflib's Last Counter %u must be even",
            (unsigned)registration->last_counter);
    if (registration->has_last_counter && registration->last_help != registration->last_counter + 1)
        say(checker, NULL, REGISTRATION_WARNING,
            "Perflib's Last Help %u is not Last Counter %u + 1", (unsigned)registration->last_help,
            (unsigned)registration->last_counter);
    check_parity(checker);
    check_orphans(checker);
}

static int compare_first(const void *left, const void *right)
{
    const struct service *a = *(const struct service *const *)left;
    const struct service *b = *(const struct service *const *)right;

    if (a->first_counter != b->first_counter)
        return a->first_counter < b->first_counter ? -1 : 1;
    return a < b ? -1 : 1;
}

DWORD registration_check(const struct registration *registration, registration_report report,
                         void *context)
{
    struct checker checker = { .registration = registration, .report = report, .context = context };

    checker.by_index = calloc(registration->service_count + 1, sizeof(*checker.by_index));
    checker.rivals = calloc(registration->service_count + 1, sizeof(*checker.rivals));
    if (!checker.by_index || !checker.rivals) {
        free(checker.by_index);
        free(checker.rivals);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (size_t i = 0; i < registration->service_count; i++)
        if (has_sane_indices(&registration->services[i]))
            checker.by_index[checker.by_index_count++] = &registration->services[i];
    qsort(checker.by_index, checker.by_index_count, sizeof(*checker.by_index), compare_first);
    find_rivals(&checker);

    check_perflib(&checker);
    for (size_t i = 0; i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];
        check_state(&checker, service);
        check_indices(&checker, service);
        if (!has_sane_indices(service))
            continue;
        check_overlap(&checker, service);
        check_object_list(&checker, service);
        check_texts(&checker, service);
    }
    free(checker.by_index);
    free(checker.rivals);
    return ERROR_SUCCESS;
}
