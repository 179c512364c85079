/* SPDX-License-Identifier: MIT
 *
 * Reading of name tables, see machine_table.h. One pass; sorting only if the order is wrong.
 */
#include "machine_table.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

#define LONGEST_SHOWN 60 /* units of a name in a message; chosen */

static int compare_names(const void *left, const void *right)
{
    const struct machine_name *a = left, *b = right;

    if (a->index < b->index)
        return -1;
    if (a->index > b->index)
        return 1;
    return a->text < b->text ? -1 : 1; /* of equal indices the first in the table */
}

static bool add_name(struct machine_table *table, size_t *capacity, const struct machine_name *name)
{
    struct machine_name *names =
        array_reserve(table->names, capacity, table->count + 1, sizeof(*names));

    if (!names)
        return false;
    table->names = names;
    table->names[table->count++] = *name;
    return true;
}

/* Whether a text contains the pair that should follow it: a line with the next index. */
static bool swallows(const struct machine_name *name)
{
    for (size_t i = 1; i < name->length; i++) {
        uint32_t number = 0;
        size_t end = i + 1;

        if (name->text[i] != '\n')
            continue;
        while (end < name->length && name->text[end] >= '0' && name->text[end] <= '9')
            end++;
        if (text_parse_number(name->text + i + 1, end - i - 1, &number) &&
            number == name->index + 2)
            return true;
    }
    return false;
}

static void note_name(struct machine_table *table, const struct machine_name *name,
                      uint32_t previous)
{
    bool is_own = name->index == 1; /* the table's first pair: the last index of the system */

    if (table->count && name->index <= previous && !table->disorder_count++)
        table->disorder = name->index;
    if (!is_own && name->index % 2 != (uint32_t)table->is_help && !table->bad_parity_count++)
        table->bad_parity = name->index;
    if (!is_own && name->index > table->highest)
        table->highest = name->index;
    if (!table->swallowed && swallows(name))
        table->swallowed = name->index;
}

static void note_slip(struct machine_table *table, size_t at, uint32_t previous)
{
    if (table->slip_count++)
        return;
    table->slip = at;
    table->slip_after = previous;
}

static void sort_names(struct machine_table *table)
{
    size_t kept = 0;

    qsort(table->names, table->count, sizeof(*table->names), compare_names);
    for (size_t i = 0; i < table->count; i++)
        if (kept == 0 || table->names[kept - 1].index != table->names[i].index)
            table->names[kept++] = table->names[i];
    table->count = kept;
}

/* Read all pairs. If an index is missing where one must be, the next number begins the next
   pair. An empty text ends the list. Pairs after it, for example after a hole of zeros in a
   file, are out of place. */
static bool read_pairs(struct machine_table *table, const WCHAR *units, size_t length)
{
    uint32_t previous = 0;
    size_t capacity = 0;

    for (size_t at = 0; at < length;) {
        struct machine_name name = { 0 };
        size_t start = at, text;

        while (at < length && !units[at])
            at++;
        if (at == length)
            break;
        if (at > start)
            note_slip(table, start, previous);
        start = at;

        while (at < length && units[at])
            at++;
        if (!text_parse_number(units + start, at - start, &name.index)) {
            note_slip(table, start, previous);
            at++;
            continue;
        }
        text = ++at;
        while (at < length && units[at])
            at++;
        if (at == text) {
            note_slip(table, start, previous);
            at++;
            continue;
        }
        name.text = units + text; /* of the last one, the part that exists */
        name.length = (uint32_t)(at - text);
        note_name(table, &name, previous);
        if (!add_name(table, &capacity, &name))
            return false;
        previous = name.index;
        at++;
    }
    return true;
}

DWORD machine_table_read(struct machine_table *table, const void *data, size_t size)
{
    const WCHAR *units = data;
    size_t length = size / sizeof(WCHAR);

    table->slip = MACHINE_TABLE_NOWHERE;
    table->is_odd = size % sizeof(WCHAR) != 0;
    if (length > UINT32_MAX)
        length = UINT32_MAX;
    if (!read_pairs(table, units, length))
        return ERROR_NOT_ENOUGH_MEMORY;
    if (length && (units[length - 1] || (length > 1 && units[length - 2])))
        table->is_unterminated = true;
    if (table->disorder_count)
        sort_names(table);
    return ERROR_SUCCESS;
}

size_t machine_table_from(const struct machine_table *table, uint32_t index)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->names[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t machine_table_index_at(const struct machine_table *table, size_t position)
{
    return position < table->count ? table->names[position].index : UINT64_MAX;
}

size_t machine_table_count_between(const struct machine_table *table, uint32_t first, uint32_t last)
{
    return machine_table_from(table, last + 1) - machine_table_from(table, first);
}

const struct machine_name *machine_table_find(const struct machine_table *table, uint32_t index)
{
    size_t at = machine_table_from(table, index);

    return at < table->count && table->names[at].index == index ? &table->names[at] : NULL;
}

bool machine_table_is(const struct machine_table *table, uint32_t index, const char *text)
{
    const struct machine_name *name = machine_table_find(table, index);

    if (!name || name->length != strlen(text))
        return false;
    for (size_t i = 0; i < name->length; i++)
        if (name->text[i] != (unsigned char)text[i])
            return false;
    return true;
}

const char *machine_table_text(const struct machine_name *name, struct text_pool *pool)
{
    char text[LONGEST_SHOWN * 3 + 8];
    bool is_cut = name->length > LONGEST_SHOWN;

    text_to_utf8(name->text, is_cut ? LONGEST_SHOWN : name->length, text, sizeof(text) - 4);
    if (is_cut)
        strcat(text, "...");
    return text_pool_add(pool, text, strlen(text));
}

bool machine_table_is_damaged(const struct machine_table *table)
{
    return table->slip_count || table->is_odd || table->is_unterminated;
}

void machine_table_release(struct machine_table *table)
{
    free(table->names);
    memset(table, 0, sizeof(*table));
}
