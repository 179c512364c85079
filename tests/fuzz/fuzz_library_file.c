/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a library's file, whose exports and symbols the harness reads without
 * loading it. The first eight bytes are the address to look up.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export_table.h"
#include "os.h"
#include "symbol_file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[512];

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void remove_file(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *base = getenv("TMPDIR");

    (void)argc, (void)argv;
    snprintf(path, sizeof(path), "%s/fuzz-library-%d", base ? base : "/tmp", (int)getpid());
    atexit(remove_file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct export_table table;
    uint64_t address, offset;
    char symbol[16] = "unchanged";

    if (size < sizeof(address))
        return 0;
    memcpy(&address, data, sizeof(address));
    FILE *file = fopen(path, "wb");
    need(file != NULL);
    fwrite(data + sizeof(address), 1, size - sizeof(address), file);
    fclose(file);

    if (export_table_read(&table, path) == ERROR_SUCCESS) {
        for (size_t i = 0; i < table.count; i++)
            need(strlen(table.names[i]) < size);
        export_table_guess(&table, "Open");
        export_table_release(&table);
    }
    symbol_file_bits(path);
    for (int i = 0; i < 2; i++, address &= 0xFFFF) /* most addresses are too large */
        if (symbol_file_find(path, address, symbol, sizeof(symbol), &offset) == ERROR_SUCCESS)
            need(memchr(symbol, 0, sizeof(symbol)) != NULL && offset <= address);
    return 0;
}
