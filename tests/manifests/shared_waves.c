/* SPDX-License-Identifier: MIT
 *
 * A program whose countersets other programs read, over the code that ctrpp generates from
 * tests/manifests/good-waves.man: `shared_waves provide` publishes until its input ends and
 * prints what its callback received; `shared_waves refuse` does so too and refuses that counters of
 * one set are added; `shared_waves consume` prints what others publish; `shared_waves hold` adds
 * counters and keeps them until its input ends.
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

static volatile int starts, ends, added, removed, listed, wrong;
static int refuses;
static PERF_COUNTERSET_INSTANCE *one;

static int is_same(const WCHAR *text, const WCHAR *other)
{
    while (*text && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

/* Check what a consumer of this file's other half adds and removes. Returns whether it is of the
   geometric set. */
static int check_identity(const unsigned char *buffer, ULONG size)
{
    const PERF_COUNTER_IDENTITY *identity = (const PERF_COUNTER_IDENTITY *)buffer;
    const int is_geometric =
        memcmp(&identity->CounterSetGuid, &GeometricWavesGuid, sizeof(GUID)) == 0;
    const WCHAR *name = (const WCHAR *)(buffer + identity->NameOffset);

    wrong += identity->BufferSize != size || identity->CounterId != PERF_WILDCARD_COUNTER ||
             identity->InstanceId != 0xFFFFFFFF ||
             !*(const WCHAR *)(buffer + identity->MachineOffset) ||
             !is_same(name, is_geometric ? TEXT_OF("*") : TEXT_OF("")) ||
             (!is_geometric &&
              memcmp(&identity->CounterSetGuid, &TrigonometricWavesGuid, sizeof(GUID)) != 0);
    return is_geometric;
}

static ULONG WINAPI on_notification(ULONG code, PVOID buffer, ULONG size)
{
    switch (code) {
    case PERF_COLLECT_START:
        starts++;
        if (one)
            Increment_SQUARE_WAVE(one, 1);
        break;
    case PERF_COLLECT_END:
        ends++;
        break;
    case PERF_ADD_COUNTER:
        added++;
        return check_identity(buffer, size) && refuses ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
    case PERF_REMOVE_COUNTER:
        removed++;
        check_identity(buffer, size);
        break;
    case PERF_ENUM_INSTANCES:
        listed++;
        wrong += !*(const WCHAR *)buffer;
        return refuses ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
    default:
        wrong++;
    }
    return ERROR_SUCCESS;
}

static int provide(void)
{
    ULONGLONG sine = 12;
    ULONG status = CounterInitialize(on_notification, NULL, NULL, NULL);

    /* Start it again at once: its sets must be published again. */
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
        printf("starts %d, as many ends %d, added %d, removed %d, listed %d, wrong %d\n", starts,
               starts == ends, added, removed, listed, wrong);
        fflush(stdout);
    }
    CounterCleanup();
    return 0;
}

/* Open a query with all counters and instances of a set. Returns the status of the request. */
static ULONG add_all(const char *name, const GUID *set, int has_instances, HANDLE *query)
{
    struct {
        PERF_COUNTER_IDENTIFIER identifier;
        WCHAR name[4];
    } wanted;

    memset(&wanted, 0, sizeof(wanted));
    wanted.identifier.CounterSetGuid = *set;
    wanted.identifier.Size = sizeof(wanted.identifier) + (has_instances ? 8 : 0);
    wanted.identifier.CounterId = PERF_WILDCARD_COUNTER;
    wanted.identifier.InstanceId = 0xFFFFFFFF;
    wanted.name[0] = has_instances ? '*' : 0;
    PerfOpenQueryHandle(NULL, query);
    PerfAddCounters(*query, &wanted.identifier, wanted.identifier.Size);
    printf("%s: status %u\n", name, (unsigned)wanted.identifier.Status);
    return wanted.identifier.Status;
}

static void print_values(const char *name, const GUID *set, int has_instances)
{
    static union {
        PERF_DATA_HEADER header;
        unsigned char bytes[4096];
    } data;
    HANDLE query = NULL;
    DWORD size = 0;

    if (add_all(name, set, has_instances, &query) ||
        PerfQueryCounterData(query, &data.header, sizeof(data), &size)) {
        PerfCloseQueryHandle(query);
        return;
    }
    const PERF_COUNTER_HEADER *result = (const PERF_COUNTER_HEADER *)(&data.header + 1);
    if (result->dwStatus) {
        printf("%s: result %u\n", name, (unsigned)result->dwStatus);
        PerfCloseQueryHandle(query);
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

static int hold(void)
{
    HANDLE query = NULL;

    add_all("geometric", &GeometricWavesGuid, 1, &query);
    fflush(stdout);
    getchar();
    return 0; /* it ends without closing its query */
}

static int consume(void)
{
    static union {
        PERF_INSTANCE_HEADER header;
        unsigned char bytes[4096];
    } instances;
    GUID sets[16];
    DWORD count = 0, size = 0;

    printf("sets %u", (unsigned)PerfEnumerateCounterSet(NULL, sets, 16, &count));
    printf(" %u\n", (unsigned)count);
    printf("instances %u",
           (unsigned)PerfEnumerateCounterSetInstances(NULL, &GeometricWavesGuid, &instances.header,
                                                      sizeof(instances), &size));
    printf(" %u\n", (unsigned)size);
    print_values("geometric", &GeometricWavesGuid, 1);
    print_values("trigonometric", &TrigonometricWavesGuid, 0);
    return 0;
}

int main(int argc, char **argv)
{
    const char *word = argc == 2 ? argv[1] : "";

    refuses = strcmp(word, "refuse") == 0;
    if (refuses || strcmp(word, "provide") == 0)
        return provide();
    return strcmp(word, "hold") == 0 ? hold() : consume();
}
