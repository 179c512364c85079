/* SPDX-License-Identifier: MIT
 *
 * Finds the processes of the region reader's heaps, and takes snapshots of them.
 */
#include "process_snapshots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "heaptracker.h"
#include "os.h"
#include "processsnapshot.h"
#include "snapshot_process.h"
#include "text.h"

/* Time for all snapshots of one collect; HEAPCTRS_COSTLY_MS in the environment sets another one.
   Rule: Collect Timeout is 10 s by default; the remaining time is for a snapshot that begins
   just before the limit. */
#define BUDGET_MS 2000

/* ---- one snapshot ------------------------------------------------------------------------ */

static void *WINAPI allocate_for_walk(void *context, DWORD size)
{
    void *block = malloc(size);

    heap_tracker_allocate(*(heap_tracker *)context, block, size);
    return block;
}

static void WINAPI free_for_walk(void *context, void *address)
{
    heap_tracker_free(*(heap_tracker *)context, address);
    free(address);
}

static void add_region(struct process_statistics *statistics, const PSS_VA_SPACE_ENTRY *region)
{
    uint64_t size = region->RegionSize;

    if (region->State == MEM_FREE) {
        if (size > statistics->largest_free_region)
            statistics->largest_free_region = size;
        return;
    }
    statistics->regions++;
    if (region->State == MEM_RESERVE) {
        statistics->reserved_bytes += size;
    } else if (region->Type == MEM_PRIVATE) {
        statistics->private_bytes += size;
        if (size > statistics->largest_private_region)
            statistics->largest_private_region = size;
    } else if (region->Type == MEM_IMAGE) {
        statistics->image_bytes += size;
    } else {
        statistics->mapped_bytes += size;
    }
}

/* The length may include a terminator: see processsnapshot.h. */
static bool is_file(const PSS_HANDLE_ENTRY *handle)
{
    static const WCHAR file[] = TEXT16("File");

    return (handle->TypeNameLength == sizeof(file) - sizeof(WCHAR) ||
            handle->TypeNameLength == sizeof(file)) &&
           memcmp(handle->TypeName, file, handle->TypeNameLength) == 0;
}

static void add_handle(struct process_statistics *statistics, const PSS_HANDLE_ENTRY *handle)
{
    statistics->handles++;
    switch (handle->ObjectType) {
    case PSS_OBJECT_TYPE_SECTION:
        statistics->section_handles++;
        break;
    case PSS_OBJECT_TYPE_EVENT:
    case PSS_OBJECT_TYPE_MUTANT:
    case PSS_OBJECT_TYPE_SEMAPHORE:
        statistics->synchronization_handles++;
        break;
    default:
        if (is_file(handle))
            statistics->file_handles++;
        else
            statistics->other_handles++;
    }
}

/* Walk over one class, with a marker of its own, so that the marker's memory is freed at once. */
static DWORD walk(HPSS snapshot, const PSS_ALLOCATOR *allocator,
                  struct process_statistics *statistics, PSS_WALK_INFORMATION_CLASS class)
{
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    HPSSWALK marker;
    DWORD error = PssWalkMarkerCreate(allocator, &marker);

    if (error)
        return error;
    if (class == PSS_WALK_VA_SPACE) {
        while (!(error = PssWalkSnapshot(snapshot, class, marker, &region, sizeof(region))))
            add_region(statistics, &region);
    } else {
        while (!(error = PssWalkSnapshot(snapshot, class, marker, &handle, sizeof(handle))))
            add_handle(statistics, &handle);
    }
    PssWalkMarkerFree(marker);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

static DWORD read_snapshot(HPSS snapshot, const PSS_ALLOCATOR *allocator,
                           struct process_statistics *statistics)
{
    PSS_THREAD_INFORMATION threads = { 0 };
    DWORD error = walk(snapshot, allocator, statistics, PSS_WALK_VA_SPACE);

    if (!error)
        error = walk(snapshot, allocator, statistics, PSS_WALK_HANDLES);
    if (!error)
        error = PssQuerySnapshot(snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    if (!error)
        statistics->threads = threads.ThreadsCaptured;
    return error;
}

/* Take the snapshot of one process. Its statistics change only if every step succeeds. */
static void take_snapshot(struct process_snapshot *process, const PSS_ALLOCATOR *allocator)
{
    const PSS_CAPTURE_FLAGS flags =
        (PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_HANDLES | PSS_CAPTURE_THREADS);
    struct process_statistics statistics = { 0 };
    uint64_t start = os_clock_ticks();
    HANDLE handle;
    HPSS snapshot;

    DWORD error = snapshot_system_open_process(process->process_id, &handle);
    if (!error) {
        error = PssCaptureSnapshot(handle, flags, 0, &snapshot);
        snapshot_system_close_process(handle);
    }
    if (!error) {
        error = read_snapshot(snapshot, allocator, &statistics);
        PssFreeSnapshot(GetCurrentProcess(), snapshot);
    }
    process->has_failed = error != ERROR_SUCCESS;
    if (error)
        return;
    if (process_memory_read(process->process_id, &statistics.memory))
        statistics.memory = (struct process_memory){ 0 }; /* the rest is known */
    process->taken = os_clock_ticks();
    statistics.snapshot_microseconds = (process->taken - start) * 1000000 / os_clock_frequency();
    process->statistics = statistics;
    process->has_statistics = true;
}

/* ---- the list of processes ---------------------------------------------------------------- */

/* The length of `<process>:<pid>` in a heap's name `<process>:<pid>:<heap>`; 0 if it has another
   form. */
static size_t process_name_length(const struct heap_view *heap)
{
    char digits[16];
    int count = snprintf(digits, sizeof(digits), ":%lu:", (unsigned long)heap->process_id);

    for (size_t at = 0; at + (size_t)count <= heap->name_length; at++) {
        int matched = 0;
        while (matched < count && heap->name[at + (size_t)matched] == (WCHAR)digits[matched])
            matched++;
        if (matched == count)
            return at + (size_t)count - 1;
    }
    return 0;
}

/* The index of the process, or the index at which it is to be inserted. */
static size_t place_of(const struct process_snapshots *snapshots, uint32_t process_id)
{
    size_t low = 0, high = snapshots->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (snapshots->processes[middle].process_id < process_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static DWORD add_process(struct process_snapshots *snapshots, size_t place,
                         const struct heap_view *heap)
{
    size_t length = process_name_length(heap);

    if (length == 0)
        return ERROR_SUCCESS;
    struct process_snapshot *more = array_reserve(snapshots->processes, &snapshots->capacity,
                                                  snapshots->count + 1, sizeof(*more));
    if (!more)
        return ERROR_NOT_ENOUGH_MEMORY;
    snapshots->processes = more;
    struct process_snapshot *process = &snapshots->processes[place];
    memmove(process + 1, process, (snapshots->count - place) * sizeof(*process));
    memset(process, 0, sizeof(*process));
    snapshots->count++;
    process->process_id = heap->process_id;
    process->is_publishing = true;
    memcpy(process->name, heap->name, length * sizeof(WCHAR));
    process->name_length = length;
    return ERROR_SUCCESS;
}

void process_snapshots_update(struct process_snapshots *snapshots,
                              const struct region_reader *reader)
{
    size_t count, kept = 0;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < snapshots->count; i++)
        snapshots->processes[i].is_publishing = false;
    for (size_t i = 0; i < count; i++) {
        if (heaps[i].is_foreign)
            continue; /* here, that id belongs to another process */
        size_t place = place_of(snapshots, heaps[i].process_id);
        if (place < snapshots->count &&
            snapshots->processes[place].process_id == heaps[i].process_id)
            snapshots->processes[place].is_publishing = true;
        else if (add_process(snapshots, place, &heaps[i]))
            break; /* no memory: the known processes are shown */
    }
    for (size_t i = 0; i < snapshots->count; i++)
        if (snapshots->processes[i].is_publishing)
            snapshots->processes[kept++] = snapshots->processes[i];
    snapshots->count = kept;
}

/* ---- the snapshots of one collect ---------------------------------------------------------- */

static uint64_t budget_ticks(void)
{
    unsigned long milliseconds = BUDGET_MS;
    char text[16];

    /* strtoul would skip blanks and a sign. */
    if (os_environment("HEAPCTRS_COSTLY_MS", text, sizeof(text)) == ERROR_SUCCESS && *text &&
        !text[strspn(text, "0123456789")]) {
        const unsigned long wanted = strtoul(text, NULL, 10);
        if (wanted <= BUDGET_MS * 30)
            milliseconds = wanted;
    }
    return os_clock_frequency() * milliseconds / 1000;
}

void process_snapshots_take(struct process_snapshots *snapshots)
{
    heap_tracker *heap = &snapshots->heap;
    const PSS_ALLOCATOR allocator = { heap, allocate_for_walk, free_for_walk };
    uint64_t start = os_clock_ticks(), budget = budget_ticks();

    if (!*heap)
        *heap = heap_tracker_open("heapctrs snapshots", NULL);
    uint32_t priority = os_thread_priority_lower();
    for (size_t i = 0; i < snapshots->count && os_clock_ticks() - start < budget; i++) {
        if (snapshots->next >= snapshots->count)
            snapshots->next = 0;
        take_snapshot(&snapshots->processes[snapshots->next++], &allocator);
    }
    os_thread_priority_restore(priority);
}

void process_snapshots_release(struct process_snapshots *snapshots)
{
    if (snapshots->heap)
        heap_tracker_close(snapshots->heap);
    free(snapshots->processes);
    memset(snapshots, 0, sizeof(*snapshots));
}
