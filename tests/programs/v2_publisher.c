/* SPDX-License-Identifier: MIT
 *
 * A process that loads the V1 provider and publishes it through PERFLIB V2, with PERFLIB's memory
 * in a tracked heap "perflib" beside an application's heap "pool"; and a consumer of both
 * interfaces in the same process. It prints what each of them has, a line for each value:
 *
 *     V1 <object> <instance> <counter> <value>
 *     V2 <object> <instance> <counter> <value>
 *
 * Objects and counters are positions in the counter table. Arguments: path of heapctrs.so or .dll,
 * and "costly" to read that object too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heapctrs_v2.h"
#include "os.h"
#include "perflib.h"

static const GUID custom_heap = {
    0x4f6a3c52, 0x9d0e, 0x4b7c, { 0x8a, 0x55, 0x1c, 0x7e, 0x2b, 0x9d, 0x6e, 0x02 }
};

static void find_export(const struct os_library *library, const char *name, void *procedure)
{
    void *symbol = os_library_symbol(library, name);

    if (!symbol) {
        fprintf(stderr, "%s is not exported\n", name);
        exit(1);
    }
    memcpy(procedure, &symbol, sizeof(symbol));
}

static void print_name(const char *interface, unsigned object, const WCHAR *name)
{
    printf("%s %u ", interface, object);
    if (!*name)
        printf("-");
    for (; *name; name++)
        putchar(*name < 0x80 && *name > ' ' ? (int)*name : '?');
}

/* Print the last answer of V1 from the buffer. */
static void print_v1(PM_COLLECT_PROC *collect, WCHAR *query, unsigned object)
{
    static unsigned char buffer[1 << 20];
    LPVOID at = buffer;
    DWORD size = sizeof(buffer), count = 0;

    if (collect(query, &at, &size, &count))
        exit(1);
    const unsigned char *next = buffer;
    for (DWORD i = 0; i < count; i++) {
        const PERF_OBJECT_TYPE *head = (const PERF_OBJECT_TYPE *)next;
        const unsigned char *instance_at = next + head->DefinitionLength;
        const LONG instances = head->NumInstances < 0 ? 1 : head->NumInstances;

        for (LONG j = 0; j < instances; j++) {
            const PERF_INSTANCE_DEFINITION *instance = (const void *)instance_at;
            const WCHAR *name = TEXT16("_Default");

            if (head->NumInstances >= 0) {
                name = (const WCHAR *)(instance_at + instance->NameOffset);
                instance_at += instance->ByteLength;
            }
            for (DWORD k = 0; k < head->NumCounters; k++) {
                const PERF_COUNTER_DEFINITION *counter =
                    (const void *)(next + head->HeaderLength + k * sizeof(*counter));
                ULONGLONG value = 0;

                memcpy(&value, instance_at + counter->CounterOffset, counter->CounterSize);
                print_name("V1", object + i, name);
                /* heapctrs.man numbers the slots of 8 bytes that follow the block's length */
                printf(" %u %llu\n", (unsigned)counter->CounterOffset / 8,
                       (unsigned long long)value);
            }
            instance_at += ((const PERF_COUNTER_BLOCK *)instance_at)->ByteLength;
        }
        next += head->TotalByteLength;
    }
}

static void print_v2(unsigned object, bool has_instances)
{
    struct {
        PERF_COUNTER_IDENTIFIER identifier;
        WCHAR pattern[4];
    } wanted;
    static unsigned char buffer[1 << 20] __attribute__((aligned(8)));
    HANDLE query = NULL;
    DWORD size = 0;

    memset(&wanted, 0, sizeof(wanted));
    wanted.identifier.CounterSetGuid = custom_heap;
    wanted.identifier.CounterSetGuid.Data4[7] = (uint8_t)(2 + object);
    wanted.identifier.Size = sizeof(wanted.identifier) + (has_instances ? 8 : 0);
    wanted.identifier.CounterId = PERF_WILDCARD_COUNTER;
    wanted.identifier.InstanceId = 0xFFFFFFFF;
    wanted.pattern[0] = has_instances ? '*' : 0;
    if (PerfOpenQueryHandle(NULL, &query) ||
        PerfAddCounters(query, &wanted.identifier, wanted.identifier.Size) ||
        wanted.identifier.Status ||
        PerfQueryCounterData(query, (PERF_DATA_HEADER *)buffer, sizeof(buffer), &size))
        exit(1);

    const PERF_COUNTER_HEADER *result = (const void *)(buffer + sizeof(PERF_DATA_HEADER));
    if (result->dwStatus)
        exit(1);
    const PERF_MULTI_COUNTERS *counters = (const void *)(result + 1);
    const ULONG *ids = (const ULONG *)(counters + 1);
    const unsigned char *at = (const unsigned char *)counters + counters->dwSize;
    ULONG instances = 1;
    if (has_instances) {
        instances = ((const PERF_MULTI_INSTANCES *)at)->dwInstances;
        at += sizeof(PERF_MULTI_INSTANCES);
    }
    while (instances--) {
        const WCHAR *name = TEXT16("_Default");

        if (has_instances) {
            name = (const WCHAR *)((const PERF_INSTANCE_HEADER *)at + 1);
            at += ((const PERF_INSTANCE_HEADER *)at)->Size;
        }
        for (ULONG i = 0; i < counters->dwCounters; i++) {
            const PERF_COUNTER_DATA *data = (const void *)at;
            ULONGLONG value = 0;

            memcpy(&value, data + 1, data->dwDataSize);
            print_name("V2", object, name);
            printf(" %u %llu\n", (unsigned)ids[i], (unsigned long long)value);
            at += data->dwSize;
        }
    }
    PerfCloseQueryHandle(query);
}

int main(int argc, char **argv)
{
    struct os_library library = { NULL };
    char detail[256] = "no library is named";
    const bool is_costly_read = argc > 2 && strcmp(argv[2], "costly") == 0;
    PM_OPEN_PROC *open = NULL;
    PM_COLLECT_PROC *collect = NULL;
    PM_CLOSE_PROC *close = NULL;
    static char blocks[3][1000];
    struct heap_tracker_statistics statistics;

    if (argc < 2 || os_library_open(&library, argv[1], detail, sizeof(detail))) {
        fprintf(stderr, "%s\nusage: %s HEAPCTRS.SO|DLL [costly]\n", detail, argv[0]);
        return 2;
    }
    find_export(&library, "OpenHeapPerformanceData", &open);
    find_export(&library, "CollectHeapPerformanceData", &collect);
    find_export(&library, "CloseHeapPerformanceData", &close);

    heap_tracker pool = heap_tracker_open("pool", NULL);
    heap_tracker perflib = heap_tracker_open("perflib", NULL);
    for (size_t i = 0; i < 3; i++)
        heap_tracker_allocate(pool, blocks[i], sizeof(blocks[i]));
    heap_tracker_free(pool, blocks[1]);

    open(NULL);
    DWORD error = heapctrs_v2_open(collect, perflib);
    if (error) {
        fprintf(stderr, "heapctrs_v2_open: error %u\n", (unsigned)error);
        return 1;
    }
    heapctrs_v2_refresh(); /* everything exists now, and the memory for it */
    heapctrs_v2_refresh();
    print_v2(0, true);
    print_v2(1, false);
    if (is_costly_read)
        print_v2(2, true);
    WCHAR global[] = TEXT16("Global"), costly[] = TEXT16("Costly");
    print_v1(collect, global, 0);
    if (is_costly_read)
        print_v1(collect, costly, 2);

    heapctrs_v2_close();
    close();
    memset(&statistics, 0, sizeof(statistics));
    statistics.size = sizeof(statistics);
    heap_tracker_read(perflib, &statistics);
    printf("left %llu\n",
           (unsigned long long)(statistics.allocated_bytes - statistics.freed_bytes));
    heap_tracker_close(perflib);
    heap_tracker_close(pool);
    return 0;
}
