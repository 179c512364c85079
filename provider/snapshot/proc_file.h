/* SPDX-License-Identifier: MIT
 *
 * Files below /proc/PID for the capture on Linux (only the *_posix.c files use it). Where one of a
 * process that is gone is to be opened or read, the error is ERROR_INVALID_HANDLE.
 */
#ifndef PROC_FILE_H
#define PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_parts.h"

/** A whole file in pages of its own: reading it does not change the heap that it may describe. */
struct proc_file {
    char *text;  /* zero-terminated */
    size_t size; /* bytes, terminator not counted */
    size_t room; /* bytes of pages */
};

/** Process id behind a native process handle: an id as it is, -1 for the caller. */
int proc_process_id(HANDLE process);

/** A folder whose names are numbers: fd, task. */
struct proc_list {
    void *directory;
    long own_descriptor; /* by which it is read: in the caller's own fd it is one of them */
};

/** List /proc/PID/<name>; close the list. */
DWORD proc_list_open(struct proc_list *list, int process_id, const char *name);

/** The next number; false at the end. */
bool proc_list_next(struct proc_list *list, long *number);
void proc_list_close(struct proc_list *list);

/**
 * Read /proc/PID/<name>. With `is_stable`, read until two readings agree, a few times at most: one
 * read is a piece of a moment, the whole is not.
 */
DWORD proc_file_read(int process_id, const char *name, bool is_stable, struct proc_file *file);
void proc_file_release(struct proc_file *file);

/** The number behind a "Word:" at the start of a line; false when there is none. */
bool proc_file_number(const struct proc_file *file, const char *word, uint64_t *number);

/**
 * The fields of /proc/.../stat from field 3 (the state) on, behind the last ')'.
 *
 * @param fields  receives up to `count` numbers, fields[i] is field i + 3; the state as a character
 * @return how many there were
 */
size_t proc_stat_fields(const struct proc_file *file, int64_t fields[], size_t count);

/** FILETIME of a moment in clock ticks since boot, and a length of clock ticks. */
FILETIME proc_time_since_boot(uint64_t ticks);
FILETIME proc_duration(uint64_t ticks);
FILETIME proc_now(void);

#endif /* PROC_FILE_H */
