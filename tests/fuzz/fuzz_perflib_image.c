/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as what another process publishes of its PERFLIB V2 providers. What is
 * accepted is read as a consumer does it, and is written again byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "perflib_image.h"
#include "perflib_views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ULONG status_of(void *context, const struct perflib_provider *provider)
{
    (void)context;
    return provider->remote_status;
}

/* Read all values, as PerfQueryCounterData does. */
static void read_views(const struct perflib_provider *provider)
{
    struct perflib_views views = { 0 };

    if (perflib_views_read(&views, &provider->first_set->info.CounterSetGuid) == ERROR_SUCCESS)
        perflib_views_release(&views);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct perflib_provider *providers, *provider, *next;
    struct perflib_writer writer = { 0 };

    if (perflib_image_read((struct span){ data, size }, &providers))
        return 0;
    /* Mark them as local, because only local ones are written. */
    perflib_state_lock();
    for (provider = providers; provider; provider = next) {
        next = provider->next;
        perflib_state_add_provider(provider);
        provider->is_remote = false;
    }
    for (provider = perflib_state_first_provider(); provider; provider = provider->next)
        read_views(provider);
    perflib_image_write(&writer, status_of, NULL);
    writer.data = malloc(writer.used + 1);
    writer.capacity = writer.used;
    writer.used = 0;
    if (writer.data)
        perflib_image_write(&writer, status_of, NULL);
    if (writer.data && writer.used != size)
        abort(); /* nothing that was accepted is lost, and nothing is added */
    free(writer.data);
    for (provider = perflib_state_first_provider(); provider; provider = next) {
        next = provider->next;
        perflib_state_remove_provider(provider);
        provider->next = NULL;
        perflib_image_release(provider);
    }
    perflib_state_unlock();
    return 0;
}
