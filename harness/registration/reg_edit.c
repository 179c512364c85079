/* SPDX-License-Identifier: MIT
 *
 * Edits .reg text: see reg_edit.h. A scan finds the places, then the text is changed there.
 */
#include "reg_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_buffer.h"
#include "reg_scan.h"
#include "registration_file.h"
#include "text.h"

#define LONGEST_PATH 2048 /* bytes; as in registration_file.c */
#define FULL_LINE 77      /* columns after which regedit breaks a line of hex data */

/* Places in the text, in units. */
struct range {
    size_t start, end;
};

/* What a scan searches, and what it found. */
struct finder {
    const char *path, *name; /* name NULL: the key itself */
    char control_set[16];
    bool is_inside;     /* the scan is in a section of the key */
    bool is_there;      /* the key exists */
    size_t section_end; /* after the last value (or the head) of its last section */
    bool has_value;
    struct range value;       /* the last setting of the value, which is valid */
    struct reg_buffer ranges; /* of struct range: all settings of the value, or all sections */
};

static bool is_at_or_below(const char *path, const char *above)
{
    size_t length = strlen(above);
    char head[LONGEST_PATH];

    if (strlen(path) < length || (path[length] && path[length] != '\\'))
        return false;
    memcpy(head, path, length);
    head[length] = 0;
    return text_utf8_equal_ignore_case(head, above);
}

static struct range *last_range(struct finder *finder)
{
    return (struct range *)(void *)finder->ranges.data +
           (finder->ranges.size / sizeof(struct range) - 1);
}

static void add_range(struct finder *finder, size_t start, size_t end)
{
    struct range range = { start, end };

    reg_buffer_add(&finder->ranges, &range, sizeof(range));
}

static DWORD find_value(struct finder *finder, const struct reg_event *event)
{
    if (!finder->is_inside)
        return ERROR_SUCCESS;
    finder->section_end = event->end;
    if (!finder->name) {
        last_range(finder)->end = event->end;
        return ERROR_SUCCESS;
    }
    if (!text_utf8_equal_ignore_case(event->name, finder->name))
        return ERROR_SUCCESS;
    finder->has_value = event->kind == REG_EVENT_VALUE;
    if (finder->has_value) {
        finder->value = (struct range){ event->start, event->end };
        add_range(finder, event->start, event->end);
    }
    return ERROR_SUCCESS;
}

static DWORD find_event(void *context, const struct reg_event *event)
{
    struct finder *finder = context;
    char path[LONGEST_PATH];

    if (finder->ranges.is_lost)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (event->kind == REG_EVENT_VALUE || event->kind == REG_EVENT_VALUE_REMOVAL)
        return find_value(finder, event);
    finder->is_inside = false;
    if (!registration_file_path(event->path, finder->control_set, path, sizeof(path)))
        return ERROR_SUCCESS;
    if (event->kind == REG_EVENT_KEY_REMOVAL) {
        if (is_at_or_below(finder->path, path)) {
            finder->is_there = finder->has_value = false;
            finder->ranges.size = 0;
        }
        return ERROR_SUCCESS;
    }
    finder->is_inside = text_utf8_equal_ignore_case(path, finder->path);
    if (finder->is_inside) {
        finder->is_there = true;
        finder->section_end = event->end;
        if (!finder->name)
            add_range(finder, event->start, event->end);
    }
    return finder->ranges.is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

/* Zero the finder and run it. The caller releases its ranges, also after an error. */
static DWORD find(struct finder *finder, const struct reg_text *text, const char *path,
                  const char *name)
{
    struct registration_error ignored;

    memset(finder, 0, sizeof(*finder));
    finder->path = path;
    finder->name = name;
    registration_file_control_set(text, finder->control_set);
    return reg_scan(text, "", find_event, finder, &ignored);
}

static const char *line_end(const struct reg_text *text)
{
    for (size_t i = 0; i < text->length; i++)
        if (text->units[i] == '\n')
            return i > 0 && text->units[i - 1] == '\r' ? "\r\n" : "\n";
    return "\r\n";
}

/* Replace [start, end) with `more`. */
static DWORD splice(struct reg_text *text, size_t start, size_t end, const struct reg_buffer *more)
{
    size_t count = more ? more->size / sizeof(WCHAR) : 0;
    size_t length = text->length - (end - start) + count;

    if (more && more->is_lost)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (text->encoding == REG_ENCODING_ANSI)
        for (size_t i = 0; i < count; i++)
            if (reg_text_ansi_byte(((const WCHAR *)(const void *)more->data)[i]) < 0)
                return ERROR_NO_UNICODE_TRANSLATION;
    WCHAR *units = calloc(length + 1, sizeof(*units));
    if (!units)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(units, text->units, start * sizeof(*units));
    if (count)
        memcpy(units + start, more->data, count * sizeof(*units));
    memcpy(units + start + count, text->units + end, (text->length - end) * sizeof(*units));
    free(text->units);
    text->units = units;
    text->length = length;
    return ERROR_SUCCESS;
}

/* Add a quoted text with its escapes. */
static void add_quoted(struct reg_buffer *line, const WCHAR *units, size_t length)
{
    reg_buffer_add_unit(line, '"');
    for (size_t i = 0; i < length; i++) {
        if (units[i] == '"' || units[i] == '\\')
            reg_buffer_add_unit(line, '\\');
        reg_buffer_add_unit(line, units[i]);
    }
    reg_buffer_add_unit(line, '"');
}

/* Whether a REG_SZ can be written as "text": one terminator, at its end, and no line breaks. */
static bool is_plain(const WCHAR *units, size_t length)
{
    if (length == 0 || units[length - 1])
        return false;
    for (size_t i = 0; i + 1 < length; i++)
        if (units[i] < 0x20)
            return false;
    return true;
}

/* Add data as hex bytes, with line breaks like regedit's. `start` is the start of the current
   line. */
static void add_hex(struct reg_buffer *line, size_t start, const unsigned char *data, size_t size,
                    const char *end)
{
    size_t column = (line->size - start) / sizeof(WCHAR);
    char text[4];

    for (size_t i = 0; i < size; i++) {
        bool is_last = i + 1 == size;
        snprintf(text, sizeof(text), "%02x%s", data[i], is_last ? "" : ",");
        reg_buffer_add_utf16(line, text);
        column += 3;
        if (!is_last && column >= FULL_LINE) {
            reg_buffer_add_utf16(line, "\\");
            reg_buffer_add_utf16(line, end);
            reg_buffer_add_utf16(line, "  ");
            column = 2;
        }
    }
}

/* Convert data of hex(2) and hex(7) to the 8-bit text of REGEDIT4, which has no form of half a character. */
static DWORD narrow(const void *data, size_t size, struct reg_buffer *bytes)
{
    const unsigned char *from = data;

    if (size % sizeof(WCHAR))
        return ERROR_NO_UNICODE_TRANSLATION;
    for (size_t i = 0; i < size; i += 2) {
        int byte = reg_text_ansi_byte((WCHAR)(from[i] | from[i + 1] << 8));
        unsigned char one = (unsigned char)byte;
        if (byte < 0)
            return ERROR_NO_UNICODE_TRANSLATION;
        reg_buffer_add(bytes, &one, 1);
    }
    return bytes->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

static DWORD add_value(struct reg_buffer *line, const struct reg_text *text, const char *name,
                       uint32_t type, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t start = line->size, units = size / sizeof(WCHAR);
    struct reg_buffer wide = { 0 }, eight_bit = { 0 };
    DWORD error = ERROR_SUCCESS;
    char head[32];

    reg_buffer_add_utf16(&wide, name);
    if (*name)
        add_quoted(line, (const WCHAR *)(const void *)wide.data, wide.size / sizeof(WCHAR));
    else
        reg_buffer_add_unit(line, '@');
    line->is_lost = line->is_lost || wide.is_lost;
    reg_buffer_release(&wide);
    reg_buffer_add_unit(line, '=');

    if (type == REG_SZ && size % sizeof(WCHAR) == 0 && is_plain(data, units)) {
        add_quoted(line, data, units - 1);
    } else if (type == REG_DWORD && size == 4) {
        snprintf(head, sizeof(head), "dword:%02x%02x%02x%02x", bytes[3], bytes[2], bytes[1],
                 bytes[0]);
        reg_buffer_add_utf16(line, head);
    } else {
        if (type == REG_BINARY)
            snprintf(head, sizeof(head), "hex:");
        else
            snprintf(head, sizeof(head), "hex(%x):", (unsigned)type);
        reg_buffer_add_utf16(line, head);
        if ((type == REG_EXPAND_SZ || type == REG_MULTI_SZ) && reg_scan_is_version_4(text)) {
            error = narrow(data, size, &eight_bit);
            bytes = eight_bit.data;
            size = eight_bit.size;
        }
        if (!error)
            add_hex(line, start, bytes, size, line_end(text));
        reg_buffer_release(&eight_bit);
    }
    reg_buffer_add_utf16(line, line_end(text));
    return error;
}

void reg_edit_add_value(struct reg_buffer *lines, const char *name, uint32_t type, const void *data,
                        size_t size)
{
    const struct reg_text empty = { 0 };

    if (add_value(lines, &empty, name, type, data, size))
        lines->is_lost = true;
}

/* Add a blank line and "[path]", for the end of the text. */
static void add_head(struct reg_buffer *line, const struct reg_text *text, const char *path)
{
    const char *end = line_end(text);

    if (text->length && text->units[text->length - 1] != '\n')
        reg_buffer_add_utf16(line, end);
    reg_buffer_add_utf16(line, end);
    reg_buffer_add_unit(line, '[');
    reg_buffer_add_utf16(line, path);
    reg_buffer_add_unit(line, ']');
    reg_buffer_add_utf16(line, end);
}

DWORD reg_edit_begin(struct reg_text *text)
{
    struct reg_buffer head = { 0 };

    reg_buffer_add_utf16(&head, "Windows Registry Editor Version 5.00\r\n");
    if (head.is_lost) {
        reg_buffer_release(&head);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    text->units = (WCHAR *)(void *)head.data;
    text->length = head.size / sizeof(WCHAR);
    text->encoding = REG_ENCODING_UTF16;
    text->has_mark = true;
    return ERROR_SUCCESS;
}

DWORD reg_edit_set(struct reg_text *text, const char *path, const char *name, uint32_t type,
                   const void *data, size_t size)
{
    struct reg_buffer line = { 0 };
    struct finder finder;
    DWORD error = find(&finder, text, path, name);
    size_t start = text->length, end = start;

    if (finder.is_there)
        start = end = finder.section_end;
    if (finder.has_value) {
        start = finder.value.start;
        end = finder.value.end;
    }
    if (!error) {
        if (!finder.is_there)
            add_head(&line, text, path);
        else if (start > 0 && text->units[start - 1] != '\n')
            reg_buffer_add_utf16(&line, line_end(text));
        error = add_value(&line, text, name, type, data, size);
    }
    if (!error)
        error = splice(text, start, end, &line);
    reg_buffer_release(&line);
    reg_buffer_release(&finder.ranges);
    return error;
}

DWORD reg_edit_add_key(struct reg_text *text, const char *path)
{
    struct reg_buffer line = { 0 };
    struct finder finder;
    DWORD error = find(&finder, text, path, "");

    if (!error && !finder.is_there) {
        add_head(&line, text, path);
        error = splice(text, text->length, text->length, &line);
    }
    reg_buffer_release(&line);
    reg_buffer_release(&finder.ranges);
    return error;
}

/* Remove sorted ranges, the last one first. */
static DWORD cut(struct reg_text *text, struct finder *finder)
{
    DWORD error = ERROR_SUCCESS;

    while (finder->ranges.size && !error) {
        const struct range *range = last_range(finder);
        error = splice(text, range->start, range->end, NULL);
        finder->ranges.size -= sizeof(*range);
    }
    return error;
}

DWORD reg_edit_remove_value(struct reg_text *text, const char *path, const char *name)
{
    struct finder finder;
    DWORD error = find(&finder, text, path, name);

    if (!error)
        error = cut(text, &finder);
    reg_buffer_release(&finder.ranges);
    return error;
}

static bool is_blank_line(const struct reg_text *text, size_t start, size_t *end)
{
    size_t at = start;

    for (; at < text->length && text->units[at] != '\n'; at++)
        if (text->units[at] != ' ' && text->units[at] != '\t' && text->units[at] != '\r')
            return false;
    *end = at < text->length ? at + 1 : at;
    return start < text->length;
}

/* Remove the blank lines after a section with it; at the end of the text, the one before it. */
static void widen_section(const struct reg_text *text, struct range *range)
{
    size_t end;

    while (is_blank_line(text, range->end, &end))
        range->end = end;
    if (range->end < text->length)
        return;
    size_t start = range->start;
    if (start >= 1 && text->units[start - 1] == '\n') {
        size_t before = start - 1;
        if (before >= 1 && text->units[before - 1] == '\r')
            before--;
        if (before >= 1 && text->units[before - 1] == '\n')
            range->start = before;
    }
}

DWORD reg_edit_remove_key(struct reg_text *text, const char *path)
{
    struct finder finder;
    DWORD error = find(&finder, text, path, NULL);

    while (!error && finder.ranges.size) {
        struct range *range = last_range(&finder);
        widen_section(text, range);
        error = splice(text, range->start, range->end, NULL);
        finder.ranges.size -= sizeof(*range);
    }
    reg_buffer_release(&finder.ranges);
    return error;
}
