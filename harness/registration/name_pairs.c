/* SPDX-License-Identifier: MIT
 *
 * Name tables as stored: see name_pairs.h.
 */
#include "name_pairs.h"

#include <stdio.h>

#include "text.h"

/* Find the string at *at and move *at after its terminator. False if it has no terminator. */
static bool next_string(const WCHAR *units, size_t length, size_t *at, size_t *start, size_t *size)
{
    *start = *at;
    while (*at < length && units[*at])
        (*at)++;
    *size = *at - *start;
    if (*at == length)
        return false;
    (*at)++;
    return true;
}

bool name_pairs_parse(const void *data, size_t size, struct name_pairs *pairs, char *problem,
                      size_t problem_size)
{
    const WCHAR *units = data;
    size_t length = size / sizeof(WCHAR), at = 0, start, text_size;
    struct name_pairs found = { .units = units };

    if (size % sizeof(WCHAR)) {
        snprintf(problem, problem_size, "it has an odd number of bytes");
        return false;
    }
    while (at < length && units[at]) {
        uint32_t index;
        if (!next_string(units, length, &at, &start, &text_size) ||
            !text_parse_number(units + start, text_size, &index)) {
            snprintf(problem, problem_size, "at character %zu there is no index", start);
            return false;
        }
        size_t pair = start;
        if (!next_string(units, length, &at, &start, &text_size) || !text_size) {
            snprintf(problem, problem_size, "the text of index %u is missing or not terminated",
                     (unsigned)index);
            return false;
        }
        if (found.count && index <= found.highest) {
            snprintf(problem, problem_size,
                     "index %u follows %u (at character %zu): not in increasing order",
                     (unsigned)index, (unsigned)found.highest, pair);
            return false;
        }
        found.highest = index;
        found.count++;
        found.length = at;
    }
    if (length > 0 && at == length) {
        snprintf(problem, problem_size, "the terminator of the list is missing");
        return false;
    }
    *pairs = found;
    return true;
}

void name_pairs_copy_without(const struct name_pairs *pairs, uint32_t first, uint32_t last,
                             struct reg_buffer *result)
{
    size_t at = 0, start, size;

    while (at < pairs->length) {
        size_t pair = at;
        uint32_t index = 0;
        next_string(pairs->units, pairs->length, &at, &start, &size);
        text_parse_number(pairs->units + start, size, &index);
        next_string(pairs->units, pairs->length, &at, &start, &size);
        if (index < first || index > last)
            reg_buffer_add(result, pairs->units + pair, (at - pair) * sizeof(WCHAR));
    }
}

void name_pairs_add(struct reg_buffer *result, uint32_t index, const char *text)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%u", (unsigned)index);
    reg_buffer_add_utf16(result, digits);
    reg_buffer_add_unit(result, 0);
    reg_buffer_add_utf16(result, text);
    reg_buffer_add_unit(result, 0);
}
