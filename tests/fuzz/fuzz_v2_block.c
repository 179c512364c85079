/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: the blocks of PERFLIB V2 that come from outside: identifiers of a consumer, a template of a
 * provider, and what another process publishes. The input is
 *
 *     bytes of the identifiers, 2 bytes | bytes of the template, 2 bytes | identifiers | template |
 *     the state of another process (perflib_image.h)
 *
 * The answer to the identifiers that were accepted is walked by its own sizes, which lie inside it; and
 * the translation of all sets to V1 keeps the rules for a V1 answer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "perflib_emulation.h"
#include "perflib_image.h"
#include "v1_bridge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

/* Bytes in memory of their own size, so that a read after them is noticed. */
static void *copy_of(const uint8_t *data, size_t size)
{
    void *copy = malloc(size ? size : 1);

    need(copy != NULL);
    memcpy(copy, data, size);
    return copy;
}

/* Each result lies inside the answer. */
static void walk(const unsigned char *answer, size_t size)
{
    PERF_DATA_HEADER header;
    size_t at = sizeof(header);

    need(size >= sizeof(header));
    memcpy(&header, answer, sizeof(header));
    need(header.dwTotalSize == size);
    for (ULONG i = 0; i < header.dwNumCounters; i++) {
        PERF_COUNTER_HEADER result;
        need(size - at >= sizeof(result));
        memcpy(&result, answer + at, sizeof(result));
        need(result.dwSize >= sizeof(result) && result.dwSize <= size - at &&
             result.dwSize % 8 == 0);
        need(result.dwStatus == ERROR_SUCCESS ? result.dwType != PERF_ERROR_RETURN
                                              : result.dwType == PERF_ERROR_RETURN);
        at += result.dwSize;
    }
    need(at == size);
}

static void consume(const uint8_t *identifiers, size_t size)
{
    PERF_COUNTER_IDENTIFIER *block = copy_of(identifiers, size);
    HANDLE query;
    DWORD actual = 0;

    need(PerfOpenQueryHandle(NULL, &query) == ERROR_SUCCESS);
    PerfAddCounters(query, block, (DWORD)size);
    PerfQueryCounterData(query, NULL, 0, &actual);
    if (actual && actual < (1u << 24)) {
        unsigned char *answer = malloc(actual);
        need(answer != NULL);
        DWORD written = 0;
        if (PerfQueryCounterData(query, (PERF_DATA_HEADER *)(void *)answer, actual, &written) ==
            ERROR_SUCCESS)
            walk(answer, written);
        free(answer);
    }
    PerfQueryCounterInfo(query, NULL, 0, &actual);
    PerfDeleteCounters(query, block, (DWORD)size);
    need(PerfCloseQueryHandle(query) == ERROR_SUCCESS);
    free(block);
}

static void provide(const uint8_t *block, size_t size)
{
    static GUID guid = { 1, 2, 3, { 4 } };
    PERF_COUNTERSET_INFO *info = copy_of(block, size);
    HANDLE provider;

    need(PerfStartProvider(&guid, NULL, &provider) == ERROR_SUCCESS);
    if (PerfSetCounterSetInfo(provider, info, (ULONG)size) == ERROR_SUCCESS) {
        GUID set = info->CounterSetGuid;
        PERF_COUNTERSET_INSTANCE *instance =
            PerfCreateInstance(provider, &set, TEXT16("instance"), 1);
        if (instance)
            need(PerfDeleteInstance(provider, instance) == ERROR_SUCCESS);
    }
    need(PerfStopProvider(provider) == ERROR_SUCCESS);
    free(info);
}

static void translate(void)
{
    static unsigned char buffer[1 << 20];
    const struct v1_selection all = { .all = true };
    struct v1_bridge *bridge;
    void *data = buffer;
    DWORD size = sizeof(buffer), count = 0;

    if (v1_bridge_open(&bridge, 2000))
        return;
    DWORD error = v1_bridge_collect(bridge, &all, &data, &size, &count);
    if (!error) {
        size_t at = 0;
        for (DWORD i = 0; i < count; i++) {
            PERF_OBJECT_TYPE object;
            need(size - at >= sizeof(object));
            memcpy(&object, buffer + at, sizeof(object));
            need(object.TotalByteLength >= object.DefinitionLength &&
                 object.TotalByteLength <= size - at && object.TotalByteLength % 8 == 0);
            at += object.TotalByteLength;
        }
        need(at == size && (unsigned char *)data == buffer + size);
    }
    v1_bridge_close(bridge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct perflib_provider *providers = NULL, *next;

    if (size < 4)
        return 0;
    const size_t identifiers = data[0] | (size_t)data[1] << 8,
                 info = data[2] | (size_t)data[3] << 8;
    if (identifiers + info > size - 4)
        return 0;
    const uint8_t *state = data + 4 + identifiers + info;
    const size_t state_size = size - 4 - identifiers - info;
    void *image = copy_of(state, state_size);

    provide(data + 4 + identifiers, info);
    if (perflib_image_read((struct span){ image, state_size }, &providers))
        providers = NULL;
    perflib_state_lock();
    for (struct perflib_provider *provider = providers; provider; provider = next) {
        next = provider->next;
        perflib_state_add_provider(provider);
        provider->remote_is_listed = true;
    }
    perflib_state_unlock();
    consume(data + 4, identifiers);
    translate();
    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = next) {
        next = provider->next;
        perflib_state_remove_provider(provider);
        provider->next = NULL;
        perflib_image_release(provider);
    }
    perflib_state_unlock();
    free(image);
    return 0;
}
