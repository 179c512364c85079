/* SPDX-License-Identifier: MIT
 *
 * The private file of another process: finding it, requesting data and reading it. It is not
 * mapped, because its owner may shorten it. os_private_mappings visits the code of that process.
 * What os_region.h says of all its functions holds here as well.
 */
#ifndef OS_PRIVATE_H
#define OS_PRIVATE_H

#include "os_region.h"

/**
 * Whether a private file with the process id in its name is that of the process with this id here.
 *
 * @return ERROR_SUCCESS: it is; ERROR_NOT_FOUND: it is that of a process of another PID namespace; another
 *         error: that could not be found out
 */
typedef DWORD os_private_check(const struct os_region_source *source, uint32_t process_id);

/**
 * Open the private file of a live process, for reading and for requests.
 *
 * @param source  close it with os_region_close; os_region_ask locks it
 * @param check   called for each live file of that process id that this user can open
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the process has no private file; ERROR_ACCESS_DENIED: it is
 *         another user's; ERROR_NOT_FOUND: a process of another PID namespace has one; another error: the
 *         system could not be asked
 */
DWORD os_private_open(struct os_region_source *source, uint32_t process_id,
                      os_private_check *check);

/**
 * Open one private file. The system's part of os_private_open: it follows no links, and takes a file
 * only if its owner alone can use it (and root; on Windows, administrators), and if its owner lives.
 *
 * @return as os_private_open
 */
DWORD os_private_open_file(struct os_region_source *source, const char *directory,
                           const char *name);

/** Read exactly `size` bytes. Returns false if they do not all exist. */
bool os_private_read(const struct os_region_source *source, uint64_t offset, void *data,
                     size_t size);

/** Write exactly `size` bytes. */
bool os_private_write(const struct os_region_source *source, uint64_t offset, const void *data,
                      size_t size);

/** A mapping of a file's code in a process. */
struct os_private_mapping {
    uint64_t begin, end, offset; /* `offset` is that of `begin` in the file */
    const char *path;            /* valid during the visit */
};

/**
 * Visit the mappings of code of a process. Nothing is visited if the system does not report them.
 */
void os_private_mappings(uint32_t process_id,
                         void (*visit)(void *context, const struct os_private_mapping *mapping),
                         void *context);

#endif /* OS_PRIVATE_H */
