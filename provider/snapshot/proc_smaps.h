/* SPDX-License-Identifier: MIT
 *
 * The kinds of a process's mappings, from the text of /proc/PID/smaps: text only, no system calls.
 */
#ifndef PROC_SMAPS_H
#define PROC_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kinds of mappings. */
enum memory_kind {
    MEMORY_HEAP,   /* the heap of brk; see is_heap_known */
    MEMORY_ARENA,  /* memory that has the form of glibc's further arenas */
    MEMORY_MMAP,   /* other anonymous memory */
    MEMORY_STACK,  /* stacks of threads */
    MEMORY_FILE,   /* files, programs and libraries with their data */
    MEMORY_SHARED, /* shared memory */
    MEMORY_OWN,    /* region files of ours */
    MEMORY_OTHER,
    MEMORY_KIND_COUNT
};

struct memory_kinds {
    uint64_t resident[MEMORY_KIND_COUNT]; /* bytes */
    uint64_t size[MEMORY_KIND_COUNT];     /* bytes of address space that can be written or read */
    uint64_t total;                       /* resident bytes of all kinds */
    uint64_t huge;                        /* of them in transparent huge pages */
    uint64_t swapped;
    bool is_heap_known; /* false: the system does not report heaps; MEMORY_MMAP contains them */
    uint64_t mmap_gib;  /* aligned GiB of addresses in which MEMORY_MMAP is */
};

/** Add up the mappings in the text. Lines of another form are skipped. */
void proc_smaps_parse(const char *text, size_t size, struct memory_kinds *kinds);

#endif /* PROC_SMAPS_H */
