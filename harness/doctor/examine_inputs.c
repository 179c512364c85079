/* SPDX-License-Identifier: MIT
 *
 * Examines input files by themselves (is a backup complete?) and against each other: two inputs that
 * have the same value must agree about it.
 */
#include "examination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object_walk.h"
#include "perf_names.h"
#include "registration.h"
#include "text.h"
#include "winperf.h"

/* A difference between one input and the value that is believed. */
struct comparison {
    struct examination *examination;
    const struct machine_input *input;
    size_t number_count, text_count;
    char first[600]; /* in words */
};

/* Count a difference. Returns whether it is the first one, which is described. */
static bool is_first(const struct comparison *comparison, size_t *count)
{
    ++*count;
    return !*comparison->first;
}

static void note_difference(struct comparison *comparison, const char *key, const char *name,
                            const struct machine_value *known, const struct reg_value *value)
{
    uint32_t number = 0;

    if (!is_first(comparison, &comparison->number_count))
        return;
    bool is_number = registration_parse_dword(value, &number);
    if (is_number && known->is_number)
        snprintf(comparison->first, sizeof(comparison->first),
                 "%s of %.200s is %u in %.120s, but %u in %.120s", name, key,
                 (unsigned)known->number, known->input->name, (unsigned)number,
                 comparison->input->name);
    else
        snprintf(comparison->first, sizeof(comparison->first),
                 "%s of %.200s differs between %.120s and %.120s", name, key, known->input->name,
                 comparison->input->name);
}

/* The same data; zeros at the end of a text do not count. */
static bool is_same_data(const struct reg_value *left, const struct reg_value *right)
{
    size_t left_size = left->size, right_size = right->size;

    while (left_size >= 2 && !left->data[left_size - 1] && !left->data[left_size - 2])
        left_size -= 2;
    while (right_size >= 2 && !right->data[right_size - 1] && !right->data[right_size - 2])
        right_size -= 2;
    return left_size == right_size &&
           memcmp(left->data ? (const void *)left->data : "",
                  right->data ? (const void *)right->data : "", left_size) == 0;
}

static void compare_value(struct comparison *comparison, const char *path, const char *shown,
                          const char *name, const struct machine_value *known)
{
    const struct reg_value *value = machine_value_in(comparison->input, path, name);
    uint32_t number;

    if (value && known->value &&
        (registration_parse_dword(value, &number) != known->is_number ||
         !is_same_data(known->value, value)))
        note_difference(comparison, shown, name, known, value);
}

/* Compare whether a service is on: lodctr /q does not show how it is switched off. */
static void compare_switch(struct comparison *comparison, const char *path,
                           const struct machine_service *service)
{
    const struct machine_value *known = &service->values[MACHINE_SERVICE_DISABLED];
    const struct reg_value *value =
        machine_value_in(comparison->input, path, machine_service_names[MACHINE_SERVICE_DISABLED]);

    if (comparison->input->kind != MACHINE_INPUT_QUERY ||
        !reg_tree_find(&comparison->input->tree, path))
        return;
    bool is_off = known->number & 1;
    if (is_off == (value != NULL) || !is_first(comparison, &comparison->number_count))
        return;
    snprintf(comparison->first, sizeof(comparison->first),
             "%.200s is switched %s by the registry, but %.120s shows it switched %s",
             service->name, is_off ? "off" : "on", comparison->input->name, value ? "off" : "on");
}

static bool is_same_name(const struct machine_name *left, const struct machine_name *right)
{
    return left->length == right->length &&
           memcmp(left->text, right->text, left->length * sizeof(WCHAR)) == 0;
}

/* Compare the texts of another table with the chosen one, which may be the same. A backup lacks some services
   on purpose, so only indices that both have are compared. */
static void compare_names(struct comparison *comparison, const struct machine_names *names)
{
    const struct machine_names *chosen = machine_find_names(
        comparison->examination->machine, names->table.language, names->table.is_help);
    size_t left = 0, right = 0;

    if (machine_table_is_damaged(&names->table) || machine_table_is_damaged(&chosen->table))
        return;
    /* The registry shows the file of a name table; a backup lacks some names. */
    bool is_whole = comparison->input->kind == MACHINE_INPUT_TABLE;
    while (left < chosen->table.count || right < names->table.count) {
        const uint64_t i = machine_table_index_at(&chosen->table, left);
        const uint64_t k = machine_table_index_at(&names->table, right);
        const bool is_alone = i != k, is_in_first = i < k;
        if ((is_alone ? is_whole
                      : !is_same_name(&chosen->table.names[left], &names->table.names[right])) &&
            is_first(comparison, &comparison->text_count))
            snprintf(comparison->first, sizeof(comparison->first),
                     "text %u of language %.8s %s %.120s %s %.120s",
                     (unsigned)(is_in_first ? i : k), names->key,
                     !is_alone     ? "differs between"
                     : is_in_first ? "is in"
                                   : "is not in",
                     chosen->value.input->name,
                     !is_alone     ? "and"
                     : is_in_first ? "but not in"
                                   : "but in",
                     names->value.input->name);
        left += i <= k;
        right += k <= i;
    }
}

/* Registering WmiApRpl again and V2 sets raise the last indices without a new backup. */
static bool is_older_last(const struct machine_input *input, size_t which,
                          const struct machine_value *known)
{
    const struct reg_value *value =
        machine_value_in(input, REG_PERFLIB, machine_perflib_names[which]);
    uint32_t number = 0;

    return input->kind == MACHINE_INPUT_BACKUP && which != PERFLIB_BASE_INDEX && value &&
           registration_parse_dword(value, &number) && number < known->number;
}

bool examine_inputs_has_range(const struct machine_input *input, const char *service,
                              uint32_t numbers[RANGE_VALUE_COUNT])
{
    char path[1200];

    if ((size_t)snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, service) >=
        sizeof(path))
        return false;
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        const struct reg_value *value = machine_value_in(input, path, machine_service_names[i]);
        if (!value || !registration_parse_dword(value, &numbers[i]))
            return false;
    }
    return machine_range_is_sane(numbers[0], numbers[1], numbers[2], numbers[3]);
}

bool examine_inputs_is_key_missing(const struct examination *examination,
                                   const struct machine_input *input, const char *service,
                                   uint32_t numbers[RANGE_VALUE_COUNT])
{
    return examination->machine->shows_all_services && examination->names &&
           !machine_may_have_service(examination->machine, service) &&
           examine_inputs_has_range(input, service, numbers) &&
           machine_table_find(&examination->names->table, numbers[0]) &&
           machine_table_find(&examination->names->table, numbers[1]);
}

/* Report services that only one input has. A service whose names are still there is examined later. */
static void compare_services(struct comparison *comparison)
{
    const struct examination *examination = comparison->examination;
    const struct machine *machine = examination->machine;
    const struct machine_input *input = comparison->input;
    const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
    /* A backup that is cut may have had more services. */
    const bool is_whole_backup =
        input->kind == MACHINE_INPUT_BACKUP && services && !input->is_cut && !*input->damage;
    uint32_t numbers[RANGE_VALUE_COUNT];

    for (const struct reg_key *key = services ? services->first_child : NULL;
         key && machine->shows_all_services; key = key->next)
        if (!machine_may_have_service(machine, key->node.name) &&
            examine_inputs_has_range(input, key->node.name, numbers) &&
            !examine_inputs_is_key_missing(examination, input, key->node.name, numbers) &&
            is_first(comparison, &comparison->number_count))
            snprintf(comparison->first, sizeof(comparison->first),
                     "%.200s is in %.120s, but not in the registry", key->node.name, input->name);
    for (size_t i = 0; i < machine->service_count; i++) {
        const struct machine_service *service = &machine->services[i];
        if (is_whole_backup && service->is_complete && service->range == RANGE_SANE &&
            !text_utf8_equal_ignore_case(service->name, "WmiApRpl") &&
            !reg_tree_child(&input->tree, services, service->name) &&
            is_first(comparison, &comparison->number_count))
            snprintf(comparison->first, sizeof(comparison->first),
                     "%.200s has the indices %u to %u, but is not in %.120s", service->name,
                     (unsigned)service->first, (unsigned)service->last, input->name);
    }
}

static void compare_input(struct examination *examination, const struct machine_input *input)
{
    const struct machine *machine = examination->machine;
    struct comparison comparison = { .examination = examination, .input = input };
    char path[1200];

    for (size_t i = PERFLIB_BASE_INDEX; i <= PERFLIB_LAST_HELP; i++)
        if (!is_older_last(input, i, &machine->perflib[i]))
            compare_value(&comparison, REG_PERFLIB, "Perflib", machine_perflib_names[i],
                          &machine->perflib[i]);
    for (size_t i = 0; i < machine->service_count; i++) {
        const struct machine_service *service = &machine->services[i];
        if ((size_t)snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES,
                             service->name) >= sizeof(path))
            continue;
        for (size_t k = 0; k < RANGE_VALUE_COUNT; k++)
            compare_value(&comparison, path, service->name, machine_service_names[k],
                          &service->values[k]);
        compare_switch(&comparison, path, service);
    }
    compare_services(&comparison);
    for (size_t i = 0; i < machine->names_count; i++)
        if (machine->names[i].value.input == input)
            compare_names(&comparison, &machine->names[i]);
    if (!comparison.number_count && !comparison.text_count)
        return;
    diagnosis_add(
        examination->diagnosis,
        &(struct diagnosis_finding){
            .fault =
                input->kind == MACHINE_INPUT_BACKUP ? FAULT_backup_outdated : FAULT_inputs_disagree,
            .key = input->name,
            .caused_by = DIAGNOSIS_NONE,
            .detail = text_pool_format(
                &examination->diagnosis->pool, "%s. %zu number%s and %zu text%s differ",
                comparison.first, comparison.number_count, comparison.number_count == 1 ? "" : "s",
                comparison.text_count, comparison.text_count == 1 ? "" : "s"),
        });
}

/* The highest Last Counter of the services in one input whose range is sane. */
static uint32_t highest_range(const struct machine_input *input)
{
    const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
    uint32_t numbers[RANGE_VALUE_COUNT], highest = 0;

    for (const struct reg_key *key = services ? services->first_child : NULL; key; key = key->next)
        if (examine_inputs_has_range(input, key->node.name, numbers) && numbers[1] > highest)
            highest = numbers[1];
    return highest;
}

/* A backup ends with the texts; without those of its services it is cut. */
static void examine_backup(struct examination *examination, const struct machine_input *input)
{
    const struct machine_names *names = NULL;
    uint32_t highest = highest_range(input);

    if (text_utf8_equal_ignore_case(text_utf8_file_name(input->name),
                                    machine_input_file_names[MACHINE_FILE_PENDING]))
        diagnosis_add(examination->diagnosis,
                      &(struct diagnosis_finding){ .fault = FAULT_backup_pending,
                                                   .key = input->name,
                                                   .caused_by = DIAGNOSIS_NONE,
                                                   .detail = "" });
    const char *detail = NULL;
    size_t strings = 0;

    for (size_t i = 0; i < examination->machine->names_count; i++) {
        const struct machine_names *one = &examination->machine->names[i];
        strings += one->value.input == input;
        if (one->value.input == input && one->table.language == PERF_ENGLISH && !one->table.is_help)
            names = one;
    }
    if (input->is_cut || *input->damage)
        detail = *input->damage ? input->damage : "it ends early";
    else if (!strings)
        detail = "it has no texts at all";
    else if (!names)
        detail = "it has no English texts ([PerfStrings_009])";
    else if (names->table.highest < 1846 || !machine_table_find(&names->table, 2))
        detail = (uint64_t)names->table.highest + 200 < highest
                     ? "its English texts end far below the indices of its services"
                     : NULL;
    else if (names->table.highest < highest)
        detail = "its English texts end below the indices of its services";
    if (!detail)
        return;
    size_t finding = diagnosis_add(
        examination->diagnosis,
        &(struct diagnosis_finding){
            .fault = FAULT_backup_cut,
            .key = input->name,
            .value = "PerfStrings_009",
            .actual = names ? diagnosis_number(names->table.highest) : diagnosis_unknown(),
            .expected = highest ? diagnosis_number(highest) : diagnosis_unknown(),
            .caused_by = DIAGNOSIS_NONE,
            .detail = text_pool_format(&examination->diagnosis->pool, "%s", detail),
        });
    if (examination->names && examination->names->value.input == input) {
        examination->names_are_believed = false;
        examination->names_finding = finding;
    }
}

struct answer_search {
    const struct machine_table *names;
    size_t count;
    uint32_t first;
};

static void look_up(struct answer_search *search, uint32_t index)
{
    if (!machine_table_find(search->names, index) && !search->count++)
        search->first = index;
}

/* Every index of a saved answer must have a name. */
static void examine_answer(struct examination *examination, const struct machine_input *input)
{
    struct answer_search search = { .names = &examination->names->table };
    struct object_walk walk;
    struct walk_data_block block;
    struct walk_object object;

    if (!object_walk_begin(&walk, (struct span){ input->answer, input->answer_size }, NULL, NULL,
                           &block))
        return;
    while (object_walk_next(&walk, &object)) {
        struct walk_counter counter;
        size_t offset = 0;
        look_up(&search, object.name_index);
        while (object_walk_next_counter(&walk, &object, &offset, &counter))
            /* Bases have this bit, and need no name of their own. */
            if (counter.name_index && !(counter.type & PERF_DISPLAY_NOSHOW))
                look_up(&search, counter.name_index);
    }
    if (search.count)
        diagnosis_add(examination->diagnosis,
                      &(struct diagnosis_finding){
                          .fault = FAULT_answer_without_name,
                          .key = input->name,
                          .actual = diagnosis_number(search.first),
                          .caused_by = DIAGNOSIS_NONE,
                          .detail = text_pool_format(&examination->diagnosis->pool,
                                                     "%zu indices have no English name, the first "
                                                     "of them is %u",
                                                     search.count, (unsigned)search.first),
                      });
}

/* Examine the state of the system's names and of its files. */
static void examine_system(struct examination *examination, const struct machine_input *input)
{
    static const enum doctor_fault_id faults[MACHINE_FILE_COUNT] = {
        [MACHINE_FILE_NAMES] = FAULT_names_file_missing,
        [MACHINE_FILE_HELP] = FAULT_names_file_missing,
        [MACHINE_FILE_BACKUP] = FAULT_backup_missing,
        [MACHINE_FILE_PENDING] = FAULT_backup_pending,
    };
    bool is_missing = false;

    for (size_t i = 0; i < MACHINE_FILE_COUNT; i++) {
        bool is_there = input->files[i] == MACHINE_FILE_THERE;
        bool is_bad = i == MACHINE_FILE_PENDING ? is_there || input->files[i] == MACHINE_FILE_EMPTY
                                                : input->files[i] == MACHINE_FILE_EMPTY ||
                                                      input->files[i] == MACHINE_FILE_GONE;
        if (!is_bad)
            continue;
        is_missing |= faults[i] == FAULT_names_file_missing;
        diagnosis_add(examination->diagnosis,
                      &(struct diagnosis_finding){
                          .fault = faults[i],
                          .key = text_pool_format(&examination->diagnosis->pool,
                                                  "%%SystemRoot%%\\System32\\%s",
                                                  machine_input_file_names[i]),
                          .caused_by = DIAGNOSIS_NONE,
                          .detail = i == MACHINE_FILE_PENDING ? "the file is there"
                                    : input->files[i] == MACHINE_FILE_EMPTY
                                        ? "the file is empty"
                                        : "there is no such file",
                      });
    }
    if (!input->names_error || is_missing)
        return;
    bool is_busy = input->names_error == ERROR_BUSY || input->names_error == WAIT_TIMEOUT;
    diagnosis_add(examination->diagnosis,
                  &(struct diagnosis_finding){
                      .fault = is_busy ? FAULT_busy : FAULT_names_unreadable,
                      .key = REG_PERFLIB "\\009",
                      .value = "Counter",
                      .caused_by = DIAGNOSIS_NONE,
                      .detail = text_pool_format(&examination->diagnosis->pool,
                                                 "the system answers with error %u",
                                                 (unsigned)input->names_error),
                  });
}

void examine_inputs(struct examination *examination)
{
    const struct machine *machine = examination->machine;

    for (size_t i = 0; i < machine->input_count; i++) {
        examine_system(examination, machine->ranked[i]);
        if (i > 0)
            compare_input(examination, machine->ranked[i]);
        if (machine->ranked[i]->kind == MACHINE_INPUT_BACKUP)
            examine_backup(examination, machine->ranked[i]);
        if (machine->ranked[i]->kind == MACHINE_INPUT_ANSWER && examination->names)
            examine_answer(examination, machine->ranked[i]);
    }
    examination->names_are_of_backup =
        examination->names && examination->names->value.input->kind == MACHINE_INPUT_BACKUP;
}
