/* SPDX-License-Identifier: MIT
 *
 * The causes of unmatched events: frees of unknown blocks, second frees, frees with a wrong size,
 * allocations at addresses in use. Equal faults of one call site are one entry. The process has
 * about FAULT_COUNT entries; further faults are only counted.
 *
 * Nothing here takes a lock or memory, so every event may call it.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULT_COUNT 1024u /* entries; chosen: a longer list of faults helps no reader */

enum fault_kind {
    FAULT_UNKNOWN_FREE = 1, /* an unknown block was freed or resized */
    FAULT_SECOND_FREE,      /* the same, and the last known event of the block is its free */
    FAULT_WRONG_SIZE,       /* freed with another size than that of its allocation */
    FAULT_MISSED_FREE,      /* allocated at the address of a block in use */
    FAULT_KINDS
};

struct fault {
    /* hash of everything that makes it one entry; 0: the entry is free */
    _Alignas(8) _Atomic uint64_t key;
    _Alignas(8) _Atomic uint64_t count;
    _Atomic uint32_t kind;                   /* enum fault_kind; 0: being filled in. Written last */
    _Atomic uint32_t heap;                   /* number of the heap */
    _Alignas(8) _Atomic uint64_t site;       /* return address of the faulty call */
    _Alignas(8) _Atomic uint64_t first_site; /* of the first free, or of the lost block's
                                                allocation; 0: unknown */
    _Alignas(8) _Atomic uint64_t address;    /* of the first such block */
};

struct fault_table {
    _Alignas(8) _Atomic uint64_t dropped; /* faults for which there was no space */
    struct fault faults[FAULT_COUNT];
};

/** Add a fault. */
void faults_add(enum fault_kind kind, uint32_t heap, uintptr_t address, uintptr_t site,
                uintptr_t first_site);

/** Remember that a block was freed, so that a second free is recognised. */
void faults_note_free(uint32_t heap, uintptr_t address, uintptr_t site);

/**
 * Add a free of an unknown block: as a second free if the first was noted, otherwise as an unknown
 * free.
 */
void faults_add_unknown(uint32_t heap, uintptr_t address, uintptr_t site);

/** The table of this process. */
const struct fault_table *faults_location(void);

#endif /* FAULTS_H */
