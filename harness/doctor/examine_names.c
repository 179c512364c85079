/* SPDX-License-Identifier: MIT
 *
 * Examines the name tables: are they lists of names at all, in the right language, complete?
 */
#include "examination.h"

#include <stdio.h>
#include <string.h>

#include "perf_names.h"
#include "reg_buffer.h"
#include "registration.h"
#include "text.h"

static const char *key_of(struct examination *examination, const struct machine_names *names)
{
    if (names->value.input->kind == MACHINE_INPUT_TABLE)
        return names->value.input->name;
    return text_pool_format(&examination->diagnosis->pool, "%s\\%.20s", REG_PERFLIB, names->key);
}

static const char *value_of(const struct machine_names *names)
{
    return names->value.value->node.name;
}

/* The finding that the backup of these names is cut short, or DIAGNOSIS_NONE. */
static size_t cut_of(const struct diagnosis *diagnosis, const struct machine_names *names)
{
    if (names->value.input->kind != MACHINE_INPUT_BACKUP)
        return DIAGNOSIS_NONE;
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (diagnosis->findings[i].fault == FAULT_backup_cut &&
            strcmp(diagnosis->findings[i].key, names->value.input->name) == 0)
            return i;
    return DIAGNOSIS_NONE;
}

static size_t add(struct examination *examination, enum doctor_fault_id fault,
                  const struct machine_names *names, const char *detail)
{
    return diagnosis_add(examination->diagnosis,
                         &(struct diagnosis_finding){
                             .fault = fault,
                             .key = key_of(examination, names),
                             .value = value_of(names),
                             .caused_by = cut_of(examination->diagnosis, names),
                             .detail = detail,
                         });
}

/* Write the strings that follow a text where the next index must be: a zero character has cut the text in
   two. */
static void write_rest(const struct machine_table *table, size_t position, const WCHAR *end,
                       struct reg_buffer *data)
{
    const struct machine_name *name = &table->names[position];
    const WCHAR *at = name->text + name->length + 1, *stop = end;

    if (table->disorder_count)
        return; /* neighbours in the table were not neighbours in the bytes */
    if (position + 1 < table->count) {
        stop = table->names[position + 1].text - 1;
        while (stop[-1])
            stop--; /* the digits of its index; before them is at least the zero after the text */
    }
    for (; at < stop; at++)
        if (*at)
            reg_buffer_add_unit(data, *at);
}

/* Write all pairs that can be read, in order: the table as it should be. */
static void write_pairs(const struct machine_table *table, const WCHAR *end,
                        struct reg_buffer *data)
{
    for (size_t i = 0; i < table->count; i++) {
        char digits[16];
        snprintf(digits, sizeof(digits), "%u", (unsigned)table->names[i].index);
        reg_buffer_add_utf16(data, digits);
        reg_buffer_add_unit(data, 0);
        reg_buffer_add(data, table->names[i].text, table->names[i].length * sizeof(WCHAR));
        write_rest(table, i, end, data);
        reg_buffer_add_unit(data, 0);
    }
    reg_buffer_add_unit(data, 0);
}

/* Offer to write the table again, where texts are values (Wine, our own .reg files). */
static void repair_table(struct examination *examination, size_t finding,
                         const struct machine_names *names)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    struct reg_buffer data = { 0 };

    if (examination->names_are_files || names->value.input->kind != MACHINE_INPUT_REGISTRY ||
        !names->table.count)
        return;
    const struct reg_value *value = names->value.value;
    write_pairs(&names->table,
                (const WCHAR *)(const void *)value->data + value->size / sizeof(WCHAR), &data);
    if (data.is_lost) {
        diagnosis->is_lost = true;
    } else {
        const char *id =
            text_pool_format(&diagnosis->pool, "table-%.20s-%s", names->key, value_of(names));
        size_t repair = diagnosis_add_repair(diagnosis, finding, false, id,
                                             "write the table with all pairs that can be read");
        const struct reg_value *before = names->value.value;
        const struct diagnosis_target target = { key_of(examination, names), before->node.name,
                                                 before };
        const struct diagnosis_data after = { REG_MULTI_SZ, data.data, data.size };
        diagnosis_change_data(diagnosis, repair, &target, &after,
                              "keeps every pair of index and text that can be read, in increasing "
                              "order, and joins a text that was cut in two");
    }
    reg_buffer_release(&data);
}

static bool is_empty(const struct machine_table *table)
{
    return table->count == 0 || (table->count == 1 && table->names[0].index == 1);
}

static void note_names_damage(struct examination *examination, const struct machine_names *names,
                              size_t finding)
{
    if (names != examination->names)
        return;
    examination->names_are_believed = false;
    if (examination->names_finding == DIAGNOSIS_NONE)
        examination->names_finding = finding;
}

/* Examine a table's form. Returns the finding about it, or DIAGNOSIS_NONE. */
static size_t examine_form(struct examination *examination, const struct machine_names *names)
{
    const struct machine_table *table = &names->table;
    const struct reg_value *value = names->value.value;
    struct text_pool *pool = &examination->diagnosis->pool;
    const char *detail = NULL;

    if (names->value.input->kind == MACHINE_INPUT_TABLE && is_empty(table))
        detail = text_pool_format(pool, "its %zu bytes hold no name", value->size);
    else if (value->type != REG_MULTI_SZ)
        detail =
            text_pool_format(pool, "it is not a REG_MULTI_SZ (type %u); .NET takes it for empty",
                             (unsigned)value->type);
    else if (table->is_odd)
        detail = text_pool_format(pool, "its %zu bytes end within a character", value->size);
    else if (table->is_unterminated)
        detail = text_pool_format(pool,
                                  "its %zu bytes do not end in two zero characters: the last text, "
                                  "after index %u, is not complete",
                                  value->size, (unsigned)table->highest);
    if (detail) {
        size_t finding = add(examination, FAULT_names_cut, names, detail);
        note_names_damage(examination, names, finding);
        repair_table(examination, finding, names);
        return finding;
    }
    if (!table->slip_count)
        return DIAGNOSIS_NONE;
    size_t finding = add(examination, FAULT_names_slipped, names,
                         text_pool_format(pool,
                                          "after index %u, at byte %zu, where an index must be, is "
                                          "a text or nothing (%zu place%s in all)",
                                          (unsigned)table->slip_after, table->slip * sizeof(WCHAR),
                                          table->slip_count, table->slip_count == 1 ? "" : "s"));
    note_names_damage(examination, names, finding);
    repair_table(examination, finding, names);
    return finding;
}

static void set_cause(struct examination *examination, size_t finding, size_t cause)
{
    if (finding != DIAGNOSIS_NONE && cause != DIAGNOSIS_NONE)
        examination->diagnosis->findings[finding].caused_by = cause;
}

/* Examine a table's order. `damage` is the finding about its form, which causes faults of the order. */
static void examine_order(struct examination *examination, const struct machine_names *names,
                          size_t damage)
{
    const struct machine_table *table = &names->table;
    struct text_pool *pool = &examination->diagnosis->pool;

    if (table->disorder_count) {
        size_t finding = add(
            examination, FAULT_names_unordered, names,
            text_pool_format(pool, "index %u is not above the one before it (%zu place%s in all)",
                             (unsigned)table->disorder, table->disorder_count,
                             table->disorder_count == 1 ? "" : "s"));
        set_cause(examination, finding, damage);
        if (!machine_table_is_damaged(table))
            repair_table(examination, finding, names);
    }
    if (table->bad_parity_count) {
        bool is_other = table->bad_parity_count > table->count / 2 && table->count > 2;
        size_t finding =
            add(examination, FAULT_names_parity, names,
                text_pool_format(pool, "%zu in all, the first of them %u%s",
                                 table->bad_parity_count, (unsigned)table->bad_parity,
                                 !is_other              ? ""
                                 : names->table.is_help ? ": these are names, not help texts"
                                                        : ": these are help texts, not names"));
        set_cause(examination, finding, damage);
    }
    if (table->swallowed) {
        size_t finding =
            add(examination, FAULT_text_swallowed, names,
                text_pool_format(pool, "text %u goes on with the lines of its neighbours",
                                 (unsigned)table->swallowed));
        set_cause(examination, finding, damage);
    }
}

static void examine_english(struct examination *examination)
{
    /* Some languages have a few English words among them: German has "System". */
    static const struct {
        uint32_t index;
        const char *text;
    } known[] = { { 2, "System" }, { 4, "Memory" }, { 230, "Process" }, { 238, "Processor" } };
    const struct machine_table *table = &examination->names->table;
    struct diagnosis *diagnosis = examination->diagnosis;

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const struct machine_name *name = machine_table_find(table, known[i].index);
        if (!name || machine_table_is(table, known[i].index, known[i].text))
            continue;
        const char *text = machine_table_text(name, &diagnosis->pool);
        size_t finding = add(examination, FAULT_names_foreign, examination->names,
                             text_pool_format(&diagnosis->pool, "index %u is \"%s\" there",
                                              (unsigned)name->index, text));
        if (finding != DIAGNOSIS_NONE) {
            diagnosis->findings[finding].actual = diagnosis_text(diagnosis, text);
            diagnosis->findings[finding].expected = diagnosis_text(diagnosis, known[i].text);
        }
        return;
    }
}

static bool has_ranges(const struct machine *machine)
{
    for (size_t i = 0; i < machine->service_count; i++)
        if (machine->services[i].range != RANGE_NONE)
            return true;
    return false;
}

/* The finding about wrong indices in one of these tables, because of which texts lack their partner. */
static size_t order_of(const struct examination *examination, const struct machine_names *names,
                       const struct machine_names *help)
{
    const struct diagnosis *diagnosis = examination->diagnosis;

    if (!names->table.disorder_count && !names->table.bad_parity_count &&
        !help->table.disorder_count && !help->table.bad_parity_count)
        return DIAGNOSIS_NONE;
    size_t found = diagnosis_find(diagnosis, FAULT_names_unordered, NULL);
    return found != DIAGNOSIS_NONE ? found : diagnosis_find(diagnosis, FAULT_names_parity, NULL);
}

/* Texts of one table without their partner in the other. */
struct lonely_texts {
    size_t count;
    uint32_t first;
};

static void note_lonely(struct lonely_texts *lonely, uint32_t index)
{
    if (!lonely->count++)
        lonely->first = index;
}

static void report_lonely(struct examination *examination, enum doctor_fault_id fault,
                          const struct machine_names *names, const struct lonely_texts *lonely,
                          size_t cause)
{
    const bool is_one = lonely->count == 1;

    if (!lonely->count)
        return;
    const char *detail = text_pool_format(
        &examination->diagnosis->pool, "%zu %s%s above 1847 lack%s a %s, the first of them %u",
        lonely->count, names->table.is_help ? "help text" : "name", is_one ? "" : "s",
        is_one ? "s" : "", names->table.is_help ? "name" : "help text", (unsigned)lonely->first);
    set_cause(examination, add(examination, fault, names, detail), cause);
}

/* Above the system's own range every name has a help text, and every help text a name. */
static void examine_pairs(struct examination *examination, const struct machine_names *names,
                          const struct machine_names *help)
{
    const struct machine_table *left = &names->table, *right = &help->table;
    size_t i = machine_table_from(left, PERF_SYSTEM_LAST_INDEX + 1);
    size_t k = machine_table_from(right, PERF_SYSTEM_LAST_INDEX + 1);
    struct lonely_texts lonely_names = { 0 }, lonely_help = { 0 };

    if (machine_table_is_damaged(left) || machine_table_is_damaged(right) || is_empty(left) ||
        k == right->count)
        return;
    while (i < left->count || k < right->count) {
        const uint64_t name = machine_table_index_at(left, i);
        const uint64_t partner = machine_table_index_at(right, k) - 1; /* of the help text */
        if (name < partner && name % 2 == 0)
            note_lonely(&lonely_names, (uint32_t)name);
        if (partner < name && partner % 2 == 0)
            note_lonely(&lonely_help, (uint32_t)(partner + 1));
        i += name <= partner;
        k += partner <= name;
    }
    const size_t cause = order_of(examination, names, help);
    report_lonely(examination, FAULT_name_without_help, names, &lonely_names, cause);
    report_lonely(examination, FAULT_help_without_name, help, &lonely_help, cause);
}

/* Whether two tables have the same names of the system; true if they have no index in common. */
static bool has_same_names(const struct machine_table *left, const struct machine_table *right)
{
    for (size_t i = 0; machine_table_index_at(left, i) < PERF_SYSTEM_LAST_INDEX; i++) {
        const struct machine_name *name = machine_table_find(right, left->names[i].index);
        if (name && left->names[i].index > 1 &&
            (name->length != left->names[i].length ||
             memcmp(name->text, left->names[i].text, name->length * sizeof(WCHAR)) != 0))
            return false;
    }
    return true;
}

/* The language of an installed table that has the names of CurrentLanguage; 0: no table has them;
   UINT32_MAX: no table can be compared. */
static uint32_t language_of(const struct machine *machine, const struct machine_input *input,
                            const struct machine_table *current)
{
    uint32_t found = UINT32_MAX;

    for (size_t i = 0; i < machine->names_count; i++) {
        const struct machine_names *names = &machine->names[i];
        if (names->value.input != input || names->table.is_help || is_empty(&names->table) ||
            machine_table_is_damaged(&names->table) || names->table.disorder_count)
            continue;
        if (has_same_names(current, &names->table))
            return names->table.language;
        found = 0;
    }
    return found;
}

/* Language of the installation, "0407": its low ten bits are the primary language. */
static bool installed_language(const struct machine_input *input, uint32_t *language)
{
    const struct reg_value *value = machine_value_in(input, REG_LANGUAGE, "InstallLanguage");
    const WCHAR *units = (const WCHAR *)(const void *)(value ? value->data : NULL);
    size_t length = value ? value->size / sizeof(WCHAR) : 0;
    char name[16];

    if (length == 5 && !units[4])
        length = 4;
    if (length != 4 || value->type != REG_SZ)
        return false;
    text_to_utf8(units, length, name, sizeof(name));
    if (!registration_parse_language(name, language))
        return false;
    *language &= 0x3FF;
    return true;
}

/* Compare CurrentLanguage with the display language, whose names it repeats. */
static void examine_current_language(struct examination *examination,
                                     const struct machine_input *input)
{
    const char *key = REG_PERFLIB "\\CurrentLanguage";
    const struct reg_value *value = machine_value_in(input, key, "Counter");
    struct machine_table current = { .language = 0 };
    uint32_t found, installed;

    if (input->kind != MACHINE_INPUT_REGISTRY || !value || value->type != REG_MULTI_SZ)
        return;
    if (machine_table_read(&current, value->data, value->size))
        examination->diagnosis->is_lost = true;
    found = language_of(examination->machine, input, &current);
    bool is_switched = found != UINT32_MAX && installed_language(input, &installed) &&
                       installed != (found & 0x3FF);
    const struct machine_name *name = machine_table_find(&current, 2);
    if (current.count > 1 && (!found || is_switched))
        diagnosis_add(
            examination->diagnosis,
            &(struct diagnosis_finding){
                .fault = found ? FAULT_language_switched : FAULT_current_language,
                .key = key,
                .value = "Counter",
                .actual =
                    name ? diagnosis_text(examination->diagnosis,
                                          machine_table_text(name, &examination->diagnosis->pool))
                         : diagnosis_unknown(),
                .caused_by = DIAGNOSIS_NONE,
                .detail = found ? text_pool_format(
                                      &examination->diagnosis->pool,
                                      "it has the names of %03X, Windows was installed in %03X",
                                      (unsigned)found, (unsigned)installed)
                                : "",
            });
    machine_table_release(&current);
}

void examine_names(struct examination *examination)
{
    const struct machine *machine = examination->machine;

    for (size_t i = 0; i < machine->names_count; i++) {
        const struct machine_names *names = &machine->names[i];
        size_t damage = examine_form(examination, names);
        examine_order(examination, names, damage);
        if (!names->is_chosen || names->table.is_help)
            continue;
        const struct machine_names *help = machine_find_names(machine, names->table.language, true);
        bool is_cut = names->value.input->is_cut ||
                      (names == examination->names && examination->names_finding != DIAGNOSIS_NONE);
        bool are_files = help && names->value.input->kind == MACHINE_INPUT_TABLE &&
                         help->value.input->kind == MACHINE_INPUT_TABLE;
        if (help && (help->value.input == names->value.input || are_files) && !is_cut)
            examine_pairs(examination, names, help);
    }
    for (size_t i = 0; i < machine->input_count; i++)
        examine_current_language(examination, machine->ranked[i]);
    if (!examination->names) {
        if (machine->service_count)
            diagnosis_add(examination->diagnosis,
                          &(struct diagnosis_finding){ .fault = FAULT_names_unknown,
                                                       .key = REG_PERFLIB "\\009",
                                                       .value = "Counter",
                                                       .caused_by = DIAGNOSIS_NONE,
                                                       .detail = "" });
        return;
    }
    if (is_empty(&examination->names->table)) {
        bool is_seen = examination->names_finding != DIAGNOSIS_NONE;
        examination->names_are_believed = false;
        if (has_ranges(machine) && !is_seen)
            examination->names_finding = add(examination, FAULT_names_empty, examination->names,
                                             "it has no pair of index and text");
        return;
    }
    examine_english(examination);
}
