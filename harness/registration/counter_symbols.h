/* SPDX-License-Identifier: MIT
 *
 * The symbol file of an .ini file: lines `#define SYMBOL offset`, where the offset is the place of
 * a title among its service's indices: 0, 2, 4, ... Every other line is passed over, as are
 * comments, and whatever follows the number.
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
 * Parse.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: one symbol with two offsets, or an offset that does
 *         not fit 32 bits; ERROR_NOT_ENOUGH_MEMORY. On failure *symbols is untouched
 */
DWORD counter_symbols_parse(const struct reg_text *text, const char *path,
                            struct counter_symbols *symbols, struct registration_error *error);

/** Read and parse; errors of reg_text_read too. */
DWORD counter_symbols_read(const char *path, struct counter_symbols *symbols,
                           struct registration_error *error);

/** The symbol of a name of `length` bytes, ASCII letters of both cases being the same; NULL. */
const struct counter_symbol *counter_symbols_find(const struct counter_symbols *symbols,
                                                  const char *name, size_t length);

/** Free all; a zeroed one is allowed. */
void counter_symbols_release(struct counter_symbols *symbols);

#endif /* COUNTER_SYMBOLS_H */
