/* SPDX-License-Identifier: MIT
 *
 * Many threads on few heaps that are read all the time; threads that end; heaps that close during
 * events; signal handlers. ThreadSanitizer runs these tests, too.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "heaptracker.h"
#include "region_folder.h"
#include "shard.h"
#include "os.h"
#include "region_reader.h"
#include "thread.h"
#include "wintypes.h"

#define THREADS 8
#define SIZE 48

static heap_tracker heaps[2];
static _Atomic bool stop;

static int set_up(void **state)
{
    (void)state;
    heaps[0] = heap_tracker_open("one", NULL);
    heaps[1] = heap_tracker_open("two", NULL);
    atomic_store(&stop, false);
    return heaps[0] == HEAP_TRACKER_INVALID || heaps[1] == HEAP_TRACKER_INVALID;
}

static int tear_down(void **state)
{
    (void)state;
    return heap_tracker_close(heaps[0]) != 0 || heap_tracker_close(heaps[1]) != 0;
}

static struct heap_tracker_statistics figures(heap_tracker heap)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    heap_tracker_read(heap, &now);
    return now;
}

static void start(pthread_t ids[], unsigned count, void *(*act)(void *), void *contexts[])
{
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&ids[i], NULL, act, contexts[i]))
            exit(2);
}

static void join(pthread_t ids[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pthread_join(ids[i], NULL);
}

/* ---- a stress test in which any mistake in counting shows ---------------------------- */

/* Slots into which all threads allocate and from which they free, so that blocks change their
   thread. */
#define SLOTS 512
static _Atomic uintptr_t slots[2][SLOTS];
static _Atomic uintptr_t next_address;
static _Atomic uint64_t allocations, frees, reallocations, failures;

static void *stress(void *context)
{
    uint64_t random = (uintptr_t)context * 0x9E3779B97F4A7C15u + 1;
    uint64_t allocated = 0, freed = 0, reallocated = 0, failed = 0;

    for (int i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        unsigned which = random >> 40 & 1, slot = (random >> 41) % SLOTS;
        heap_tracker heap = heaps[which];
        uintptr_t block = atomic_exchange(&slots[which][slot], 0), fresh;
        unsigned action = (unsigned)(random >> 55) % 8;
        if (block && action < 2) {
            /* Resize in two phases: the old address may be used again in between. */
            struct heap_tracker_resize resize;
            failed += heap_tracker_resize_begin(heap, (void *)block, &resize) != 0;
            fresh = action ? block : atomic_fetch_add(&next_address, 64);
            failed += heap_tracker_resize_end(heap, (void *)fresh, SIZE, &resize) != 0;
            reallocated++;
        } else {
            if (block) {
                failed += heap_tracker_free(heap, (void *)block) != 0;
                freed++;
            }
            fresh = atomic_fetch_add(&next_address, 64);
            failed += heap_tracker_allocate(heap, (void *)fresh, SIZE) != 0;
            allocated++;
        }
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&slots[which][slot], &none, fresh)) {
            failed += heap_tracker_free(heap, (void *)fresh) != 0;
            freed++;
        }
    }
    atomic_fetch_add(&allocations, allocated);
    atomic_fetch_add(&frees, freed);
    atomic_fetch_add(&reallocations, reallocated);
    atomic_fetch_add(&failures, failed);
    return NULL;
}

/* Blocks of one size. For the newest event of each thread, the bytes may be visible without the
   count, and the freed totals are read before the allocated ones. A reader that waits between
   the two sees more in use, never less. */
static bool is_of_count(uint64_t bytes, uint64_t count)
{
    return bytes >= count * SIZE && bytes <= (count + THREADS) * SIZE && bytes % SIZE == 0;
}

static bool is_whole(uint64_t allocation_count, uint64_t free_count, uint64_t allocated_bytes,
                     uint64_t freed_bytes, uint64_t peak_bytes, uint64_t in_use_bytes)
{
    return free_count <= allocation_count && is_of_count(allocated_bytes, allocation_count) &&
           is_of_count(freed_bytes, free_count) && peak_bytes >= in_use_bytes;
}

/* Reads as a consumer does, and as the process itself does. */
static void *watch(void *context)
{
    struct region_reader *reader;
    unsigned *torn = context;
    uint64_t last[2] = { 0 };

    if (region_reader_open(&reader))
        return NULL;
    while (!atomic_load(&stop)) {
        size_t count;
        region_reader_refresh(reader);
        region_reader_heaps(reader, &count);
        for (size_t i = 0; i < count && i < 2; i++) {
            struct heap_totals seen;
            if (region_reader_read(reader, i, &seen))
                continue;
            struct heap_tracker_statistics own = figures(heaps[i]);
            *torn += !is_whole(seen.allocation_count, seen.free_count, seen.allocated_bytes,
                               seen.freed_bytes, seen.peak_bytes, seen.in_use_bytes);
            *torn += !is_whole(own.allocation_count, own.free_count, own.allocated_bytes,
                               own.freed_bytes, own.peak_bytes, own.in_use_bytes);
            *torn += own.allocation_count < last[i];
            last[i] = own.allocation_count;
        }
        sched_yield();
    }
    region_reader_close(reader);
    return NULL;
}

static void every_event_of_every_thread_is_counted_and_no_totals_are_torn(void **state)
{
    pthread_t ids[THREADS], watcher;
    void *contexts[THREADS];
    unsigned torn = 0;

    (void)state;
    atomic_store(&next_address, 0x100000);
    for (uintptr_t i = 0; i < THREADS; i++)
        contexts[i] = (void *)(i + 1);
    pthread_create(&watcher, NULL, watch, &torn);
    start(ids, THREADS, stress, contexts);
    join(ids, THREADS);
    atomic_store(&stop, true);
    pthread_join(watcher, NULL);

    struct heap_tracker_statistics one = figures(heaps[0]), two = figures(heaps[1]);
    assert_int_equal(torn, 0);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(one.allocation_count + two.allocation_count, atomic_load(&allocations));
    assert_int_equal(one.free_count + two.free_count, atomic_load(&frees));
    assert_int_equal(one.reallocation_count + two.reallocation_count, atomic_load(&reallocations));
    assert_int_equal(one.unmatched_count + two.unmatched_count, 0);
    assert_int_equal(one.lost_count + two.lost_count, 0);
    for (unsigned which = 0; which < 2; which++)
        for (unsigned i = 0; i < SLOTS; i++) {
            uintptr_t block = atomic_exchange(&slots[which][i], 0);
            if (block)
                assert_int_equal(heap_tracker_free_sized(heaps[which], (void *)block, SIZE), 0);
        }
    one = figures(heaps[0]);
    assert_int_equal(one.allocated_bytes, one.freed_bytes);
    assert_int_equal(one.allocation_count, one.free_count);
}

/* ---- threads that end ---------------------------------------------------------------- */

static void *one_event(void *context)
{
    heap_tracker_allocate(heaps[0], context, 10);
    return NULL;
}

static void a_thread_leaves_its_totals_and_its_place_to_the_next(void **state)
{
    size_t overhead = 0;

    (void)state;
    for (uintptr_t i = 1; i <= 1000; i++) {
        pthread_t id;
        void *address = (void *)(i * 64);
        start(&id, 1, one_event, &address);
        join(&id, 1);
        if (i == 10)
            overhead = heap_tracker_overhead();
    }
    struct heap_tracker_statistics now = figures(heaps[0]);
    assert_int_equal(now.allocation_count, 1000);
    assert_int_equal(now.allocated_bytes, 10000);
    assert_int_equal(now.peak_bytes, 10000); /* one after the other, so the peak is exact */
    assert_true(heap_tracker_overhead() <= overhead + 65536); /* 990 threads use the same shards */
}

/* A destructor of thread-specific data that frees after the tracker's destructor ran. */
static pthread_key_t late_key;

static void late_free(void *block)
{
    static _Thread_local int rounds;

    if (++rounds < 3) /* the tracker's own destructor is one of the first round */
        pthread_setspecific(late_key, block);
    else
        heap_tracker_free(heaps[0], block);
}

static void *end_late(void *block)
{
    heap_tracker_allocate(heaps[0], block, 10);
    pthread_setspecific(late_key, block);
    return NULL;
}

static void what_a_thread_frees_while_it_ends_is_counted(void **state)
{
    pthread_t ids[THREADS];
    void *contexts[THREADS];

    (void)state;
    pthread_key_create(&late_key, late_free);
    for (uintptr_t i = 0; i < THREADS; i++)
        contexts[i] = (void *)((i + 1) * 64);
    start(ids, THREADS, end_late, contexts);
    join(ids, THREADS);
    pthread_key_delete(late_key);
    struct heap_tracker_statistics now = figures(heaps[0]);
    assert_int_equal(now.allocation_count, THREADS);
    assert_int_equal(now.free_count, THREADS);
    assert_int_equal(now.unmatched_count + now.lost_count, 0);
}

/* ---- cache lines --------------------------------------------------------------------- */

#define LINE 64u

/* The addresses that a thread writes at each event. */
struct places {
    heap_tracker heap;
    uintptr_t shared, shard;
};

static pthread_barrier_t together;

static void *find_places(void *context)
{
    struct places *places = context;

    heap_tracker_allocate(places->heap, (void *)64, 10);
    const struct shard *shard = thread_current()->last_shard;
    places->shared = (uintptr_t)shard->shared;
    places->shard = (uintptr_t)shard;
    pthread_barrier_wait(&together); /* no thread may use what another one left */
    return NULL;
}

static void find_places_at_once(struct places places[], unsigned count)
{
    pthread_t ids[THREADS];
    void *contexts[THREADS];

    pthread_barrier_init(&together, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        places[i].heap = heap_tracker_open("own", NULL);
        contexts[i] = &places[i];
    }
    start(ids, count, find_places, contexts);
    join(ids, count);
    pthread_barrier_destroy(&together);
}

static bool share_a_line(uintptr_t a, uintptr_t b, size_t size)
{
    return a / LINE <= (b + size - 1) / LINE && b / LINE <= (a + size - 1) / LINE;
}

static void threads_at_work_write_on_cache_lines_of_their_own(void **state)
{
    struct places earlier[3], now[THREADS];

    (void)state;
    find_places_at_once(earlier, UNIT_COUNT(earlier)); /* they leave shards for later threads */
    find_places_at_once(now, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < i; k++)
            if (share_a_line(now[i].shared, now[k].shared, sizeof(struct region_shard)) ||
                share_a_line(now[i].shard, now[k].shard, sizeof(struct shard)))
                fail_msg("threads %u and %u", i, k);
    for (unsigned i = 0; i < UNIT_COUNT(earlier); i++)
        heap_tracker_close(earlier[i].heap);
    for (unsigned i = 0; i < THREADS; i++)
        heap_tracker_close(now[i].heap);
}

/* ---- closing under running events ---------------------------------------------------- */

static _Atomic(heap_tracker) current;

static void *use_current(void *context)
{
    uintptr_t base = (uintptr_t)context << 24;

    for (uintptr_t i = 0; !atomic_load(&stop); i++) {
        heap_tracker heap = atomic_load(&current);
        void *block = (void *)(base + i % 1000 * 64);
        struct heap_tracker_statistics now = { .size = sizeof(now) };
        heap_tracker_allocate(heap, block, SIZE);
        if (heap_tracker_read(heap, &now) == 0 &&
            !is_of_count(now.allocated_bytes, now.allocation_count))
            return (void *)1;
        heap_tracker_free(heap, block);
        if (i % 64 == 0)
            heap_tracker_discard_all(heap);
    }
    return NULL;
}

static void a_heap_can_be_closed_and_reopened_under_running_events(void **state)
{
    pthread_t ids[4];
    void *contexts[4] = { (void *)1, (void *)2, (void *)3, (void *)4 }, *result;

    (void)state;
    atomic_store(&current, heap_tracker_open("restless", NULL));
    start(ids, 4, use_current, contexts);
    for (int i = 0; i < 2000; i++) {
        heap_tracker old = atomic_load(&current);
        /* Nothing that was done to the old heap may show in the new one before the new one is
           known. */
        heap_tracker fresh = heap_tracker_open("restless", NULL);
        struct heap_tracker_statistics now = figures(fresh);
        assert_int_equal(now.allocation_count, 0);
        atomic_store(&current, fresh);
        assert_int_equal(heap_tracker_close(old), 0);
        if (i % 50 == 0)
            sched_yield();
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++) {
        pthread_join(ids[i], &result);
        assert_null(result);
    }
    assert_int_equal(heap_tracker_close(atomic_load(&current)), 0);
}

static void *open_and_close(void *context)
{
    uintptr_t wrong = 0;

    for (int i = 0; i < 300; i++) {
        heap_tracker opened[10];
        for (int h = 0; h < 10; h++) {
            opened[h] = heap_tracker_open("many", NULL);
            heap_tracker_allocate(opened[h], context, SIZE);
        }
        for (int h = 0; h < 10; h++) {
            wrong += figures(opened[h]).allocation_count != 1;
            wrong += heap_tracker_close(opened[h]) != 0;
        }
    }
    return (void *)wrong;
}

static void threads_can_open_and_close_heaps_at_once(void **state)
{
    pthread_t ids[THREADS];
    void *contexts[THREADS], *wrong;

    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        contexts[i] = (void *)((i + 1) * 4096);
    start(ids, THREADS, open_and_close, contexts);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(ids[i], &wrong);
        assert_null(wrong);
    }
}

/* ---- signal handlers ----------------------------------------------------------------- */

static volatile sig_atomic_t handled, handler_lost, handler_wrong;

static void on_alarm(int number)
{
    void *block = (void *)(uintptr_t)0x77777700;

    (void)number;
    handled++;
    uint32_t error = heap_tracker_allocate(heaps[0], block, SIZE);
    if (error == ERROR_BUSY)
        handler_lost++;
    else if (error || heap_tracker_free(heaps[0], block))
        handler_wrong++;
}

static void an_event_in_a_signal_handler_is_counted_or_lost_and_never_hangs(void **state)
{
    struct sigaction action = { .sa_handler = on_alarm }, before;
    struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
    uint64_t own = 0;

    (void)state;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    uint64_t end = os_clock_ticks() + 20 * os_clock_frequency();
    while ((handled < 2000 || own < 100000) && os_clock_ticks() < end)
        for (uintptr_t i = 1; i <= 1000; i++, own++) {
            assert_int_equal(heap_tracker_allocate(heaps[0], (void *)(i * 64), SIZE), 0);
            assert_int_equal(heap_tracker_free(heaps[0], (void *)(i * 64)), 0);
        }
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    struct heap_tracker_statistics now = figures(heaps[0]);
    assert_true(handled > 0);
    assert_int_equal(handler_wrong, 0);
    assert_int_equal(now.lost_count, handler_lost);
    assert_int_equal(now.allocation_count, own + (uint64_t)(handled - handler_lost));
    assert_int_equal(now.free_count, now.allocation_count);
    assert_int_equal(now.unmatched_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_every_thread_is_counted_and_no_totals_are_torn),
        TEST(a_thread_leaves_its_totals_and_its_place_to_the_next),
        TEST(what_a_thread_frees_while_it_ends_is_counted),
        TEST(threads_at_work_write_on_cache_lines_of_their_own),
        TEST(a_heap_can_be_closed_and_reopened_under_running_events),
        TEST(threads_can_open_and_close_heaps_at_once),
        TEST(an_event_in_a_signal_handler_is_counted_or_lost_and_never_hangs),
    };

    return cmocka_run_group_tests_name("tracker with threads", tests, NULL, NULL);
}
