/* SPDX-License-Identifier: MIT
 *
 * Shows that Wine's HKEY_PERFORMANCE_DATA lets a provider write 88 bytes past the reader's buffer,
 * and that the objects are not where HeaderLength says. It is one source for two files and needs
 * nothing else:
 *
 *     x86_64-w64-mingw32-gcc -DPROVIDER -shared -o overrun.dll overrun.c
 *     x86_64-w64-mingw32-gcc -o overrun.exe overrun.c
 *     wine overrun.exe        in a prefix of its own; the key that it makes is removed at the end
 *
 * Exit status: 0 it works as documented, 1 the fault is there, 2 it could not be tried.
 */
#include <windows.h>
#include <winperf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_INDEX 20000 /* even, and not an index of Windows' own */

#ifdef PROVIDER

/* One object with one counter and no instances: 64 + 40 + 16 bytes. */
struct answer {
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION counter;
    PERF_COUNTER_BLOCK block;
    DWORD value;
    DWORD padding[2];
};

__declspec(dllexport) DWORD APIENTRY OverrunOpen(LPWSTR context)
{
    (void)context;
    return ERROR_SUCCESS;
}

__declspec(dllexport) DWORD APIENTRY
    OverrunCollect(LPWSTR query, void **data, DWORD *size, DWORD *object_count)
{
    struct answer answer;

    (void)query;
    *object_count = 0;
    if (*size < sizeof(answer)) {
        *size = 0;
        return ERROR_MORE_DATA;
    }
    memset(&answer, 0, sizeof(answer));
    answer.object.TotalByteLength = sizeof(answer);
    answer.object.HeaderLength = sizeof(answer.object);
    answer.object.DefinitionLength = sizeof(answer.object) + sizeof(answer.counter);
    answer.object.ObjectNameTitleIndex = OBJECT_INDEX;
    answer.object.ObjectHelpTitleIndex = OBJECT_INDEX + 1;
    answer.object.DetailLevel = PERF_DETAIL_NOVICE;
    answer.object.NumCounters = 1;
    answer.object.NumInstances = PERF_NO_INSTANCES;
    answer.counter.ByteLength = sizeof(answer.counter);
    answer.counter.CounterNameTitleIndex = OBJECT_INDEX + 2;
    answer.counter.CounterHelpTitleIndex = OBJECT_INDEX + 3;
    answer.counter.DetailLevel = PERF_DETAIL_NOVICE;
    answer.counter.CounterType = PERF_COUNTER_RAWCOUNT;
    answer.counter.CounterSize = sizeof(answer.value);
    answer.counter.CounterOffset = sizeof(answer.block);
    answer.block.ByteLength = sizeof(answer.block) + sizeof(answer.value) + sizeof(answer.padding);
    answer.value = 42;
    memcpy(*data, &answer, sizeof(answer));
    *data = (char *)*data + sizeof(answer);
    *size = sizeof(answer);
    *object_count = 1;
    return ERROR_SUCCESS;
}

__declspec(dllexport) DWORD APIENTRY OverrunClose(void)
{
    return ERROR_SUCCESS;
}

#else

#define SERVICE "SYSTEM\\CurrentControlSet\\Services\\overrun_report"
#define CANARY_SIZE 4096   /* bytes; chosen: more than the 88 that Wine writes */
#define LARGEST (1u << 24) /* bytes; chosen: the search for a size ends there */

static int set_text(HKEY key, const char *name, const char *text)
{
    return RegSetValueExA(key, name, 0, REG_SZ, (const BYTE *)text, (DWORD)strlen(text) + 1) == 0;
}

static int register_provider(void)
{
    char path[MAX_PATH], *slash;
    HKEY key;

    if (!GetModuleFileNameA(NULL, path, sizeof(path)) || !(slash = strrchr(path, '\\')) ||
        slash + sizeof("\\overrun.dll") > path + sizeof(path))
        return 0;
    strcpy(slash, "\\overrun.dll");
    if (RegCreateKeyExA(HKEY_LOCAL_MACHINE, SERVICE "\\Performance", 0, NULL, 0, KEY_ALL_ACCESS,
                        NULL, &key, NULL))
        return 0;
    const int is_done = set_text(key, "Library", path) && set_text(key, "Open", "OverrunOpen") &&
                        set_text(key, "Collect", "OverrunCollect") &&
                        set_text(key, "Close", "OverrunClose");
    RegCloseKey(key);
    return is_done;
}

static void remove_provider(void)
{
    RegDeleteKeyA(HKEY_LOCAL_MACHINE, SERVICE "\\Performance");
    RegDeleteKeyA(HKEY_LOCAL_MACHINE, SERVICE);
}

/* Query with a buffer of `size` bytes and a canary after it. Returns the buffer, which the caller
   frees, or NULL if there is no memory. */
static BYTE *ask(DWORD size, DWORD *used, LONG *result)
{
    BYTE *data = malloc(size + CANARY_SIZE);

    if (!data)
        return NULL;
    memset(data, 0xA5, size + CANARY_SIZE);
    *used = size;
    *result = RegQueryValueExA(HKEY_PERFORMANCE_DATA, "20000", NULL, NULL, data, used);
    return data;
}

static int try_query(void)
{
    DWORD size = 1u << 16, used = 0, overrun = 0, found = 0;
    LONG result = ERROR_MORE_DATA;

    for (; result == ERROR_MORE_DATA && size <= LARGEST; size *= 2) /* to learn the answer's size */
        free(ask(size, &used, &result));
    if (result || used < sizeof(PERF_DATA_BLOCK)) {
        fprintf(stderr, "the query fails: %ld\n", result);
        return 2;
    }
    size = used;
    BYTE *data = ask(size, &used, &result); /* exactly that size */
    if (!data)
        return 2;

    const PERF_DATA_BLOCK *header = (const PERF_DATA_BLOCK *)data;
    for (DWORD i = 0; i < CANARY_SIZE; i++)
        if (data[size + i] != 0xA5)
            overrun = i + 1;
    for (DWORD i = sizeof(*header); !found && i + sizeof(PERF_OBJECT_TYPE) <= size + CANARY_SIZE;
         i += 4)
        if (((const PERF_OBJECT_TYPE *)(data + i))->ObjectNameTitleIndex == OBJECT_INDEX)
            found = i;
    printf("buffer of %lu bytes: result %ld\n", size, result);
    printf("HeaderLength %lu, the first object is at %lu\n", header->HeaderLength, found);
    printf("bytes written past the buffer: %lu\n", overrun);
    const int is_faulty = overrun || (result == 0 && found != header->HeaderLength);
    free(data);
    return is_faulty ? 1 : result ? 2 : 0;
}

int main(void)
{
    if (!register_provider()) {
        fprintf(stderr, "the provider cannot be registered: run this as administrator\n");
        return 2;
    }
    const int status = try_query();
    RegCloseKey(HKEY_PERFORMANCE_DATA);
    remove_provider();
    return status;
}

#endif
