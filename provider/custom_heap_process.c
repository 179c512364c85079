/* SPDX-License-Identifier: MIT
 *
 * From the heaps of the region reader to processes, from processes to snapshots, from snapshots to
 * raw values.
 */
#include "custom_heap_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heaptracker.h"
#include "os.h"
#include "processsnapshot.h"
#include "snapshot_process.h"
#include "text.h"

/* Time for all snapshots of one collect; HEAPCTRS_COSTLY_MS in the environment sets another. Rule:
   Collect Timeout is 10 s by default; the rest is for a snapshot that was begun just in time. */
#define BUDGET_MS 2000

enum { VALUE_COUNT = COUNTER_POSITION(custom_heap_process, process_id) + 1 };
_Static_assert(FIRST_custom_heap_process + VALUE_COUNT == COUNTER_COUNT,
               "process_id is the last counter");

static const WCHAR total_name[] = TEXT16("_Total");
enum { TOTAL_LENGTH = sizeof(total_name) / sizeof(*total_name) - 1 };

#define VALUE(id) values[COUNTER_POSITION(custom_heap_process, id)]

struct process_snapshot {
    uint32_t process_id;
    bool is_publishing; /* in this collect */
    bool has_failed;    /* the last try gave nothing: what there is, if anything, is stale */
    bool has_values;
    uint64_t taken; /* os_clock_ticks */
    uint64_t values[VALUE_COUNT];
    WCHAR name[HEAP_NAME_LENGTH + 1]; /* <process>:<pid> */
    size_t name_length;
};

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

static void add_region(uint64_t values[VALUE_COUNT], const PSS_VA_SPACE_ENTRY *region)
{
    uint64_t size = region->RegionSize;

    if (region->State == MEM_FREE) {
        if (size > VALUE(largest_free_region))
            VALUE(largest_free_region) = size;
        return;
    }
    VALUE(regions)++;
    if (region->State == MEM_RESERVE) {
        VALUE(reserved_bytes) += size;
    } else if (region->Type == MEM_PRIVATE) {
        VALUE(private_bytes) += size;
        if (size > VALUE(largest_private_region))
            VALUE(largest_private_region) = size;
    } else if (region->Type == MEM_IMAGE) {
        VALUE(image_bytes) += size;
    } else {
        VALUE(mapped_bytes) += size;
    }
}

static bool is_file(const PSS_HANDLE_ENTRY *handle)
{
    static const WCHAR file[] = TEXT16("File");

    return handle->TypeNameLength == sizeof(file) - sizeof(WCHAR) &&
           memcmp(handle->TypeName, file, handle->TypeNameLength) == 0;
}

static void add_handle(uint64_t values[VALUE_COUNT], const PSS_HANDLE_ENTRY *handle)
{
    VALUE(handles)++;
    switch (handle->ObjectType) {
    case PSS_OBJECT_TYPE_SECTION:
        VALUE(section_handles)++;
        break;
    case PSS_OBJECT_TYPE_EVENT:
    case PSS_OBJECT_TYPE_MUTANT:
    case PSS_OBJECT_TYPE_SEMAPHORE:
        VALUE(synchronization_handles)++;
        break;
    default:
        if (is_file(handle))
            VALUE(file_handles)++;
        else
            VALUE(other_handles)++;
    }
}

/* One walk over a class, with a marker of its own, so that its memory goes back at once. */
static DWORD walk(HPSS snapshot, const PSS_ALLOCATOR *allocator, uint64_t values[VALUE_COUNT],
                  PSS_WALK_INFORMATION_CLASS class)
{
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    HPSSWALK marker;
    DWORD error = PssWalkMarkerCreate(allocator, &marker);

    if (error)
        return error;
    if (class == PSS_WALK_VA_SPACE) {
        while (!(error = PssWalkSnapshot(snapshot, class, marker, &region, sizeof(region))))
            add_region(values, &region);
    } else {
        while (!(error = PssWalkSnapshot(snapshot, class, marker, &handle, sizeof(handle))))
            add_handle(values, &handle);
    }
    PssWalkMarkerFree(marker);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

static DWORD read_snapshot(HPSS snapshot, const PSS_ALLOCATOR *allocator,
                           uint64_t values[VALUE_COUNT])
{
    PSS_THREAD_INFORMATION threads = { 0 };
    DWORD error = walk(snapshot, allocator, values, PSS_WALK_VA_SPACE);

    if (!error)
        error = walk(snapshot, allocator, values, PSS_WALK_HANDLES);
    if (!error)
        error = PssQuerySnapshot(snapshot, PSS_QUERY_THREAD_INFORMATION, &threads, sizeof(threads));
    if (!error)
        VALUE(threads) = threads.ThreadsCaptured;
    return error;
}

/* Take one process' snapshot; its values change only when all of it went well. */
static void take_snapshot(struct process_snapshot *process, const PSS_ALLOCATOR *allocator)
{
    const PSS_CAPTURE_FLAGS flags =
        (PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_HANDLES | PSS_CAPTURE_THREADS);
    uint64_t values[VALUE_COUNT] = { 0 };
    uint64_t start = os_clock_ticks();
    HANDLE handle;
    HPSS snapshot;

    DWORD error = snapshot_open_process(process->process_id, &handle);
    if (!error) {
        error = PssCaptureSnapshot(handle, flags, 0, &snapshot);
        snapshot_close_process(handle);
    }
    if (!error) {
        error = read_snapshot(snapshot, allocator, values);
        PssFreeSnapshot(GetCurrentProcess(), snapshot);
    }
    process->has_failed = error != ERROR_SUCCESS;
    if (error)
        return;
    process->taken = os_clock_ticks();
    VALUE(snapshot_microseconds) = (process->taken - start) * 1000000 / os_clock_frequency();
    VALUE(snapshot_age) = process->taken;
    VALUE(process_id) = process->process_id;
    memcpy(process->values, values, sizeof(values));
    process->has_values = true;
}

/* `<process>:<pid>` of a heap's name `<process>:<pid>:<heap>`; 0 when it is none of that shape. */
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

/* Where the process stands or would stand. */
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
    if (snapshots->count == snapshots->room) {
        size_t room = snapshots->room ? snapshots->room * 2 : 16;
        struct process_snapshot *more =
            realloc(snapshots->processes, room * sizeof(*snapshots->processes));
        if (!more)
            return ERROR_NOT_ENOUGH_MEMORY;
        snapshots->processes = more;
        snapshots->room = room;
    }
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

/* Bring the list of processes up to date with the heaps there are now. */
static void update_processes(struct process_snapshots *snapshots,
                             const struct region_reader *reader)
{
    size_t count, kept = 0;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < snapshots->count; i++)
        snapshots->processes[i].is_publishing = false;
    for (size_t i = 0; i < count; i++) {
        size_t place = place_of(snapshots, heaps[i].process_id);
        if (place < snapshots->count &&
            snapshots->processes[place].process_id == heaps[i].process_id)
            snapshots->processes[place].is_publishing = true;
        else if (add_process(snapshots, place, &heaps[i]))
            break; /* no memory: those that are known are shown */
    }
    for (size_t i = 0; i < snapshots->count; i++)
        if (snapshots->processes[i].is_publishing)
            snapshots->processes[kept++] = snapshots->processes[i];
    snapshots->count = kept;
}

static uint64_t budget_ticks(void)
{
    unsigned long milliseconds = BUDGET_MS;
    char text[16], *end;

    if (os_environment("HEAPCTRS_COSTLY_MS", text, sizeof(text)) == ERROR_SUCCESS) {
        unsigned long wanted = strtoul(text, &end, 10);
        if (end != text && !*end && wanted <= BUDGET_MS * 30)
            milliseconds = wanted;
    }
    return os_clock_frequency() * milliseconds / 1000;
}

/* As many snapshots as there is time for, each process in its turn. */
static void take_snapshots(struct process_snapshots *snapshots)
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

static void add_to_total(uint64_t total[VALUE_COUNT], const uint64_t values[VALUE_COUNT])
{
    const size_t largest = COUNTER_POSITION(custom_heap_process, largest_private_region);
    const size_t smallest = COUNTER_POSITION(custom_heap_process, largest_free_region);
    const size_t oldest = COUNTER_POSITION(custom_heap_process, snapshot_age);

    for (size_t i = 0; i < VALUE_COUNT; i++) {
        if (i == largest)
            total[i] = values[i] > total[i] ? values[i] : total[i];
        else if (i == smallest || i == oldest) /* 0: the first of all */
            total[i] = total[i] == 0 || values[i] < total[i] ? values[i] : total[i];
        else
            total[i] += values[i];
    }
    total[COUNTER_POSITION(custom_heap_process, process_id)] = 0;
}

/* Whether what will be shown at least has room. */
static bool has_room(const struct buffer_writer *writer, const struct object_definition *definition,
                     const struct process_snapshots *snapshots)
{
    uint64_t needed = definition->size + buffer_writer_instance_size(definition, TOTAL_LENGTH);

    for (size_t i = 0; i < snapshots->count; i++)
        if (snapshots->processes[i].has_values || !snapshots->processes[i].has_failed)
            needed += buffer_writer_instance_size(definition, snapshots->processes[i].name_length);
    return needed <= writer->room;
}

static void set_values(unsigned char *slots, const uint64_t values[VALUE_COUNT])
{
    for (size_t i = 0; i < VALUE_COUNT; i++)
        slot_set(slots, i, values[i]);
}

DWORD custom_heap_process_write(struct buffer_writer *writer,
                                const struct object_definition *definition, uint64_t perf_time,
                                struct region_reader *reader, struct process_snapshots *snapshots)
{
    const size_t stale = COUNTER_POSITION(custom_heap_process, stale_snapshots);
    uint64_t total[VALUE_COUNT] = { 0 };
    unsigned char *total_slots = NULL, *slots;

    update_processes(snapshots, reader);
    if (!has_room(writer, definition, snapshots))
        return ERROR_MORE_DATA;
    take_snapshots(snapshots);

    /* The object's own time is later than that of any snapshot in it. */
    DWORD error =
        buffer_writer_begin_object(writer, definition, os_clock_ticks(), os_clock_frequency());
    if (!error)
        error = buffer_writer_add_instance(writer, total_name, TOTAL_LENGTH, &total_slots);
    for (size_t i = 0; !error && i < snapshots->count; i++) {
        struct process_snapshot *process = &snapshots->processes[i];

        if (!process->has_values)
            continue;
        error = buffer_writer_add_instance(writer, process->name, process->name_length, &slots);
        if (error)
            break;
        process->values[stale] = process->taken < perf_time;
        set_values(slots, process->values);
        add_to_total(total, process->values);
    }
    if (error)
        return error;
    set_values(total_slots, total);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}

void process_snapshots_release(struct process_snapshots *snapshots)
{
    if (snapshots->heap)
        heap_tracker_close(snapshots->heap);
    free(snapshots->processes);
    memset(snapshots, 0, sizeof(*snapshots));
}
