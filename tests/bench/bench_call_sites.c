/* SPDX-License-Identifier: MIT
 *
 * What remembering call sites costs: pairs of a tracked allocation and free without a site, with
 * the direct caller's site, and with the sites of callers above it, which are found by walking the
 * stack. The limit is the pair without a site.
 *
 *     bench_call_sites [--json]
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_result.h"
#include "heaptracker.h"

enum { ROUNDS = 7, PAIRS = 20000 };

static volatile int keeps_the_frame;

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

__attribute__((noinline)) static void pair(heap_tracker heap, uintptr_t address)
{
    heap_tracker_allocate(heap, (void *)address, 100);
    heap_tracker_free(heap, (void *)address);
    keeps_the_frame++;
}

/* Make the stack as deep as that of typical programs. */
__attribute__((noinline)) static void descend(int depth, heap_tracker heap)
{
    if (depth > 0)
        descend(depth - 1, heap);
    else
        for (uintptr_t i = 1; i <= PAIRS; i++)
            pair(heap, i * 64);
    keeps_the_frame++;
}

static double measure(uint32_t flags, uint32_t depth)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = flags,
                                            .call_site_depth = depth };
    heap_tracker heap = heap_tracker_open("bench", &options);
    double times[ROUNDS] = { 0 };

    descend(10, heap);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        descend(10, heap);
        times[round] = (now_ns() - start) / PAIRS;
    }
    heap_tracker_close(heap);
    return bench_median(times, ROUNDS);
}

int main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        uint32_t flags, depth;
    } cases[] = {
        { "no call sites", 0, 0 },
        { "the reporting function", HEAP_TRACKER_CALL_SITES, 0 },
        { "its caller", HEAP_TRACKER_CALL_SITES, 1 },
        { "3 callers above", HEAP_TRACKER_CALL_SITES, 3 },
        { "8 callers above", HEAP_TRACKER_CALL_SITES, 8 },
    };

    bench_begin(argc, argv, "call_sites",
                "A tracked allocation and free, by the call site that is remembered");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        bench_figure(cases[i].name, measure(cases[i].flags, cases[i].depth), "ns", 0,
                     i == 0           ? "the limit: none is asked for"
                     : cases[i].depth ? "two walks of the stack: a free is half of a fault too"
                                      : "a return address",
                     "");
    return bench_end();
}
