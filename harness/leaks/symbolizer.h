/* SPDX-License-Identifier: MIT
 *
 * Names of functions and lines for return addresses: on Linux from llvm-symbolizer or addr2line if one is
 * installed, on Windows from DWARF, PDB files and maps.
 */
#ifndef SYMBOLIZER_H
#define SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Receives one name of an address: "function (file:line)" or "function". An address in an inlined function
 * has several names, which follow each other: the innermost function, then those into which it is inlined.
 *
 * @param index  of the address in the array of the call
 */
typedef void symbolizer_found(void *context, size_t index, const char *symbol);

/**
 * Look up return addresses in a program or library. One process answers for all of them, so a caller
 * passes all addresses of a module at once.
 *
 * @param path     of the file, ELF or PE
 * @param offsets  from the address of the file's first byte
 * @return whether the file's symbol table was used too, so that it has no further names
 */
bool symbolizer_look_up(const char *path, const uint64_t *offsets, size_t count,
                        symbolizer_found *found, void *context);

/** A place in the source. */
struct symbolizer_place {
    char function[256]; /* "" if unknown */
    char file[512];     /* as it was passed to the compiler, or with its folder; "" if unknown */
    unsigned line;      /* from 1; 0 if unknown */
};

/**
 * Find the place of one address.
 *
 * @param offset  of the instruction, from the address of the file's first byte; for a return
 *                address, one less
 * @return false if nothing is known; *place is unchanged
 */
bool symbolizer_find_place(const char *path, uint64_t offset, struct symbolizer_place *place);

/**
 * On Windows, a program that looks up places starts itself again. It must call this first in
 * main().
 *
 * @param status  receives the exit status for main() if the result is true
 * @return true if this process was started for that and its work is done
 */
bool symbolizer_main(int argc, char **argv, int *status);

#endif /* SYMBOLIZER_H */
