/* SPDX-License-Identifier: MIT
 *
 * Loads, opens, collects, closes and unloads the provider again and again:
 *
 *     load_cycles_posix LIBRARY COUNT
 *
 * With 100 cycles or more: after the first ones, which may fill caches, the numbers of descriptors,
 * mappings and bytes in use must not grow; otherwise the exit status is 1. It prints these numbers.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "winperf.h"

struct usage {
    size_t descriptors, mappings, bytes;
};

static size_t count_entries(const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;

    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static size_t count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    int unit;

    while (file && (unit = getc(file)) != EOF)
        count += unit == '\n';
    if (file)
        fclose(file);
    return count;
}

static struct usage usage_now(void)
{
    struct usage usage;

    usage.descriptors = count_entries("/proc/self/fd");
    usage.mappings = count_lines("/proc/self/maps");
    usage.bytes = mallinfo2().uordblks;
    return usage;
}

static int cycle(const char *path)
{
    static unsigned char buffer[1 << 20];
    WCHAR query[] = u"Global";
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *data = buffer;
    DWORD size = sizeof(buffer), count = 0;
    PM_OPEN_PROC *open_provider;
    PM_COLLECT_PROC *collect;
    PM_CLOSE_PROC *close_provider;

    if (!library)
        return 0;
    *(void **)&open_provider = dlsym(library, "OpenHeapPerformanceData");
    *(void **)&collect = dlsym(library, "CollectHeapPerformanceData");
    *(void **)&close_provider = dlsym(library, "CloseHeapPerformanceData");
    open_provider(NULL);
    collect(query, &data, &size, &count);
    close_provider();
    dlclose(library);
    return count == 2 && !dlopen(path, RTLD_NOW | RTLD_NOLOAD);
}

int main(int argc, char *argv[])
{
    struct usage before = { 0, 0, 0 }, after;
    int count = argc == 3 ? atoi(argv[2]) : 0;

    for (int i = 0; i < count; i++) {
        if (i == count / 10)
            before = usage_now();
        if (!cycle(argv[1])) {
            fprintf(stderr, "cycle %d of %d failed\n", i, count);
            return 1;
        }
    }
    after = usage_now();
    printf("descriptors %zu -> %zu, mappings %zu -> %zu, bytes %zu -> %zu\n", before.descriptors,
           after.descriptors, before.mappings, after.mappings, before.bytes, after.bytes);
    if (count < 100)
        return count == 0;
    return after.descriptors > before.descriptors || after.mappings > before.mappings ||
           after.bytes > before.bytes;
}
