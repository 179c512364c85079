/* SPDX-License-Identifier: MIT
 *
 * What a profile costs under libheaptracker-preload.so: the pair of malloc(64) and free with sampling on
 * against the same without a profile, and one sample with its later removal. Each measurement is a process
 * of its own; rounds alternate, and medians are compared. bench_heaptrack has the cost of every block.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 15, PAIRS = 3000000, SAMPLES = 20000, COLD_SAMPLES = 300, LIVE = 4096, DEPTH = 20 };
enum { OTHER_DATA = 8 << 20 };

static char own_path[4096], library[4096 + 64], folder[] = "/dev/shm/heapctrs-bench-XXXXXX";
static volatile int keeps_the_frame;
static unsigned char other[OTHER_DATA];

static double processor_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Blocks of 256 KiB that stay live: at 64 KiB nearly each, at 512 KiB four in ten, is a live sample. */
static double pair_ns(void)
{
    for (int i = 0; i < LIVE; i++)
        bench_checked(malloc(256 << 10));
    double begin = processor_ns();
    for (int i = 0; i < PAIRS; i++) {
        void *volatile block = malloc(64);
        free(block);
    }
    return (processor_ns() - begin) / PAIRS;
}

/* Without a system call, whose own cost would differ from one call to the next. */
static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Blocks larger than a piece of the countdown: each ends it. With a small rate each is a sample, with the largest
   rate practically none is; the difference is the sample and its removal. The median is not touched by other
   programs that run in between. */
static double sample_ns(int count, bool is_cold)
{
    static double times[SAMPLES];

    for (int i = 0; i < count; i++) {
        if (is_cold)
            for (size_t k = 0; k < OTHER_DATA; k += 64)
                other[k]++;
        double begin = now_ns();
        void *volatile block = malloc(70000);
        free(block);
        times[i] = now_ns() - begin;
    }
    return bench_median(times, (size_t)count);
}

__attribute__((noinline)) static double at_depth(int depth, int count, bool is_cold)
{
    double result = depth > 0 ? at_depth(depth - 1, count, is_cold) : sample_ns(count, is_cold);

    keeps_the_frame++;
    return result;
}

static int work(char kind)
{
    printf("%f\n", kind == 'p'
                       ? pair_ns()
                       : at_depth(DEPTH, kind == 's' ? SAMPLES : COLD_SAMPLES, kind == 'o'));
    return 0;
}

/* The number that a process of this program prints. */
static double measure(const char *rate, char kind)
{
    char command[3 * 4096];
    double value;

    snprintf(command, sizeof(command),
             "HEAPCTRS_DIR=%s HEAPCTRS_PROFILE=%s LD_PRELOAD=%s %s --work %c", folder, rate,
             library, own_path, kind);
    FILE *pipe = popen(command, "r");
    if (!pipe || fscanf(pipe, "%lf", &value) != 1 || pclose(pipe) != 0) {
        fprintf(stderr, "bench_profile: %s failed\n", command);
        exit(2);
    }
    return value;
}

static const struct {
    const char *name, *rate, *other_rate; /* compared with */
    char kind;
    double limit, scale;
    const char *unit;
} cases[] = {
    { "512 KiB: malloc(64) and free, more", "524288", "0", 'p', 2, 1, "ns" },
    { "64 KiB: malloc(64) and free, more", "65536", "0", 'p', 4, 1, "ns" },
    { "a sample and its removal, frequent", "4096", "1073741824", 's', 0.35, 1e-3, "us" },
    { "a sample and its removal, after 8 MB", "4096", "1073741824", 'o', 1, 1e-3, "us" },
};
#define CASES (sizeof(cases) / sizeof(*cases))

int main(int argc, char *argv[])
{
    static double more[CASES][ROUNDS];
    char command[64];

    if (argc > 2 && strcmp(argv[1], "--work") == 0)
        return work(argv[2][0]);
    bench_begin(argc, argv, "profile", "Sampled call stacks under libheaptracker-preload.so");
    ssize_t length = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);
    if (length < 0 || !mkdtemp(folder))
        return 2;
    strcpy(library, own_path);
    for (int up = 0; up < 2; up++)
        *strrchr(library, '/') = 0;
    strcat(library, "/libheaptracker-preload.so");
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CASES; i++)
            more[i][round] = (measure(cases[i].rate, cases[i].kind) -
                              measure(cases[i].other_rate, cases[i].kind)) *
                             cases[i].scale;
    for (size_t i = 0; i < CASES; i++)
        bench_figure(cases[i].name, bench_median(more[i], ROUNDS), cases[i].unit, cases[i].limit,
                     "more than without a sample", "the filter that each free reads; the stack");
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : bench_end();
}
