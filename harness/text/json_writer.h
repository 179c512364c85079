/* SPDX-License-Identifier: MIT
 *
 * Writes indented JSON (RFC 8259) in order. The caller opens and closes objects and arrays, and
 * adds a key before each value of an object. The writer adds commas, line breaks and escapes.
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
 * Text is UTF-8. Invalid bytes become U+FFFD, so the result is always valid JSON. If memory runs
 * out, the output records it (is_lost).
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/** The deepest nesting of objects and arrays; far above that of any output of the harness. */
#define JSON_WRITER_DEPTH 32

struct json_writer {
    struct output *output;
    unsigned depth;                         /* open objects and arrays */
    bool has_values[JSON_WRITER_DEPTH + 1]; /* by depth: the next value needs a comma before it */
    bool is_on_one_line[JSON_WRITER_DEPTH + 1]; /* whether its values are on one line */
    bool is_after_key;
};

/** Begin. `output` must exist as long as the writer. Its content is kept. */
void json_writer_init(struct json_writer *json, struct output *output);

/** Open an object or an array: each value on a line of its own, or all on one line. */
void json_writer_begin_object(struct json_writer *json);
void json_writer_begin_object_on_one_line(struct json_writer *json);
void json_writer_begin_array(struct json_writer *json);
void json_writer_begin_array_on_one_line(struct json_writer *json);

/** Close the innermost object or array. */
void json_writer_end_object(struct json_writer *json);
void json_writer_end_array(struct json_writer *json);

/** Add the key of the next value. */
void json_writer_key(struct json_writer *json, const char *key);

/** A string; NULL becomes null. */
void json_writer_string(struct json_writer *json, const char *text);

/** A string of `size` bytes that need not be terminated. */
void json_writer_sized_string(struct json_writer *json, const char *text, size_t size);

void json_writer_null(struct json_writer *json);
void json_writer_bool(struct json_writer *json, bool value);

/** An integer; a string if a double cannot hold it, so that no reader rounds it. */
void json_writer_unsigned(struct json_writer *json, uint64_t value);
void json_writer_signed(struct json_writer *json, int64_t value);

/** The shortest number that reads back as the same double; null if it is not finite. */
void json_writer_double(struct json_writer *json, double value);

#endif /* JSON_WRITER_H */
