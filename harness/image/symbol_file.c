/* SPDX-License-Identifier: MIT
 *
 * Searches the symbols of an ELF or PE file for the nearest one. The caller reports a fault with
 * it, so a file that cannot be read only means that the function has no name.
 */
#include "symbol_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include "os.h"
#include "pe_file.h"
#include "span.h"

#define FILE_LIMIT (512u * 1024 * 1024)
#define SYMBOL_LIMIT (4u * 1024 * 1024) /* read at most: a file can list each many times */

/* The best symbol so far. */
struct nearest {
    uint64_t wanted; /* the searched offset from the module's base */
    uint64_t found;
    const char *name; /* in the file; NULL: no symbol yet */
    size_t name_size; /* bytes, without terminator */
    size_t looked_at; /* number of symbols that were read */
};

/* Called before each symbol. False if the limit is reached. */
static bool may_look(struct nearest *nearest)
{
    return nearest->looked_at++ < SYMBOL_LIMIT;
}

/* Compare a symbol with the best one. Its name is read last, because a file can make each name
   long. Names of sections begin with a dot and are ignored. */
static void consider(struct nearest *nearest, const struct image_symbol *symbol, uint64_t base)
{
    const uint64_t at = symbol->address - base;
    const char *name;

    if (!symbol->is_function || symbol->address < base || at > nearest->wanted ||
        (nearest->name && at <= nearest->found))
        return;

    const size_t size = image_symbol_name(symbol, &name);

    if (size == 0 || *name == '.')
        return;
    nearest->found = at;
    nearest->name = name;
    nearest->name_size = size;
}

static void search_elf(const struct elf_file *elf, struct nearest *nearest)
{
    const uint64_t base = elf_file_base(elf);
    struct elf_symbols symbols;
    struct image_symbol symbol;

    elf_symbols_begin(&symbols, elf, true);
    while (may_look(nearest) && elf_symbols_next(&symbols, &symbol))
        consider(nearest, &symbol, base);
}

static void search_pe(const struct pe_file *pe, struct nearest *nearest)
{
    struct pe_exports exports;
    struct image_symbol symbol;
    uint32_t index = 0;

    pe_exports_begin(&exports, pe);
    while (may_look(nearest) && pe_exports_next(&exports, &symbol))
        consider(nearest, &symbol, 0);
    while (may_look(nearest) && pe_file_next_symbol(pe, &index, &symbol))
        consider(nearest, &symbol, 0);
}

DWORD symbol_file_find(const char *path, uint64_t module_offset, char *symbol, size_t size,
                       uint64_t *symbol_offset)
{
    struct nearest nearest = { .wanted = module_offset };
    struct elf_file elf;
    struct pe_file pe;
    void *data;
    size_t data_size;

    DWORD error = os_file_read_all(path, &data, &data_size, FILE_LIMIT);
    if (error)
        return error;
    const struct span file = { data, data_size };
    if (elf_file_parse(&elf, file))
        search_elf(&elf, &nearest);
    else if (pe_file_parse(&pe, file))
        search_pe(&pe, &nearest);
    else
        error = ERROR_BAD_EXE_FORMAT;
    if (!error && (!nearest.name || nearest.looked_at > SYMBOL_LIMIT))
        error = ERROR_NOT_FOUND;
    if (!error) {
        size_t length = nearest.name_size < size ? nearest.name_size : size - 1;
        memcpy(symbol, nearest.name, length);
        symbol[length] = 0;
        *symbol_offset = module_offset - nearest.found;
    }
    free(data);
    return error;
}

int symbol_file_bits(const char *path)
{
    struct elf_header elf;
    struct pe_header pe;
    void *data;
    size_t size;
    int bits = 0;

    if (os_file_read_all(path, &data, &size, FILE_LIMIT))
        return 0;
    const struct span file = { data, size };
    if (elf_header_parse(file, &elf))
        bits = elf.is_64 ? 64 : 32;
    else if (pe_header_parse(file, &pe))
        bits = pe.is_64 ? 64 : 32;
    free(data);
    return bits;
}
