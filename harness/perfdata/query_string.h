/* SPDX-License-Identifier: MIT
 *
 * What a value name of HKEY_PERFORMANCE_DATA asks for, and what of it a provider is told.
 *
 * Rule: RegQueryValueEx, "Using the Registry Functions to Consume Counter Data"; words are compared
 * without regard to case, separated by blanks and tabs; several words select the union. What the
 * documents leave open (blanks, signs, numbers that do not fit) is decided here: a token that is
 * neither a known word nor a number of 32 bits selects nothing.
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
    uint32_t language; /* of names and help; 9, English, when none is given */
    uint32_t words;    /* enum query_string_word */
    bool is_v1_only;   /* a word with OLD_ in front of it: V2 providers have no part in it */
    uint32_t *indices; /* title indices asked for, in the order of the text, duplicates included */
    size_t index_count;
    WCHAR *text;       /* what a provider is told: the text as given, known words in their usual
                          spelling, without the prefix OLD_ */
    WCHAR *plain_text; /* the same with Global for MetadataGlobal and Costly for MetadataCostly:
                          for providers that have not said that they know metadata queries */
};

/**
 * Take a value name apart.
 *
 * @param name  NULL and "" select nothing
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD query_string_parse(struct query_string *query, const WCHAR *name);

/** Whether anything is selected at all: a known word or an index. */
bool query_string_selects(const struct query_string *query);

/**
 * Whether a provider with that Object List is asked. Words go to everybody, indices to those that
 * have one of them in their list or have no list.
 */
bool query_string_concerns(const struct query_string *query, bool has_list, const uint32_t list[],
                           size_t count);

/** Free what parsing made; a zeroed one is allowed. */
void query_string_release(struct query_string *query);

#endif /* QUERY_STRING_H */
