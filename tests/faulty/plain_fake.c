/* SPDX-License-Identifier: MIT
 *
 * A provider that does what the query says, for tests of the host: "Global" or its object's index
 * gives one sound object; other words, which may follow "Foreign", give the fault that they name.
 * Open obeys the words of its context; Close obeys the words after "close:" at the start of the
 * last query. It breaks no rule by itself.
 *
 *     answer N      N sound objects           claim N     answer, but report N bytes
 *     overrun N     write N bytes too many    underrun N  write N bytes before the buffer
 *     far N         write one byte N bytes after the buffer
 *     advance N     move the pointer N bytes more than claimed
 *     read N        read the byte N bytes after the buffer
 *     more          ERROR_MORE_DATA           more-dirty  the same, with the results changed
 *     return N      that code                 crash, divide, abort, exit N, stack, hang, sleep N
 *     end-thread    end the calling thread    late-crash N  N milliseconds later, in a thread
 *     meet N        return when N calls are inside at once
 *     wide-count    store 8 bytes as the object count
 *     copy          overrun through memcpy    touch       change the query text
 *     leak          keep a handle and memory  broken-sum, broken-instances, odd
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "frame/platform.h"
#include "winperf.h"
#include "wintypes.h"

#define DEFAULT_INDEX 5000

struct answer {
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION counter;
    PERF_INSTANCE_DEFINITION instance;
    WCHAR name[4];
    PERF_COUNTER_BLOCK block;
    DWORD padding;
    ULONGLONG value;
};

static ULONGLONG collects, opens;
static char close_words[64];
static DWORD first_index;

static void narrow(const WCHAR *text, char *words, size_t size)
{
    size_t i = 0;

    for (; text && text[i] && i + 1 < size; i++)
        words[i] = text[i] < 128 ? (char)text[i] : '?';
    words[i] = 0;
}

static void make(struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->object.TotalByteLength = sizeof(*answer);
    answer->object.HeaderLength = sizeof(answer->object);
    answer->object.DefinitionLength = sizeof(answer->object) + sizeof(answer->counter);
    answer->object.ObjectNameTitleIndex = first_index;
    answer->object.ObjectHelpTitleIndex = first_index + 1;
    answer->object.DetailLevel = PERF_DETAIL_NOVICE;
    answer->object.NumCounters = 1;
    answer->object.NumInstances = 1;
    answer->counter.ByteLength = sizeof(answer->counter);
    answer->counter.CounterNameTitleIndex = first_index + 2;
    answer->counter.CounterHelpTitleIndex = first_index + 3;
    answer->counter.DetailLevel = PERF_DETAIL_NOVICE;
    answer->counter.CounterType = PERF_COUNTER_LARGE_RAWCOUNT;
    answer->counter.CounterSize = 8;
    answer->counter.CounterOffset = 8;
    answer->instance.ByteLength = sizeof(answer->instance) + sizeof(answer->name);
    answer->instance.UniqueID = PERF_NO_UNIQUE_ID;
    answer->instance.NameOffset = sizeof(answer->instance);
    answer->instance.NameLength = sizeof(answer->name);
    memcpy(answer->name, TEXT16("one"), sizeof(answer->name));
    answer->block.ByteLength = 16;
    answer->value = ++collects;
}

static unsigned overflow_stack(unsigned level);

/* Called through a pointer, otherwise the compiler sees that it never ends. */
static unsigned (*volatile next_level)(unsigned level) = overflow_stack;

static unsigned overflow_stack(unsigned level)
{
    volatile unsigned char frame[512];

    frame[level % sizeof(frame)] = (unsigned char)level;
    return next_level(level + 1) + frame[level % sizeof(frame)];
}

static volatile int zero;
static volatile DWORD sink;
static volatile DWORD late_ms; /* 0 after the thread that uses it has begun */

static void crash_late(void)
{
    const DWORD milliseconds = late_ms;
    volatile ULONG_PTR place = 16;

    late_ms = 0;
    sleep_ms(milliseconds);
    *(volatile int *)place = 1;
}

static void begin_to_crash(DWORD milliseconds)
{
    late_ms = milliseconds;
    start_thread(crash_late);
    while (late_ms)
        sleep_ms(1);
}

static unsigned call_count;

/* Return when that many calls are inside. */
static void meet(DWORD count)
{
    __atomic_add_fetch(&call_count, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&call_count, __ATOMIC_SEQ_CST) < count)
        sleep_ms(1);
}

/* Words that work in Open, Collect and Close. */
static DWORD misbehave(const char *word, DWORD number)
{
    if (strcmp(word, "crash") == 0)
        *(volatile int *)(ULONG_PTR)(number ? number : 16) = 1;
    if (strcmp(word, "divide") == 0)
        sink = (DWORD)(7 / zero);
    if (strcmp(word, "abort") == 0)
        abort();
    if (strcmp(word, "exit") == 0)
        exit((int)number);
    if (strcmp(word, "stack") == 0)
        sink = overflow_stack(1);
    if (strcmp(word, "hang") == 0)
        for (;;)
            sink++;
    if (strcmp(word, "end-thread") == 0)
        provider_end_thread();
    if (strcmp(word, "sleep") == 0)
        provider_sleep(number);
    if (strcmp(word, "meet") == 0)
        meet(number);
    return strcmp(word, "return") == 0 ? number : ERROR_SUCCESS;
}

PROVIDER_EXPORT DWORD APIENTRY FakeOpen(LPWSTR context)
{
    char words[64], word[32] = "";
    unsigned number = 0;

    opens++;
    first_index = environment_number("PERFLIB_FIRST_COUNTER", DEFAULT_INDEX);
    narrow(context, words, sizeof(words));
    sscanf(words, "%31s %u", word, &number);
    return misbehave(word, number);
}

/* Whether a query is the index list, or one of the two words that select everything. */
static int is_mine(const char *words)
{
    const char *at = words;
    char word[32];
    int used, mine = 0;

    for (; !mine && sscanf(at, "%31s%n", word, &used) == 1; at += used)
        mine = strcmp(word, "Global") == 0 || strtoul(word, NULL, 10) == first_index;
    return mine;
}

PROVIDER_EXPORT DWORD APIENTRY FakeCollect(LPWSTR query, LPVOID *data, LPDWORD total_bytes,
                                           LPDWORD object_types)
{
    char all[256], words[256], word[32] = "";
    unsigned number = 0;
    struct answer answer;
    unsigned char *at = *data;
    DWORD space = *total_bytes, objects = 1;

    narrow(query, all, sizeof(all));
    snprintf(words, sizeof(words), "%s", strncmp(all, "Foreign ", 8) == 0 ? all + 8 : all);
    if (strncmp(words, "close:", 6) == 0)
        snprintf(close_words, sizeof(close_words), "%.60s", words + 6);
    sscanf(words, "%31s %u", word, &number);
    DWORD code = misbehave(word, number);
    if (strcmp(word, "late-crash") == 0)
        begin_to_crash(number);
    if (strcmp(word, "more-dirty") == 0) {
        *total_bytes = 4096;
        *object_types = 7;
        *data = at + 8;
    } else {
        *total_bytes = 0;
        *object_types = 0;
    }
    if (strncmp(word, "more", 4) == 0)
        return ERROR_MORE_DATA;
    if (code)
        return code;
    if (strcmp(word, "underrun") == 0)
        memset(at - number, 0, number);
    if (strcmp(word, "overrun") == 0)
        for (unsigned i = 0; i < number; i++)
            ((volatile unsigned char *)at)[space + i] = 0;
    if (strcmp(word, "copy") == 0) {
        unsigned char *source = calloc(1, space + 64);
        memcpy(at, source, space + 64);
        free(source);
    }
    if (strcmp(word, "far") == 0)
        ((volatile unsigned char *)at)[space + number] ^= 0xFF;
    if (strcmp(word, "read") == 0)
        sink = ((volatile unsigned char *)at)[space + number];
    if (strcmp(word, "touch") == 0)
        query[0] = 'T';
    if (strcmp(word, "wide-count") == 0) {
        const ULONGLONG wide = 1;
        memcpy(object_types, &wide, sizeof(wide));
    }
    if (strcmp(word, "leak") == 0) {
        void *kept = provider_open_handle();
        void *volatile lost = malloc(100000);
        if (lost)
            memset(lost, 1, 100000);
        sink += kept != NULL && lost != NULL;
    }
    if (!*word || strcmp(word, "sleep") == 0 || strcmp(word, "meet") == 0 ||
        strcmp(word, "late-crash") == 0 || strncmp(word, "close:", 6) == 0)
        return ERROR_SUCCESS;
    if (strcmp(word, "answer") == 0)
        objects = number;
    else if (!is_mine(words) && !strchr("acouwbdtfl", word[0]))
        return ERROR_SUCCESS;
    if (space / sizeof(answer) < objects)
        return ERROR_MORE_DATA;
    for (DWORD i = 0; i < objects; i++, at += sizeof(answer)) {
        make(&answer);
        if (strcmp(word, "broken-sum") == 0)
            answer.object.TotalByteLength += 8;
        if (strcmp(word, "broken-instances") == 0)
            answer.block.ByteLength += 8;
        memcpy(at, &answer, sizeof(answer));
    }
    DWORD used = objects * (DWORD)sizeof(answer);
    if (strcmp(word, "odd") == 0)
        used -= 4, at -= 4;
    if (strcmp(word, "claim") == 0)
        used = number;
    if (strcmp(word, "advance") == 0)
        at += number;
    *data = at;
    *total_bytes = used;
    if (strcmp(word, "wide-count") != 0)
        *object_types = objects;
    return ERROR_SUCCESS;
}

/* For a registration that needs the other fault of "more", whatever the query. */
PROVIDER_EXPORT DWORD APIENTRY FakeCollectMore(LPWSTR query, LPVOID *data, LPDWORD total_bytes,
                                               LPDWORD object_types)
{
    (void)query, (void)data;
    *total_bytes = 0;
    *object_types = 0;
    return ERROR_MORE_DATA;
}

PROVIDER_EXPORT DWORD APIENTRY FakeClose(void)
{
    char word[32] = "";
    unsigned number = 0;

    if (opens)
        opens--;
    sscanf(close_words, "%31s %u", word, &number);
    return misbehave(word, number);
}
