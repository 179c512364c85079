/* SPDX-License-Identifier: MIT
 *
 * Makes what a provider is started with from its registration.
 */
#include "provider_start.h"

struct provider_start provider_start_of(const struct service *service, const char *library)
{
    return (struct provider_start){
        .library = library,
        .open = service->open,
        .collect = service->collect,
        .close = service->close,
        .context = service->linkage_export,
        .context_length = service->linkage_export_length,
        .service = service->name,
        .has_indices = service->has_indices,
        .first_counter = service->first_counter,
        .first_help = service->first_help,
        .is_v2 = service->is_v2,
        .is_elsewhere = service->is_elsewhere,
        .manifest = service->manifest,
    };
}
