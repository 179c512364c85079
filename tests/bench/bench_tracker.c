/* SPDX-License-Identifier: MIT
 *
 * What tracking a block costs, compared with allocating it: a pair of events (allocate, free) against
 * glibc's malloc and free of the same sizes in the same order. There are 100,000 live blocks of random
 * sizes, and each step replaces one at random. Both are measured in turn in the same run, and their
 * medians are compared. A tracker as expensive as the
 * allocator would double the price of a block, and a custom heap exists to be cheaper than malloc.
 *
 * One thread, two threads on one heap and two threads with a heap each take turns, so that other
 * load on the machine affects all of them alike. The exit status is 1 if a limit is missed.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "bench_result.h"
#include "heaptracker.h"

#define BLOCKS 100000u
#define STEPS 400000u
#define ROUNDS 25
#define THREADS 2

/* One step: which block is replaced, and the size of the new one. */
struct step {
    uint32_t block;
    uint32_t size;
};

/* One thread's work: the steps, and the addresses that malloc returned for them, which are
   replayed as events. */
struct work {
    struct step *steps;
    void **live;          /* by block */
    void **fresh;         /* by step: what malloc returned */
    void **stale;         /* by step: what was freed */
    uint32_t *first_size; /* by block */
    heap_tracker heap;
    double malloc_ns, event_ns; /* of the last round, per pair */
};

static pthread_barrier_t barrier;
static cpu_set_t all_processors;

/* A barrier: all threads begin and end a timed part together. */
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

/* A size with the distribution of typical programs: many small ones, few large ones. */
static uint32_t random_size(uint64_t *state)
{
    uint32_t bits = 4 + (uint32_t)(random_next(state) % 7);

    return (1u << bits) + (uint32_t)(random_next(state) % (1u << bits));
}

static void work_init(struct work *work, uint64_t seed)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;

    work->steps = bench_checked(malloc(STEPS * sizeof(*work->steps)));
    work->live = bench_checked(malloc(BLOCKS * sizeof(*work->live)));
    work->fresh = bench_checked(malloc(STEPS * sizeof(*work->fresh)));
    work->stale = bench_checked(malloc(STEPS * sizeof(*work->stale)));
    work->first_size = bench_checked(malloc(BLOCKS * sizeof(*work->first_size)));
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

/* Time malloc and free, and note the addresses; the same steps then become events. */
static void round_malloc(void *context)
{
    struct work *work = context;

    for (uint32_t i = 0; i < BLOCKS; i++)
        work->live[i] = bench_checked(malloc(work->first_size[i]));
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

    /* The blocks that were live when the steps began: the last step's blocks, with all steps
       undone. */
    void **live = bench_checked(malloc(BLOCKS * sizeof(*live)));
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

/* A thread that goes through the phases, bound to a processor of its own if there are enough. */
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

/* A number of threads, on one heap or on one heap each. */
struct contest {
    unsigned threads;
    bool one_heap;
    struct work work[THREADS];
    double mallocs[ROUNDS], events[ROUNDS], ratios[ROUNDS], against_one[ROUNDS];
};

static void contest_init(struct contest *contest, unsigned threads, bool one_heap)
{
    contest->threads = threads;
    contest->one_heap = one_heap;
    for (unsigned t = 0; t < threads; t++) {
        work_init(&contest->work[t], t + 1);
        contest->work[t].heap =
            t > 0 && one_heap ? contest->work[0].heap : heap_tracker_open("bench", NULL);
    }
}

static void contest_round(struct contest *contest, unsigned round, const struct contest *one)
{
    void (*const phases[])(void *) = { round_malloc, round_events, free_all };
    void *contexts[THREADS];

    for (unsigned t = 0; t < contest->threads; t++)
        contexts[t] = &contest->work[t];
    bench_threads(contest->threads, phases, 3, contexts);
    contest->mallocs[round] = contest->events[round] = 0;
    for (unsigned t = 0; t < contest->threads; t++) {
        contest->mallocs[round] += contest->work[t].malloc_ns / contest->threads;
        contest->events[round] += contest->work[t].event_ns / contest->threads;
    }
    contest->ratios[round] = contest->events[round] / contest->mallocs[round];
    /* The factor by which malloc's threads, which have an arena each, are slower is the
       machine's. */
    contest->against_one[round] = contest->ratios[round] / one->ratios[round];
}

static void contest_end(struct contest *contest)
{
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };

    heap_tracker_read(contest->work[0].heap, &sum);
    if (sum.unmatched_count || sum.lost_count || sum.allocation_count != sum.free_count) {
        fprintf(stderr, "bench_tracker: the figures are wrong: unmatched %" PRIu64 "\n",
                sum.unmatched_count);
        exit(2);
    }
    for (unsigned t = 0; t < contest->threads; t++) {
        if (t == 0 || !contest->one_heap)
            heap_tracker_close(contest->work[t].heap);
        work_release(&contest->work[t]);
    }
}

/* Bytes that the tracker needs for each of that many live blocks of malloc. */
static double bytes_a_block(uint32_t count)
{
    void **blocks = bench_checked(malloc(count * sizeof(*blocks)));
    size_t before = heap_tracker_overhead();
    uint64_t state = 42;
    heap_tracker heap = heap_tracker_open("bench", NULL);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = random_size(&state);
        blocks[i] = bench_checked(malloc(size));
        heap_tracker_allocate(heap, blocks[i], size);
    }
    double bytes = (double)(heap_tracker_overhead() - before) / count;
    heap_tracker_close(heap);
    for (uint32_t i = 0; i < count; i++)
        free(blocks[i]);
    free(blocks);
    return bytes;
}

int main(int argc, char **argv)
{
    static struct contest one, shared, apart;
    static const char entries[] = "8-byte entries, tables 2/5 to 5/8 full";
    static const char misses[] =
        "between: two look-ups in tables of 1.3 MB, a cache miss each; about 300 instructions";

    sched_getaffinity(0, sizeof(all_processors), &all_processors);
    bench_begin(argc, argv, "tracker",
                "A pair of events against glibc's malloc and free of the same sizes, 100,000 live");
    double bytes = bytes_a_block(BLOCKS), more_bytes = bytes_a_block(10 * BLOCKS);
    contest_init(&one, 1, true);
    contest_init(&shared, 2, true);
    contest_init(&apart, 2, false);
    for (unsigned round = 0; round < ROUNDS; round++) {
        contest_round(&one, round, &one);
        contest_round(&shared, round, &one);
        contest_round(&apart, round, &one);
    }
    contest_end(&one);
    contest_end(&shared);
    contest_end(&apart);

    bench_figure("malloc+free, 1 thread", bench_median(one.mallocs, ROUNDS), "ns", 0, "", "");
    bench_figure("event pair, 1 thread", bench_median(one.events, ROUNDS), "ns", 0, "", "");
    bench_figure("event pair / malloc+free, 1 thread", bench_median(one.ratios, ROUNDS), "x", 1,
                 "more would double the price of a block", misses);
    bench_figure("the same, 2 threads on one heap", bench_median(shared.ratios, ROUNDS), "x", 1,
                 "threads share nothing hot", "");
    bench_figure("the same, 2 threads on two heaps", bench_median(apart.ratios, ROUNDS), "x", 1, "",
                 "");
    bench_figure("slowed by a 2nd thread on the heap", bench_median(shared.against_one, ROUNDS),
                 "x", 1.15, "each thread as fast as one alone, but for what slows malloc as well",
                 "between: the heap's counts of peaks, its directory, and noise");
    bench_figure("slowed by a 2nd thread on its own heap", bench_median(apart.against_one, ROUNDS),
                 "x", 1.15, "each thread as fast as one alone, but for what slows malloc as well",
                 "between: twice the tables in the last cache, and noise");
    bench_figure("bytes a live block, 100,000", bytes, "B", 24, entries, "");
    bench_figure("bytes a live block, 1,000,000", more_bytes, "B", 24, entries, "");
    return bench_end();
}
