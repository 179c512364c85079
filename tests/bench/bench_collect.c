/* SPDX-License-Identifier: MIT
 *
 * Collect of N instances against memcpy of the bytes that it wrote, in the same run: no provider
 * can be faster than a copy of its answer. Publishers are processes of their own and live: each
 * reports events all the time.
 *
 *     bench_collect [--json] [INSTANCES...]        default 10 1000 10000 100000
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "heaptracker.h"
#include "os.h"
#include "provider.h"
#include "winperf.h"

enum { PROCESS_LIMIT = 16, ROUNDS = 21 };

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double values[], size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/* In a child: open heaps, say so, and report events until killed. */
static void publish(size_t heap_count, int ready)
{
    heap_tracker *heaps = calloc(heap_count, sizeof(*heaps));
    struct timespec pause = { 0, 1000000 };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < heap_count; i++) {
        heaps[i] = heap_tracker_open("pool", NULL);
        for (size_t j = 1; j <= 10; j++)
            heap_tracker_allocate(heaps[i], (void *)(0x10000 * (i + 1) + 64 * j), 100 * j);
    }
    if (write(ready, "", 1) != 1)
        _exit(1);
    for (size_t i = 0;; i = (i + 1) % heap_count) {
        heap_tracker_allocate(heaps[i], (void *)64, 1000);
        heap_tracker_free(heaps[i], (void *)64);
        if (i % 100 == 0)
            nanosleep(&pause, NULL);
    }
}

struct result {
    size_t instances;
    DWORD bytes;
    double collect_ns, memcpy_ns;
};

static bool measure(size_t instances, struct result *result)
{
    size_t processes = instances < PROCESS_LIMIT ? instances : PROCESS_LIMIT;
    pid_t children[PROCESS_LIMIT];
    size_t capacity = (instances + 2) * 1024;
    unsigned char *buffer = malloc(capacity), *copy = malloc(capacity);
    double collect_times[ROUNDS], memcpy_times[ROUNDS];
    int ready[2];
    char unit;
    bool is_good = pipe(ready) == 0;

    memset(buffer, 1, capacity);
    memset(copy, 1, capacity);
    for (size_t i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0)
            publish(instances * (i + 1) / processes - instances * i / processes, ready[1]);
    }
    for (size_t i = 0; i < processes; i++)
        is_good &= read(ready[0], &unit, 1) == 1;

    provider_open(NULL);
    for (int round = -2; round < ROUNDS; round++) {
        void *data = buffer;
        DWORD size = (DWORD)capacity, count;
        double start = now_ns(), middle;
        DWORD error = provider_collect(TEXT16("1848"), &data, &size, &count);

        middle = now_ns();
        memcpy(copy, buffer, size);
        __asm__ volatile("" : : "r"(copy) : "memory");
        is_good &= !error && count == 1 &&
                   ((PERF_OBJECT_TYPE *)(void *)buffer)->NumInstances == (LONG)instances + 1;
        result->bytes = size;
        if (round >= 0) {
            collect_times[round] = middle - start;
            memcpy_times[round] = now_ns() - middle;
        }
    }
    provider_close();
    result->instances = instances;
    result->collect_ns = median(collect_times, ROUNDS);
    result->memcpy_ns = median(memcpy_times, ROUNDS);

    for (size_t i = 0; i < processes; i++)
        kill(children[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    close(ready[0]);
    close(ready[1]);
    free(buffer);
    free(copy);
    return is_good;
}

int main(int argc, char *argv[])
{
    static const size_t usual[] = { 10, 1000, 10000, 100000 };
    bool is_json = argc > 1 && !strcmp(argv[1], "--json");
    int first = is_json ? 2 : 1, count = argc > first ? argc - first : 4;
    char folder[] = "/dev/shm/heapctrs-bench-XXXXXX", command[64];
    bool is_good = true;

    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    if (is_json)
        printf("{ \"bench\": \"collect\", \"limit\": \"memcpy of the answer\", \"results\": [");
    else
        printf(
            "Collect against memcpy of its answer; the limit: an answer must at least be written\n"
            "%10s %12s %14s %14s %12s %8s\n",
            "instances", "bytes", "collect us", "memcpy us", "ns/instance", "ratio");
    for (int i = 0; i < count; i++) {
        size_t instances = argc > first ? strtoul(argv[first + i], NULL, 10) : usual[i];
        struct result result = { 0, 0, 0, 0 };

        is_good &= instances > 0 && measure(instances, &result);
        printf(is_json ? "%s { \"instances\": %zu, \"bytes\": %u, \"collect_ns\": %.0f, "
                         "\"memcpy_ns\": %.0f, \"ratio\": %.2f }"
                       : "%s%10zu %12u %14.1f %14.1f",
               is_json && i ? "," : "", result.instances, (unsigned)result.bytes,
               is_json ? result.collect_ns : result.collect_ns / 1e3,
               is_json ? result.memcpy_ns : result.memcpy_ns / 1e3,
               result.collect_ns / result.memcpy_ns);
        if (!is_json)
            printf(" %12.1f %8.2f\n", result.collect_ns / (double)instances,
                   result.collect_ns / result.memcpy_ns);
        fflush(stdout);
    }
    if (is_json)
        printf(" ] }\n");
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) || !is_good;
}
