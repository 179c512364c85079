/* SPDX-License-Identifier: MIT
 *
 * Collect of N instances compared with memcpy of the same number of bytes, in the same run and
 * alternately: no provider can be faster than a copy of its answer. memcpy's source was last
 * touched one round before, like that of Collect. The publishers are live processes; each reports
 * 100 pairs of events a millisecond.
 *
 * The limit is for consumers that ask while the publishers work. Further figures show the cost of
 * an answer in which every heap has changed, and of the parts of an answer.
 *
 *     bench_collect [--json] [INSTANCES...]        default 10 1000 10000 100000
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"
#include "heaptracker.h"
#include "os.h"
#include "provider.h"
#include "region_reader.h"
#include "winperf.h"

enum { FEW_PROCESSES = 16, MANY_PROCESSES = 1000, MOST_ROUNDS = 501 };

/* The thread's own time. The time of publishers and other processes in between does not count;
   their effect on the caches does. */
static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* ---- publishers ------------------------------------------------------------------------ */

struct publisher {
    pid_t id;
    int to, from;
};

static struct publisher publishers[MANY_PROCESSES];
static size_t publisher_count;

/* Open heaps, report that, and report events until killed. On request, report one event in every
   heap. */
static void publish(size_t heap_count, bool is_busy, int from, int to)
{
    heap_tracker *heaps = bench_checked(calloc(heap_count, sizeof(*heaps)));
    struct pollfd asked = { from, POLLIN, 0 };
    char unit = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < heap_count; i++) {
        heaps[i] = heap_tracker_open("pool", NULL);
        for (size_t j = 1; j <= 10; j++)
            heap_tracker_allocate(heaps[i], (void *)(0x10000 * (i + 1) + 64 * j), 100 * j);
    }
    if (write(to, &unit, 1) != 1)
        _exit(1);
    for (size_t at = 0;;) {
        for (size_t i = 0; is_busy && i < 100; i++, at = (at + 1) % heap_count) {
            heap_tracker_allocate(heaps[at], (void *)64, 1000);
            heap_tracker_free(heaps[at], (void *)64);
        }
        if (poll(&asked, 1, is_busy ? 1 : -1) < 1)
            continue;
        if (read(from, &unit, 1) != 1)
            _exit(0);
        for (size_t i = 0; i < heap_count; i++) {
            heap_tracker_allocate(heaps[i], (void *)64, 1000);
            heap_tracker_free(heaps[i], (void *)64);
        }
        if (write(to, &unit, 1) != 1)
            _exit(1);
    }
}

static void hear_all(void)
{
    char unit;

    for (size_t i = 0; i < publisher_count; i++)
        if (read(publishers[i].from, &unit, 1) != 1)
            exit(2);
}

static void start_publishers(size_t processes, size_t instances, bool is_busy)
{
    publisher_count = processes;
    for (size_t i = 0; i < processes; i++) {
        int to[2], from[2];
        if (pipe(to) || pipe(from))
            exit(2);
        publishers[i].id = fork();
        if (publishers[i].id < 0)
            exit(2);
        if (publishers[i].id == 0) {
            close(to[1]);
            close(from[0]);
            publish(instances * (i + 1) / processes - instances * i / processes, is_busy, to[0],
                    from[1]);
        }
        publishers[i].to = to[1];
        publishers[i].from = from[0];
        close(to[0]);
        close(from[1]);
    }
    hear_all();
    /* A directory that has just changed is listed at each refresh, because the clock of its
       times is coarse. This ends after 50 ms. */
    usleep(100000);
}

/* Cause an event in every heap. */
static void change_all(void)
{
    for (size_t i = 0; i < publisher_count; i++)
        if (write(publishers[i].to, "", 1) != 1)
            exit(2);
    hear_all();
}

static void end_publishers(void)
{
    for (size_t i = 0; i < publisher_count; i++) {
        kill(publishers[i].id, SIGKILL);
        close(publishers[i].to);
        close(publishers[i].from);
    }
    while (wait(NULL) > 0)
        ;
}

/* ---- measuring ------------------------------------------------------------------------- */

/* More than the definitions of the counters need, and more than one instance needs. */
enum { DEFINITION_SPACE = 16384, INSTANCE_SPACE = 1024 };

static unsigned char *buffer, *source, *copy;
static size_t capacity;

static void space_for(size_t instances)
{
    capacity = DEFINITION_SPACE + (instances + 1) * INSTANCE_SPACE;
    buffer = bench_checked(malloc(capacity));
    source = bench_checked(malloc(capacity));
    copy = bench_checked(malloc(capacity));
    memset(buffer, 1, capacity);
    memset(source, 1, capacity);
    memset(copy, 1, capacity);
}

static void release_space(void)
{
    free(buffer);
    free(source);
    free(copy);
}

static DWORD collect(size_t instances)
{
    void *data = buffer;
    DWORD size = (DWORD)capacity, count;
    DWORD result = provider_collect(TEXT16("1848"), &data, &size, &count);

    if (result || count != 1 ||
        ((PERF_OBJECT_TYPE *)(void *)buffer)->NumInstances != (LONG)instances + 1) {
        fprintf(stderr, "bench_collect: not an answer of %zu instances (result %u, %u objects)\n",
                instances, (unsigned)result, (unsigned)count);
        exit(2);
    }
    return size;
}

struct times {
    double collect, copy; /* medians, ns */
    double ratio;         /* median of the ratio of each Collect to the copy after it */
    DWORD bytes;
};

static struct times measure(size_t instances, size_t rounds, bool change_each_time)
{
    static double collects[MOST_ROUNDS], copies[MOST_ROUNDS], ratios[MOST_ROUNDS];
    struct times times = { 0 };

    provider_open(NULL);
    for (size_t round = 0; round < rounds + 3; round++) {
        size_t at = round < 3 ? 0 : round - 3; /* the first rounds build up what is kept */
        if (change_each_time)
            change_all();
        double start = now_ns();
        times.bytes = collect(instances);
        double middle = now_ns();
        memcpy(copy, source, times.bytes);
        __asm__ volatile("" : : "r"(copy) : "memory");
        copies[at] = now_ns() - middle;
        collects[at] = middle - start;
        /* both are as fast as the memory is at this moment */
        ratios[at] = collects[at] / copies[at];
    }
    provider_close();
    times.ratio = bench_median(ratios, rounds);
    times.collect = bench_median(collects, rounds);
    times.copy = bench_median(copies, rounds);
    return times;
}

struct parts {
    double refresh, look; /* medians, ns */
    double read;          /* mean of one heap that has changed, ns */
    double changed;       /* mean number of heaps from one round to the next */
};

/* Run the same rounds with a reader of this program, part by part. */
static struct parts take_apart(size_t instances, size_t rounds)
{
    static double refreshes[MOST_ROUNDS], looks[MOST_ROUNDS];
    size_t *indexes = bench_checked(malloc((instances + 1) * sizeof(*indexes)));
    struct region_reader *reader;
    struct heap_totals statistics;
    struct parts parts = { 0, 0, 0, 0 };

    if (region_reader_open(&reader))
        exit(2);
    for (size_t round = 0; round < rounds + 3; round++) {
        size_t at = round < 3 ? 0 : round - 3, from = 0;
        double start = now_ns();
        region_reader_hold(reader);
        region_reader_refresh(reader);
        double refreshed = now_ns();
        size_t found = region_reader_changed(reader, &from, indexes, instances + 1);
        double looked = now_ns();
        for (size_t i = 0; i < found; i++)
            region_reader_read(reader, indexes[i], &statistics);
        double read = now_ns();
        region_reader_release(reader);
        memcpy(copy, source, instances * 270);
        refreshes[at] = refreshed - start;
        looks[at] = looked - refreshed;
        if (round >= 3) {
            parts.read += read - looked;
            parts.changed += (double)found;
        }
    }
    region_reader_close(reader);
    free(indexes);
    parts.refresh = bench_median(refreshes, rounds);
    parts.look = bench_median(looks, rounds);
    parts.read = parts.changed > 0 ? parts.read / parts.changed : 0;
    parts.changed /= (double)rounds;
    return parts;
}

static const char why_copy[] = "an answer must at least be written, from something";

static double bench_instances(size_t instances)
{
    size_t processes = instances < FEW_PROCESSES ? instances : FEW_PROCESSES;
    size_t rounds = instances < 1000 ? 501 : instances < 100000 ? 301 : 31;
    char name[64], between[256];

    space_for(instances);
    start_publishers(processes, instances, true);
    struct times live = measure(instances, rounds, false);
    struct times changed = measure(instances, instances < 100000 ? 51 : 11, true);
    struct parts parts = take_apart(instances, rounds);
    end_publishers();
    release_space();

    snprintf(name, sizeof(name), "Collect of %zu instances, live", instances);
    bench_figure(name, live.collect / 1e3, "us", 0, "", "");
    snprintf(name, sizeof(name), "memcpy of its %lu bytes", (unsigned long)live.bytes);
    bench_figure(name, live.copy / 1e3, "us", 0, "", "");
    snprintf(between, sizeof(between),
             "between: refresh %.1f us (system calls, %zu headers), counts %.1f us, %.0f changed "
             "heaps at %.0f ns",
             parts.refresh / 1e3, processes, parts.look / 1e3, parts.changed, parts.read);
    snprintf(name, sizeof(name), "ratio, %zu instances", instances);
    bench_figure(name, live.ratio, "x", instances < 1000 ? 0 : 2, why_copy, between);
    snprintf(name, sizeof(name), "ratio, %zu instances, all of them changed", instances);
    bench_figure(name, changed.ratio, "x", 0,
                 "each is read: its lines come from the publisher's cache", "");
    return live.ratio;
}

static void bench_processes(void)
{
    space_for(MANY_PROCESSES);
    start_publishers(MANY_PROCESSES, MANY_PROCESSES, false);
    struct times times = measure(MANY_PROCESSES, 301, false);
    struct parts parts = take_apart(MANY_PROCESSES, 301);
    end_publishers();
    release_space();
    bench_figure("1,000 processes of one heap, for each", times.collect / MANY_PROCESSES, "ns", 0,
                 "a header, the counts and 240 bytes for each", "");
    bench_figure("refresh of it, for each", parts.refresh / MANY_PROCESSES, "ns", 0,
                 "whether a process lives is asked 4 times a second", "");
}

int main(int argc, char *argv[])
{
    static const size_t usual[] = { 10, 1000, 10000, 100000 };
    char folder[] = "/dev/shm/heapctrs-bench-XXXXXX", command[64];
    double ratios[2] = { 0, 0 };

    bench_begin(argc, argv, "collect",
                "Collect against memcpy of as many bytes, live publishers, medians of turns");
    int first = bench_as_json ? 2 : 1, count = argc > first ? argc - first : 4;
    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    for (int i = 0; i < count; i++) {
        size_t instances = argc > first ? strtoul(argv[first + i], NULL, 10) : usual[i];
        if (instances == 0)
            return 2;
        double ratio = bench_instances(instances);
        if (instances >= 1000)
            ratios[ratios[0] > 0] = ratio;
    }
    if (ratios[1] > 0)
        bench_figure("ratio of the most against that of the fewest", ratios[1] / ratios[0], "x",
                     1.5, "linear: memcpy itself pays for leaving the caches",
                     "between: what differs from run to run");
    if (argc <= first)
        bench_processes();
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : bench_end();
}
