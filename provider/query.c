/* SPDX-License-Identifier: MIT
 *
 * The query string. Keywords are found once; numbers are looked up in the text for each object, so
 * that a list of any length needs no memory.
 */
#include "query.h"

#include <stddef.h>

#include "text.h"

struct word {
    const WCHAR *text;
    size_t length;
};

static bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == '\t';
}

/* The next word at *text, which advances past it. Returns false at the end. */
static bool next_word(const WCHAR **text, struct word *word)
{
    const WCHAR *at = *text;

    while (is_blank(*at))
        at++;
    word->text = at;
    while (*at && !is_blank(*at))
        at++;
    word->length = (size_t)(at - word->text);
    *text = at;
    return word->length > 0;
}

/* `keyword` is ASCII in lower case. What follows a word, a blank or the terminator, differs from its letters. */
static bool is_keyword(const struct word *word, const char *keyword)
{
    size_t i;

    for (i = 0; keyword[i]; i++)
        if (text_lower(word->text[i]) != (unsigned char)keyword[i])
            return false;
    return i == word->length;
}

static bool lists_index(const WCHAR *text, uint32_t wanted)
{
    struct word word;
    uint32_t index;

    while (next_word(&text, &word))
        if (text_parse_number(word.text, word.length, &index) && index == wanted)
            return true;
    return false;
}

void query_parse(struct query *query, const WCHAR *text)
{
    const struct query nothing = { 0 };
    struct word word;
    uint32_t index;

    *query = nothing;
    if (!text)
        return;
    query->text = text;
    for (bool is_first = true; next_word(&text, &word); is_first = false) {
        if (is_first && is_keyword(&word, "foreign")) {
            *query = nothing;
            return;
        }
        query->global |= is_keyword(&word, "global");
        query->costly |= is_keyword(&word, "costly");
        query->metadata_global |= is_keyword(&word, "metadataglobal");
        query->metadata_costly |= is_keyword(&word, "metadatacostly");
        query->has_indices |= text_parse_number(word.text, word.length, &index);
    }
}

enum query_answer query_wants(const struct query *query, uint32_t index, bool is_costly)
{
    if (is_costly ? query->costly : query->global)
        return QUERY_DATA;
    if (query->has_indices && lists_index(query->text, index))
        return QUERY_DATA;
    if (is_costly ? query->metadata_costly : query->metadata_global)
        return QUERY_METADATA;
    return QUERY_NOTHING;
}
