/* SPDX-License-Identifier: MIT
 *
 * Files of ours in the system's own folder, where only administrators can write: put there and
 * removed again, all of them or none. A file that a program has open is renamed, and removed when
 * Windows starts next. system_files_win.c and system_files_posix.c define the same functions;
 * elsewhere than on Windows they return ERROR_NOT_SUPPORTED.
 */
#ifndef SYSTEM_FILES_H
#define SYSTEM_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "os.h"
#include "wintypes.h"

#define SYSTEM_FILES_COUNT 8

/** What was done with one file, so that it can be undone. */
struct system_file {
    char target[OS_PATH_SIZE];
    char old[OS_PATH_SIZE]; /* where the file that was there is now; empty: there was none */
    bool is_put;            /* a new file is at `target` */
};

/** Changes that are not final yet. Zeroed, it is empty and ready. */
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
 * Copy a file to its place; its folder is made if need be. A file of the same bytes is left alone.
 *
 * @return ERROR_SUCCESS; another error: this file is as it was, earlier ones are still changed
 */
DWORD system_files_put(struct system_files *files, const char *source, const char *target);

/** Take a file away; one that is not there is fine. */
DWORD system_files_remove(struct system_files *files, const char *target);

/** Make everything as it was. */
void system_files_undo(struct system_files *files);

/**
 * Make the changes final: delete what was replaced or removed, and folders that are empty then.
 *
 * @return how many files are in use, and will be deleted when Windows starts next
 */
size_t system_files_commit(struct system_files *files);

#endif /* SYSTEM_FILES_H */
