/* SPDX-License-Identifier: MIT
 *
 * Lists the names that a PE file exports, or the functions in an ELF file's .dynsym.
 */
#include "export_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include "os.h"
#include "pe_file.h"
#include "span.h"

/* Bytes; chosen to be above the size of any library that is loaded in practice. */
#define FILE_LIMIT ((size_t)512 << 20)
#define SYMBOL_LIMIT (4u * 1024 * 1024) /* read at most; chosen: a file can list each many times */

/* Rule: Wine 5.0, dlls/setupapi/fakedll.c: the text after the DOS header of a DLL that it makes for programs
   which look for the file. Wine itself loads its own library, from another folder. */
#define PLACEHOLDER_OFFSET 64
static const char placeholder_text[] = "Wine placeholder DLL";

static void add_name(struct export_table *table, const struct image_symbol *symbol)
{
    const char *name;

    if (image_symbol_name(symbol, &name) > 0)
        table->names[table->count++] = name;
}

/* Names without code are included, because another library may have the code. */
static void read_pe(struct export_table *table, const struct pe_file *pe)
{
    struct pe_exports exports;
    struct image_symbol symbol;

    table->is_readable = true;
    table->is_native =
        strcmp(os_library_suffix(), ".dll") == 0 &&
        pe->header.machine == (sizeof(void *) == 8 ? PE_MACHINE_X64 : PE_MACHINE_X86);
    const void *text = span_at(pe->file, PLACEHOLDER_OFFSET, sizeof(placeholder_text));
    table->is_placeholder = text && memcmp(text, placeholder_text, sizeof(placeholder_text)) == 0;
    pe_file_exports_begin(&exports, pe);
    for (size_t i = 0; i < SYMBOL_LIMIT && table->count < EXPORT_TABLE_LIMIT &&
                       pe_file_exports_next(&exports, &symbol);
         i++)
        add_name(table, &symbol);
}

static void read_elf(struct export_table *table, const struct elf_file *elf)
{
    struct elf_symbols symbols;
    struct image_symbol symbol;

    table->is_readable = true;
    table->is_native =
        strcmp(os_library_suffix(), ".so") == 0 &&
        elf->header.machine == (sizeof(void *) == 8 ? ELF_MACHINE_X64 : ELF_MACHINE_X86);
    elf_file_symbols_begin(&symbols, elf, false);
    for (size_t i = 0; i < SYMBOL_LIMIT && table->count < EXPORT_TABLE_LIMIT &&
                       elf_file_symbols_next(&symbols, &symbol);
         i++)
        if (symbol.is_function)
            add_name(table, &symbol);
}

DWORD export_table_read(struct export_table *table, const char *path)
{
    struct elf_file elf;
    struct pe_file pe;
    size_t size;
    DWORD error;

    *table = (struct export_table){ 0 };
    error = os_file_read_all(path, &table->data, &size, FILE_LIMIT);
    if (error) {
        *table = (struct export_table){ 0 };
        return error;
    }

    const struct span file = { table->data, size };

    table->names = calloc(EXPORT_TABLE_LIMIT, sizeof(*table->names));
    if (!table->names) {
        export_table_release(table);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (elf_file_parse(&elf, file))
        read_elf(table, &elf);
    else if (pe_file_parse(&pe, file))
        read_pe(table, &pe);
    return ERROR_SUCCESS;
}

static bool begins_with(const char *name, const char *prefix)
{
    for (; *prefix; name++, prefix++)
        if ((*name | 0x20) != (*prefix | 0x20))
            return false;
    return true;
}

const char *export_table_guess(const struct export_table *table, const char *prefix)
{
    const char *found = NULL;

    for (size_t i = 0; i < table->count; i++) {
        if (!begins_with(table->names[i], prefix))
            continue;
        if (found)
            return NULL;
        found = table->names[i];
    }
    return found;
}

void export_table_release(struct export_table *table)
{
    free((void *)table->names);
    free(table->data);
    *table = (struct export_table){ 0 };
}
