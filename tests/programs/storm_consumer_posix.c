/* SPDX-License-Identifier: MIT
 *
 * The consumer of a storm: collects through the built provider until SIGTERM, then until all
 * publishers are gone.
 *
 *     storm_consumer_posix LIBRARY MARKS
 *
 * Each figure of an honest heap must be consistent: bytes are the heap's block size times blocks,
 * totals do not fall, no instance outlives its process for long, and the witness is always there
 * with its figures. Collects end in bounded time, and leave no descriptors, mappings or memory. It
 * prints what it did, and each fault on stderr. The exit status is 1 if there was a fault.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "heapctrs.h"
#include "storm_marks_posix.h"
#include "winperf.h"

enum {
    NAMES = 1 << 14, /* slots of the table of instances, by hash */
    STALE_MS = 2000, /* an instance may outlive its process for this long, */
    /* and then be in this many answers, because a slow machine gives few in that time */
    STALE_COLLECTS = 2,
    LAST_COLLECTS = 500, /* after this many collects, nothing of dead processes remains */
};

struct seen {
    char name[160];
    uint64_t allocations, frees;
    uint64_t dead_at;      /* when its process was first found dead; 0: it lives */
    unsigned stale_count;  /* collects that showed it more than STALE_MS after its death */
    unsigned long collect; /* the last collect that showed it */
};

static PM_OPEN_PROC *open_provider;
static PM_COLLECT_PROC *collect;
static PM_CLOSE_PROC *close_provider;
static volatile sig_atomic_t is_over;
static volatile unsigned char *marks;
static struct seen *table;
static unsigned long collects, faults, checked;
static uint64_t longest_cpu, longest;
static bool has_witness;

static void end(int signal)
{
    (void)signal;
    is_over = 1;
}

static void fault(const char *what, const char *name, uint64_t got, uint64_t expected)
{
    if (faults++ < 10)
        fprintf(stderr, "%s: %s: %" PRIu64 ", expected %" PRIu64 "\n", name, what, got, expected);
}

static uint64_t now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t u32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* The counters that are checked. */
enum {
    BYTES,
    BYTES_PEAK,
    BLOCKS,
    ALLOCATIONS,
    FREES,
    ALLOCATED,
    FREED,
    REQUESTED,
    UNMATCHED,
    LOST,
    PROCESS,
    COUNTERS
};

/* Their title indices, relative to that of the object. */
static const DWORD symbols[COUNTERS] = {
    [BYTES] = CUSTOM_HEAP_BYTES_IN_USE,
    [BYTES_PEAK] = CUSTOM_HEAP_BYTES_IN_USE_PEAK,
    [BLOCKS] = CUSTOM_HEAP_BLOCKS_IN_USE,
    [ALLOCATIONS] = CUSTOM_HEAP_ALLOCATIONS,
    [FREES] = CUSTOM_HEAP_FREES,
    [ALLOCATED] = CUSTOM_HEAP_BYTES_ALLOCATED,
    [FREED] = CUSTOM_HEAP_BYTES_FREED,
    [REQUESTED] = CUSTOM_HEAP_AVERAGE_ALLOCATION_SIZE,
    [UNMATCHED] = CUSTOM_HEAP_UNMATCHED_FREES,
    [LOST] = CUSTOM_HEAP_EVENTS_LOST,
    [PROCESS] = CUSTOM_HEAP_PROCESS_ID,
};

static struct seen *find(const char *name)
{
    uint32_t hash = 2166136261u;

    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    for (uint32_t i = 0; i < NAMES; i++) {
        struct seen *seen = &table[(hash + i) % NAMES];

        if (!seen->name[0])
            snprintf(seen->name, sizeof(seen->name), "%s", name);
        if (strcmp(seen->name, name) == 0)
            return seen;
    }
    fprintf(stderr, "more instances than the table has places\n");
    exit(2);
}

static void equal(const char *what, const char *name, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fault(what, name, got, expected);
}

/* Check that a count has the bytes of its blocks, plus those of STORM_WRITERS events at most, or less
   those of `most_missing`. The bytes of the newest event of each writer may be seen without its count,
   because its process may be stopped or killed between the two. */
static void has_bytes(const char *what, const char *name, uint64_t bytes, uint64_t count,
                      uint64_t size, int most_missing)
{
    int64_t extra = (int64_t)(bytes - count * size), step = (int64_t)size;

    if (extra % step != 0 || extra < -most_missing * step || extra > STORM_WRITERS * step)
        fault(what, name, bytes, count * size);
}

static void check_honest(const char *name, const char *heap, const uint64_t v[COUNTERS])
{
    bool is_witness = strcmp(heap, "witness") == 0;
    uint64_t size = STORM_BLOCK_SIZE(is_witness ? WITNESS_HEAP : (unsigned)strtoul(heap, NULL, 10));

    has_bytes("bytes allocated", name, v[ALLOCATED], v[ALLOCATIONS], size, 0);
    has_bytes("bytes freed", name, v[FREED], v[FREES], size, 0);
    has_bytes("bytes in use", name, v[BYTES], v[BLOCKS], size, STORM_WRITERS);
    equal("blocks in use", name, v[BLOCKS], v[ALLOCATIONS] - v[FREES]);
    has_bytes("requested", name, v[REQUESTED], v[ALLOCATIONS], size, 0);
    if (v[FREES] > v[ALLOCATIONS])
        fault("frees", name, v[FREES], v[ALLOCATIONS]);
    if (v[BYTES_PEAK] < v[BYTES])
        fault("peak", name, v[BYTES_PEAK], v[BYTES]);
    equal("peak", name, v[BYTES_PEAK] % size, 0);
    equal("lost", name, v[LOST], 0);
    equal("unmatched", name, v[UNMATCHED], 0);
    if (is_witness) {
        equal("witness' allocations", name, v[ALLOCATIONS], WITNESS_ALLOCATIONS);
        equal("witness' frees", name, v[FREES], WITNESS_FREES);
    }
}

static void check_instance(const char *name, const uint64_t v[COUNTERS])
{
    const char *heap = strrchr(name, ':');
    uint32_t process = (uint32_t)v[PROCESS];
    bool is_honest = process < MARK_COUNT && marks[process] == MARK_HONEST;

    if (!heap) {
        fault("name", name, 0, 0);
        return;
    }
    if (process < MARK_COUNT && marks[process] == MARK_HOSTILE)
        return;
    struct seen *seen = find(name);
    checked++;
    if (seen->collect == collects)
        fault("twice in one answer", name, collects, 0);
    seen->collect = collects;
    if (v[ALLOCATIONS] < seen->allocations || v[FREES] < seen->frees)
        fault("totals fell", name, v[ALLOCATIONS], seen->allocations);
    seen->allocations = v[ALLOCATIONS];
    seen->frees = v[FREES];
    if (is_honest)
        check_honest(name, heap + 1, v);
    has_witness |= strcmp(heap, ":witness") == 0 && is_honest;

    if (kill((pid_t)process, 0) == 0 || errno != ESRCH) {
        seen->dead_at = 0;
    } else if (!seen->dead_at) {
        seen->dead_at = now_ms(CLOCK_MONOTONIC);
        seen->stale_count = 0;
    } else if (now_ms(CLOCK_MONOTONIC) - seen->dead_at > STALE_MS &&
               ++seen->stale_count > STALE_COLLECTS) {
        fault("outlives its process, collects", name, seen->stale_count, STALE_COLLECTS);
        seen->dead_at = 0;
    }
}

/* Find where the values of the counters are in a block. False if the object lacks one of them. */
static bool find_values(const unsigned char *bytes, uint32_t size, uint32_t offsets[COUNTERS])
{
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION definition;
    unsigned found = 0;

    memcpy(&object, bytes, sizeof(object));
    for (DWORD i = 0; i < object.NumCounters; i++) {
        size_t at = object.HeaderLength + i * sizeof(definition);
        if (at > size - sizeof(definition))
            return false;
        memcpy(&definition, bytes + at, sizeof(definition));
        for (unsigned k = 0; k < COUNTERS; k++) {
            DWORD index = object.ObjectNameTitleIndex - CUSTOM_HEAP_OBJECT + symbols[k];
            if (definition.CounterNameTitleIndex == index) {
                offsets[k] = definition.CounterOffset;
                found++;
            }
        }
    }
    return found == COUNTERS;
}

/* Walk over the object "Custom Heap". Returns the number of heaps. */
static size_t check_answer(const unsigned char *object, uint32_t size)
{
    uint32_t at = u32(object + 4);
    uint32_t count = u32(object + 40);
    uint32_t offsets[COUNTERS];
    static bool had_witness;
    static uint64_t missing;

    if (!find_values(object, size, offsets)) {
        fault("counters", "object", 0, COUNTERS);
        return 0;
    }

    had_witness |= has_witness;
    has_witness = false;
    for (uint32_t i = 0; i < count; i++) {
        char name[160];
        uint64_t values[COUNTERS];
        uint32_t length = 0;

        if (at > size - 32 || u32(object + at) > size - at - 8) {
            fault("instance outside", "object", at, size);
            return 0;
        }
        for (; length + 1 < sizeof(name) && object[at + 24 + 2 * length]; length++)
            name[length] = (char)object[at + 24 + 2 * length];
        name[length] = 0;
        at += u32(object + at);
        if (u32(object + at) > size - at) {
            fault("block", name, u32(object + at), size - at);
            return 0;
        }
        for (unsigned k = 0; k < COUNTERS; k++) {
            if (offsets[k] > u32(object + at) - sizeof(values[k])) {
                fault("value outside", name, offsets[k], u32(object + at));
                return 0;
            }
            memcpy(&values[k], object + at + offsets[k], sizeof(values[k]));
        }
        at += u32(object + at);
        if (i > 0)
            check_instance(name, values);
        else if (strcmp(name, "_Total") != 0)
            fault("first instance", name, 0, 0);
    }
    equal("end of the object", "object", at, size);
    if (had_witness && !has_witness && !is_over)
        fault("is not there, time", "the witness", ++missing, 0);
    return count - 1;
}

static unsigned char *buffer;

static size_t collect_once(void)
{
    static size_t capacity = 4096;
    WCHAR query[] = u"1848";

    collects++;
    for (;;) {
        uint64_t cpu = now_ms(CLOCK_THREAD_CPUTIME_ID), wall = now_ms(CLOCK_MONOTONIC);
        if (!buffer)
            buffer = malloc(capacity);
        void *data = buffer;
        DWORD size = (DWORD)capacity, count = 0;
        DWORD error = collect(query, &data, &size, &count);
        cpu = now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu;
        wall = now_ms(CLOCK_MONOTONIC) - wall;
        longest_cpu = cpu > longest_cpu ? cpu : longest_cpu;
        longest = wall > longest ? wall : longest;
        if (error == ERROR_MORE_DATA && capacity < (size_t)1 << 28) {
            free(buffer);
            buffer = NULL;
            capacity *= 2;
            continue;
        }
        if (error || count != 1 || (unsigned char *)data != buffer + size || u32(buffer) != size) {
            fault("collect", "provider", error, count);
            return 0;
        }
        return check_answer(buffer, size);
    }
}

static size_t descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");

    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

/* The number of mappings of region files. */
static size_t mappings(void)
{
    char line[4096];
    size_t count = 0;
    FILE *file = fopen("/proc/self/maps", "r");

    while (file && fgets(line, sizeof(line), file))
        count += strstr(line, ".region") != NULL;
    if (file)
        fclose(file);
    return count;
}

int main(int argc, char *argv[])
{
    const struct timespec rest = { 0, 20000000 };
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!library) {
        fprintf(stderr, "usage: storm_consumer_posix LIBRARY MARKS (%s)\n", dlerror());
        return 2;
    }
    signal(SIGTERM, end);
    marks = storm_marks_open(argv[2]);
    table = calloc(NAMES, sizeof(*table));
    *(void **)&open_provider = dlsym(library, "OpenHeapPerformanceData");
    *(void **)&collect = dlsym(library, "CollectHeapPerformanceData");
    *(void **)&close_provider = dlsym(library, "CloseHeapPerformanceData");
    size_t files = descriptors();
    size_t used = mallinfo2().uordblks;
    open_provider(NULL);
    while (!is_over) {
        collect_once();
        nanosleep(&rest, NULL);
    }

    /* All publishers have ended by now. */
    for (int i = 0; i < LAST_COLLECTS && collect_once() + mappings() > 0; i++)
        nanosleep(&rest, NULL);
    equal("at the end", "heaps", collect_once(), 0);
    equal("at the end", "mappings of regions", mappings(), 0);
    close_provider();
    equal("at the end", "descriptors", descriptors(), files);
    free(buffer);
    size_t now = mallinfo2().uordblks, limit = used + ((size_t)1 << 20);
    if (now > limit)
        fault("at the end", "bytes of memory", now, limit);
    printf("%lu collects, %lu instances, %" PRIu64 " ms the longest, %" PRIu64
           " ms of CPU, %lu faults\n",
           collects, checked, longest, longest_cpu, faults);
    return faults > 0;
}
