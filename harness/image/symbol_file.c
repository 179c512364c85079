/* SPDX-License-Identifier: MIT
 *
 * Reads just so much of ELF and PE files as is needed to name a function. Whoever asks has a fault
 * to report: a file that cannot be read costs only the name.
 */
#include "symbol_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "span.h"

#define FILE_LIMIT (512u * 1024 * 1024)
#define SYMBOL_LIMIT (4u * 1024 * 1024) /* that are looked at; a file can list each many times */
#define NAME_LIMIT 1024                 /* bytes of a name */
#define PE_SECTION_LIMIT 96             /* Windows' loader takes no more */

/* The best symbol so far. */
struct nearest {
    uint64_t wanted; /* offset from the module's base */
    uint64_t found;
    const char *name; /* in the file; NULL: none yet */
    size_t name_size; /* bytes, without terminator */
    size_t looked_at; /* symbols */
};

/* To be asked for each symbol; false when there were too many to go on. */
static bool may_look(struct nearest *nearest)
{
    return nearest->looked_at++ < SYMBOL_LIMIT;
}

static bool is_nearer(const struct nearest *nearest, uint64_t at)
{
    return at <= nearest->wanted && (!nearest->name || at > nearest->found);
}

static void consider(struct nearest *nearest, uint64_t at, const char *name, size_t name_size)
{
    if (!name || name_size == 0 || *name == '.' || !is_nearer(nearest, at))
        return;
    nearest->found = at;
    nearest->name = name;
    nearest->name_size = name_size;
}

/* A zero-terminated name in a span; its size, or 0 when it is not terminated there, or too long. */
static size_t name_at(struct span span, uint64_t offset, const char **name)
{
    if (offset >= span.size)
        return 0;
    const char *begin = (const char *)span.data + offset;
    const size_t room = span.size - (size_t)offset;
    const char *end = memchr(begin, 0, room < NAME_LIMIT ? room : NAME_LIMIT);
    if (!end)
        return 0;
    *name = begin;
    return (size_t)(end - begin);
}

/* ---- ELF, 64-bit little-endian ------------------------------------------------------------ */

struct elf_section {
    uint32_t type, link;
    struct span content;
};

static bool elf_section_at(struct span file, uint32_t number, struct elf_section *section)
{
    const unsigned char *header = span_at(file, 0, 64);
    uint64_t table = read_u64(header + 40);
    uint16_t entry_size = read_u16(header + 58);

    if (entry_size < 64 || number >= read_u16(header + 60) || table > file.size)
        return false;
    const unsigned char *at = span_at(file, (size_t)table + (size_t)number * entry_size, 64);
    if (!at)
        return false;
    uint64_t offset = read_u64(at + 24), size = read_u64(at + 32);
    section->type = read_u32(at + 4);
    section->link = read_u32(at + 40);
    section->content = offset <= file.size && size <= file.size
                           ? span_part(file, (size_t)offset, (size_t)size)
                           : span_part(file, 0, 0);
    return true;
}

/* Lowest address of the loaded parts, in whole pages: what the base stands for. */
static uint64_t elf_base(struct span file)
{
    const unsigned char *header = span_at(file, 0, 64);
    uint64_t table = read_u64(header + 32), lowest = UINT64_MAX;
    uint16_t entry_size = read_u16(header + 54), count = read_u16(header + 56);

    for (uint16_t i = 0; i < count && entry_size >= 56 && table <= file.size; i++) {
        const unsigned char *at = span_at(file, (size_t)table + (size_t)i * entry_size, 56);
        if (at && read_u32(at) == 1 && read_u64(at + 16) < lowest)
            lowest = read_u64(at + 16);
    }
    return lowest == UINT64_MAX ? 0 : lowest & ~UINT64_C(0xFFF);
}

static void search_elf(struct span file, struct nearest *nearest)
{
    enum { SYMTAB = 2, DYNSYM = 11, FUNCTION = 2, SYMBOL_SIZE = 24 };
    uint64_t base = elf_base(file);
    struct elf_section section, names;

    for (uint32_t number = 0; elf_section_at(file, number, &section); number++) {
        if ((section.type != SYMTAB && section.type != DYNSYM) ||
            !elf_section_at(file, section.link, &names))
            continue;
        for (size_t at = 0; section.content.size - at >= SYMBOL_SIZE && may_look(nearest);
             at += SYMBOL_SIZE) {
            const unsigned char *symbol = section.content.data + at;
            const char *name = NULL;
            uint64_t value = read_u64(symbol + 8);
            if ((symbol[4] & 15) != FUNCTION || read_u16(symbol + 6) == 0 || value < base ||
                !is_nearer(nearest, value - base))
                continue;
            size_t name_size = name_at(names.content, read_u32(symbol), &name);
            consider(nearest, value - base, name, name_size);
        }
    }
}

/* ---- PE, 32 and 64 bit -------------------------------------------------------------------- */

struct pe {
    struct span file;
    size_t sections; /* offset of the section table */
    uint16_t section_count;
    uint32_t exports, exports_size; /* address in the image, bytes */
    uint32_t symbols, symbol_count; /* COFF: offset in the file */
    bool is_64;
};

static bool pe_open(struct span file, struct pe *pe)
{
    const unsigned char *dos = span_at(file, 0, 64);

    if (!dos || memcmp(dos, "MZ", 2) != 0)
        return false;
    size_t at = read_u32(dos + 60);
    const unsigned char *header = span_at(file, at, 24);
    if (!header || memcmp(header, "PE\0", 4) != 0)
        return false;
    uint16_t optional_size = read_u16(header + 20);
    const unsigned char *optional = span_at(file, at + 24, optional_size);
    if (!optional || optional_size < 2)
        return false;
    memset(pe, 0, sizeof(*pe));
    pe->is_64 = read_u16(optional) == 0x20B;
    size_t directories = pe->is_64 ? 112 : 96;
    pe->file = file;
    pe->section_count = read_u16(header + 6);
    if (pe->section_count > PE_SECTION_LIMIT)
        return false;
    pe->sections = at + 24 + optional_size;
    pe->symbols = read_u32(header + 12);
    pe->symbol_count = read_u32(header + 16);
    if (optional_size >= directories + 8) {
        pe->exports = read_u32(optional + directories);
        pe->exports_size = read_u32(optional + directories + 4);
    }
    return true;
}

/* The file's bytes at an address of the image, up to the end of the section; empty if none. */
static struct span pe_at(const struct pe *pe, uint32_t address)
{
    for (uint16_t i = 0; i < pe->section_count; i++) {
        const unsigned char *section = span_at(pe->file, pe->sections + (size_t)i * 40, 40);
        if (!section)
            break;
        uint32_t begin = read_u32(section + 12), size = read_u32(section + 16);
        if (address >= begin && address - begin < size) {
            uint32_t inside = address - begin;
            uint64_t offset = (uint64_t)read_u32(section + 20) + inside;
            return offset <= pe->file.size ? span_part(pe->file, (size_t)offset, size - inside)
                                           : span_part(pe->file, 0, 0);
        }
    }
    return span_part(pe->file, 0, 0);
}

static void search_exports(const struct pe *pe, struct nearest *nearest)
{
    struct span directory = pe_at(pe, pe->exports);
    const unsigned char *header = pe->exports ? span_at(directory, 0, 40) : NULL;

    if (!header)
        return;
    uint32_t functions_count = read_u32(header + 20), names_count = read_u32(header + 24);
    struct span functions = pe_at(pe, read_u32(header + 28));
    struct span names = pe_at(pe, read_u32(header + 32));
    struct span ordinals = pe_at(pe, read_u32(header + 36));
    for (uint32_t i = 0; i < names_count && may_look(nearest); i++) {
        const unsigned char *name_address = span_at(names, (size_t)i * 4, 4);
        const unsigned char *ordinal = span_at(ordinals, (size_t)i * 2, 2);
        if (!name_address || !ordinal)
            break;
        uint16_t number = read_u16(ordinal);
        const unsigned char *function = span_at(functions, (size_t)number * 4, 4);
        if (number >= functions_count || !function)
            continue;
        uint32_t address = read_u32(function);
        if (address >= pe->exports && address - pe->exports < pe->exports_size)
            continue; /* forwarded to another library */
        const char *name = NULL;
        size_t name_size = name_at(pe_at(pe, read_u32(name_address)), 0, &name);
        consider(nearest, address, name, name_size);
    }
}

static void search_coff(const struct pe *pe, struct nearest *nearest)
{
    enum { SYMBOL_SIZE = 18, FUNCTION = 0x20 };
    uint64_t names_at = (uint64_t)pe->symbols + (uint64_t)pe->symbol_count * SYMBOL_SIZE;

    if (!pe->symbols || names_at > pe->file.size)
        return;
    struct span names = span_part(pe->file, (size_t)names_at, pe->file.size - (size_t)names_at);
    for (uint32_t i = 0; i < pe->symbol_count && may_look(nearest); i++) {
        const unsigned char *symbol = pe->file.data + pe->symbols + (size_t)i * SYMBOL_SIZE;
        uint16_t number = read_u16(symbol + 12);
        const unsigned char *section =
            number >= 1 && number <= pe->section_count
                ? span_at(pe->file, pe->sections + (size_t)(number - 1) * 40, 40)
                : NULL;
        if (section && read_u16(symbol + 14) == FUNCTION) {
            const char *name = (const char *)symbol;
            size_t name_size = 0;
            if (read_u32(symbol) == 0)
                name_size = name_at(names, read_u32(symbol + 4), &name);
            else
                while (name_size < 8 && name[name_size])
                    name_size++;
            consider(nearest, (uint64_t)read_u32(section + 12) + read_u32(symbol + 8), name,
                     name_size);
        }
        i += symbol[17]; /* auxiliary records */
    }
}

DWORD symbol_file_find(const char *path, uint64_t module_offset, char *symbol, size_t size,
                       uint64_t *symbol_offset)
{
    struct nearest nearest = { .wanted = module_offset };
    struct pe pe;
    void *data;
    size_t data_size;

    DWORD error = os_file_read_all(path, &data, &data_size, FILE_LIMIT);
    if (error)
        return error;
    struct span file = { data, data_size };
    const unsigned char *magic = span_at(file, 0, 64);
    if (magic && memcmp(magic, "\177ELF\2\1", 6) == 0) {
        search_elf(file, &nearest);
    } else if (pe_open(file, &pe)) {
        search_exports(&pe, &nearest);
        search_coff(&pe, &nearest);
    } else {
        error = ERROR_BAD_EXE_FORMAT;
    }
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
    struct pe pe;
    void *data;
    size_t size;
    int bits = 0;

    if (os_file_read_all(path, &data, &size, FILE_LIMIT))
        return 0;
    struct span file = { data, size };
    const unsigned char *magic = span_at(file, 0, 64);
    if (magic && memcmp(magic, "\177ELF", 4) == 0)
        bits = magic[4] == 1 ? 32 : magic[4] == 2 ? 64 : 0;
    else if (pe_open(file, &pe))
        bits = pe.is_64 ? 64 : 32;
    free(data);
    return bits;
}
