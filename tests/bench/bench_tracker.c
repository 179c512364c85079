/* SPDX-License-Identifier: MIT
 *
 * What tracking a block costs, against what allocating it costs: a pair of events (allocate, free)
 * against glibc's malloc and free of the same sizes in the same order, with 100,000 live blocks of
 * random sizes of which a random one is replaced at each step. The limit is measured in the same
 * run, in turns with what it limits, and medians are compared: a tracker that costs as much as the
 * allocator would double the price of a block, and a custom heap is there to be cheaper than
 * malloc.
 *
 * Printed: one line for each figure, "name value limit verdict"; with --json one object. Exit
 * status 1 when a limit is broken.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heaptracker.h"

#define BLOCKS 100000u
#define STEPS 400000u
#define ROUNDS 7
#define THREADS 2

/* One step: which block is replaced, and by how large a one. */
struct step {
    uint32_t block;
    uint32_t size;
};

/* One thread's work: the steps, and the addresses that malloc gave for them, replayed as events. */
struct work {
    struct step *steps;
    void **live;          /* by block */
    void **fresh;         /* by step: what malloc gave */
    void **stale;         /* by step: what was freed */
    uint32_t *first_size; /* by block */
    heap_tracker heap;
    double malloc_ns, event_ns; /* of the last round, for a pair */
};

static pthread_barrier_t barrier;
static cpu_set_t all_processors;

/* All threads begin and end a timed part together. */
static void bench_together(void)
{
    pthread_barrier_wait(&barrier);
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Sizes as programs have them: many small ones, few large ones. */
static uint32_t random_size(uint64_t *state)
{
    uint32_t bits = 4 + (uint32_t)(random_next(state) % 7);

    return (1u << bits) + (uint32_t)(random_next(state) % (1u << bits));
}

static void *checked(void *memory)
{
    if (!memory) {
        fputs("bench_tracker: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static void work_init(struct work *work, uint64_t seed)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;

    work->steps = checked(malloc(STEPS * sizeof(*work->steps)));
    work->live = checked(malloc(BLOCKS * sizeof(*work->live)));
    work->fresh = checked(malloc(STEPS * sizeof(*work->fresh)));
    work->stale = checked(malloc(STEPS * sizeof(*work->stale)));
    work->first_size = checked(malloc(BLOCKS * sizeof(*work->first_size)));
    memset(work->fresh, 1, STEPS * sizeof(*work->fresh));
    memset(work->stale, 1, STEPS * sizeof(*work->stale));
    for (uint32_t i = 0; i < BLOCKS; i++)
        work->first_size[i] = random_size(&state);
    for (uint32_t i = 0; i < STEPS; i++)
        work->steps[i] =
            (struct step){ (uint32_t)(random_next(&state) % BLOCKS), random_size(&state) };
}

static void work_release(struct work *work)
{
    free(work->steps);
    free(work->live);
    free(work->fresh);
    free(work->stale);
    free(work->first_size);
}

/* The thread's own time: other programs on the machine do not count, waiting for a lock does. */
static double thread_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* malloc and free, and what they gave; then the same as events. */
static void round_malloc(void *context)
{
    struct work *work = context;

    for (uint32_t i = 0; i < BLOCKS; i++)
        work->live[i] = checked(malloc(work->first_size[i]));
    bench_together();
    double start = thread_ns();
    for (uint32_t i = 0; i < STEPS; i++) {
        void **at = &work->live[work->steps[i].block];
        free(*at);
        work->stale[i] = *at;
        *at = malloc(work->steps[i].size);
        work->fresh[i] = *at;
    }
    work->malloc_ns = (thread_ns() - start) / STEPS;
    bench_together();
}

static void round_events(void *context)
{
    struct work *work = context;

    /* What was live when the steps began: the last step's blocks, walked back. */
    void **live = checked(malloc(BLOCKS * sizeof(*live)));
    memcpy(live, work->live, BLOCKS * sizeof(*live));
    for (uint32_t i = STEPS; i-- > 0;)
        live[work->steps[i].block] = work->stale[i];
    for (uint32_t i = 0; i < BLOCKS; i++)
        heap_tracker_allocate(work->heap, live[i], work->first_size[i]);
    bench_together();
    double start = thread_ns();
    for (uint32_t i = 0; i < STEPS; i++) {
        heap_tracker_free(work->heap, work->stale[i]);
        heap_tracker_allocate(work->heap, work->fresh[i], work->steps[i].size);
    }
    work->event_ns = (thread_ns() - start) / STEPS;
    bench_together();
    free(live);
}

static void free_all(void *context)
{
    struct work *work = context;

    for (uint32_t i = 0; i < BLOCKS; i++) {
        heap_tracker_free(work->heap, work->live[i]);
        free(work->live[i]);
    }
}

/* A thread goes through the phases, pinned to a processor of its own where there is one. */
struct runner {
    void (*const *phases)(void *);
    size_t phase_count;
    void *context;
    unsigned number;
};

static void *run(void *context)
{
    struct runner *runner = context;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(runner->number % (unsigned)CPU_COUNT(&all_processors), &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    for (size_t i = 0; i < runner->phase_count; i++)
        runner->phases[i](runner->context);
    return NULL;
}

static void bench_threads(unsigned threads, void (*const phases[])(void *), size_t phase_count,
                          void *contexts[])
{
    pthread_t ids[THREADS];
    struct runner runners[THREADS];

    pthread_barrier_init(&barrier, NULL, threads);
    for (unsigned t = 0; t < threads; t++) {
        runners[t] = (struct runner){ phases, phase_count, contexts[t], t };
        if (pthread_create(&ids[t], NULL, run, &runners[t]))
            exit(2);
    }
    for (unsigned t = 0; t < threads; t++)
        pthread_join(ids[t], NULL);
    pthread_barrier_destroy(&barrier);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double values[], size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

struct figures {
    double malloc_ns, event_ns, ratio; /* medians */
};

/* Some rounds of so many threads, on one heap or on one each. */
static struct figures measure(unsigned threads, bool one_heap)
{
    struct work work[THREADS];
    double mallocs[ROUNDS], events[ROUNDS], ratios[ROUNDS];
    void *contexts[THREADS];

    for (unsigned t = 0; t < threads; t++) {
        work_init(&work[t], t + 1);
        work[t].heap = t > 0 && one_heap ? work[0].heap : heap_tracker_open("bench", NULL);
        contexts[t] = &work[t];
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        void (*const phases[])(void *) = { round_malloc, round_events, free_all };
        bench_threads(threads, phases, 3, contexts);
        mallocs[round] = events[round] = 0;
        for (unsigned t = 0; t < threads; t++) {
            mallocs[round] += work[t].malloc_ns / threads;
            events[round] += work[t].event_ns / threads;
        }
        ratios[round] = events[round] / mallocs[round];
    }
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    heap_tracker_read(work[0].heap, &sum);
    if (sum.unmatched_count || sum.lost_count || sum.allocation_count != sum.free_count) {
        fprintf(stderr, "bench_tracker: the figures are wrong: unmatched %" PRIu64 "\n",
                sum.unmatched_count);
        exit(2);
    }
    for (unsigned t = 0; t < threads; t++) {
        if (t == 0 || !one_heap)
            heap_tracker_close(work[t].heap);
        work_release(&work[t]);
    }
    return (struct figures){ median(mallocs, ROUNDS), median(events, ROUNDS),
                             median(ratios, ROUNDS) };
}

/* Bytes that the tracker holds for each of so many live blocks of malloc. */
static double bytes_a_block(uint32_t count)
{
    void **blocks = checked(malloc(count * sizeof(*blocks)));
    size_t before = heap_tracker_overhead();
    uint64_t state = 42;
    heap_tracker heap = heap_tracker_open("bench", NULL);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = random_size(&state);
        blocks[i] = checked(malloc(size));
        heap_tracker_allocate(heap, blocks[i], size);
    }
    double bytes = (double)(heap_tracker_overhead() - before) / count;
    heap_tracker_close(heap);
    for (uint32_t i = 0; i < count; i++)
        free(blocks[i]);
    free(blocks);
    return bytes;
}

static bool as_json, is_first = true, is_broken;

/* A figure and its limit; 0: no limit of its own. */
static void print(const char *name, double value, double limit, const char *why)
{
    bool is_met = limit == 0 || value <= limit;

    is_broken = is_broken || !is_met;
    if (as_json)
        printf("%s  { \"name\": \"%s\", \"value\": %.3f, \"limit\": %.3f, \"met\": %s }",
               is_first ? "" : ",\n", name, value, limit, is_met ? "true" : "false");
    else if (limit == 0)
        printf("%-44s %8.2f          %s\n", name, value, why);
    else
        printf("%-44s %8.2f <= %-5.2f %s  %s\n", name, value, limit, is_met ? "met " : "MISSED",
               why);
    is_first = false;
}

int main(int argc, char **argv)
{
    sched_getaffinity(0, sizeof(all_processors), &all_processors);
    as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    double bytes = bytes_a_block(BLOCKS), more_bytes = bytes_a_block(10 * BLOCKS);
    struct figures one = measure(1, true);
    struct figures shared = measure(2, true), apart = measure(2, false);

    if (as_json)
        puts("[");
    print("malloc+free, 1 thread, ns", one.malloc_ns, 0, "the limit, at 100,000 live blocks");
    print("event pair, 1 thread, ns", one.event_ns, 0, "");
    print("event pair / malloc+free, 1 thread", one.ratio, 1.0, "the price of a block");
    print("malloc+free, 2 threads, ns", shared.malloc_ns, 0, "");
    print("event pair, 2 threads on one heap, ns", shared.event_ns, 0, "");
    print("event pair / malloc+free, one heap", shared.ratio, 1.0, "threads share nothing hot");
    print("event pair, 2 threads on two heaps, ns", apart.event_ns, 0, "");
    print("event pair / malloc+free, two heaps", apart.ratio, 1.0, "");
    print("bytes a live block, 100,000", bytes, 24, "8-byte entries, tables 2/5 to 5/8 full");
    print("bytes a live block, 1,000,000", more_bytes, 24, "");
    if (as_json)
        puts("\n]");
    return is_broken;
}
