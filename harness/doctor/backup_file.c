/* SPDX-License-Identifier: MIT
 *
 * The parser of backups, see backup_file.h: one pass over the lines.
 */
#include "backup_file.h"

#include <stdio.h>
#include <string.h>

#include "reg_buffer.h"
#include "registration.h"
#include "text.h"

/* Bytes of a section's or a value's name, which have at most 255 characters, mostly ASCII. */
#define LONGEST_NAME 300
#define SERVICE_PREFIX "PERF_"
#define STRINGS_PREFIX "PerfStrings_"

enum section { SECTION_NONE, SECTION_PERFLIB, SECTION_SERVICE, SECTION_STRINGS };

struct backup_parser {
    struct machine_input *input;
    enum section section;
    struct reg_key *key; /* of the section's values; NULL: they are skipped */
    struct reg_buffer names, help;
    size_t line;
    bool is_last_line;
    bool is_lost;
};

static void note_damage(struct backup_parser *parser, const char *what)
{
    struct machine_input *input = parser->input;

    input->is_cut |= parser->is_last_line;
    if (!*input->damage)
        snprintf(input->damage, sizeof(input->damage), "line %zu: %s", parser->line, what);
}

/* Whether units begin with an ASCII text, ignoring the case of letters. */
static bool begins(const WCHAR *units, size_t length, const char *text)
{
    size_t i = 0;

    for (; text[i]; i++)
        if (i >= length || text_lower(units[i]) != (unsigned char)text_utf8_lower(text[i]))
            return false;
    return true;
}

static size_t line_length(const struct reg_text *text, size_t at, bool has_crlf)
{
    size_t end = at;

    while (end < text->length &&
           !(text->units[end] == '\n' && (!has_crlf || (end > at && text->units[end - 1] == '\r'))))
        end++;
    return end - at;
}

static bool has_crlf(const struct reg_text *text)
{
    for (size_t i = 1; i < text->length; i++)
        if (text->units[i] == '\n' && text->units[i - 1] == '\r')
            return true;
    return false;
}

static bool name_of(const WCHAR *units, size_t length, char *name)
{
    if (length == 0 || text_utf8_size(units, length) >= LONGEST_NAME)
        return false;
    text_to_utf8(units, length, name, LONGEST_NAME);
    return !strchr(name, '\\');
}

/* Store the collected texts of a language as the two values of its key. */
static void end_strings(struct backup_parser *parser)
{
    struct reg_buffer *const tables[] = { &parser->names, &parser->help };
    static const char *const values[] = { "Counter", "Help" };

    for (size_t i = 0; i < 2 && parser->section == SECTION_STRINGS && parser->key; i++) {
        reg_buffer_add_unit(tables[i], 0);
        if (tables[i]->is_lost || reg_tree_set(&parser->input->tree, parser->key, values[i],
                                               REG_MULTI_SZ, tables[i]->data, tables[i]->size))
            parser->is_lost = true;
    }
    for (size_t i = 0; i < 2; i++)
        tables[i]->size = 0;
}

static void begin_section(struct backup_parser *parser, const WCHAR *units, size_t length)
{
    char name[LONGEST_NAME], path[LONGEST_NAME + 200];
    uint32_t language;
    size_t end = length;

    end_strings(parser);
    parser->section = SECTION_NONE;
    parser->key = NULL;
    while (end > 0 && units[end - 1] != ']')
        end--;
    if (end <= 2) {
        note_damage(parser, "the name of a section has no end");
        return;
    }
    units++;
    end -= 2;
    if (begins(units, end, "Perflib") && end == strlen("Perflib")) {
        parser->section = SECTION_PERFLIB;
        snprintf(path, sizeof(path), "%s", REG_PERFLIB);
    } else if (begins(units, end, SERVICE_PREFIX) &&
               name_of(units + strlen(SERVICE_PREFIX), end - strlen(SERVICE_PREFIX), name)) {
        parser->section = SECTION_SERVICE;
        snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, name);
    } else if (begins(units, end, STRINGS_PREFIX) &&
               name_of(units + strlen(STRINGS_PREFIX), end - strlen(STRINGS_PREFIX), name) &&
               registration_parse_language(name, &language)) {
        parser->section = SECTION_STRINGS;
        snprintf(path, sizeof(path), "%s\\%s", REG_PERFLIB, name);
    } else {
        return;
    }
    parser->key = reg_tree_add_key(&parser->input->tree, path);
    parser->is_lost = parser->is_lost || !parser->key;
}

static void add_number(struct backup_parser *parser, const char *name, const WCHAR *units,
                       size_t length)
{
    uint32_t number;

    while (length && (units[length - 1] == ' ' || units[length - 1] == '\t'))
        length--;
    if (!text_parse_number(units, length, &number)) {
        note_damage(parser, "a value that must be a number is not one");
        return;
    }
    const unsigned char bytes[4] = { (unsigned char)number, (unsigned char)(number >> 8),
                                     (unsigned char)(number >> 16), (unsigned char)(number >> 24) };
    if (reg_tree_set(&parser->input->tree, parser->key, name, REG_DWORD, bytes, sizeof(bytes)))
        parser->is_lost = true;
}

static void read_line(struct backup_parser *parser, const WCHAR *units, size_t length)
{
    char name[LONGEST_NAME];
    uint32_t index;
    size_t equals = 0;

    if (length == 0)
        return;
    if (units[0] == '[') {
        begin_section(parser, units, length);
        return;
    }
    if (!parser->key)
        return;
    while (equals < length && units[equals] != '=')
        equals++;
    if (equals == length) {
        note_damage(parser, "neither a section nor name=value");
    } else if (parser->section != SECTION_STRINGS) {
        if (name_of(units, equals, name))
            add_number(parser, name, units + equals + 1, length - equals - 1);
    } else if (!text_parse_number(units, equals, &index)) {
        note_damage(parser, "a text must follow its index and \"=\"");
    } else {
        struct reg_buffer *table = index % 2 && index != 1 ? &parser->help : &parser->names;
        reg_buffer_add(table, units, equals * sizeof(WCHAR));
        reg_buffer_add_unit(table, 0);
        reg_buffer_add(table, units + equals + 1, (length - equals - 1) * sizeof(WCHAR));
        reg_buffer_add_unit(table, 0);
    }
}

bool backup_file_is(const struct reg_text *text)
{
    static const char *const sections[] = { "[Perflib]", "[" SERVICE_PREFIX, "[" STRINGS_PREFIX };

    for (size_t at = 0; at < text->length; at++) {
        if (at > 0 && text->units[at - 1] != '\n')
            continue;
        for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
            size_t end = at + strlen(sections[i]);
            if (!begins(text->units + at, text->length - at, sections[i]))
                continue;
            /* Output of lodctr /q has "[PERFLIB]:", which may begin a line where it was pasted. */
            if (i > 0 || end == text->length || text->units[end] == '\r' ||
                text->units[end] == '\n')
                return true;
        }
        if (at > 4096)
            return false;
    }
    return false;
}

DWORD backup_file_parse(const struct reg_text *text, struct machine_input *input)
{
    struct backup_parser parser = { .input = input };
    bool ends_in_crlf = has_crlf(text);

    for (size_t at = 0; at < text->length && !parser.is_lost;) {
        size_t length = line_length(text, at, ends_in_crlf), next = at + length + 1;

        parser.line++;
        parser.is_last_line = next >= text->length;
        if (length && text->units[at + length - 1] == '\r')
            length--;
        read_line(&parser, text->units + at, length);
        at = next;
    }
    end_strings(&parser);
    reg_buffer_release(&parser.names);
    reg_buffer_release(&parser.help);
    return parser.is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
