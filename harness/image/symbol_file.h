/* SPDX-License-Identifier: MIT
 *
 * Finds the function of a library that contains an address, in the library's file: ELF symbol
 * tables, PE exports and COFF symbols, on every system. The file is hostile.
 */
#ifndef SYMBOL_FILE_H
#define SYMBOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Find the nearest function symbol at or below an address.
 *
 * @param path           an ELF or PE library or program
 * @param module_offset  the address minus the base at which the library is loaded
 * @param symbol         receives the name, cut if it does not fit
 * @param symbol_offset  receives the address minus the symbol's address
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND: there is no symbol below it; ERROR_BAD_EXE_FORMAT; errors
 *         of os_file_read_all. Outputs are changed only on success.
 */
DWORD symbol_file_find(const char *path, uint64_t module_offset, char *symbol, size_t size,
                       uint64_t *symbol_offset);

/** A function that contains an address. */
struct symbol_file_place {
    char symbol[64]; /* cut if it does not fit; may be "" */
    uint64_t begin;  /* of the function, from the base */
};

/**
 * Find the functions of several addresses, as symbol_file_find does.
 *
 * @param places  receives one for each address; all without a symbol if the file cannot be read
 */
void symbol_file_find_all(const char *path, const uint64_t *module_offsets, size_t count,
                          struct symbol_file_place *places);

/** Whether a library is for processes of 32 or 64 bits; 0 if the file does not say. */
int symbol_file_bits(const char *path);

#endif /* SYMBOL_FILE_H */
