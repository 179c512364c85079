/* SPDX-License-Identifier: MIT
 *
 * How exact sampled stacks are: ten stacks, each of which allocates blocks of mixed sizes from 8 bytes to 4 MiB
 * until 1,000 samples are expected, again and again with other random numbers. PROFILE_SEEDS says how often;
 * `make storm` takes 100.
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "heap_profile.h"
#include "heaptracker.h"
#include "os.h"
#include "unit.h"

#define RATE 65536
#define SAMPLES 1000
#define SITES 10
#define LARGEST ((uint64_t)4 << 20)
#define NOINLINE __attribute__((noinline))

static char folder[] = "/dev/shm/heapctrs-test-XXXXXX";
static heap_tracker heap;
static uintptr_t next_address = 1 << 20;
static volatile int keeps_the_frame;

/* Ten functions, each with a call of its own. */
#define SITE(n)                                                                                    \
    NOINLINE static void site_##n(uint64_t size)                                                   \
    {                                                                                              \
        heap_tracker_allocate(heap, (const void *)next_address, (size_t)size);                     \
        keeps_the_frame = n;                                                                       \
    }
SITE(0)
SITE(1)
SITE(2)
SITE(3)
SITE(4)
SITE(5)
SITE(6)
SITE(7)
SITE(8)
SITE(9)

typedef void site_function(uint64_t size);
static site_function *const sites[SITES] = { site_0, site_1, site_2, site_3, site_4,
                                             site_5, site_6, site_7, site_8, site_9 };

/* The site whose function begins last before an address. */
static int site_of(uint64_t address)
{
    int found = -1;

    for (int i = 0; i < SITES; i++)
        if ((uintptr_t)sites[i] <= address &&
            (found < 0 || (uintptr_t)sites[i] > (uintptr_t)sites[found]))
            found = i;
    return found;
}

/* The next number of the generator splitmix64. */
static uint64_t random_of(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Sizes from 8 << site on. Each octave is half as frequent as the one below, so all have about the same bytes. */
static uint64_t size_of(uint64_t *state, int site)
{
    uint64_t bits = random_of(state), least = (uint64_t)8 << site;

    while (bits & 1 && least < LARGEST / 2) {
        bits >>= 1;
        least *= 2;
    }
    return least + random_of(state) % (least + 1);
}

struct round {
    uint64_t seed;
    double bytes[SITES]; /* allocated */
};

/* A thread has random numbers of its own for its distances. */
static void *run_round(void *argument)
{
    struct round *round = argument;
    uint64_t state = round->seed;

    for (int site = 0; site < SITES; site++) {
        double expected = 0;
        while (expected < SAMPLES) {
            const uint64_t size = size_of(&state, site);
            sites[site](size);
            next_address += 64;
            expected -= expm1(-((double)size + 1) / RATE);
            round->bytes[site] += (double)size;
        }
    }
    return NULL;
}

static void read_sums(double allocated[SITES], double live[SITES])
{
    struct os_region_source file;
    struct heap_profile profile;

    assert_int_equal(heap_profile_open(&file, (uint32_t)getpid()), 0);
    assert_int_equal(heap_profile_read(&profile, &file), 0);
    assert_int_equal(profile.skip_count + profile.lost_count, 0);
    for (int i = 0; i < SITES; i++)
        allocated[i] = live[i] = 0;
    for (size_t i = 0; i < profile.stack_count; i++) {
        const struct heap_profile_stack *stack = &profile.stacks[i];
        const int site = stack->frame_count ? site_of(stack->frames[0]) : -1;
        if (site < 0)
            continue;
        allocated[site] += (double)stack->allocated_bytes;
        live[site] += (double)stack->live_bytes;
    }
    heap_profile_release(&profile);
    os_region_close(&file);
}

static void estimates_are_right_for_each_stack_and_on_average(void **state)
{
    const char *const wanted = getenv("PROFILE_SEEDS");
    const int seeds = wanted ? atoi(wanted) : 3;
    const bool is_full = seeds >= 100;
    /* With few seeds one that is far off counts for much, so the limits are wider: 7 standard deviations. */
    const double limit = is_full ? 0.10 : 0.20, mean_limit = is_full ? 0.01 : 0.10;
    double ratios[SITES] = { 0 }, before[SITES] = { 0 }, live_before[SITES] = { 0 };
    double worst = 0;
    int good = 0;

    (void)state;
    for (int seed = 0; seed < seeds; seed++) {
        struct round round = { .seed = (uint64_t)seed + 1 };
        double allocated[SITES], live[SITES];
        const uint64_t begin = os_clock_ticks();
        bool is_good = true;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, run_round, &round), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        read_sums(allocated, live);
        for (int i = 0; i < SITES; i++) {
            const double ratio = (allocated[i] - before[i]) / round.bytes[i];
            /* Nothing was freed: what is live is what was allocated. */
            assert_true(fabs(live[i] - live_before[i] - (allocated[i] - before[i])) < 1);
            ratios[i] += ratio;
            is_good = is_good && fabs(ratio - 1) <= limit;
            worst = fmax(worst, fabs(ratio - 1));
            before[i] = allocated[i];
            live_before[i] = live[i];
        }
        good += is_good;
        heap_tracker_discard_all(heap);
        for (int i = 0; i < SITES; i++)
            live_before[i] = 0;
        /* Not more than 50,000 samples in a second are taken, and a seed expects 10,000. */
        while (os_clock_ticks() - begin < os_clock_frequency() / 3)
            os_sleep_ms(10);
    }
    printf("%d of %d seeds: all stacks within %.0f %%; the worst %.1f %%; means:", good, seeds,
           limit * 100, worst * 100);
    for (int i = 0; i < SITES; i++)
        printf(" %.4f", ratios[i] / seeds);
    printf("\n");
    /* 10 % are 3.5 standard deviations: one of the ten stacks exceeds them in one of 200 seeds, and one of 20 is
       allowed. */
    assert_true(good >= (is_full ? seeds * 95 / 100 : seeds));
    for (int i = 0; i < SITES; i++)
        if (fabs(ratios[i] / seeds - 1) > mean_limit)
            fail_msg("stack %d: %f on average", i, ratios[i] / seeds);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_right_for_each_stack_and_on_average),
    };
    struct heap_tracker_options options = { .size = sizeof(options), .flags = HEAP_TRACKER_SIZED };

    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    setenv("HEAPCTRS_PROFILE", "65536", 1);
    heap = heap_tracker_open("accuracy", &options);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : failed;
}
