/* SPDX-License-Identifier: MIT
 *
 * Reads an .ini file and its symbol file: see counter_set.h.
 */
#include "counter_set.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_symbols.h"
#include "ini_file.h"
#include "name_pairs.h"
#include "os.h"
#include "perf_names.h"
#include "printf_like.h"
#include "reg_buffer.h"
#include "registration.h"
#include "text.h"

#define HIGHEST_OFFSET 0x00FFFFFEu /* chosen: far above any provider, far below the last index */
#define MOST_LANGUAGES 256         /* chosen: far more than Windows is translated into */

struct set_parser {
    struct ini_file ini;
    struct counter_symbols symbols;
    char symbol_path[OS_PATH_SIZE];
    struct registration_error *error;
    struct counter_set set;
};

/* The parts of a key such as REQUESTS_009_NAME. */
struct title {
    const struct counter_symbol *symbol;
    uint32_t language;
    enum name_table_kind kind;
};

PRINTF_LIKE(3, 4)
static DWORD fail_at(struct set_parser *parser, size_t line, const char *format, ...)
{
    char text[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (line)
        snprintf(parser->error->message, sizeof(parser->error->message), "%.400s:%zu: %s",
                 parser->ini.path, line, text);
    else
        snprintf(parser->error->message, sizeof(parser->error->message), "%.400s: %s",
                 parser->ini.path, text);
    return ERROR_INVALID_DATA;
}

static bool is_in(const struct ini_entry *entry, const char *section)
{
    return text_utf8_equal_ignore_case(entry->section, section);
}

static bool has_language(const struct counter_set *set, uint32_t language)
{
    for (size_t i = 0; i < set->language_count; i++)
        if (set->languages[i] == language)
            return true;
    return false;
}

/* Copy a value of [info] that is required. */
static DWORD read_info(struct set_parser *parser, const char *key, char **value)
{
    const struct ini_entry *entry = ini_file_find(&parser->ini, "info", key);

    if (!entry)
        return fail_at(parser, 0,
                       "[info] has no \"%s\", which every .ini file of performance counters has: "
                       "add it, or name another file",
                       key);
    if (!*entry->value)
        return fail_at(parser, entry->line, "\"%s\" has no value: write one after its \"=\"", key);
    *value = text_utf8_copy(entry->value);
    return *value ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD read_service_name(struct set_parser *parser)
{
    DWORD error = read_info(parser, "drivername", &parser->set.service);

    if (error)
        return error;
    if (strpbrk(parser->set.service, "\\/") || strlen(parser->set.service) > 255)
        return fail_at(parser, ini_file_find(&parser->ini, "info", "drivername")->line,
                       "\"%.100s\" cannot be a service's name, because it has a \\ or / or more "
                       "than 255 bytes: choose another name",
                       parser->set.service);
    return ERROR_SUCCESS;
}

static DWORD read_symbols(struct set_parser *parser, const char *ini_path)
{
    char *name;
    DWORD error = read_info(parser, "symbolfile", &name);

    if (error)
        return error;
    int folder = (int)(text_utf8_file_name(ini_path) - ini_path);
    int length = snprintf(parser->symbol_path, sizeof(parser->symbol_path), "%.*s%s", folder,
                          ini_path, name);
    free(name);
    if (length < 0 || (size_t)length >= sizeof(parser->symbol_path))
        return fail_at(parser, 0, "the symbol file's path is too long");
    return counter_symbols_read(parser->symbol_path, &parser->symbols, parser->error);
}

static DWORD read_languages(struct set_parser *parser)
{
    struct counter_set *set = &parser->set;
    const struct ini_file *ini = &parser->ini;

    set->languages = calloc(ini->count + 1, sizeof(*set->languages));
    if (!set->languages)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < ini->count; i++) {
        uint32_t language;
        if (!is_in(&ini->entries[i], "languages"))
            continue;
        if (!registration_parse_language(ini->entries[i].key, &language))
            return fail_at(parser, ini->entries[i].line,
                           "\"%.100s\" in [languages] is not a language: write its hexadecimal "
                           "number, such as 009 or 00C",
                           ini->entries[i].key);
        if (has_language(set, language))
            continue;
        if (set->language_count == MOST_LANGUAGES)
            return fail_at(parser, ini->entries[i].line,
                           "[languages] has more than %d languages: remove some", MOST_LANGUAGES);
        set->languages[set->language_count++] = language;
    }
    if (!has_language(set, PERF_ENGLISH))
        return fail_at(parser, 0,
                       "[languages] has no 009: add English texts, because readers of all "
                       "languages use them if their own language is missing");
    return ERROR_SUCCESS;
}

/* The position of the "_" before the last part of key[0..length), or SIZE_MAX. */
static size_t last_part(const char *key, size_t length)
{
    while (length > 0)
        if (key[--length] == '_')
            return length;
    return SIZE_MAX;
}

/* SYMBOL_lang_NAME or SYMBOL_lang_HELP. */
static DWORD read_title(struct set_parser *parser, const struct ini_entry *entry,
                        struct title *title)
{
    const char *key = entry->key;
    size_t kind = last_part(key, strlen(key));
    size_t language = kind == SIZE_MAX ? SIZE_MAX : last_part(key, kind);
    char digits[8];

    if (language == SIZE_MAX || language == 0 ||
        !(text_utf8_equal_ignore_case(key + kind, "_NAME") ||
          text_utf8_equal_ignore_case(key + kind, "_HELP")))
        return fail_at(parser, entry->line,
                       "\"%.100s\" in [%.20s] is not of the form SYMBOL_009_NAME or "
                       "SYMBOL_009_HELP: rename it",
                       key, entry->section);
    title->kind =
        text_utf8_equal_ignore_case(key + kind, "_NAME") ? NAME_TABLE_COUNTER : NAME_TABLE_HELP;
    snprintf(digits, sizeof(digits), "%.*s", (int)(kind - language - 1), key + language + 1);
    if (kind - language > 5 || !registration_parse_language(digits, &title->language))
        return fail_at(parser, entry->line,
                       "\"%.100s\": \"%s\" is not a language: write its hexadecimal number, such "
                       "as 009 or 00C",
                       key, digits);
    if (!has_language(&parser->set, title->language))
        return fail_at(
            parser, entry->line,
            "\"%.100s\": language %s is not in [languages]: add it there, or remove this line", key,
            digits);
    title->symbol = counter_symbols_find(&parser->symbols, key, language);
    if (!title->symbol)
        return fail_at(parser, entry->line,
                       "\"%.100s\": %.200s does not define the symbol %.*s with a decimal number: "
                       "add a #define with its offset",
                       key, parser->symbol_path, language > 100 ? 100 : (int)language, key);
    if (title->symbol->offset % 2 || title->symbol->offset > HIGHEST_OFFSET)
        return fail_at(parser, entry->line,
                       "\"%.100s\": the symbol is %u in %.200s:%zu, but offsets are even numbers "
                       "up to %u: choose another number",
                       key, (unsigned)title->symbol->offset, parser->symbol_path,
                       title->symbol->line, (unsigned)HIGHEST_OFFSET);
    return ERROR_SUCCESS;
}

/* Read the texts of one language and kind, with the parser that reads a registry's pairs. */
static DWORD read_texts_of(struct set_parser *parser, uint32_t language, enum name_table_kind kind)
{
    struct reg_buffer pairs = { 0 };
    const struct ini_file *ini = &parser->ini;
    DWORD error = ERROR_SUCCESS;

    for (size_t i = 0; i < ini->count && !error; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        struct title title;
        if (!is_in(entry, "text"))
            continue;
        error = read_title(parser, entry, &title);
        if (error || title.language != language || title.kind != kind)
            continue;
        if (!*entry->value && kind == NAME_TABLE_COUNTER)
            error = fail_at(parser, entry->line, "\"%.100s\" is empty: every title needs a name",
                            entry->key);
        if (*entry->value)
            name_pairs_add(&pairs, title.symbol->offset, entry->value);
    }
    reg_buffer_add_unit(&pairs, 0);
    if (!error)
        error = pairs.is_lost ? ERROR_NOT_ENOUGH_MEMORY
                              : name_table_add(&parser->set.texts, language, kind,
                                               (const WCHAR *)(const void *)pairs.data,
                                               pairs.size / sizeof(WCHAR), NULL);
    reg_buffer_release(&pairs);
    return error;
}

/* Check that no two symbols have the same offset: one title would have two names. */
static DWORD check_texts(struct set_parser *parser)
{
    const struct name_table *texts = &parser->set.texts;
    size_t names = 0;

    for (size_t i = 0; i < texts->count; i++) {
        const struct name_table_entry *entry = &texts->entries[i];
        const struct name_table_entry *before = i > 0 ? entry - 1 : NULL;
        if (before && before->language == entry->language && before->kind == entry->kind &&
            before->index == entry->index)
            return fail_at(parser, 0,
                           "two symbols have the number %u in %.200s, so \"%.60s\" and \"%.60s\" "
                           "would be one title: give one of them another number",
                           (unsigned)entry->index, parser->symbol_path, before->text, entry->text);
        if (entry->kind == NAME_TABLE_HELP &&
            !name_table_find(texts, entry->language, NAME_TABLE_COUNTER, entry->index))
            return fail_at(parser, 0,
                           "the help \"%.60s\" in language %03X belongs to a symbol (%u) that has "
                           "no name in that language: add the name, or remove the help",
                           entry->text, (unsigned)entry->language, (unsigned)entry->index);
        if (entry->kind != NAME_TABLE_COUNTER)
            continue;
        names += entry->language == PERF_ENGLISH;
        for (size_t k = 0; k < parser->set.language_count; k++)
            if (!name_table_find(texts, parser->set.languages[k], NAME_TABLE_COUNTER, entry->index))
                return fail_at(parser, 0,
                               "\"%.60s\" (%u) has no name in language %03X: add one, because "
                               "every title needs a name in each of [languages]",
                               entry->text, (unsigned)entry->index,
                               (unsigned)parser->set.languages[k]);
        if (entry->index > parser->set.last_offset)
            parser->set.last_offset = entry->index;
    }
    return names ? ERROR_SUCCESS
                 : fail_at(parser, 0,
                           "[text] has no English names, so there is nothing to install: add lines "
                           "such as SYMBOL_009_NAME=Requests");
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static DWORD read_objects(struct set_parser *parser)
{
    struct counter_set *set = &parser->set;
    const struct ini_file *ini = &parser->ini;
    size_t kept = 0;

    set->objects = calloc(ini->count + 1, sizeof(*set->objects));
    if (!set->objects)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        struct title title;
        if (!is_in(entry, "objects"))
            continue;
        DWORD error = read_title(parser, entry, &title);
        if (error)
            return error;
        if (!name_table_find(&set->texts, PERF_ENGLISH, NAME_TABLE_COUNTER, title.symbol->offset))
            return fail_at(parser, entry->line,
                           "the object \"%.100s\" has no English name in [text]: add it there, or "
                           "remove the object",
                           entry->key);
        set->objects[set->object_count++] = title.symbol->offset;
    }
    qsort(set->objects, set->object_count, sizeof(*set->objects), compare_numbers);
    for (size_t i = 0; i < set->object_count; i++)
        if (!i || set->objects[i] != set->objects[i - 1])
            set->objects[kept++] = set->objects[i];
    set->object_count = kept;
    return ERROR_SUCCESS;
}

static DWORD read_all(struct set_parser *parser, const char *ini_path)
{
    DWORD error = ini_file_read(ini_path, &parser->ini, parser->error);

    if (!error)
        error = read_service_name(parser);
    if (!error)
        error = read_symbols(parser, ini_path);
    if (!error)
        error = read_languages(parser);
    for (size_t i = 0; i < parser->set.language_count && !error; i++) {
        error = read_texts_of(parser, parser->set.languages[i], NAME_TABLE_COUNTER);
        if (!error)
            error = read_texts_of(parser, parser->set.languages[i], NAME_TABLE_HELP);
    }
    if (!error)
        error = check_texts(parser);
    if (!error)
        error = read_objects(parser);
    return error;
}

static void finish(struct set_parser *parser, DWORD error, const char *ini_path)
{
    if (error && !parser->error->message[0])
        snprintf(parser->error->message, sizeof(parser->error->message), "%.600s: out of memory",
                 ini_path);
    ini_file_release(&parser->ini);
    counter_symbols_release(&parser->symbols);
}

DWORD counter_set_read(const char *ini_path, struct counter_set *set,
                       struct registration_error *error)
{
    struct set_parser parser = { .error = error };

    error->message[0] = 0;
    DWORD failure = read_all(&parser, ini_path);
    finish(&parser, failure, ini_path);
    if (failure)
        counter_set_release(&parser.set);
    else
        *set = parser.set;
    return failure;
}

DWORD counter_set_read_service(const char *ini_path, char **service,
                               struct registration_error *error)
{
    struct set_parser parser = { .error = error };

    error->message[0] = 0;
    DWORD failure = ini_file_read(ini_path, &parser.ini, error);
    if (!failure)
        failure = read_service_name(&parser);
    finish(&parser, failure, ini_path);
    if (failure)
        counter_set_release(&parser.set);
    else
        *service = parser.set.service;
    return failure;
}

void counter_set_release(struct counter_set *set)
{
    free(set->service);
    free(set->languages);
    free(set->objects);
    name_table_release(&set->texts);
    memset(set, 0, sizeof(*set));
}
