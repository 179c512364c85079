/* SPDX-License-Identifier: MIT
 *
 * The order of an examination, and its repetition until repairs leave nothing new to find. See
 * doctor.h.
 */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "examination.h"
#include "perf_names.h"
#include "registration.h"
#include "text.h"

/* Examinations at most, because repairs can make new findings; chosen. */
#define MOST_ROUNDS 6
#define LEAST_SYSTEM_NAMES 100u /* chosen: Windows has about 600, our files have 0 */

/* Whether the names are in files, as on Windows, which no .reg file can change. Windows is
   recognised by the number of its own names. */
static bool are_names_files(const struct machine_names *names)
{
    if (!names)
        return false;
    return names->value.input->is_live ||
           machine_table_from(&names->table, PERF_SYSTEM_LAST_INDEX) > LEAST_SYSTEM_NAMES;
}

static DWORD examine(struct examination *examination)
{
    const struct machine *machine = examination->machine;

    examination->names = machine_find_names(machine, PERF_ENGLISH, false);
    examination->help = machine_find_names(machine, PERF_ENGLISH, true);
    examination->names_are_believed = examination->names != NULL;
    examination->names_are_files = are_names_files(examination->names);
    examination->names_finding = examination->last_finding = DIAGNOSIS_NONE;
    examination->short_names_finding = DIAGNOSIS_NONE;
    examine_inputs(examination);
    examine_names(examination);
    DWORD error = examine_claims(examination);
    if (!error) {
        examine_perflib(examination);
        examine_ranges(examination);
        examine_services(examination);
    }
    free(examination->services);
    free(examination->hints);
    name_ranges_release(&examination->ranges);
    return error;
}

static DWORD examine_once(const struct machine_input *inputs, size_t count,
                          const struct doctor_options *options, struct diagnosis *diagnosis)
{
    struct machine machine;
    DWORD error = machine_gather(inputs, count, &machine);

    diagnosis->preferred = options->preferred;
    diagnosis->preferred_count = options->preferred_count;
    if (error)
        return error;
    struct examination examination = { .machine = &machine,
                                       .options = options,
                                       .diagnosis = diagnosis };
    error = examine(&examination);
    machine_release(&machine);
    diagnosis_finish(diagnosis);
    return diagnosis->is_lost ? ERROR_NOT_ENOUGH_MEMORY : error;
}

/* The value that a tree had before a change in memory, so that it can be restored at the end. */
struct journal_entry {
    size_t input;
    const char *key, *value;
    bool had_value;
    uint32_t type;
    const void *data;
    size_t size;
};

struct journal {
    struct text_pool pool;
    struct journal_entry *entries;
    size_t count, capacity;
};

static bool remember(struct journal *journal, size_t input, const struct diagnosis_change *change,
                     const struct reg_value *value)
{
    struct journal_entry *more =
        array_reserve(journal->entries, &journal->capacity, journal->count + 1, sizeof(*more));
    if (!more)
        return false;
    journal->entries = more;
    struct journal_entry entry = {
        .input = input,
        .key = text_pool_add(&journal->pool, change->key, strlen(change->key)),
        .value = text_pool_add(&journal->pool, change->value, strlen(change->value)),
        .had_value = value != NULL,
    };
    if (value) {
        entry.type = value->type;
        entry.size = value->size;
        entry.data = text_pool_add(&journal->pool, value->size ? (const char *)value->data : "",
                                   value->size);
    }
    if (journal->pool.is_lost)
        return false; /* and the journal has no entry whose texts are missing */
    journal->entries[journal->count++] = entry;
    return true;
}

/* Make a change in the trees of the inputs that have the value, or could have it. */
static DWORD change_inputs(struct machine_input *inputs, size_t count,
                           const struct diagnosis_change *change, struct journal *journal)
{
    for (size_t i = 0; i < count; i++) {
        struct reg_key *key = reg_tree_find(&inputs[i].tree, change->key);
        if (!key || inputs[i].kind == MACHINE_INPUT_TABLE)
            continue;
        const struct reg_value *value = reg_tree_value(&inputs[i].tree, key, change->value);
        if (!value && inputs[i].kind != MACHINE_INPUT_REGISTRY)
            continue;
        if (!remember(journal, i, change, value))
            return ERROR_NOT_ENOUGH_MEMORY;
        if (!change->has_value)
            reg_tree_remove_value(&inputs[i].tree, key, change->value);
        else if (reg_tree_set(&inputs[i].tree, key, change->value, change->type_after,
                              change->after, change->size_after))
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_SUCCESS;
}

/* Make all chosen changes; *changed says whether there were any. */
static DWORD change_all(struct machine_input *inputs, size_t count,
                        const struct diagnosis *diagnosis, struct journal *journal, bool *changed)
{
    *changed = false;
    for (size_t i = 0; i < diagnosis->change_count; i++) {
        if (!diagnosis_is_chosen(diagnosis, &diagnosis->changes[i]))
            continue;
        *changed = true;
        DWORD error = change_inputs(inputs, count, &diagnosis->changes[i], journal);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}

/* Restore the inputs. */
static DWORD change_back(struct machine_input *inputs, struct journal *journal)
{
    DWORD error = ERROR_SUCCESS;

    while (journal->count) {
        const struct journal_entry *entry = &journal->entries[--journal->count];
        struct reg_tree *tree = &inputs[entry->input].tree;
        struct reg_key *key = reg_tree_find(tree, entry->key);
        if (!entry->had_value)
            reg_tree_remove_value(tree, key, entry->value);
        else if (reg_tree_set(tree, key, entry->value, entry->type, entry->data, entry->size))
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    free(journal->entries);
    text_pool_release(&journal->pool);
    return error;
}

static bool is_same(const char *left, const char *right)
{
    return left == right || (left && right && text_utf8_equal_ignore_case(left, right));
}

static size_t find_finding(const struct diagnosis *diagnosis,
                           const struct diagnosis_finding *finding)
{
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (diagnosis->findings[i].fault == finding->fault &&
            is_same(diagnosis->findings[i].key, finding->key) &&
            is_same(diagnosis->findings[i].service, finding->service))
            return i;
    return DIAGNOSIS_NONE;
}

/* The chosen change of the same value that an earlier round has found, or NULL. */
static struct diagnosis_change *find_change(struct diagnosis *diagnosis,
                                            const struct diagnosis_change *change)
{
    for (size_t i = 0; i < diagnosis->change_count; i++)
        if (diagnosis_is_chosen(diagnosis, &diagnosis->changes[i]) &&
            is_same(diagnosis->changes[i].key, change->key) &&
            is_same(diagnosis->changes[i].value, change->value))
            return &diagnosis->changes[i];
    return NULL;
}

/* The finding whose damage explains names that are missing after a table is repaired, or DIAGNOSIS_NONE. */
static size_t find_lost_names(const struct diagnosis *diagnosis, enum doctor_fault_id fault)
{
    static const enum doctor_fault_id damages[] = { FAULT_names_cut, FAULT_names_slipped,
                                                    FAULT_names_empty };

    if (fault != FAULT_name_without_help && fault != FAULT_help_without_name &&
        fault != FAULT_range_end && fault != FAULT_names_absent)
        return DIAGNOSIS_NONE;
    for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
        size_t found = diagnosis_find(diagnosis, damages[i], NULL);
        if (found != DIAGNOSIS_NONE)
            return found;
    }
    return DIAGNOSIS_NONE;
}

/* Take over a finding that only a later round shows. */
static size_t adopt_finding(struct diagnosis *diagnosis, const struct diagnosis *later,
                            const struct diagnosis_finding *finding)
{
    struct diagnosis_finding adopted = *finding;

    adopted.caused_by = finding->caused_by == DIAGNOSIS_NONE
                            ? DIAGNOSIS_NONE
                            : find_finding(diagnosis, &later->findings[finding->caused_by]);
    if (adopted.caused_by == DIAGNOSIS_NONE)
        adopted.caused_by = find_lost_names(diagnosis, finding->fault);
    adopted.is_ambiguous = false;
    adopted.detail = text_pool_add(&diagnosis->pool, finding->detail, strlen(finding->detail));
    if (adopted.actual.text)
        adopted.actual = diagnosis_text(diagnosis, adopted.actual.text);
    if (adopted.expected.text)
        adopted.expected = diagnosis_text(diagnosis, adopted.expected.text);
    return diagnosis_add(diagnosis, &adopted);
}

/* Add a change of a later round as it is. */
static void copy_change(struct diagnosis *diagnosis, size_t repair,
                        const struct diagnosis_change *change)
{
    struct reg_value before = { .node = { .name = (char *)(uintptr_t)change->value },
                                .type = change->type_before,
                                .data = (unsigned char *)(uintptr_t)change->before,
                                .size = change->size_before };
    const struct diagnosis_target target = { change->key, change->value,
                                             change->had_value ? &before : NULL };
    const struct diagnosis_data after = { change->type_after, change->after, change->size_after };

    if (change->has_value)
        diagnosis_change_data(diagnosis, repair, &target, &after, change->why);
    else
        diagnosis_change_remove(diagnosis, repair, change->key, &before, change->why);
}

static void adopt_change(struct diagnosis *diagnosis, size_t repair,
                         const struct diagnosis_change *change)
{
    struct diagnosis_change *known = find_change(diagnosis, change);
    struct text_pool *pool = &diagnosis->pool;

    if (!known) {
        copy_change(diagnosis, repair, change);
        return;
    }
    known->has_value = change->has_value;
    known->type_after = change->type_after;
    known->size_after = change->size_after;
    known->after =
        change->has_value ? text_pool_add(pool, change->after, change->size_after) : NULL;
    known->why = text_pool_add(pool, change->why, strlen(change->why));
}

/* Take over a repair of a later round. If it is chosen, its changes join those that were chosen
   before. */
static void adopt_repair(struct diagnosis *diagnosis, const struct diagnosis *later, size_t number,
                         size_t finding)
{
    const struct diagnosis_repair *repair = &later->repairs[number];
    size_t known = diagnosis->findings[finding].repair;

    if (known == DIAGNOSIS_NONE || !repair->is_chosen)
        known =
            diagnosis_add_repair(diagnosis, finding, repair->is_optional, repair->id, repair->what);
    diagnosis_claim(diagnosis, known, repair->first, repair->last);
    for (size_t i = 0; i < later->change_count && known != DIAGNOSIS_NONE; i++) {
        if (later->changes[i].repair != number)
            continue;
        if (repair->is_chosen)
            adopt_change(diagnosis, known, &later->changes[i]);
        else
            copy_change(diagnosis, known, &later->changes[i]);
    }
}

/* Discard repairs that were offered and not chosen, because more is known now. */
static void withdraw_offers(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->repair_count; i++)
        if (diagnosis->findings[diagnosis->repairs[i].finding].repair == DIAGNOSIS_NONE)
            diagnosis->repairs[i].is_withdrawn = true;
}

/* Add the findings and repairs of a later round. */
static void adopt(struct diagnosis *diagnosis, const struct diagnosis *later)
{
    withdraw_offers(diagnosis);
    for (size_t i = 0; i < later->finding_count; i++) {
        const struct diagnosis_finding *finding = &later->findings[i];
        size_t position = find_finding(diagnosis, finding);
        if (doctor_faults[finding->fault].severity == FAULT_NOTE)
            continue;
        if (position == DIAGNOSIS_NONE)
            position = adopt_finding(diagnosis, later, finding);
        if (position == DIAGNOSIS_NONE)
            continue;
        bool is_open = diagnosis->findings[position].repair == DIAGNOSIS_NONE;
        if (finding->repair != DIAGNOSIS_NONE)
            adopt_repair(diagnosis, later, finding->repair, position);
        for (size_t k = 0; k < later->repair_count && is_open; k++)
            if (later->repairs[k].finding == i && k != finding->repair)
                adopt_repair(diagnosis, later, k, position);
    }
}

DWORD doctor_examine(struct machine_input *inputs, size_t count,
                     const struct doctor_options *options, struct diagnosis *diagnosis)
{
    struct journal journal = { 0 };
    bool changed = false;

    memset(diagnosis, 0, sizeof(*diagnosis));
    DWORD error = examine_once(inputs, count, options, diagnosis);
    if (!error)
        error = change_all(inputs, count, diagnosis, &journal, &changed);
    for (int round = 1; round < MOST_ROUNDS && !error && changed; round++) {
        struct diagnosis later = { 0 };
        error = examine_once(inputs, count, options, &later);
        if (!error)
            error = change_all(inputs, count, &later, &journal, &changed);
        if (!error) {
            adopt(diagnosis, &later);
            diagnosis_finish(diagnosis);
        }
        diagnosis_release(&later);
    }
    DWORD failure = change_back(inputs, &journal);
    error = error ? error : failure;
    if (!error && diagnosis->is_lost)
        error = ERROR_NOT_ENOUGH_MEMORY;
    return error;
}

bool doctor_has_anything(const struct machine_input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct reg_key *perflib = reg_tree_find(&inputs[i].tree, REG_PERFLIB);
        const struct reg_key *services = reg_tree_find(&inputs[i].tree, REG_SERVICES);
        if (inputs[i].answer_size || (perflib && (perflib->first_value || perflib->first_child)))
            return true;
        for (const struct reg_key *key = services ? services->first_child : NULL; key;
             key = key->next)
            if (reg_tree_child(&inputs[i].tree, key, "Performance"))
                return true;
    }
    return false;
}
