/* SPDX-License-Identifier: MIT
 *
 * Names of functions for the places in a snapshot: through addr2line where it is installed, for ELF
 * and PE files, and from the linker's map beside a module.
 */
#ifndef LEAK_NAMES_H
#define LEAK_NAMES_H

#include "leak_snapshot.h"

/**
 * Find names for the places that have none, as far as possible.
 *
 * @param folder  where modules and their maps are looked for first, by their names without folders,
 *                for snapshots of other computers; NULL: only at the paths in the snapshot
 */
void leak_names_find(struct leak_snapshot *snapshot, const char *folder);

#endif /* LEAK_NAMES_H */
