/* SPDX-License-Identifier: MIT
 *
 * How to get from a function's frame to its caller's, as .eh_frame says it, on x86-64: one row of the
 * table that the compiler wrote. Everything is read inside one window of memory, a loaded object, and
 * nothing in it is trusted: damaged tables give no row.
 */
#ifndef EH_FRAME_H
#define EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/** The memory of an object, readable from `begin` to `end`. */
struct eh_window {
    uintptr_t begin, end;
};

/** A row: the caller's stack pointer is a register plus an offset, and the return address is below
    it. Anything else is no row, and ends a walk. */
struct eh_row {
    bool is_of_rbp;     /* the register: rbp, or else rsp */
    int32_t cfa_offset; /* bytes */
    int32_t rbp_offset; /* where the caller's rbp is, from its stack pointer; 0: still in rbp */
};

/**
 * Find the row of an address.
 *
 * @param header  address of the object's .eh_frame_hdr
 * @param pc      the address
 * @return false: there is none, or it is not of that form
 */
bool eh_frame_find(const struct eh_window *window, uintptr_t header, uintptr_t pc,
                   struct eh_row *row);

#endif /* EH_FRAME_H */
