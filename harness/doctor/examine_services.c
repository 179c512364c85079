/* SPDX-License-Identifier: MIT
 *
 * Examines the other values of a service's Performance key: switches, library, procedures,
 * Object List.
 */
#include "examination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registration.h"
#include "text.h"

/* Bits of Disable Performance Counters. */
#define OFF 1u
#define OFF_32_BIT 2u
#define OFF_64_BIT 4u

static size_t add(struct examination *examination, enum doctor_fault_id fault,
                  const struct machine_service *service, const char *value, const char *detail)
{
    return diagnosis_add(
        examination->diagnosis,
        &(struct diagnosis_finding){ .fault = fault,
                                     .service = service->name,
                                     .key = examine_claims_key(examination, service),
                                     .value = value,
                                     .caused_by = DIAGNOSIS_NONE,
                                     .detail = detail });
}

static size_t add_value(struct examination *examination, enum doctor_fault_id fault,
                        const struct machine_service *service, const char *name,
                        const struct reg_value *value, const char *detail)
{
    size_t finding = add(examination, fault, service, name, detail);

    if (finding != DIAGNOSIS_NONE)
        examination->diagnosis->findings[finding].actual =
            diagnosis_value(examination->diagnosis, value);
    return finding;
}

/* Find services that are off for one bitness only, by the name that both twins share. */
struct half {
    const char *name;
    uint32_t mask;
    const struct machine_service *service;
};

/* Remove the bitness from a name: "ASP.NET_64_2.0" and "ASP.NET_2.0" are twins. NULL if memory ran out. */
static const char *twin_name(struct text_pool *pool, const char *name)
{
    char *result = text_pool_allocate(pool, strlen(name) + 1);
    size_t length = 0;

    while (result && *name) {
        size_t skip = (*name == '_' || *name == ' ') ? 1 : 0;
        if (strncmp(name + skip, "64", 2) == 0 || strncmp(name + skip, "32", 2) == 0)
            name += skip + 2;
        else
            result[length++] = text_utf8_lower(*name++);
    }
    return result;
}

static int compare_halves(const void *left, const void *right)
{
    const struct half *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    return a->service < b->service ? -1 : 1;
}

static void remove_switch(struct examination *examination, const struct machine_service *service,
                          size_t finding, bool is_optional)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    size_t repair =
        diagnosis_add_repair(diagnosis, finding, is_optional,
                             text_pool_format(&diagnosis->pool, "enable-%.200s", service->name),
                             text_pool_format(&diagnosis->pool, "switch %.200s on", service->name));

    diagnosis_change_remove(
        diagnosis, repair, examine_claims_key(examination, service),
        service->values[MACHINE_SERVICE_DISABLED].value,
        "switches the service on, as lodctr /e does; readers must be restarted");
}

static void report_half(struct examination *examination, const struct half *half)
{
    size_t finding = add(examination, FAULT_half_disabled, half->service,
                         machine_service_names[MACHINE_SERVICE_DISABLED],
                         half->mask == OFF_32_BIT ? "2 switches it off for 32-bit readers"
                                                  : "4 switches it off for 64-bit readers");

    if (finding == DIAGNOSIS_NONE)
        return;
    examination->diagnosis->findings[finding].actual = diagnosis_number(half->mask);
    examination->diagnosis->findings[finding].expected = diagnosis_absent();
    remove_switch(examination, half->service, finding, false);
}

static void report_halves(struct examination *examination, const struct half *halves, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        uint32_t masks = 0;
        for (end = i; end < count && strcmp(halves[end].name, halves[i].name) == 0; end++)
            masks |= halves[end].mask;
        for (; i < end; i++)
            if (masks == (OFF_32_BIT | OFF_64_BIT))
                add(examination, FAULT_disabled_pair, halves[i].service,
                    machine_service_names[MACHINE_SERVICE_DISABLED], "");
            else
                report_half(examination, &halves[i]);
    }
}

static void examine_halves(struct examination *examination)
{
    const struct machine *machine = examination->machine;
    struct half *halves = calloc(machine->service_count + 1, sizeof(*halves));
    size_t count = 0;
    bool is_lost = !halves;

    for (size_t i = 0; i < machine->service_count && !is_lost; i++) {
        const struct machine_value *value = &machine->services[i].values[MACHINE_SERVICE_DISABLED];
        if (value->number != OFF_32_BIT && value->number != OFF_64_BIT)
            continue;
        halves[count] =
            (struct half){ twin_name(&examination->diagnosis->pool, machine->services[i].name),
                           value->number, &machine->services[i] };
        is_lost = !halves[count++].name;
    }
    if (is_lost) {
        examination->diagnosis->is_lost = true;
    } else {
        qsort(halves, count, sizeof(*halves), compare_halves);
        report_halves(examination, halves, count);
    }
    free(halves);
}

bool examine_services_is_misspelt_switch(const char *name)
{
    static const char right[] = "disableperformancecounters";
    size_t at = 0;

    if (text_utf8_equal_ignore_case(name, machine_service_names[MACHINE_SERVICE_DISABLED]))
        return false;
    for (; *name; name++) {
        if (*name == ' ' || *name == '_' || *name == '-')
            continue;
        if (text_utf8_lower(*name) != right[at])
            return false;
        at++;
    }
    return at == sizeof(right) - 1;
}

static void ignore_switch(struct examination *examination, const struct machine_service *service,
                          const struct reg_value *value, const char *detail)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    size_t finding =
        add_value(examination, FAULT_disable_ignored, service, value->node.name, value, detail);
    size_t repair = diagnosis_add_repair(
        diagnosis, finding, true,
        text_pool_format(&diagnosis->pool, "remove-switch-%.200s", service->name),
        "delete the value that Windows ignores");

    diagnosis_change_remove(diagnosis, repair, examine_claims_key(examination, service), value,
                            "removes a value that Windows ignores");
}

static void examine_switch(struct examination *examination, const struct machine_service *service)
{
    const struct machine_value *value = &service->values[MACHINE_SERVICE_DISABLED];

    for (const struct reg_value *other = service->performance->first_value; other;
         other = other->next)
        if (examine_services_is_misspelt_switch(other->node.name))
            ignore_switch(examination, service, other, "its name must have two blanks");
    if (!value->value || (value->is_number && !value->number))
        return;
    if (!value->is_number) {
        ignore_switch(examination, service, value->value, "it is not a REG_DWORD");
    } else if (value->number & OFF ||
               (value->number & (OFF_32_BIT | OFF_64_BIT)) == (OFF_32_BIT | OFF_64_BIT)) {
        size_t finding =
            add_value(examination, FAULT_service_disabled, service,
                      machine_service_names[MACHINE_SERVICE_DISABLED], value->value, "");
        if (finding != DIAGNOSIS_NONE)
            examination->diagnosis->findings[finding].expected = diagnosis_absent();
        remove_switch(examination, service, finding, false);
    } else if (value->number != OFF_32_BIT && value->number != OFF_64_BIT) {
        ignore_switch(examination, service, value->value, "only 0, 1, 2 and 4 mean something");
    }
}

/* Examine the name of a library or a procedure: it must be a text that is not empty. */
static bool is_text(const struct machine_value *value)
{
    const struct reg_value *data = value->value;

    const WCHAR *units = (const WCHAR *)(const void *)(data ? data->data : NULL);
    size_t at = 0, length = data ? data->size / sizeof(WCHAR) : 0;

    while (at < length && units[at] == ' ')
        at++;
    return at < length && units[at] && (data->type == REG_SZ || data->type == REG_EXPAND_SZ);
}

/* Why a value that is a text, and not empty, cannot be read; NULL: it can. */
static const char *text_fault(const struct machine_value *value)
{
    const struct reg_value *data = value->value;
    const WCHAR *units = (const WCHAR *)(const void *)data->data;
    size_t length = data->size / sizeof(WCHAR);

    if (data->size % sizeof(WCHAR))
        return "it has an odd number of bytes, which no text has";
    while (!units[length - 1])
        length--;
    return !text_is_valid(units, length) ? "it holds a zero or half a character" : NULL;
}

static bool has_any(const struct machine_service *service, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++)
        if (service->values[i].value)
            return true;
    return false;
}

static void examine_library(struct examination *examination, const struct machine_service *service)
{
    const struct machine_value *values = service->values;
    struct text_pool *pool = &examination->diagnosis->pool;

    /* A key that names nothing belongs to no provider. */
    if (!service->is_complete ||
        (!has_any(service, MACHINE_SERVICE_LIBRARY, MACHINE_SERVICE_CLOSE) &&
         !has_any(service, MACHINE_SERVICE_FIRST_COUNTER, MACHINE_SERVICE_LAST_HELP)))
        return;
    if (!is_text(&values[MACHINE_SERVICE_LIBRARY]))
        add_value(
            examination, FAULT_library_missing, service,
            machine_service_names[MACHINE_SERVICE_LIBRARY], values[MACHINE_SERVICE_LIBRARY].value,
            values[MACHINE_SERVICE_LIBRARY].value ? "it is empty or not a text" : "it is missing");
    for (size_t i = MACHINE_SERVICE_OPEN; i <= MACHINE_SERVICE_CLOSE; i++)
        if (!is_text(&values[i]))
            add_value(examination, FAULT_procedure_missing, service, machine_service_names[i],
                      values[i].value,
                      text_pool_format(pool, "%s is %s", machine_service_names[i],
                                       values[i].value ? "empty or not a text" : "missing"));
    for (size_t i = MACHINE_SERVICE_LIBRARY; i <= MACHINE_SERVICE_CLOSE; i++)
        if (is_text(&values[i]) && text_fault(&values[i]))
            add_value(examination, FAULT_value_malformed, service, machine_service_names[i],
                      values[i].value, text_fault(&values[i]));
}

static void probe_library(struct examination *examination, const struct machine_service *service)
{
    static const enum doctor_fault_id found[] = {
        [DOCTOR_LIBRARY_GONE] = FAULT_library_gone,
        [DOCTOR_LIBRARY_OTHER_BITNESS] = FAULT_library_bitness,
        [DOCTOR_LIBRARY_LACKS_EXPORT] = FAULT_export_missing,
        [DOCTOR_LIBRARY_UNTRUSTED] = FAULT_library_untrusted,
    };
    char detail[1024] = "";

    if (!examination->options->probe || !is_text(&service->values[MACHINE_SERVICE_LIBRARY]) ||
        !service->values[MACHINE_SERVICE_LIBRARY].input->is_system)
        return;
    enum doctor_library state = examination->options->probe(examination->options->probe_context,
                                                            service, detail, sizeof(detail));
    if (state != DOCTOR_LIBRARY_UNKNOWN && state != DOCTOR_LIBRARY_FINE)
        add_value(examination, found[state], service,
                  machine_service_names[MACHINE_SERVICE_LIBRARY],
                  service->values[MACHINE_SERVICE_LIBRARY].value,
                  text_pool_format(&examination->diagnosis->pool, "%s", detail));
}

static void examine_object_list(struct examination *examination,
                                const struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    struct diagnosis *diagnosis = examination->diagnosis;
    uint32_t outside = 0;
    size_t count = 0;

    const struct machine_value *list = &service->values[MACHINE_SERVICE_OBJECT_LIST];

    if (service->is_object_list_bad || (list->value && !service->object_count)) {
        add_value(examination, FAULT_value_malformed, service,
                  machine_service_names[MACHINE_SERVICE_OBJECT_LIST], list->value,
                  service->is_object_list_bad
                      ? "Object List must be text: decimal numbers between blanks"
                      : "Object List is empty: remove it, or name the objects");
        return;
    }
    if (service->range != RANGE_SANE)
        return;
    for (size_t i = 0; i < service->object_count; i++)
        if ((service->objects[i] < service->first || service->objects[i] > service->last ||
             service->objects[i] % 2) &&
            !count++)
            outside = service->objects[i];
    if (!count)
        return;
    const struct name_range *other =
        name_ranges_overlap(&examination->ranges, outside, outside, service);
    size_t finding = add(
        examination, FAULT_object_list, service, machine_service_names[MACHINE_SERVICE_OBJECT_LIST],
        text_pool_format(&diagnosis->pool, "%u is not an even index from %u to %u%s%.200s%s",
                         (unsigned)outside, (unsigned)service->first, (unsigned)service->last,
                         other ? "; it is one of " : "", other ? other->service->name : "",
                         other ? ", so the numbers of one of them may be wrong" : ""));
    if (finding == DIAGNOSIS_NONE)
        return;
    diagnosis->findings[finding].actual = diagnosis_value(diagnosis, list->value);
    diagnosis->findings[finding].caused_by = examined->finding;
    if (examined->finding != DIAGNOSIS_NONE)
        return; /* the list may be right and the range wrong */
    size_t repair = diagnosis_add_repair(
        diagnosis, finding, other != NULL,
        text_pool_format(&diagnosis->pool, "object-list-%.200s", service->name),
        "delete Object List, so that the library is called for every query");
    diagnosis_change_remove(diagnosis, repair, examine_claims_key(examination, service),
                            service->values[MACHINE_SERVICE_OBJECT_LIST].value,
                            "without a list Windows calls the library for every query, so each of "
                            "its objects answers again");
}

/* Report values that are not numbers, or not of the type that they must have. */
static void examine_types(struct examination *examination, const struct machine_service *service)
{
    static const struct {
        const char *name;
        uint32_t type;
        const char *type_name;
    } types[] = {
        { "Open Timeout", REG_DWORD, "REG_DWORD" },
        { "Collect Timeout", REG_DWORD, "REG_DWORD" },
        { "Close Timeout", REG_DWORD, "REG_DWORD" },
        { "Collect Supports Metadata", REG_DWORD, "REG_DWORD" },
        { "Library Validation Code", REG_BINARY, "REG_BINARY" },
    };

    for (const struct reg_value *value = service->performance->first_value; value;
         value = value->next)
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
            if (text_utf8_equal_ignore_case(value->node.name, types[i].name) &&
                (value->type != types[i].type || (value->type == REG_DWORD && value->size != 4)))
                add_value(examination, FAULT_value_malformed, service, types[i].name, value,
                          text_pool_format(&examination->diagnosis->pool,
                                           "it is not a %s (type %u, %zu bytes)",
                                           types[i].type_name, (unsigned)value->type, value->size));
}

/* Linkage\Export, which Open receives. */
static void examine_linkage(struct examination *examination, const struct machine_service *service)
{
    const struct reg_key *linkage = service->performance->node.parent->first_child;
    const struct reg_value *value = NULL;

    while (linkage && !text_utf8_equal_ignore_case(linkage->node.name, "Linkage"))
        linkage = linkage->next;
    for (value = linkage ? linkage->first_value : NULL;
         value && !text_utf8_equal_ignore_case(value->node.name, "Export");)
        value = value->next;
    if (!value || (value->type == REG_MULTI_SZ && value->size % sizeof(WCHAR) == 0))
        return;
    size_t finding =
        add_value(examination, FAULT_value_malformed, service, "Export", value,
                  text_pool_format(&examination->diagnosis->pool,
                                   "Linkage\\Export is not a REG_MULTI_SZ (type %u, %zu bytes)",
                                   (unsigned)value->type, value->size));
    if (finding != DIAGNOSIS_NONE)
        examination->diagnosis->findings[finding].key = text_pool_format(
            &examination->diagnosis->pool, "%s\\%.900s\\Linkage", REG_SERVICES, service->name);
}

/* Examine a service of Windows that some readers need. RemoteRegistry is off by default. An administrator
   may have switched a service off on purpose, so the repair is optional. */
static void examine_helper(struct examination *examination, const char *name)
{
    const uint32_t off = 4, manual = 3;
    struct diagnosis *diagnosis = examination->diagnosis;
    const char *key = text_pool_format(&diagnosis->pool, "%s\\%s", REG_SERVICES, name);
    const struct reg_value *value = NULL;
    uint32_t number = 0;

    for (size_t i = 0; i < examination->machine->input_count && !value; i++)
        value = machine_value_in(examination->machine->ranked[i], key, "Start");
    if (value)
        registration_parse_dword(value, &number); /* unchanged if it is not one */
    if (number != off)
        return;
    size_t finding =
        diagnosis_add(diagnosis, &(struct diagnosis_finding){ .fault = FAULT_helper_off,
                                                              .service = name,
                                                              .key = key,
                                                              .value = "Start",
                                                              .actual = diagnosis_number(off),
                                                              .expected = diagnosis_number(manual),
                                                              .caused_by = DIAGNOSIS_NONE,
                                                              .detail = "" });
    size_t repair = diagnosis_add_repair(diagnosis, finding, true,
                                         text_pool_format(&diagnosis->pool, "start-%s", name),
                                         "let Windows start it when it is needed");
    diagnosis_change_number(diagnosis, repair,
                            &(struct diagnosis_target){ key, value->node.name, value }, manual,
                            "lets Windows start the service when it is needed");
}

static void examine_helpers(struct examination *examination)
{
    static const char *const names[] = { "PerfHost", "pla", "wmiApSrv" };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        examine_helper(examination, names[i]);
}

/* ---- names that WMI cannot distinguish ----------------------------------------------------- */

/* Two names that differ only in brackets; NULL if no two do. */
struct name_pair {
    const struct machine_name *name, *other;
};

static bool is_bracket(WCHAR unit)
{
    return unit == '<' || unit == '>';
}

/* The next character that is not a bracket, plus one; 0 at the end. */
static uint32_t next_unit(const struct machine_name *name, size_t *at)
{
    while (*at < name->length && is_bracket(name->text[*at]))
        ++*at;
    return *at < name->length ? name->text[(*at)++] + 1u : 0;
}

static int compare_without_brackets(const struct machine_name *left,
                                    const struct machine_name *right)
{
    size_t i = 0, k = 0;

    for (;;) {
        const uint32_t a = next_unit(left, &i), b = next_unit(right, &k);
        if (a != b || !a)
            return (int)a - (int)b;
    }
}

static int compare_names(const void *left, const void *right)
{
    const struct machine_name *a = *(const struct machine_name *const *)left;
    const struct machine_name *b = *(const struct machine_name *const *)right;
    int order = compare_without_brackets(a, b);

    if (order)
        return order;
    return a < b ? -1 : 1;
}

static bool is_same_text(const struct machine_name *left, const struct machine_name *right)
{
    return left->length == right->length &&
           memcmp(left->text, right->text, left->length * sizeof(WCHAR)) == 0;
}

/* Fill `pairs`, which has one element more than the table: of all pairs that begin at a name or after it, the
   one that ends first. Names that are equal without brackets are neighbours when they are sorted. Of those
   with different texts between two indices, some neighbours differ. */
static void find_pairs(const struct machine_table *names, const struct machine_name **sorted,
                       struct name_pair *pairs)
{
    for (size_t i = 0; i < names->count; i++)
        sorted[i] = &names->names[i];
    qsort(sorted, names->count, sizeof(*sorted), compare_names);
    for (size_t i = 1; i < names->count; i++)
        if (compare_without_brackets(sorted[i - 1], sorted[i]) == 0 &&
            !is_same_text(sorted[i - 1], sorted[i]))
            pairs[sorted[i - 1] - names->names] = (struct name_pair){ sorted[i - 1], sorted[i] };
    for (size_t i = names->count; i-- > 0;)
        if (pairs[i + 1].name && (!pairs[i].name || pairs[i + 1].other < pairs[i].other))
            pairs[i] = pairs[i + 1];
}

static void report_pairs(struct examination *examination, const struct name_pair *pairs)
{
    for (size_t i = 0; i < examination->machine->service_count; i++) {
        const struct machine_service *service = examination->services[i].service;
        const struct name_pair *pair =
            &pairs[machine_table_from(&examination->names->table, service->first)];
        if (examination->services[i].is_trusted && pair->name &&
            pair->other->index <= service->last)
            add(examination, FAULT_name_ambiguous, service, NULL,
                text_pool_format(&examination->diagnosis->pool, "names %u and %u",
                                 (unsigned)pair->name->index, (unsigned)pair->other->index));
    }
}

/* Report each service that has such a pair of names. The time does not depend on how many names a service
   claims, because a thousand services may claim the same million. */
static void examine_brackets(struct examination *examination)
{
    const struct machine_table *names = &examination->names->table;
    const struct machine_name **sorted = calloc(names->count, sizeof(const struct machine_name *));
    struct name_pair *pairs = calloc(names->count + 1, sizeof(*pairs));

    if (sorted && pairs) {
        find_pairs(names, sorted, pairs);
        report_pairs(examination, pairs);
    } else {
        examination->diagnosis->is_lost = true;
    }
    free(sorted);
    free(pairs);
}

void examine_services(struct examination *examination)
{
    for (size_t i = 0; i < examination->machine->service_count; i++) {
        const struct examined_service *examined = &examination->services[i];
        const struct machine_service *service = examined->service;
        examine_switch(examination, service);
        examine_library(examination, service);
        probe_library(examination, service);
        examine_object_list(examination, examined);
        examine_types(examination, service);
        examine_linkage(examination, service);
    }
    if (examination->names_are_believed)
        examine_brackets(examination);
    examine_halves(examination);
    examine_helpers(examination);
}
