/* SPDX-License-Identifier: MIT
 *
 * Finds names module by module: in the file's debug information through symbolizer.h, in its map
 * through map_file.h. See leak_names.h.
 */
#include "leak_names.h"

#include <stdio.h>
#include <string.h>

#include "map_file.h"
#include "os.h"
#include "symbolizer.h"
#include "text.h"

/* Places of one module that have no name yet. */
struct batch {
    struct leak_place *places[SYMBOLIZER_LIMIT];
    uint64_t offsets[SYMBOLIZER_LIMIT];
    size_t count;
};

/* Where a module may be: in the given folder, and at the path in the snapshot. */
struct candidates {
    char paths[2][OS_PATH_SIZE];
    size_t count;
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

static void name_place(void *context, size_t index, const char *symbol)
{
    struct batch *batch = context;

    batch->places[index]->symbol = text_utf8_copy(symbol);
}

static void ask_debug_information(struct batch *batch, const struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (!os_file_exists(candidates->paths[i]))
            continue;
        symbolizer_look_up(candidates->paths[i], batch->offsets, batch->count, name_place, batch);
        return;
    }
}

static void ask_map(struct batch *batch, const struct map_file *map)
{
    char text[1200];

    for (size_t i = 0; i < batch->count; i++)
        if (!batch->places[i]->symbol && map_file_name(map, batch->offsets[i], text, sizeof(text)))
            batch->places[i]->symbol = text_utf8_copy(text);
}

static bool is_complete(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->places[i]->symbol)
            return false;
    return true;
}

/* The work for one module: its places in batches, its map read once. */
struct naming {
    const struct candidates *candidates;
    struct map_file map;
    bool has_looked, has_map;
    struct batch batch;
};

static void resolve(struct naming *naming)
{
    struct batch *batch = &naming->batch;

    if (batch->count)
        ask_debug_information(batch, naming->candidates);
    if (!is_complete(batch)) {
        for (size_t i = 0; !naming->has_looked && i < naming->candidates->count; i++)
            naming->has_map =
                naming->has_map || !map_file_find(&naming->map, naming->candidates->paths[i]);
        naming->has_looked = true;
        if (naming->has_map)
            ask_map(batch, &naming->map);
    }
    batch->count = 0;
}

static void add(struct naming *naming, struct leak_place *wanted, uint32_t module)
{
    struct batch *batch = &naming->batch;

    if (wanted->module != module || wanted->symbol)
        return;
    if (batch->count == SYMBOLIZER_LIMIT)
        resolve(naming);
    batch->places[batch->count] = wanted;
    batch->offsets[batch->count++] = wanted->offset;
}

void leak_names_find(struct leak_snapshot *snapshot, const char *folder)
{
    for (uint32_t module = 0; module < snapshot->module_count; module++) {
        struct candidates candidates = candidates_of(snapshot->modules[module].path, folder);
        struct naming naming = { .candidates = &candidates };

        for (size_t i = 0; i < snapshot->site_count; i++)
            add(&naming, &snapshot->sites[i].place, module);
        for (size_t i = 0; i < snapshot->fault_count; i++) {
            add(&naming, &snapshot->faults[i].place, module);
            add(&naming, &snapshot->faults[i].first, module);
        }
        resolve(&naming);
        if (naming.has_map)
            map_file_release(&naming.map);
    }
}
