/* SPDX-License-Identifier: MIT
 *
 * Combines the inputs of one machine: see machine.h.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "perf_names.h"
#include "registration.h"
#include "text.h"

/* Windows has two tables for each language, and fewer than 200 languages. */
#define MOST_TABLES 512

const char *const machine_perflib_names[PERFLIB_VALUE_COUNT] = {
    [PERFLIB_BASE_INDEX] = "Base Index", [PERFLIB_LAST_COUNTER] = "Last Counter",
    [PERFLIB_LAST_HELP] = "Last Help",   [PERFLIB_DISABLED] = "Disable Performance Counters",
    [PERFLIB_UPDATING] = "Updating",
};

const char *const machine_service_names[MACHINE_SERVICE_VALUE_COUNT] = {
    [MACHINE_SERVICE_FIRST_COUNTER] = "First Counter",
    [MACHINE_SERVICE_LAST_COUNTER] = "Last Counter",
    [MACHINE_SERVICE_FIRST_HELP] = "First Help",
    [MACHINE_SERVICE_LAST_HELP] = "Last Help",
    [MACHINE_SERVICE_DISABLED] = "Disable Performance Counters",
    [MACHINE_SERVICE_LIBRARY] = "Library",
    [MACHINE_SERVICE_OPEN] = "Open",
    [MACHINE_SERVICE_COLLECT] = "Collect",
    [MACHINE_SERVICE_CLOSE] = "Close",
    [MACHINE_SERVICE_OBJECT_LIST] = "Object List",
};

/* Providers of the system's own objects: lodctr gives them no range. */
static const char *const base_services[] = { "PerfOS",   "PerfDisk", "PerfNet",
                                             "PerfProc", "Tcpip",    "Spooler" };

const struct reg_value *machine_value_in(const struct machine_input *input, const char *path,
                                         const char *name)
{
    return reg_tree_value(&input->tree, reg_tree_find(&input->tree, path), name);
}

static void take_value(struct machine_value *known, const struct machine_input *input,
                       const struct reg_key *key, const char *name)
{
    const struct reg_value *value = reg_tree_value(&input->tree, key, name);

    if (known->value || !value)
        return;
    known->value = value;
    known->input = input;
    known->is_number = registration_parse_dword(value, &known->number);
}

bool machine_may_have_service(const struct machine *machine, const char *name)
{
    for (size_t i = 0; i < machine->input_count; i++) {
        const struct machine_input *input = machine->ranked[i];
        const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
        const struct reg_key *service = reg_tree_child(&input->tree, services, name);
        if (input->kind == MACHINE_INPUT_REGISTRY && service &&
            (service->is_partial || reg_tree_child(&input->tree, service, "Performance")))
            return true;
    }
    return false;
}

bool machine_range_is_sane(uint32_t first, uint32_t last, uint32_t first_help, uint32_t last_help)
{
    return first > PERF_SYSTEM_LAST_INDEX && first <= last && last <= PERF_HIGHEST_INDEX &&
           first % 2 == 0 && last % 2 == 0 && first_help == first + 1 && last_help == last + 1;
}

/* Decimal numbers between blanks or zeros; at most one for each two characters. */
static bool read_object_list(struct machine_service *service)
{
    const struct reg_value *value = service->values[MACHINE_SERVICE_OBJECT_LIST].value;
    const WCHAR *units = (const WCHAR *)(const void *)(value ? value->data : NULL);
    size_t length = value ? value->size / sizeof(WCHAR) : 0;

    if (!value)
        return true;
    if (value->type != REG_SZ && value->type != REG_EXPAND_SZ && value->type != REG_MULTI_SZ) {
        service->is_object_list_bad = true;
        return true;
    }
    service->objects = calloc(length / 2 + 1, sizeof(*service->objects));
    if (!service->objects)
        return false;
    for (size_t at = 0, end; at < length; at = end + 1) {
        for (end = at; end < length && units[end] && units[end] != ' ' && units[end] != '\t';)
            end++;
        if (end == at)
            continue;
        if (text_parse_number(units + at, end - at, &service->objects[service->object_count]))
            service->object_count++;
        else
            service->is_object_list_bad = true;
    }
    return true;
}

static void judge_range(struct machine_service *service)
{
    const struct machine_value *values = service->values;
    size_t there = 0, numbers = 0;

    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        there += values[i].value != NULL;
        numbers += values[i].is_number;
    }
    if (numbers < RANGE_VALUE_COUNT) {
        service->range = there ? RANGE_PARTIAL : RANGE_NONE;
        return;
    }
    bool is_sane = machine_range_is_sane(
        values[MACHINE_SERVICE_FIRST_COUNTER].number, values[MACHINE_SERVICE_LAST_COUNTER].number,
        values[MACHINE_SERVICE_FIRST_HELP].number, values[MACHINE_SERVICE_LAST_HELP].number);
    service->range = is_sane ? RANGE_SANE : RANGE_MALFORMED;
    service->first = values[MACHINE_SERVICE_FIRST_COUNTER].number;
    service->last = values[MACHINE_SERVICE_LAST_COUNTER].number;
}

static const struct reg_key *performance_in(const struct machine_input *input, const char *name)
{
    const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
    const struct reg_key *service = reg_tree_child(&input->tree, services, name);

    return reg_tree_child(&input->tree, service, "Performance");
}

/* Add a service. The input at `rank` is the first that shows it. */
static bool add_service(struct machine *machine, size_t rank, const char *name)
{
    struct machine_service *service = &machine->services[machine->service_count++];

    service->name = name;
    service->performance = performance_in(machine->ranked[rank], name);
    service->is_complete = machine->ranked[rank]->kind == MACHINE_INPUT_REGISTRY;
    for (size_t i = rank; i < machine->input_count; i++) {
        const struct machine_input *input = machine->ranked[i];
        const struct reg_key *key = performance_in(input, name);
        /* If the registry shows the whole key, values that only other inputs have are left out,
           because a backup may be older. */
        if (i > rank && service->is_complete)
            break;
        for (size_t k = 0; k < MACHINE_SERVICE_VALUE_COUNT; k++)
            take_value(&service->values[k], input, key, machine_service_names[k]);
    }
    judge_range(service);
    return read_object_list(service);
}

static bool is_shown_before(const struct machine *machine, size_t rank, const char *name)
{
    for (size_t i = 0; i < rank; i++)
        if (performance_in(machine->ranked[i], name))
            return true;
    return false;
}

/* An export of the key of all services contains that key; an export of some services does not. */
static bool shows_all_services(const struct machine_input *input)
{
    const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);

    return input->kind == MACHINE_INPUT_REGISTRY && services && services->first_child &&
           (input->is_system || services->is_named);
}

static bool gather_services(struct machine *machine)
{
    size_t capacity = 0;

    for (size_t i = 0; i < machine->input_count; i++)
        machine->shows_all_services |= shows_all_services(machine->ranked[i]);

    for (size_t i = 0; i < machine->input_count; i++) {
        const struct reg_key *services = reg_tree_find(&machine->ranked[i]->tree, REG_SERVICES);
        for (const struct reg_key *key = services ? services->first_child : NULL; key;
             key = key->next)
            capacity += reg_tree_child(&machine->ranked[i]->tree, key, "Performance") != NULL;
    }
    machine->services = calloc(capacity + 1, sizeof(*machine->services));
    if (!machine->services)
        return false;
    for (size_t i = 0; i < machine->input_count; i++) {
        const struct reg_tree *tree = &machine->ranked[i]->tree;
        const struct reg_key *services = reg_tree_find(tree, REG_SERVICES);
        if (machine->shows_all_services && machine->ranked[i]->kind != MACHINE_INPUT_REGISTRY)
            continue; /* values that only an older backup or paste has are missing */
        for (const struct reg_key *key = services ? services->first_child : NULL; key;
             key = key->next)
            if (reg_tree_child(tree, key, "Performance") &&
                !is_shown_before(machine, i, key->node.name) &&
                !add_service(machine, i, key->node.name))
                return false;
    }
    return true;
}

/* Whether an earlier table has the language and kind already. */
static bool is_new(const struct machine *machine, uint32_t language, bool is_help)
{
    return !machine_find_names(machine, language, is_help);
}

static bool add_names(struct machine *machine, const struct machine_names *added)
{
    const struct reg_value *value = added->value.value;
    size_t count = machine->names_count;

    if (count == MOST_TABLES)
        return true;
    struct machine_names *more =
        array_reserve(machine->names, &machine->names_capacity, count + 1, sizeof(*more));
    if (!more)
        return false;
    machine->names = more;
    struct machine_names *names = &machine->names[count];
    *names = *added;
    names->is_chosen = is_new(machine, added->table.language, added->table.is_help);
    machine->names_count++;
    if (value->type != REG_MULTI_SZ)
        return true; /* an empty table; the examination checks the type */
    return machine_table_read(&names->table, value->data, value->size) == ERROR_SUCCESS;
}

/* Wine stores English names in CurrentLanguage, because its 009 holds no values. On Windows it
   repeats the names of the display language, which another table has. False if memory runs out. */
static bool find_english_of_wine(const struct reg_tree *tree, const struct reg_key *perflib,
                                 const struct reg_key *key, bool *is_english)
{
    const struct reg_key *english = reg_tree_child(tree, perflib, "009");
    const struct reg_value *value = reg_tree_value(tree, key, "Counter");
    struct machine_table table = { .language = PERF_ENGLISH };

    *is_english = false;
    if (!text_utf8_equal_ignore_case(key->node.name, "CurrentLanguage") || !value ||
        value->type != REG_MULTI_SZ || (english && english->first_value))
        return true;
    DWORD error = machine_table_read(&table, value->data, value->size);
    *is_english = !machine_table_find(&table, 2) || machine_table_is(&table, 2, "System");
    machine_table_release(&table);
    return error == ERROR_SUCCESS;
}

static bool gather_names(struct machine *machine)
{
    static const struct {
        const char *name;
        bool is_help;
    } values[] = { { "Counter", false }, { "Counters", false }, { "Help", true } };

    for (size_t i = 0; i < machine->input_count; i++) {
        const struct machine_input *input = machine->ranked[i];
        const struct reg_key *perflib = reg_tree_find(&input->tree, REG_PERFLIB);
        for (const struct reg_key *key = perflib ? perflib->first_child : NULL; key;
             key = key->next) {
            uint32_t language = PERF_ENGLISH;
            bool is_english;
            if (!find_english_of_wine(&input->tree, perflib, key, &is_english))
                return false;
            if (!is_english && !registration_parse_language(key->node.name, &language))
                continue;
            for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
                const struct reg_value *value = reg_tree_value(&input->tree, key, values[k].name);
                if (value && !add_names(machine, &(struct machine_names){
                                                     .table = { .language = language,
                                                                .is_help = values[k].is_help },
                                                     .value = { .value = value, .input = input },
                                                     .key = key->node.name }))
                    return false;
            }
        }
    }
    return true;
}

static void gather_perflib(struct machine *machine)
{
    for (size_t i = 0; i < machine->input_count; i++) {
        const struct machine_input *input = machine->ranked[i];
        const struct reg_key *perflib = reg_tree_find(&input->tree, REG_PERFLIB);
        if (!perflib || machine->has_perflib)
            continue;
        for (size_t k = 0; k < PERFLIB_VALUE_COUNT; k++)
            take_value(&machine->perflib[k], input, perflib, machine_perflib_names[k]);
        /* A key without values only leads to the tables below it. */
        machine->has_perflib = perflib->first_value != NULL;
    }
}

/* By kind; of one kind in the order given. */
static bool rank_inputs(struct machine *machine)
{
    size_t count = 0;

    machine->ranked = calloc(machine->input_count + 1, sizeof(const struct machine_input *));
    if (!machine->ranked)
        return false;
    for (int kind = MACHINE_INPUT_REGISTRY; kind <= MACHINE_INPUT_ANSWER; kind++)
        for (size_t i = 0; i < machine->input_count; i++)
            if ((int)machine->inputs[i].kind == kind)
                machine->ranked[count++] = &machine->inputs[i];
    return true;
}

DWORD machine_gather(const struct machine_input *inputs, size_t count, struct machine *machine)
{
    memset(machine, 0, sizeof(*machine));
    machine->inputs = inputs;
    machine->input_count = count;
    if (!rank_inputs(machine)) {
        machine_release(machine);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    gather_perflib(machine);
    if (!gather_services(machine) || !gather_names(machine)) {
        machine_release(machine);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_SUCCESS;
}

const struct machine_names *machine_find_names(const struct machine *machine, uint32_t language,
                                               bool is_help)
{
    for (size_t i = 0; i < machine->names_count; i++)
        if (machine->names[i].table.language == language &&
            machine->names[i].table.is_help == is_help) /* the first of them is the chosen one */
            return &machine->names[i];
    return NULL;
}

bool machine_service_is_base(const struct machine_service *service)
{
    for (size_t i = 0; i < sizeof(base_services) / sizeof(*base_services); i++)
        if (text_utf8_equal_ignore_case(service->name, base_services[i]))
            return true;
    /* Other services, such as the print spooler, serve objects of the system's own range. */
    for (size_t i = 0; i < service->object_count; i++)
        if (service->objects[i] > PERF_SYSTEM_LAST_INDEX)
            return false;
    return service->object_count > 0;
}

void machine_release(struct machine *machine)
{
    for (size_t i = 0; i < machine->service_count; i++)
        free(machine->services[i].objects);
    free(machine->services);
    for (size_t i = 0; i < machine->names_count; i++)
        machine_table_release(&machine->names[i].table);
    free(machine->names);
    free(machine->ranked);
    memset(machine, 0, sizeof(*machine));
}
