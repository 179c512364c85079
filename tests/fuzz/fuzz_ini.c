/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as an .ini file and as a symbol file, and as the name table from which an
 * uninstallation removes texts.
 *
 * Corpus: tests/registrations registry
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "counter_symbols.h"
#include "ini_file.h"
#include "name_pairs.h"
#include "name_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registration_error error;

/* Valid pairs are those that a reader finds, and a copy without changes has the same pairs. */
static void split_pairs(const uint8_t *data, size_t size)
{
    WCHAR *units = malloc(size + 2);
    struct name_table table = { 0 };
    struct reg_buffer copy = { 0 };
    struct name_pairs pairs;
    char problem[200];
    size_t broken;

    if (!units)
        return;
    memcpy(units, data, size);
    if (name_table_add(&table, 9, NAME_TABLE_COUNTER, units, size / 2, &broken))
        abort();
    if (name_pairs_parse(units, size, &pairs, problem, sizeof(problem))) {
        if (size >= 2 && pairs.count != table.count)
            abort();
        name_pairs_copy_without(&pairs, 1, 0, &copy);
        if (copy.size != pairs.length * 2 ||
            (copy.size && memcmp(copy.data, units, copy.size) != 0))
            abort();
    }
    reg_buffer_release(&copy);
    name_table_release(&table);
    free(units);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counter_symbols symbols = { 0 };
    struct ini_file ini = { 0 };
    struct reg_text text = { 0 };

    if (size)
        split_pairs(data, size);
    if (reg_text_decode(data, size, "f", "an .ini file", &text, &error))
        return 0;
    if (!ini_file_parse(&text, "f", &ini, &error))
        ini_file_release(&ini);
    if (!counter_symbols_parse(&text, "f", &symbols, &error)) {
        for (size_t i = 0; i < symbols.count; i++)
            if (!counter_symbols_find(&symbols, symbols.symbols[i].name,
                                      strlen(symbols.symbols[i].name)))
                abort();
        counter_symbols_release(&symbols);
    }
    reg_text_release(&text);
    return 0;
}
