/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a .reg file. What is read is checked and interpreted; setting a value and
 * removing it again must leave the same keys and values.
 *
 * Corpus: tests/registrations tests/buffers registry
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reg_edit.h"
#include "registration_file.h"
#include "registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registration_error error;
static size_t count_values(const struct reg_tree *tree)
{
    return tree->node_count;
}

/* Set and remove a key and a value that do not exist. */
static void edit(struct reg_text *text, size_t expected)
{
    static const char path[] = REG_SERVICES "\\fuzz\\Performance";
    struct reg_tree tree = { 0 };

    if (registration_file_load(text, "f", &tree, &error))
        abort();
    bool is_there = reg_tree_find(&tree, path) != NULL;
    bool has_service = reg_tree_find(&tree, REG_SERVICES "\\fuzz") != NULL;
    bool has_above = reg_tree_find(&tree, REG_SERVICES) != NULL;
    reg_tree_release(&tree);
    if (is_there || has_service || !has_above)
        return;
    DWORD failure = reg_edit_set(text, path, "Library", REG_SZ, TEXT16("x"), 4);
    if (failure || reg_edit_set(text, path, "Library", REG_MULTI_SZ, TEXT16("a\0"), 6))
        abort();
    if (registration_file_load(text, "f", &tree, &error) ||
        count_values(&tree) != expected + 3) /* fuzz, Performance, Library */
        abort();
    reg_tree_release(&tree);
    if (reg_edit_remove_value(text, path, "library") || reg_edit_remove_key(text, path) ||
        registration_file_load(text, "f", &tree, &error) || count_values(&tree) != expected)
        abort();
    reg_tree_release(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registration registration;
    struct reg_text text = { 0 };
    struct reg_tree tree = { 0 };

    if (reg_text_decode(data, size, "f", "a .reg file", &text, &error))
        return 0;
    if (!registration_file_load(&text, "f", &tree, &error)) {
        size_t count = count_values(&tree);
        if (!registration_read(&tree, "f", &registration))
            registration_release(&registration);
        reg_tree_release(&tree);
        edit(&text, count);
    }
    reg_text_release(&text);
    return 0;
}
