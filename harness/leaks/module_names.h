/* SPDX-License-Identifier: MIT
 *
 * Names of functions for return addresses in one program or library: from its debug information through
 * symbolizer.h, from the linker's map beside it, or from its symbol table.
 */
#ifndef MODULE_NAMES_H
#define MODULE_NAMES_H

#include "symbolizer.h"

/**
 * Find names, as far as possible.
 *
 * @param path     of the module
 * @param folder   where the module and its map are looked for first, by the name without folders, for
 *                 snapshots of other computers; NULL: only at the path
 * @param offsets  from the address of the module's first byte
 * @param found    called for each name; the names of one address follow each other
 */
void module_names_find(const char *path, const char *folder, const uint64_t *offsets, size_t count,
                       symbolizer_found *found, void *context);

#endif /* MODULE_NAMES_H */
