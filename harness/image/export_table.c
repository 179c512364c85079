/* SPDX-License-Identifier: MIT
 *
 * Reads export directories: PE by its data directory and section table, ELF by its section headers
 * (.dynsym). Every place is looked up through span_at.
 */
#include "export_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "span.h"

#define FILE_LIMIT ((size_t)512 << 20)
#define MACHINE_I386_PE 0x014C
#define MACHINE_X64_PE 0x8664
#define MACHINE_I386_ELF 3
#define MACHINE_X64_ELF 62
#define SECTION_DYNSYM 11
#define SYMBOL_FUNCTION 2

/* The zero-terminated name at `offset`, or NULL. */
static const char *name_at(struct span file, size_t offset)
{
    if (offset >= file.size || !memchr(file.data + offset, 0, file.size - offset))
        return NULL;
    return (const char *)file.data + offset;
}

static void add_name(struct export_table *table, const char *name)
{
    if (name && *name && table->count < EXPORT_TABLE_LIMIT)
        table->names[table->count++] = name;
}

/* ---- PE ---------------------------------------------------------------------------------- */

struct sections {
    struct span table; /* of 40 bytes each */
    struct span file;
};

/* File offset of a relative virtual address; SIZE_MAX when no section has it. */
static size_t offset_of(const struct sections *sections, uint32_t address)
{
    for (size_t i = 0; i + 40 <= sections->table.size; i += 40) {
        const unsigned char *section = sections->table.data + i;
        const uint32_t start = read_u32(section + 12), size = read_u32(section + 16);

        if (address >= start && address - start < size)
            return (size_t)read_u32(section + 20) + (address - start);
    }
    return SIZE_MAX;
}

static void read_pe(struct export_table *table, struct span file)
{
    const unsigned char *dos = span_at(file, 0, 64);
    const size_t header = dos ? read_u32(dos + 60) : 0;
    const unsigned char *coff = span_at(file, header, 24);

    if (!coff || memcmp(coff, "PE\0\0", 4) != 0)
        return;

    const uint16_t machine = read_u16(coff + 4), section_count = read_u16(coff + 6);
    const uint16_t optional_size = read_u16(coff + 20);
    const struct span optional = span_part(file, header + 24, optional_size);
    const bool is_64 = optional.size > 2 && read_u16(optional.data) == 0x20B;
    const unsigned char *directory = span_at(optional, is_64 ? 112 : 96, 8);
    const struct sections sections = {
        span_part(file, header + 24 + optional_size, (size_t)section_count * 40), file
    };

    table->is_readable = true;
    table->is_native = strcmp(os_library_suffix(), ".dll") == 0 &&
                       machine == (sizeof(void *) == 8 ? MACHINE_X64_PE : MACHINE_I386_PE);
    if (!directory || read_u32(directory) == 0)
        return;

    const unsigned char *exports = span_at(file, offset_of(&sections, read_u32(directory)), 40);

    if (!exports)
        return;

    const uint32_t count = read_u32(exports + 24);
    const size_t names = offset_of(&sections, read_u32(exports + 32));

    for (uint32_t i = 0; i < count && i < EXPORT_TABLE_LIMIT; i++) {
        const unsigned char *at =
            names == SIZE_MAX ? NULL : span_at(file, names + (size_t)i * 4, 4);

        if (!at)
            return;
        add_name(table, name_at(file, offset_of(&sections, read_u32(at))));
    }
}

/* ---- ELF --------------------------------------------------------------------------------- */

/* What differs between ELF of 32 and of 64 bits: offsets and sizes. */
struct elf_layout {
    size_t sections, section_size, section_count; /* in the file header: where, each, how many */
    size_t entry_offset, entry_size, entry_link;  /* in a section header */
    size_t symbol_size, symbol_info, symbol_section;
    bool is_64;
};

static const struct elf_layout elf_32 = { 32, 46, 48, 16, 20, 24, 16, 12, 14, false };
static const struct elf_layout elf_64 = { 40, 58, 60, 24, 32, 40, 24, 4, 6, true };

static size_t read_word(const struct elf_layout *layout, const unsigned char *at)
{
    const uint64_t value = layout->is_64 ? read_u64(at) : read_u32(at);

    return value > SIZE_MAX / 4 ? SIZE_MAX / 4 : (size_t)value;
}

static void read_symbols(struct export_table *table, struct span file,
                         const struct elf_layout *layout, const unsigned char *section,
                         const unsigned char *strings)
{
    const struct span symbols = span_part(file, read_word(layout, section + layout->entry_offset),
                                          read_word(layout, section + layout->entry_size));
    const struct span names = span_part(file, read_word(layout, strings + layout->entry_offset),
                                        read_word(layout, strings + layout->entry_size));

    for (size_t i = 0; i + layout->symbol_size <= symbols.size; i += layout->symbol_size) {
        const unsigned char *symbol = symbols.data + i;

        if ((symbol[layout->symbol_info] & 15) == SYMBOL_FUNCTION &&
            read_u16(symbol + layout->symbol_section) != 0)
            add_name(table, name_at(names, read_u32(symbol)));
    }
}

static void read_elf(struct export_table *table, struct span file)
{
    const unsigned char *header = span_at(file, 0, 64);

    if (!header)
        return;

    const struct elf_layout *layout = header[4] == 2 ? &elf_64 : &elf_32;
    const size_t sections = read_word(layout, header + layout->sections);
    const size_t size = read_u16(header + layout->section_size);
    const size_t count = read_u16(header + layout->section_count);

    table->is_readable = true;
    table->is_native =
        strcmp(os_library_suffix(), ".so") == 0 &&
        read_u16(header + 18) == (sizeof(void *) == 8 ? MACHINE_X64_ELF : MACHINE_I386_ELF);
    for (size_t i = 0; i < count && size >= (layout->is_64 ? 64u : 40u); i++) {
        const unsigned char *section = span_at(file, sections + i * size, size);

        if (!section || read_u32(section + 4) != SECTION_DYNSYM)
            continue;

        const size_t link = read_u32(section + layout->entry_link);
        const unsigned char *strings =
            link < count ? span_at(file, sections + link * size, size) : NULL;

        if (strings)
            read_symbols(table, file, layout, section, strings);
    }
}

/* ---- both -------------------------------------------------------------------------------- */

DWORD export_table_read(struct export_table *table, const char *path)
{
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
    if (size >= 4 && memcmp(file.data, "\177ELF", 4) == 0)
        read_elf(table, file);
    else if (size >= 2 && memcmp(file.data, "MZ", 2) == 0)
        read_pe(table, file);
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
