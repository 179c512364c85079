/* SPDX-License-Identifier: MIT
 *
 * Names of functions for the places in a snapshot: through addr2line where there is one, for ELF
 * and PE files, and out of the linker's map beside a module.
 */
#ifndef LEAK_NAMES_H
#define LEAK_NAMES_H

#include "leak_snapshot.h"

/**
 * Find names for those places that have none, as far as they can be had.
 *
 * @param folder  where modules and their maps are looked for first, by their names without folders:
 *                for snapshots of other computers; NULL: only where the snapshot says
 */
void leak_names_find(struct leak_snapshot *snapshot, const char *folder);

#endif /* LEAK_NAMES_H */
