/* SPDX-License-Identifier: MIT
 *
 * Writes JSON into an output. This file adds punctuation and escapes; the caller provides the
 * content.
 */
#include "json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void json_writer_init(struct json_writer *json, struct output *output)
{
    *json = (struct json_writer){ .output = output };
}

static void break_line(struct json_writer *json)
{
    if (json->is_on_one_line[json->depth])
        return;
    output_add_byte(json->output, '\n');
    output_add_repeated(json->output, ' ', 2 * (size_t)json->depth);
}

/* Write the text before a value: nothing after a key, otherwise a comma and a line break. */
static void begin_value(struct json_writer *json)
{
    if (json->is_after_key) {
        json->is_after_key = false;
        return;
    }
    if (json->has_values[json->depth])
        output_add_text(json->output, json->is_on_one_line[json->depth] ? ", " : ",");
    json->has_values[json->depth] = true;
    if (json->depth)
        break_line(json);
}

static void end_value(struct json_writer *json)
{
    if (!json->depth)
        output_add_byte(json->output, '\n');
}

static void open_level(struct json_writer *json, char bracket, bool is_on_one_line)
{
    assert(json->depth < JSON_WRITER_DEPTH);
    begin_value(json);
    output_add_byte(json->output, bracket);
    is_on_one_line = is_on_one_line || json->is_on_one_line[json->depth];
    json->depth++;
    json->has_values[json->depth] = false;
    json->is_on_one_line[json->depth] = is_on_one_line;
}

static void close_level(struct json_writer *json, char bracket)
{
    bool has_values = json->has_values[json->depth];
    bool is_on_one_line = json->is_on_one_line[json->depth];

    assert(json->depth > 0 && !json->is_after_key);
    json->depth--;
    if (has_values && !is_on_one_line)
        break_line(json);
    output_add_byte(json->output, bracket);
    end_value(json);
}

void json_writer_begin_object(struct json_writer *json)
{
    open_level(json, '{', false);
}

void json_writer_begin_object_on_one_line(struct json_writer *json)
{
    open_level(json, '{', true);
}

void json_writer_begin_array(struct json_writer *json)
{
    open_level(json, '[', false);
}

void json_writer_begin_array_on_one_line(struct json_writer *json)
{
    open_level(json, '[', true);
}

void json_writer_end_object(struct json_writer *json)
{
    close_level(json, '}');
}

void json_writer_end_array(struct json_writer *json)
{
    close_level(json, ']');
}

/* Write a quoted string. Besides the escapes of JSON, "<" is escaped, because the result may be
   inside a script element of a page, and so are all characters that control a terminal. */
static void add_quoted(struct json_writer *json, const char *text, size_t size)
{
    struct output *output = json->output;
    size_t at = 0;

    output_add_byte(output, '"');
    while (at < size) {
        const uint32_t c = utf8_next(text, size, &at);
        char bytes[4];

        if (c == '"' || c == '\\') {
            output_add_byte(output, '\\');
            output_add_byte(output, (char)c);
        } else if (c == '\n') {
            output_add_text(output, "\\n");
        } else if (utf8_is_unsafe(c) || c == '<') {
            output_add_format(output, "\\u%04" PRIx32, c);
        } else {
            output_add(output, bytes, utf8_encode(c, bytes));
        }
    }
    output_add_byte(output, '"');
}

void json_writer_key(struct json_writer *json, const char *key)
{
    assert(json->depth > 0 && !json->is_after_key);
    begin_value(json);
    add_quoted(json, key, strlen(key));
    output_add_text(json->output, ": ");
    json->is_after_key = true;
}

void json_writer_sized_string(struct json_writer *json, const char *text, size_t size)
{
    begin_value(json);
    add_quoted(json, text, size);
    end_value(json);
}

static void add_literal(struct json_writer *json, const char *text)
{
    begin_value(json);
    output_add_text(json->output, text);
    end_value(json);
}

void json_writer_null(struct json_writer *json)
{
    add_literal(json, "null");
}

void json_writer_string(struct json_writer *json, const char *text)
{
    if (text)
        json_writer_sized_string(json, text, strlen(text));
    else
        json_writer_null(json);
}

void json_writer_bool(struct json_writer *json, bool value)
{
    add_literal(json, value ? "true" : "false");
}

/* Whether every reader reads this integer exactly, also one that stores numbers as doubles. */
static bool fits_a_double(uint64_t magnitude)
{
    return magnitude <= UINT64_C(9007199254740992) /* 2^53 */;
}

void json_writer_unsigned(struct json_writer *json, uint64_t value)
{
    char text[32];

    snprintf(text, sizeof(text), fits_a_double(value) ? "%" PRIu64 : "\"%" PRIu64 "\"", value);
    add_literal(json, text);
}

void json_writer_signed(struct json_writer *json, int64_t value)
{
    const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char text[32];

    snprintf(text, sizeof(text), fits_a_double(magnitude) ? "%" PRId64 : "\"%" PRId64 "\"", value);
    add_literal(json, text);
}

void json_writer_double(struct json_writer *json, double value)
{
    char text[32];

    if (!isfinite(value)) {
        json_writer_null(json);
        return;
    }
    snprintf(text, sizeof(text), "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof(text), "%.17g", value);
    add_literal(json, text);
}
