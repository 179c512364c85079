/* SPDX-License-Identifier: MIT
 *
 * Reads the files of one kind that other processes share: see perflib_shared_file.h. Every byte of
 * a file is hostile.
 */
#ifndef SHARE_FILES_H
#define SHARE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os_region.h"
#include "perflib_shared_file.h"
#include "span.h"

/** An open file of a live process. */
struct share_file {
    struct os_region_source source;
    struct os_region_mapping mapping;
    uint32_t process_id; /* of its header; its name has the same number */
    uint64_t process_start;
    uint64_t number; /* the last state at the time of the request */
    size_t used;     /* bytes of the state that was copied */
    char directory[OS_PATH_SIZE], name[OS_NAME_SIZE];
};

/** All files of one kind. */
struct share_files {
    struct share_file **items;
    size_t count;
    size_t refused;                     /* files that are not used */
    bool is_incomplete;                 /* the system could not say which files there are */
    struct os_region_mapping *mappings; /* of all files, for the fault handler */
    struct os_region_guard guard;
};

/**
 * Open the files of other processes. The files of dead processes are removed.
 *
 * @param suffix  OS_REGION_COUNTERS_SUFFIX or OS_REGION_CONSUMER_SUFFIX
 * @param magic   SHARE_MAGIC or SHARE_CONSUMER_MAGIC
 * @param asks    whether their owners are requested to write a new state
 * @return false: there is no memory, and nothing is open
 */
bool share_files_open(struct share_files *files, const char *suffix, const char *magic, bool asks);

/** Wait until the owners have written the requested state, or until the time is over. */
void share_files_wait(const struct share_files *files, uint32_t limit_ms);

/** Whether the owner has written a state since the request. */
bool share_files_has_answered(const struct share_file *file);

/**
 * A private copy of a file's last state, to be freed.
 *
 * @return its data are NULL if there is no state, or it cannot be read, or a limit is reached
 */
struct span share_files_copy(struct share_files *files, struct share_file *file);

/** Close all files, on the thread that opened them. */
void share_files_close(struct share_files *files);

#endif /* SHARE_FILES_H */
