/* SPDX-License-Identifier: MIT
 *
 * Observations: their memory, and the description of faults.
 */
#include "provider_observation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void provider_observation_release(struct provider_observation *observation)
{
    free(observation->bytes);
    observation->bytes = NULL;
    observation->byte_count = 0;
}

void provider_observation_fault_place(const struct provider_fault *fault, char *text, size_t size)
{
    char module[sizeof(fault->module) + 24] = "an unknown module";
    char caller[sizeof(fault->caller_symbol) + PROVIDER_FRAMES * 68 + 16] = "";
    size_t length = 0;

    *text = 0;
    if (fault->module[0])
        snprintf(module, sizeof(module), "%s+0x%" PRIx64, fault->module, fault->module_offset);
    if (fault->caller_symbol[0])
        length = (size_t)snprintf(caller, sizeof(caller), ", called from %s", fault->caller_symbol);
    for (uint32_t i = 0; i < fault->frame_count; i++)
        length += (size_t)snprintf(caller + length, sizeof(caller) - length, "%s %s",
                                   length ? "," : ", called from", fault->frames[i].symbol);
    if (fault->symbol[0])
        snprintf(text, size, " at %s+0x%" PRIx64 " in %s%s", fault->symbol, fault->symbol_offset,
                 module, caller);
    else if (fault->module[0])
        snprintf(text, size, " at %s%s", module, caller);
}

void provider_observation_describe_fault(const struct provider_fault *fault, char *text,
                                         size_t size)
{
    const char *const access = fault->is_write                        ? "writing"
                               : fault->address == fault->instruction ? "executing"
                                                                      : "reading";
    char address[64] = "", place[PROVIDER_FAULT_TEXT];

    if (fault->has_address)
        snprintf(address, sizeof(address), ", %s 0x%" PRIx64, access, fault->address);
    provider_observation_fault_place(fault, place, sizeof(place));
    snprintf(text, size, "%s (0x%08" PRIX32 ")%s%s", fault->name[0] ? fault->name : "exception",
             fault->code, address, place);
}
