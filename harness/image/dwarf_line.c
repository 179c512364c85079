/* SPDX-License-Identifier: MIT
 *
 * Implements dwarf_line.h. Each unit of .debug_line has a header and a program, which makes rows of
 * addresses and lines. A row holds from its address to that of the next one.
 */
#include "dwarf_line.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_LIMIT 16 /* members of an entry of a table; chosen: version 5 names five */

enum {
    CONTENT_PATH = 1,
    CONTENT_FOLDER = 2,

    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_DATA1 = 0x0B,
    FORM_STRP = 0x0E,
    FORM_UDATA = 0x0F,
    FORM_DATA16 = 0x1E,
    FORM_LINE_STRP = 0x1F,

    LINE_COPY = 1,
    LINE_ADVANCE_PC = 2,
    LINE_ADVANCE_LINE = 3,
    LINE_SET_FILE = 4,
    LINE_SET_COLUMN = 5,
    LINE_NEGATE_STATEMENT = 6,
    LINE_SET_BASIC_BLOCK = 7,
    LINE_CONST_ADD_PC = 8,
    LINE_FIXED_ADVANCE_PC = 9,

    EXTENDED_END = 1,
    EXTENDED_SET_ADDRESS = 2,
};

/* ---- reading ----------------------------------------------------------------------------------- */

/* Bytes that are taken from the front. `is_cut`: too few were left, and zeros were returned. */
struct cursor {
    struct span rest;
    bool is_cut;
};

static const unsigned char *take(struct cursor *cursor, uint64_t size)
{
    const unsigned char *at = cursor->rest.data;

    if (size > cursor->rest.size) {
        cursor->is_cut = true;
        cursor->rest.size = 0;
        return NULL;
    }
    span_take(&cursor->rest, (size_t)size);
    return at;
}

static uint8_t take_u8(struct cursor *cursor)
{
    const unsigned char *at = take(cursor, 1);

    return at ? *at : 0;
}

static uint16_t take_u16(struct cursor *cursor)
{
    const unsigned char *at = take(cursor, 2);

    return at ? read_u16(at) : 0;
}

static uint64_t take_word(struct cursor *cursor, unsigned size)
{
    const unsigned char *at = take(cursor, size);

    return !at ? 0 : size == 8 ? read_u64(at) : size == 4 ? read_u32(at) : 0;
}

static uint64_t take_unsigned(struct cursor *cursor)
{
    uint64_t value = 0;
    unsigned shift = 0;

    for (;;) {
        const uint8_t byte = take_u8(cursor);

        if (shift < 64)
            value |= (uint64_t)(byte & 0x7F) << shift;
        shift += shift < 64 ? 7 : 0;
        if (!(byte & 0x80))
            return value;
    }
}

static int64_t take_signed(struct cursor *cursor)
{
    uint64_t value = 0;
    unsigned shift = 0;

    for (;;) {
        const uint8_t byte = take_u8(cursor);

        if (shift < 64)
            value |= (uint64_t)(byte & 0x7F) << shift;
        shift += shift < 64 ? 7 : 0;
        if (byte & 0x80)
            continue;
        if (shift < 64 && byte & 0x40)
            value |= ~(uint64_t)0 << shift;
        return (int64_t)value;
    }
}

/* A text up to its terminator; NULL if it is not terminated. */
static const char *take_text(struct cursor *cursor)
{
    const unsigned char *begin = cursor->rest.data;
    const unsigned char *end = cursor->rest.size ? memchr(begin, 0, cursor->rest.size) : NULL;

    if (!end) {
        cursor->is_cut = true;
        cursor->rest.size = 0;
        return NULL;
    }
    span_take(&cursor->rest, (size_t)(end - begin) + 1);
    return (const char *)begin;
}

static const char *text_at(struct span section, uint64_t offset)
{
    struct cursor cursor = { .rest = section };

    take(&cursor, offset);
    return take_text(&cursor);
}

/* ---- one unit -------------------------------------------------------------------------------------- */

struct unit {
    const struct dwarf_sections *sections;
    uint16_t version;
    unsigned offset_size; /* 4 or 8 */
    uint8_t instruction_length, line_range, opcode_base;
    int8_t line_base;
    const unsigned char *opcode_lengths; /* of the standard opcodes, from 1 on */
    struct span tables;                  /* folders and files */
    struct span program;
};

/* Take the next unit off the section. False at its end, or when what follows cannot be read. */
static bool next_unit(struct cursor *section, const struct dwarf_sections *sections,
                      struct unit *unit)
{
    struct cursor header = { .rest = { NULL, 0 } };
    uint64_t length = take_word(section, 4);

    *unit = (struct unit){ .sections = sections, .offset_size = 4 };
    if (length == 0xFFFFFFFF) {
        unit->offset_size = 8;
        length = take_word(section, 8);
    }
    header.rest.data = take(section, length);
    if (section->is_cut)
        return false;
    header.rest.size = (size_t)length;
    unit->version = take_u16(&header);
    if (unit->version >= 5)
        take(&header, 2); /* sizes of addresses and of segment selectors */

    const uint64_t header_length = take_word(&header, unit->offset_size);

    if (header_length > header.rest.size || unit->version < 2 || unit->version > 5) {
        unit->version = 0;
        return true; /* this unit is skipped; the next one may have a known version */
    }
    unit->program = span_rest(header.rest, (size_t)header_length);
    header.rest.size = (size_t)header_length;
    unit->instruction_length = take_u8(&header);
    if (unit->version >= 4)
        take_u8(&header); /* operations of an instruction */
    take_u8(&header);     /* whether rows are statements at first */
    unit->line_base = (int8_t)take_u8(&header);
    unit->line_range = take_u8(&header);
    unit->opcode_base = take_u8(&header);
    if (unit->opcode_base > 1)
        unit->opcode_lengths = take(&header, unit->opcode_base - 1u);
    unit->tables = header.rest;
    if (header.is_cut || unit->line_range == 0)
        unit->version = 0;
    return true;
}

/* ---- folders and files ------------------------------------------------------------------------------ */

struct entry {
    const char *path;
    uint64_t folder;
};

/* A member of an entry of version 5, which has at least one byte; false if its form is not known. */
static bool take_member(struct cursor *tables, const struct unit *unit, uint64_t content,
                        uint64_t form, struct entry *entry)
{
    const char *text = NULL;
    uint64_t number = 0;

    switch (form) {
    case FORM_STRING:
        text = take_text(tables);
        break;
    case FORM_LINE_STRP:
        text = text_at(unit->sections->line_strings, take_word(tables, unit->offset_size));
        break;
    case FORM_STRP:
        text = text_at(unit->sections->strings, take_word(tables, unit->offset_size));
        break;
    case FORM_DATA1:
        number = take_u8(tables);
        break;
    case FORM_DATA2:
        number = take_u16(tables);
        break;
    case FORM_DATA4:
        number = take_word(tables, 4);
        break;
    case FORM_DATA8:
        number = take_word(tables, 8);
        break;
    case FORM_UDATA:
        number = take_unsigned(tables);
        break;
    case FORM_DATA16:
        take(tables, 16);
        break;
    case FORM_BLOCK:
        take(tables, take_unsigned(tables));
        break;
    default:
        return false;
    }
    if (content == CONTENT_PATH)
        entry->path = text;
    if (content == CONTENT_FOLDER)
        entry->folder = number;
    return !tables->is_cut;
}

/* Take a table of version 5; *wanted receives the entry of that number, if there is one. */
static bool take_table(struct cursor *tables, const struct unit *unit, uint64_t number,
                       struct entry *wanted)
{
    uint64_t formats[FORMAT_LIMIT][2];
    const uint8_t format_count = take_u8(tables);

    if (format_count > FORMAT_LIMIT)
        return false;
    for (uint8_t i = 0; i < format_count; i++) {
        formats[i][0] = take_unsigned(tables);
        formats[i][1] = take_unsigned(tables);
    }
    const uint64_t count = take_unsigned(tables);

    /* Entries without members have no bytes, so nothing would limit their number. */
    for (uint64_t i = 0; format_count && i < count; i++) {
        struct entry entry = { NULL, 0 };

        for (uint8_t k = 0; k < format_count; k++)
            if (!take_member(tables, unit, formats[k][0], formats[k][1], &entry))
                return false;
        if (i == number)
            *wanted = entry;
    }
    return !tables->is_cut;
}

/* The folder of that number, of versions 2 to 4; the texts end with an empty one. */
static const char *take_folders(struct cursor *tables, uint64_t number)
{
    const char *found = NULL, *text;

    for (uint64_t i = 1; (text = take_text(tables)) && *text; i++)
        if (i == number)
            found = text;
    return found;
}

static struct entry take_file(struct cursor *tables, uint64_t number)
{
    struct entry entry = { NULL, 0 };
    const char *text;

    for (uint64_t i = 1; (text = take_text(tables)) && *text; i++) {
        const uint64_t folder = take_unsigned(tables);

        take_unsigned(tables); /* when it was changed */
        take_unsigned(tables); /* its size */
        if (i == number)
            entry = (struct entry){ text, folder };
    }
    return entry;
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || path[0] == '\\' || (path[0] && path[1] == ':');
}

/* The path of a file of the unit; false if the unit does not have that file. */
static bool find_file(const struct unit *unit, uint64_t number, char *path, size_t size)
{
    struct cursor tables = { .rest = unit->tables }, again = tables;
    struct entry file = { NULL, 0 }, folder = { NULL, 0 }, none = { NULL, 0 };

    if (unit->version >= 5) {
        if (!take_table(&tables, unit, UINT64_MAX, &none) ||
            !take_table(&tables, unit, number, &file) || !file.path)
            return false;
        take_table(&again, unit, file.folder, &folder);
    } else {
        take_folders(&tables, 0);
        file = take_file(&tables, number);
        if (!file.path)
            return false;
        folder.path = take_folders(&again, file.folder);
    }
    if (folder.path && !is_absolute(file.path))
        snprintf(path, size, "%s/%s", folder.path, file.path);
    else
        snprintf(path, size, "%s", file.path);
    return true;
}

/* ---- the program ----------------------------------------------------------------------------------- */

struct row {
    uint64_t address, file;
    uint32_t line;
    bool is_given;
};

/* Runs the program of a unit until the row of an address is complete. */
static bool find_row(const struct unit *unit, uint64_t wanted, struct row *found)
{
    struct cursor program = { .rest = unit->program };
    struct row row = { .file = 1, .line = 1 }, last = { .is_given = false };

    while (program.rest.size) {
        const uint8_t opcode = take_u8(&program);
        bool has_row = false, is_end = false;

        if (opcode >= unit->opcode_base) {
            const uint8_t adjusted = (uint8_t)(opcode - unit->opcode_base);

            row.address += (uint64_t)(adjusted / unit->line_range) * unit->instruction_length;
            row.line += (uint32_t)(unit->line_base + adjusted % unit->line_range);
            has_row = true;
        } else if (opcode == 0) {
            const uint64_t length = take_unsigned(&program);
            struct cursor extended = { .rest = { take(&program, length), (size_t)length } };

            if (program.is_cut)
                return false;
            switch (take_u8(&extended)) {
            case EXTENDED_END:
                has_row = is_end = true;
                break;
            case EXTENDED_SET_ADDRESS:
                row.address = take_word(&extended, (unsigned)extended.rest.size);
                break;
            default:
                break;
            }
        } else {
            switch (opcode) {
            case LINE_COPY:
                has_row = true;
                break;
            case LINE_ADVANCE_PC:
                row.address += take_unsigned(&program) * unit->instruction_length;
                break;
            case LINE_ADVANCE_LINE:
                row.line += (uint32_t)take_signed(&program);
                break;
            case LINE_SET_FILE:
                row.file = take_unsigned(&program);
                break;
            case LINE_NEGATE_STATEMENT:
            case LINE_SET_BASIC_BLOCK:
                break;
            case LINE_CONST_ADD_PC:
                row.address += (uint64_t)((255 - unit->opcode_base) / unit->line_range) *
                               unit->instruction_length;
                break;
            case LINE_FIXED_ADVANCE_PC:
                row.address += take_u16(&program);
                break;
            default: /* column, and opcodes of later versions: skip their operands */
                for (uint8_t i = unit->opcode_lengths[opcode - 1]; i > 0; i--)
                    take_unsigned(&program);
                break;
            }
        }
        if (!has_row)
            continue;
        if (last.is_given && last.address && wanted >= last.address && wanted < row.address) {
            *found = last;
            return true;
        }
        last = row;
        last.is_given = true;
        if (is_end) {
            row = (struct row){ .file = 1, .line = 1 };
            last.is_given = false;
        }
    }
    return false;
}

/* ---- public ---------------------------------------------------------------------------------------- */

void dwarf_line_sections(const struct pe_file *pe, struct dwarf_sections *sections)
{
    sections->line = pe_file_section(pe, ".debug_line");
    sections->line_strings = pe_file_section(pe, ".debug_line_str");
    sections->strings = pe_file_section(pe, ".debug_str");
}

bool dwarf_line_find(const struct dwarf_sections *sections, uint64_t address,
                     struct dwarf_place *place)
{
    struct cursor section = { .rest = sections->line };
    struct dwarf_place made;
    struct unit unit;
    struct row row;

    while (next_unit(&section, sections, &unit)) {
        if (!unit.version || !find_row(&unit, address, &row))
            continue;
        if (row.line == 0 || !find_file(&unit, row.file, made.file, sizeof(made.file)))
            return false;
        made.line = row.line;
        *place = made;
        return true;
    }
    return false;
}
