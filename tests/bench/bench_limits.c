/* SPDX-License-Identifier: MIT
 *
 * What a user can make others pay: Collect of heaps with equal names, of stray files in a directory of
 * regions, and of many regions. Each cost is shown for each heap, file or region, at several numbers of
 * them. The last figure of each table is the growth: the cost of each at the largest number, divided by
 * that at the smallest. It is 1 if the cost is linear, and 100 if it is quadratic and the numbers
 * differ by a factor of 100.
 *
 *     bench_limits [--json]
 */
#define _GNU_SOURCE
#include <time.h>

#include "../unit/forged_region_posix.h"
#include "bench_result.h"
#include "region_reader.h"

enum { ROUNDS = 3, MOST = 20000, SIZES = 4 };

/* Data that do not fit into the processor's caches cost more for each item. */
#define GROWTH_LIMIT 4

static char folder[64];
static struct forged_file files[MOST];

/* The thread's own time, in the system too. */
static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Best times of one reader, in ns. */
struct costs {
    double first, later, close; /* the first refresh, one after it that finds nothing new */
    size_t shown;
};

static struct costs measure(void)
{
    struct costs best = { 1e18, 1e18, 1e18, 0 };

    usleep(100000); /* a directory that has just changed is listed at each refresh */
    for (int i = 0; i < ROUNDS; i++) {
        struct region_reader *reader;
        if (region_reader_open(&reader))
            exit(2);
        double start = now_ns();
        region_reader_refresh(reader);
        double first = now_ns();
        region_reader_refresh(reader);
        double later = now_ns();
        region_reader_heaps(reader, &best.shown);
        double before_close = now_ns();
        region_reader_close(reader);
        double end = now_ns();
        if (first - start < best.first)
            best.first = first - start;
        if (later - first < best.later)
            best.later = later - first;
        if (end - before_close < best.close)
            best.close = end - before_close;
    }
    return best;
}

/* One table: the same measurement for some numbers of things. */
struct table {
    const char *thing;
    size_t counts[SIZES];
    void (*make)(size_t count);
    void (*remove)(size_t count);
};

static void show_growth(const char *thing, const char *what, const double values[],
                        const size_t counts[])
{
    char name[96];

    snprintf(name, sizeof(name), "growth: %s, %zu to %zu %s", what, counts[0], counts[SIZES - 1],
             thing);
    bench_figure(name, values[SIZES - 1] / values[0], "x", GROWTH_LIMIT,
                 "linear: each costs the same, however many there are",
                 "between: what leaves the processor's caches");
}

static void run(const struct table *table)
{
    double first[SIZES], later[SIZES], closing[SIZES];
    char name[96];

    for (size_t i = 0; i < SIZES; i++) {
        const size_t count = table->counts[i];
        table->make(count);
        const struct costs costs = measure();
        table->remove(count);
        first[i] = costs.first / (double)count;
        later[i] = costs.later / (double)count;
        closing[i] = costs.close / (double)count;
        snprintf(name, sizeof(name), "%zu %s, first Collect", count, table->thing);
        bench_figure(name, first[i], "ns", 0, "", "");
        snprintf(name, sizeof(name), "%zu %s, next Collect", count, table->thing);
        bench_figure(name, later[i], "ns", 0, "", "");
        snprintf(name, sizeof(name), "%zu %s, Close", count, table->thing);
        bench_figure(name, closing[i], "ns", 0, "", "");
    }
    show_growth(table->thing, "first Collect", first, table->counts);
    show_growth(table->thing, "next Collect", later, table->counts);
    show_growth(table->thing, "Close", closing, table->counts);
}

/* ---- what there is --------------------------------------------------------------------------- */

static void make_equal_names(size_t count)
{
    const struct forged_region region = { .process_id = 1000,
                                          .heap_count = (uint32_t)count,
                                          .same = "pool" };

    files[0] = forged_region_make(folder, &region);
}

static void remove_first(size_t count)
{
    (void)count;
    forged_region_remove(&files[0]);
}

/* Regions of as many processes; and of one process, of which most are over its limit. */
static void make_regions(size_t count)
{
    for (size_t i = 0; i < count; i++)
        files[i] = forged_region_make(
            folder, &(struct forged_region){
                        .process_id = 1000 + (uint32_t)i, .start = i, .heap_count = 1 });
}

static void make_regions_of_one(size_t count)
{
    for (size_t i = 0; i < count; i++)
        files[i] = forged_region_make(
            folder, &(struct forged_region){ .process_id = 1000, .start = i, .heap_count = 1 });
}

static void remove_regions(size_t count)
{
    for (size_t i = 0; i < count; i++)
        forged_region_remove(&files[i]);
}

/* Unfinished files of a process that lives: this one. */
static void path_of_stray(size_t i, char path[128])
{
    snprintf(path, 128, "%s/.new-%d-%zx.region", folder, (int)getpid(), i);
}

static void make_stray(size_t count)
{
    char path[128];

    for (size_t i = 0; i < count; i++) {
        path_of_stray(i, path);
        int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        if (file < 0)
            exit(2);
        close(file);
    }
}

static void remove_stray(size_t count)
{
    char path[128];

    for (size_t i = 0; i < count; i++) {
        path_of_stray(i, path);
        unlink(path);
    }
}

int main(int argc, char *argv[])
{
    static const struct table tables[] = {
        { "equal names", { 1000, 10000, 50000, 131064 }, make_equal_names, remove_first },
        { "stray files", { 1000, 10000, 50000, 100000 }, make_stray, remove_stray },
        { "regions", { 1000, 4096, 10000, 20000 }, make_regions, remove_regions },
        { "regions of a process",
          { 1000, 4096, 10000, 20000 },
          make_regions_of_one,
          remove_regions },
    };

    bench_begin(argc, argv, "limits",
                "What one user can make others pay: for each thing, at several numbers of them");
    snprintf(folder, sizeof(folder), "/dev/shm/heapctrs-bench-XXXXXX");
    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
        run(&tables[i]);
    rmdir(folder);
    return bench_end();
}
