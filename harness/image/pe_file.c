/* SPDX-License-Identifier: MIT
 *
 * Implements pe_file.h. Offsets have the names of Microsoft's "PE Format".
 */
#include "pe_file.h"

#include <string.h>

enum {
    SECTION_NAME_SIZE = 8,
    SECTION_VIRTUAL_SIZE = 8,
    SECTION_VIRTUAL_ADDRESS = 12,
    SECTION_SIZE_OF_RAW_DATA = 16,
    SECTION_POINTER_TO_RAW_DATA = 20,

    EXPORT_DIRECTORY_SIZE = 40,
    EXPORT_NUMBER_OF_FUNCTIONS = 20,
    EXPORT_NUMBER_OF_NAMES = 24,
    EXPORT_ADDRESS_OF_FUNCTIONS = 28,
    EXPORT_ADDRESS_OF_NAMES = 32,
    EXPORT_ADDRESS_OF_NAME_ORDINALS = 36,

    SYMBOL_SIZE = 18,
    SYMBOL_SHORT_NAME_SIZE = 8,
    SYMBOL_LONG_NAME = 4, /* if the four bytes before it are 0: offset in the string table */
    SYMBOL_VALUE = 8,
    SYMBOL_SECTION_NUMBER = 12,
    SYMBOL_TYPE = 14,
    SYMBOL_NUMBER_OF_AUX_SYMBOLS = 17,
    SYMBOL_TYPE_FUNCTION = 0x20,
};

/* A section header. pe_file_parse has checked that all of them are inside the file. */
static const unsigned char *section_at(const struct pe_file *pe, size_t index)
{
    return pe->file.data + pe->header.sections + index * PE_SECTION_SIZE;
}

bool pe_file_parse(struct pe_file *pe, struct span file)
{
    struct pe_header header = { 0 };

    if (!image_header_parse_pe(file, &header) || header.section_count > PE_SECTION_LIMIT ||
        !span_at(file, header.sections, (size_t)header.section_count * PE_SECTION_SIZE))
        return false;
    *pe = (struct pe_file){ file, header };
    return true;
}

struct span pe_file_at(const struct pe_file *pe, uint32_t address)
{
    for (size_t i = 0; i < pe->header.section_count; i++) {
        const unsigned char *section = section_at(pe, i);
        const uint32_t begin = read_u32(section + SECTION_VIRTUAL_ADDRESS);
        const uint32_t size = read_u32(section + SECTION_SIZE_OF_RAW_DATA);

        if (address < begin || address - begin >= size)
            continue;

        const uint32_t inside = address - begin;
        struct span rest =
            span_rest(span_rest(pe->file, read_u32(section + SECTION_POINTER_TO_RAW_DATA)), inside);

        if (rest.size > size - inside)
            rest.size = size - inside;
        return rest;
    }
    return (struct span){ NULL, 0 };
}

/* The string table, which follows the COFF symbols; empty in a file without COFF symbols. */
static struct span string_table(const struct pe_file *pe)
{
    const uint64_t begin = pe->header.symbols + (uint64_t)pe->header.symbol_count * SYMBOL_SIZE;

    if (!pe->header.symbols || begin > pe->file.size)
        return (struct span){ NULL, 0 };
    return span_rest(pe->file, (size_t)begin);
}

/* Whether a section has a name: in its header, or "/123", where it is in the string table. */
static bool has_name(const struct pe_file *pe, const unsigned char *section, const char *name)
{
    const size_t length = strlen(name);
    uint32_t offset = 0;

    if (section[0] != '/')
        return length <= SECTION_NAME_SIZE && memcmp(section, name, length) == 0 &&
               (length == SECTION_NAME_SIZE || section[length] == 0);
    for (size_t i = 1; i < SECTION_NAME_SIZE && section[i] >= '0' && section[i] <= '9'; i++)
        offset = offset * 10 + (uint32_t)(section[i] - '0');

    const unsigned char *text = span_at(string_table(pe), offset, length + 1);

    return text && memcmp(text, name, length + 1) == 0;
}

struct span pe_file_section(const struct pe_file *pe, const char *name)
{
    for (size_t i = 0; i < pe->header.section_count; i++) {
        const unsigned char *section = section_at(pe, i);
        const uint32_t raw = read_u32(section + SECTION_SIZE_OF_RAW_DATA);
        const uint32_t used = read_u32(section + SECTION_VIRTUAL_SIZE);

        if (has_name(pe, section, name)) /* raw data after the virtual size is padding */
            return span_part(pe->file, read_u32(section + SECTION_POINTER_TO_RAW_DATA),
                             used && used < raw ? used : raw);
    }
    return (struct span){ NULL, 0 };
}

void pe_file_exports_begin(struct pe_exports *exports, const struct pe_file *pe)
{
    const struct span directory = pe_file_at(pe, pe->header.exports);
    const unsigned char *at =
        pe->header.exports ? span_at(directory, 0, EXPORT_DIRECTORY_SIZE) : NULL;

    *exports = (struct pe_exports){ .pe = pe };
    if (!at)
        return;
    exports->function_count = read_u32(at + EXPORT_NUMBER_OF_FUNCTIONS);
    exports->name_count = read_u32(at + EXPORT_NUMBER_OF_NAMES);
    exports->functions = pe_file_at(pe, read_u32(at + EXPORT_ADDRESS_OF_FUNCTIONS));
    exports->names = pe_file_at(pe, read_u32(at + EXPORT_ADDRESS_OF_NAMES));
    exports->ordinals = pe_file_at(pe, read_u32(at + EXPORT_ADDRESS_OF_NAME_ORDINALS));
}

bool pe_file_exports_next(struct pe_exports *exports, struct image_symbol *symbol)
{
    const struct pe_header *header = &exports->pe->header;
    const size_t index = exports->next;
    const unsigned char *name = span_at(exports->names, index * 4, 4);

    if (index >= exports->name_count || !name)
        return false;
    exports->next++;
    *symbol = (struct image_symbol){ .name = pe_file_at(exports->pe, read_u32(name)) };

    const unsigned char *ordinal = span_at(exports->ordinals, index * 2, 2);
    const size_t number = ordinal ? read_u16(ordinal) : SIZE_MAX;
    const unsigned char *function =
        number < exports->function_count ? span_at(exports->functions, number * 4, 4) : NULL;

    if (!function)
        return true;
    symbol->address = read_u32(function);
    /* An address inside the export directory is that of a text: "LIBRARY.function". One before the directory has
       a difference of 64 bits that is larger than any size. */
    symbol->is_function = symbol->address - header->exports >= header->exports_size;
    return true;
}

bool pe_file_next_symbol(const struct pe_file *pe, uint32_t *index, struct image_symbol *symbol)
{
    const uint64_t table_size = (uint64_t)pe->header.symbol_count * SYMBOL_SIZE;
    const size_t begin = pe->header.symbols;

    if (!begin || *index >= pe->header.symbol_count || begin > pe->file.size ||
        table_size > pe->file.size - begin)
        return false;

    const size_t names = begin + (size_t)table_size;
    const unsigned char *at = pe->file.data + begin + (size_t)*index * SYMBOL_SIZE;
    const uint16_t section = read_u16(at + SYMBOL_SECTION_NUMBER);
    const uint32_t more = 1u + at[SYMBOL_NUMBER_OF_AUX_SYMBOLS];

    *index = more < pe->header.symbol_count - *index ? *index + more : pe->header.symbol_count;
    *symbol =
        (struct image_symbol){ .name = { at, SYMBOL_SHORT_NAME_SIZE }, .is_fixed_name = true };
    if (read_u32(at) == 0) {
        symbol->name = span_rest(span_rest(pe->file, names), read_u32(at + SYMBOL_LONG_NAME));
        symbol->is_fixed_name = false;
    }
    if (section >= 1 && section <= pe->header.section_count) {
        symbol->is_function = read_u16(at + SYMBOL_TYPE) == SYMBOL_TYPE_FUNCTION;
        symbol->address =
            (uint64_t)read_u32(section_at(pe, section - 1u) + SECTION_VIRTUAL_ADDRESS) +
            read_u32(at + SYMBOL_VALUE);
    }
    return true;
}
