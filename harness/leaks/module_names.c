/* SPDX-License-Identifier: MIT
 *
 * Asks the sources of names one after the other, each for the addresses that have no name yet. See
 * module_names.h.
 */
#include "module_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map_file.h"
#include "os.h"
#include "symbol_file.h"
#include "text.h"

/* Where a module may be: in the given folder, and at its path. */
struct candidates {
    char paths[2][OS_PATH_SIZE];
    size_t count;
};

struct search {
    const uint64_t *offsets;
    size_t count;
    bool *is_named;
    symbolizer_found *found;
    void *context;
};

static struct candidates candidates_of(const char *path, const char *folder)
{
    struct candidates found = { .count = 0 };

    if (folder && strlen(folder) + strlen(path) + 2 < OS_PATH_SIZE)
        snprintf(found.paths[found.count++], OS_PATH_SIZE, "%s/%s", folder,
                 text_utf8_file_name(path));
    if (strlen(path) < OS_PATH_SIZE)
        snprintf(found.paths[found.count++], OS_PATH_SIZE, "%s", path);
    return found;
}

static void pass_on(void *context, size_t index, const char *symbol)
{
    struct search *search = context;

    search->is_named[index] = true;
    search->found(search->context, index, symbol);
}

static bool is_complete(const struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        if (!search->is_named[i])
            return false;
    return true;
}

static void ask_map(struct search *search, const struct candidates *candidates)
{
    char text[1200];
    struct map_file map;
    bool has_map = false;

    for (size_t i = 0; i < candidates->count && !has_map; i++)
        has_map = !map_file_find(&map, candidates->paths[i]);
    if (!has_map)
        return;
    for (size_t i = 0; i < search->count; i++)
        if (!search->is_named[i] && map_file_name(&map, search->offsets[i], text, sizeof(text)))
            pass_on(search, i, text);
    map_file_release(&map);
}

static void ask_symbols(struct search *search, const char *path)
{
    uint64_t *const calls = calloc(search->count, sizeof(*calls));
    struct symbol_file_place *const places = calloc(search->count, sizeof(*places));

    if (calls && places) {
        for (size_t i = 0; i < search->count; i++)
            calls[i] = search->offsets[i] - 1; /* inside the call */
        symbol_file_find_all(path, calls, search->count, places);
        for (size_t i = 0; i < search->count; i++)
            if (!search->is_named[i] && places[i].symbol[0])
                pass_on(search, i, places[i].symbol);
    }
    free(calls);
    free(places);
}

void module_names_find(const char *path, const char *folder, const uint64_t *offsets, size_t count,
                       symbolizer_found *found, void *context)
{
    struct candidates candidates = candidates_of(path, folder);
    struct search search = { offsets, count, calloc(count + 1, sizeof(bool)), found, context };
    const char *file = NULL;

    if (!search.is_named)
        return;
    for (size_t i = 0; i < candidates.count && !file; i++)
        if (os_file_exists(candidates.paths[i]))
            file = candidates.paths[i];
    const bool has_asked = file && symbolizer_look_up(file, offsets, count, pass_on, &search);
    if (!is_complete(&search))
        ask_map(&search, &candidates);
    if (file && !has_asked && !is_complete(&search))
        ask_symbols(&search, file);
    free(search.is_named);
}
