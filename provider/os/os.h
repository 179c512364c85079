/* SPDX-License-Identifier: MIT
 *
 * What the other code needs of an operating system: pages, clocks, processes, libraries, files,
 * directories, threads. os_posix.c and os_win.c define the same functions in the same order. Only
 * provider/os distinguishes systems; os_region.h belongs to it, too, for region files.
 *
 * For all functions here: errors are Win32 codes and 0 is success; paths and names are UTF-8,
 * zero-terminated; arguments stay the caller's; every function may be called from any thread unless
 * it says otherwise; on failure, outputs are not changed.
 */
#ifndef OS_H
#define OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A buffer of this size holds any path that these functions write: bytes, terminator included. */
#define OS_PATH_SIZE 4096

/** A buffer of this size holds any name in a directory: 255 characters of at most three bytes, and the terminator. */
#define OS_NAME_SIZE 768

/* ---- memory ---------------------------------------------------------------------------- */

/**
 * Allocate whole pages from the system, filled with zeros. They never come from malloc, which a
 * tracker may be tracking.
 *
 * @param size  bytes, rounded up to pages
 * @return the pages, or NULL if no page is left
 */
void *os_pages_allocate(size_t size);

/** Free pages of os_pages_allocate. `size` is that of the allocation. NULL is allowed. */
void os_pages_free(void *pages, size_t size);

/**
 * Have pages ready to be written to, in one call instead of a fault for each of them. It is a hint: without it, or if it
 * fails, the first write to a page takes longer.
 */
void os_pages_prepare(void *pages, size_t size);

/** Bytes in one page. */
size_t os_page_size(void);

/**
 * The alignment of a static variable that is large, or that a short process does not use, in bytes. What is aligned so
 * is apart from the variables that every process uses, which then are in few pages: the linker sorts by alignment.
 */
#define OS_TABLE_ALIGNMENT 4096

/* ---- time ------------------------------------------------------------------------------ */

/** Ticks of a clock that never goes back and is the same in all processes: the PerfTime clock. */
uint64_t os_clock_ticks(void);

/**
 * The same, always with a system call. The C library reads the clock in pages that the system shares with the process,
 * and the first use of them costs three page faults. So this is for what a process does once, at its start.
 */
uint64_t os_clock_ticks_by_call(void);

/**
 * Bytes that no other process can predict. If the system provides none, they at least differ at
 * each call.
 */
void os_random(void *bytes, size_t size);

/** Ticks per second of os_clock_ticks; never 0, constant until the machine restarts. */
uint64_t os_clock_frequency(void);

/** 1970-01-01 as a FILETIME: 369 years with 89 leap days, in units of 100 ns. */
#define OS_TIME_OF_1970_100NS (134774u * UINT64_C(864000000000))

/** UTC in units of 100 ns since 1601-01-01, as a FILETIME counts. */
uint64_t os_time_100ns(void);

/** Sleep for at least that many milliseconds. */
void os_sleep_ms(uint32_t milliseconds);

/* ---- processes and threads ------------------------------------------------------------- */

uint32_t os_process_id(void);
uint32_t os_thread_id(void);

/**
 * The name of the running program as ps and top show it, but not cut to 15 characters: the file
 * name by which it was started, also through a link or as a script. On Windows it is the
 * executable's file name without ".exe". It does not change while the program runs.
 *
 * @param name  receives UTF-8, cut at a whole character if it does not fit; never empty
 */
void os_process_name(char *name, size_t size);

/** Write bytes to the process's standard error, unbuffered. What cannot be written is lost. */
void os_standard_error_write(const char *text, size_t size);

/** Name of this computer, UTF-8, cut at a whole character if it does not fit; never empty. */
void os_computer_name(char *name, size_t size);

/**
 * The calling thread's last error of the system (errno, GetLastError), and setting it. A library
 * inside a program uses this to leave it unchanged.
 */
uint32_t os_last_error(void);
void os_last_error_set(uint32_t error);

/**
 * Lower the calling thread's priority. os_thread_priority_restore undoes this.
 *
 * @return the value to restore
 */
uint32_t os_thread_priority_lower(void);
void os_thread_priority_restore(uint32_t before);

/** A lock that needs no set-up and no release: zero is unlocked. It is for short sections only. */
struct os_lock {
    void *state;
};
void os_lock_acquire(struct os_lock *lock);
void os_lock_release(struct os_lock *lock);

/* ---- environment ----------------------------------------------------------------------- */

/**
 * Value of an environment variable. A set-user-id program gets no variable, because another user
 * has set them.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND if it is not set or empty; ERROR_MORE_DATA if it does not
 *         fit; ERROR_NO_UNICODE_TRANSLATION
 */
DWORD os_environment(const char *name, char *value, size_t size);

/**
 * Set an environment variable of this process; NULL removes it. Only one thread may do this at a
 * time.
 */
DWORD os_environment_set(const char *name, const char *value);

/* ---- libraries ------------------------------------------------------------------------- */

struct os_library {
    void *handle;
};

/**
 * Load a shared library from exactly this path (never from a search path).
 *
 * @param detail  receives the system's own description of a failure; may be NULL
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_BAD_EXE_FORMAT (not a library, or of another
 *         bitness); ERROR_MOD_NOT_FOUND (a library that it needs is missing); another system error
 */
DWORD os_library_open(struct os_library *library, const char *path, char *detail,
                      size_t detail_size);

/**
 * Load one of the system's own libraries by its file name, from the system's own folder. A file of
 * that name elsewhere, in the current directory or beside the program, is not used.
 *
 * @return as os_library_open; ERROR_NOT_SUPPORTED on systems where such libraries are linked
 */
DWORD os_library_open_system(struct os_library *library, const char *name);

/** Address of an export; NULL if no export has exactly that name. */
void *os_library_symbol(const struct os_library *library, const char *name);

/** Unload a library. */
void os_library_close(struct os_library *library);

/** Path of the library or program that contains `address`; ERROR_NOT_FOUND if none does. */
DWORD os_library_path_of(const void *address, char *path, size_t size);

/**
 * Absolute path of the running program.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND; ERROR_MORE_DATA if it does not fit
 */
DWORD os_program_path(char *path, size_t size);

/** The suffix of a shared library's file name on this system: ".dll" or ".so". */
const char *os_library_suffix(void);

/* ---- files and directories --------------------------------------------------------------- */

/**
 * Read a whole regular file.
 *
 * @param data   receives memory from malloc, owned by the caller, with one zero byte after the end
 * @param size   receives the size of the file
 * @param limit  the largest accepted size
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_FILE_TOO_LARGE;
 *         ERROR_INVALID_NAME (not a regular file); ERROR_NOT_ENOUGH_MEMORY; ERROR_READ_FAULT
 */
DWORD os_file_read_all(const char *path, void **data, size_t *size, size_t limit);

/**
 * Replace a file as a whole: write a temporary file beside it, then rename that. After a failure
 * the old file is unchanged.
 */
DWORD os_file_write_all(const char *path, const void *data, size_t size);

/** Remove a file. */
DWORD os_file_remove(const char *path);

/**
 * The size of a regular file in bytes.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_INVALID_NAME (not a regular
 *         file; of a folder Windows says ERROR_ACCESS_DENIED)
 */
DWORD os_file_size(const char *path, uint64_t *size);

/** Whether a file or folder of that path exists, of any kind. */
bool os_file_exists(const char *path);

/** The full path of an existing file, which does not depend on the current directory. */
DWORD os_path_absolute(const char *path, char *result, size_t size);

/** Create one folder with default permissions. ERROR_ALREADY_EXISTS if the path exists. */
DWORD os_directory_make(const char *path);

/** Remove an empty folder. */
DWORD os_directory_remove(const char *path);

struct os_directory {
    void *handle;
    void *first; /* an entry that was read already, on systems that open and read in one call */
};

DWORD os_directory_open(struct os_directory *directory, const char *path);

/**
 * The next entry's name, without "." and "..". One that does not fit is left out; OS_NAME_SIZE fits all.
 *
 * @return ERROR_SUCCESS; ERROR_NO_MORE_FILES at the end; another error: the rest could not be read
 */
DWORD os_directory_next(struct os_directory *directory, char *name, size_t size);
void os_directory_close(struct os_directory *directory);

/** Put stdout into binary mode. This does nothing where there is only one mode. */
void os_stdout_binary(void);

/** Whether a C stream number (0, 1, 2) is a terminal. */
bool os_is_terminal(int stream);

/* ---- registry -------------------------------------------------------------------------- */

/**
 * A DWORD value below HKEY_LOCAL_MACHINE, read with the fewest rights.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_INVALID_DATA if it is not a DWORD;
 *         ERROR_NOT_SUPPORTED on a system without a registry
 */
DWORD os_registry_dword(const WCHAR *key, const WCHAR *value, uint32_t *result);

/**
 * Read a string value (REG_SZ, REG_EXPAND_SZ unexpanded) below HKEY_LOCAL_MACHINE as UTF-8. The
 * errors are those of os_registry_dword, and ERROR_MORE_DATA if it does not fit.
 */
DWORD os_registry_string(const WCHAR *key, const WCHAR *value, char *result, size_t size);

/**
 * The name of subkey number `index` below a key of HKEY_LOCAL_MACHINE; ERROR_NO_MORE_ITEMS after
 * the last.
 */
DWORD os_registry_subkey(const WCHAR *key, uint32_t index, WCHAR *name, size_t count);

/* ---- event log ------------------------------------------------------------------------- */

/** Severity of an event in the Application log. */
enum os_event_level { OS_EVENT_ERROR = 1, OS_EVENT_WARNING = 2, OS_EVENT_INFORMATION = 4 };

/**
 * Report one event: to the Application log on Windows, to syslog elsewhere.
 *
 * @param source   registered event source, e.g. "heapctrs"
 * @param strings  insertion strings, UTF-8, at most 16
 */
void os_event_report(const char *source, enum os_event_level level, uint32_t event_id,
                     const char *const strings[], size_t string_count);

#endif /* OS_H */
