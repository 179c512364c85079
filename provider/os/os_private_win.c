/* SPDX-License-Identifier: MIT
 *
 * os_private.h for Windows, where processes have no private files.
 */
#include "os_private.h"

DWORD os_private_open(struct os_region_source *source, uint32_t process_id)
{
    (void)source;
    (void)process_id;
    return ERROR_NOT_SUPPORTED;
}

bool os_private_read(const struct os_region_source *source, uint64_t offset, void *data,
                     size_t size)
{
    (void)source, (void)offset, (void)data, (void)size;
    return false;
}

bool os_private_write(const struct os_region_source *source, uint64_t offset, const void *data,
                      size_t size)
{
    (void)source, (void)offset, (void)data, (void)size;
    return false;
}

void os_private_mappings(uint32_t process_id,
                         void (*visit)(void *context, const struct os_private_mapping *mapping),
                         void *context)
{
    (void)process_id, (void)visit, (void)context;
}
