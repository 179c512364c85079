/* SPDX-License-Identifier: MIT
 *
 * Plans installing and uninstalling: see install_plan.h. A plan first checks the bookkeeping and
 * then lists the changes.
 */
#include "install_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name_pairs.h"
#include "perf_names.h"
#include "printf_like.h"
#include "registration.h"
#include "text.h"

#define PATH_SIZE 1024 /* bytes; a key's name has at most 765 */

/* Marks a Performance key that an installation made, or a Perflib whose Base Index it made. Uninstall may
   remove what the installation wrote there. */
#define MARK "Created By Perfharness"
#define MARK_KEY 1    /* the key is new; a Perflib without a mark counts as new, too */
#define MARK_VALUES 2 /* Perflib had no Base Index, but existed: uninstall must leave the key */

/* The values that lodctr writes into a Performance key. */
static const char *const index_names[] = { "First Counter", "Last Counter", "First Help",
                                           "Last Help" };

struct planner {
    const struct reg_tree *tree;
    const char *source;
    const struct reg_key *perflib;
    const struct reg_key *performance; /* of the service; NULL: it does not exist */
    char performance_path[PATH_SIZE];
    uint32_t last_counter, last_help; /* Perflib's values, or their initial values */
    bool has_last, has_base;
    struct registration_changes *changes;
    struct install_result *result;
    struct registration_error *error;
};

static struct planner planner_of(struct install_plan *plan)
{
    return (struct planner){ .tree = plan->tree,
                             .source = plan->source,
                             .changes = &plan->changes,
                             .result = &plan->result,
                             .error = plan->error };
}

PRINTF_LIKE(3, 4)
static DWORD fail(struct planner *planner, DWORD code, const char *format, ...)
{
    char text[800];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(planner->error->message, sizeof(planner->error->message), "%.200s: %s",
             planner->source, text);
    return code;
}

static bool read_dword(const struct planner *planner, const struct reg_key *key, const char *name,
                       uint32_t *number)
{
    const struct reg_value *value = key ? reg_tree_value(planner->tree, key, name) : NULL;

    return value && registration_parse_dword(value, number);
}

static void set_dword(struct registration_changes *changes, const char *path, const char *name,
                      uint32_t number)
{
    unsigned char bytes[4] = { (unsigned char)number, (unsigned char)(number >> 8),
                               (unsigned char)(number >> 16), (unsigned char)(number >> 24) };

    registration_changes_set_value(changes, path, name, REG_DWORD, bytes, sizeof(bytes));
}

static void set_text(struct registration_changes *changes, const char *path, const char *name,
                     const char *text)
{
    struct reg_buffer wide = { 0 };

    reg_buffer_add_utf16(&wide, text);
    reg_buffer_add_unit(&wide, 0);
    changes->is_lost = changes->is_lost || wide.is_lost;
    registration_changes_set_value(changes, path, name, REG_SZ, wide.data, wide.size);
    reg_buffer_release(&wide);
}

/* Find the keys and read Perflib's bookkeeping. */
static DWORD begin(struct planner *planner, const char *service)
{
    uint32_t base = PERF_SYSTEM_LAST_INDEX;
    int length = snprintf(planner->performance_path, PATH_SIZE, "%s\\%s\\Performance", REG_SERVICES,
                          service);

    if (length < 0 || length >= PATH_SIZE || !*service || strpbrk(service, "\\/"))
        return fail(
            planner, ERROR_INVALID_DATA,
            "\"%.100s\" cannot be a service's name: it is empty, has a \\ or /, or is too long",
            service);
    planner->performance = reg_tree_find(planner->tree, planner->performance_path);
    planner->perflib = reg_tree_find(planner->tree, REG_PERFLIB);
    planner->has_base = read_dword(planner, planner->perflib, "Base Index", &base) &&
                        !reg_tree_value(planner->tree, planner->perflib, MARK);
    bool has_counter =
        read_dword(planner, planner->perflib, "Last Counter", &planner->last_counter);
    bool has_help = read_dword(planner, planner->perflib, "Last Help", &planner->last_help);
    planner->has_last = has_counter && has_help;
    if (has_counter != has_help)
        return fail(planner, ERROR_INVALID_DATA,
                    "damaged: Perflib has only one of Last Counter and Last Help; perfharness "
                    "doctor shows the repair, nothing was changed");
    if (!planner->has_last && planner->perflib &&
        (reg_tree_value(planner->tree, planner->perflib, "Last Counter") ||
         reg_tree_value(planner->tree, planner->perflib, "Last Help")))
        return fail(
            planner, ERROR_INVALID_DATA,
            "damaged: Perflib's Last Counter and Last Help are not of type REG_DWORD, so it "
            "is unknown which indices are free; perfharness doctor shows the repair, "
            "nothing was changed");
    if (!planner->has_last) {
        planner->last_counter = base & ~1u;
        planner->last_help = planner->last_counter + 1;
    }
    if (planner->last_counter % 2 || planner->last_help != planner->last_counter + 1)
        return fail(planner, ERROR_INVALID_DATA,
                    "damaged: Perflib's Last Counter %u must be even and Last Help %u one more; "
                    "perfharness doctor shows the repair, nothing was changed",
                    (unsigned)planner->last_counter, (unsigned)planner->last_help);
    return ERROR_SUCCESS;
}

static const struct reg_value *find_table(const struct planner *planner,
                                          const struct reg_key *language, bool is_help)
{
    const struct reg_value *value =
        reg_tree_value(planner->tree, language, is_help ? "Help" : "Counter");

    return value || is_help ? value : reg_tree_value(planner->tree, language, "Counters");
}

/* Parse a language's table. It is empty if the language has no table. */
static DWORD parse_table(struct planner *planner, const struct reg_key *language, bool is_help,
                         struct name_pairs *pairs)
{
    const struct reg_value *value = find_table(planner, language, is_help);
    char problem[200] = "it is not a REG_MULTI_SZ";

    memset(pairs, 0, sizeof(*pairs));
    if (!value)
        return ERROR_SUCCESS;
    if (value->type != REG_MULTI_SZ ||
        !name_pairs_parse(value->data, value->size, pairs, problem, sizeof(problem)))
        return fail(planner, ERROR_INVALID_DATA,
                    "damaged: Perflib\\%.10s %s: %s; repair it first (perfharness doctor shows "
                    "how; on Windows: lodctr /R), nothing was changed",
                    language->node.name, value->node.name, problem);
    return ERROR_SUCCESS;
}

/* Check that the indices of all tables and all services are at most Perflib's last indices. */
static DWORD check_bookkeeping(struct planner *planner)
{
    const struct reg_key *services = reg_tree_find(planner->tree, REG_SERVICES);

    for (const struct reg_key *key = planner->perflib ? planner->perflib->first_child : NULL; key;
         key = key->next) {
        uint32_t language;
        if (!registration_parse_language(key->node.name, &language))
            continue;
        for (int is_help = 0; is_help < 2; is_help++) {
            uint32_t last = is_help ? planner->last_help : planner->last_counter;
            struct name_pairs pairs;
            DWORD error = parse_table(planner, key, is_help, &pairs);
            if (error)
                return error;
            if (pairs.highest > last)
                return fail(planner, ERROR_INVALID_DATA,
                            "damaged: Perflib's %s is %u, but Perflib\\%.10s has texts up to %u: "
                            "new ones would get the same indices; perfharness doctor shows the "
                            "repair, nothing was changed",
                            is_help ? "Last Help" : "Last Counter", (unsigned)last, key->node.name,
                            (unsigned)pairs.highest);
        }
    }
    for (const struct reg_key *key = services ? services->first_child : NULL; key;
         key = key->next) {
        const struct reg_key *performance = reg_tree_child(planner->tree, key, "Performance");
        uint32_t last = 0;
        if (performance && read_dword(planner, performance, "Last Counter", &last) &&
            last > planner->last_counter)
            return fail(
                planner, ERROR_INVALID_DATA,
                "damaged: Perflib's Last Counter is %u, but the service \"%.100s\" has indices up "
                "to %u; perfharness doctor shows the repair, nothing was changed",
                (unsigned)planner->last_counter, key->node.name, (unsigned)last);
    }
    return ERROR_SUCCESS;
}

/* How many of First Counter, Last Counter, First Help and Last Help exist. */
static int count_indices(const struct planner *planner)
{
    int count = 0;

    for (size_t i = 0; i < 4 && planner->performance; i++)
        count += reg_tree_value(planner->tree, planner->performance, index_names[i]) != NULL;
    return count;
}

/* ---- installing -------------------------------------------------------------------------- */

static DWORD plan_service(struct planner *planner, const struct counter_set *set,
                          const struct install_service *service,
                          struct registration_changes *changes)
{
    char path[PATH_SIZE];

    if (planner->performance && service->library)
        return fail(planner, ERROR_INVALID_PARAMETER,
                    "the service \"%.100s\" has a Performance key already: leave out --library, "
                    "--open, --collect and --close",
                    set->service);
    if (planner->performance)
        return ERROR_SUCCESS;
    if (!service->library)
        return fail(planner, ERROR_FILE_NOT_FOUND,
                    "the service \"%.100s\" has no Performance key: import its .reg file first, or "
                    "make it with --library DLL --open NAME --collect NAME --close NAME",
                    set->service);
    snprintf(path, sizeof(path), "%s\\%s", REG_SERVICES, set->service);
    if (!reg_tree_find(planner->tree, path))
        registration_changes_add_key(changes, path);
    snprintf(path, sizeof(path), "%s", planner->performance_path);
    registration_changes_add_key(changes, path);
    set_text(changes, path, "Library", service->library);
    set_text(changes, path, "Open", service->open);
    set_text(changes, path, "Collect", service->collect);
    set_text(changes, path, "Close", service->close);
    set_dword(changes, path, MARK, MARK_KEY);
    planner->result->is_service_new = true;
    return ERROR_SUCCESS;
}

/* Write the existing pairs, the pairs of the set after them, and the list's terminator. */
static DWORD plan_table(struct planner *planner, const struct counter_set *set, uint32_t language,
                        const char *path, bool is_help)
{
    const struct reg_key *key = reg_tree_find(planner->tree, path);
    const struct reg_value *value = key ? find_table(planner, key, is_help) : NULL;
    uint32_t first = is_help ? planner->result->first_help : planner->result->first_counter;
    struct reg_buffer data = { 0 };
    struct name_pairs pairs = { 0 };
    /* On every known machine each name has a help text. A title without a help text gets its
       name. */
    const struct name_table_entry *entry =
        name_table_next(&set->texts, language, NAME_TABLE_COUNTER, 0);
    DWORD error = key ? parse_table(planner, key, is_help, &pairs) : ERROR_SUCCESS;

    if (error || !entry)
        return error;
    reg_buffer_add(&data, pairs.units, pairs.length * sizeof(WCHAR));
    if (!pairs.count && !is_help) {
        char digits[16]; /* the text of the table's first pair: the system's last index */
        snprintf(digits, sizeof(digits), "%u", (unsigned)(planner->last_counter + 1));
        name_pairs_add(&data, 1, digits);
    }
    for (; entry; entry = name_table_after(&set->texts, entry)) {
        const char *help =
            is_help ? name_table_find(&set->texts, language, NAME_TABLE_HELP, entry->index) : NULL;
        name_pairs_add(&data, first + entry->index, help ? help : entry->text);
    }
    reg_buffer_add_unit(&data, 0);
    planner->changes->is_lost = planner->changes->is_lost || data.is_lost;
    if (!data.is_lost)
        registration_changes_set_value(planner->changes, path,
                                       value     ? value->node.name
                                       : is_help ? "Help"
                                                 : "Counter",
                                       REG_MULTI_SZ, data.data, data.size);
    reg_buffer_release(&data);
    return ERROR_SUCCESS;
}

static DWORD plan_texts(struct planner *planner, const struct counter_set *set, bool all_languages)
{
    if (!planner->perflib)
        registration_changes_add_key(planner->changes, REG_PERFLIB);
    for (size_t i = 0; i < set->language_count; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s\\%03X", REG_PERFLIB, (unsigned)set->languages[i]);
        bool is_there = reg_tree_find(planner->tree, path) != NULL;
        if (!is_there && !all_languages && set->languages[i] != PERF_ENGLISH) {
            planner->result->skipped_count++;
            continue;
        }
        if (!is_there)
            registration_changes_add_key(planner->changes, path);
        planner->result->language_count++;
        for (int is_help = 0; is_help < 2; is_help++) {
            DWORD error = plan_table(planner, set, set->languages[i], path, is_help);
            if (error)
                return error;
        }
    }
    return ERROR_SUCCESS;
}

/* If Perflib has no Base Index, no system has used it. Every reader expects 1847. */
static void plan_base(struct planner *planner)
{
    if (planner->perflib && reg_tree_value(planner->tree, planner->perflib, "Base Index"))
        return;
    set_dword(planner->changes, REG_PERFLIB, "Base Index", PERF_SYSTEM_LAST_INDEX);
    set_dword(planner->changes, REG_PERFLIB, MARK, planner->perflib ? MARK_VALUES : MARK_KEY);
}

static void plan_indices(struct planner *planner, const struct counter_set *set)
{
    const struct install_result *result = planner->result;
    const uint32_t numbers[] = { result->first_counter, result->last_counter, result->first_help,
                                 result->last_help };
    struct reg_buffer list = { 0 };

    for (size_t i = 0; i < 4; i++)
        set_dword(planner->changes, planner->performance_path, index_names[i], numbers[i]);
    for (size_t i = 0; i < set->object_count; i++)
        reg_buffer_add_format(&list, "%s%u", i ? " " : "",
                              (unsigned)(result->first_counter + set->objects[i]));
    if (set->object_count) {
        reg_buffer_add(&list, "", 1);
        if (list.is_lost)
            planner->changes->is_lost = true;
        else
            set_text(planner->changes, planner->performance_path, "Object List",
                     (const char *)list.data);
    }
    reg_buffer_release(&list);
    plan_base(planner);
    set_dword(planner->changes, REG_PERFLIB, "Last Counter", result->last_counter);
    set_dword(planner->changes, REG_PERFLIB, "Last Help", result->last_help);
}

DWORD install_plan_install(struct install_plan *plan, const struct counter_set *set,
                           const struct install_service *service, bool all_languages)
{
    struct install_result *result = &plan->result;
    struct planner planner = planner_of(plan);
    uint32_t first = 0;

    DWORD failure = begin(&planner, set->service);
    if (failure)
        return failure;
    if (count_indices(&planner)) {
        read_dword(&planner, planner.performance, "First Counter", &first);
        return fail(&planner, ERROR_ALREADY_EXISTS,
                    "\"%.100s\" is installed already%s (First Counter %u): uninstall it first",
                    set->service, count_indices(&planner) < 4 ? ", incompletely" : "",
                    (unsigned)first);
    }
    failure = check_bookkeeping(&planner);
    if (!failure)
        failure = plan_service(&planner, set, service, &plan->service_changes);
    if (failure)
        return failure;
    if (planner.last_counter > PERF_HIGHEST_INDEX - 2 - set->last_offset)
        return fail(&planner, ERROR_INVALID_DATA,
                    "Perflib's Last Counter %u leaves too few indices: %u are needed; perfharness "
                    "doctor shows what Last Counter must be, nothing was changed",
                    (unsigned)planner.last_counter, (unsigned)set->last_offset + 2);

    result->first_counter = planner.last_counter + 2;
    result->last_counter = result->first_counter + set->last_offset;
    result->first_help = planner.last_help + 2;
    result->last_help = result->first_help + set->last_offset;
    for (size_t i = 0; i < set->texts.count; i++)
        result->title_count += set->texts.entries[i].kind == NAME_TABLE_COUNTER &&
                               set->texts.entries[i].language == PERF_ENGLISH;
    failure = plan_texts(&planner, set, all_languages);
    if (failure)
        return failure;
    plan_indices(&planner, set);
    if (plan->changes.is_lost || plan->service_changes.is_lost)
        return fail(&planner, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    return ERROR_SUCCESS;
}

/* ---- uninstalling ------------------------------------------------------------------------ */

/* Whether the remaining pairs are only the table's own first pair. */
static bool is_as_good_as_empty(const struct reg_buffer *left)
{
    struct name_pairs rest;
    char problem[200];

    return name_pairs_parse(left->data, left->size, &rest, problem, sizeof(problem)) &&
           (rest.count == 0 || (rest.count == 1 && rest.highest == 1));
}

/* The values that an installation may write into a language's key, and into Perflib. */
static const char *const table_names[] = { "Counter", "Help" };
static const char *const perflib_names[] = { "Base Index", MARK, "Last Counter", "Last Help" };

/* Whether a key has no values other than those named. */
static bool has_only(const struct reg_key *key, const char *const *names, size_t count)
{
    for (const struct reg_value *value = key->first_value; value; value = value->next) {
        size_t i = 0;
        while (i < count && !text_utf8_equal_ignore_case(value->node.name, names[i]))
            i++;
        if (i == count)
            return false;
    }
    return true;
}

/* Remove the service's texts from one table. */
static DWORD plan_removal(struct planner *planner, const struct reg_key *language, bool is_help,
                          bool *is_emptied)
{
    const struct reg_value *value = find_table(planner, language, is_help);
    uint32_t first = is_help ? planner->result->first_help : planner->result->first_counter;
    uint32_t last = is_help ? planner->result->last_help : planner->result->last_counter;
    struct reg_buffer left = { 0 };
    struct name_pairs pairs;
    char path[PATH_SIZE];
    DWORD error = parse_table(planner, language, is_help, &pairs);

    if (error || !value)
        return error;
    snprintf(path, sizeof(path), "%s\\%s", REG_PERFLIB, language->node.name);
    name_pairs_copy_without(&pairs, first, last, &left);
    reg_buffer_add_unit(&left, 0);
    bool is_changed = left.size != (pairs.length + 1) * sizeof(WCHAR);
    /* If no system has written Base Index, an installation made the table. */
    *is_emptied = is_changed && !planner->has_base && is_as_good_as_empty(&left);
    if (left.is_lost)
        planner->changes->is_lost = true;
    else if (*is_emptied)
        registration_changes_remove_value(planner->changes, path, value->node.name);
    else if (is_changed)
        registration_changes_set_value(planner->changes, path, value->node.name, REG_MULTI_SZ,
                                       left.data, left.size);
    reg_buffer_release(&left);
    return ERROR_SUCCESS;
}

/* Set Perflib's last indices back to those before the service, if the service was the last one. */
static void plan_last(struct planner *planner, bool is_emptied)
{
    uint32_t last = planner->result->first_counter - 2, mark = MARK_KEY;

    if (planner->result->last_counter != planner->last_counter)
        return;
    if (is_emptied && !planner->has_base && last == (PERF_SYSTEM_LAST_INDEX & ~1u)) {
        for (size_t i = 0; i < sizeof(perflib_names) / sizeof(*perflib_names); i++)
            if (reg_tree_value(planner->tree, planner->perflib, perflib_names[i]))
                registration_changes_remove_value(planner->changes, REG_PERFLIB, perflib_names[i]);
        read_dword(planner, planner->perflib, MARK, &mark);
        if (mark != MARK_VALUES && has_only(planner->perflib, perflib_names,
                                            sizeof(perflib_names) / sizeof(*perflib_names)))
            registration_changes_remove_key(planner->changes, REG_PERFLIB);
        return;
    }
    set_dword(planner->changes, REG_PERFLIB, "Last Counter", last);
    set_dword(planner->changes, REG_PERFLIB, "Last Help", last + 1);
}

static bool is_ours(const char *name)
{
    static const char *const others[] = {
        "Library", "Open", "Collect", "Close", "Object List", MARK
    };

    for (size_t i = 0; i < 4; i++)
        if (text_utf8_equal_ignore_case(name, index_names[i]))
            return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (text_utf8_equal_ignore_case(name, others[i]))
            return true;
    return false;
}

/* Remove a service that an installation made, unless values or keys were added to it since. */
static void plan_service_removal(struct planner *planner, struct registration_changes *changes)
{
    const struct reg_key *performance = planner->performance, *service = performance->node.parent;
    char path[PATH_SIZE];

    if (!reg_tree_value(planner->tree, performance, MARK) || performance->first_child)
        return;
    for (const struct reg_value *value = performance->first_value; value; value = value->next)
        if (!is_ours(value->node.name))
            return;
    registration_changes_remove_key(changes, planner->performance_path);
    if (!service->first_value && service->first_child == performance && !performance->next) {
        snprintf(path, sizeof(path), "%s\\%s", REG_SERVICES, service->node.name);
        registration_changes_remove_key(changes, path);
    }
    planner->result->is_service_new = true;
}

static DWORD read_indices(struct planner *planner, const char *service)
{
    struct install_result *result = planner->result;
    uint32_t *const numbers[] = { &result->first_counter, &result->last_counter,
                                  &result->first_help, &result->last_help };

    if (!planner->performance)
        return fail(planner, ERROR_FILE_NOT_FOUND,
                    "no service \"%.100s\" with a Performance key; perfharness list shows all",
                    service);
    if (!count_indices(planner))
        return fail(planner, ERROR_FILE_NOT_FOUND, "\"%.100s\" is not installed: nothing to remove",
                    service);
    /* A missing number stays 0, which is not in order with the others. */
    for (size_t i = 0; i < 4; i++)
        (void)read_dword(planner, planner->performance, index_names[i], numbers[i]);
    if (result->first_counter % 2 || result->first_counter < 2 ||
        result->first_counter > result->last_counter || result->first_help % 2 == 0 ||
        result->first_help > result->last_help)
        return fail(planner, ERROR_INVALID_DATA,
                    "damaged: the indices of \"%.100s\" (names %u to %u, help %u to %u) are not "
                    "complete, or not in order, so texts of others could be removed with them; "
                    "perfharness doctor shows the repair, nothing was changed",
                    service, (unsigned)result->first_counter, (unsigned)result->last_counter,
                    (unsigned)result->first_help, (unsigned)result->last_help);
    return ERROR_SUCCESS;
}

/* Check that no other service has the same indices, because its texts must stay. */
static DWORD check_owners(struct planner *planner)
{
    const struct reg_key *services = reg_tree_find(planner->tree, REG_SERVICES);

    for (const struct reg_key *key = services->first_child; key; key = key->next) {
        const struct reg_key *other = reg_tree_child(planner->tree, key, "Performance");
        uint32_t first = 0, last = 0;
        if (!other || other == planner->performance ||
            !read_dword(planner, other, "First Counter", &first) ||
            !read_dword(planner, other, "Last Counter", &last))
            continue;
        if (first <= planner->result->last_counter && last >= planner->result->first_counter)
            return fail(planner, ERROR_INVALID_DATA,
                        "damaged: the indices %u to %u overlap with those of \"%.100s\" (%u to "
                        "%u), whose texts would be removed too; perfharness doctor shows the "
                        "repair, nothing was changed",
                        (unsigned)planner->result->first_counter,
                        (unsigned)planner->result->last_counter, key->node.name, (unsigned)first,
                        (unsigned)last);
    }
    return ERROR_SUCCESS;
}

DWORD install_plan_uninstall(struct install_plan *plan, const char *service)
{
    struct registration_changes *changes = &plan->changes;
    struct planner planner = planner_of(plan);
    bool is_all_empty = true; /* no language has remaining texts */

    DWORD failure = begin(&planner, service);
    if (!failure)
        failure = read_indices(&planner, service);
    if (!failure)
        failure = check_owners(&planner);
    if (failure)
        return failure;
    for (const struct reg_key *key = planner.perflib ? planner.perflib->first_child : NULL; key;
         key = key->next) {
        uint32_t language;
        if (!registration_parse_language(key->node.name, &language))
            continue;
        bool is_emptied[2] = { true, true };
        for (int is_help = 0; is_help < 2; is_help++) {
            failure = plan_removal(&planner, key, is_help, &is_emptied[is_help]);
            if (failure)
                return failure;
        }
        /* A system's table is never emptied, and a key without tables has no value of these names. */
        if (is_emptied[0] && is_emptied[1] && key->first_value && !key->first_child &&
            has_only(key, table_names, 2)) {
            char path[PATH_SIZE];
            snprintf(path, sizeof(path), "%s\\%s", REG_PERFLIB, key->node.name);
            registration_changes_remove_key(changes, path);
        } else {
            is_all_empty = false;
        }
    }
    for (size_t i = 0; i < 4; i++)
        registration_changes_remove_value(changes, planner.performance_path, index_names[i]);
    if (reg_tree_value(plan->tree, planner.performance, "Object List"))
        registration_changes_remove_value(changes, planner.performance_path, "Object List");
    plan_last(&planner, is_all_empty);
    plan_service_removal(&planner, &plan->service_changes);
    if (plan->changes.is_lost || plan->service_changes.is_lost)
        return fail(&planner, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    return ERROR_SUCCESS;
}

void install_plan_release(struct install_plan *plan)
{
    registration_changes_release(&plan->service_changes);
    registration_changes_release(&plan->changes);
}
