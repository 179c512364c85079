/* SPDX-License-Identifier: MIT
 *
 * A provider and its consumer in one program, over the code that ctrpp generates from
 * good-waves.man; tests/harness/ctrpp.t compiles it as C and C++ for every target and compares what
 * it prints. With PROVIDER_ONLY it calls nothing that Wine 8.0's advapi32 lacks.
 */
#include "waves.h"
#include "waves_consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define TEXT_OF(literal) L##literal
#else
#define TEXT_OF(literal) u##literal
#endif

static struct {
    unsigned long allocations, frees;
} heap;

static LPVOID CALLBACK allocate_memory(SIZE_T size, LPVOID context)
{
    (void)size;
    if (context != &heap)
        abort();
    heap.allocations++;
    return malloc(size);
}

static void CALLBACK free_memory(LPVOID block, LPVOID context)
{
    if (context != &heap)
        abort();
    heap.frees++;
    free(block);
}

static ULONG WINAPI on_notification(ULONG code, PVOID buffer, ULONG size)
{
    (void)buffer;
    (void)size;
    printf("notification %u\n", (unsigned)code);
    fflush(stdout);
    return ERROR_SUCCESS;
}

#ifndef PROVIDER_ONLY
/* Print all values of a set. */
static void consume(const char *name, const GUID *set, const WCHAR *pattern, size_t length)
{
    struct {
        PERF_COUNTER_IDENTIFIER identifier;
        WCHAR name[4];
    } wanted;
    static union {
        PERF_DATA_HEADER header;
        unsigned char bytes[4096];
    } data;
    HANDLE query = NULL;
    DWORD size = 0;

    memset(&wanted, 0, sizeof(wanted));
    wanted.identifier.CounterSetGuid = *set;
    wanted.identifier.Size = sizeof(wanted.identifier) + (length ? 8 : 0);
    wanted.identifier.CounterId = PERF_WILDCARD_COUNTER;
    wanted.identifier.InstanceId = 0xFFFFFFFF;
    memcpy(wanted.name, pattern, length * sizeof(WCHAR));
    if (PerfOpenQueryHandle(NULL, &query) ||
        PerfAddCounters(query, &wanted.identifier, wanted.identifier.Size) ||
        wanted.identifier.Status || PerfQueryCounterData(query, &data.header, sizeof(data), &size))
        exit(1);

    const PERF_COUNTER_HEADER *result = (const PERF_COUNTER_HEADER *)(&data.header + 1);
    const PERF_MULTI_COUNTERS *counters = (const PERF_MULTI_COUNTERS *)(result + 1);
    const unsigned char *at = (const unsigned char *)counters + counters->dwSize;
    ULONG instances = 1;
    if (result->dwType == PERF_COUNTERSET) {
        instances = ((const PERF_MULTI_INSTANCES *)at)->dwInstances;
        at += sizeof(PERF_MULTI_INSTANCES);
    }
    while (instances--) {
        printf("%s", name);
        if (result->dwType == PERF_COUNTERSET) {
            printf(" #%u", (unsigned)((const PERF_INSTANCE_HEADER *)at)->InstanceId);
            at += ((const PERF_INSTANCE_HEADER *)at)->Size;
        }
        for (ULONG i = 0; i < counters->dwCounters; i++) {
            const PERF_COUNTER_DATA *value = (const PERF_COUNTER_DATA *)at;
            ULONGLONG number = 0;

            memcpy(&number, value + 1, value->dwDataSize);
            printf(" %u=%u", (unsigned)((const ULONG *)(counters + 1))[i], (unsigned)number);
            at += value->dwSize;
        }
        printf("\n");
    }
    fflush(stdout);
    PerfCloseQueryHandle(query);
}
#endif

int main(void)
{
    ULONGLONG sine = 11;
    ULONG status;

    printf("names of %u and %u units\n",
           (unsigned)(sizeof(GeometricWavesName) / sizeof(WCHAR)),
           (unsigned)(sizeof(TrigonometricWavesName) / sizeof(WCHAR)));
    status = CounterInitialize(on_notification, allocate_memory, free_memory, &heap);
    printf("initialize %u\n", (unsigned)status);

    PERF_COUNTERSET_INSTANCE *one =
        PerfCreateInstance(WavesProvider, &GeometricWavesGuid, TEXT_OF("one"), 1);
    PERF_COUNTERSET_INSTANCE *two =
        PerfCreateInstance(WavesProvider, &GeometricWavesGuid, TEXT_OF("two"), 2);
    PERF_COUNTERSET_INSTANCE *trigonometric =
        PerfCreateInstance(WavesProvider, &TrigonometricWavesGuid, TEXT_OF("_Default"), 0);
    printf("instances %d %d %d\n", one != NULL, two != NULL, trigonometric != NULL);
    if (!one || !two || !trigonometric)
        return 1;
    printf("reference %u\n", (unsigned)SetRef_SINE_WAVE(trigonometric, &sine));

#ifndef PROVIDER_ONLY
    printf("set %u", (unsigned)Set_TRIANGLE_WAVE(one, 10));
    printf(" %u", (unsigned)Increment_TRIANGLE_WAVE(one, 5));
    printf(" %u", (unsigned)Decrement_TRIANGLE_WAVE(one, 1));
    printf(" %u", (unsigned)Set_SQUARE_WAVE(two, 7));
    printf(" %u\n", (unsigned)Increment_AVERAGE_SIZE_BASE(two, 3));
    fflush(stdout);
    consume("geometric", &GeometricWavesGuid, TEXT_OF("*"), 1);
    sine = 12;
    consume("trigonometric", &TrigonometricWavesGuid, TEXT_OF(""), 0);
#endif
    printf("delete %u\n", (unsigned)PerfDeleteInstance(WavesProvider, two));
    CounterCleanup();
    printf("stopped %d, blocks left %d, memory routines used %d\n", WavesProvider == NULL,
           (int)(heap.allocations - heap.frees), heap.allocations != 0);
    CounterCleanup();
    return 0;
}
