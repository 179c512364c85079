/* SPDX-License-Identifier: MIT
 *
 * The symbol file of an .ini file. It has lines `#define SYMBOL offset`. The offset is the position
 * of a title among its service's indices: 0, 2, 4, ... All other lines, comments, and text after
 * the number are ignored.
 */
#ifndef COUNTER_SYMBOLS_H
#define COUNTER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "reg_text.h"
#include "registration.h"

struct counter_symbol {
    char *name;
    uint32_t offset;
    size_t line; /* from 1 */
};

/** Zeroed, it is empty. */
struct counter_symbols {
    struct counter_symbol *symbols; /* sorted by name, without regard to ASCII case */
    size_t count;
};

/**
 * Parse a symbol file.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: a symbol has two offsets, or an offset does not fit
 *         32 bits; ERROR_NOT_ENOUGH_MEMORY. After an error *symbols is unchanged.
 */
DWORD counter_symbols_parse(const struct reg_text *text, const char *path,
                            struct counter_symbols *symbols, struct registration_error *error);

/** Read and parse a symbol file; also returns errors of reg_text_read. */
DWORD counter_symbols_read(const char *path, struct counter_symbols *symbols,
                           struct registration_error *error);

/** The symbol with a name of `length` bytes, ignoring the case of ASCII letters; or NULL. */
const struct counter_symbol *counter_symbols_find(const struct counter_symbols *symbols,
                                                  const char *name, size_t length);

/** Free all memory. A zeroed struct is allowed. */
void counter_symbols_release(struct counter_symbols *symbols);

#endif /* COUNTER_SYMBOLS_H */
