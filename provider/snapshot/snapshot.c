/* SPDX-License-Identifier: MIT
 *
 * PssCaptureSnapshot, PssQuerySnapshot, PssDuplicateSnapshot and PssFreeSnapshot. They call the
 * system's functions if it has them; otherwise they emulate them with the capture functions of
 * snapshot_parts.h. walk_marker.c has the walks. Where Microsoft's pages are silent, the emulation
 * is strict, and a comment says so.
 */
#include "snapshot_parts.h"

#include <string.h>

#include "os.h"

#define HANDLE_DETAILS                                                                             \
    (PSS_CAPTURE_HANDLE_NAME_INFORMATION | PSS_CAPTURE_HANDLE_BASIC_INFORMATION |                  \
     PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION | PSS_CAPTURE_HANDLE_TRACE)
#define KNOWN_FLAGS                                                                                \
    (PSS_CAPTURE_VA_CLONE | PSS_CAPTURE_HANDLES | HANDLE_DETAILS | PSS_CAPTURE_THREADS |           \
     PSS_CAPTURE_THREAD_CONTEXT | PSS_CAPTURE_THREAD_CONTEXT_EXTENDED | PSS_CAPTURE_VA_SPACE |     \
     PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION | PSS_CAPTURE_IPT_TRACE |                            \
     PSS_CREATE_BREAKAWAY_OPTIONAL | PSS_CREATE_BREAKAWAY | PSS_CREATE_FORCE_BREAKAWAY |           \
     PSS_CREATE_USE_VM_ALLOCATIONS | PSS_CREATE_MEASURE_PERFORMANCE | PSS_CREATE_RELEASE_SECTION)

/* Flags that are only valid with one of some other flags. Rule: PSS_CAPTURE_FLAGS. */
static const struct {
    DWORD flags, need_one_of;
} flag_needs[] = {
    { HANDLE_DETAILS, PSS_CAPTURE_HANDLES },
    { PSS_CAPTURE_THREAD_CONTEXT, PSS_CAPTURE_THREADS },
    { PSS_CAPTURE_THREAD_CONTEXT_EXTENDED, PSS_CAPTURE_THREAD_CONTEXT },
    { PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION, PSS_CAPTURE_VA_SPACE },
    { PSS_CREATE_BREAKAWAY_OPTIONAL, PSS_CREATE_BREAKAWAY | PSS_CREATE_FORCE_BREAKAWAY },
    { PSS_CREATE_RELEASE_SECTION, PSS_CAPTURE_VA_CLONE },
};

static DWORD check_flags(DWORD flags)
{
    if (flags & ~(DWORD)KNOWN_FLAGS)
        return ERROR_INVALID_PARAMETER;
    for (size_t i = 0; i < sizeof(flag_needs) / sizeof(flag_needs[0]); i++)
        if ((flags & flag_needs[i].flags) && !(flags & flag_needs[i].need_one_of))
            return ERROR_INVALID_PARAMETER;
    return flags & snapshot_system_unsupported_flags() ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS;
}

struct snapshot *snapshot_from_handle(HPSS handle)
{
    struct snapshot *snapshot = (struct snapshot *)handle;

    return snapshot && snapshot->magic == SNAPSHOT_MAGIC ? snapshot : NULL;
}

static void destroy(struct snapshot *snapshot)
{
    struct snapshot_memory memory = snapshot->memory;
    struct snapshot_array *arrays[] = { &snapshot->regions, &snapshot->handles, &snapshot->threads,
                                        &snapshot->texts };

    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        snapshot_array_release(&memory, arrays[i]->elements,
                               arrays[i]->capacity * arrays[i]->element_size);
    snapshot->magic = 0;
    snapshot_array_release(&memory, snapshot, sizeof(*snapshot));
}

static uint64_t microseconds(uint64_t ticks)
{
    /* PSS_PERF_RESOLUTION. Whole seconds are computed separately, so that the product fits 64
       bits. */
    uint64_t frequency = os_clock_frequency();

    return ticks / frequency * PSS_PERF_RESOLUTION +
           ticks % frequency * PSS_PERF_RESOLUTION / frequency;
}

/* Capture one class and, on request, measure the time. */
static DWORD capture_class(struct snapshot *snapshot, HANDLE process, bool wanted,
                           DWORD (*capture)(struct snapshot *, HANDLE), UINT64 *wall_clock)
{
    if (!wanted)
        return ERROR_SUCCESS;

    uint64_t start = os_clock_ticks();
    DWORD error = capture(snapshot, process);
    *wall_clock = microseconds(os_clock_ticks() - start);
    return error;
}

static DWORD capture_all(struct snapshot *snapshot, HANDLE process)
{
    PSS_PERFORMANCE_COUNTERS *performance = &snapshot->performance;
    DWORD flags = snapshot->flags;
    uint64_t start = os_clock_ticks();

    DWORD error = snapshot_process_capture(snapshot, process);
    if (!error)
        error = capture_class(snapshot, process, flags & PSS_CAPTURE_VA_SPACE,
                              snapshot_regions_capture, &performance->VaSpaceWallClockPeriod);
    if (!error)
        error = capture_class(snapshot, process, flags & PSS_CAPTURE_HANDLES,
                              snapshot_handles_capture, &performance->HandlesWallClockPeriod);
    if (!error)
        error = capture_class(snapshot, process, flags & PSS_CAPTURE_THREADS,
                              snapshot_threads_capture, &performance->ThreadsWallClockPeriod);
    performance->TotalWallClockPeriod = microseconds(os_clock_ticks() - start);
    /* When a process ends, some of its data are missing and others are refused. All give the same
       error. */
    return error && error != ERROR_ACCESS_DENIED   ? error
           : snapshot_process_check_alive(process) ? ERROR_INVALID_HANDLE
                                                   : error;
}

DWORD WINAPI PssCaptureSnapshot(HANDLE ProcessHandle, PSS_CAPTURE_FLAGS CaptureFlags,
                                DWORD ThreadContextFlags, HPSS *SnapshotHandle)
{
    const struct snapshot_system *system = snapshot_system();
    struct snapshot_memory memory = { CaptureFlags & PSS_CREATE_USE_VM_ALLOCATIONS };

    if (system)
        return system->capture(ProcessHandle, CaptureFlags, ThreadContextFlags, SnapshotHandle);

    if (!SnapshotHandle)
        return ERROR_INVALID_PARAMETER;
    *SnapshotHandle = NULL;
    DWORD error = check_flags((DWORD)CaptureFlags);
    if (error)
        return error;
    if (!ProcessHandle)
        return ERROR_INVALID_HANDLE;
    struct snapshot *snapshot = snapshot_array_allocate(&memory, sizeof(*snapshot));
    if (!snapshot)
        return ERROR_NOT_ENOUGH_MEMORY;
    snapshot->magic = SNAPSHOT_MAGIC;
    snapshot->references = 1;
    snapshot->flags = CaptureFlags;
    snapshot->memory = memory;
    snapshot->regions.element_size = sizeof(struct snapshot_region);
    snapshot->handles.element_size = sizeof(struct snapshot_handle);
    snapshot->threads.element_size = sizeof(struct snapshot_thread);
    snapshot->texts.element_size = sizeof(WCHAR);

    error = capture_all(snapshot, ProcessHandle);
    if (error) {
        destroy(snapshot);
        return error;
    }
    *SnapshotHandle = (HPSS)snapshot;
    return ERROR_SUCCESS;
}

/* The answer of each class of PssQuerySnapshot. Rule: its page. "Was not captured" is
   ERROR_NOT_FOUND and is checked before the length; the order is not documented. */
union query_answer {
    PSS_AUXILIARY_PAGES_INFORMATION auxiliary_pages;
    PSS_VA_SPACE_INFORMATION va_space;
    PSS_HANDLE_INFORMATION handles;
    PSS_THREAD_INFORMATION threads;
};

DWORD WINAPI PssQuerySnapshot(HPSS SnapshotHandle, PSS_QUERY_INFORMATION_CLASS InformationClass,
                              void *Buffer, DWORD BufferLength)
{
    const struct snapshot_system *system = snapshot_system();
    struct snapshot *snapshot;
    union query_answer answer;
    const void *found = &answer;
    DWORD needed_flag = 0;
    size_t size;

    if (system)
        return system->query(SnapshotHandle, InformationClass, Buffer, BufferLength);

    snapshot = snapshot_from_handle(SnapshotHandle);
    if (!snapshot)
        return ERROR_INVALID_HANDLE;
    memset(&answer, 0, sizeof(answer));
    switch (InformationClass) {
    case PSS_QUERY_PROCESS_INFORMATION:
        found = &snapshot->process;
        size = sizeof(snapshot->process);
        break;
    case PSS_QUERY_VA_SPACE_INFORMATION:
        needed_flag = PSS_CAPTURE_VA_SPACE;
        answer.va_space.RegionCount = (DWORD)snapshot->regions.count;
        size = sizeof(answer.va_space);
        break;
    case PSS_QUERY_HANDLE_INFORMATION:
        needed_flag = PSS_CAPTURE_HANDLES;
        answer.handles.HandlesCaptured = (DWORD)snapshot->handles.count;
        size = sizeof(answer.handles);
        break;
    case PSS_QUERY_THREAD_INFORMATION:
        needed_flag = PSS_CAPTURE_THREADS;
        answer.threads.ThreadsCaptured = (DWORD)snapshot->threads.count;
        size = sizeof(answer.threads);
        break;
    case PSS_QUERY_PERFORMANCE_COUNTERS:
        needed_flag = PSS_CREATE_MEASURE_PERFORMANCE;
        found = &snapshot->performance;
        size = sizeof(snapshot->performance);
        break;
    case PSS_QUERY_VA_CLONE_INFORMATION:
    case PSS_QUERY_AUXILIARY_PAGES_INFORMATION:
    case PSS_QUERY_HANDLE_TRACE_INFORMATION:
        return ERROR_NOT_FOUND; /* the emulation cannot capture them */
    default:
        return ERROR_INVALID_PARAMETER;
    }
    if (needed_flag && !(snapshot->flags & needed_flag))
        return ERROR_NOT_FOUND;
    if (BufferLength != size)
        return ERROR_BAD_LENGTH;
    if (!Buffer)
        return ERROR_INVALID_PARAMETER;
    memcpy(Buffer, found, size);
    return ERROR_SUCCESS;
}

DWORD WINAPI PssDuplicateSnapshot(HANDLE SourceProcessHandle, HPSS SnapshotHandle,
                                  HANDLE TargetProcessHandle, HPSS *TargetSnapshotHandle,
                                  PSS_DUPLICATE_FLAGS Flags)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->duplicate(SourceProcessHandle, SnapshotHandle, TargetProcessHandle,
                                 TargetSnapshotHandle, Flags);

    if (!TargetSnapshotHandle || ((DWORD)Flags & ~(DWORD)PSS_DUPLICATE_CLOSE_SOURCE))
        return ERROR_INVALID_PARAMETER;
    *TargetSnapshotHandle = NULL;
    if (!SourceProcessHandle || !TargetProcessHandle)
        return ERROR_INVALID_HANDLE;
    /* An emulated snapshot is memory of this process and cannot be duplicated into another one. */
    if (!snapshot_system_is_own_process(SourceProcessHandle) ||
        !snapshot_system_is_own_process(TargetProcessHandle))
        return ERROR_NOT_SUPPORTED;
    struct snapshot *snapshot = snapshot_from_handle(SnapshotHandle);
    if (!snapshot)
        return ERROR_INVALID_HANDLE;
    if (!(Flags & PSS_DUPLICATE_CLOSE_SOURCE))
        __atomic_add_fetch(&snapshot->references, 1, __ATOMIC_RELAXED);
    *TargetSnapshotHandle = SnapshotHandle;
    return ERROR_SUCCESS;
}

DWORD WINAPI PssFreeSnapshot(HANDLE ProcessHandle, HPSS SnapshotHandle)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->free(ProcessHandle, SnapshotHandle);

    if (!ProcessHandle)
        return ERROR_INVALID_HANDLE;
    /* It must be the process that contains the snapshot, not the captured process: a common
       mistake. */
    if (!snapshot_system_is_own_process(ProcessHandle))
        return ERROR_NOT_SUPPORTED;
    struct snapshot *snapshot = snapshot_from_handle(SnapshotHandle);
    if (!snapshot)
        return ERROR_INVALID_HANDLE;
    if (__atomic_sub_fetch(&snapshot->references, 1, __ATOMIC_ACQ_REL) == 0)
        destroy(snapshot);
    return ERROR_SUCCESS;
}
