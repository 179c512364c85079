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

#define FILE_LIMIT (512u * 1024 * 1024) /* bytes; as in export_table.c */
#define SYMBOL_LIMIT (4u * 1024 * 1024) /* as in export_table.c */

/* The best symbol so far. */
struct nearest {
    uint64_t wanted; /* the searched offset from the module's base */
    uint64_t found;
    const char *name; /* in the file; NULL: no symbol yet */
    size_t name_size; /* bytes, without terminator */
    size_t looked_at; /* number of symbols that were read; only in the first of several */
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

/* All that are searched for, of one file. */
struct search {
    struct nearest *items;
    size_t count;
};

static void consider_all(struct search *search, const struct image_symbol *symbol, uint64_t base)
{
    for (size_t i = 0; i < search->count; i++)
        consider(&search->items[i], symbol, base);
}

static void search_elf(const struct elf_file *elf, struct search *search)
{
    const uint64_t base = elf_file_base(elf);
    struct elf_symbols symbols;
    struct image_symbol symbol;

    elf_file_symbols_begin(&symbols, elf, true);
    while (may_look(search->items) && elf_file_symbols_next(&symbols, &symbol))
        consider_all(search, &symbol, base);
}

static void search_pe(const struct pe_file *pe, struct search *search)
{
    struct pe_exports exports;
    struct image_symbol symbol;
    uint32_t index = 0;

    pe_file_exports_begin(&exports, pe);
    while (may_look(search->items) && pe_file_exports_next(&exports, &symbol))
        consider_all(search, &symbol, 0);
    while (may_look(search->items) && pe_file_next_symbol(pe, &index, &symbol))
        consider_all(search, &symbol, 0);
}

/* The names point into *data, which the caller frees in any case. */
static DWORD search_file(const char *path, struct search *search, void **data)
{
    struct elf_file elf;
    struct pe_file pe;
    size_t size;

    *data = NULL;
    DWORD error = os_file_read_all(path, data, &size, FILE_LIMIT);
    if (error) {
        *data = NULL;
        return error;
    }
    const struct span file = { *data, size };
    if (elf_file_parse(&elf, file))
        search_elf(&elf, search);
    else if (pe_file_parse(&pe, file))
        search_pe(&pe, search);
    else
        return ERROR_BAD_EXE_FORMAT;
    return search->items[0].looked_at > SYMBOL_LIMIT ? ERROR_NOT_FOUND : ERROR_SUCCESS;
}

static void copy_name(const struct nearest *nearest, char *symbol, size_t size)
{
    const size_t length = nearest->name_size < size ? nearest->name_size : size - 1;

    memcpy(symbol, nearest->name, length);
    symbol[length] = 0;
}

DWORD symbol_file_find(const char *path, uint64_t module_offset, char *symbol, size_t size,
                       uint64_t *symbol_offset)
{
    struct nearest nearest = { .wanted = module_offset };
    struct search search = { &nearest, 1 };
    void *data;

    DWORD error = search_file(path, &search, &data);
    if (!error && !nearest.name)
        error = ERROR_NOT_FOUND;
    if (!error) {
        copy_name(&nearest, symbol, size);
        *symbol_offset = module_offset - nearest.found;
    }
    free(data);
    return error;
}

void symbol_file_find_all(const char *path, const uint64_t *module_offsets, size_t count,
                          struct symbol_file_place *places)
{
    struct search search = { calloc(count, sizeof(struct nearest)), count };
    void *data = NULL;

    memset(places, 0, count * sizeof(*places));
    for (size_t i = 0; search.items && i < count; i++)
        search.items[i].wanted = module_offsets[i];
    if (search.items && count && !search_file(path, &search, &data))
        for (size_t i = 0; i < count; i++)
            if (search.items[i].name) {
                copy_name(&search.items[i], places[i].symbol, sizeof(places[i].symbol));
                places[i].begin = search.items[i].found;
            }
    free(search.items);
    free(data);
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
    if (image_header_parse_elf(file, &elf))
        bits = elf.is_64 ? 64 : 32;
    else if (image_header_parse_pe(file, &pe))
        bits = pe.is_64 ? 64 : 32;
    free(data);
    return bits;
}
