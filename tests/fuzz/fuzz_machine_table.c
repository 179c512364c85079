/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a name table (perfc009.dat). Names are increasing, lie within the bytes,
 * and are found again.
 *
 * Corpus: tests/registrations
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "machine_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine_table table = { .is_help = size % 2 == 0 };
    WCHAR *units = malloc(size + 1);

    if (!units)
        return 0;
    memcpy(units, data, size);
    if (machine_table_read(&table, units, size))
        abort();
    for (size_t i = 0; i < table.count; i++) {
        const struct machine_name *name = &table.names[i];
        if (name->text < units || name->text + name->length > units + size / 2 || !name->length ||
            (i > 0 && name->index <= table.names[i - 1].index) ||
            machine_table_find(&table, name->index) != name)
            abort();
    }
    if (table.slip_count ? table.slip >= size / 2 : table.slip != MACHINE_TABLE_NOWHERE)
        abort();
    machine_table_release(&table);
    free(units);
    return 0;
}
