/* SPDX-License-Identifier: MIT
 *
 * A program whose countersets other programs read, over the code that ctrpp generates from
 * tests/manifests/good-waves.man: `shared_waves provide` publishes until its input ends and then
 * prints what its callback received, `shared_waves consume` prints what others publish.
 * tests/harness/v2_shared.t compiles and runs it, natively and for Windows.
 */
#include "waves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define TEXT_OF(literal) L##literal
#else
#define TEXT_OF(literal) u##literal
#endif

static volatile int starts, ends, others;
static PERF_COUNTERSET_INSTANCE *one;

static ULONG WINAPI on_notification(ULONG code, PVOID buffer, ULONG size)
{
    (void)buffer;
    (void)size;
    if (code == PERF_COLLECT_START) {
        starts++;
        if (one)
            Increment_SQUARE_WAVE(one, 1);
    } else if (code == PERF_COLLECT_END) {
        ends++;
    } else {
        others++;
    }
    return ERROR_SUCCESS;
}

static int provide(void)
{
    ULONGLONG sine = 12;
    ULONG status = CounterInitialize(on_notification, NULL, NULL, NULL);

    /* Started again at once: its sets must be published again. */
    if (!status) {
        CounterCleanup();
        status = CounterInitialize(on_notification, NULL, NULL, NULL);
    }
    one = PerfCreateInstance(WavesProvider, &GeometricWavesGuid, TEXT_OF("one"), 1);
    PERF_COUNTERSET_INSTANCE *two =
        PerfCreateInstance(WavesProvider, &GeometricWavesGuid, TEXT_OF("two"), 2);
    PERF_COUNTERSET_INSTANCE *trigonometric =
        PerfCreateInstance(WavesProvider, &TrigonometricWavesGuid, TEXT_OF("_Default"), 0);
    if (status || !one || !two || !trigonometric)
        return 1;
    Set_TRIANGLE_WAVE(one, 10);
    Set_TRIANGLE_WAVE(two, 20);
    SetRef_SINE_WAVE(trigonometric, &sine);
    printf("ready\n");
    fflush(stdout);
    while (getchar() == '\n') {
        printf("starts %d, as many ends %d, others %d\n", starts, starts == ends, others);
        fflush(stdout);
    }
    CounterCleanup();
    return 0;
}

static void print_values(const char *name, const GUID *set, int has_instances)
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
    wanted.identifier.Size = sizeof(wanted.identifier) + (has_instances ? 8 : 0);
    wanted.identifier.CounterId = PERF_WILDCARD_COUNTER;
    wanted.identifier.InstanceId = 0xFFFFFFFF;
    wanted.name[0] = has_instances ? '*' : 0;
    PerfOpenQueryHandle(NULL, &query);
    PerfAddCounters(query, &wanted.identifier, wanted.identifier.Size);
    printf("%s: status %u\n", name, (unsigned)wanted.identifier.Status);
    if (wanted.identifier.Status || PerfQueryCounterData(query, &data.header, sizeof(data), &size))
        return;
    const PERF_COUNTER_HEADER *result = (const PERF_COUNTER_HEADER *)(&data.header + 1);
    if (result->dwStatus) {
        printf("%s: result %u\n", name, (unsigned)result->dwStatus);
        return;
    }
    const PERF_MULTI_COUNTERS *counters = (const PERF_MULTI_COUNTERS *)(result + 1);
    const unsigned char *at = (const unsigned char *)counters + counters->dwSize;
    ULONG instances = 1;
    if (has_instances) {
        instances = ((const PERF_MULTI_INSTANCES *)at)->dwInstances;
        at += sizeof(PERF_MULTI_INSTANCES);
    }
    while (instances--) {
        printf("%s", name);
        if (has_instances) {
            printf(" #%u", (unsigned)((const PERF_INSTANCE_HEADER *)at)->InstanceId);
            at += ((const PERF_INSTANCE_HEADER *)at)->Size;
        }
        for (ULONG i = 0; i < counters->dwCounters; i++) {
            const PERF_COUNTER_DATA *value = (const PERF_COUNTER_DATA *)at;
            ULONGLONG number = 0;

            memcpy(&number, value + 1, value->dwDataSize);
            printf(" %u", (unsigned)number);
            at += value->dwSize;
        }
        printf("\n");
    }
    PerfCloseQueryHandle(query);
}

static int consume(void)
{
    GUID sets[16];
    DWORD count = 0;

    printf("sets %u", (unsigned)PerfEnumerateCounterSet(NULL, sets, 16, &count));
    printf(" %u\n", (unsigned)count);
    print_values("geometric", &GeometricWavesGuid, 1);
    print_values("trigonometric", &TrigonometricWavesGuid, 0);
    return 0;
}

int main(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "provide") == 0 ? provide() : consume();
}
