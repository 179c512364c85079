/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a registry and as a set of counters to install there. The input is
 *
 *     number of counters, a byte | number of languages, a byte | options, a byte | a .reg file
 *
 * If there is a plan to install, its indices are even for names and odd for help, and above all indices of
 * the registry. Its changes can be made, the installed set can be removed, and it can be installed once more.
 *
 * Corpus: tests/registrations registry
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "install_plan.h"
#include "reg_edit.h"
#include "registration_file.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALL_LANGUAGES = 1, NEW_SERVICE = 2 };

static struct registration_error error;

/* Make the changes in the text of the registry, as the store of a file does. */
static bool make_changes(struct reg_text *text, const struct registration_changes *changes)
{
    DWORD failure = ERROR_SUCCESS;

    if (changes->is_lost)
        return false;
    for (size_t i = 0; i < changes->count && !failure; i++) {
        const struct registration_change *change = &changes->items[i];
        switch (change->kind) {
        case REGISTRATION_ADD_KEY:
            failure = reg_edit_add_key(text, change->path);
            break;
        case REGISTRATION_SET_VALUE:
            failure = reg_edit_set(text, change->path, change->name, change->type, change->data,
                                   change->size);
            break;
        case REGISTRATION_REMOVE_VALUE:
            failure = reg_edit_remove_value(text, change->path, change->name);
            break;
        default:
            failure = reg_edit_remove_key(text, change->path);
        }
    }
    return failure == ERROR_SUCCESS;
}

static bool install(struct reg_text *text, const struct counter_set *set, unsigned options,
                    struct install_result *result)
{
    const struct install_service none = { NULL, NULL, NULL, NULL };
    const struct install_service new_service = { "fuzz.dll", "Open", "Collect", "Close" };
    struct reg_tree tree = { 0 };
    struct install_plan plan = { .tree = &tree, .source = "f", .error = &error };

    if (registration_file_load(text, "f", &tree, &error))
        return false;
    DWORD failure = install_plan_install(&plan, set, options & NEW_SERVICE ? &new_service : &none,
                                         options & ALL_LANGUAGES);
    bool is_made =
        !failure && make_changes(text, &plan.service_changes) && make_changes(text, &plan.changes);
    if (!failure && ((plan.result.first_counter & 1) || !(plan.result.first_help & 1) ||
                     plan.result.last_counter - plan.result.first_counter != set->last_offset ||
                     plan.result.last_help - plan.result.first_help != set->last_offset))
        abort();
    if (result)
        *result = plan.result;
    install_plan_release(&plan);
    reg_tree_release(&tree);
    return is_made;
}

static bool uninstall(struct reg_text *text)
{
    struct reg_tree tree = { 0 };
    struct install_plan plan = { .tree = &tree, .source = "f", .error = &error };

    if (registration_file_load(text, "f", &tree, &error))
        abort(); /* what a plan has made can be read */
    DWORD failure = install_plan_uninstall(&plan, "fuzz");
    bool is_made =
        !failure && make_changes(text, &plan.changes) && make_changes(text, &plan.service_changes);
    install_plan_release(&plan);
    reg_tree_release(&tree);
    return is_made;
}

enum { LANGUAGES = 5, OFFSETS = 12 };

/* A set with a name and a help text for each even offset, in each language. */
static void make_set(struct counter_set *set, uint32_t offset_count, uint32_t language_count)
{
    static uint32_t languages[LANGUAGES] = { 4, 9, 16, 1031, 1033 }, object;
    static struct name_table_entry entries[2 * LANGUAGES * OFFSETS];
    static char service[] = "fuzz", text[] = "text";
    size_t count = 0;

    for (uint32_t i = 0; i < language_count; i++)
        for (int kind = NAME_TABLE_COUNTER; kind <= NAME_TABLE_HELP; kind++)
            for (uint32_t offset = 0; offset < offset_count; offset++)
                entries[count++] =
                    (struct name_table_entry){ languages[i], (enum name_table_kind)kind, 2 * offset,
                                               text };
    *set = (struct counter_set){
        .service = service,
        .languages = languages,
        .language_count = language_count,
        .objects = &object,
        .object_count = 1,
        .last_offset = 2 * (offset_count - 1),
        .texts = { entries, count },
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counter_set set;
    struct reg_text text = { 0 };
    struct install_result first, second;

    if (size < 3 || reg_text_decode(data + 3, size - 3, "f", "a .reg file", &text, &error))
        return 0;
    make_set(&set, 1 + data[0] % OFFSETS, 1 + data[1] % LANGUAGES);
    /* A service that the installation has made is removed with its counters. */
    if (install(&text, &set, data[2], &first) && uninstall(&text) &&
        install(&text, &set, data[2], &second) && second.title_count != first.title_count)
        abort();
    reg_text_release(&text);
    return 0;
}
