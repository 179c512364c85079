/* SPDX-License-Identifier: MIT
 *
 * Reads JSON (RFC 8259) in order. The caller opens objects and arrays, asks for one member or element
 * after another, and takes or skips its value. The text is hostile: depth and memory are limited, and
 * the cost grows linearly.
 *
 *     struct json_parser json;
 *     char key[32];
 *
 *     json_parser_init(&json, text, size);
 *     json_parser_begin_object(&json);
 *     while (json_parser_next_member(&json, key, sizeof(key)))
 *         if (strcmp(key, "schema") == 0)
 *             json_parser_unsigned(&json, &schema);
 *         else
 *             json_parser_skip(&json);
 *     json_parser_end(&json);
 *     if (json.problem)
 *         ... line json.line: json.problem ...
 *
 * The first problem is kept. Each later call fails and changes nothing, so the caller checks once, at
 * the end.
 */
#ifndef JSON_PARSER_H
#define JSON_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The deepest nesting of objects and arrays; chosen, far above any file that the harness reads. */
#define JSON_PARSER_DEPTH 32

struct json_parser {
    const char *text; /* not owned; need not be terminated */
    size_t size, at;
    size_t line; /* from 1 */
    unsigned depth;
    bool is_first[JSON_PARSER_DEPTH + 1]; /* nothing was read of that level yet */
    const char *problem;                  /* one phrase; NULL: no problem so far */
};

void json_parser_init(struct json_parser *json, const char *text, size_t size);

/** Open an object or an array. False if the next value is of another kind. */
bool json_parser_begin_object(struct json_parser *json);
bool json_parser_begin_array(struct json_parser *json);

/**
 * Move to the next member of the innermost object. The caller must read or skip its value. At the end
 * of the object, close it and return false.
 *
 * @param key  receives its name; "" if the name does not fit
 */
bool json_parser_next_member(struct json_parser *json, char *key, size_t size);

/** Move to the next element of the innermost array. At its end, close it and return false. */
bool json_parser_next_element(struct json_parser *json);

/**
 * Read a string, or null, for which *text is NULL.
 *
 * @param text  receives a copy, UTF-8 without zero bytes; freed by the caller
 * @return false on a problem; *text is unchanged
 */
bool json_parser_string(struct json_parser *json, char **text);

/** Read a whole number from 0 to 2^64 - 1, without sign, point or exponent. */
bool json_parser_unsigned(struct json_parser *json, uint64_t *value);

/** Skip a value of any kind. */
bool json_parser_skip(struct json_parser *json);

/** Check that only blanks follow. */
bool json_parser_end(struct json_parser *json);

#endif /* JSON_PARSER_H */
