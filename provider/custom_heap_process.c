/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap Process": raw values from snapshots of processes.
 */
#include "custom_heap_process.h"

#include "object_clock.h"
#include "os.h"
#include "text.h"

enum { PROCESS_SLOTS = SLOT_COUNT(custom_heap_process) };

static const WCHAR total_name[] = TEXT16("_Total");
enum { TOTAL_LENGTH = sizeof(total_name) / sizeof(*total_name) - 1 };

#define SET(id, value) values[COUNTER_SLOT(custom_heap_process, id)] = (value)

static void fill_values(uint64_t values[PROCESS_SLOTS], const struct process_snapshot *process,
                        uint64_t perf_time)
{
    const struct process_statistics *statistics = &process->statistics;

    SET(private_bytes, statistics->private_bytes);
    SET(mapped_bytes, statistics->mapped_bytes);
    SET(image_bytes, statistics->image_bytes);
    SET(reserved_bytes, statistics->reserved_bytes);
    SET(largest_private_region, statistics->largest_private_region);
    SET(largest_free_region, statistics->largest_free_region);
    SET(regions, statistics->regions);
    SET(handles, statistics->handles);
    SET(file_handles, statistics->file_handles);
    SET(section_handles, statistics->section_handles);
    SET(synchronization_handles, statistics->synchronization_handles);
    SET(other_handles, statistics->other_handles);
    SET(threads, statistics->threads);
    SET(snapshot_microseconds, statistics->snapshot_microseconds);
    SET(snapshot_age, object_clock_at(process->taken));
    SET(stale_snapshots, process->taken < perf_time);
    SET(memory_known, statistics->memory.known);
    SET(resident_bytes, statistics->memory.resident_bytes);
    SET(resident_private_bytes, statistics->memory.private_bytes);
    SET(resident_shared_bytes, statistics->memory.shared_bytes);
    SET(swapped_bytes, statistics->memory.swapped_bytes);
    SET(huge_page_bytes, statistics->memory.huge_bytes);
    SET(group_usage_bytes, statistics->memory.group_usage);
    SET(group_limit_bytes, statistics->memory.group_limit);
    SET(process_id, process->process_id);
}

#undef SET

/* Add a process to _Total. Values are summed, except those that are named here. */
static void add_to_total(uint64_t total[PROCESS_SLOTS], const uint64_t values[PROCESS_SLOTS])
{
    const size_t largest = COUNTER_SLOT(custom_heap_process, largest_private_region);
    const size_t smallest = COUNTER_SLOT(custom_heap_process, largest_free_region);
    const size_t oldest = COUNTER_SLOT(custom_heap_process, snapshot_age);
    const size_t known = COUNTER_SLOT(custom_heap_process, memory_known);
    const size_t usage = COUNTER_SLOT(custom_heap_process, group_usage_bytes);
    const size_t limit = COUNTER_SLOT(custom_heap_process, group_limit_bytes);

    for (size_t i = 0; i < PROCESS_SLOTS; i++) {
        if (i == known)
            total[i] |= values[i];
        else if (i == largest || i == usage) /* processes may share their group */
            total[i] = values[i] > total[i] ? values[i] : total[i];
        else if (i == smallest || i == oldest) /* 0: the first process */
            total[i] = total[i] == 0 || values[i] < total[i] ? values[i] : total[i];
        else if (i == limit) /* 0: there is none */
            total[i] = values[i] && (total[i] == 0 || values[i] < total[i]) ? values[i] : total[i];
        else
            total[i] += values[i];
    }
    total[COUNTER_SLOT(custom_heap_process, process_id)] = 0;
}

/* Whether everything that will certainly be shown fits. */
static bool has_space(const struct buffer_writer *writer,
                      const struct object_definition *definition,
                      const struct process_snapshots *snapshots)
{
    uint64_t needed = definition->size + buffer_writer_instance_size(definition, TOTAL_LENGTH);

    for (size_t i = 0; i < snapshots->count; i++)
        if (snapshots->processes[i].has_statistics || !snapshots->processes[i].has_failed)
            needed += buffer_writer_instance_size(definition, snapshots->processes[i].name_length);
    return needed <= writer->left;
}

static void set_values(unsigned char *slots, const uint64_t values[PROCESS_SLOTS])
{
    for (size_t i = 0; i < PROCESS_SLOTS; i++)
        slot_set(slots, i, values[i]);
}

DWORD custom_heap_process_write(struct buffer_writer *writer,
                                const struct object_definition *definition, uint64_t perf_time,
                                struct region_reader *reader, struct process_snapshots *snapshots)
{
    uint64_t total[PROCESS_SLOTS] = { 0 };
    unsigned char *total_slots = NULL, *slots;

    process_snapshots_update(snapshots, reader);
    if (!has_space(writer, definition, snapshots))
        return ERROR_MORE_DATA;
    process_snapshots_take(snapshots);

    /* The object's time must not be before that of any snapshot in it. */
    const uint64_t object_time = object_clock_at(os_clock_ticks());
    DWORD error =
        buffer_writer_begin_object(writer, definition, object_time, OBJECT_CLOCK_FREQUENCY);
    if (!error)
        error = buffer_writer_add_instance(writer, total_name, TOTAL_LENGTH, &total_slots);
    for (size_t i = 0; !error && i < snapshots->count; i++) {
        const struct process_snapshot *process = &snapshots->processes[i];
        uint64_t values[PROCESS_SLOTS] = { 0 };

        if (!process->has_statistics)
            continue;
        error = buffer_writer_add_instance(writer, process->name, process->name_length, &slots);
        if (error)
            break;
        fill_values(values, process, perf_time);
        set_values(slots, values);
        add_to_total(total, values);
    }
    if (error)
        return error;
    /* Without any snapshot, the age is zero. */
    if (total[COUNTER_SLOT(custom_heap_process, snapshot_age)] == 0)
        total[COUNTER_SLOT(custom_heap_process, snapshot_age)] = object_time;
    set_values(total_slots, total);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}
