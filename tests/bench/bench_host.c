/* SPDX-License-Identifier: MIT
 *
 * One query through the host, by test level and by guards. Each is compared with the same query at
 * level 4, alternately in the same run, because a host that is much slower than perflib is not left
 * switched on. The provider is heapctrs, with the given number of heaps.
 *
 *     bench_host [--json] [HEAPS...]        default 10 1000 10000
 */
#define _GNU_SOURCE
#include <time.h>

#include "bench_result.h"
#include "heaptracker.h"
#include "host.h"
#include "os.h"
#include "provider_process.h"

enum { ROUNDS = 61, BUFFER_SIZE = 64 << 20 };

static double now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static char library[OS_PATH_SIZE];

/* Find the provider, which is built into the folder above this program's. */
static void find_library(void)
{
    static const char marker;
    char program[OS_PATH_SIZE];

    if (os_library_path_of(&marker, program, sizeof(program)))
        exit(2);
    for (int parts = 0; parts < 2; parts++)
        *strrchr(program, '/') = 0;
    snprintf(library, sizeof(library), "%.*s/heapctrs.so", (int)sizeof(library) - 16, program);
}

static void publish(size_t count)
{
    static size_t published;

    for (; published < count; published++) {
        heap_tracker heap = heap_tracker_open("pool", NULL);

        heap_tracker_allocate(heap, (void *)64, 1000);
    }
}

/* ---- by test level ------------------------------------------------------------------------ */

static struct host *open_host(const struct registration *registration, uint32_t level,
                              bool in_process)
{
    const struct host_options options = { .test_level = level, .in_process = in_process };
    struct host *host;

    if (host_open(&host, registration, &options))
        exit(2);
    return host;
}

static double time_query(struct host *host, BYTE *data)
{
    DWORD size = BUFFER_SIZE;
    const double begin = now_us();

    if (host_query_value(host, TEXT16("Global"), NULL, data, &size) || size < 500) {
        fputs("bench_host: the query has no data\n", stderr);
        exit(2);
    }
    return now_us() - begin;
}

static double compare_levels(const struct registration *registration, bool in_process,
                             double *level_4_us)
{
    struct host *hosts[2] = { open_host(registration, 1, in_process),
                              open_host(registration, 4, in_process) };
    double times[2][ROUNDS];
    BYTE *data = bench_checked(malloc(BUFFER_SIZE));

    memset(data, 0, BUFFER_SIZE);
    for (int warm = 0; warm < 4; warm++)
        time_query(hosts[warm % 2], data);
    for (size_t i = 0; i < ROUNDS; i++)
        for (size_t k = 0; k < 2; k++)
            times[k][i] = time_query(hosts[k], data);
    free(data);
    host_close(hosts[0]);
    host_close(hosts[1]);
    *level_4_us = bench_median(times[1], ROUNDS);
    return bench_median(times[0], ROUNDS) / *level_4_us;
}

/* ---- by guard ----------------------------------------------------------------------------- */

static double time_collect(struct provider_process *process, enum provider_guard guard,
                           uint32_t size)
{
    const struct provider_call call = { .kind = PROVIDER_COLLECT,
                                        .query = TEXT16("Global"),
                                        .buffer_size = size,
                                        .guard = guard,
                                        .copy_used_only = true };
    struct provider_observation observation;
    const double begin = now_us();

    if (provider_process_call(process, &call, &observation) ||
        observation.outcome != PROVIDER_RETURNED || observation.total_bytes == 0)
        exit(2);
    provider_observation_release(&observation);
    return now_us() - begin;
}

static double compare_guards(uint32_t size)
{
    const struct provider_start start = { .library = library,
                                          .open = "OpenHeapPerformanceData",
                                          .collect = "CollectHeapPerformanceData",
                                          .close = "CloseHeapPerformanceData" };
    const struct provider_call calls[] = { { .kind = PROVIDER_LOAD }, { .kind = PROVIDER_OPEN } };
    struct provider_process *process;
    struct provider_observation observation;
    double times[2][ROUNDS];

    if (provider_process_start(&process, &start))
        exit(2);
    for (size_t i = 0; i < 2; i++)
        if (provider_process_call(process, &calls[i], &observation) ||
            observation.outcome != PROVIDER_RETURNED)
            exit(2);
    for (size_t i = 0; i < ROUNDS; i++) {
        times[0][i] = time_collect(process, PROVIDER_GUARD_PAGE_END, size);
        times[1][i] = time_collect(process, PROVIDER_GUARD_NONE, size);
    }
    provider_process_stop(process);
    return bench_median(times[0], ROUNDS) / bench_median(times[1], ROUNDS);
}

/* ---- the run ------------------------------------------------------------------------------ */

static void bench(size_t heaps)
{
    char service_name[] = "heapctrs", open[] = "OpenHeapPerformanceData",
         collect[] = "CollectHeapPerformanceData", close[] = "CloseHeapPerformanceData";
    struct service service = { .name = service_name,
                               .library = library,
                               .open = open,
                               .collect = collect,
                               .close = close,
                               .open_timeout_ms = 10000,
                               .collect_timeout_ms = 10000 };
    const struct registration registration = { .services = &service,
                                               .service_count = 1,
                                               .test_level = 4 };
    char name[64];
    double level_4_us;

    publish(heaps);

    const double own = compare_levels(&registration, false, &level_4_us);

    snprintf(name, sizeof(name), "level 4, %zu heaps", heaps);
    bench_figure(name, level_4_us, "us", 0, "one query, the provider in its own process", "");
    snprintf(name, sizeof(name), "level 1 / level 4, %zu heaps", heaps);
    bench_figure(name, own, "x", 1.5,
                 "the tests look at each length once, a copy of the answer costs as much",
                 "128 KiB of guards compared, lengths walked");
    snprintf(name, sizeof(name), "level 1 / level 4 in-process, %zu heaps", heaps);
    bench_figure(name, compare_levels(&registration, true, &level_4_us), "x", 0,
                 "the same without the second process", "");
    snprintf(name, sizeof(name), "hard guards / none, %zu heaps", heaps);
    bench_figure(name, compare_guards((uint32_t)(heaps * 512 + 65536)), "x", 3,
                 "a page that is not touched costs nothing once it exists",
                 "the pattern in front of the buffer, filled and compared");
}

int main(int argc, char *argv[])
{
    size_t sizes[16] = { 10, 1000, 10000 }, count = 3;
    int status, first = argc > 1 && strcmp(argv[1], "--json") == 0 ? 2 : 1;

    if (provider_child_main(argc, argv, &status))
        return status;
    if (argc > first) {
        count = 0;
        for (int i = first; i < argc && count < 16; i++)
            sizes[count++] = strtoul(argv[i], NULL, 10);
    }
    find_library();
    bench_begin(argc, argv, "host",
                "A query at test level 1, and with hard guards, against the same at level 4");
    for (size_t i = 0; i < count; i++)
        bench(sizes[i]);
    return bench_end();
}
