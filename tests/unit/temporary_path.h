/* SPDX-License-Identifier: MIT
 *
 * The path of a file that one unit test writes and removes.
 */
#ifndef TEMPORARY_PATH_H
#define TEMPORARY_PATH_H

#include <stdio.h>
#include <string.h>

#include "os.h"

/** A path in the system's temporary folder, different in each process. Owned by this function. */
static inline const char *temporary_path(const char *name)
{
    static char path[OS_PATH_SIZE + 128];
    char folder[OS_PATH_SIZE];

    if (os_environment("TMPDIR", folder, sizeof(folder)) &&
        os_environment("TEMP", folder, sizeof(folder)))
        strcpy(folder, "/tmp");
    snprintf(path, sizeof(path), "%s/%.64s-%u", folder, name, (unsigned)os_process_id());
    return path;
}

#endif /* TEMPORARY_PATH_H */
