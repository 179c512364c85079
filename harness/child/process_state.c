/* SPDX-License-Identifier: MIT
 *
 * Compares two states of a process. process_state_posix.c and process_state_win.c take them.
 */
#include "process_state.h"

uint32_t process_state_compare(const struct process_state *before,
                               const struct process_state *after)
{
    uint32_t lowered = 0;

    for (size_t i = 0; i < PROCESS_LIMITS; i++)
        if (after->limits[i].value < before->limits[i].value)
            lowered |= after->limits[i].effect;
    return lowered | (before->error_mode != after->error_mode ? PROVIDER_CHANGED_ERROR_MODE : 0u) |
           (before->priority != after->priority ? PROVIDER_CHANGED_PRIORITY : 0u) |
           (before->floating_point != after->floating_point ? PROVIDER_CHANGED_FLOATING_POINT
                                                            : 0u) |
           (before->directory != after->directory ? PROVIDER_CHANGED_DIRECTORY : 0u) |
           (before->signals != after->signals ? PROVIDER_CHANGED_SIGNALS : 0u) |
           (before->locale != after->locale ? PROVIDER_CHANGED_LOCALE : 0u);
}
