/* SPDX-License-Identifier: MIT
 *
 * Converts the name table to the pairs that a consumer reads.
 */
#include "name_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "perf_names.h"
#include "text.h"

#define END_MARKER "End Marker" /* the text at the last index of either table in English Windows */

/* The destination of units: they are always counted, and written only if `data` is not NULL. */
struct pairs {
    BYTE *data;
    size_t used; /* bytes */
};

static void add_text(struct pairs *pairs, const char *text)
{
    size_t size = strlen(text), at = 0;

    /* A text may be longer than any buffer here. It is converted in pieces, each of whole
       characters. */
    while (at < size) {
        WCHAR units[128];
        size_t part = size - at < 64 ? size - at : 64;
        while (at + part < size && part > 1 && ((unsigned char)text[at + part] & 0xC0) == 0x80)
            part--;
        size_t count = text_from_utf8(text + at, part, units, 128);
        if (pairs->data)
            memcpy(pairs->data + pairs->used, units, count * sizeof(*units));
        pairs->used += count * sizeof(*units);
        at += part;
    }
    static const WCHAR end = 0;
    if (pairs->data)
        memcpy(pairs->data + pairs->used, &end, sizeof(end));
    pairs->used += sizeof(end);
}

static void add_pair(struct pairs *pairs, uint32_t index, const char *text)
{
    char number[16];

    if (!*text)
        return; /* an empty string would end the list */
    snprintf(number, sizeof(number), "%" PRIu32, index);
    add_text(pairs, number);
    add_text(pairs, text);
}

static bool has_index(const struct name_table *names, uint32_t language, enum name_table_kind kind,
                      uint32_t index)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->entries[i].language == language && names->entries[i].kind == kind &&
            names->entries[i].index == index)
            return true;
    return false;
}

static void add_all(struct pairs *pairs, const struct registration *registration, uint32_t language,
                    enum name_table_kind kind)
{
    const struct name_table *names = &registration->names;
    const uint32_t last =
        registration->base_index ? registration->base_index : PERF_SYSTEM_LAST_INDEX;
    const uint32_t marker = kind == NAME_TABLE_COUNTER ? last - 1 : last;
    bool has_marker = language != PERF_ENGLISH || has_index(names, language, kind, marker);

    if (kind == NAME_TABLE_COUNTER && !has_index(names, language, kind, 1)) {
        char text[16];
        snprintf(text, sizeof(text), "%" PRIu32, last);
        add_pair(pairs, 1, text);
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct name_table_entry *entry = &names->entries[i];

        if (entry->language != language || entry->kind != kind)
            continue;
        if (!has_marker && entry->index > marker) {
            add_pair(pairs, marker, END_MARKER);
            has_marker = true;
        }
        add_pair(pairs, entry->index, entry->text);
    }
    if (!has_marker)
        add_pair(pairs, marker, END_MARKER);
    add_text(pairs, "");
}

DWORD name_query_answer(const struct registration *registration, uint32_t language,
                        enum name_table_kind kind, BYTE *data, DWORD *size)
{
    struct pairs pairs = { NULL, 0 };
    size_t buffer_size = *size;

    if (kind == NAME_TABLE_HELP || !name_table_has_language(&registration->names, language))
        language = PERF_ENGLISH;
    add_all(&pairs, registration, language, kind);
    *size = (DWORD)pairs.used;
    if (!data)
        return ERROR_SUCCESS;
    if (buffer_size < pairs.used)
        return ERROR_MORE_DATA;
    pairs.data = data;
    pairs.used = 0;
    add_all(&pairs, registration, language, kind);
    return ERROR_SUCCESS;
}
