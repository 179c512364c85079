/* SPDX-License-Identifier: MIT
 *
 * Profiles that are switched on and off while eight threads allocate, processes fork, and the private file is lost
 * three times. PROFILE_SWITCHES says how often; `make storm` takes 1,000,000. Each switch waits until the owner has
 * answered.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap_profile.h"
#include "heaptracker.h"
#include "os.h"
#include "unit.h"

enum { THREADS = 8, BLOCKS = 32, FORKS_EVERY = 200, LOSSES = 3 };

static char folder[] = "/dev/shm/heapctrs-test-XXXXXX";
static heap_tracker heap;
static _Atomic bool is_over;

static const void *address_of(size_t thread, size_t block)
{
    return (const void *)((thread * BLOCKS + block + 1) << 8);
}

static __attribute__((noinline)) void churn(size_t thread, size_t first, size_t count)
{
    /* Blocks of 1 to 63 KiB: a thread looks at requests every few of them. 7919 is a prime, so sizes differ. */
    for (size_t i = first; i < first + count; i++)
        heap_tracker_allocate(heap, address_of(thread, i % BLOCKS), 1024 + (i * 7919) % 64000);
    for (size_t i = first; i < first + count; i++)
        heap_tracker_free(heap, address_of(thread, i % BLOCKS));
}

static void *work(void *argument)
{
    const size_t thread = *(const size_t *)argument;

    for (size_t i = 0; !atomic_load(&is_over); i++)
        churn(thread, i, 1 + i % BLOCKS);
    return NULL;
}

/* A child has a profile of its own, which is off, whatever its parent's threads were doing. */
static void fork_one(void)
{
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        alarm(120); /* a child that hangs fails */
        for (size_t i = 0; i < 20; i++)
            churn(THREADS, i, BLOCKS);
        struct heap_tracker_statistics sum = { .size = sizeof(sum) };
        _exit(heap_tracker_read(heap, &sum) || sum.free_count > sum.allocation_count);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Request a rate, and allocate until this thread or another has seen it. */
static void switch_to(const struct os_region_source *file, uint64_t rate)
{
    struct profile_answer answer;
    uint64_t number;

    assert_true(heap_profile_ask(file, rate, &number));
    /* A thread looks at requests after PROFILE_PIECE bytes, which is 65,536, or less. */
    do {
        heap_tracker_allocate(heap, address_of(THREADS + 1, 0), 65536);
        heap_tracker_free(heap, address_of(THREADS + 1, 0));
        assert_true(heap_profile_read_answer(file, &answer));
    } while (answer.number != number);
}

/* Unlink the private file. Allocate until there is another one, and open that. */
static void lose(struct os_region_source *file)
{
    const uint64_t inode = file->inode;
    char command[128];

    os_region_close(file);
    snprintf(command, sizeof(command), "rm %s/%ld-*.private", folder, (long)getpid());
    assert_int_equal(system(command), 0);
    for (;;) {
        churn(THREADS + 2, 0, BLOCKS);
        if (heap_profile_open(file, (uint32_t)getpid()) == ERROR_SUCCESS) {
            if (file->inode != inode)
                return;
            os_region_close(file);
        }
    }
}

static void switches_do_no_harm(void **state)
{
    static const uint64_t rates[] = { PROFILE_RATE_LEAST, PROFILE_RATE_OFF, PROFILE_RATE_ALL,
                                      PROFILE_RATE_USUAL, PROFILE_RATE_OFF, 12345678 };
    const char *const wanted = getenv("PROFILE_SWITCHES");
    const long switches = wanted ? atol(wanted) : 5000;
    struct os_region_source file;
    struct heap_profile profile;
    pthread_t threads[THREADS];
    size_t numbers[THREADS];
    long forks = 0;

    (void)state;
    churn(THREADS, 0, BLOCKS); /* creates the file */
    assert_int_equal(heap_profile_open(&file, (uint32_t)getpid()), 0);
    for (size_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
    }
    for (long i = 0; i < switches; i++) {
        switch_to(&file, rates[(size_t)i % UNIT_COUNT(rates)]);
        if (i % FORKS_EVERY == 0) {
            fork_one();
            forks++;
        }
        if (i % (switches / LOSSES + 1) == 0)
            lose(&file); /* while the other threads take samples */
        if (i % 1000 == 0 && !heap_profile_read(&profile, &file))
            heap_profile_release(&profile);
    }
    switch_to(&file, PROFILE_RATE_ALL);
    atomic_store(&is_over, true);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    churn(THREADS, 0, BLOCKS);

    /* Everything was freed, so the profile has no live block, and no event was lost. */
    assert_int_equal(heap_profile_read(&profile, &file), 0);
    for (size_t i = 0; i < profile.stack_count; i++)
        assert_int_equal(profile.stacks[i].live_bytes + profile.stacks[i].live_count, 0);
    assert_true(profile.sample_count > 0);
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    assert_int_equal(heap_tracker_read(heap, &sum), 0);
    assert_int_equal(sum.allocation_count, sum.free_count);
    assert_int_equal(sum.lost_count + sum.unmatched_count, 0);
    printf("%ld switches, %ld processes, %llu events\n", switches, forks,
           (unsigned long long)sum.allocation_count);
    heap_profile_release(&profile);
    os_region_close(&file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(switches_do_no_harm),
    };

    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    unsetenv("HEAPCTRS_PROFILE");
    heap = heap_tracker_open("switched", NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : failed;
}
