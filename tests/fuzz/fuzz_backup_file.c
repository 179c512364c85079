/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any text as a backup of the counter registry. Every value that is read has a name, and
 * data of the type that it claims.
 */
#include <stdint.h>
#include <stdlib.h>

#include "backup_file.h"
#include "machine_input.h"
#include "registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_values(const struct reg_key *key)
{
    for (const struct reg_value *value = key->first_value; value; value = value->next)
        if (value->type != REG_DWORD ? value->type != REG_MULTI_SZ : value->size != 4)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registration_error error;
    struct machine_input input = { .name = "f" };
    struct reg_text text;

    if (reg_text_decode(data, size, "f", "a backup", &text, &error))
        return 0;
    if (backup_file_is(&text) && !backup_file_parse(&text, &input)) {
        const struct reg_key *perflib = reg_tree_find(&input.tree, REG_PERFLIB);
        if (perflib)
            check_values(perflib);
        for (const struct reg_key *key = perflib ? perflib->first_child : NULL; key;
             key = key->next)
            check_values(key);
    }
    machine_input_release(&input);
    reg_text_release(&text);
    return 0;
}
