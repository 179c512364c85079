/* SPDX-License-Identifier: MIT
 *
 * How to get from a function's frame to its caller's, according to .eh_frame, on x86-64: one row of
 * the table that the compiler wrote. Everything is read inside one window of memory, a loaded
 * object, and nothing in it is trusted: damaged tables give no row.
 */
#ifndef EH_FRAME_H
#define EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/** The memory of an object, readable from `begin` to `end`. */
struct eh_window {
    uintptr_t begin, end;
};

/**
 * A row: the caller's stack pointer is a register plus an offset, and the return address is below
 * it. Any other rule gives no row, and ends a walk.
 */
struct eh_row {
    bool is_of_rbp;     /* the register: rbp; otherwise rsp */
    int32_t cfa_offset; /* bytes */
    /* offset of the caller's rbp from its stack pointer; 0: it is still in rbp */
    int32_t rbp_offset;
};

/**
 * Find the row of an address.
 *
 * @param header  address of the object's .eh_frame_hdr
 * @param pc      the address
 * @return false if there is no row, or it does not have that form
 */
bool eh_frame_find(const struct eh_window *window, uintptr_t header, uintptr_t pc,
                   struct eh_row *row);

#endif /* EH_FRAME_H */
