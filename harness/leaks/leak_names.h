/* SPDX-License-Identifier: MIT
 *
 * Names of functions for the places in a snapshot, module by module: see module_names.h.
 */
#ifndef LEAK_NAMES_H
#define LEAK_NAMES_H

#include "leak_snapshot.h"

/**
 * Find names for the places without a name, as far as possible. For functions that were inlined at a place
 * of a stack, places are added to the stack.
 *
 * @param folder  where modules and their maps are looked for first, by their names without folders,
 *                for snapshots of other computers; NULL: only at the paths in the snapshot
 */
void leak_names_find(struct leak_snapshot *snapshot, const char *folder);

#endif /* LEAK_NAMES_H */
