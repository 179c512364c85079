/* SPDX-License-Identifier: MIT
 *
 * What the tracker's events for listeners outside cost, without a listener and with one (a USDT
 * probe is a nop without a listener, and a trap with a tracer). The limit is an event that can have
 * no listener: here the loop without any event.
 *
 *     bench_events [--json]
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_result.h"
#include "events.h"
#include "heaptracker.h"

enum { ROUNDS = 9, EVENTS = 200000 };

static heap_tracker heap;

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void nothing(uintptr_t i)
{
    __asm__ volatile("" : : "r"(i) : "memory");
}

/* The check that every event makes for a listener, for an allocation and a free. */
static void look(uintptr_t i)
{
    nothing(i);
    events_allocate(NULL, 1, i, 100);
    events_free(NULL, 1, i, 100);
}

static void pair(uintptr_t i)
{
    heap_tracker_allocate(heap, (void *)((i % 4096 + 1) * 64), 100);
    heap_tracker_free(heap, (void *)((i % 4096 + 1) * 64));
}

static inline double measure(void (*act)(uintptr_t))
{
    double times[ROUNDS] = { 0 };

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (uintptr_t i = 0; i < EVENTS; i++)
            act(i);
        times[round] = (now_ns() - start) / EVENTS;
    }
    return bench_median(times, ROUNDS);
}

static void listen(unsigned short is_listening)
{
#define HEAP_EVENT(id, name, fields) heapctrs_##name##_semaphore = is_listening;
#include "tracker_events.def"
}

int main(int argc, char *argv[])
{
    bench_begin(argc, argv, "events",
                "Events for listeners outside: an allocation and a free together");
    heap = heap_tracker_open("bench", NULL);

    const double empty = measure(nothing), quiet = measure(look), pair_quiet = measure(pair);

    listen(1);

    const double heard = measure(look), pair_heard = measure(pair);

    listen(0);
    heap_tracker_close(heap);
    bench_figure("a loop without events", empty, "ns", 0, "the physical limit", "");
    bench_figure("both events, no listener: more", quiet - empty, "ns", 0,
                 "two loads of a semaphore, two branches never taken", "");
    bench_figure("both events, a listener: more", heard - empty, "ns", 0, "the probe is a nop", "");
    bench_figure("a whole tracked pair, no listener", pair_quiet, "ns", 0, "", "");
    bench_figure("a whole tracked pair, a listener", pair_heard, "ns", 0, "", "");
    bench_figure("both events of a tracked pair", 100 * (quiet - empty) / pair_quiet, "%", 5,
                 "next to nothing", "whatever else the loop's timing catches");
    return bench_end();
}
