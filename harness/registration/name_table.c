/* SPDX-License-Identifier: MIT
 *
 * The name table: pairs of a REG_MULTI_SZ merged into one sorted array. See name_table.h.
 */
#include "name_table.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

/* Pairs of one REG_MULTI_SZ, in its order until sorted. */
struct pairs {
    struct name_table_entry *entries;
    size_t count, capacity;
};

static int compare_keys(const struct name_table_entry *left, const struct name_table_entry *right)
{
    if (left->language != right->language)
        return left->language < right->language ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->index != right->index)
        return left->index < right->index ? -1 : 1;
    return 0;
}

static DWORD add_pair(struct pairs *pairs, const struct name_table_entry *key, const WCHAR *text,
                      size_t length)
{
    struct name_table_entry *more =
        array_reserve(pairs->entries, &pairs->capacity, pairs->count + 1, sizeof(*more));
    if (!more)
        return ERROR_NOT_ENOUGH_MEMORY;
    pairs->entries = more;
    struct name_table_entry *entry = &pairs->entries[pairs->count];
    size_t size = text_utf8_size(text, length) + 1;
    *entry = *key;
    entry->text = malloc(size);
    if (!entry->text)
        return ERROR_NOT_ENOUGH_MEMORY;
    text_to_utf8(text, length, entry->text, size);
    pairs->count++;
    return ERROR_SUCCESS;
}

/* A stable sort, because the first of equal indices is used. If the pairs are sorted, one pass
   suffices. */
static DWORD sort_pairs(struct pairs *pairs)
{
    struct name_table_entry *from = pairs->entries, *to;
    size_t count = pairs->count, i = 1;

    while (i < count && compare_keys(&from[i - 1], &from[i]) <= 0)
        i++;
    if (i >= count)
        return ERROR_SUCCESS;
    to = malloc(count * sizeof(*to));
    if (!to)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width, left = start, right = middle;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            for (size_t k = start; k < end; k++)
                to[k] =
                    right >= end || (left < middle && compare_keys(&from[left], &from[right]) <= 0)
                        ? from[left++]
                        : from[right++];
        }
        struct name_table_entry *other = from;
        from = to;
        to = other;
    }
    free(to);
    pairs->entries = from;
    pairs->capacity = count;
    return ERROR_SUCCESS;
}

/* Read all pairs of the text. *broken is the position of the first invalid one. */
static DWORD read_pairs(struct pairs *pairs, const struct name_table_entry *kind, const WCHAR *data,
                        size_t length, size_t *broken)
{
    struct name_table_entry key = *kind;

    for (size_t at = 0; at < length && data[at];) {
        size_t pair = at, start, size;
        bool is_pair = true;

        for (start = at; at < length && data[at]; at++)
            ;
        is_pair = text_parse_number(data + start, at - start, &key.index);
        at++;
        for (start = at; at < length && data[at]; at++)
            ;
        size = at - start;
        if (at >= length || size == 0)
            is_pair = false;
        if (is_pair) {
            DWORD error = add_pair(pairs, &key, data + start, size);
            if (error)
                return error;
        } else {
            if (*broken == SIZE_MAX)
                *broken = pair;
            /* There is an extra text or number, so the text may really be an index. */
            if (size > 0)
                at = start - 1;
        }
        at++;
    }
    /* One terminator ends the last text and another one the list. An empty list may have only
       one. */
    bool is_terminated = length > 0 && !data[length - 1] && (length == 1 || !data[length - 2]);
    if (*broken == SIZE_MAX && !is_terminated)
        *broken = length;
    return ERROR_SUCCESS;
}

/* Merge sorted pairs after the existing entries. `pairs` is empty afterwards. */
static DWORD merge(struct name_table *table, struct pairs *pairs)
{
    size_t total = table->count + pairs->count, left = 0, right = 0;
    struct name_table_entry *merged = malloc(total * sizeof(*merged));

    if (!merged)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < total; i++)
        merged[i] = right >= pairs->count ||
                            (left < table->count &&
                             compare_keys(&table->entries[left], &pairs->entries[right]) <= 0)
                        ? table->entries[left++]
                        : pairs->entries[right++];
    free(table->entries);
    table->entries = merged;
    table->count = total;
    pairs->count = 0;
    return ERROR_SUCCESS;
}

DWORD name_table_add(struct name_table *table, uint32_t language, enum name_table_kind kind,
                     const WCHAR *data, size_t length, size_t *broken)
{
    struct name_table_entry key = { .language = language, .kind = kind };
    struct pairs pairs = { 0 };
    size_t first_broken = SIZE_MAX;
    DWORD error = read_pairs(&pairs, &key, data, length, &first_broken);

    if (!error)
        error = sort_pairs(&pairs);
    if (!error && pairs.count)
        error = merge(table, &pairs);
    for (size_t i = 0; i < pairs.count; i++)
        free(pairs.entries[i].text);
    free(pairs.entries);
    if (!error && broken)
        *broken = first_broken;
    return error;
}

/* The position of the first entry that is not less than `key`. */
static size_t lower_bound(const struct name_table *table, const struct name_table_entry *key)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&table->entries[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *name_table_find(const struct name_table *table, uint32_t language,
                            enum name_table_kind kind, uint32_t index)
{
    const struct name_table_entry key = { language, kind, index, NULL };
    size_t place = lower_bound(table, &key);

    if (place == table->count || compare_keys(&table->entries[place], &key) != 0)
        return NULL;
    return table->entries[place].text;
}

const struct name_table_entry *name_table_next(const struct name_table *table, uint32_t language,
                                               enum name_table_kind kind, uint32_t index)
{
    const struct name_table_entry key = { language, kind, index, NULL };
    size_t place = lower_bound(table, &key);

    if (place == table->count || table->entries[place].language != language ||
        table->entries[place].kind != kind)
        return NULL;
    return &table->entries[place];
}

const struct name_table_entry *name_table_after(const struct name_table *table,
                                                const struct name_table_entry *entry)
{
    const struct name_table_entry *next = entry + 1;

    if (next == table->entries + table->count || next->language != entry->language ||
        next->kind != entry->kind)
        return NULL;
    return next;
}

bool name_table_has_language(const struct name_table *table, uint32_t language)
{
    const struct name_table_entry key = { language, NAME_TABLE_COUNTER, 0, NULL };
    size_t place = lower_bound(table, &key);

    return place < table->count && table->entries[place].language == language;
}

void name_table_release(struct name_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->entries[i].text);
    free(table->entries);
    memset(table, 0, sizeof(*table));
}
