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

/** Whether a library is for processes of 32 or 64 bits; 0 if the file does not say. */
int symbol_file_bits(const char *path);

#endif /* SYMBOL_FILE_H */
