/* SPDX-License-Identifier: MIT
 *
 * Tests of capturing other processes from /proc: very many regions, processes that end meanwhile,
 * and many threads with a marker each on one snapshot.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_posix.h"
#include "os.h"
#include "snapshot_parts.h"

/* An allocator that counts its calls and bytes, and checks which thread calls it. */
struct counted {
    size_t calls, bytes, live;
    uint32_t thread_id;
    bool was_elsewhere;
};

static void *WINAPI counted_allocate(void *context, DWORD size)
{
    struct counted *heap = context;

    heap->was_elsewhere |= heap->thread_id != os_thread_id();
    heap->calls++;
    heap->bytes += size;
    heap->live++;
    return malloc(size);
}

static void WINAPI counted_free(void *context, void *address)
{
    struct counted *heap = context;

    heap->was_elsewhere |= heap->thread_id != os_thread_id();
    heap->live -= address != NULL;
    free(address);
}

/* ---- very many regions --------------------------------------------------------------------- */

/* Half of the regions are single pages, the other half the holes between them. */
static int map_many(struct parent parent, const void *argument)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), count = *(const size_t *)argument;
    char *base = mmap(NULL, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED)
        return 1;
    for (size_t i = 1; i < count; i += 2)
        if (munmap(base + i * page, page))
            return 1;
    child_say(parent.to);
    child_hear(parent.from);
    return 0;
}

struct cost {
    size_t regions, allocated; /* number of entries; bytes from the marker's allocator */
    uint64_t capture_bytes, capture_calls, walk_calls; /* bytes read, and calls of read */
};

/* The bytes that this process has read so far, and its calls of read. */
static void count_reads(uint64_t *bytes, uint64_t *calls)
{
    unsigned long long rchar, wchar, syscr;
    FILE *file = fopen("/proc/self/io", "r");

    if (!file)
        skip();
    assert_int_equal(fscanf(file, "rchar: %llu wchar: %llu syscr: %llu", &rchar, &wchar, &syscr),
                     3);
    fclose(file);
    *bytes = rchar;
    *calls = syscr;
}

static struct cost capture_many(size_t count)
{
    struct child child = child_start(map_many, &count);
    struct cost cost = { 0 };

    assert_true(child_hear(child.from));
    {
        struct counted heap = { .thread_id = os_thread_id() };
        PSS_ALLOCATOR allocator = { &heap, counted_allocate, counted_free };
        PSS_VA_SPACE_ENTRY entry;
        HPSSWALK marker;
        HPSS snapshot;
        size_t regions = 0;
        uint64_t bytes[3], calls[3];

        count_reads(&bytes[0], &calls[0]);
        assert_int_equal(
            PssCaptureSnapshot((HANDLE)(LONG_PTR)child.id,
                               PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION, 0,
                               &snapshot),
            ERROR_SUCCESS);
        count_reads(&bytes[1], &calls[1]);
        assert_int_equal(PssWalkMarkerCreate(&allocator, &marker), ERROR_SUCCESS);
        while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
            regions++;
        count_reads(&bytes[2], &calls[2]);
        PssWalkMarkerFree(marker);
        PssFreeSnapshot(GetCurrentProcess(), snapshot);
        assert_int_equal(heap.live, 0);
        cost.regions = regions;
        cost.allocated = heap.bytes;
        cost.capture_bytes = bytes[1] - bytes[0];
        cost.capture_calls = calls[1] - calls[0];
        cost.walk_calls = calls[2] - calls[1];
    }
    assert_int_equal(child_wait(&child), 0);
    return cost;
}

static void a_hundred_thousand_regions_take_linear_reads_and_bounded_memory(void **state)
{
    struct cost quarter = capture_many(25000), whole = capture_many(100000);

    (void)state;
    print_message("# %zu regions: %llu bytes in %llu reads, %zu bytes of the marker\n",
                  whole.regions, (unsigned long long)whole.capture_bytes,
                  (unsigned long long)whole.capture_calls, whole.allocated);
    assert_true(whole.regions > 100000);
    /* Linear cost is 4 times, quadratic 16. A buffer that was too small costs up to twice as
       much. */
    assert_true(whole.capture_bytes <= 8 * quarter.capture_bytes);
    assert_true(whole.capture_calls <= 8 * quarter.capture_calls);
    assert_int_equal(whole.walk_calls, quarter.walk_calls); /* those of this count itself */
    /* A marker and the names of this program's few files; nothing for each region. */
    assert_true(whole.allocated < 64 * 1024);
    assert_int_equal(whole.allocated, quarter.allocated);
}

/* ---- processes that end ---------------------------------------------------------------------- */

static size_t open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Has descriptors, threads and regions to be read, and ends after a while. */
static void end_after(unsigned microseconds)
{
    for (int i = 0; i < 50; i++)
        if (dup(2) < 0)
            _exit(1);
    usleep(microseconds);
    _exit(0);
}

static void a_process_that_ends_during_the_capture_gives_one_answer(void **state)
{
    const PSS_CAPTURE_FLAGS flags = PSS_CAPTURE_VA_SPACE |
                                    PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION | PSS_CAPTURE_HANDLES |
                                    PSS_CAPTURE_HANDLE_NAME_INFORMATION | PSS_CAPTURE_THREADS;
    size_t descriptors = open_descriptors(), whole = 0;

    (void)state;
    fflush(NULL);
    for (unsigned i = 0; i < 100 || whole == 0; i++) { /* longer each time, for slow machines */
        pid_t child = fork();
        if (child == 0)
            end_after(200 + i * 40);
        DWORD error = ERROR_SUCCESS;
        while (!error) {
            PSS_HANDLE_INFORMATION handles;
            PSS_THREAD_INFORMATION threads;
            HPSS snapshot = (HPSS)&handles;
            error = PssCaptureSnapshot((HANDLE)(LONG_PTR)child, flags, 0, &snapshot);
            if (error) {
                assert_null(snapshot);
                break;
            }
            /* An answer is complete: it shows a process that still had everything. */
            PssQuerySnapshot(snapshot, PSS_QUERY_HANDLE_INFORMATION, &handles, sizeof(handles));
            PssQuerySnapshot(snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
            assert_true(handles.HandlesCaptured >= 3);
            /* a sanitizer may have a thread of its own */
            assert_true(threads.ThreadsCaptured >= 1);
            whole++;
            PssFreeSnapshot(GetCurrentProcess(), snapshot);
        }
        assert_int_equal(error, ERROR_INVALID_HANDLE);
        waitpid(child, NULL, 0);
    }
    assert_int_equal(open_descriptors(), descriptors);
}

/* ---- threads --------------------------------------------------------------------------------- */

struct walker {
    HPSS snapshot;
    struct counted heap;
    size_t regions;
    DWORD error;
    pthread_t thread;
};

static void *walk_often(void *argument)
{
    struct walker *walker = argument;
    PSS_ALLOCATOR allocator = { &walker->heap, counted_allocate, counted_free };
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;

    walker->heap.thread_id = os_thread_id();
    for (int round = 0; round < 20 && !walker->error; round++) {
        walker->error = PssWalkMarkerCreate(&allocator, &marker);
        if (walker->error)
            break;
        for (walker->regions = 0;
             !PssWalkSnapshot(walker->snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry));)
            walker->regions++;
        walker->error = PssWalkMarkerFree(marker);
    }
    return NULL;
}

static void threads_walk_one_snapshot_and_each_allocates_for_itself_alone(void **state)
{
    struct walker walkers[4];
    PSS_VA_SPACE_INFORMATION information;
    HPSS snapshot;

    (void)state;
    assert_int_equal(
        PssCaptureSnapshot(GetCurrentProcess(),
                           PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION, 0,
                           &snapshot),
        ERROR_SUCCESS);
    PssQuerySnapshot(snapshot, PSS_QUERY_VA_SPACE_INFORMATION, &information, sizeof(information));
    memset(walkers, 0, sizeof(walkers));
    for (int i = 0; i < 4; i++) {
        walkers[i].snapshot = snapshot;
        assert_int_equal(pthread_create(&walkers[i].thread, NULL, walk_often, &walkers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(walkers[i].thread, NULL);
        assert_int_equal(walkers[i].error, ERROR_SUCCESS);
        assert_int_equal(walkers[i].regions, information.RegionCount);
        assert_int_equal(walkers[i].heap.live, 0);
        assert_true(walkers[i].heap.calls > 20);
        assert_false(walkers[i].heap.was_elsewhere);
    }
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

/* A marker is passed from thread to thread. Its allocator is called on the calling thread. */
struct handed_on {
    HPSS snapshot;
    HPSSWALK marker;
    struct counted *heap;
    DWORD error;
};

static void *walk_and_free(void *argument)
{
    struct handed_on *on = argument;
    PSS_VA_SPACE_ENTRY entry;

    on->heap->thread_id = os_thread_id();
    while (!PssWalkSnapshot(on->snapshot, PSS_WALK_VA_SPACE, on->marker, &entry, sizeof(entry)))
        continue;
    on->error = PssWalkMarkerFree(on->marker);
    return NULL;
}

static void a_marker_allocates_on_the_thread_that_calls(void **state)
{
    struct counted heap = { .thread_id = os_thread_id() };
    PSS_ALLOCATOR allocator = { &heap, counted_allocate, counted_free };
    struct handed_on on = { .heap = &heap };
    pthread_t thread;

    (void)state;
    assert_int_equal(
        PssCaptureSnapshot(GetCurrentProcess(),
                           PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION, 0,
                           &on.snapshot),
        ERROR_SUCCESS);
    assert_int_equal(PssWalkMarkerCreate(&allocator, &on.marker), ERROR_SUCCESS);
    assert_int_equal(heap.calls, 1);
    assert_int_equal(pthread_create(&thread, NULL, walk_and_free, &on), 0);
    pthread_join(thread, NULL);
    assert_int_equal(on.error, ERROR_SUCCESS);
    assert_true(heap.calls > 1);
    assert_int_equal(heap.live, 0);
    assert_false(heap.was_elsewhere);
    PssFreeSnapshot(GetCurrentProcess(), on.snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_regions_take_linear_reads_and_bounded_memory),
        cmocka_unit_test(a_process_that_ends_during_the_capture_gives_one_answer),
        cmocka_unit_test(threads_walk_one_snapshot_and_each_allocates_for_itself_alone),
        cmocka_unit_test(a_marker_allocates_on_the_thread_that_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
