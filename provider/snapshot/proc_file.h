/* SPDX-License-Identifier: MIT
 *
 * Files below /proc/PID for the capture on Linux (only the *_posix.c files use it). If the process
 * has ended, opening or reading one of its files returns ERROR_INVALID_HANDLE.
 */
#ifndef PROC_FILE_H
#define PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_parts.h"

/**
 * A whole file in pages of its own, so that reading does not change the heap that it may describe.
 */
struct proc_file {
    char *text;      /* zero-terminated */
    size_t size;     /* bytes, without the terminator */
    size_t capacity; /* bytes of pages */
};

/** The process id of a native process handle: the id itself, or -1 for the calling process. */
int proc_file_process_id(HANDLE process);

/** A folder whose entries are numbers: fd, task. */
struct proc_list {
    void *directory;
    long own_descriptor; /* the descriptor that reads it; the caller's own fd folder contains it */
};

/** List /proc/PID/<name>; close the list. */
DWORD proc_file_list_open(struct proc_list *list, int process_id, const char *name);

/** The next number; false at the end. */
bool proc_file_list_next(struct proc_list *list, long *number);
void proc_file_list_close(struct proc_list *list);

/**
 * Read /proc/PID/<name>. With `is_stable`, the file is read until two readings agree, a few times
 * at most, because only each single read shows one moment.
 */
DWORD proc_file_read(int process_id, const char *name, bool is_stable, struct proc_file *file);
void proc_file_release(struct proc_file *file);

/** The number after "Word:" at the start of a line. False if there is no such line. */
bool proc_file_number(const struct proc_file *file, const char *word, uint64_t *number);

/**
 * The fields of /proc/.../stat from field 3 (the state) on, which follow the last ')'.
 *
 * @param fields  receives up to `count` numbers, fields[i] is field i + 3; the state as a character
 * @return the number of fields
 */
size_t proc_file_stat_fields(const struct proc_file *file, int64_t fields[], size_t count);

/** The FILETIME of a moment in clock ticks since boot, and of a length in clock ticks. */
FILETIME proc_file_time_since_boot(uint64_t ticks);
FILETIME proc_file_duration(uint64_t ticks);
FILETIME proc_file_now(void);

#endif /* PROC_FILE_H */
