/* SPDX-License-Identifier: MIT
 *
 * The parser of symbol files: see counter_symbols.h. It understands the part of C that such a file
 * needs: comments and #define.
 */
#include "counter_symbols.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "ini_file.h"
#include "text.h"

struct parser {
    const WCHAR *at, *end;
    size_t line;
    const char *path;
    struct registration_error *error;
    struct counter_symbols found;
    size_t capacity;
};

static WCHAR peek(const struct parser *parser, size_t distance)
{
    return distance < (size_t)(parser->end - parser->at) ? parser->at[distance] : 0;
}

/* Skip blanks and comments up to the end of the line. A comment may span lines. */
static void skip_blanks(struct parser *parser)
{
    for (;;) {
        WCHAR unit = peek(parser, 0);
        if (unit == ' ' || unit == '\t' || unit == '\r') {
            parser->at++;
        } else if (unit == '/' && peek(parser, 1) == '*') {
            parser->at += 2;
            while (parser->at < parser->end &&
                   !(peek(parser, 0) == '*' && peek(parser, 1) == '/')) {
                parser->line += *parser->at == '\n';
                parser->at++;
            }
            parser->at = parser->end - parser->at < 2 ? parser->end : parser->at + 2;
        } else {
            return;
        }
    }
}

/* Skip the rest of the line. A comment that begins in it may end in a later line. */
static void skip_line(struct parser *parser)
{
    while (parser->at < parser->end && *parser->at != '\n') {
        if (*parser->at == '/' && peek(parser, 1) == '*')
            skip_blanks(parser);
        else if (*parser->at == '/' && peek(parser, 1) == '/')
            while (parser->at < parser->end && *parser->at != '\n')
                parser->at++;
        else
            parser->at++;
    }
    if (parser->at < parser->end) {
        parser->at++;
        parser->line++;
    }
}

static bool is_word(WCHAR unit)
{
    return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
           (unit >= '0' && unit <= '9') || unit == '_';
}

static bool skip_word(struct parser *parser, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < length; i++)
        if (peek(parser, i) != (WCHAR)word[i])
            return false;
    if (is_word(peek(parser, length)))
        return false;
    parser->at += length;
    return true;
}

static DWORD add_symbol(struct parser *parser, const WCHAR *name, size_t length, uint32_t offset)
{
    struct counter_symbol *more = array_reserve(parser->found.symbols, &parser->capacity,
                                                parser->found.count + 1, sizeof(*more));
    if (!more)
        return ERROR_NOT_ENOUGH_MEMORY;
    parser->found.symbols = more;
    struct counter_symbol *symbol = &parser->found.symbols[parser->found.count];
    symbol->name = malloc(length + 1); /* ASCII */
    if (!symbol->name)
        return ERROR_NOT_ENOUGH_MEMORY;
    text_to_utf8(name, length, symbol->name, length + 1);
    symbol->offset = offset;
    symbol->line = parser->line;
    parser->found.count++;
    return ERROR_SUCCESS;
}

/* A line that begins with #. `define NAME number` adds a symbol. */
static DWORD parse_directive(struct parser *parser)
{
    uint64_t number = 0;

    parser->at++;
    skip_blanks(parser);
    if (!skip_word(parser, "define"))
        return ERROR_SUCCESS;
    skip_blanks(parser);
    const WCHAR *name = parser->at;
    while (is_word(peek(parser, 0)))
        parser->at++;
    size_t length = (size_t)(parser->at - name);
    skip_blanks(parser);
    if (peek(parser, 0) < '0' || peek(parser, 0) > '9') /* also if there is no name */
        return ERROR_SUCCESS;
    if (peek(parser, 0) == '0' && (peek(parser, 1) == 'x' || peek(parser, 1) == 'X'))
        return ERROR_SUCCESS; /* another constant of the program: offsets are decimal */
    for (; peek(parser, 0) >= '0' && peek(parser, 0) <= '9'; parser->at++) {
        number = number * 10 + (uint64_t)(peek(parser, 0) - '0');
        if (number > UINT32_MAX) {
            snprintf(parser->error->message, sizeof(parser->error->message),
                     "%.600s:%zu: the number is 4294967296 or more: offsets are small even "
                     "numbers, so write a smaller one",
                     parser->path, parser->line);
            return ERROR_INVALID_DATA;
        }
    }
    return add_symbol(parser, name, length, (uint32_t)number);
}

static int compare_symbols(const void *left, const void *right)
{
    const struct counter_symbol *a = left, *b = right;
    int order = text_utf8_compare_ignore_case(a->name, strlen(a->name), b->name, strlen(b->name));

    return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

/* The same symbol may be defined twice with the same number. */
static DWORD check_duplicates(struct parser *parser)
{
    const struct counter_symbols *found = &parser->found;

    for (size_t i = 1; i < found->count; i++) {
        const struct counter_symbol *one = &found->symbols[i - 1], *other = &found->symbols[i];
        if (!text_utf8_equal_ignore_case(one->name, other->name) || one->offset == other->offset)
            continue;
        snprintf(parser->error->message, sizeof(parser->error->message),
                 "%.600s:%zu: %.100s is %u here and %u in line %zu: give it one number",
                 parser->path, other->line, other->name, (unsigned)other->offset,
                 (unsigned)one->offset, one->line);
        return ERROR_INVALID_DATA;
    }
    return ERROR_SUCCESS;
}

DWORD counter_symbols_parse(const struct reg_text *text, const char *path,
                            struct counter_symbols *symbols, struct registration_error *error)
{
    struct parser parser = {
        .at = text->units,
        .end = text->units + text->length,
        .line = 1,
        .path = path,
        .error = error,
    };
    DWORD failure = ERROR_SUCCESS;

    error->message[0] = 0;
    while (parser.at < parser.end && !failure) {
        skip_blanks(&parser);
        if (peek(&parser, 0) == '#')
            failure = parse_directive(&parser);
        if (!failure)
            skip_line(&parser);
    }
    if (!failure && parser.found.count)
        qsort(parser.found.symbols, parser.found.count, sizeof(*parser.found.symbols),
              compare_symbols);
    if (!failure)
        failure = check_duplicates(&parser);
    if (failure) {
        if (!error->message[0])
            snprintf(error->message, sizeof(error->message), "%.600s: out of memory", path);
        counter_symbols_release(&parser.found);
        return failure;
    }
    *symbols = parser.found;
    return ERROR_SUCCESS;
}

DWORD counter_symbols_read(const char *path, struct counter_symbols *symbols,
                           struct registration_error *error)
{
    struct reg_text text = { 0 };
    DWORD failure = reg_text_read(path, "a symbol file", INI_FILE_LIMIT, &text, error);

    if (failure)
        return failure;
    failure = counter_symbols_parse(&text, path, symbols, error);
    reg_text_release(&text);
    return failure;
}

const struct counter_symbol *counter_symbols_find(const struct counter_symbols *symbols,
                                                  const char *name, size_t length)
{
    size_t low = 0, high = symbols->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = symbols->symbols[middle].name;
        int order = text_utf8_compare_ignore_case(other, strlen(other), name, length);
        if (order == 0)
            return &symbols->symbols[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void counter_symbols_release(struct counter_symbols *symbols)
{
    for (size_t i = 0; i < symbols->count; i++)
        free(symbols->symbols[i].name);
    free(symbols->symbols);
    memset(symbols, 0, sizeof(*symbols));
}
