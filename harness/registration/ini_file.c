/* SPDX-License-Identifier: MIT
 *
 * The parser of .ini files: see ini_file.h. It makes one pass over the lines and finds duplicates
 * by sorting, so that no file takes more than n log n time.
 */
#include "ini_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

struct parser {
    const struct reg_text *text;
    struct registration_error *error;
    struct ini_file ini;
    size_t capacity;
    size_t line;
    char *section; /* the current section; owned; NULL before the first section */
};

static DWORD fail_at(struct parser *parser, const char *message)
{
    snprintf(parser->error->message, sizeof(parser->error->message), "%.400s:%zu: %.500s",
             parser->ini.path, parser->line, message);
    return ERROR_INVALID_DATA;
}

static bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == '\t' || unit == '\r';
}

/* Remove blanks from both ends. */
static void trim(const WCHAR **text, size_t *length)
{
    while (*length > 0 && is_blank(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        (*length)--;
}

static char *to_utf8(const WCHAR *text, size_t length)
{
    size_t size = text_utf8_size(text, length) + 1;
    char *result = malloc(size);

    if (result)
        text_to_utf8(text, length, result, size);
    return result;
}

static DWORD add_entry(struct parser *parser, const WCHAR *key, size_t key_length,
                       const WCHAR *value, size_t value_length)
{
    struct ini_file *ini = &parser->ini;

    struct ini_entry *more =
        array_reserve(ini->entries, &parser->capacity, ini->count + 1, sizeof(*more));
    if (!more)
        return ERROR_NOT_ENOUGH_MEMORY;
    ini->entries = more;
    struct ini_entry *entry = &ini->entries[ini->count++];
    entry->section = text_utf8_copy(parser->section);
    entry->key = to_utf8(key, key_length);
    entry->value = to_utf8(value, value_length);
    entry->line = parser->line;
    return entry->section && entry->key && entry->value ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD parse_section(struct parser *parser, const WCHAR *line, size_t length)
{
    size_t end = 1;

    while (end < length && line[end] != ']')
        end++;
    if (end == length)
        return fail_at(
            parser,
            "the section's name has no \"]\": add it, or copy the file again if it was cut short");
    free(parser->section);
    line++;
    length = end - 1;
    trim(&line, &length);
    parser->section = to_utf8(line, length);
    return parser->section ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD parse_pair(struct parser *parser, const WCHAR *line, size_t length)
{
    const WCHAR *key = line, *value;
    size_t key_length = 0, value_length;
    char message[300], text[168];

    reg_text_excerpt(line, length, text);
    while (key_length < length && line[key_length] != '=')
        key_length++;
    if (key_length == length || key_length == 0) {
        snprintf(
            message, sizeof(message),
            "\"%s\" is neither [section], key=value nor a ; comment: correct the line or remove it",
            text);
        return fail_at(parser, message);
    }
    if (!parser->section) {
        snprintf(message, sizeof(message),
                 "\"%s\" is before the first [section]: move it below its section", text);
        return fail_at(parser, message);
    }
    value = line + key_length + 1;
    value_length = length - key_length - 1;
    trim(&key, &key_length);
    trim(&value, &value_length);
    if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
        value++;
        value_length -= 2;
    }
    for (size_t i = 0; i < value_length; i++)
        if (value[i] < 0x20 || value[i] == 0x7F) {
            snprintf(message, sizeof(message),
                     "\"%s\" has %s in its value, which names and help texts must not have; write "
                     "a blank instead",
                     text, value[i] == '\t' ? "a tab" : "a control character");
            return fail_at(parser, message);
        }
    if (!text_is_valid(value, value_length) || !text_is_valid(key, key_length))
        return fail_at(parser, "the line has half a character: the file is damaged, so save it "
                               "again as UTF-8 or UTF-16LE");
    return add_entry(parser, key, key_length, value, value_length);
}

static DWORD parse_line(struct parser *parser, const WCHAR *line, size_t length)
{
    trim(&line, &length);
    if (length == 0 || line[0] == ';' || (length >= 2 && line[0] == '/' && line[1] == '/'))
        return ERROR_SUCCESS;
    if (line[0] == '[')
        return parse_section(parser, line, length);
    return parse_pair(parser, line, length);
}

static int compare_entries(const void *left, const void *right)
{
    const struct ini_entry *a = *(const struct ini_entry *const *)left;
    const struct ini_entry *b = *(const struct ini_entry *const *)right;
    int order = text_utf8_compare_ignore_case(a->section, strlen(a->section), b->section,
                                              strlen(b->section));

    if (!order)
        order = text_utf8_compare_ignore_case(a->key, strlen(a->key), b->key, strlen(b->key));
    return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

static DWORD check_duplicates(struct parser *parser)
{
    const struct ini_file *ini = &parser->ini;
    const struct ini_entry **sorted = calloc(ini->count + 1, sizeof(*sorted));
    DWORD error = ERROR_SUCCESS;

    if (!sorted)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < ini->count; i++)
        sorted[i] = &ini->entries[i];
    qsort(sorted, ini->count, sizeof(*sorted), compare_entries);
    for (size_t i = 1; i < ini->count && !error; i++) {
        const struct ini_entry *one = sorted[i - 1], *other = sorted[i];
        char message[300];
        if (!text_utf8_equal_ignore_case(one->section, other->section) ||
            !text_utf8_equal_ignore_case(one->key, other->key))
            continue;
        snprintf(message, sizeof(message),
                 "\"%.100s\" is defined twice in [%.40s], also in line %zu: remove one", other->key,
                 other->section, one->line);
        parser->line = other->line;
        error = fail_at(parser, message);
    }
    free(sorted);
    return error;
}

DWORD ini_file_parse(const struct reg_text *text, const char *path, struct ini_file *ini,
                     struct registration_error *error)
{
    struct parser parser = { .text = text, .error = error };
    DWORD failure = ERROR_SUCCESS;
    size_t at = 0;

    error->message[0] = 0;
    parser.ini.path = text_utf8_copy(path);
    if (!parser.ini.path)
        failure = ERROR_NOT_ENOUGH_MEMORY;
    while (at < text->length && !failure) {
        size_t start = at;
        while (at < text->length && text->units[at] != '\n')
            at++;
        parser.line++;
        failure = parse_line(&parser, text->units + start, at - start);
        at++;
    }
    if (!failure)
        failure = check_duplicates(&parser);
    free(parser.section);
    if (failure) {
        if (!error->message[0])
            snprintf(error->message, sizeof(error->message), "%.600s: out of memory", path);
        ini_file_release(&parser.ini);
        return failure;
    }
    *ini = parser.ini;
    return ERROR_SUCCESS;
}

DWORD ini_file_read(const char *path, struct ini_file *ini, struct registration_error *error)
{
    struct reg_text text = { 0 };
    DWORD failure = reg_text_read(path, "an .ini file", INI_FILE_LIMIT, &text, error);

    if (failure)
        return failure;
    failure = ini_file_parse(&text, path, ini, error);
    reg_text_release(&text);
    return failure;
}

const struct ini_entry *ini_file_find(const struct ini_file *ini, const char *section,
                                      const char *key)
{
    for (size_t i = 0; i < ini->count; i++)
        if (text_utf8_equal_ignore_case(ini->entries[i].section, section) &&
            text_utf8_equal_ignore_case(ini->entries[i].key, key))
            return &ini->entries[i];
    return NULL;
}

void ini_file_release(struct ini_file *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        free(ini->entries[i].section);
        free(ini->entries[i].key);
        free(ini->entries[i].value);
    }
    free(ini->entries);
    free(ini->path);
    memset(ini, 0, sizeof(*ini));
}
