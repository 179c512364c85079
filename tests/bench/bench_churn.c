/* SPDX-License-Identifier: MIT
 *
 * What one free and one malloc cost under libheaptracker-preload.so, compared with the same without
 * it: in a loop over one block, and with 100,000 live blocks that are replaced at random, where
 * cache misses dominate. Each measurement is a process of its own. Rounds alternate, and medians
 * are compared.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 15, BLOCKS = 100000, CHURN_PAIRS = 1000000, LOOP_PAIRS = 5000000 };

static double processor_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* The measured process: prints the time of a pair in the loop and of one in the churn. */
static int work(void)
{
    void **blocks = bench_checked(calloc(BLOCKS, sizeof(*blocks)));
    uint64_t random = UINT64_C(88172645463325252);
    double begin, loop;

    begin = processor_ns();
    for (int i = 0; i < LOOP_PAIRS; i++) {
        void *volatile block = malloc(64);
        free(block);
    }
    loop = (processor_ns() - begin) / LOOP_PAIRS;
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = bench_checked(malloc(16 + next_random(&random) % 512));
    begin = processor_ns();
    for (int i = 0; i < CHURN_PAIRS; i++) {
        uint64_t draw = next_random(&random);
        size_t slot = draw % BLOCKS;
        free(blocks[slot]);
        blocks[slot] = malloc(16 + (draw >> 32) % 512);
    }
    printf("%f %f\n", loop, (processor_ns() - begin) / CHURN_PAIRS);
    return 0;
}

struct cost {
    double loop, churn; /* ns */
};

static struct cost run(const char *environment)
{
    char command[4096 + 256];
    struct cost cost;

    snprintf(command, sizeof(command), "%s /proc/%ld/exe --work", environment, (long)getpid());
    FILE *pipe = popen(command, "r");
    if (!pipe || fscanf(pipe, "%lf %lf", &cost.loop, &cost.churn) != 2 || pclose(pipe) != 0) {
        fprintf(stderr, "bench_churn: %s failed\n", command);
        exit(2);
    }
    return cost;
}

static const struct {
    const char *name, *variables;
    double loop_limit, churn_limit; /* more ns; times as much; our own goals. 0: no limit */
} modes[] = {
    { "counting", "", 5, 1.4 },
    { "with a table of blocks", "HEAPCTRS_BLOCKS=1", 0, 0 },
};
#define MODES (sizeof(modes) / sizeof(*modes))

int main(int argc, char *argv[])
{
    char folder[] = "/dev/shm/heapctrs-bench-XXXXXX", library[4096], command[64];
    char environments[MODES][4096 + 128];
    double bare[ROUNDS], more[MODES][ROUNDS], ratios[MODES][ROUNDS];

    if (argc > 1 && strcmp(argv[1], "--work") == 0)
        return work();
    bench_begin(argc, argv, "churn", "One free and one malloc under libheaptracker-preload.so");
    ssize_t length = readlink("/proc/self/exe", library, sizeof(library) - 64);
    if (length < 0 || !mkdtemp(folder))
        return 2;
    library[length] = 0;
    for (int up = 0; up < 2; up++)
        *strrchr(library, '/') = 0;
    for (size_t mode = 0; mode < MODES; mode++)
        snprintf(environments[mode], sizeof(environments[mode]),
                 "HEAPCTRS_DIR=%s %s LD_PRELOAD=%s/libheaptracker-preload.so", folder,
                 modes[mode].variables, library);
    for (int round = 0; round < ROUNDS; round++) {
        struct cost without = run("");
        bare[round] = without.churn;
        for (size_t mode = 0; mode < MODES; mode++) {
            struct cost with = run(environments[mode]);
            more[mode][round] = with.loop - without.loop;
            ratios[mode][round] = with.churn / without.churn;
        }
    }
    bench_figure("churn of 100,000 blocks, bare", bench_median(bare, ROUNDS), "ns", 0,
                 "one free and one malloc", "");
    for (size_t mode = 0; mode < MODES; mode++) {
        char name[96];
        snprintf(name, sizeof(name), "%s: malloc(64) and free, more", modes[mode].name);
        bench_figure(name, bench_median(more[mode], ROUNDS), "ns", modes[mode].loop_limit,
                     "everything in cache", "the count of events, which others read");
        snprintf(name, sizeof(name), "%s: churn", modes[mode].name);
        bench_figure(name, bench_median(ratios[mode], ROUNDS), "x", modes[mode].churn_limit,
                     "bound by cache misses", "the cache lines of the counts");
    }
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : bench_end();
}
