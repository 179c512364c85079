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

/** The longest name that is read, in bytes; our own choice. */
#define IMAGE_NAME_LIMIT 1023

struct image_symbol {
    struct span name;   /* from the first byte of the name to the end of its section */
    uint64_t address;   /* PE: from the base of the image; ELF: as in the file */
    bool is_function;   /* code that is defined in this file */
    bool is_fixed_name; /* the name fills `name` if no terminator ends it before */
};

/**
 * The name of a symbol.
 *
 * @param name  receives its address in the file; changed only on success
 * @return bytes without the terminator, at most IMAGE_NAME_LIMIT; 0 if the symbol has no name, or
 *         if the name is not terminated or too long
 */
size_t image_symbol_name(const struct image_symbol *symbol, const char **name);

#endif /* IMAGE_SYMBOL_H */
