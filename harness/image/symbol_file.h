/* SPDX-License-Identifier: MIT
 *
 * Which function of a library an address belongs to, read from the library's file: ELF symbol
 * tables, PE exports and COFF symbols, on every system. The file is hostile until checked.
 */
#ifndef SYMBOL_FILE_H
#define SYMBOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * The nearest function symbol at or below an address.
 *
 * @param path           of an ELF or PE library or program
 * @param module_offset  address - base at which the library is loaded
 * @param symbol         receives the name, cut if it does not fit
 * @param symbol_offset  receives address - symbol
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND: no symbol below it; ERROR_BAD_EXE_FORMAT; errors of
 *         os_file_read_all. Outputs are changed only on success.
 */
DWORD symbol_file_find(const char *path, uint64_t module_offset, char *symbol, size_t size,
                       uint64_t *symbol_offset);

/** For processes of how many bits a library is: 32 or 64; 0 when the file does not tell. */
int symbol_file_bits(const char *path);

#endif /* SYMBOL_FILE_H */
