/* SPDX-License-Identifier: MIT
 *
 * Collects the places without a name, asks for each module once, and puts the names into the stacks. See
 * leak_names.h.
 */
#include "leak_names.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "module_names.h"

/* A place without a name. Its names are search.names[first_name] and the following: the innermost function,
   then those that contain it. */
struct wanted {
    uint32_t module;
    uint64_t offset;
    size_t first_name, name_count;
};

struct search {
    struct leak_snapshot *snapshot;
    struct wanted *wanted; /* each once, sorted */
    size_t wanted_count;
    const char **names;
    size_t name_count, name_capacity;
    struct wanted *current; /* the first of the module in question */
};

static int compare(const void *left, const void *right)
{
    const struct wanted *a = left, *b = right;

    return a->module != b->module ? (a->module > b->module) - (a->module < b->module)
                                  : (a->offset > b->offset) - (a->offset < b->offset);
}

static void add(struct search *search, const struct leak_place *place)
{
    if (place->module != LEAK_NO_MODULE && !place->symbol)
        search->wanted[search->wanted_count++] =
            (struct wanted){ .module = place->module, .offset = place->offset };
}

/* Returns false if there is no memory. */
static bool collect(struct search *search)
{
    const struct leak_snapshot *snapshot = search->snapshot;
    size_t count = snapshot->site_count + 2 * snapshot->fault_count, kept = 0;

    for (size_t i = 0; i < snapshot->site_count; i++)
        count += snapshot->sites[i].caller_count;
    search->wanted = calloc(count + 1, sizeof(*search->wanted));
    if (!search->wanted)
        return false;
    for (size_t i = 0; i < snapshot->site_count; i++)
        for (size_t k = 0; k <= snapshot->sites[i].caller_count; k++)
            add(search, leak_site_place(&snapshot->sites[i], k));
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        add(search, &snapshot->faults[i].place);
        add(search, &snapshot->faults[i].first);
    }
    qsort(search->wanted, search->wanted_count, sizeof(*search->wanted), compare);
    for (size_t i = 0; i < search->wanted_count; i++)
        if (!kept || compare(&search->wanted[kept - 1], &search->wanted[i]) != 0)
            search->wanted[kept++] = search->wanted[i];
    search->wanted_count = kept;
    return true;
}

static void take_name(void *context, size_t index, const char *symbol)
{
    struct search *search = context;
    struct wanted *wanted = &search->current[index];
    const char **names = array_reserve(search->names, &search->name_capacity,
                                       search->name_count + 1, sizeof(*names));

    if (!names)
        return;
    search->names = names;
    const char *name = leak_snapshot_keep_name(search->snapshot, symbol);
    if (!name)
        return;
    if (!wanted->name_count)
        wanted->first_name = search->name_count;
    wanted->name_count++;
    names[search->name_count++] = name;
}

static void ask(struct search *search, const char *folder)
{
    uint64_t *const offsets = calloc(search->wanted_count + 1, sizeof(*offsets));
    size_t count;

    for (size_t i = 0; offsets && i < search->wanted_count; i += count) {
        search->current = &search->wanted[i];
        for (count = 0; i + count < search->wanted_count &&
                        search->wanted[i + count].module == search->current->module;
             count++)
            offsets[count] = search->wanted[i + count].offset;
        module_names_find(search->snapshot->modules[search->current->module].path, folder, offsets,
                          count, take_name, search);
    }
    free(offsets);
}

static const struct wanted *names_of(const struct search *search, const struct leak_place *place)
{
    const struct wanted key = { .module = place->module, .offset = place->offset };

    return place->symbol || place->module == LEAK_NO_MODULE || !search->wanted_count
               ? NULL
               : bsearch(&key, search->wanted, search->wanted_count, sizeof(key), compare);
}

static void name_place(const struct search *search, struct leak_place *place)
{
    const struct wanted *names = names_of(search, place);

    if (names && names->name_count)
        place->symbol = search->names[names->first_name];
}

/* Name a stack, and add the functions into which others were inlined. */
static void name_stack(const struct search *search, struct leak_site *site)
{
    size_t count = 0, used = 0;

    for (size_t k = 0; k <= site->caller_count; k++) {
        const struct wanted *names = names_of(search, leak_site_place(site, k));
        count += 1 + (names && names->name_count ? names->name_count - 1 : 0);
    }
    struct leak_place *places = calloc(count, sizeof(*places));
    if (!places)
        return;
    for (size_t k = 0; k <= site->caller_count; k++) {
        const struct leak_place *place = leak_site_place(site, k);
        const struct wanted *names = names_of(search, place);

        places[used++] = *place;
        for (size_t n = 0; names && n < names->name_count; n++) {
            if (n)
                places[used++] = *place;
            places[used - 1].symbol = search->names[names->first_name + n];
            places[used - 1].is_inlined = n > 0;
        }
    }
    site->place = places[0];
    free(site->callers);
    memmove(places, places + 1, (count - 1) * sizeof(*places));
    site->callers = places;
    site->caller_count = count - 1;
}

void leak_names_find(struct leak_snapshot *snapshot, const char *folder)
{
    struct search search = { .snapshot = snapshot };

    if (!collect(&search))
        return;
    ask(&search, folder);
    for (size_t i = 0; i < snapshot->site_count; i++)
        /* A snapshot without stacks keeps one place for each site. */
        if (snapshot->rate)
            name_stack(&search, &snapshot->sites[i]);
        else
            name_place(&search, &snapshot->sites[i].place);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        name_place(&search, &snapshot->faults[i].place);
        name_place(&search, &snapshot->faults[i].first);
    }
    free(search.wanted);
    free(search.names);
}
