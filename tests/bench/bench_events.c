/* SPDX-License-Identifier: MIT
 *
 * What the tracker's events for outside listeners cost: while nobody listens, and with a listener
 * (a USDT probe is a nop then, unless a tracer put a trap there). The limit is an event that nobody
 * listens to and nobody could: here the loop without any.
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

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void nothing(uintptr_t i)
{
    __asm__ volatile("" : : "r"(i) : "memory");
}

/* The look that every event takes whether anybody wants it: an allocation's and a free's. */
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
    qsort(times, ROUNDS, sizeof(*times), compare);
    return times[ROUNDS / 2];
}

static void listen(unsigned short is_listening)
{
#define HEAP_EVENT(id, name, fields) heapctrs_##name##_semaphore = is_listening;
#include "tracker_events.def"
}

int main(int argc, char *argv[])
{
    bool is_json = argc > 1 && !strcmp(argv[1], "--json");

    heap = heap_tracker_open("bench", NULL);
    double empty = measure(nothing), quiet = measure(look), pair_quiet = measure(pair);
    listen(1);
    double heard = measure(look), pair_heard = measure(pair);
    listen(0);
    heap_tracker_close(heap);
    if (is_json) {
        printf("{ \"bench\": \"events\", \"limit\": \"a loop without events\", \"loop_ns\": %.2f, "
               "\"disabled_ns\": %.2f, \"enabled_ns\": %.2f, \"pair_disabled_ns\": %.1f, "
               "\"pair_enabled_ns\": %.1f }\n",
               empty, quiet - empty, heard - empty, pair_quiet, pair_heard);
        return 0;
    }
    printf("Events for listeners outside, ns for an allocation and a free together; the limit: a "
           "loop without any\n");
    printf("  %-48s %8.2f\n", "the loop (the limit)", empty);
    printf("  %-48s %8.2f\n", "more for both events, nobody listens", quiet - empty);
    printf("  %-48s %8.2f\n", "more for both events, a listener (probe: a nop)", heard - empty);
    printf("  %-48s %8.1f\n", "a whole tracked pair, nobody listens", pair_quiet);
    printf("  %-48s %8.1f\n", "a whole tracked pair, a listener", pair_heard);
    printf(
        "  between: two loads of a semaphore and a branch that is never taken: %.1f%% of a pair\n",
        100 * (quiet - empty) / pair_quiet);
    return 0;
}
