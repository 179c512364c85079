/* SPDX-License-Identifier: MIT
 *
 * A folder for this test as $HEAPCTRS_DIR, so that tests that run at the same time do not see each
 * other's regions. It is created before main and removed when the process ends.
 */
#ifndef REGION_FOLDER_H
#define REGION_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

#include "os.h"

static char region_folder[OS_PATH_SIZE];
static uint32_t region_folder_owner; /* the process that removes it: a forked child must not */

/* Runs after the tracker's own end, which removes the process's region. */
__attribute__((destructor(200))) static void region_folder_remove(void)
{
    struct os_directory directory;
    char name[512], path[OS_PATH_SIZE + 600];

    if (region_folder_owner != os_process_id())
        return;
    if (os_directory_open(&directory, region_folder) == ERROR_SUCCESS) {
        while (os_directory_next(&directory, name, sizeof(name)) == ERROR_SUCCESS) {
            snprintf(path, sizeof(path), "%s/%s", region_folder, name);
            os_file_remove(path);
        }
        os_directory_close(&directory);
    }
    os_directory_remove(region_folder);
}

__attribute__((constructor(200))) static void region_folder_make(void)
{
    char base[OS_PATH_SIZE / 2];

    if (os_environment("TMPDIR", base, sizeof(base)) && os_environment("TEMP", base, sizeof(base)))
        snprintf(base, sizeof(base), "/tmp");
    snprintf(region_folder, sizeof(region_folder), "%s/regions-%lu-%llx", base,
             (unsigned long)os_process_id(), (unsigned long long)os_clock_ticks());
    if (os_directory_make(region_folder) || os_environment_set("HEAPCTRS_DIR", region_folder)) {
        fprintf(stderr, "no folder %s for regions\n", region_folder);
        exit(2);
    }
    region_folder_owner = os_process_id();
}

#endif /* REGION_FOLDER_H */
