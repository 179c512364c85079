/* SPDX-License-Identifier: MIT
 *
 * os.h for Linux. The order of functions is that of os_win.c.
 */
#define _GNU_SOURCE
#include "image_header.h"
#include "os.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "os_error.h"

#define TICKS_PER_SECOND 10000000u /* the frequency of QueryPerformanceCounter on current Windows */
#define LOCK_YIELDS 200            /* attempts before a thread that waits for a lock sleeps */

/* Copy UTF-8. It is cut before the character that does not fit. */
static void copy_cut(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(to, from, length);
    to[length] = 0;
}

static uint64_t ticks_of(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * TICKS_PER_SECOND + (uint64_t)time->tv_nsec / 100;
}

static uint64_t clock_100ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return ticks_of(&now);
}

void *os_pages_allocate(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

void os_pages_free(void *pages, size_t size)
{
    if (pages)
        munmap(pages, size);
}

void os_pages_prepare(void *pages, size_t size)
{
    const int error = errno;

    madvise(pages, size, MADV_POPULATE_WRITE); /* since Linux 5.14 */
    errno = error;
}

/* sysconf would read one more page of the C library. */
size_t os_page_size(void)
{
    static _Atomic size_t size;

    if (!size)
        size = (size_t)getpagesize();
    return size;
}

uint64_t os_clock_ticks(void)
{
    return clock_100ns(CLOCK_MONOTONIC);
}

uint64_t os_clock_ticks_by_call(void)
{
#ifdef __LP64__ /* elsewhere the call has another form of the structure */
    struct timespec now;

    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0)
        return ticks_of(&now);
#endif
    return os_clock_ticks();
}

void os_random(void *bytes, size_t size)
{
    unsigned char *at = bytes;

    /* Does not wait for a machine that has just started. */
    if (getrandom(bytes, size, GRND_NONBLOCK) == (ssize_t)size)
        return;
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)((os_clock_ticks() ^ (uintptr_t)bytes) >> 8 * (i % 8));
}

uint64_t os_clock_frequency(void)
{
    return TICKS_PER_SECOND;
}

uint64_t os_time_100ns(void)
{
    return clock_100ns(CLOCK_REALTIME) + OS_TIME_OF_1970_100NS;
}

void os_sleep_ms(uint32_t milliseconds)
{
    struct timespec left = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 };

    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

uint32_t os_process_id(void)
{
    return (uint32_t)getpid();
}

uint32_t os_thread_id(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

/* The path that execve was asked to run. Its base name is the kernel's name of the process; ps
   shows it, cut to 15 characters. This needs no /proc, and later changes of the process's or a
   thread's name do not affect it. */
void os_process_name(char *name, size_t size)
{
    static const char by_descriptor[] = "/dev/fd/"; /* the path of a program started by fexecve: a
                                                       number, not a name */
    const char *path = (const char *)(uintptr_t)getauxval(AT_EXECFN);
    char program[PATH_MAX];

    if (!path || strncmp(path, by_descriptor, strlen(by_descriptor)) == 0)
        path = os_program_path(program, sizeof(program)) ? program_invocation_short_name : program;
    const char *base = strrchr(path, '/');
    copy_cut(name, size, base ? base + 1 : path);
    if (!*name)
        copy_cut(name, size, "process");
}

void os_standard_error_write(const char *text, size_t size)
{
    ssize_t written = write(STDERR_FILENO, text, size);

    (void)written; /* an error cannot be reported: this is standard error */
}

void os_computer_name(char *name, size_t size)
{
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof(host) - 1);
    copy_cut(name, size, *host ? host : "localhost");
}

uint32_t os_last_error(void)
{
    return (uint32_t)errno;
}

void os_last_error_set(uint32_t error)
{
    errno = (int)error;
}

uint32_t os_thread_priority_lower(void)
{
    struct sched_param none = { 0 };
    int policy = sched_getscheduler(0);

    /* Without privileges, a higher nice value or SCHED_IDLE could not be undone; SCHED_BATCH
       can. */
    if (policy != SCHED_OTHER || sched_setscheduler(0, SCHED_BATCH, &none))
        return SCHED_BATCH; /* nothing to restore */
    return (uint32_t)policy;
}

void os_thread_priority_restore(uint32_t before)
{
    struct sched_param none = { 0 };

    if (before != SCHED_BATCH)
        sched_setscheduler(0, (int)before, &none);
}

/* Yielding is enough while the owner's section is short. If it is longer, a waiting thread must
   not use the processor. */
void os_lock_acquire(struct os_lock *lock)
{
    for (unsigned tries = 0; __atomic_exchange_n(&lock->state, (void *)1, __ATOMIC_ACQUIRE);
         tries++)
        if (tries < LOCK_YIELDS)
            sched_yield();
        else
            os_sleep_ms(1);
}

void os_lock_release(struct os_lock *lock)
{
    __atomic_store_n(&lock->state, NULL, __ATOMIC_RELEASE);
}

DWORD os_environment(const char *name, char *value, size_t size)
{
    const char *found = secure_getenv(name);

    if (!found || !*found)
        return ERROR_NOT_FOUND;
    if (strlen(found) >= size)
        return ERROR_MORE_DATA;
    memcpy(value, found, strlen(found) + 1);
    return ERROR_SUCCESS;
}

DWORD os_environment_set(const char *name, const char *value)
{
    return os_error_of((value ? setenv(name, value, 1) : unsetenv(name)) ? errno : 0);
}

/* dlopen returns a text and no code, so the kind of failure is found by examining the file. */
static DWORD library_error(const char *path)
{
    unsigned char bytes[64];
    struct elf_header elf;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return os_error_of(errno);
    ssize_t got = read(file, bytes, sizeof(bytes));
    close(file);
    if (got < 0 || !image_header_parse_elf((struct span){ bytes, (size_t)got }, &elf) ||
        elf.is_64 != (sizeof(void *) == 8))
        return ERROR_BAD_EXE_FORMAT;
    return ERROR_MOD_NOT_FOUND;
}

DWORD os_library_open(struct os_library *library, const char *path, char *detail,
                      size_t detail_size)
{
    char exact[OS_PATH_SIZE];

    /* dlopen searches for a name without a slash, so a path is made of it. */
    if ((size_t)snprintf(exact, sizeof(exact), "%s%s", strchr(path, '/') ? "" : "./", path) >=
        sizeof(exact))
        return ERROR_INVALID_NAME;
    void *handle = dlopen(exact, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *words = dlerror();
        if (detail && detail_size)
            copy_cut(detail, detail_size, words ? words : "");
        return library_error(exact);
    }
    library->handle = handle;
    return ERROR_SUCCESS;
}

DWORD os_library_open_system(struct os_library *library, const char *name)
{
    (void)library, (void)name;
    return ERROR_NOT_SUPPORTED;
}

void *os_library_symbol(const struct os_library *library, const char *name)
{
    return dlsym(library->handle, name);
}

void os_library_close(struct os_library *library)
{
    dlclose(library->handle);
    library->handle = NULL;
}

DWORD os_library_path_of(const void *address, char *path, size_t size)
{
    Dl_info info;

    if (!dladdr(address, &info) || !info.dli_fname)
        return ERROR_NOT_FOUND;
    if (strlen(info.dli_fname) >= size)
        return ERROR_MORE_DATA;
    memcpy(path, info.dli_fname, strlen(info.dli_fname) + 1);
    return ERROR_SUCCESS;
}

DWORD os_program_path(char *path, size_t size)
{
    char found[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", found, sizeof(found));

    if (length <= 0)
        return ERROR_NOT_FOUND;
    if ((size_t)length >= size || (size_t)length == sizeof(found))
        return ERROR_MORE_DATA;
    memcpy(path, found, (size_t)length);
    path[length] = 0;
    return ERROR_SUCCESS;
}

const char *os_library_suffix(void)
{
    return ".so";
}

/* Read an open regular file up to its end or the limit. */
static DWORD read_all(int file, void **data, size_t *size, size_t limit)
{
    struct stat status;

    if (fstat(file, &status))
        return os_error_of(errno);
    if (!S_ISREG(status.st_mode))
        return ERROR_INVALID_NAME;
    if ((uint64_t)status.st_size > limit)
        return ERROR_FILE_TOO_LARGE;

    /* Files below /proc have size 0 but contents: read until the end in any case. */
    size_t capacity = 0, used = 0;
    char *bytes = array_reserve(NULL, &capacity, (size_t)status.st_size + 4096, 1);
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (;;) {
        ssize_t got = read(file, bytes + used, capacity - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            return ERROR_READ_FAULT;
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > limit) {
            free(bytes);
            return ERROR_FILE_TOO_LARGE;
        }
        char *more = array_reserve(bytes, &capacity, used + 2, 1);
        if (!more) {
            free(bytes);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        bytes = more;
    }
    bytes[used] = 0;
    *data = bytes;
    *size = used;
    return ERROR_SUCCESS;
}

DWORD os_file_read_all(const char *path, void **data, size_t *size, size_t limit)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return os_error_of(errno);
    DWORD error = read_all(file, data, size, limit);
    close(file);
    return error;
}

static DWORD write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(file, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return os_error_of(errno);
        data += put;
        size -= (size_t)put;
    }
    return ERROR_SUCCESS;
}

DWORD os_file_write_all(const char *path, const void *data, size_t size)
{
    struct stat status;

    /* A pipe or a device is written to directly: it cannot be replaced. */
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        int file = open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0)
            return os_error_of(errno);
        DWORD error = write_all(file, data, size);
        close(file);
        return error;
    }

    char neighbour[OS_PATH_SIZE];
    if ((size_t)snprintf(neighbour, sizeof(neighbour), "%s.new-%ld", path, (long)getpid()) >=
        sizeof(neighbour))
        return ERROR_INVALID_NAME;
    int file = open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0)
        return os_error_of(errno);
    DWORD error = write_all(file, data, size);
    if (close(file) && !error)
        error = ERROR_WRITE_FAULT;
    if (!error && rename(neighbour, path))
        error = os_error_of(errno);
    if (error)
        unlink(neighbour);
    return error;
}

DWORD os_file_remove(const char *path)
{
    return os_error_of(unlink(path) ? errno : 0);
}

DWORD os_file_size(const char *path, uint64_t *size)
{
    struct stat status;

    if (stat(path, &status))
        return os_error_of(errno);
    if (!S_ISREG(status.st_mode))
        return ERROR_INVALID_NAME;
    *size = (uint64_t)status.st_size;
    return ERROR_SUCCESS;
}

bool os_file_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}

DWORD os_path_absolute(const char *path, char *result, size_t size)
{
    char full[PATH_MAX];

    if (!realpath(path, full))
        return os_error_of(errno);
    if (strlen(full) >= size)
        return ERROR_MORE_DATA;
    memcpy(result, full, strlen(full) + 1);
    return ERROR_SUCCESS;
}

DWORD os_directory_make(const char *path)
{
    return os_error_of(mkdir(path, 0777) ? errno : 0);
}

DWORD os_directory_remove(const char *path)
{
    return os_error_of(rmdir(path) ? errno : 0);
}

DWORD os_directory_open(struct os_directory *directory, const char *path)
{
    DIR *handle = opendir(path);

    if (!handle)
        return os_error_of(errno);
    directory->handle = handle;
    directory->first = NULL;
    return ERROR_SUCCESS;
}

DWORD os_directory_next(struct os_directory *directory, char *name, size_t size)
{
    struct dirent *entry;

    while (errno = 0, (entry = readdir(directory->handle)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (strlen(entry->d_name) >= size)
            continue; /* longer than any name that we use */
        memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
        return ERROR_SUCCESS;
    }
    return errno ? os_error_of(errno) : ERROR_NO_MORE_FILES;
}

void os_directory_close(struct os_directory *directory)
{
    closedir(directory->handle);
    directory->handle = NULL;
}

void os_stdout_binary(void)
{
}

bool os_is_terminal(int stream)
{
    return isatty(stream) == 1;
}

DWORD os_registry_dword(const WCHAR *key, const WCHAR *value, uint32_t *result)
{
    (void)key, (void)value, (void)result;
    return ERROR_NOT_SUPPORTED;
}

DWORD os_registry_string(const WCHAR *key, const WCHAR *value, char *result, size_t size)
{
    (void)key, (void)value, (void)result, (void)size;
    return ERROR_NOT_SUPPORTED;
}

DWORD os_registry_subkey(const WCHAR *key, uint32_t index, WCHAR *name, size_t count)
{
    (void)key, (void)index, (void)name, (void)count;
    return ERROR_NOT_SUPPORTED;
}

void os_event_report(const char *source, enum os_event_level level, uint32_t event_id,
                     const char *const strings[], size_t string_count)
{
    char line[1024];
    size_t used = 0;

    /* syslog without openlog, which would change the identity of the process around this
       library. */
    for (size_t i = 0; i < string_count && used < sizeof(line); i++)
        used += (size_t)snprintf(line + used, sizeof(line) - used, " %s", strings[i]);
    syslog(LOG_USER | (level == OS_EVENT_ERROR     ? LOG_ERR
                       : level == OS_EVENT_WARNING ? LOG_WARNING
                                                   : LOG_INFO),
           "%s: event %u:%s", source, (unsigned)event_id, used ? line : "");
}
