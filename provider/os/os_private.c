/* SPDX-License-Identifier: MIT
 *
 * Finds the private file of a process in the directories of regions: see os_private.h.
 */
#include "os_private.h"

#include <string.h>

static bool is_private_name(const char *name, uint32_t process_id)
{
    const size_t length = strlen(name), suffix = strlen(OS_REGION_PRIVATE_SUFFIX);

    return name[0] != '.' && length > suffix &&
           strcmp(name + length - suffix, OS_REGION_PRIVATE_SUFFIX) == 0 &&
           os_region_name_process_id(name) == process_id;
}

/* Of several results, a file is better than an error, and "could not ask" is better than "no". */
static DWORD better(DWORD one, DWORD other)
{
    static const DWORD certain[] = { ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_NOT_FOUND };
    size_t rank_of_one = 0, rank_of_other = 0;

    while (rank_of_one < sizeof(certain) / sizeof(*certain) && certain[rank_of_one] != one)
        rank_of_one++;
    while (rank_of_other < sizeof(certain) / sizeof(*certain) && certain[rank_of_other] != other)
        rank_of_other++;
    return rank_of_other > rank_of_one ? other : one;
}

static DWORD try_file(struct os_region_source *source, const char *path, const char *name,
                      uint32_t process_id, os_private_check *check)
{
    struct os_region_source found;
    DWORD error = os_private_open_file(&found, path, name);

    if (error)
        return error;
    error = check(&found, process_id);
    if (!error && !os_region_is_of(&found, process_id))
        error = ERROR_FILE_NOT_FOUND;
    if (error)
        os_region_close(&found);
    else
        *source = found;
    return error;
}

/* All files of the process id are tried: others than its own may have it, of processes of other namespaces, of
   dead processes, and in a shared directory of other users. */
static DWORD search(struct os_region_source *source, const char *path, uint32_t process_id,
                    os_private_check *check)
{
    struct os_directory directory;
    char name[OS_NAME_SIZE];
    DWORD result = ERROR_FILE_NOT_FOUND;
    DWORD error = os_directory_open(&directory, path);

    if (error == ERROR_ACCESS_DENIED || error == ERROR_PATH_NOT_FOUND)
        return result;
    if (error)
        return error;
    while (result && !(error = os_directory_next(&directory, name, sizeof(name))))
        if (is_private_name(name, process_id)) {
            error = try_file(source, path, name, process_id, check);
            result = error ? better(result, error) : ERROR_SUCCESS;
        }
    os_directory_close(&directory);
    /* Both are 0 if the file was found. */
    return error == ERROR_NO_MORE_FILES ? result : better(result, error);
}

DWORD os_private_open(struct os_region_source *source, uint32_t process_id, os_private_check *check)
{
    struct os_region_places places;
    struct os_region_place place;
    DWORD result = ERROR_FILE_NOT_FOUND;
    DWORD error = os_region_places_open(&places);

    if (error)
        return error;
    while (result && (error = os_region_places_next(&places, &place)) != ERROR_NO_MORE_FILES) {
        if (error == ERROR_ACCESS_DENIED)
            continue; /* the directory is not trusted */
        if (!error)
            error = search(source, place.path, process_id, check);
        result = error ? better(result, error) : ERROR_SUCCESS;
    }
    os_region_places_close(&places);
    return result;
}
