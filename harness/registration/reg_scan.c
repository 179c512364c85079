/* SPDX-License-Identifier: MIT
 *
 * The scanner of .reg files: see reg_scan.h. The text contains no zero character (reg_text checks
 * that), so here the character 0 means that the end of the text is reached.
 */
#include "reg_scan.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_buffer.h"
#include "text.h"

#define LONGEST_LINE (16u << 20) /* units; chosen: 5 MB of hexadecimal data in one line */
#define LONGEST_PATH 8192        /* units; chosen, far above the paths of real keys */
#define DEEPEST_PATH 512         /* keys; the limit of the registry itself */

struct scanner {
    const struct reg_text *text;
    const char *file;
    struct registration_error *error;
    size_t at;
    size_t line;       /* of `at` */
    size_t start_line; /* of the event */
    bool is_version_4;
    bool is_in_key;         /* a key was named and not removed */
    struct reg_buffer path; /* UTF-8, terminated */
    struct reg_buffer name;
    struct reg_buffer data;
};

static const struct {
    const char *name, *short_name;
} roots[] = {
    { "HKEY_LOCAL_MACHINE", "HKLM" },  { "HKEY_CURRENT_USER", "HKCU" },
    { "HKEY_CLASSES_ROOT", "HKCR" },   { "HKEY_USERS", "HKU" },
    { "HKEY_CURRENT_CONFIG", "HKCC" }, { "HKEY_DYN_DATA", "HKDD" },
};

PRINTF_LIKE(3, 4)
static DWORD fail_at(struct scanner *scanner, size_t line, const char *format, ...)
{
    char text[700];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(scanner->error->message, sizeof(scanner->error->message), "%.250s:%zu: %s",
             scanner->file, line, text);
    return ERROR_INVALID_DATA;
}

static WCHAR peek(const struct scanner *scanner)
{
    return scanner->at < scanner->text->length ? scanner->text->units[scanner->at] : 0;
}

static WCHAR peek_after(const struct scanner *scanner, size_t distance)
{
    return distance < scanner->text->length - scanner->at
               ? scanner->text->units[scanner->at + distance]
               : 0;
}

static void skip_blanks(struct scanner *scanner)
{
    while (peek(scanner) == ' ' || peek(scanner) == '\t')
        scanner->at++;
}

static bool is_at_line_end(const struct scanner *scanner)
{
    WCHAR unit = peek(scanner);

    return unit == 0 || unit == '\n' || (unit == '\r' && peek_after(scanner, 1) == '\n');
}

/* Move to the next line. */
static void skip_line_end(struct scanner *scanner)
{
    while (!is_at_line_end(scanner))
        scanner->at++;
    if (peek(scanner) == '\r')
        scanner->at++;
    if (peek(scanner) == '\n') {
        scanner->at++;
        scanner->line++;
    }
}

static void excerpt(const struct scanner *scanner, char result[168])
{
    size_t length = 0;

    while (length < 60 && peek_after(scanner, length) && peek_after(scanner, length) != '\n' &&
           peek_after(scanner, length) != '\r')
        length++;
    reg_text_excerpt(scanner->text->units + scanner->at, length, result);
}

static void terminate(struct reg_buffer *buffer)
{
    reg_buffer_add(buffer, "", 1);
}

/* Add UTF-16 units to a buffer as UTF-8. */
static void add_utf8(struct reg_buffer *buffer, const WCHAR *units, size_t length)
{
    char part[3 * 64 + 1];

    while (length > 0) {
        size_t count = length > 64 ? 64 : length;
        /* Do not split a pair of surrogates. */
        if (count < length && units[count - 1] >= 0xD800 && units[count - 1] < 0xDC00)
            count--;
        reg_buffer_add(buffer, part, text_to_utf8(units, count, part, sizeof(part)));
        units += count;
        length -= count;
    }
}

/* After a key or value only blanks and a comment are allowed. */
static DWORD expect_line_end(struct scanner *scanner, const char *what)
{
    char rest[168];

    skip_blanks(scanner);
    if (peek(scanner) != ';' && !is_at_line_end(scanner)) {
        excerpt(scanner, rest);
        if (scanner->line != scanner->start_line)
            return fail_at(scanner, scanner->line,
                           "\"%s\" after %s that began in line %zu; is a quotation mark missing "
                           "there?",
                           rest, what, scanner->start_line);
        return fail_at(scanner, scanner->line, "\"%s\" after %s: remove it or begin a new line",
                       rest, what);
    }
    skip_line_end(scanner);
    return ERROR_SUCCESS;
}

/* Scan [path] or [-path]. The path may contain brackets: the last "]" of the line closes it, even inside what
   looks like a comment. `wine regedit` and `wine reg import` (8.0) do the same: [HKLM\a] ; see [1] makes the key
   "a] ; see [1". A ";" is no better end, because the name of a key may contain it. */
static DWORD scan_path(struct scanner *scanner, enum reg_event_kind *kind)
{
    char text[168];
    const WCHAR *units = scanner->text->units;
    size_t close = SIZE_MAX;

    scanner->at++;
    *kind = peek(scanner) == '-' ? REG_EVENT_KEY_REMOVAL : REG_EVENT_KEY;
    if (*kind == REG_EVENT_KEY_REMOVAL)
        scanner->at++;
    for (size_t i = scanner->at; i < scanner->text->length && units[i] != '\n'; i++)
        if (units[i] == ']')
            close = i;
    if (close == SIZE_MAX)
        return fail_at(scanner, scanner->line,
                       "the key's name has no \"]\" at its end: add it, or copy the file again if "
                       "it was cut short");

    size_t length = close - scanner->at;
    while (length > 0 && units[scanner->at + length - 1] == '\\')
        length--;
    reg_text_excerpt(units + scanner->at, length, text);
    if (length > LONGEST_PATH)
        return fail_at(scanner, scanner->line,
                       "the key's name is longer than %u characters: shorten or remove it",
                       (unsigned)LONGEST_PATH);

    size_t root_length = 0, root = 0, depth = 1;
    while (root_length < length && units[scanner->at + root_length] != '\\')
        root_length++;
    char name[32] = "";
    if (root_length < sizeof(name))
        text_to_utf8(units + scanner->at, root_length, name, sizeof(name));
    while (root < sizeof(roots) / sizeof(*roots) &&
           !text_utf8_equal_ignore_case(name, roots[root].name) &&
           !text_utf8_equal_ignore_case(name, roots[root].short_name))
        root++;
    if (root == sizeof(roots) / sizeof(*roots))
        return fail_at(scanner, scanner->line,
                       "the key \"%s\" does not begin with HKEY_LOCAL_MACHINE or another root: "
                       "write its whole path",
                       text);
    for (size_t i = root_length; i < length; i++) {
        if (units[scanner->at + i] != '\\')
            continue;
        if (units[scanner->at + i + 1] == '\\')
            return fail_at(scanner, scanner->line,
                           "the key \"%s\" has an empty part: write one \\ between names", text);
        if (++depth > DEEPEST_PATH)
            return fail_at(
                scanner, scanner->line,
                "the key \"%s\" has more than %d levels, the limit of the registry: remove it",
                text, DEEPEST_PATH);
    }

    scanner->path.size = 0;
    reg_buffer_add(&scanner->path, roots[root].name, strlen(roots[root].name));
    add_utf8(&scanner->path, units + scanner->at + root_length, length - root_length);
    terminate(&scanner->path);
    scanner->at = close + 1;
    scanner->is_in_key = *kind == REG_EVENT_KEY;
    return expect_line_end(scanner, "the key's name");
}

/* Scan "text" with its escapes into UTF-16 without a terminator. */
static DWORD scan_string(struct scanner *scanner, struct reg_buffer *result, const char *what)
{
    const WCHAR *units = scanner->text->units;
    size_t from = ++scanner->at;

    for (;; scanner->at++) {
        WCHAR unit = peek(scanner);
        if (unit == 0)
            return fail_at(scanner, scanner->start_line,
                           "%s has no closing quotation mark: the file was cut short, or the mark "
                           "is missing",
                           what);
        if (unit == '\n')
            scanner->line++;
        if (unit != '"' && unit != '\\')
            continue;
        reg_buffer_add(result, units + from, (scanner->at - from) * sizeof(WCHAR));
        if (unit == '"') {
            scanner->at++;
            return ERROR_SUCCESS;
        }
        WCHAR escaped = peek_after(scanner, 1);
        if (escaped != '"' && escaped != '\\') {
            char text[168];
            excerpt(scanner, text);
            return fail_at(scanner, scanner->line,
                           "\"%s\" is not an escape: write \\\\ for \\ and \\\" for \"", text);
        }
        scanner->at++;
        from = scanner->at;
    }
}

/* Index: a character. Value: the value of that hexadecimal digit plus 1, or 0. */
static const unsigned char hex_values[128] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static int hex_digit(WCHAR unit)
{
    return unit < sizeof(hex_values) ? hex_values[unit] - 1 : -1;
}

/* Scan at most `most` hexadecimal digits. Returns how many there were. */
static int scan_hex(struct scanner *scanner, int most, uint32_t *number)
{
    int count = 0;

    *number = 0;
    while (count < most && hex_digit(peek(scanner)) >= 0) {
        *number = *number << 4 | (uint32_t)hex_digit(peek(scanner));
        scanner->at++;
        count++;
    }
    return count;
}

/* Scan pairs of digits with a comma after each. Most of a large file consists of them. */
static void scan_pairs(struct scanner *scanner)
{
    unsigned char bytes[256];
    size_t count = 1;

    while (count > 0) {
        const WCHAR *units = scanner->text->units + scanner->at;
        size_t left = (scanner->text->length - scanner->at) / 3;
        for (count = 0; count < left && count < sizeof(bytes); count++, units += 3) {
            int high = hex_digit(units[0]), low = hex_digit(units[1]);
            if (high < 0 || low < 0 || units[2] != ',')
                break;
            bytes[count] = (unsigned char)(high << 4 | low);
        }
        reg_buffer_add(&scanner->data, bytes, count);
        scanner->at += 3 * count;
    }
}

/* Scan the bytes of hex:..., including continued lines. */
static DWORD scan_bytes(struct scanner *scanner)
{
    bool expects_byte = false;

    for (;;) {
        uint32_t byte;
        unsigned char narrow;

        skip_blanks(scanner);
        if (peek(scanner) == '\\') {
            size_t line = scanner->line;
            scanner->at++;
            skip_blanks(scanner);
            if (!is_at_line_end(scanner))
                return fail_at(scanner, line,
                               "a \\ in hexadecimal data must be at the end of its line: begin a "
                               "new line after it");
            skip_line_end(scanner);
            if (!peek(scanner))
                return fail_at(scanner, line,
                               "the value continues in a line that does not exist: the file was "
                               "cut short, so copy it again");
            continue;
        }
        if (is_at_line_end(scanner) || peek(scanner) == ';') {
            if (expects_byte)
                return fail_at(scanner, scanner->line,
                               "hexadecimal data end in a comma: the line was cut short, or its \\ "
                               "is missing");
            return ERROR_SUCCESS;
        }
        if (scanner->data.size > 0 && !expects_byte) {
            if (peek(scanner) != ',')
                goto broken;
            scanner->at++;
            expects_byte = true;
            continue;
        }
        size_t before = scanner->data.size;
        scan_pairs(scanner);
        if (scanner->data.size > before) {
            expects_byte = true; /* the last pair ends in a comma */
            continue;
        }
        int digits = scan_hex(scanner, 2, &byte);
        if (digits == 0)
            goto broken;
        if (digits == 1 && !peek(scanner))
            return fail_at(
                scanner, scanner->line,
                "the file ends in half a hexadecimal byte: it was cut short, so copy it again");
        narrow = (unsigned char)byte;
        reg_buffer_add(&scanner->data, &narrow, 1);
        if (scanner->data.is_lost)
            return ERROR_NOT_ENOUGH_MEMORY;
        expects_byte = false;
    }

broken : {
    char text[168];
    excerpt(scanner, text);
    return fail_at(scanner, scanner->line,
                   "\"%s\" where hexadecimal bytes with commas are expected, as in 0a,ff", text);
}
}

/* Convert data of hex(2) and hex(7) in REGEDIT4, 8-bit text, to UTF-16. */
static void widen(struct reg_buffer *data)
{
    struct reg_buffer wide = { 0 };

    for (size_t i = 0; i < data->size; i++)
        reg_buffer_add_unit(&wide, reg_text_ansi_unit(data->data[i]));
    wide.is_lost = wide.is_lost || data->is_lost;
    reg_buffer_release(data);
    *data = wide;
}

static bool skip_word(struct scanner *scanner, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < length; i++) {
        WCHAR unit = peek_after(scanner, i);
        if (unit != (WCHAR)word[i] && !(unit >= 'A' && unit <= 'Z' && unit + 32 == word[i]))
            return false;
    }
    scanner->at += length;
    return true;
}

static DWORD scan_hex_value(struct scanner *scanner, struct reg_event *event)
{
    event->type = REG_BINARY;
    if (peek(scanner) == '(') {
        scanner->at++;
        if (scan_hex(scanner, 8, &event->type) == 0 || peek(scanner) != ')')
            return fail_at(scanner, scanner->line,
                           "hex( needs a type in hexadecimal, as in hex(7)");
        scanner->at++;
    }
    if (peek(scanner) != ':')
        return fail_at(scanner, scanner->line, "hex needs a colon, as in hex:0a,ff");
    scanner->at++;
    DWORD error = scan_bytes(scanner);
    if (!error && scanner->is_version_4 &&
        (event->type == REG_EXPAND_SZ || event->type == REG_MULTI_SZ))
        widen(&scanner->data);
    return error;
}

/* Scan the data after the equals sign. */
static DWORD scan_data(struct scanner *scanner, struct reg_event *event)
{
    char text[168];
    uint32_t number;
    DWORD error = ERROR_SUCCESS;

    scanner->data.size = 0;
    event->kind = REG_EVENT_VALUE;
    if (peek(scanner) == '"') {
        event->type = REG_SZ;
        error = scan_string(scanner, &scanner->data, "the text");
        reg_buffer_add_unit(&scanner->data, 0);
    } else if (skip_word(scanner, "dword:")) {
        event->type = REG_DWORD;
        skip_blanks(scanner);
        if (scan_hex(scanner, 8, &number) == 0 || hex_digit(peek(scanner)) >= 0)
            return fail_at(scanner, scanner->line,
                           "dword: needs one to eight hexadecimal digits, as in dword:0000001f");
        unsigned char bytes[4] = { (unsigned char)number, (unsigned char)(number >> 8),
                                   (unsigned char)(number >> 16), (unsigned char)(number >> 24) };
        reg_buffer_add(&scanner->data, bytes, sizeof(bytes));
    } else if (skip_word(scanner, "hex")) {
        error = scan_hex_value(scanner, event);
    } else if (peek(scanner) == '-') {
        scanner->at++;
        event->kind = REG_EVENT_VALUE_REMOVAL;
    } else if (is_at_line_end(scanner)) {
        return fail_at(scanner, scanner->line,
                       "no data after \"=\": the line was cut short; \"\" is an empty text");
    } else {
        excerpt(scanner, text);
        return fail_at(scanner, scanner->line,
                       "\"%s\" is not data: write \"text\", dword:, hex: or hex(n):", text);
    }
    if (error)
        return error;
    return expect_line_end(scanner, "the value");
}

static DWORD scan_value(struct scanner *scanner, struct reg_event *event)
{
    struct reg_buffer wide = { 0 };

    scanner->name.size = 0;
    if (peek(scanner) == '@') {
        scanner->at++;
    } else {
        DWORD error = scan_string(scanner, &wide, "the value's name");
        add_utf8(&scanner->name, (const WCHAR *)(const void *)wide.data, wide.size / sizeof(WCHAR));
        scanner->name.is_lost = scanner->name.is_lost || wide.is_lost;
        reg_buffer_release(&wide);
        if (error)
            return error;
    }
    terminate(&scanner->name);
    skip_blanks(scanner);
    if (peek(scanner) != '=')
        return fail_at(scanner, scanner->line,
                       "there is no \"=\" after the value's name: write \"name\"=data");
    scanner->at++;
    skip_blanks(scanner);
    if (!scanner->path.size)
        return fail_at(scanner, scanner->start_line,
                       "a value before any key: a line like [HKEY_LOCAL_MACHINE\\...] is missing");
    return scan_data(scanner, event);
}

static bool line_is_too_long(const struct scanner *scanner)
{
    size_t length = 0;

    while (length <= LONGEST_LINE && peek_after(scanner, length) &&
           peek_after(scanner, length) != '\n')
        length++;
    return length > LONGEST_LINE;
}

/* Scan one line that is not blank: a comment, a key, or a value with its continuation. */
static DWORD scan_line(struct scanner *scanner, reg_visit visit, void *context)
{
    struct reg_event event = { 0 };
    char text[168];
    DWORD error;

    event.start = scanner->at;
    event.line = scanner->start_line = scanner->line;
    if (line_is_too_long(scanner))
        return fail_at(scanner, scanner->line,
                       "the line is longer than %u characters: continue hexadecimal data in "
                       "further lines, each ended by a \\",
                       (unsigned)LONGEST_LINE);
    skip_blanks(scanner);
    if (peek(scanner) == ';' || is_at_line_end(scanner)) {
        skip_line_end(scanner);
        return ERROR_SUCCESS;
    }
    if (peek(scanner) == '[') {
        error = scan_path(scanner, &event.kind);
    } else if (peek(scanner) == '"' || peek(scanner) == '@') {
        error = scan_value(scanner, &event);
    } else {
        excerpt(scanner, text);
        return fail_at(scanner, scanner->line,
                       "\"%s\" is neither [key], \"name\"=data nor a ; comment", text);
    }
    if (error)
        return error;
    if (scanner->path.is_lost || scanner->name.is_lost || scanner->data.is_lost)
        return ERROR_NOT_ENOUGH_MEMORY;
    bool is_key = event.kind == REG_EVENT_KEY || event.kind == REG_EVENT_KEY_REMOVAL;
    if (!is_key && !scanner->is_in_key)
        return ERROR_SUCCESS; /* below a removed key: regedit ignores it too */
    event.path = (const char *)scanner->path.data;
    event.name = is_key ? "" : (const char *)scanner->name.data;
    event.data = scanner->data.data;
    event.size = event.kind == REG_EVENT_VALUE ? scanner->data.size : 0;
    event.end = scanner->at;
    return visit(context, &event);
}

static DWORD scan_header(struct scanner *scanner)
{
    static const char version_5[] = "windows registry editor version ";
    char text[168];

    while (peek(scanner) && (is_at_line_end(scanner) || peek(scanner) == ' '))
        if (is_at_line_end(scanner))
            skip_line_end(scanner);
        else
            scanner->at++;
    if (!peek(scanner))
        return fail_at(
            scanner, scanner->line,
            "the file is empty: a .reg file begins with \"Windows Registry Editor Version 5.00\"");
    excerpt(scanner, text);
    scanner->start_line = scanner->line;
    if (skip_word(scanner, "regedit4")) {
        scanner->is_version_4 = true;
    } else if (skip_word(scanner, version_5)) {
        if (!skip_word(scanner, "5.00"))
            return fail_at(scanner, scanner->line,
                           "\"%s\": only versions 5.00 and REGEDIT4 are understood; export the "
                           "keys again with regedit",
                           text);
        if (scanner->text->encoding == REG_ENCODING_ANSI)
            return fail_at(
                scanner, scanner->line,
                "the file has version 5.00 and an 8-bit encoding that is not UTF-8: save it as "
                "UTF-16LE (as regedit does) or UTF-8");
    } else if (skip_word(scanner, "wine registry version")) {
        return fail_at(scanner, scanner->line,
                       "this is a Wine prefix's own registry file: export it with wine regedit /E");
    } else {
        return fail_at(scanner, scanner->line,
                       "\"%s\": not a .reg file; its first line must be \"Windows Registry Editor "
                       "Version 5.00\" or \"REGEDIT4\"",
                       text);
    }
    return expect_line_end(scanner, "the header");
}

DWORD reg_scan(const struct reg_text *text, const char *path, reg_visit visit, void *context,
               struct registration_error *error)
{
    struct scanner scanner = { .text = text, .file = path, .error = error, .line = 1 };
    DWORD failure;

    error->message[0] = 0;
    failure = scan_header(&scanner);
    while (!failure && peek(&scanner))
        failure = scan_line(&scanner, visit, context);
    reg_buffer_release(&scanner.path);
    reg_buffer_release(&scanner.name);
    reg_buffer_release(&scanner.data);
    if (failure && !error->message[0])
        snprintf(error->message, sizeof(error->message), "%.250s: out of memory", path);
    return failure;
}

int reg_scan_is_version_4(const struct reg_text *text)
{
    struct registration_error error;
    struct scanner scanner = { .text = text, .file = "", .error = &error, .line = 1 };

    return scan_header(&scanner) == ERROR_SUCCESS && scanner.is_version_4;
}
