/* SPDX-License-Identifier: MIT
 *
 * Where the memory of a process is, as the system reports it: resident, private, shared and swapped bytes,
 * the kinds of its mappings, huge pages, and what its control group may use. What a system does not report
 * is unknown, and 0.
 *
 * process_memory_posix.c reads /proc and the control groups; process_memory_win.c calls GetProcessMemoryInfo,
 * QueryWorkingSet, QueryWorkingSetEx, VirtualQueryEx and QueryInformationJobObject.
 */
#ifndef PROCESS_MEMORY_H
#define PROCESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc_smaps.h"
#include "wintypes.h"

/** Bits of process_memory.known. */
enum process_memory_bit {
    PROCESS_MEMORY_RESIDENT = 1,
    PROCESS_MEMORY_PRIVATE = 2, /* private_bytes and shared_bytes */
    PROCESS_MEMORY_SWAPPED = 4,
    PROCESS_MEMORY_HUGE = 8,
    PROCESS_MEMORY_GROUP = 16, /* group_usage */
    PROCESS_MEMORY_LIMIT = 32, /* group_limit: there is one */
};

struct process_memory {
    uint32_t known; /* PROCESS_MEMORY_... */
    uint64_t resident_bytes;
    uint64_t private_bytes; /* resident, in no other process */
    uint64_t shared_bytes;  /* resident, and may be in others */
    uint64_t swapped_bytes; /* not resident, in swap */
    uint64_t huge_bytes;    /* resident, in transparent huge pages */
    uint64_t group_usage;   /* of its control group */
    uint64_t
        group_limit; /* the lowest of it and of the groups above; on Windows of committed bytes, by its job */
};

/**
 * Read it.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_HANDLE: the process has ended; ERROR_ACCESS_DENIED; another error:
 *         the system could not say
 */
DWORD process_memory_read(uint32_t process_id, struct process_memory *memory);

/** Read the kinds of a process's mappings. As process_memory_read; ERROR_NOT_SUPPORTED: not here. */
DWORD process_memory_read_kinds(uint32_t process_id, struct memory_kinds *kinds);

#endif /* PROCESS_MEMORY_H */
