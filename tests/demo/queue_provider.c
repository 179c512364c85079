/* SPDX-License-Identifier: MIT
 *
 * The provider of the demo: the lengths of an application's two queues. It has two faults that real
 * providers have, each in the line marked FAULT; scripts/demo shows what `check` reports, repairs
 * both lines, and checks it again. Everything else is as the contract asks.
 *
 *     gcc -shared -fPIC -I include tests/demo/queue_provider.c -o queue_provider.so
 */
#include <stdbool.h>
#include <string.h>

#include "winperf.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { OBJECT_INDEX = 2380, COUNTER_INDEX = 2382, QUEUE_COUNT = 2, NAME_UNITS = 6 };

/* What is written for one queue. The member for the name is padded to a multiple of 8 bytes. */
struct queue {
    PERF_INSTANCE_DEFINITION instance;
    WCHAR name[8];
    PERF_COUNTER_BLOCK block;
    DWORD length;
};

struct answer {
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION counter;
    struct queue queues[QUEUE_COUNT];
};

static const WCHAR names[QUEUE_COUNT][NAME_UNITS] = { { 'i', 'n', 'p', 'u', 't', 0 },
                                                      { 'p', 'r', 'i', 'n', 't', 0 } };
static unsigned open_count;

static void write_queue(struct queue *queue, size_t number)
{
    queue->instance = (PERF_INSTANCE_DEFINITION){
        .ByteLength = offsetof(struct queue, block),
        .UniqueID = PERF_NO_UNIQUE_ID,
        .NameOffset = offsetof(struct queue, name),
        .NameLength = NAME_UNITS, /* FAULT: the length must be in bytes, not characters */
    };
    memcpy(queue->name, names[number], sizeof(names[number]));
    queue->block.ByteLength = sizeof(queue->block) + sizeof(queue->length);
    queue->length = 3 + (DWORD)number;
}

static void write_answer(struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->object = (PERF_OBJECT_TYPE){
        .TotalByteLength = sizeof(*answer),
        .DefinitionLength = offsetof(struct answer, queues),
        .HeaderLength = sizeof(answer->object),
        .ObjectNameTitleIndex = OBJECT_INDEX,
        .ObjectHelpTitleIndex = OBJECT_INDEX + 1,
        .DetailLevel = PERF_DETAIL_NOVICE,
        .NumCounters = 1,
        .NumInstances = QUEUE_COUNT,
    };
    answer->counter = (PERF_COUNTER_DEFINITION){
        .ByteLength = sizeof(answer->counter),
        .CounterNameTitleIndex = COUNTER_INDEX,
        .CounterHelpTitleIndex = COUNTER_INDEX + 1,
        .DetailLevel = PERF_DETAIL_NOVICE,
        .CounterType = PERF_COUNTER_RAWCOUNT,
        .CounterSize = sizeof(DWORD),
        .CounterOffset = sizeof(PERF_COUNTER_BLOCK),
    };
    for (size_t i = 0; i < QUEUE_COUNT; i++)
        write_queue(&answer->queues[i], i);
}

/* Whether a word of the query selects the object: "Global", or its index. */
static bool is_wanted(const WCHAR *query)
{
    static const char global[] = "global";
    const WCHAR *word = query;

    while (*word == ' ')
        word++;
    while (*word) {
        size_t length = 0, same = 0;
        DWORD number = 0;
        bool is_number = true;

        for (; word[length] && word[length] != ' '; length++) {
            const WCHAR unit = word[length];
            if (length == same && length < 6 && (unit | 32) == global[length])
                same++;
            is_number = is_number && unit >= '0' && unit <= '9' && number < 100000000;
            number = is_number ? number * 10 + (DWORD)(unit - '0') : 0;
        }
        if ((length == 6 && same == 6) || (is_number && number == OBJECT_INDEX))
            return true;
        if (length == 7 && (word[0] | 32) == 'f') /* Foreign: the other words name another
                                                     computer */
            return false;
        word += length;
        while (*word == ' ')
            word++;
    }
    return false;
}

EXPORT DWORD APIENTRY OpenQueueData(LPWSTR device_names);
EXPORT DWORD APIENTRY CollectQueueData(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count);
EXPORT DWORD APIENTRY CloseQueueData(void);

DWORD APIENTRY OpenQueueData(LPWSTR device_names)
{
    (void)device_names;
    open_count++;
    return ERROR_SUCCESS;
}

DWORD APIENTRY CollectQueueData(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count)
{
    /* FAULT: the size of the last value is missing */
    const DWORD needed = sizeof(struct answer) - 4;
    struct answer answer;

    if (!data || !size || !count)
        return ERROR_SUCCESS;
    const DWORD available = *size;
    *size = *count = 0;
    if (open_count == 0 || !*data || !query || !is_wanted(query))
        return ERROR_SUCCESS;
    if (available < needed)
        return ERROR_MORE_DATA;

    write_answer(&answer);
    memcpy(*data, &answer, sizeof(answer));
    *data = (BYTE *)*data + sizeof(answer);
    *size = sizeof(answer);
    *count = 1;
    return ERROR_SUCCESS;
}

DWORD APIENTRY CloseQueueData(void)
{
    open_count -= open_count > 0;
    return ERROR_SUCCESS;
}
