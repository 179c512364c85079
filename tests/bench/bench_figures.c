/* SPDX-License-Identifier: MIT
 *
 * What it costs a program that its allocator is asked for its figures: the time of an answer as a share of
 * the time until the next one, for a program with 100,000 free chunks that allocates all the time. The heap's
 * record says how long each answer took. No reader asks, so this is what every program pays.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <signal.h>
#include <unistd.h>

#include "bench_result.h"
#include "os.h"
#include "region_reader.h"

enum { CHUNKS = 200000, ANSWERS = 3, MOST_SECONDS = 300, LOOK_MS = 20 };

static const struct {
    const char *name, *library; /* NULL: glibc's own */
} allocators[] = {
    { "glibc", NULL },
    { "jemalloc", "/usr/lib/*-linux-gnu/libjemalloc.so.2" },
    { "mimalloc", "/usr/lib/*-linux-gnu/libmimalloc.so.2.0" },
    { "tcmalloc", "/usr/lib/*-linux-gnu/libtcmalloc_minimal.so.4" },
};

/* The measured process: every second block is free, then it churns until it is ended. */
__attribute__((noreturn)) static void work(void)
{
    static void *blocks[CHUNKS];

    for (size_t i = 0; i < CHUNKS; i++)
        blocks[i] = bench_checked(malloc(1100 + i % 64));
    for (size_t i = 0; i < CHUNKS; i += 2)
        free(blocks[i]);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        void *volatile block = malloc(3000);
        free(block);
    }
}

/* Two answers, one after the other. */
struct answers {
    struct heap_figures before, last;
    unsigned count;
};

static bool look(struct region_reader *reader, int process_id, struct answers *answers)
{
    struct heap_totals heap;
    size_t count;

    if (region_reader_refresh(reader))
        return false;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    for (size_t i = 0; i < count; i++)
        if (heaps[i].process_id == (uint32_t)process_id &&
            region_reader_read(reader, i, &heap) == ERROR_SUCCESS && heap.figures.known &&
            heap.figures.time != answers->last.time) {
            answers->before = answers->last;
            answers->last = heap.figures;
            answers->count++;
        }
    return true;
}

static void measure(const char *name, const char *library, const char *preload)
{
    char command[8192];
    struct answers answers = { 0 };
    struct region_reader *reader;
    int child = 0;

    snprintf(command, sizeof(command), "LD_PRELOAD='%s %s' exec /proc/%ld/exe --work & echo $!",
             preload, library, (long)getpid());
    FILE *pipe = popen(command, "r");
    char line[64] = "";
    while (pipe && !strstr(line, "ready") && fgets(line, sizeof(line), pipe))
        if (atoi(line) > 0)
            child = atoi(line);
    if (!child || region_reader_open(&reader)) {
        fprintf(stderr, "bench_figures: %s cannot be measured\n", name);
        exit(2);
    }
    const uint64_t begin = os_clock_ticks();
    while (answers.count < ANSWERS && look(reader, child, &answers) &&
           os_clock_ticks() - begin < os_clock_frequency() * MOST_SECONDS)
        os_sleep_ms(LOOK_MS);
    kill(child, SIGKILL);
    pclose(pipe);
    region_reader_close(reader);
    if (answers.count < ANSWERS) {
        fprintf(stderr, "bench_figures: %s did not answer\n", name);
        exit(2);
    }
    char label[64];
    const double period = (double)(answers.last.time - answers.before.time);
    snprintf(label, sizeof(label), "%s: share of a processor", name);
    bench_figure(label, (double)answers.before.duration * 100 / period, "%", 0.1,
                 "so much may stay on",
                 "one answer until the next: at least 1,000 times as long, and a second");
    snprintf(label, sizeof(label), "%s: one answer", name);
    bench_figure(label, (double)answers.before.duration * 1e6 / (double)os_clock_frequency(), "us",
                 0, "what the allocator takes, with 100,000 free chunks", "");
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], "--work") == 0)
        work();
    char preload[4096];
    bench_begin(argc, argv, "figures", "asking allocators for their figures");
    if (!realpath("build/native/libheaptracker-preload.so", preload)) {
        fprintf(stderr, "bench_figures: run it from the top of the tree\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(allocators) / sizeof(*allocators); i++) {
        glob_t found = { 0 };

        if (!allocators[i].library)
            measure(allocators[i].name, "", preload);
        else if (glob(allocators[i].library, 0, NULL, &found) == 0)
            measure(allocators[i].name, found.gl_pathv[0], preload);
        else if (!bench_as_json)
            printf("  %s is not installed\n", allocators[i].name);
        globfree(&found);
    }
    return bench_end();
}
