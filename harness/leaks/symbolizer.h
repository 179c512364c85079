/* SPDX-License-Identifier: MIT
 *
 * Names of functions and lines for return addresses, through addr2line where there is one.
 */
#ifndef SYMBOLIZER_H
#define SYMBOLIZER_H

#include <stddef.h>
#include <stdint.h>

/** Offsets that one call takes. */
#define SYMBOLIZER_LIMIT 512u

/**
 * Look up return addresses in a program or library.
 *
 * @param path     of the file, ELF or PE
 * @param offsets  from where the file's first byte is loaded; at most SYMBOLIZER_LIMIT
 * @param found    called for each that has a name, "function (file:line)" or "function"
 */
void symbolizer_look_up(const char *path, const uint64_t *offsets, size_t count,
                        void (*found)(void *context, size_t index, const char *symbol),
                        void *context);

#endif /* SYMBOLIZER_H */
