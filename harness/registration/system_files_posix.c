/* SPDX-License-Identifier: MIT
 *
 * system_files.h for other systems than Windows, on which packages install files.
 */
#include "system_files.h"

DWORD system_files_folder(bool for_32_bit, char *path, size_t size)
{
    (void)for_32_bit;
    (void)path;
    (void)size;
    return ERROR_NOT_SUPPORTED;
}

DWORD system_files_put(struct system_files *files, const char *source, const char *target)
{
    (void)files;
    (void)source;
    (void)target;
    return ERROR_NOT_SUPPORTED;
}

DWORD system_files_remove(struct system_files *files, const char *target)
{
    (void)files;
    (void)target;
    return ERROR_NOT_SUPPORTED;
}

void system_files_undo(struct system_files *files)
{
    (void)files;
}

size_t system_files_commit(struct system_files *files)
{
    (void)files;
    return 0;
}
