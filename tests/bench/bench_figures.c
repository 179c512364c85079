/* SPDX-License-Identifier: MIT
 *
 * The cost of asking a program's allocator for its figures. The first figure is the time of an answer as a share
 * of the time until the next one, for a program with 100,000 free chunks that allocates all the time. The heap's
 * record says how long each answer took. No reader takes part, so every program pays this.
 *
 * The second figure is the processor time of a whole program with as many chunks that allocates now and then. It is
 * compared with the same program whose allocator is never asked, because it is a child of a process with several
 * threads. All of them run at the same time.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"
#include "os.h"
#include "region_reader.h"

enum { CHUNKS = 200000, ANSWERS = 3, MOST_SECONDS = 300, LOOK_MS = 20, SERVICE_SECONDS = 60 };

static const struct {
    const char *name, *library; /* NULL: glibc's own */
} allocators[] = {
    { "glibc", NULL },
    { "jemalloc", "/usr/lib/*-linux-gnu/libjemalloc.so.2" },
    { "mimalloc", "/usr/lib/*-linux-gnu/libmimalloc.so.2.0" },
    { "tcmalloc", "/usr/lib/*-linux-gnu/libtcmalloc_minimal.so.4" },
};

/* Every second block is free. */
static void make_chunks(void)
{
    static void *blocks[CHUNKS];

    for (size_t i = 0; i < CHUNKS; i++)
        blocks[i] = bench_checked(malloc(1100 + i % 64));
    for (size_t i = 0; i < CHUNKS; i += 2)
        free(blocks[i]);
}

/* The measured process churns until it is ended. */
__attribute__((noreturn)) static void work(void)
{
    make_chunks();
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        void *volatile block = malloc(3000);
        free(block);
    }
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *wait_for_ever(void *unused)
{
    (void)unused;
    while (pause())
        continue;
    return NULL;
}

/* A service: a hundred times a second it allocates and frees 60 KiB. It prints which share of a processor it used. */
static int serve(bool is_asked)
{
    pthread_t thread;

    if (!is_asked && pthread_create(&thread, NULL, wait_for_ever, NULL))
        return 2;
    const pid_t child = fork();
    if (child > 0)
        return waitpid(child, NULL, 0) == child ? 0 : 2;
    make_chunks();
    const uint64_t begin = clock_ns(CLOCK_MONOTONIC), used = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t now = begin;
    for (; now - begin < SERVICE_SECONDS * UINT64_C(1000000000); now = clock_ns(CLOCK_MONOTONIC)) {
        for (int i = 0; i < 20; i++) {
            void *volatile block = malloc(3000);
            free(block);
        }
        usleep(10000);
    }
    printf("%.6f\n",
           (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - used) * 100 / (double)(now - begin));
    fflush(stdout);
    _exit(0);
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

#define ALLOCATORS (sizeof(allocators) / sizeof(*allocators))

/* All services at the same time, each allocator's twice. */
static void measure_services(const char *const libraries[ALLOCATORS], const char *preload)
{
    FILE *pipes[ALLOCATORS][2] = { { NULL } };

    for (size_t i = 0; i < ALLOCATORS; i++)
        for (int is_asked = 0; libraries[i] && is_asked < 2; is_asked++) {
            char command[8192];

            snprintf(command, sizeof(command), "LD_PRELOAD='%s %s' exec /proc/%ld/exe --%s",
                     preload, libraries[i], (long)getpid(), is_asked ? "asked" : "silent");
            pipes[i][is_asked] = popen(command, "r");
        }
    for (size_t i = 0; i < ALLOCATORS; i++) {
        double share[2] = { 0, 0 };
        char label[64];

        for (int is_asked = 0; libraries[i] && is_asked < 2; is_asked++) {
            FILE *pipe = pipes[i][is_asked];

            if (!pipe || fscanf(pipe, "%lf", &share[is_asked]) != 1 || pclose(pipe)) {
                fprintf(stderr, "bench_figures: a service with %s cannot be measured\n",
                        allocators[i].name);
                exit(2);
            }
        }
        if (!libraries[i])
            continue;
        snprintf(label, sizeof(label), "%s: a service, less one that is not asked",
                 allocators[i].name);
        bench_figure(label, share[1] - share[0], "%", 0.1,
                     "share of a processor: so much may stay on",
                     "the answers, and a look at the clock for each 1 KiB to 64 KiB");
        snprintf(label, sizeof(label), "%s: a service that is not asked", allocators[i].name);
        bench_figure(label, share[0], "%", 0, "share of a processor", "");
    }
}

int main(int argc, char *argv[])
{
    const char *libraries[ALLOCATORS] = { "" };
    glob_t found[ALLOCATORS] = { { 0 } };

    if (argc > 1 && strcmp(argv[1], "--work") == 0)
        work();
    if (argc > 1 && (strcmp(argv[1], "--asked") == 0 || strcmp(argv[1], "--silent") == 0))
        return serve(strcmp(argv[1], "--asked") == 0);
    char preload[4096];
    bench_begin(argc, argv, "figures", "asking allocators for their figures");
    if (!realpath("build/native/libheaptracker-preload.so", preload)) {
        fprintf(stderr, "bench_figures: run it from the top of the tree\n");
        return 2;
    }
    for (size_t i = 0; i < ALLOCATORS; i++) {
        if (allocators[i].library && glob(allocators[i].library, 0, NULL, &found[i]) == 0)
            libraries[i] = found[i].gl_pathv[0];
        if (libraries[i])
            measure(allocators[i].name, libraries[i], preload);
        else if (!bench_as_json)
            printf("  %s is not installed\n", allocators[i].name);
    }
    measure_services(libraries, preload);
    for (size_t i = 0; i < ALLOCATORS; i++)
        globfree(&found[i]);
    return bench_end();
}
