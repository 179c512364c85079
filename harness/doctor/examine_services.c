/* SPDX-License-Identifier: MIT
 *
 * Examines what a service's Performance key says besides its range: switches, library, procedures,
 * Object List.
 */
#include "examination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registration_read.h"
#include "text.h"

#define OFF 1u
#define OFF_32_BIT 2u
#define OFF_64_BIT 4u

static size_t add(struct examination *examination, enum doctor_fault_id fault,
                  const struct machine_service *service, const char *value, const char *detail)
{
    return diagnosis_add(examination->diagnosis,
                         &(struct diagnosis_finding){ .fault = fault,
                                                      .service = service->name,
                                                      .key = examination_key(examination, service),
                                                      .value = value,
                                                      .caused_by = DIAGNOSIS_NONE,
                                                      .detail = detail });
}

/* A name without what says its bitness: "ASP.NET_64_2.0" and "ASP.NET_2.0" are twins. */
static void twin_name(const char *name, char *result, size_t size)
{
    size_t length = 0;

    while (*name && length + 1 < size) {
        size_t skip = (*name == '_' || *name == ' ') ? 1 : 0;
        if (strncmp(name + skip, "64", 2) == 0 || strncmp(name + skip, "32", 2) == 0)
            name += skip + 2;
        else
            result[length++] = text8_lower(*name++);
    }
    result[length] = 0;
}

/* Services that are off for one bitness, by the name that they share with their twin. */
struct half {
    char name[200];
    uint32_t mask;
    const struct machine_service *service;
};

static int compare_halves(const void *left, const void *right)
{
    const struct half *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    return a->mask < b->mask ? -1 : a->mask > b->mask;
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
        diagnosis, repair, examination_key(examination, service),
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
    remove_switch(examination, half->service, finding, false);
}

static void examine_halves(struct examination *examination)
{
    const struct machine *machine = examination->machine;
    struct half *halves = calloc(machine->service_count + 1, sizeof(*halves));
    size_t count = 0;

    if (!halves) {
        examination->diagnosis->is_lost = true;
        return;
    }
    for (size_t i = 0; i < machine->service_count; i++) {
        const struct machine_value *value = &machine->services[i].values[MACHINE_SERVICE_DISABLED];
        if (!value->is_number || (value->number != OFF_32_BIT && value->number != OFF_64_BIT))
            continue;
        halves[count].service = &machine->services[i];
        halves[count].mask = value->number;
        twin_name(machine->services[i].name, halves[count].name, sizeof(halves[count].name));
        count++;
    }
    if (count)
        qsort(halves, count, sizeof(*halves), compare_halves);
    for (size_t i = 0; i < count;) {
        bool is_pair = i + 1 < count && strcmp(halves[i].name, halves[i + 1].name) == 0 &&
                       halves[i].mask != halves[i + 1].mask;
        for (size_t k = 0; k <= is_pair; k++)
            if (is_pair)
                add(examination, FAULT_disabled_pair, halves[i + k].service,
                    machine_service_names[MACHINE_SERVICE_DISABLED], "");
            else
                report_half(examination, &halves[i]);
        i += 1 + is_pair;
    }
    free(halves);
}

static bool is_misspelt_switch(const char *name)
{
    static const char right[] = "disableperformancecounters";
    size_t at = 0;

    if (text8_equal_ignore_case(name, machine_service_names[MACHINE_SERVICE_DISABLED]))
        return false;
    for (; *name; name++) {
        if (*name == ' ' || *name == '_' || *name == '-')
            continue;
        if (text8_lower(*name) != right[at])
            return false;
        at++;
    }
    return at == sizeof(right) - 1;
}

static void ignore_switch(struct examination *examination, const struct machine_service *service,
                          const struct reg_value *value, const char *detail)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    size_t finding = add(examination, FAULT_disable_ignored, service, value->node.name, detail);
    size_t repair = diagnosis_add_repair(
        diagnosis, finding, true,
        text_pool_format(&diagnosis->pool, "remove-switch-%.200s", service->name),
        "delete the value that Windows ignores");

    diagnosis_change_remove(diagnosis, repair, examination_key(examination, service), value,
                            "removes a value that Windows ignores");
}

static void examine_switch(struct examination *examination, const struct machine_service *service)
{
    const struct machine_value *value = &service->values[MACHINE_SERVICE_DISABLED];

    for (const struct reg_value *other = service->performance->first_value; other;
         other = other->next)
        if (is_misspelt_switch(other->node.name))
            ignore_switch(examination, service, other, "its name must have two blanks");
    if (!value->value || (value->is_number && !value->number))
        return;
    if (!value->is_number) {
        ignore_switch(examination, service, value->value, "it is not a REG_DWORD");
    } else if (value->number & OFF ||
               (value->number & (OFF_32_BIT | OFF_64_BIT)) == (OFF_32_BIT | OFF_64_BIT)) {
        size_t finding = add(examination, FAULT_service_disabled, service,
                             machine_service_names[MACHINE_SERVICE_DISABLED], "");
        if (finding != DIAGNOSIS_NONE)
            examination->diagnosis->findings[finding].actual = diagnosis_number(value->number);
        remove_switch(examination, service, finding, false);
    } else if (value->number != OFF_32_BIT && value->number != OFF_64_BIT) {
        ignore_switch(examination, service, value->value, "only 0, 1, 2 and 4 mean something");
    }
}

/* A library or a procedure: text that is not empty. */
static bool is_text(const struct machine_value *value)
{
    const struct reg_value *data = value->value;

    return data && (data->type == REG_SZ || data->type == REG_EXPAND_SZ) &&
           data->size >= sizeof(WCHAR) && (data->data[0] || data->data[1]);
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
        add(examination, FAULT_library_missing, service,
            machine_service_names[MACHINE_SERVICE_LIBRARY],
            values[MACHINE_SERVICE_LIBRARY].value ? "it is empty or not a text" : "it is missing");
    for (size_t i = MACHINE_SERVICE_OPEN; i <= MACHINE_SERVICE_CLOSE; i++)
        if (!is_text(&values[i]))
            add(examination, FAULT_procedure_missing, service, machine_service_names[i],
                text_pool_format(pool, "%s is %s", machine_service_names[i],
                                 values[i].value ? "empty or not a text" : "missing"));
}

static void probe_library(struct examination *examination, const struct machine_service *service)
{
    static const enum doctor_fault_id found[] = {
        [DOCTOR_LIBRARY_GONE] = FAULT_library_gone,
        [DOCTOR_LIBRARY_OTHER_BITNESS] = FAULT_library_bitness,
        [DOCTOR_LIBRARY_LACKS_EXPORT] = FAULT_export_missing,
    };
    char detail[1024] = "";

    if (!examination->options->probe || !is_text(&service->values[MACHINE_SERVICE_LIBRARY]) ||
        !service->values[MACHINE_SERVICE_LIBRARY].input->is_system)
        return;
    enum doctor_library state = examination->options->probe(examination->options->probe_context,
                                                            service, detail, sizeof(detail));
    if (state != DOCTOR_LIBRARY_UNKNOWN && state != DOCTOR_LIBRARY_FINE)
        add(examination, found[state], service, machine_service_names[MACHINE_SERVICE_LIBRARY],
            text_pool_format(&examination->diagnosis->pool, "%s", detail));
}

static void examine_object_list(struct examination *examination,
                                const struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    struct diagnosis *diagnosis = examination->diagnosis;
    uint32_t outside = 0;
    size_t count = 0;

    if (service->is_object_list_bad) {
        add(examination, FAULT_value_malformed, service,
            machine_service_names[MACHINE_SERVICE_OBJECT_LIST],
            "Object List must be text: decimal numbers between blanks");
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
    size_t finding = add(
        examination, FAULT_object_list, service, machine_service_names[MACHINE_SERVICE_OBJECT_LIST],
        text_pool_format(&diagnosis->pool, "%u is not an even index from %u to %u",
                         (unsigned)outside, (unsigned)service->first, (unsigned)service->last));
    if (finding == DIAGNOSIS_NONE)
        return;
    diagnosis->findings[finding].actual = diagnosis_number(outside);
    diagnosis->findings[finding].caused_by = examined->finding;
    if (examined->finding != DIAGNOSIS_NONE)
        return; /* the list may be right and the range wrong */
    size_t repair = diagnosis_add_repair(
        diagnosis, finding, false,
        text_pool_format(&diagnosis->pool, "object-list-%.200s", service->name),
        "delete Object List, so that the library is called for every query");
    diagnosis_change_remove(diagnosis, repair, examination_key(examination, service),
                            service->values[MACHINE_SERVICE_OBJECT_LIST].value,
                            "without a list Windows calls the library for every query, so each of "
                            "its objects answers again");
}

static void examine_numbers(struct examination *examination, const struct machine_service *service)
{
    static const char *const names[] = { "Open Timeout", "Collect Timeout",
                                         "Collect Supports Metadata" };

    for (const struct reg_value *value = service->performance->first_value; value;
         value = value->next)
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
            uint32_t number;
            if (text8_equal_ignore_case(value->node.name, names[i]) &&
                !registration_parse_dword(value, &number))
                add(examination, FAULT_value_malformed, service, names[i],
                    text_pool_format(&examination->diagnosis->pool,
                                     "it is not a REG_DWORD (type %u)", (unsigned)value->type));
        }
}

/* Services of Windows that some readers need. RemoteRegistry is off by default. */
static void examine_helpers(struct examination *examination)
{
    static const char *const names[] = { "PerfHost", "pla", "wmiApSrv" };
    const uint32_t off = 4;

    for (size_t i = 0; i < examination->machine->input_count; i++)
        for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
            const struct machine_input *input = examination->machine->ranked[i];
            const char *key =
                text_pool_format(&examination->diagnosis->pool, "%s\\%s", REG_SERVICES, names[k]);
            const struct reg_value *value = machine_value_in(input, key, "Start");
            uint32_t number;
            if (value && registration_parse_dword(value, &number) && number == off)
                diagnosis_add(examination->diagnosis,
                              &(struct diagnosis_finding){ .fault = FAULT_helper_off,
                                                           .service = names[k],
                                                           .key = key,
                                                           .value = "Start",
                                                           .actual = diagnosis_number(off),
                                                           .expected = diagnosis_number(3),
                                                           .caused_by = DIAGNOSIS_NONE,
                                                           .detail = "" });
        }
}

/* ---- names that WMI cannot distinguish ----------------------------------------------------- */

static bool has_brackets(const struct machine_name *name)
{
    for (size_t i = 0; i < name->length; i++)
        if (name->text[i] == '<' || name->text[i] == '>')
            return true;
    return false;
}

static bool is_same_without_brackets(const struct machine_name *left,
                                     const struct machine_name *right)
{
    size_t i = 0, k = 0;

    for (;;) {
        while (i < left->length && (left->text[i] == '<' || left->text[i] == '>'))
            i++;
        while (k < right->length && (right->text[k] == '<' || right->text[k] == '>'))
            k++;
        if (i == left->length || k == right->length)
            return i == left->length && k == right->length;
        if (left->text[i++] != right->text[k++])
            return false;
    }
}

static void examine_brackets(struct examination *examination, const struct machine_service *service)
{
    const struct machine_table *names = &examination->names->table;
    size_t from = machine_table_from(names, service->first);
    size_t to = machine_table_from(names, service->last + 1);

    for (size_t i = from; i < to; i++) {
        if (!has_brackets(&names->names[i]))
            continue;
        if (examination->comparisons_left < to - from)
            return;
        examination->comparisons_left -= to - from;
        for (size_t k = from; k < to; k++)
            if (k != i && (k > i || !has_brackets(&names->names[k])) &&
                is_same_without_brackets(&names->names[i], &names->names[k]) &&
                (names->names[i].length != names->names[k].length ||
                 memcmp(names->names[i].text, names->names[k].text,
                        names->names[i].length * sizeof(WCHAR)) != 0)) {
                add(examination, FAULT_name_ambiguous, service, NULL,
                    text_pool_format(&examination->diagnosis->pool, "names %u and %u",
                                     (unsigned)names->names[i].index,
                                     (unsigned)names->names[k].index));
                return;
            }
    }
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
        examine_numbers(examination, service);
        if (examined->is_trusted && examination->names_are_believed)
            examine_brackets(examination, service);
    }
    examine_halves(examination);
    examine_helpers(examination);
}
