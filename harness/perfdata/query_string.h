/* SPDX-License-Identifier: MIT
 *
 * Parses a value name of HKEY_PERFORMANCE_DATA: what the query selects, and the text that a
 * provider receives.
 *
 * Rule: RegQueryValueEx, "Using the Registry Functions to Consume Counter Data". The case of words
 * is ignored; blanks and tabs separate them; several words select the union. The documents do not
 * define blanks, signs and numbers that do not fit. Here a token that is neither a known word nor a
 * number of 32 bits selects nothing.
 */
#ifndef QUERY_STRING_H
#define QUERY_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

enum query_string_kind {
    QUERY_STRING_DATA,  /* a data block */
    QUERY_STRING_NAMES, /* "Counter 009": the name table */
    QUERY_STRING_HELP,  /* "Help 009", "Explain 009" */
};

/** Words that select objects (bits). */
enum query_string_word {
    QUERY_STRING_GLOBAL = 1,
    QUERY_STRING_COSTLY = 2,
    QUERY_STRING_FOREIGN = 4,
    QUERY_STRING_METADATA_GLOBAL = 8,
    QUERY_STRING_METADATA_COSTLY = 16,
};

struct query_string {
    enum query_string_kind kind;
    uint32_t language; /* of names and help texts; 9, English, unless one is given */
    uint32_t words;    /* enum query_string_word */
    bool is_v1_only;   /* a word begins with OLD_: V2 providers are not queried */
    uint32_t *indices; /* selected title indices in the order of the text, with duplicates */
    size_t index_count;
    WCHAR *text;       /* the text for a provider: as given, known words in their usual spelling,
                          without the prefix OLD_ */
    WCHAR *plain_text; /* the same with Global for MetadataGlobal and Costly for MetadataCostly, for
                          providers that are not registered as supporting metadata queries */
};

/**
 * Parse a value name.
 *
 * @param name  NULL and "" select nothing
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD query_string_parse(struct query_string *query, const WCHAR *name);

/** Whether the query selects anything: a known word or an index. */
bool query_string_selects(const struct query_string *query);

/**
 * Whether a provider with that Object List is queried. Words select all providers. An index selects
 * the providers that have it in their list, and those without a list.
 */
bool query_string_concerns(const struct query_string *query, bool has_list, const uint32_t list[],
                           size_t count);

/** Free the memory of a parsed query. A zeroed one is allowed. */
void query_string_release(struct query_string *query);

#endif /* QUERY_STRING_H */
