/* SPDX-License-Identifier: MIT
 *
 * Who did what was counted as unmatched: frees of unknown blocks, second frees, frees with a wrong
 * size, allocations at addresses in use. Like ones of one call site are one entry. There is room
 * for about FAULT_COUNT entries in the process; those beyond are counted only.
 *
 * Nothing here takes a lock or memory, so every event may call it.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULT_COUNT 1024u

enum fault_kind {
    FAULT_UNKNOWN_FREE = 1, /* freed or resized, and not known */
    FAULT_SECOND_FREE,      /* the same, and the last that was known of it is its free */
    FAULT_WRONG_SIZE,       /* freed with another size than it was allocated with */
    FAULT_MISSED_FREE,      /* allocated where a block was in use */
    FAULT_KINDS
};

struct fault {
    _Alignas(8) _Atomic uint64_t key; /* hash of what makes it one entry; 0: free */
    _Alignas(8) _Atomic uint64_t count;
    _Atomic uint32_t kind;                   /* enum fault_kind; 0: being filled in. Written last */
    _Atomic uint32_t heap;                   /* its number */
    _Alignas(8) _Atomic uint64_t site;       /* return address of who did it */
    _Alignas(8) _Atomic uint64_t first_site; /* of the first free, or the lost block; 0: unknown */
    _Alignas(8) _Atomic uint64_t address;    /* of the first such block */
};

struct fault_table {
    _Alignas(8) _Atomic uint64_t dropped; /* faults that had no room */
    struct fault faults[FAULT_COUNT];
};

/** Add one. */
void faults_add(enum fault_kind kind, uint32_t heap, uintptr_t address, uintptr_t site,
                uintptr_t first_site);

/** Remember that a block was freed, so that its second free is known as one. */
void faults_note_free(uint32_t heap, uintptr_t address, uintptr_t site);

/**
 * A free of a block that is not known: added as a second free if it was noted, else as unknown.
 */
void faults_add_unknown(uint32_t heap, uintptr_t address, uintptr_t site);

/** The table of this process. */
const struct fault_table *faults_location(void);

#endif /* FAULTS_H */
