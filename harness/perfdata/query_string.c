/* SPDX-License-Identifier: MIT
 *
 * Parses the value name of a query. host.c decides from it which providers are queried.
 */
#include "query_string.h"

#include <stdlib.h>
#include <string.h>

#include "perf_names.h"
#include "text.h"

struct word {
    const WCHAR *text;  /* the usual spelling */
    const WCHAR *plain; /* for providers without metadata; NULL: the same text */
    uint32_t bit;
};

static const struct word words[] = {
    { TEXT16("Global"), NULL, QUERY_STRING_GLOBAL },
    { TEXT16("Costly"), NULL, QUERY_STRING_COSTLY },
    { TEXT16("Foreign"), NULL, QUERY_STRING_FOREIGN },
    { TEXT16("MetadataGlobal"), TEXT16("Global"), QUERY_STRING_METADATA_GLOBAL },
    { TEXT16("MetadataCostly"), TEXT16("Costly"), QUERY_STRING_METADATA_COSTLY },
};

/* Rule: Wine's conformance tests: "cOuNtErwine" and "hElPwine" are name tables on Windows too. Only
   .NET is known to use Explain: it queries "Explain 009". */
static const struct table_name {
    const WCHAR *text;
    enum query_string_kind kind;
    bool is_prefix;
} table_names[] = {
    { TEXT16("Counter"), QUERY_STRING_NAMES, true },
    { TEXT16("Help"), QUERY_STRING_HELP, true },
    { TEXT16("Explain"), QUERY_STRING_HELP, false },
};

static bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == '\t';
}

static size_t token_length(const WCHAR *at)
{
    size_t length = 0;

    while (at[length] && !is_blank(at[length]))
        length++;
    return length;
}

static const WCHAR *skip_blanks(const WCHAR *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static bool begins_with(const WCHAR *token, size_t length, const WCHAR *word)
{
    size_t count = text_length(word);

    for (size_t i = 0; i < count; i++)
        if (i == length || text_lower(token[i]) != text_lower(word[i]))
            return false;
    return true;
}

static bool is_word(const WCHAR *token, size_t length, const WCHAR *word)
{
    return length == text_length(word) && begins_with(token, length, word);
}

/* Parse the language of a name query: up to three hexadecimal digits. Anything else is English. */
static uint32_t parse_language(const WCHAR *at)
{
    uint32_t language = 0;
    size_t length = token_length(at);

    if (length == 0 || length > 4)
        return PERF_ENGLISH;
    for (size_t i = 0; i < length; i++) {
        WCHAR unit = at[i];
        uint32_t digit = unit >= '0' && unit <= '9'   ? (uint32_t)(unit - '0')
                         : unit >= 'a' && unit <= 'f' ? (uint32_t)(unit - 'a' + 10)
                         : unit >= 'A' && unit <= 'F' ? (uint32_t)(unit - 'A' + 10)
                                                      : 16;
        if (digit == 16)
            return PERF_ENGLISH;
        language = language << 4 | digit;
    }
    return language ? language : PERF_ENGLISH;
}

static void append(WCHAR *text, size_t *used, const WCHAR *part, size_t length)
{
    memcpy(text + *used, part, length * sizeof(*part));
    *used += length;
    text[*used] = 0;
}

/* Take one token of a data query: what it selects, and the text that is passed on. */
static void take_token(struct query_string *query, const WCHAR *token, size_t length,
                       size_t used[2])
{
    static const WCHAR old[] = TEXT16("OLD_");
    uint32_t index;

    if (begins_with(token, length, old)) {
        query->is_v1_only = true;
        token += text_length(old);
        length -= text_length(old);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (is_word(token, length, words[i].text)) {
            const WCHAR *plain = words[i].plain ? words[i].plain : words[i].text;
            query->words |= words[i].bit;
            append(query->text, &used[0], words[i].text, length);
            append(query->plain_text, &used[1], plain, text_length(plain));
            return;
        }
    if (text_parse_number(token, length, &index))
        query->indices[query->index_count++] = index;
    append(query->text, &used[0], token, length);
    append(query->plain_text, &used[1], token, length);
}

DWORD query_string_parse(struct query_string *query, const WCHAR *name)
{
    const WCHAR *at = name ? name : TEXT16("");
    size_t length = text_length(at), used[2] = { 0, 0 };
    struct query_string made = { .language = PERF_ENGLISH };

    made.text = malloc((length + 1) * sizeof(*made.text));
    made.plain_text = malloc((length + 1) * sizeof(*made.plain_text));
    made.indices = malloc((length / 2 + 1) * sizeof(*made.indices));
    if (!made.text || !made.plain_text || !made.indices) {
        query_string_release(&made);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    made.text[0] = made.plain_text[0] = 0;

    const WCHAR *first = skip_blanks(at);
    for (size_t i = 0; i < sizeof(table_names) / sizeof(*table_names); i++)
        if ((table_names[i].is_prefix ? begins_with : is_word)(first, token_length(first),
                                                               table_names[i].text)) {
            made.kind = table_names[i].kind;
            made.language = parse_language(skip_blanks(first + token_length(first)));
            *query = made;
            return ERROR_SUCCESS;
        }
    while (*at) {
        const WCHAR *token = skip_blanks(at);
        append(made.text, &used[0], at, (size_t)(token - at));
        append(made.plain_text, &used[1], at, (size_t)(token - at));
        size_t count = token_length(token);
        if (count)
            take_token(&made, token, count, used);
        at = token + count;
        /* The tokens after "Foreign" are another computer and its objects. */
        if (made.words == QUERY_STRING_FOREIGN && made.index_count == 0) {
            append(made.text, &used[0], at, text_length(at));
            append(made.plain_text, &used[1], at, text_length(at));
            break;
        }
    }
    *query = made;
    return ERROR_SUCCESS;
}

bool query_string_selects(const struct query_string *query)
{
    return query->words || query->index_count;
}

bool query_string_concerns(const struct query_string *query, bool has_list, const uint32_t list[],
                           size_t count)
{
    if (query->words)
        return true;
    if (!has_list)
        return query->index_count > 0;
    for (size_t i = 0; i < query->index_count; i++)
        for (size_t j = 0; j < count; j++)
            if (query->indices[i] == list[j])
                return true;
    return false;
}

void query_string_release(struct query_string *query)
{
    free(query->indices);
    free(query->text);
    free(query->plain_text);
    memset(query, 0, sizeof(*query));
}
