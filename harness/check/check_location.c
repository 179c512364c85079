/* SPDX-License-Identifier: MIT
 *
 * Looks up places in the source, and remembers the last few: a fault that shows at a hundred sizes
 * has one address.
 */
#include "check_location.h"

#include <stdio.h>
#include <string.h>

#include "check_options.h"
#include "check_state.h"
#include "text.h"

/* The place of an address, from the list or looked up. */
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
    /* If there is no debug information, use the name from the symbol table. */
    if (!place->place.function[0])
        snprintf(place->place.function, sizeof(place->place.function), "%s", symbol);
    return place;
}

/* "build at mine.c:33, CollectMine at mine.c:80": the frames above the innermost. */
static void list_callers(struct check *check, const struct provider_fault *fault)
{
    size_t length = 0;

    check->callers[0] = 0;
    for (uint32_t i = 0; i < fault->frame_count && length < sizeof(check->callers) - 1; i++) {
        const struct check_place *place =
            place_of(check, fault->frames[i].module_offset - 1, fault->frames[i].symbol);
        const char *const file = text_utf8_file_name(place->place.file);
        int added;

        if (file[0] && place->place.line)
            added =
                snprintf(check->callers + length, sizeof(check->callers) - length, "%s%s at %s:%u",
                         length ? ", " : "", place->place.function, file, place->place.line);
        else
            added = snprintf(check->callers + length, sizeof(check->callers) - length, "%s%s",
                             length ? ", " : "", place->place.function);
        length += added > 0 ? (size_t)added : 0;
    }
}

void check_location_begin(struct check *check, const struct provider_fault *fault)
{
    const char *const library = text_utf8_file_name(check->options->start.library);
    const struct check_place *place = NULL;

    /* A return address follows the call, so the call itself is at a lower address. */
    if (fault->has_caller)
        place = place_of(check, fault->caller_module_offset - 1, fault->caller_symbol);
    else if (fault->module[0] && strcmp(fault->module, library) == 0)
        place = place_of(check, fault->module_offset, fault->symbol);
    if (!place || !place->place.function[0])
        return;
    /* The frames above it may take its entry in the list. */
    const struct symbolizer_place *const innermost = &check->innermost;

    check->innermost = place->place;
    list_callers(check, fault);
    check->location =
        (struct finding_location){ .function = innermost->function,
                                   .file = innermost->file[0] ? innermost->file : NULL,
                                   .line = innermost->line,
                                   .callers = check->callers[0] ? check->callers : NULL };
}

void check_location_end(struct check *check)
{
    check->location = (struct finding_location){ .line = 0 };
}
