/* SPDX-License-Identifier: MIT
 *
 * The places of the provider's library: see library_place.h.
 */
#include "library_place.h"

#include <stddef.h>

#define PLACES 16 /* chosen; see library_place.h */

static struct library_place places[PLACES];
static size_t place_count; /* places that were ever added */

const struct library_place *library_place_find(uintptr_t address)
{
    for (size_t i = 0; i < PLACES; i++)
        if (address >= places[i].begin && address < places[i].end)
            return &places[i];
    return NULL;
}

void library_place_add(uintptr_t begin, uintptr_t end)
{
    const struct library_place *known = library_place_find(begin);

    if (!known || known->begin != begin || known->end != end)
        places[place_count++ % PLACES] = (struct library_place){ begin, end };
}
