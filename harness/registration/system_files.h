/* SPDX-License-Identifier: MIT
 *
 * Our files in the system's own folder, where only administrators can write. They are installed and
 * removed, either all or none. A file that a program has open is renamed, and deleted when Windows
 * starts next. system_files_win.c and system_files_posix.c define the same functions; the posix
 * functions return ERROR_NOT_SUPPORTED.
 */
#ifndef SYSTEM_FILES_H
#define SYSTEM_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "os.h"
#include "wintypes.h"

#define SYSTEM_FILES_COUNT 8 /* chosen: an installation has fewer */

/** The change of one file, for undoing it. */
struct system_file {
    char target[OS_PATH_SIZE];
    char old[OS_PATH_SIZE]; /* the new place of the old file; empty: there was no file */
    bool is_put;            /* a new file is at `target` */
};

/** Changes that are not final yet. A zeroed struct is an empty list. */
struct system_files {
    struct system_file items[SYSTEM_FILES_COUNT];
    size_t count;
};

/**
 * The folder of our files for programs of one word size: System32\heapctrs, or SysWOW64\heapctrs.
 * Windows shows a 32-bit program the second one under the name of the first one, so that one
 * registered path serves both.
 *
 * @param for_32_bit  the folder of 32-bit programs on a 64-bit Windows
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: there is no such folder on this system;
 *         ERROR_BAD_EXE_FORMAT: this is a 32-bit program on a 64-bit Windows, and cannot see it
 */
DWORD system_files_folder(bool for_32_bit, char *path, size_t size);

/**
 * Copy a file to its place. Its folder is made if necessary. A file with the same bytes is not
 * changed.
 *
 * @return ERROR_SUCCESS; another error: this file is unchanged, earlier changes remain
 */
DWORD system_files_put(struct system_files *files, const char *source, const char *target);

/** Remove a file. A file that does not exist is not an error. */
DWORD system_files_remove(struct system_files *files, const char *target);

/** Undo all changes. */
void system_files_undo(struct system_files *files);

/**
 * Make the changes final: delete the replaced and removed files, and folders that became empty.
 *
 * @return the number of files that are in use and will be deleted when Windows starts next
 */
size_t system_files_commit(struct system_files *files);

#endif /* SYSTEM_FILES_H */
