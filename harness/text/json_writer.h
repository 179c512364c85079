/* SPDX-License-Identifier: MIT
 *
 * JSON (RFC 8259), written in order and indented: the caller opens and closes objects and arrays,
 * and gives a key before each value of an object; commas, line breaks and escapes are the writer's.
 *
 *     struct output output = {0};
 *     struct json_writer json;
 *
 *     json_writer_init(&json, &output);
 *     json_writer_begin_object(&json);
 *     json_writer_key(&json, "index");
 *     json_writer_unsigned(&json, 238);
 *     json_writer_end_object(&json);      a line break follows the outermost value
 *     fwrite(output.data, 1, output.size, stdout);
 *     output_release(&output);
 *
 * Text is UTF-8; bytes that are not become U+FFFD, so that the result is always valid JSON.
 * Memory running out is remembered in the output.
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/** Deepest nesting of objects and arrays. */
#define JSON_WRITER_DEPTH 32

struct json_writer {
    struct output *output;
    unsigned depth;                             /* open objects and arrays */
    bool has_values[JSON_WRITER_DEPTH + 1];     /* whether a comma is due, by depth */
    bool is_on_one_line[JSON_WRITER_DEPTH + 1]; /* whether its values stand in one line */
    bool is_behind_key;
};

/** Begin; `output` must outlive the writer and is not cleared. */
void json_writer_init(struct json_writer *json, struct output *output);

/** Open an object or an array: each value on a line of its own, or all on one line. */
void json_writer_begin_object(struct json_writer *json);
void json_writer_begin_object_on_one_line(struct json_writer *json);
void json_writer_begin_array(struct json_writer *json);

/** Close the innermost. */
void json_writer_end_object(struct json_writer *json);
void json_writer_end_array(struct json_writer *json);

/** Key of the value that follows. */
void json_writer_key(struct json_writer *json, const char *key);

/** A string; NULL becomes null. */
void json_writer_string(struct json_writer *json, const char *text);

/** A string of `size` bytes that need not be terminated. */
void json_writer_sized_string(struct json_writer *json, const char *text, size_t size);

void json_writer_null(struct json_writer *json);
void json_writer_bool(struct json_writer *json, bool value);

/** An integer; as a string when a double cannot hold it, so that no reader rounds it. */
void json_writer_unsigned(struct json_writer *json, uint64_t value);
void json_writer_signed(struct json_writer *json, int64_t value);

/** A number that reads back as the same double, as short as that allows; null unless finite. */
void json_writer_double(struct json_writer *json, double value);

#endif /* JSON_WRITER_H */
