/* SPDX-License-Identifier: MIT
 *
 * UTF-16 and UTF-8 without the C library's locales. There is one decoder for each encoding, which
 * returns a code point and its length; everything else uses these two.
 */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

/* Decode one code point; *at advances by at least one. A bad part yields U+FFFD. */
static uint32_t decode_utf8(const unsigned char *text, size_t size, size_t *at)
{
    unsigned char lead = text[(*at)++];
    uint32_t low = 0x80, high = 0xBF; /* range of the second byte, which excludes overlong forms */
    size_t more;
    uint32_t point;

    if (lead < 0x80)
        return lead;
    if (lead >= 0xC2 && lead <= 0xDF) {
        more = 1;
        point = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        more = 2;
        point = lead & 0x0Fu;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF; /* excludes surrogates */
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        more = 3;
        point = lead & 0x07u;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return REPLACEMENT;
    }
    for (; more > 0; more--) {
        if (*at >= size || text[*at] < low || text[*at] > high)
            return REPLACEMENT;
        point = point << 6 | (text[(*at)++] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return point;
}

static uint32_t decode_utf16(const WCHAR *text, size_t length, size_t *at)
{
    uint32_t unit = (uint16_t)text[(*at)++];

    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit > 0xDBFF || *at >= length)
        return REPLACEMENT;
    uint32_t trail = (uint16_t)text[*at];
    if (trail < 0xDC00 || trail > 0xDFFF)
        return REPLACEMENT;
    (*at)++;
    return 0x10000u + ((unit - 0xD800u) << 10) + (trail - 0xDC00u);
}

static size_t encode_utf8(uint32_t point, char bytes[4])
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        bytes[0] = (char)(0xC0u | point >> 6);
        bytes[1] = (char)(0x80u | (point & 0x3Fu));
        return 2;
    }
    if (point < 0x10000) {
        bytes[0] = (char)(0xE0u | point >> 12);
        bytes[1] = (char)(0x80u | (point >> 6 & 0x3Fu));
        bytes[2] = (char)(0x80u | (point & 0x3Fu));
        return 3;
    }
    bytes[0] = (char)(0xF0u | point >> 18);
    bytes[1] = (char)(0x80u | (point >> 12 & 0x3Fu));
    bytes[2] = (char)(0x80u | (point >> 6 & 0x3Fu));
    bytes[3] = (char)(0x80u | (point & 0x3Fu));
    return 4;
}

size_t text_length(const WCHAR *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

bool text_equal_ignore_case(const WCHAR *left, const WCHAR *right)
{
    for (; *left && *right; left++, right++)
        if (text_lower(*left) != text_lower(*right))
            return false;
    return *left == *right;
}

bool text_utf8_equal_ignore_case(const char *left, const char *right)
{
    for (; *left && *right; left++, right++)
        if (text_utf8_lower(*left) != text_utf8_lower(*right))
            return false;
    return *left == *right;
}

int text_utf8_compare_ignore_case(const char *left, size_t left_size, const char *right,
                                  size_t right_size)
{
    for (size_t i = 0; i < left_size && i < right_size; i++) {
        const unsigned char a = (unsigned char)text_utf8_lower(left[i]);
        const unsigned char b = (unsigned char)text_utf8_lower(right[i]);

        if (a != b)
            return a < b ? -1 : 1;
    }
    return left_size < right_size ? -1 : left_size > right_size;
}

const char *text_utf8_file_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

char *text_utf8_copy(const char *text)
{
    if (!text)
        return NULL;

    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

size_t text_from_utf8(const char *text, size_t size, WCHAR *result, size_t count)
{
    size_t at = 0, written = 0;

    while (at < size) {
        uint32_t point = decode_utf8((const unsigned char *)text, size, &at);
        size_t units = point < 0x10000 ? 1 : 2;
        if (units > count - 1 - written)
            break;
        if (units == 1) {
            result[written++] = (WCHAR)point;
        } else {
            result[written++] = (WCHAR)(0xD800u + ((point - 0x10000u) >> 10));
            result[written++] = (WCHAR)(0xDC00u + ((point - 0x10000u) & 0x3FFu));
        }
    }
    result[written] = 0;
    return written;
}

size_t text_to_utf8(const WCHAR *text, size_t length, char *result, size_t size)
{
    size_t at = 0, written = 0;

    while (at < length) {
        char bytes[4];
        size_t more = encode_utf8(decode_utf16(text, length, &at), bytes);
        if (more > size - 1 - written)
            break;
        for (size_t i = 0; i < more; i++)
            result[written++] = bytes[i];
    }
    result[written] = 0;
    return written;
}

size_t text_utf8_size(const WCHAR *text, size_t length)
{
    size_t at = 0, size = 0;
    char bytes[4];

    while (at < length)
        size += encode_utf8(decode_utf16(text, length, &at), bytes);
    return size;
}

bool text_parse_number(const WCHAR *text, size_t length, uint32_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    if (length == 0)
        return false;
    *number = (uint32_t)value;
    return true;
}

bool text_is_valid(const WCHAR *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        WCHAR unit = text[at];
        uint32_t point = decode_utf16(text, length, &at);
        if (point == 0 || (point == REPLACEMENT && (uint16_t)unit != REPLACEMENT))
            return false;
    }
    return true;
}
