/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any UTF-16 text as a query, for the two functions that read one: the host, which
 * decides which providers get which query, and the provider heapctrs. What the host understands,
 * the provider must understand, too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"
#include "query_string.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

/* Compare with the provider's reading of a text that the host has brought into its own form. */
static void compare(const struct query_string *host, const WCHAR *text, bool knows_metadata)
{
    const uint32_t foreign = QUERY_STRING_FOREIGN;
    struct query query;

    query_parse(&query, text);
    if (host->words & foreign)
        return; /* its position decides, and the two may differ in what follows */
    bool global = host->words & QUERY_STRING_GLOBAL, costly = host->words & QUERY_STRING_COSTLY;
    bool meta_global = host->words & QUERY_STRING_METADATA_GLOBAL;
    bool meta_costly = host->words & QUERY_STRING_METADATA_COSTLY;
    need(query.global == (global || (meta_global && !knows_metadata)));
    need(query.costly == (costly || (meta_costly && !knows_metadata)));
    need(query.metadata_global == (meta_global && knows_metadata));
    need(query.metadata_costly == (meta_costly && knows_metadata));
    need(query.has_indices || host->index_count == 0);
    for (size_t i = 0; i < host->index_count && i < 8; i++)
        need(query_wants(&query, host->indices[i], true) == QUERY_DATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t list[] = { 2, 238, 1848 };
    WCHAR *text = malloc(size + sizeof(*text));
    struct query_string host;
    struct query query;

    need(text != NULL);
    if (size)
        memcpy(text, data, size / 2 * 2);
    text[size / 2] = 0;

    query_parse(&query, text);
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
        query_wants(&query, list[i], i % 2);
    if (query_string_parse(&host, text) == ERROR_SUCCESS) {
        if (host.kind == QUERY_STRING_DATA) {
            need(text_length(host.text) <= text_length(text));
            need(query_string_selects(&host) == (host.words || host.index_count));
            query_string_concerns(&host, true, list, sizeof(list) / sizeof(*list));
            compare(&host, host.text, true);
            compare(&host, host.plain_text, false);
        }
        query_string_release(&host);
    }
    free(text);
    return 0;
}
