/* SPDX-License-Identifier: MIT
 *
 * The functions of manifest_values.h.
 *
 * Rule: Performance Counters Schema: UInt32, symbol, GUID and the enumerations.
 */
#include "manifest_values.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NAME_LIMIT 1023 /* characters; PERF_MAX_INSTANCE_NAME without the terminator */

const char manifest_values_out_of_memory[] = "cannot be read: out of memory";

/* Own character classes, because those of <ctype.h> depend on the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *keep(const char *value, char **member)
{
    free(*member);
    *member = malloc(strlen(value) + 1);
    if (!*member)
        return manifest_values_out_of_memory;
    memcpy(*member, value, strlen(value) + 1);
    return NULL;
}

const char *manifest_values_parse_TEXT(const char *value, void *member)
{
    return *value ? keep(value, member) : "must not be empty";
}

const char *manifest_values_parse_NAME(const char *value, void *member)
{
    size_t characters = 0;

    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at < ' ')
            return "must be one line without control characters";
        characters += (*at & 0xC0) != 0x80;
    }
    if (characters > NAME_LIMIT)
        return "must have at most 1023 characters";
    return manifest_values_parse_TEXT(value, member);
}

const char *manifest_values_parse_SYMBOL(const char *value, void *member)
{
    if (!*value)
        return NULL;
    for (const char *at = value; *at; at++)
        if (!is_letter(*at) && !(at > value && is_digit(*at)))
            return "must be a C identifier: letters, digits and _, no digit first";
    if (strlen(value) > 255)
        return "must have at most 255 characters";
    return keep(value, member);
}

const char *manifest_values_parse_IDENTIFIER(const char *value, void *member)
{
    return *value ? manifest_values_parse_SYMBOL(value, member) : "must not be empty";
}

const char *manifest_values_parse_GUID(const char *value, void *member)
{
    static const char form[] = "{hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh}";
    uint8_t bytes[16] = { 0 };
    size_t digits = 0;
    GUID *guid = member;

    if (strlen(value) != sizeof(form) - 1)
        return "must be a GUID: {8-4-4-4-12} hexadecimal digits";
    for (size_t i = 0; form[i]; i++) {
        const int digit = hex_digit(value[i]);

        if (form[i] == 'h' ? digit < 0 : value[i] != form[i])
            return "must be a GUID: {8-4-4-4-12} hexadecimal digits";
        if (form[i] != 'h')
            continue;
        bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
        digits++;
    }
    guid->Data1 =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    guid->Data2 = (uint16_t)(bytes[4] << 8 | bytes[5]);
    guid->Data3 = (uint16_t)(bytes[6] << 8 | bytes[7]);
    memcpy(guid->Data4, bytes + 8, 8);
    return NULL;
}

const char *manifest_values_parse_NUMBER(const char *value, void *member)
{
    static const char why[] = "must be a number from 0 to 4294967295, decimal or 0x and 1 to 8 "
                              "hexadecimal digits";
    const bool is_hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
    struct manifest_number *number = member;
    uint64_t result = 0;

    if (is_hex)
        value += 2;
    if (!*value || (is_hex && strlen(value) > 8))
        return why;
    for (; *value; value++) {
        const int digit = is_hex || is_digit(*value) ? hex_digit(*value) : -1;

        if (digit < 0)
            return why;
        result = result * (is_hex ? 16 : 10) + (uint64_t)digit;
        if (result > UINT32_MAX)
            return why;
    }
    *number = (struct manifest_number){ (uint32_t)result, true };
    return NULL;
}

const char *manifest_values_parse_SCALE(const char *value, void *member)
{
    struct manifest_number number = { 0 };
    const bool is_negative = *value == '-';

    if (manifest_values_parse_NUMBER(value + is_negative, &number) || number.value > 10)
        return "must be a power of ten from -10 to 10";
    *(int32_t *)member = is_negative ? -(int32_t)number.value : (int32_t)number.value;
    return NULL;
}

const char *manifest_values_parse_VERSION(const char *value, void *member)
{
    static const char *const versions[] = { "1.0", "1.1", "2.0" };

    for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
        if (strcmp(value, versions[i]) == 0) {
            *(uint32_t *)member = (uint32_t)(100 * (value[0] - '0') + (value[2] - '0'));
            return NULL;
        }
    }
    return "must be 1.0, 1.1 or 2.0";
}

static const char *parse_flag(const char *value, bool *member, const char *off, const char *on,
                              const char *why)
{
    if (strcmp(value, on) != 0 && strcmp(value, off) != 0)
        return why;
    *member = strcmp(value, on) == 0;
    return NULL;
}

const char *manifest_values_parse_MODE(const char *value, void *member)
{
    return parse_flag(value, member, "userMode", "kernelMode", "must be userMode or kernelMode");
}

const char *manifest_values_parse_CALLBACK(const char *value, void *member)
{
    return parse_flag(value, member, "default", "custom", "must be default or custom");
}

static const struct manifest_word *find_word(const struct manifest_word *words, const char *value)
{
    while (words->text && strcmp(words->text, value) != 0)
        words++;
    return words->text ? words : NULL;
}

/* Types are lower-case in a manifest. Two types of winperf.h are not allowed there, and one word of the schema has
   no type in it. */
const char *manifest_values_parse_TYPE(const char *value, void *member)
{
    static const char *const others[] = { "perf_counter_nodata", "perf_counter_histogram_type" };
    const struct manifest_word *word = manifest_words_types;

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (strcmp(value, others[i]) == 0)
            return "is not allowed in a manifest: choose another counter type";
    if (strcmp(value, "perf_counter_composite") == 0)
        return "has no counter type in winperf.h: choose another";

    for (; word->text; word++) {
        size_t i = 0;

        while (word->text[i] && value[i] == text_utf8_lower(word->text[i]))
            i++;
        if (!word->text[i] && !value[i]) {
            *(const struct manifest_word **)member = word;
            return NULL;
        }
    }
    return "must be a counter type in lower case, such as perf_counter_rawcount";
}

static const char *parse_word(const struct manifest_word *words, const char *value, void *member,
                              const char *why)
{
    const struct manifest_word *word = find_word(words, value);

    if (!word)
        return why;
    *(const struct manifest_word **)member = word;
    return NULL;
}

const char *manifest_values_parse_DETAIL(const char *value, void *member)
{
    return parse_word(manifest_words_details, value, member, "must be standard or advanced");
}

const char *manifest_values_parse_INSTANCES(const char *value, void *member)
{
    return parse_word(manifest_words_instances, value, member,
                      "must be single, multiple, globalAggregate, multipleAggregate or "
                      "globalAggregateHistory");
}

const char *manifest_values_parse_AGGREGATE(const char *value, void *member)
{
    return parse_word(manifest_words_aggregates, value, member,
                      "must be undefined, sum, avg, min or max");
}

const char *manifest_values_parse_ATTRIBUTES(const char *value, void *member)
{
    const struct manifest_word *word = find_word(manifest_words_attributes, value);
    uint32_t *bits = member;

    if (!word)
        return "must be reference, noDisplay, noDigitGrouping, displayAsReal or displayAsHex";
    if (*bits & word->value)
        return "must be given only once for each counter";
    *bits |= word->value;
    return NULL;
}
