/* SPDX-License-Identifier: MIT
 *
 * Finds the private file of a process in the directories of regions: see os_private.h.
 */
#include "os_private.h"

#include <string.h>

/* Files of one directory that are examined for one process. It has one; a file that a dead process
   with the same id left may be there, too. */
#define CANDIDATES 16

static bool is_private_name(const char *name, uint32_t process_id)
{
    const size_t length = strlen(name), suffix = strlen(OS_REGION_PRIVATE_SUFFIX);

    return name[0] != '.' && length > suffix &&
           strcmp(name + length - suffix, OS_REGION_PRIVATE_SUFFIX) == 0 &&
           os_region_name_process_id(name) == process_id;
}

static DWORD search(struct os_region_source *source, const char *path, uint32_t process_id)
{
    struct os_directory directory;
    char name[256];
    DWORD result = ERROR_FILE_NOT_FOUND;
    unsigned candidates = 0;

    if (os_directory_open(&directory, path))
        return result;
    while (result && candidates < CANDIDATES && !os_directory_next(&directory, name, sizeof(name)))
        if (is_private_name(name, process_id)) {
            DWORD error = os_private_open_file(source, path, name, process_id);
            candidates++;
            if (error == ERROR_SUCCESS || error == ERROR_ACCESS_DENIED)
                result = error;
        }
    os_directory_close(&directory);
    return result;
}

DWORD os_private_open(struct os_region_source *source, uint32_t process_id)
{
    struct os_region_places places;
    struct os_region_place place;
    DWORD result = ERROR_FILE_NOT_FOUND, error;

    if (os_region_places_open(&places))
        return result;
    while (result != ERROR_SUCCESS &&
           (error = os_region_places_next(&places, &place)) != ERROR_NO_MORE_FILES)
        if (error == ERROR_SUCCESS) {
            DWORD found = search(source, place.path, process_id);
            if (found != ERROR_FILE_NOT_FOUND)
                result = found;
        }
    os_region_places_close(&places);
    return result;
}
