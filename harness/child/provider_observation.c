/* SPDX-License-Identifier: MIT
 *
 * Observations: their memory, and faults in words.
 */
#include "provider_observation.h"

#include <stdlib.h>

void provider_observation_release(struct provider_observation *observation)
{
    free(observation->bytes);
    observation->bytes = NULL;
    observation->byte_count = 0;
}

const char *provider_fault_access(const struct provider_fault *fault)
{
    return fault->is_write                        ? "writing"
           : fault->address == fault->instruction ? "executing"
                                                  : "reading";
}
