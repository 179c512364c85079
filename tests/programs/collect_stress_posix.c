/* SPDX-License-Identifier: MIT
 *
 * Collects from several threads at once, while others open and close the provider:
 *
 *     collect_stress_posix LIBRARY THREADS MILLISECONDS
 *
 * Each answer is walked. A wrong status, length or count, a missing _Total or a changed errno is
 * printed and makes the exit status 1. The last line is the number of collects.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "winperf.h"

static PM_OPEN_PROC *open_provider;
static PM_COLLECT_PROC *collect;
static PM_CLOSE_PROC *close_provider;
static atomic_bool is_over;
static atomic_ulong collects, faults;

static void fault(const char *text, unsigned long long number)
{
    if (atomic_fetch_add(&faults, 1) < 10)
        fprintf(stderr, "%s: %llu\n", text, number);
}

static uint32_t u32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* Walk one object's instances to its end. */
static void check_object(const unsigned char *object, uint32_t size)
{
    static const char16_t total[] = u"_Total";
    uint32_t at = u32(object + 4);
    int32_t count = (int32_t)u32(object + 40);

    if (count == PERF_NO_INSTANCES) {
        if (at + u32(object + at) != size)
            fault("block does not end the object", size);
        return;
    }
    if (count < 1 || memcmp(object + at + 24, total, sizeof(total)) != 0)
        fault("no _Total", (unsigned)count);
    for (int32_t i = 0; i < count; i++) {
        if (at + 24 > size) {
            fault("instances go beyond the object", at);
            return;
        }
        at += u32(object + at);
        at += u32(object + at);
    }
    if (at != size)
        fault("instances do not end the object", at);
}

static void check_answer(const unsigned char *data, uint32_t size, uint32_t count)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = size - at >= 64 ? u32(data + at) : 0;

        if (length < 64 || length > size - at) {
            fault("object length", length);
            return;
        }
        check_object(data + at, length);
        at += length;
    }
    if (at != size)
        fault("objects do not add up", at);
}

static void *collect_repeatedly(void *argument)
{
    WCHAR query[] = u"Global";
    size_t capacity = 256;
    unsigned char *buffer = malloc(capacity);

    (void)argument;
    open_provider(NULL);
    while (!atomic_load(&is_over)) {
        void *data = buffer;
        DWORD size = (DWORD)capacity, count = 0xCCCCCCCC;
        DWORD error;

        errno = 4321;
        error = collect(query, &data, &size, &count);
        if (errno != 4321)
            fault("errno changed", (unsigned)errno);
        if (error == ERROR_MORE_DATA) {
            if (data != buffer || size || count)
                fault("outputs changed", size);
            capacity *= 2;
            free(buffer);
            buffer = malloc(capacity);
            continue;
        }
        if (error || (unsigned char *)data != buffer + size || count != 2)
            fault("collect", error);
        check_answer(buffer, size, count);
        atomic_fetch_add(&collects, 1);
    }
    close_provider();
    free(buffer);
    return NULL;
}

static void *open_and_close_repeatedly(void *argument)
{
    (void)argument;
    while (!atomic_load(&is_over)) {
        open_provider(NULL);
        close_provider();
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    pthread_t threads[64], opener;
    int count = argc == 4 ? atoi(argv[2]) : 0;
    void *library = count > 0 && count <= 64 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    struct timespec duration;

    if (!library) {
        fprintf(stderr, "usage: collect_stress_posix LIBRARY THREADS MILLISECONDS (%s)\n",
                count ? dlerror() : "arguments");
        return 2;
    }
    *(void **)&open_provider = dlsym(library, "OpenHeapPerformanceData");
    *(void **)&collect = dlsym(library, "CollectHeapPerformanceData");
    *(void **)&close_provider = dlsym(library, "CloseHeapPerformanceData");
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, collect_repeatedly, NULL);
    pthread_create(&opener, NULL, open_and_close_repeatedly, NULL);
    duration = (struct timespec){ atoi(argv[3]) / 1000, atoi(argv[3]) % 1000 * 1000000 };
    nanosleep(&duration, NULL);
    atomic_store(&is_over, true);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_join(opener, NULL);
    dlclose(library);
    printf("%lu collects, %lu faults\n", atomic_load(&collects), atomic_load(&faults));
    return atomic_load(&faults) > 0;
}
