/* SPDX-License-Identifier: MIT
 *
 * A cursor over JSON text. It keeps only the place and, for each open level, whether a comma must
 * follow.
 */
#include "json_parser.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "utf8.h"

void json_parser_init(struct json_parser *json, const char *text, size_t size)
{
    *json = (struct json_parser){ .text = text, .size = size, .line = 1 };
    /* Editors of Windows put a byte order mark in front. */
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        json->at = 3;
}

static bool fail(struct json_parser *json, const char *problem)
{
    if (!json->problem)
        json->problem = problem;
    return false;
}

static void skip_blanks(struct json_parser *json)
{
    for (; json->at < json->size; json->at++) {
        const char byte = json->text[json->at];

        if (byte == '\n')
            json->line++;
        else if (byte != ' ' && byte != '\t' && byte != '\r')
            return;
    }
}

/* The next byte that is no blank; 0 at the end. */
static char look(struct json_parser *json)
{
    skip_blanks(json);
    return json->at < json->size ? json->text[json->at] : 0;
}

static bool take(struct json_parser *json, char byte)
{
    if (json->problem || look(json) != byte)
        return false;
    json->at++;
    return true;
}

static bool open_level(struct json_parser *json, char bracket, const char *problem)
{
    if (!take(json, bracket))
        return fail(json, problem);
    if (json->depth == JSON_PARSER_DEPTH)
        return fail(json, "it is nested too deeply");
    json->is_first[++json->depth] = true;
    return true;
}

bool json_parser_begin_object(struct json_parser *json)
{
    return open_level(json, '{', "an object is expected here");
}

bool json_parser_begin_array(struct json_parser *json)
{
    return open_level(json, '[', "an array is expected here");
}

/* Whether the innermost level has another value. If not, close the level. */
static bool go_on(struct json_parser *json, char bracket)
{
    if (json->problem || json->depth == 0)
        return false;
    if (take(json, bracket)) {
        json->depth--;
        return false;
    }
    if (!json->is_first[json->depth] && !take(json, ','))
        return fail(json, "a comma or the closing bracket is missing");
    json->is_first[json->depth] = false;
    return true;
}

static bool read_hex(struct json_parser *json, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        const char byte = json->at < json->size ? json->text[json->at] : 0;
        const uint32_t digit = byte >= '0' && byte <= '9'   ? (uint32_t)(byte - '0')
                               : byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a' + 10)
                               : byte >= 'A' && byte <= 'F' ? (uint32_t)(byte - 'A' + 10)
                                                            : 16;
        if (digit == 16)
            return fail(json, "\\u needs four hexadecimal digits");
        *unit = *unit * 16 + digit;
    }
    return true;
}

/* After "\u": one UTF-16 unit, or two of a pair. Half a pair becomes U+FFFD. */
static bool read_unicode(struct json_parser *json, uint32_t *character)
{
    uint32_t low;

    if (!read_hex(json, character))
        return false;
    if (*character >= 0xD800 && *character < 0xDC00 && json->size - json->at >= 2 &&
        memcmp(json->text + json->at, "\\u", 2) == 0) {
        const size_t before = json->at;

        json->at += 2;
        if (!read_hex(json, &low))
            return false;
        if (low >= 0xDC00 && low < 0xE000)
            *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
        else
            json->at = before;
    }
    if (*character >= 0xD800 && *character < 0xE000)
        *character = 0xFFFD;
    if (*character == 0)
        return fail(json, "a text holds a zero character");
    return true;
}

static bool read_escape(struct json_parser *json, struct output *output)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char letter = json->at < json->size ? json->text[json->at++] : 0;
    const char *const found = letter ? strchr(letters, letter) : NULL;
    uint32_t character;
    char bytes[4];

    if (found) {
        output_add_byte(output, meanings[found - letters]);
        return true;
    }
    if (letter != 'u')
        return fail(json, "an escape that JSON does not have");
    if (!read_unicode(json, &character))
        return false;
    output_add(output, bytes, utf8_encode(character, bytes));
    return true;
}

/* Read from the opening quote to the byte after the closing quote. */
static bool read_string(struct json_parser *json, struct output *output)
{
    while (json->at < json->size) {
        const char byte = json->text[json->at];
        char bytes[4];

        if (byte == '"') {
            json->at++;
            return true;
        }
        if ((unsigned char)byte < 0x20)
            return fail(json, "a control character in a text");
        if (byte == '\\') {
            json->at++;
            if (!read_escape(json, output))
                return false;
            continue;
        }
        const uint32_t character = utf8_next(json->text, json->size, &json->at);
        output_add(output, bytes, utf8_encode(character, bytes));
    }
    return fail(json, "a text has no end");
}

static bool take_string(struct json_parser *json, struct output *output)
{
    return take(json, '"') ? read_string(json, output) : fail(json, "a text is expected here");
}

bool json_parser_next_member(struct json_parser *json, char *key, size_t size)
{
    struct output name = { 0 };
    bool is_good = go_on(json, '}') && take_string(json, &name);

    if (is_good && !take(json, ':'))
        is_good = fail(json, "a colon is missing after a name");
    if (is_good && name.is_lost)
        is_good = fail(json, "memory ran out");
    if (is_good) {
        const size_t length = name.size < size ? name.size : 0;

        if (length)
            memcpy(key, name.data, length);
        key[length] = 0;
    }
    output_release(&name);
    return is_good;
}

bool json_parser_next_element(struct json_parser *json)
{
    return go_on(json, ']');
}

static bool take_word(struct json_parser *json, const char *word)
{
    const size_t length = strlen(word);

    skip_blanks(json);
    if (json->problem || json->size - json->at < length ||
        memcmp(json->text + json->at, word, length) != 0)
        return false;
    json->at += length;
    return true;
}

bool json_parser_string(struct json_parser *json, char **text)
{
    struct output output = { 0 };

    if (take_word(json, "null")) {
        *text = NULL;
        return true;
    }
    if (!take_string(json, &output)) {
        output_release(&output);
        return false;
    }
    output_add_byte(&output, 0); /* an empty text has memory of its own as well */
    if (output.is_lost) {
        output_release(&output);
        return fail(json, "memory ran out");
    }
    *text = output.data;
    return true;
}

bool json_parser_unsigned(struct json_parser *json, uint64_t *value)
{
    static const char further[] = { '.', 'e', 'E' }; /* what follows the digits of other numbers */
    const char first = look(json);
    uint64_t result = 0;

    if (json->problem || first < '0' || first > '9')
        return fail(json, "a whole number is expected here");
    for (; json->at < json->size; json->at++) {
        const char byte = json->text[json->at];

        if (byte < '0' || byte > '9')
            break;
        const uint64_t digit = (uint64_t)(byte - '0');
        if (result > (UINT64_MAX - digit) / 10)
            return fail(json, "a number is too large");
        result = result * 10 + digit;
    }
    if (json->at < json->size && memchr(further, json->text[json->at], sizeof(further)))
        return fail(json, "a whole number is expected here");
    *value = result;
    return true;
}

static bool skip_number(struct json_parser *json)
{
    static const char bytes[] = "+-.0123456789eE";
    const size_t begin = json->at;

    while (json->at < json->size && memchr(bytes, json->text[json->at], sizeof(bytes) - 1))
        json->at++;
    if (json->at == begin)
        return fail(json, "a value is expected here");
    return true;
}

bool json_parser_skip(struct json_parser *json)
{
    const unsigned depth = json->depth;

    /* Levels inside the value are walked without recursion. `kinds` has the bracket that closes each. */
    char kinds[JSON_PARSER_DEPTH + 1] = { 0 };
    char key[1];

    for (;;) {
        const char byte = look(json);
        struct output text = { 0 };
        bool is_good;

        if (byte == '{' || byte == '[') {
            is_good = byte == '{' ? json_parser_begin_object(json) : json_parser_begin_array(json);
            kinds[json->depth] = byte;
        } else if (byte == '"') {
            is_good = take_string(json, &text);
        } else {
            is_good = take_word(json, "null") || take_word(json, "true") ||
                      take_word(json, "false") || skip_number(json);
        }
        output_release(&text);
        if (!is_good)
            return false;
        while (json->depth > depth &&
               !(kinds[json->depth] == '{' ? json_parser_next_member(json, key, sizeof(key))
                                           : json_parser_next_element(json)))
            if (json->problem)
                return false;
        if (json->depth == depth)
            return true;
    }
}

bool json_parser_end(struct json_parser *json)
{
    skip_blanks(json);
    if (json->at < json->size)
        fail(json, "something follows the end");
    return !json->problem;
}
