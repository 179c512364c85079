/* SPDX-License-Identifier: MIT
 *
 * The structure of a process snapshot. snapshot.c owns it, the snapshot_<class>_* files fill it,
 * one pair for each class of information, and walk_marker.c returns its entries. processsnapshot.h
 * is the public interface.
 *
 * A snapshot never changes after its capture, so any number of markers may walk it at once.
 */
#ifndef SNAPSHOT_PARTS_H
#define SNAPSHOT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "processsnapshot.h"
#include "snapshot_array.h"

#define SNAPSHOT_MAGIC 0x50737053u
#define MARKER_MAGIC 0x4D737350u

/** One entry of each class, and the texts that its pointers will point at. */
struct snapshot_region {
    PSS_VA_SPACE_ENTRY entry; /* MappedFileName is NULL here */
    struct snapshot_text file_name;
};

struct snapshot_handle {
    PSS_HANDLE_ENTRY entry; /* TypeName and ObjectName are NULL here */
    struct snapshot_text type_name;
    struct snapshot_text object_name;
};

struct snapshot_thread {
    PSS_THREAD_ENTRY entry;
};

struct snapshot {
    uint32_t magic;      /* SNAPSHOT_MAGIC; another number after it is freed */
    uint32_t references; /* atomic; PssDuplicateSnapshot within the process adds one */
    PSS_CAPTURE_FLAGS flags;
    struct snapshot_memory memory;
    PSS_PROCESS_INFORMATION process;
    PSS_PERFORMANCE_COUNTERS performance;
    struct snapshot_array regions; /* struct snapshot_region, by address */
    struct snapshot_array handles; /* struct snapshot_handle, by value */
    struct snapshot_array threads; /* struct snapshot_thread, by id */
    struct snapshot_array texts;   /* WCHAR */
};

/** The snapshot of a handle, or NULL if the handle is not a snapshot. */
struct snapshot *snapshot_from_handle(HPSS handle);

/* ---- capture: one pair of files for each, snapshot_<class>_posix.c and _win.c ------------- */

/** Flags of PssCaptureSnapshot that this system cannot honour. */
PSS_CAPTURE_FLAGS snapshot_system_unsupported_flags(void);

/**
 * Capture one class of information of a process.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_HANDLE: the process does not exist or has ended;
 *         ERROR_ACCESS_DENIED; ERROR_NOT_ENOUGH_MEMORY; ERROR_READ_FAULT. After an error the caller
 *         releases the elements that were already added.
 */
DWORD snapshot_process_capture(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_regions_capture(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_handles_capture(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_threads_capture(struct snapshot *snapshot, HANDLE process);

/**
 * Check that the process still runs. If it ends during the capture, the captured data are
 * incomplete.
 *
 * @return ERROR_SUCCESS, also if it is unknown; ERROR_INVALID_HANDLE: it has ended
 */
DWORD snapshot_process_check_alive(HANDLE process);

/** Whether the handle means this process. */
bool snapshot_system_is_own_process(HANDLE process);

/* ---- the system's own functions ------------------------------------------------------------ */

/** kernel32's ten functions. */
struct snapshot_system {
    DWORD(WINAPI *capture)(HANDLE, PSS_CAPTURE_FLAGS, DWORD, HPSS *);
    DWORD(WINAPI *free)(HANDLE, HPSS);
    DWORD(WINAPI *query)(HPSS, PSS_QUERY_INFORMATION_CLASS, void *, DWORD);
    DWORD(WINAPI *walk)(HPSS, PSS_WALK_INFORMATION_CLASS, HPSSWALK, void *, DWORD);
    DWORD(WINAPI *duplicate)(HANDLE, HPSS, HANDLE, HPSS *, PSS_DUPLICATE_FLAGS);
    DWORD(WINAPI *marker_create)(const PSS_ALLOCATOR *, HPSSWALK *);
    DWORD(WINAPI *marker_free)(HPSSWALK);
    DWORD(WINAPI *marker_get_position)(HPSSWALK, ULONG_PTR *);
    DWORD(WINAPI *marker_set_position)(HPSSWALK, ULONG_PTR);
    DWORD(WINAPI *marker_seek_to_beginning)(HPSSWALK);
};

/**
 * The system's functions, looked up once. NULL if one of them is missing, as under Wine 8.0 and
 * before Windows 8.1. Some of the system's functions cannot be combined with the emulation, because
 * their handles differ.
 */
const struct snapshot_system *snapshot_system(void);

#endif /* SNAPSHOT_PARTS_H */
