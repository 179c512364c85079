/* SPDX-License-Identifier: MIT
 *
 * A symbol of a PE or ELF file, and its name.
 */
#ifndef IMAGE_SYMBOL_H
#define IMAGE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

/** Bytes of the longest name that is read. */
#define IMAGE_NAME_LIMIT 1023

struct image_symbol {
    struct span name;   /* from the first byte of the name to the end of what may hold it */
    uint64_t address;   /* PE: from the base of the image; ELF: as in the file */
    bool is_function;   /* code that is defined in this file */
    bool is_fixed_name; /* the name fills `name` if no terminator ends it before */
};

/**
 * The name of a symbol.
 *
 * @param name  receives where it is in the file; changed only if there is one
 * @return bytes without the terminator, at most IMAGE_NAME_LIMIT; 0 if the symbol has no name, or
 * one that is not terminated or is too long
 */
size_t image_symbol_name(const struct image_symbol *symbol, const char **name);

#endif /* IMAGE_SYMBOL_H */
