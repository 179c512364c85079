/* SPDX-License-Identifier: MIT
 *
 * The probes pss_capture, pss_walk and pss_allocator: snapshots of this process. No rights are
 * needed. Windows 7 and Wine have no such functions.
 */
#include <stdlib.h>
#include <string.h>

#include "processsnapshot.h"
#include "trial.h"

#define LIMIT 200000 /* most entries of a walk; chosen: a longer walk does not end */
#define SELF GetCurrentProcess()
#define ALL_CLASSES                                                                                \
    (PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_NAME_INFORMATION |                                   \
     PSS_CAPTURE_HANDLE_BASIC_INFORMATION | PSS_CAPTURE_THREADS | PSS_CAPTURE_VA_SPACE)

static struct {
    __typeof__(PssCaptureSnapshot) *capture;
    __typeof__(PssFreeSnapshot) *free;
    __typeof__(PssQuerySnapshot) *query;
    __typeof__(PssWalkSnapshot) *walk;
    __typeof__(PssDuplicateSnapshot) *duplicate;
    __typeof__(PssWalkMarkerCreate) *create;
    __typeof__(PssWalkMarkerFree) *release;
    __typeof__(PssWalkMarkerGetPosition) *get_position;
    __typeof__(PssWalkMarkerSetPosition) *set_position;
    __typeof__(PssWalkMarkerSeekToBeginning) *rewind;
} pss;

static bool begin(struct trial *trial)
{
    return trial_find(trial, "PssCaptureSnapshot", &pss.capture) &&
           trial_find(trial, "PssFreeSnapshot", &pss.free) &&
           trial_find(trial, "PssQuerySnapshot", &pss.query) &&
           trial_find(trial, "PssWalkSnapshot", &pss.walk) &&
           trial_find(trial, "PssDuplicateSnapshot", &pss.duplicate) &&
           trial_find(trial, "PssWalkMarkerCreate", &pss.create) &&
           trial_find(trial, "PssWalkMarkerFree", &pss.release) &&
           trial_find(trial, "PssWalkMarkerGetPosition", &pss.get_position) &&
           trial_find(trial, "PssWalkMarkerSetPosition", &pss.set_position) &&
           trial_find(trial, "PssWalkMarkerSeekToBeginning", &pss.rewind);
}

/* A snapshot of this process and a marker. */
struct walk {
    HPSS snapshot;
    HPSSWALK marker;
};

static bool begin_walk(struct trial *trial, DWORD flags, struct walk *walk)
{
    memset(walk, 0, sizeof(*walk));
    if (!begin(trial))
        return false;
    DWORD error = pss.capture(SELF, (PSS_CAPTURE_FLAGS)flags, 0, &walk->snapshot);
    if (!error)
        error = pss.create(NULL, &walk->marker);
    if (error)
        trial_expect(trial, false, "capture and marker: %lu", error);
    return !error;
}

static void end_walk(struct walk *walk)
{
    pss.release(walk->marker);
    pss.free(SELF, walk->snapshot);
}

/* ---- pss_capture --------------------------------------------------------------------------- */

void try_pss_capture(struct trial *trial)
{
    HPSS snapshot = NULL;

    if (!begin(trial))
        return;
    const DWORD error =
        pss.capture(SELF, ALL_CLASSES | PSS_CREATE_MEASURE_PERFORMANCE, 0, &snapshot);
    trial_expect(trial, !error && snapshot, "handles, threads and regions of oneself: %lu", error);
    if (!error)
        pss.free(SELF, snapshot);
}

void try_pss_capture_all_or_nothing(struct trial *trial)
{
    HPSS snapshot = NULL;
    PSS_HANDLE_TRACE_INFORMATION trace;

    if (!begin(trial))
        return;
    const DWORD error =
        pss.capture(SELF, PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_TRACE, 0, &snapshot);
    if (error) {
        trial_expect(trial, error == ERROR_NOT_SUPPORTED, "HANDLE_TRACE: %lu", error);
        return;
    }
    const DWORD queried =
        pss.query(snapshot, PSS_QUERY_HANDLE_TRACE_INFORMATION, &trace, sizeof(trace));
    trial_expect(trial, queried == ERROR_SUCCESS,
                 "HANDLE_TRACE is captured, and its query gives %lu", queried);
    pss.free(SELF, snapshot);
}

void try_pss_capture_reserved(struct trial *trial)
{
    static const DWORD flags[] = { PSS_CAPTURE_RESERVED_00000002, PSS_CAPTURE_RESERVED_00000400,
                                   PSS_CAPTURE_RESERVED_00004000, 0x00010000 };

    if (!begin(trial))
        return;
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        HPSS snapshot = NULL;
        const DWORD error = pss.capture(SELF, (PSS_CAPTURE_FLAGS)flags[i], 0, &snapshot);

        trial_expect(trial, error == ERROR_INVALID_PARAMETER, "flag 0x%08lX: %lu", flags[i], error);
        if (!error)
            pss.free(SELF, snapshot);
    }
}

void try_pss_process_always(struct trial *trial)
{
    struct walk walk;
    PSS_PROCESS_INFORMATION process;

    if (!begin_walk(trial, 0, &walk))
        return;
    const DWORD error =
        pss.query(walk.snapshot, PSS_QUERY_PROCESS_INFORMATION, &process, sizeof(process));
    trial_expect(trial, !error && process.ProcessId == GetCurrentProcessId(),
                 "without flags: %lu, process %lu", error, error ? 0 : process.ProcessId);
    end_walk(&walk);
}

void try_pss_query_exact(struct trial *trial)
{
    struct walk walk;
    PSS_VA_SPACE_INFORMATION space;
    PSS_HANDLE_INFORMATION handles;
    PSS_THREAD_INFORMATION threads;
    PSS_PERFORMANCE_COUNTERS performance;

    if (!begin_walk(trial, ALL_CLASSES | PSS_CREATE_MEASURE_PERFORMANCE, &walk))
        return;
    DWORD error = pss.query(walk.snapshot, PSS_QUERY_VA_SPACE_INFORMATION, &space, sizeof(space));
    trial_expect(trial, !error && space.RegionCount, "VA_SPACE: %lu", error);
    error = pss.query(walk.snapshot, PSS_QUERY_HANDLE_INFORMATION, &handles, sizeof(handles));
    trial_expect(trial, !error && handles.HandlesCaptured, "HANDLE: %lu", error);
    error = pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    trial_expect(trial, !error && threads.ThreadsCaptured, "THREAD: %lu", error);
    error =
        pss.query(walk.snapshot, PSS_QUERY_PERFORMANCE_COUNTERS, &performance, sizeof(performance));
    trial_expect(trial, !error, "PERFORMANCE: %lu", error);
    end_walk(&walk);
}

void try_pss_query_length(struct trial *trial)
{
    static const int offsets[] = { -4, -1, 1, 4 };
    struct walk walk;
    BYTE buffer[64];

    if (!begin_walk(trial, ALL_CLASSES, &walk))
        return;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
        const DWORD size = (DWORD)((int)sizeof(PSS_THREAD_INFORMATION) + offsets[i]);
        const DWORD error = pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, buffer, size);

        trial_expect(trial, error == ERROR_BAD_LENGTH, "%lu bytes of %u: %lu", size,
                     (unsigned)sizeof(PSS_THREAD_INFORMATION), error);
    }
    end_walk(&walk);
}

void try_pss_query_class(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_INFORMATION threads;

    if (!begin_walk(trial, 0, &walk))
        return;
    DWORD error =
        pss.query(walk.snapshot, (PSS_QUERY_INFORMATION_CLASS)99, &threads, sizeof(threads));
    trial_expect(trial, error == ERROR_INVALID_PARAMETER, "class 99: %lu", error);
    error = pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    trial_expect(trial, error == ERROR_NOT_FOUND, "threads that were not captured: %lu", error);
    end_walk(&walk);
}

void try_pss_query_order(struct trial *trial)
{
    struct walk walk;
    BYTE buffer[64];

    if (!begin_walk(trial, 0, &walk))
        return;
    DWORD error = pss.query(NULL, (PSS_QUERY_INFORMATION_CLASS)99, buffer, 1);
    trial_expect(trial, error == ERROR_INVALID_HANDLE, "no handle, class 99, 1 byte: %lu", error);
    error = pss.query(walk.snapshot, (PSS_QUERY_INFORMATION_CLASS)99, buffer, 1);
    trial_expect(trial, error == ERROR_INVALID_PARAMETER, "class 99, 1 byte: %lu", error);
    error = pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, buffer, 1);
    trial_expect(trial, error == ERROR_NOT_FOUND, "not captured, 1 byte: %lu", error);
    end_walk(&walk);
}

void try_pss_free(struct trial *trial)
{
    HPSS snapshot = NULL;

    if (!begin(trial))
        return;
    DWORD error = pss.capture(SELF, PSS_CAPTURE_THREADS, 0, &snapshot);
    if (trial_expect(trial, !error, "capture: %lu", error)) {
        error = pss.free(SELF, snapshot);
        trial_expect(trial, !error, "free with GetCurrentProcess: %lu", error);
    }
}

void try_pss_duplicate(struct trial *trial)
{
    struct walk walk;
    HPSS copy = NULL;
    PSS_THREAD_INFORMATION threads;

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    DWORD error = pss.duplicate(SELF, walk.snapshot, SELF, &copy, PSS_DUPLICATE_NONE);
    end_walk(&walk);
    if (!trial_expect(trial, !error, "duplicate: %lu", error))
        return;
    error = pss.query(copy, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    trial_expect(trial, !error && threads.ThreadsCaptured,
                 "after its source is freed, a query gives %lu", error);
    pss.free(SELF, copy);
}

/* ---- pss_walk ------------------------------------------------------------------------------ */

typedef void (*entry_visit)(void *context, const void *entry);

/* Walk over a class to its end. Returns the number of entries, and the error that ended the
   walk. */
static unsigned walk_all(const struct walk *walk, PSS_WALK_INFORMATION_CLASS class, DWORD size,
                         entry_visit visit, void *context)
{
    _Alignas(16) BYTE entry[512];
    unsigned count = 0;

    while (count < LIMIT && pss.walk(walk->snapshot, class, walk->marker, entry, size) == 0) {
        count++;
        if (visit)
            visit(context, entry);
    }
    return count;
}

void try_pss_thread_count(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_INFORMATION threads = { 0 };

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    const unsigned count = walk_all(&walk, PSS_WALK_THREADS, sizeof(PSS_THREAD_ENTRY), NULL, NULL);
    trial_expect(trial, count == threads.ThreadsCaptured, "ThreadsCaptured %lu, %u walked",
                 threads.ThreadsCaptured, count);
    end_walk(&walk);
}

/* What a walk over the regions has found. */
struct regions {
    unsigned unordered, free;
    ULONG_PTR end;
};

static void visit_region(void *context, const void *entry)
{
    struct regions *regions = context;
    const PSS_VA_SPACE_ENTRY *region = entry;

    regions->unordered += (ULONG_PTR)region->BaseAddress < regions->end;
    regions->free += region->State == MEM_FREE;
    regions->end = (ULONG_PTR)region->BaseAddress + region->RegionSize;
}

void try_pss_region_count(struct trial *trial)
{
    struct walk walk;
    struct regions regions = { 0 };
    PSS_VA_SPACE_INFORMATION space = { 0 };

    if (!begin_walk(trial, PSS_CAPTURE_VA_SPACE, &walk))
        return;
    pss.query(walk.snapshot, PSS_QUERY_VA_SPACE_INFORMATION, &space, sizeof(space));
    const unsigned count =
        walk_all(&walk, PSS_WALK_VA_SPACE, sizeof(PSS_VA_SPACE_ENTRY), visit_region, &regions);
    trial_expect(trial, count == space.RegionCount, "RegionCount %lu, %u walked, %u of them free",
                 space.RegionCount, count, regions.free);
    end_walk(&walk);
}

void try_pss_regions_sorted(struct trial *trial)
{
    struct walk walk;
    struct regions regions = { 0 };

    if (!begin_walk(trial, PSS_CAPTURE_VA_SPACE, &walk))
        return;
    const unsigned count =
        walk_all(&walk, PSS_WALK_VA_SPACE, sizeof(PSS_VA_SPACE_ENTRY), visit_region, &regions);
    trial_expect(trial, count && !regions.unordered, "%u regions, %u out of order or overlapping",
                 count, regions.unordered);
    end_walk(&walk);
}

void try_pss_thread_names(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_NAME name;

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    const DWORD error =
        pss.walk(walk.snapshot, PSS_WALK_THREAD_NAME, walk.marker, &name, sizeof(name));
    trial_expect(trial, error == ERROR_INVALID_PARAMETER, "THREAD_NAME: %lu", error);
    end_walk(&walk);
}

/* What the names of handles look like. */
struct names {
    unsigned count, counted, terminated;
};

static void visit_name(void *context, const void *entry)
{
    struct names *names = context;
    const PSS_HANDLE_ENTRY *handle = entry;
    const DWORD units = handle->TypeNameLength / sizeof(WCHAR);

    if (!handle->TypeName || !units)
        return;
    names->count++;
    names->counted += handle->TypeName[units - 1] == 0;
    names->terminated += handle->TypeName[units - 1] != 0 && handle->TypeName[units] == 0;
}

void try_pss_names_length(struct trial *trial)
{
    struct walk walk;
    struct names names = { 0 };

    if (!begin_walk(trial, ALL_CLASSES, &walk))
        return;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), visit_name, &names);
    if (!names.count)
        trial_impossible(trial, "no handle has the name of a type");
    else
        trial_expect(trial, names.terminated == names.count,
                     "%u names of types; %u lengths count a terminator, %u are followed by one",
                     names.count, names.counted, names.terminated);
    end_walk(&walk);
}

void try_pss_walk_end(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_ENTRY thread;

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    walk_all(&walk, PSS_WALK_THREADS, sizeof(thread), NULL, NULL);
    for (int i = 0; i < 2; i++) {
        const DWORD error =
            pss.walk(walk.snapshot, PSS_WALK_THREADS, walk.marker, &thread, sizeof(thread));

        trial_expect(trial, error == ERROR_NO_MORE_ITEMS, "after the last entry: %lu", error);
    }
    end_walk(&walk);
}

void try_pss_walk_probe(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_INFORMATION threads = { 0 };

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    const DWORD error = pss.walk(walk.snapshot, PSS_WALK_THREADS, walk.marker, NULL, 0);
    trial_expect(trial, error == ERROR_MORE_DATA, "without a buffer: %lu", error);
    pss.query(walk.snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    const unsigned count = walk_all(&walk, PSS_WALK_THREADS, sizeof(PSS_THREAD_ENTRY), NULL, NULL);
    trial_expect(trial, count == threads.ThreadsCaptured, "%u of %lu entries are left", count,
                 threads.ThreadsCaptured);
    end_walk(&walk);
}

void try_pss_walk_errors(struct trial *trial)
{
    struct walk walk;
    PSS_THREAD_ENTRY thread;
    PSS_VA_SPACE_ENTRY region;

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    DWORD error = pss.walk(NULL, PSS_WALK_THREADS, walk.marker, &thread, sizeof(thread));
    trial_expect(trial, error == ERROR_INVALID_HANDLE, "no snapshot: %lu", error);
    error = pss.walk(walk.snapshot, (PSS_WALK_INFORMATION_CLASS)99, walk.marker, &thread,
                     sizeof(thread));
    trial_expect(trial, error == ERROR_INVALID_PARAMETER, "class 99: %lu", error);
    error = pss.walk(walk.snapshot, PSS_WALK_VA_SPACE, walk.marker, &region, sizeof(region));
    trial_expect(trial, error == ERROR_NOT_FOUND, "regions that were not captured: %lu", error);
    error = pss.walk(walk.snapshot, PSS_WALK_THREADS, walk.marker, &thread, sizeof(thread) - 4);
    trial_expect(trial, error == ERROR_BAD_LENGTH, "4 bytes too few: %lu", error);
    end_walk(&walk);
}

void try_pss_walk_other_class(struct trial *trial)
{
    struct walk walk;
    PSS_HANDLE_INFORMATION handles = { 0 };

    if (!begin_walk(trial, ALL_CLASSES, &walk))
        return;
    const unsigned regions =
        walk_all(&walk, PSS_WALK_VA_SPACE, sizeof(PSS_VA_SPACE_ENTRY), NULL, NULL);
    pss.query(walk.snapshot, PSS_QUERY_HANDLE_INFORMATION, &handles, sizeof(handles));
    const unsigned count = walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), NULL, NULL);
    trial_expect(trial, regions && count == handles.HandlesCaptured,
                 "after %u regions the marker walks %u of %lu handles", regions, count,
                 handles.HandlesCaptured);
    end_walk(&walk);
}

void try_pss_marker_create(struct trial *trial)
{
    struct walk walk;
    ULONG_PTR position = 1;

    if (!begin_walk(trial, PSS_CAPTURE_THREADS, &walk))
        return;
    const DWORD error = pss.get_position(walk.marker, &position);
    trial_expect(trial, !error && position == 0, "a new marker: %lu, position %llu", error,
                 (unsigned long long)position);
    end_walk(&walk);
}

void try_pss_marker_positions(struct trial *trial)
{
    struct walk walk;
    PSS_VA_SPACE_ENTRY first, second, again;
    ULONG_PTR position = 0;

    if (!begin_walk(trial, PSS_CAPTURE_VA_SPACE, &walk))
        return;
    DWORD error = pss.walk(walk.snapshot, PSS_WALK_VA_SPACE, walk.marker, &first, sizeof(first));
    trial_expect(trial, !error, "first entry: %lu", error);
    error = pss.get_position(walk.marker, &position);
    trial_expect(trial, !error, "GetPosition: %lu", error);
    error = pss.walk(walk.snapshot, PSS_WALK_VA_SPACE, walk.marker, &second, sizeof(second));
    trial_expect(trial, !error, "second entry: %lu", error);
    error = pss.set_position(walk.marker, position);
    trial_expect(trial, !error, "SetPosition: %lu", error);
    error = pss.walk(walk.snapshot, PSS_WALK_VA_SPACE, walk.marker, &again, sizeof(again));
    trial_expect(trial, !error && again.BaseAddress == second.BaseAddress,
                 "it is the second entry again: %lu", error);
    error = pss.rewind(walk.marker);
    trial_expect(trial, !error, "SeekToBeginning: %lu", error);
    error = pss.walk(walk.snapshot, PSS_WALK_VA_SPACE, walk.marker, &again, sizeof(again));
    trial_expect(trial, !error && again.BaseAddress == first.BaseAddress,
                 "it is the first entry again: %lu", error);
    end_walk(&walk);
}

/* ---- pss_allocator ------------------------------------------------------------------------- */

#define BLOCKS_MAX 65536 /* remembered blocks; chosen: later ones are only counted */

/* The requests to an allocator. */
static struct {
    unsigned allocations, frees, null_frees, unknown_frees, other_thread, through_other;
    size_t largest;
    DWORD thread;
    bool fails;
    void *blocks[BLOCKS_MAX];
} heap;

static void *WINAPI allocate(void *context, DWORD size)
{
    (void)context;
    heap.other_thread += GetCurrentThreadId() != heap.thread;
    if (heap.fails)
        return NULL;
    void *block = malloc(size ? size : 1);
    if (heap.allocations < BLOCKS_MAX)
        heap.blocks[heap.allocations] = block;
    heap.allocations++;
    if (size > heap.largest)
        heap.largest = size;
    return block;
}

static void *WINAPI allocate_otherwise(void *context, DWORD size)
{
    heap.through_other++;
    return allocate(context, size);
}

static void WINAPI release(void *context, void *block)
{
    unsigned i = 0;

    (void)context;
    heap.other_thread += GetCurrentThreadId() != heap.thread;
    if (!block) {
        heap.null_frees++;
        return;
    }
    while (i < heap.allocations && i < BLOCKS_MAX && heap.blocks[i] != block)
        i++;
    if (i == heap.allocations || i == BLOCKS_MAX) {
        heap.unknown_frees++;
        return;
    }
    heap.blocks[i] = NULL;
    heap.frees++;
    free(block);
}

static PSS_ALLOCATOR allocator;

/* Take a snapshot, and make a marker with our allocator. */
static bool begin_allocator(struct trial *trial, struct walk *walk)
{
    memset(&heap, 0, sizeof(heap));
    heap.thread = GetCurrentThreadId();
    allocator.Context = &heap;
    allocator.AllocRoutine = allocate;
    allocator.FreeRoutine = release;
    if (!begin_walk(trial, ALL_CLASSES, walk))
        return false;
    pss.release(walk->marker);
    const DWORD error = pss.create(&allocator, &walk->marker);
    if (error)
        trial_expect(trial, false, "a marker with an allocator: %lu", error);
    return !error;
}

static void observe_heap(struct trial *trial)
{
    trial_observe(trial, "%u blocks, the largest of %u bytes, %u frees, %u of NULL",
                  heap.allocations, (unsigned)heap.largest, heap.frees, heap.null_frees);
}

static PSS_HANDLE_ENTRY first_named;

static void visit_first_named(void *context, const void *entry)
{
    WCHAR *text = context;
    const PSS_HANDLE_ENTRY *handle = entry;

    if (*text || !handle->TypeName || handle->TypeNameLength >= 60)
        return;
    first_named = *handle;
    memcpy(text, handle->TypeName, handle->TypeNameLength);
}

void try_pss_walk_pointers(struct trial *trial)
{
    struct walk walk;
    WCHAR text[32] = { 0 };

    if (!begin_allocator(trial, &walk))
        return;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), visit_first_named, text);
    if (!*text)
        trial_impossible(trial, "no handle has the name of a type");
    else
        trial_expect(trial, memcmp(first_named.TypeName, text, first_named.TypeNameLength) == 0,
                     "the name of the first handle, \"%ls\", is the same after the last one", text);
    observe_heap(trial);
    end_walk(&walk);
}

void try_pss_walk_no_memory(struct trial *trial)
{
    struct walk walk;
    PSS_HANDLE_ENTRY handle;

    if (!begin_allocator(trial, &walk))
        return;
    heap.fails = true;
    DWORD error = ERROR_SUCCESS;
    for (unsigned i = 0; !error && i < LIMIT; i++)
        error = pss.walk(walk.snapshot, PSS_WALK_HANDLES, walk.marker, &handle, sizeof(handle));
    heap.fails = false;
    if (error == ERROR_NO_MORE_ITEMS) {
        trial_impossible(trial, "walking handles needs no memory");
    } else {
        trial_expect(trial, error == ERROR_NOT_ENOUGH_MEMORY, "without memory: %lu", error);
        error = pss.walk(walk.snapshot, PSS_WALK_HANDLES, walk.marker, &handle, sizeof(handle));
        trial_expect(trial, !error, "tried again: %lu", error);
    }
    end_walk(&walk);
}

void try_pss_marker_free(struct trial *trial)
{
    struct walk walk;

    if (!begin_allocator(trial, &walk))
        return;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), NULL, NULL);
    const DWORD error = pss.release(walk.marker);
    trial_expect(trial, !error && heap.frees == heap.allocations && !heap.unknown_frees,
                 "PssWalkMarkerFree: %lu, %u of %u blocks are freed, %u unknown ones", error,
                 heap.frees, heap.allocations, heap.unknown_frees);
    observe_heap(trial);
    pss.free(SELF, walk.snapshot);
}

void try_pss_allocator_thread(struct trial *trial)
{
    struct walk walk;

    if (!begin_allocator(trial, &walk))
        return;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), NULL, NULL);
    end_walk(&walk);
    if (!heap.allocations)
        trial_impossible(trial, "the allocator is not called");
    else
        trial_expect(trial, !heap.other_thread, "%u of %u calls come from another thread",
                     heap.other_thread, heap.allocations + heap.frees + heap.null_frees);
    observe_heap(trial);
}

void try_pss_allocator_free_null(struct trial *trial)
{
    struct walk walk;

    if (!begin_allocator(trial, &walk))
        return;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), NULL, NULL);
    end_walk(&walk);
    if (!heap.null_frees)
        trial_impossible(trial, "NULL is never passed");
    else
        trial_expect(trial, !heap.unknown_frees, "%u frees of NULL", heap.null_frees);
    observe_heap(trial);
}

void try_pss_allocator_kept(struct trial *trial)
{
    struct walk walk;

    if (!begin_allocator(trial, &walk))
        return;
    /* If the structure is not copied, the routine that is now written into it is called. */
    heap.through_other = 0;
    allocator.AllocRoutine = allocate_otherwise;
    const unsigned before = heap.allocations;
    walk_all(&walk, PSS_WALK_HANDLES, sizeof(PSS_HANDLE_ENTRY), NULL, NULL);
    if (heap.allocations == before)
        trial_impossible(trial, "walking handles needs no memory");
    else
        trial_expect(trial, heap.through_other == heap.allocations - before,
                     "%u of %u calls go to a routine that was put in after the marker was made",
                     heap.through_other, heap.allocations - before);
    end_walk(&walk);
}
