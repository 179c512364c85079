/* SPDX-License-Identifier: MIT
 *
 * Tests of walk_marker.c and snapshot.c: what holds on every system.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "snapshot_parts.h"

/* An allocator that counts, fails on demand, and checks which thread calls it. */
struct counting_heap {
    uint32_t thread_id;
    int calls, live, fail_at; /* fail_at: the n-th call, from 1; 0 never */
    bool was_elsewhere;
    int nulls; /* frees of NULL */
};

static void *WINAPI counting_allocate(void *context, DWORD size)
{
    struct counting_heap *heap = context;

    heap->was_elsewhere |= heap->thread_id != os_thread_id();
    if (++heap->calls == heap->fail_at)
        return NULL;
    heap->live++;
    return malloc(size);
}

static void WINAPI counting_free(void *context, void *address)
{
    struct counting_heap *heap = context;

    heap->was_elsewhere |= heap->thread_id != os_thread_id();
    if (address)
        heap->live--;
    else
        heap->nulls++;
    free(address);
}

#define ALL_CLASSES                                                                                \
    (PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION |          \
                        PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_NAME_INFORMATION |                \
                        PSS_CAPTURE_HANDLE_BASIC_INFORMATION | PSS_CAPTURE_THREADS)

static HPSS capture(PSS_CAPTURE_FLAGS flags)
{
    HPSS snapshot = NULL;

    assert_int_equal(PssCaptureSnapshot(GetCurrentProcess(), flags, 0, &snapshot), ERROR_SUCCESS);
    assert_non_null(snapshot);
    return snapshot;
}

static void flags_without_their_meaning_are_refused(void **state)
{
    static const struct {
        DWORD flags, error;
    } cases[] = {
        { 0x00000002, ERROR_INVALID_PARAMETER }, /* a reserved flag */
        { 0x00000400, ERROR_INVALID_PARAMETER },
        { 0x00004000, ERROR_INVALID_PARAMETER },
        { PSS_CAPTURE_HANDLE_NAME_INFORMATION, ERROR_INVALID_PARAMETER },
        { PSS_CAPTURE_THREAD_CONTEXT, ERROR_INVALID_PARAMETER },
        { PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION, ERROR_INVALID_PARAMETER },
        { PSS_CREATE_BREAKAWAY_OPTIONAL, ERROR_INVALID_PARAMETER },
        { PSS_CAPTURE_VA_CLONE, ERROR_NOT_SUPPORTED },
        { PSS_CAPTURE_THREADS | PSS_CAPTURE_THREAD_CONTEXT, ERROR_NOT_SUPPORTED },
        { PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_TRACE, ERROR_NOT_SUPPORTED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HPSS snapshot = (HPSS)&cases;
        DWORD error = PssCaptureSnapshot(GetCurrentProcess(), (PSS_CAPTURE_FLAGS)cases[i].flags, 0,
                                         &snapshot);
        if (error != cases[i].error || snapshot != NULL)
            fail_msg("flags 0x%lx: %lu", (unsigned long)cases[i].flags, (unsigned long)error);
    }
    HPSS snapshot;
    assert_int_equal(PssCaptureSnapshot(NULL, PSS_CAPTURE_NONE, 0, &snapshot),
                     ERROR_INVALID_HANDLE);
    assert_int_equal(PssCaptureSnapshot(GetCurrentProcess(), PSS_CAPTURE_NONE, 0, NULL),
                     ERROR_INVALID_PARAMETER);
}

static void process_information_is_always_there(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_NONE);
    PSS_PROCESS_INFORMATION process;

    (void)state;
    assert_int_equal(
        PssQuerySnapshot(snapshot, PSS_QUERY_PROCESS_INFORMATION, &process, sizeof(process)),
        ERROR_SUCCESS);
    assert_int_equal(process.ProcessId, os_process_id());
    assert_int_equal(process.ExitStatus, 259); /* STILL_ACTIVE */
    assert_true(process.ImageFileName[0] != 0);
    PSS_THREAD_INFORMATION threads = { 4711, 4711 };
    assert_int_equal(
        PssQuerySnapshot(snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads)),
        ERROR_NOT_FOUND);
    assert_int_equal(threads.ThreadsCaptured, 4711);
    assert_int_equal(
        PssQuerySnapshot(snapshot, PSS_QUERY_PROCESS_INFORMATION, &process, sizeof(process) - 1),
        ERROR_BAD_LENGTH);
    assert_int_equal(PssQuerySnapshot(snapshot, (PSS_QUERY_INFORMATION_CLASS)99, &process, 0),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), snapshot), ERROR_SUCCESS);
}

static void regions_are_sorted_and_without_gaps(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE);
    PSS_VA_SPACE_INFORMATION information;
    PSS_VA_SPACE_ENTRY entry;
    uintptr_t end = 0, code = (uintptr_t)&capture;
    DWORD count = 0, state_of_code = 0;
    HPSSWALK marker;

    (void)state;
    assert_int_equal(PssWalkMarkerCreate(NULL, &marker), ERROR_SUCCESS);
    while (PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)) ==
           ERROR_SUCCESS) {
        uintptr_t base = (uintptr_t)entry.BaseAddress;
        if (count++ > 0)
            assert_true(base == end);
        end = base + entry.RegionSize;
        if (base <= code && code < end)
            state_of_code = entry.State | entry.Type;
    }
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)),
                     ERROR_NO_MORE_ITEMS);
    assert_int_equal(PssQuerySnapshot(snapshot, PSS_QUERY_VA_SPACE_INFORMATION, &information,
                                      sizeof(information)),
                     ERROR_SUCCESS);
    assert_int_equal(information.RegionCount, count);
    assert_int_equal(state_of_code, MEM_COMMIT | MEM_IMAGE);
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void texts_stay_good_until_the_marker_is_freed(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    PSS_VA_SPACE_ENTRY entry, first;
    WCHAR copy[4096];
    HPSSWALK marker;

    (void)state;
    memset(&first, 0, sizeof(first));
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
        if (entry.MappedFileNameLength && !first.MappedFileNameLength &&
            entry.MappedFileNameLength < sizeof(copy)) {
            first = entry;
            memcpy(copy, entry.MappedFileName, entry.MappedFileNameLength);
        }
    assert_true(first.MappedFileNameLength > 0);
    assert_memory_equal(copy, first.MappedFileName, first.MappedFileNameLength);
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

/* So programs that use the length and programs that use the terminator read the same text. */
static void a_terminator_follows_each_text_and_is_not_counted(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    size_t count = 0;
    HPSSWALK marker;

    (void)state;
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region)))
        if (region.MappedFileNameLength) {
            const size_t units = region.MappedFileNameLength / sizeof(WCHAR);
            assert_int_not_equal(region.MappedFileName[units - 1], 0);
            assert_int_equal(region.MappedFileName[units], 0);
            count++;
        }
    PssWalkMarkerSeekToBeginning(marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, marker, &handle, sizeof(handle)))
        if (handle.TypeNameLength) {
            const size_t units = handle.TypeNameLength / sizeof(WCHAR);
            assert_int_not_equal(handle.TypeName[units - 1], 0);
            assert_int_equal(handle.TypeName[units], 0);
            count++;
        }
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    if (count == 0)
        skip(); /* this system has neither mapped files with names nor types of handles */
}

static void another_class_begins_at_its_first_entry(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    PSS_THREAD_ENTRY thread, first;
    PSS_VA_SPACE_ENTRY region, lowest;
    HPSSWALK marker;

    (void)state;
    PssWalkMarkerCreate(NULL, &marker);
    PssWalkSnapshot(snapshot, PSS_WALK_THREADS, marker, &first, sizeof(first));
    PssWalkMarkerSeekToBeginning(marker);
    PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &lowest, sizeof(lowest));
    while (PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region)) == 0)
        ;
    assert_true(region.BaseAddress > lowest.BaseAddress);
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_THREADS, marker, &thread, sizeof(thread)),
                     0);
    assert_int_equal(thread.ThreadId, first.ThreadId);
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region)),
                     0);
    assert_true(region.BaseAddress == lowest.BaseAddress);
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void positions_are_saved_and_restored(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    PSS_VA_SPACE_ENTRY third, again;
    PSS_THREAD_ENTRY thread;
    ULONG_PTR position, beginning;
    HPSSWALK marker;

    (void)state;
    PssWalkMarkerCreate(NULL, &marker);
    assert_int_equal(PssWalkMarkerGetPosition(marker, &beginning), ERROR_SUCCESS);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &third, sizeof(third)), 0);
    PssWalkMarkerGetPosition(marker, &position);
    PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &third, sizeof(third));
    assert_int_equal(PssWalkMarkerSetPosition(marker, (ULONG_PTR)-1), ERROR_INVALID_PARAMETER);
    assert_int_equal(PssWalkMarkerSetPosition(marker, position), ERROR_SUCCESS);
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, NULL, 0),
                     ERROR_MORE_DATA);
    PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &again, sizeof(again));
    assert_true(again.BaseAddress == third.BaseAddress);
    assert_int_equal(PssWalkMarkerSeekToBeginning(marker), ERROR_SUCCESS);
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_THREADS, marker, &thread, sizeof(thread)),
                     0);
    assert_int_equal(thread.ProcessId, os_process_id());
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

/* Walk every class with this allocator. Returns ERROR_NOT_ENOUGH_MEMORY as soon as a call does. */
static DWORD walk_everything(HPSS snapshot, const PSS_ALLOCATOR *allocator, size_t *items)
{
    static const PSS_WALK_INFORMATION_CLASS classes[] = { PSS_WALK_VA_SPACE, PSS_WALK_HANDLES,
                                                          PSS_WALK_THREADS };
    static const DWORD sizes[] = { sizeof(PSS_VA_SPACE_ENTRY), sizeof(PSS_HANDLE_ENTRY),
                                   sizeof(PSS_THREAD_ENTRY) };
    union {
        PSS_VA_SPACE_ENTRY region;
        PSS_HANDLE_ENTRY handle;
        PSS_THREAD_ENTRY thread;
    } entry;
    HPSSWALK marker;
    DWORD error = PssWalkMarkerCreate(allocator, &marker);

    *items = 0;
    if (error)
        return error;
    for (size_t i = 0; i < 3 && error != ERROR_NOT_ENOUGH_MEMORY; i++) {
        PssWalkMarkerSeekToBeginning(marker);
        while ((error = PssWalkSnapshot(snapshot, classes[i], marker, &entry, sizes[i])) == 0)
            ++*items;
        if (error == ERROR_NOT_ENOUGH_MEMORY) {
            /* Nothing is lost: the same call continues where it failed. */
            error = PssWalkSnapshot(snapshot, classes[i], marker, &entry, sizes[i]);
            assert_int_equal(error, ERROR_SUCCESS);
            error = ERROR_NOT_ENOUGH_MEMORY;
        } else {
            assert_int_equal(error, ERROR_NO_MORE_ITEMS);
        }
    }
    PssWalkMarkerFree(marker);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

static void every_failing_allocation_is_survived_and_nothing_leaks(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    struct counting_heap heap = { .thread_id = os_thread_id() };
    PSS_ALLOCATOR allocator = { &heap, counting_allocate, counting_free };
    size_t all, items;

    (void)state;
    assert_int_equal(walk_everything(snapshot, &allocator, &all), ERROR_SUCCESS);
    assert_int_equal(heap.live, 0);
    assert_true(heap.calls > 1);
    int calls = heap.calls;
    for (int n = 1; n <= calls; n++) {
        heap.calls = 0;
        heap.fail_at = n;
        assert_int_equal(walk_everything(snapshot, &allocator, &items), ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(heap.live, 0);
    }
    assert_false(heap.was_elsewhere);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void equal_texts_are_handed_out_once_however_often_they_are_walked(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    struct counting_heap heap = { .thread_id = os_thread_id() };
    PSS_ALLOCATOR allocator = { &heap, counting_allocate, counting_free };
    PSS_VA_SPACE_ENTRY entry;
    int calls = 0;
    HPSSWALK marker;

    (void)state;
    PssWalkMarkerCreate(&allocator, &marker);
    for (int round = 0; round < 20; round++) {
        PssWalkMarkerSeekToBeginning(marker);
        while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
            continue;
        if (round == 0)
            calls = heap.calls;
    }
    assert_int_equal(heap.calls, calls);
    PssWalkMarkerFree(marker);
    assert_int_equal(heap.live, 0);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

/* ---- the allocator's call log against a model ----------------------------------------------- */

enum { LOG_LIMIT = 4096 };

struct logged_call {
    void *address;
    DWORD size; /* 0: it has been freed */
};

struct call_log {
    struct logged_call calls[LOG_LIMIT];
    size_t count;
};

static void *WINAPI logging_allocate(void *context, DWORD size)
{
    struct call_log *log = context;
    void *block = malloc(size);

    if (log->count < LOG_LIMIT)
        log->calls[log->count++] = (struct logged_call){ block, size };
    return block;
}

static void WINAPI logging_free(void *context, void *address)
{
    struct call_log *log = context;

    if (log->count < LOG_LIMIT)
        log->calls[log->count++] = (struct logged_call){ address, 0 };
    free(address);
}

/* The model: texts that have occurred. A text is new if no equal one has occurred. */
struct seen_text {
    const WCHAR *text; /* the marker's, valid until it is freed */
    WORD bytes;
};

static bool is_new(const struct seen_text *texts, size_t count, const WCHAR *text, WORD bytes)
{
    for (size_t i = 0; i < count; i++)
        if (texts[i].bytes == bytes && memcmp(texts[i].text, text, bytes) == 0)
            return false;
    return true;
}

static void the_allocators_calls_are_those_of_the_model(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    static struct call_log log;
    static struct seen_text texts[LOG_LIMIT];
    PSS_ALLOCATOR allocator = { &log, logging_allocate, logging_free };
    size_t text_count = 0;
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    HPSSWALK marker;

    (void)state;
    log.count = 0;
    assert_int_equal(PssWalkMarkerCreate(&allocator, &marker), ERROR_SUCCESS);
    assert_int_equal(log.count, 1);
    assert_true(log.calls[0].size >= sizeof(void *));
    for (size_t before = log.count;
         !PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region));
         before = log.count) {
        bool needs = region.MappedFileNameLength &&
                     is_new(texts, text_count, region.MappedFileName, region.MappedFileNameLength);
        assert_int_equal(log.count - before, needs);
        if (needs) {
            assert_true(log.calls[before].size >= region.MappedFileNameLength);
            texts[text_count++] =
                (struct seen_text){ region.MappedFileName, region.MappedFileNameLength };
        }
    }
    PssWalkMarkerSeekToBeginning(marker);
    for (size_t before = log.count;
         !PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, marker, &handle, sizeof(handle));
         before = log.count) {
        const struct seen_text both[] = { { handle.TypeName, handle.TypeNameLength },
                                          { handle.ObjectName, handle.ObjectNameLength } };
        size_t needs = 0;
        for (int i = 0; i < 2; i++)
            if (both[i].bytes && is_new(texts, text_count, both[i].text, both[i].bytes)) {
                texts[text_count++] = both[i];
                needs++;
            }
        assert_int_equal(log.count - before, needs);
    }
    assert_true(text_count > 0 && log.count == text_count + 1);
    assert_int_equal(PssWalkMarkerGetPosition(marker, &(ULONG_PTR){ 0 }), ERROR_SUCCESS);
    assert_int_equal(log.count, text_count + 1); /* only Create, Walk and Free call it */
    assert_int_equal(PssWalkMarkerFree(marker), ERROR_SUCCESS);

    /* Free frees each block once; the marker, which refers to the others, comes last. */
    assert_int_equal(log.count, 2 * (text_count + 1));
    assert_true(log.calls[log.count - 1].address == log.calls[0].address);
    for (size_t i = 0; i <= text_count; i++) {
        size_t freed = 0;
        for (size_t k = text_count + 1; k < log.count; k++)
            freed += log.calls[k].size == 0 && log.calls[k].address == log.calls[i].address;
        assert_int_equal(freed, 1);
    }
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    assert_int_equal(log.count, 2 * (text_count + 1));
}

/* Everything that a walk over one class shows, with each pointer replaced by its text. */
static size_t digest(HPSS snapshot, unsigned char *bytes, size_t space)
{
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    HPSSWALK marker;
    size_t used = 0;

    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region))) {
        const WCHAR *name = region.MappedFileName;
        region.MappedFileName = NULL;
        if (used + sizeof(region) + region.MappedFileNameLength > space)
            fail_msg("the text does not fit");
        memcpy(bytes + used, &region, sizeof(region));
        used += sizeof(region);
        if (region.MappedFileNameLength)
            memcpy(bytes + used, name, region.MappedFileNameLength);
        used += region.MappedFileNameLength;
    }
    PssWalkMarkerSeekToBeginning(marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, marker, &handle, sizeof(handle))) {
        handle.TypeName = handle.ObjectName = NULL;
        if (used + sizeof(handle) > space)
            fail_msg("the text does not fit");
        memcpy(bytes + used, &handle, sizeof(handle));
        used += sizeof(handle);
    }
    PssWalkMarkerFree(marker);
    return used;
}

static void a_snapshot_stays_as_it_was_while_the_process_changes(void **state)
{
    enum { BUFFER_SIZE = 1 << 20, PAGES = 50 };
    unsigned char *before = malloc(BUFFER_SIZE), *after = malloc(BUFFER_SIZE);
    HPSS snapshot = capture(ALL_CLASSES), second;
    void *pages[PAGES];
    size_t size = digest(snapshot, before, BUFFER_SIZE);

    (void)state;
    for (int i = 0; i < PAGES; i++)
        pages[i] = os_pages_allocate((size_t)(3 + i % 2) << 16);
    second = capture(PSS_CAPTURE_VA_SPACE);
    assert_int_equal(digest(snapshot, after, BUFFER_SIZE), size);
    assert_memory_equal(before, after, size);
    /* This only shows that the process has changed. */
    size_t fresh = 0;
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(second, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
        for (int i = 0; i < PAGES; i++)
            fresh += entry.State == MEM_COMMIT &&
                     (uintptr_t)pages[i] >= (uintptr_t)entry.BaseAddress &&
                     (uintptr_t)pages[i] < (uintptr_t)entry.BaseAddress + entry.RegionSize;
    assert_int_equal(fresh, PAGES);
    PssWalkMarkerFree(marker);
    for (int i = 0; i < PAGES; i++)
        os_pages_free(pages[i], (size_t)(3 + i % 2) << 16);
    PssFreeSnapshot(GetCurrentProcess(), second);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    free(before);
    free(after);
}

static void an_allocator_that_changed_too_early_is_found_out_in_debug_mode(void **state)
{
    HPSS snapshot = capture(ALL_CLASSES);
    struct counting_heap first = { .thread_id = os_thread_id() }, other = first;
    PSS_ALLOCATOR allocator = { &first, counting_allocate, counting_free };
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;

    (void)state;
    os_environment_set("HEAPCTRS_PSS_DEBUG", "1");
    assert_int_equal(PssWalkMarkerCreate(&allocator, &marker), ERROR_SUCCESS);
    assert_int_equal(first.nulls, 1); /* FreeRoutine must accept NULL */
    allocator.Context = &other;       /* the life of the structure is over */
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
        continue;
    assert_true(first.calls > 1);
    assert_int_equal(other.calls, 0);
    assert_int_equal(PssWalkMarkerFree(marker), ERROR_SUCCESS);
    assert_int_equal(first.live, 0);

    /* Otherwise it is called, as on Windows. */
    os_environment_set("HEAPCTRS_PSS_DEBUG", "0");
    allocator.Context = &first;
    assert_int_equal(PssWalkMarkerCreate(&allocator, &marker), ERROR_SUCCESS);
    assert_int_equal(first.nulls, 1);
    allocator.Context = &other;
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
        continue;
    assert_true(other.calls > 0);
    allocator.Context = &first;
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void handles_that_are_none_are_refused(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_NONE);
    PSS_ALLOCATOR incomplete = { NULL, counting_allocate, NULL };
    HPSSWALK marker = (HPSSWALK)snapshot;
    ULONG_PTR position;

    (void)state;
    assert_int_equal(PssWalkMarkerFree(NULL), ERROR_INVALID_HANDLE);
    assert_int_equal(PssWalkMarkerFree(marker), ERROR_INVALID_HANDLE);
    assert_int_equal(PssWalkMarkerGetPosition(NULL, &position), ERROR_INVALID_HANDLE);
    assert_int_equal(PssWalkMarkerSetPosition(NULL, 0), ERROR_INVALID_HANDLE);
    assert_int_equal(PssWalkMarkerSeekToBeginning(NULL), ERROR_INVALID_HANDLE);
    assert_int_equal(PssWalkMarkerCreate(&incomplete, &marker), ERROR_INVALID_PARAMETER);
    assert_null(marker);
    assert_int_equal(PssWalkSnapshot(NULL, PSS_WALK_THREADS, NULL, NULL, 0), ERROR_INVALID_HANDLE);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), NULL), ERROR_INVALID_HANDLE);
    assert_int_equal(PssFreeSnapshot(NULL, snapshot), ERROR_INVALID_HANDLE);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), snapshot), ERROR_SUCCESS);
}

static void a_duplicate_lives_on_when_the_source_is_freed(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_THREADS), copy;
    PSS_THREAD_INFORMATION threads;

    (void)state;
    assert_int_equal(PssDuplicateSnapshot(GetCurrentProcess(), snapshot, GetCurrentProcess(), &copy,
                                          PSS_DUPLICATE_NONE),
                     ERROR_SUCCESS);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), snapshot), ERROR_SUCCESS);
    assert_int_equal(
        PssQuerySnapshot(copy, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads)),
        ERROR_SUCCESS);
    assert_true(threads.ThreadsCaptured >= 1);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), copy), ERROR_SUCCESS);
}

static void pages_serve_as_well_as_the_heap(void **state)
{
    HPSS snapshot =
        capture((PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_SPACE | PSS_CREATE_USE_VM_ALLOCATIONS |
                                    PSS_CREATE_MEASURE_PERFORMANCE));
    PSS_PERFORMANCE_COUNTERS performance;

    (void)state;
    assert_int_equal(PssQuerySnapshot(snapshot, PSS_QUERY_PERFORMANCE_COUNTERS, &performance,
                                      sizeof(performance)),
                     ERROR_SUCCESS);
    assert_true(performance.TotalWallClockPeriod >= performance.VaSpaceWallClockPeriod);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), snapshot), ERROR_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_without_their_meaning_are_refused),
        cmocka_unit_test(process_information_is_always_there),
        cmocka_unit_test(regions_are_sorted_and_without_gaps),
        cmocka_unit_test(texts_stay_good_until_the_marker_is_freed),
        cmocka_unit_test(a_terminator_follows_each_text_and_is_not_counted),
        cmocka_unit_test(another_class_begins_at_its_first_entry),
        cmocka_unit_test(positions_are_saved_and_restored),
        cmocka_unit_test(every_failing_allocation_is_survived_and_nothing_leaks),
        cmocka_unit_test(equal_texts_are_handed_out_once_however_often_they_are_walked),
        cmocka_unit_test(the_allocators_calls_are_those_of_the_model),
        cmocka_unit_test(a_snapshot_stays_as_it_was_while_the_process_changes),
        cmocka_unit_test(an_allocator_that_changed_too_early_is_found_out_in_debug_mode),
        cmocka_unit_test(handles_that_are_none_are_refused),
        cmocka_unit_test(a_duplicate_lives_on_when_the_source_is_freed),
        cmocka_unit_test(pages_serve_as_well_as_the_heap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
