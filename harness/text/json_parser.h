/* SPDX-License-Identifier: MIT
 *
 * JSON (RFC 8259), read in order: the caller opens objects and arrays, asks for one member or
 * element after another, and takes or skips its value. The text may be anything: depth and size of
 * what is kept are limited, and the cost grows linearly.
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
 * The first problem is kept; each call after it fails and changes nothing, so that one question at
 * the end is enough.
 */
#ifndef JSON_PARSER_H
#define JSON_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Deepest nesting of objects and arrays. */
#define JSON_PARSER_DEPTH 32

struct json_parser {
    const char *text; /* not owned; need not be terminated */
    size_t size, at;
    size_t line; /* from 1 */
    unsigned depth;
    bool is_first[JSON_PARSER_DEPTH + 1]; /* nothing was read of that level yet */
    const char *problem;                  /* one phrase; NULL: none so far */
};

void json_parser_init(struct json_parser *json, const char *text, size_t size);

/** Open an object or array; false if there is something else. */
bool json_parser_begin_object(struct json_parser *json);
bool json_parser_begin_array(struct json_parser *json);

/**
 * The next member of the innermost object: its value must be read or skipped. false at the end of the
 * object, which is closed thereby.
 *
 * @param key  receives its name; one that does not fit is "", which no caller asks for
 */
bool json_parser_next_member(struct json_parser *json, char *key, size_t size);

/** The next element of the innermost array; false at its end, which closes it. */
bool json_parser_next_element(struct json_parser *json);

/**
 * A string, or null, for which *text is NULL.
 *
 * @param text  receives a copy, UTF-8 without zero bytes; freed by the caller
 * @return false on a problem; *text is unchanged
 */
bool json_parser_string(struct json_parser *json, char **text);

/** A whole number of 0 to 2^64 - 1, in digits. */
bool json_parser_unsigned(struct json_parser *json, uint64_t *value);

/** Leave a value out, whatever it is. */
bool json_parser_skip(struct json_parser *json);

/** Nothing but blanks may follow. */
bool json_parser_end(struct json_parser *json);

#endif /* JSON_PARSER_H */
