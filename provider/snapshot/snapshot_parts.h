/* SPDX-License-Identifier: MIT
 *
 * Inside a process snapshot: what snapshot.c keeps, walk_marker.c hands out, and the capture_*
 * files fill, one for each class of information. The public side is processsnapshot.h.
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

/** One entry of each class and the texts that its pointers will point at. */
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
    uint32_t magic;      /* SNAPSHOT_MAGIC; something else once freed */
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

/** The snapshot behind a handle, or NULL when it is none. */
struct snapshot *snapshot_from_handle(HPSS handle);

/* ---- capture: one pair of files for each, snapshot_<class>_posix.c and _win.c ------------- */

/** Flags of PssCaptureSnapshot that this system cannot honour. */
PSS_CAPTURE_FLAGS snapshot_unsupported_flags(void);

/**
 * Fill one class of information of the process behind `process`.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_HANDLE when there is no such process (any more);
 *         ERROR_ACCESS_DENIED; ERROR_NOT_ENOUGH_MEMORY; ERROR_READ_FAULT. On failure what was
 *         added stays for the caller to release.
 */
DWORD snapshot_capture_process(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_capture_regions(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_capture_handles(struct snapshot *snapshot, HANDLE process);
DWORD snapshot_capture_threads(struct snapshot *snapshot, HANDLE process);

/**
 * Whether the process still runs: what was read of one that ends meanwhile is a ruin.
 *
 * @return ERROR_SUCCESS, also when that cannot be told; ERROR_INVALID_HANDLE: it has ended
 */
DWORD snapshot_check_alive(HANDLE process);

/** Whether the handle means this process. */
bool snapshot_is_own_process(HANDLE process);

/* ---- the system's own functions ------------------------------------------------------------ */

/** kernel32's ten functions, where all of them are there. */
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
 * The system's functions, looked up once; NULL where any of them is missing, as under Wine 8.0 and
 * before Windows 8.1: a partial set cannot be mixed with an emulation, the handles differ.
 */
const struct snapshot_system *snapshot_system(void);

#endif /* SNAPSHOT_PARTS_H */
