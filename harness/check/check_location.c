/* SPDX-License-Identifier: MIT
 *
 * Looks up places in the source, and remembers the last few: a fault that shows at a hundred sizes is
 * one address.
 */
#include "check_location.h"

#include <stdio.h>
#include <string.h>

#include "check_options.h"
#include "check_state.h"
#include "text.h"

/* The place of an address, from the list or anew. */
static const struct check_place *place_of(struct check *check, uint64_t offset, const char *symbol)
{
    const size_t kept = check->place_count < CHECK_PLACES ? check->place_count : CHECK_PLACES;

    for (size_t i = 0; i < kept; i++)
        if (check->places[i].offset == offset)
            return &check->places[i];

    struct check_place *place = &check->places[check->place_count++ % CHECK_PLACES];

    *place = (struct check_place){ .offset = offset };
    if (!symbolizer_find_place(check->options->start.library, offset, &place->place))
        place->place = (struct symbolizer_place){ .line = 0 };
    /* A name from the symbol table is better than none. */
    if (!place->place.function[0])
        snprintf(place->place.function, sizeof(place->place.function), "%s", symbol);
    return place;
}

void check_location_begin(struct check *check, const struct provider_fault *fault)
{
    const char *const library = text8_file_name(check->options->start.library);
    const struct check_place *place = NULL;

    /* A return address follows the call, so the call itself is at a lower address. */
    if (fault->has_caller)
        place = place_of(check, fault->caller_module_offset - 1, fault->caller_symbol);
    else if (fault->module[0] && strcmp(fault->module, library) == 0)
        place = place_of(check, fault->module_offset, fault->symbol);
    if (!place || !place->place.function[0])
        return;
    check->location =
        (struct finding_location){ .function = place->place.function,
                                   .file = place->place.file[0] ? place->place.file : NULL,
                                   .line = place->place.line };
}

void check_location_end(struct check *check)
{
    check->location = (struct finding_location){ .line = 0 };
}
