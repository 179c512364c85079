/* SPDX-License-Identifier: MIT
 *
 * os_region.h for Linux: files in /dev/shm/heapctrs-<uid>/ that live as long as their owner holds a
 * lock on the open file. It is an OFD lock: closing another descriptor does not drop it, and a
 * forked child must close its own. The order of functions is that of os_region_win.c.
 */
#define _GNU_SOURCE
#include "os_region.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os_error.h"

#define SHARED_MEMORY "/dev/shm"
#define DIRECTORY_PREFIX "heapctrs-"
#define DIRECTORY_NAMES 8u /* heapctrs-<uid>, heapctrs-<uid>.1 to .7 */
#define NEW_PREFIX ".new-" /* prefix of a file that its owner has not finished yet */
/* After the end of every file: a reader that requests a new state locks it. The owner's own lock is on
   the bytes before it. */
#define ASKED_BYTE ((off_t)1 << 40)
#define PROCESS_ID_BITS 22 /* Linux's own limit of a process id */

/* ---- helpers ------------------------------------------------------------------------- */

/* $HEAPCTRS_DIR, except in a program that runs with more rights than the user who started it. */
static const char *own_directory(void)
{
    const char *path = secure_getenv("HEAPCTRS_DIR");

    return path && *path ? path : NULL;
}

/* Whether only its owner can add, replace and remove files in a directory. One from
   $HEAPCTRS_DIR may be shared if it is sticky, as /tmp is. */
static bool is_sound(const struct stat *status, uid_t owner, bool may_be_shared)
{
    if (!S_ISDIR(status->st_mode))
        return false;
    if (may_be_shared)
        return !(status->st_mode & 022) || (status->st_mode & S_ISVTX);
    return status->st_uid == owner && !(status->st_mode & 022);
}

/* The lock is the only information that is the same in every PID namespace. */
static enum os_region_life life_of(int file)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = ASKED_BYTE };

    if (fcntl(file, F_OFD_GETLK, &lock) != 0)
        return OS_REGION_UNKNOWN;
    return lock.l_type == F_UNLCK ? OS_REGION_DEAD : OS_REGION_LIVE;
}

/* Read a small file of /proc as text. Returns false if it cannot be read. */
static bool read_text(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length <= 0)
        return false;
    text[length] = 0;
    return true;
}

/* What the system reports of a process after its name: " S 1 ...". NULL if it reports nothing. */
static const char *process_state(const char *path, char *text, size_t size)
{
    if (!read_text(path, text, size))
        return NULL;
    /* The second field is the program's name in parentheses. The name may contain any
       characters. */
    const char *at = strrchr(text, ')');
    return at ? at + 1 : NULL;
}

static bool begins_with(const char *name, const char *prefix)
{
    while (*prefix && *name == *prefix)
        name++, prefix++;
    return *prefix == 0;
}

static bool ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), size = strlen(suffix);

    return length > size && memcmp(name + length - size, suffix, size) == 0;
}

/* A path that is being composed. Publishing does not use printf, which needs seven more pages of the C library and of
   the stack: each of them costs a short process a page fault. For the same reason it has few large buffers. */
struct path {
    char *text;
    size_t size, length; /* equal: the path is too long */
};

static void path_add_part(struct path *path, const char *text, size_t length)
{
    for (size_t i = 0; i < length && path->length < path->size; i++)
        path->text[path->length++] = text[i];
}

static void path_add(struct path *path, const char *text)
{
    path_add_part(path, text, strlen(text));
}

static void path_add_number(struct path *path, uint64_t number, unsigned base)
{
    char digits[20]; /* those of 2^64 - 1 */
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    path_add_part(path, digits + at, sizeof(digits) - at);
}

/* Terminate it. Returns false if it is too long. */
static bool path_end(struct path *path)
{
    if (path->length >= path->size)
        return false;
    path->text[path->length] = 0;
    return true;
}

/* The process id at the start of a region's file name; 0 if the name has none. */
static uint32_t name_process_id(const char *name)
{
    uint64_t id = 0;

    if (begins_with(name, NEW_PREFIX))
        name += strlen(NEW_PREFIX);
    else if (!ends_with(name, OS_REGION_SUFFIX) && !ends_with(name, OS_REGION_COUNTERS_SUFFIX) &&
             !ends_with(name, OS_REGION_CONSUMER_SUFFIX) &&
             !ends_with(name, OS_REGION_PRIVATE_SUFFIX))
        return 0;
    for (; *name >= '0' && *name <= '9' && id <= INT_MAX; name++)
        id = id * 10 + (uint64_t)(*name - '0');
    return *name == '-' && id <= INT_MAX ? (uint32_t)id : 0;
}

static bool is_dead(uint32_t process_id)
{
    return kill((pid_t)process_id, 0) != 0 && errno == ESRCH;
}

/* Whether a process has ended. A process whose parent has not yet collected its status counts,
   too. */
static bool is_over(uint32_t process_id)
{
    char path[64], text[1024];

    if (is_dead(process_id))
        return true;
    snprintf(path, sizeof(path), "/proc/%u/stat", (unsigned)process_id);
    const char *state = process_state(path, text, sizeof(text));
    return state && (strncmp(state, " Z", 2) == 0 || strncmp(state, " X", 2) == 0);
}

/* Remove a name if it belongs to the open file and that file's lock is free. No process locks a
   file whose lock was released: a publisher always creates a file. */
static DWORD remove_dead_file(int directory, const char *name, int file)
{
    struct stat opened, named;

    if (life_of(file) != OS_REGION_DEAD)
        return ERROR_SHARING_VIOLATION;
    if (fstat(file, &opened) || fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW))
        return os_error_of(errno);
    if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
        return ERROR_FILE_NOT_FOUND;
    return unlinkat(directory, name, 0) ? os_error_of(errno) : ERROR_SUCCESS;
}

static void remove_unlocked(int directory, const char *name)
{
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (file < 0)
        return;
    remove_dead_file(directory, name, file);
    close(file);
}

/* Remove the files of dead processes: of processes that were killed, and of those that became
   another program, whose process id lives on. A process id only saves asking for the lock of
   each file, because it may belong to a process in another PID namespace. The C library's
   directory functions are not used, because they allocate. */
static void remove_dead(int directory)
{
    struct entry {
        uint64_t inode;
        int64_t offset;
        unsigned short size;
        unsigned char type;
        char name[];
    };
    _Alignas(struct entry) char buffer[2048];
    const uint32_t own_id = (uint32_t)getpid();
    long size;

    while ((size = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(void *)(buffer + at);
            uint32_t id = name_process_id(entry->name);
            at += entry->size;
            bool is_new = entry->name[0] == NEW_PREFIX[0];
            if (id != 0 && (id == own_id || (is_new ? is_over(id) : is_dead(id))))
                remove_unlocked(directory, entry->name);
        }
    }
}

/* The path of a file before it is published. */
static bool new_path(const char *path, char *result, size_t size)
{
    const char *base = strrchr(path, '/') + 1;
    struct path composed = { result, size, 0 };

    path_add_part(&composed, path, (size_t)(base - path));
    path_add(&composed, NEW_PREFIX);
    path_add(&composed, base);
    return path_end(&composed);
}

/* ---- the writer's side ------------------------------------------------------------ */

/* Create the directory if it does not exist, and check whether it can be used for publishing. */
static DWORD directory_use(const char *path, bool is_own)
{
    struct stat status;

    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0 && errno == ENOENT) {
        if (mkdir(path, 0755) && errno != EEXIST)
            return os_error_of(errno);
        directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (directory < 0)
        return os_error_of(errno);
    DWORD error = fstat(directory, &status)              ? os_error_of(errno)
                  : is_sound(&status, geteuid(), is_own) ? ERROR_SUCCESS
                                                         : ERROR_INVALID_OWNER;
    if (!error)
        remove_dead(directory);
    close(directory);
    return error;
}

DWORD os_region_directory(char *path, size_t size)
{
    const char *own = own_directory();
    DWORD error = ERROR_ACCESS_DENIED;

    if (own) {
        struct path composed = { path, size, 0 };
        if (own[0] != '/') {
            if (!getcwd(path, size))
                return os_error_of(errno);
            composed.length = strlen(path);
            path_add(&composed, "/");
        }
        path_add(&composed, own);
        return path_end(&composed) ? directory_use(path, true) : ERROR_INVALID_NAME;
    }
    /* Another user may have taken the first name, on purpose or as root of a user namespace. */
    for (unsigned i = 0; error && i < DIRECTORY_NAMES; i++) {
        struct path composed = { path, size, 0 };
        path_add(&composed, SHARED_MEMORY "/" DIRECTORY_PREFIX);
        path_add_number(&composed, geteuid(), 10);
        if (i > 0) {
            path_add(&composed, ".");
            path_add_number(&composed, i, 10);
        }
        if (!path_end(&composed))
            return ERROR_INVALID_NAME;
        error = directory_use(path, false);
    }
    return error;
}

/* /dev/shm */
DWORD os_region_shared_directory(char *path, size_t size)
{
    (void)path, (void)size;
    return ERROR_NOT_SUPPORTED;
}

/* Lock a new file. The lock belongs to an open file of its own, which only a mapping holds that fork does
   not copy. So it ends with the process that made it, also if a child has the file's other mappings, and no
   descriptor is needed. It is a shared lock: a process that can read the file may also hold one, and cannot
   keep us from it. */
static DWORD lock_file(struct os_region_file *file, const char *path, const struct stat *status)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = ASKED_BYTE };
    struct stat opened;
    const size_t size = os_page_size();
    int handle = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (handle < 0)
        return os_error_of(errno);
    DWORD error = ERROR_SUCCESS;
    void *memory = MAP_FAILED;
    if (fstat(handle, &opened))
        error = os_error_of(errno);
    else if (opened.st_dev != status->st_dev || opened.st_ino != status->st_ino)
        error = ERROR_FILE_NOT_FOUND;
    else if (fcntl(handle, F_OFD_SETLK, &lock) ||
             (memory = mmap(NULL, size, PROT_READ, MAP_SHARED, handle, 0)) == MAP_FAILED ||
             madvise(memory, size, MADV_DONTFORK))
        error = os_error_of(errno);
    if (error && memory != MAP_FAILED)
        munmap(memory, size);
    close(handle);
    if (error)
        return error;
    file->lock = memory;
    file->lock_process = (uint32_t)getpid();
    return ERROR_SUCCESS;
}

/* A forked child may have something else at the address of its parent's lock. */
static void unlock_file(struct os_region_file *file)
{
    if (file->lock && file->lock_process == (uint32_t)getpid())
        munmap(file->lock, os_page_size());
    file->lock = NULL;
}

DWORD os_region_create(struct os_region_file *file, const char *directory, const char *suffix)
{
    static unsigned count; /* differs for each try; two threads never create at once */
    const size_t length = strlen(directory);
    char path[OS_PATH_SIZE + 16];
    DWORD error = ERROR_INVALID_NAME;
    int handle;

    if (length >= sizeof(file->path))
        return ERROR_INVALID_NAME;
    if (directory != file->path)
        memcpy(file->path, directory, length + 1);
    do {
        struct path composed = { file->path, sizeof(file->path), length };
        path_add(&composed, "/");
        path_add_number(&composed, (uint64_t)getpid(), 10);
        path_add(&composed, "-");
        path_add_number(&composed, os_clock_ticks_by_call(), 16);
        path_add_number(&composed, count++ & 0xF, 16);
        path_add(&composed, suffix);
        if (!path_end(&composed) || !new_path(file->path, path, sizeof(path)))
            goto restore_directory;
        /* No process can open a region for writing, not even the owner: `> file` must not
           shorten it. */
        handle = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      strcmp(suffix, OS_REGION_PRIVATE_SUFFIX) == 0 ? 0600 : 0444);
    } while (handle < 0 && errno == EEXIST);
    error = handle < 0 ? os_error_of(errno) : ERROR_SUCCESS;
    if (error)
        goto restore_directory;

    /* Programs close or replace the lowest descriptors without asking. */
    if (handle < 3) {
        int higher = fcntl(handle, F_DUPFD_CLOEXEC, 3);
        close(handle);
        handle = higher;
    }
    struct stat status;
    error =
        handle < 0 || fstat(handle, &status) ? os_error_of(errno) : lock_file(file, path, &status);
    if (error)
        goto remove_file;
    file->handle = handle;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->is_named = false;
    file->is_hidden = false;
    return ERROR_SUCCESS;

remove_file:
    unlink(path);
    if (handle >= 0)
        close(handle);
restore_directory:
    file->path[length] = 0;
    return error;
}

/* Whether the descriptor still is our file. A program may have closed all descriptors that it
   did not know, and may have got the same number for a file of its own. */
static bool is_ours(const struct os_region_file *file, struct stat *status)
{
    return file->handle >= 0 && fstat((int)file->handle, status) == 0 &&
           status->st_dev == (dev_t)file->device && status->st_ino == (ino_t)file->inode;
}

/* Open a file that os_region_hide closed. A region is read-only for all, so its owner permits
   writing for the moment. It is opened by its name: after chroot it is not found, and cannot grow
   any more. */
static DWORD reopen(struct os_region_file *file, struct stat *status)
{
    struct stat opened;
    int handle = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (handle < 0)
        return os_error_of(errno);
    struct os_region_file readable = *file;
    readable.handle = handle;
    DWORD error = is_ours(&readable, &opened) ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND;
    if (!error && fchmod(handle, (opened.st_mode & 07777) | S_IWUSR))
        error = os_error_of(errno);
    if (!error) {
        file->handle = open(file->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        error = file->handle < 0 ? os_error_of(errno) : ERROR_SUCCESS;
        fchmod(handle, opened.st_mode & 07777);
    }
    close(handle);
    if (!error && !is_ours(file, status)) {
        close((int)file->handle);
        file->handle = -1;
        error = ERROR_FILE_NOT_FOUND;
    }
    return error;
}

DWORD os_region_grow(struct os_region_file *file, uint64_t size)
{
    struct rlimit limit;
    struct stat status;

    if (!is_ours(file, &status)) {
        DWORD error = file->is_hidden ? reopen(file, &status) : ERROR_INVALID_HANDLE;
        if (error)
            return error;
    }
    if ((uint64_t)status.st_size >= size)
        return ERROR_SUCCESS;
    /* Exceeding the process's own limit would not be an error but a signal that ends the
       process. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur)
        return ERROR_DISK_FULL;
    /* Memory is reserved now, so that a full disk is an error here and not a signal at a later
       event. */
    return os_error_of(
        posix_fallocate((int)file->handle, status.st_size, (off_t)size - status.st_size));
}

void *os_region_map_reserved(struct os_region_file *file, size_t size, size_t used)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur)
        return NULL;
    void *memory = os_region_map(file, 0, size, NULL);
    /* Committing memory that exists already shows whether the system can do that. */
    if (memory && os_region_commit(memory, used) && ftruncate((int)file->handle, (off_t)size) == 0)
        return memory;
    if (memory)
        munmap(memory, size);
    return NULL;
}

bool os_region_commit(void *memory, size_t size)
{
    return madvise(memory, size, MADV_POPULATE_WRITE) == 0;
}

DWORD os_region_publish(struct os_region_file *file)
{
    char path[OS_PATH_SIZE + 16];

    if (!new_path(file->path, path, sizeof(path)) || rename(path, file->path))
        return os_error_of(errno);
    file->is_named = true;
    return ERROR_SUCCESS;
}

static void close_handle(struct os_region_file *file)
{
    struct stat status;

    if (is_ours(file, &status))
        close((int)file->handle);
    file->handle = -1;
}

void os_region_hide(struct os_region_file *file)
{
    close_handle(file);
    file->is_hidden = true;
}

/* Whether the process has mapped the file and the system reports that it has no name any more. A
   name that does not lead to it proves less: the process may have another root now. */
static bool is_mapped_deleted(const struct os_region_file *file)
{
    static const char deleted[] = " (deleted)\n";
    char line[OS_PATH_SIZE + 256];
    bool found = false;

    /* The C library's streams allocate, so they are not used. */
    int handle = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    while (handle >= 0 && !found) {
        ssize_t got = read(handle, line + used, sizeof(line) - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
        line[used] = 0;
        char *at = line, *end;
        while (!found && (end = strchr(at, '\n')) != NULL) {
            unsigned long long inode = 0;
            size_t length = (size_t)(end + 1 - at);
            found = length > sizeof(deleted) &&
                    memcmp(end + 1 - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1) == 0 &&
                    sscanf(at, "%*s %*s %*s %*s %llu", &inode) == 1 && inode == file->inode;
            at = end + 1;
        }
        used -= (size_t)(at - line);
        memmove(line, at, used);
        if (used == sizeof(line) - 1)
            used = 0; /* the line is longer than any path: skip it */
    }
    if (handle >= 0)
        close(handle);
    return found;
}

enum os_region_presence os_region_presence(const struct os_region_file *file)
{
    struct stat status;

    if (lstat(file->path, &status) == 0) {
        if (status.st_dev == (dev_t)file->device && status.st_ino == (ino_t)file->inode)
            return OS_REGION_PRESENT;
    } else if (errno != ENOENT && errno != ENOTDIR) {
        return OS_REGION_PRESENCE_UNKNOWN;
    }
    return is_mapped_deleted(file) ? OS_REGION_UNLINKED : OS_REGION_PRESENCE_UNKNOWN;
}

bool os_region_is_whole(const struct os_region_file *file, uint64_t size)
{
    struct stat status;

    return lstat(file->path, &status) == 0 && status.st_dev == (dev_t)file->device &&
           status.st_ino == (ino_t)file->inode && (uint64_t)status.st_size >= size;
}

size_t os_region_alignment(void)
{
    return os_page_size();
}

void *os_region_map(struct os_region_file *file, uint64_t offset, size_t size, void *at)
{
    /* The first page is written to at once. A mapping that is not much longer gets all its pages with the same call. */
    const int populate = offset == 0 && size <= 2 * os_page_size() ? MAP_POPULATE : 0;
    void *memory =
        mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0) | populate,
             (int)file->handle, (off_t)offset);

    return memory == MAP_FAILED ? NULL : memory;
}

bool os_region_replace_private(void *at, size_t size)
{
    return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
           MAP_FAILED;
}

void os_region_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

bool os_region_is_asked(const struct os_region_file *file)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ASKED_BYTE, .l_len = 1
    };
    struct os_region_file opened = *file;
    struct stat status;

    if (file->is_hidden) {
        opened.handle = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (opened.handle < 0)
            return os_region_presence(file) != OS_REGION_UNLINKED;
    }
    bool is_asked = is_ours(&opened, &status) &&
                    fcntl((int)opened.handle, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (file->is_hidden)
        close((int)opened.handle);
    return is_asked;
}

void os_region_remove(struct os_region_file *file)
{
    os_region_unname(file);
    os_region_abandon(file);
}

void os_region_unname(const struct os_region_file *file)
{
    char path[OS_PATH_SIZE + 16];

    if (file->is_named)
        unlink(file->path);
    else if (new_path(file->path, path, sizeof(path)))
        unlink(path);
}

void os_region_abandon(struct os_region_file *file)
{
    close_handle(file);
    unlock_file(file);
}

/* The system reports the start of a process in /proc only, which takes a fifth of the time that a short
   program spends in this library. So it is the time of the first call, in milliseconds, above the process
   id: a child of fork gets a time of its own. */
uint64_t os_region_process_start(void)
{
    static _Atomic uint64_t start;
    const uint64_t id = (uint64_t)getpid(), mask = (1u << PROCESS_ID_BITS) - 1;
    uint64_t known = atomic_load(&start);

    if ((known & mask) == id)
        return known;
    const uint64_t made =
        os_clock_ticks_by_call() / (os_clock_frequency() / 1000) << PROCESS_ID_BITS | id;
    return atomic_compare_exchange_strong(&start, &known, made) ? made : known;
}

/* A child of fork is in its parent's namespace if the parent has its own process id there: from another
   namespace it has the id 0. If the parent is the first process of a namespace, and has made another, its id is
   that of the first process there, too. */
uint64_t os_region_pid_namespace(void)
{
    static _Atomic uint64_t known; /* the namespace above the process id */
    const uint64_t last = atomic_load(&known), mask = (1u << PROCESS_ID_BITS) - 1;
    const uint64_t process = last & mask, id = (uint64_t)getpid();
    struct stat status;

    if (process > 1 && (process == id || process == (uint64_t)getppid())) {
        atomic_store(&known, (last & ~mask) | id);
        return last >> PROCESS_ID_BITS;
    }
    if (stat("/proc/self/ns/pid", &status))
        return 0;
    atomic_store(&known, (uint64_t)status.st_ino << PROCESS_ID_BITS | id);
    return status.st_ino;
}

/* ---- the reader's side ------------------------------------------------------------ */

DWORD os_region_places_open(struct os_region_places *places)
{
    places->has_own = own_directory() != NULL;
    places->listing = places->has_own ? NULL : opendir(SHARED_MEMORY);
    if (places->listing || places->has_own || errno == ENOENT)
        return ERROR_SUCCESS;
    return os_error_of(errno);
}

void os_region_places_close(struct os_region_places *places)
{
    if (places->listing)
        closedir(places->listing);
    places->listing = NULL;
}

DWORD os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    const char *own = places->has_own ? own_directory() : NULL;
    const struct dirent *entry;

    places->has_own = false;
    if (own) {
        if (strlen(own) >= sizeof(place->path))
            return ERROR_NO_MORE_FILES;
        memcpy(place->path, own, strlen(own) + 1);
        return os_region_place_check(place);
    }
    if (!places->listing)
        return ERROR_NO_MORE_FILES;
    while (errno = 0, (entry = readdir(places->listing)) != NULL) {
        if (strncmp(entry->d_name, DIRECTORY_PREFIX, strlen(DIRECTORY_PREFIX)) != 0 ||
            (entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) ||
            (size_t)snprintf(place->path, sizeof(place->path), SHARED_MEMORY "/%s",
                             entry->d_name) >= sizeof(place->path))
            continue;
        DWORD error = os_region_place_check(place);
        if (error != ERROR_FILE_NOT_FOUND)
            return error;
    }
    if (errno == 0)
        return ERROR_NO_MORE_FILES;
    os_region_places_close(places); /* the next call ends the listing */
    return ERROR_GEN_FAILURE;
}

uint64_t os_region_directories_mark(void)
{
    return own_directory() ? 1 : os_region_directory_mark(SHARED_MEMORY);
}

/* Whether a directory is called heapctrs-N or heapctrs-N.M but does not belong to user N. */
static bool is_misnamed(const char *path, uid_t owner)
{
    static const char begin[] = SHARED_MEMORY "/" DIRECTORY_PREFIX;
    char *end;

    /* strtoul would skip blanks and a sign. */
    if (strncmp(path, begin, sizeof(begin) - 1) != 0 || path[sizeof(begin) - 1] < '0')
        return false;
    unsigned long user = strtoul(path + sizeof(begin) - 1, &end, 10);
    return (*end == 0 || *end == '.') && user != (unsigned long)owner;
}

DWORD os_region_place_check(struct os_region_place *place)
{
    const char *own = own_directory();
    struct stat status;

    if (lstat(place->path, &status))
        return errno == ENOTDIR ? ERROR_FILE_NOT_FOUND : os_error_of(errno);
    /* The owner comes from the system, not from the name. */
    place->owner = status.st_uid;
    place->is_link = S_ISLNK(status.st_mode);
    place->is_closed = false;
    place->is_misnamed = is_misnamed(place->path, status.st_uid);
    place->is_shared = own && strcmp(place->path, own) == 0 && (status.st_mode & S_ISVTX);
    return is_sound(&status, status.st_uid, place->is_shared) ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
}

DWORD os_region_tidy(const char *path, const char *name)
{
    uint32_t id = name_process_id(name);
    bool is_new = strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0;

    if (id == 0 || (!is_new && !ends_with(name, OS_REGION_PRIVATE_SUFFIX)))
        return ERROR_INVALID_NAME;
    /* The lock of a private file decides. The id may be that of a process in another PID namespace. */
    if (is_new && !is_over(id))
        return ERROR_NOT_READY;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory >= 0) {
        remove_unlocked(directory, name);
        close(directory);
    }
    return ERROR_SUCCESS;
}

uint64_t os_region_directory_mark(const char *path)
{
    struct stat status;
    struct timespec now;

    if (lstat(path, &status))
        return 1; /* it does not exist: the number is the same until it does */
    /* The clock of file times is coarse: a change in the same tick would not show. */
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    int64_t age = (int64_t)(now.tv_sec - status.st_ctim.tv_sec) * 1000000000 +
                  (now.tv_nsec - status.st_ctim.tv_nsec);
    if (age < 50000000)
        return 0;
    return (uint64_t)status.st_ctim.tv_sec * 1000000000u + (uint64_t)status.st_ctim.tv_nsec +
           status.st_ino * 0x9E3779B97F4A7C15u;
}

DWORD os_region_open(struct os_region_source *source, const char *directory, const char *name)
{
    struct stat status, parent;
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0)
        return os_error_of(errno);
    /* O_NONBLOCK: opening a FIFO must not wait for its other end. */
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    DWORD error = file < 0 || fstat(file, &status) || fstat(folder, &parent) ? os_error_of(errno)
                                                                             : ERROR_SUCCESS;
    close(folder);
    /* In a shared directory all users may have regions, elsewhere only the directory's owner. */
    if (!error && (!S_ISREG(status.st_mode) ||
                   (status.st_uid != parent.st_uid && !(parent.st_mode & S_ISVTX))))
        error = ERROR_INVALID_NAME;
    if (error) {
        if (file >= 0)
            close(file);
        return error;
    }
    source->handle = file;
    source->size = (uint64_t)status.st_size;
    source->device = status.st_dev;
    source->inode = status.st_ino;
    source->owner = status.st_uid;
    source->has_other_names = status.st_nlink > 1;
    return ERROR_SUCCESS;
}

bool os_region_map_read(const struct os_region_source *source, size_t size,
                        struct os_region_mapping *mapping)
{
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, (int)source->handle, 0);

    if (memory == MAP_FAILED)
        return false;
    mapping->memory = memory;
    mapping->size = size;
    mapping->is_cut = 0;
    return true;
}

void os_region_unmap_read(struct os_region_mapping *mapping)
{
    if (mapping->memory)
        munmap((void *)(uintptr_t)mapping->memory, mapping->size);
    mapping->memory = NULL;
    mapping->size = 0;
}

enum os_region_life os_region_life(const struct os_region_source *source)
{
    return life_of((int)source->handle);
}

/* Whether /proc does not exist, or is closed to this process: that does not change. */
static bool has_no_proc(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM;
}

DWORD os_region_is_local(uint64_t pid_namespace, bool *is_local)
{
    char link[32];
    struct stat status;
    ssize_t length = readlink("/proc/self", link, sizeof(link) - 1);

    *is_local = false;
    if (length < 0 || stat("/proc/self/ns/pid", &status))
        return has_no_proc(errno) ? ERROR_SUCCESS : os_error_of(errno);
    link[length] = 0;
    *is_local =
        pid_namespace == status.st_ino && strtoul(link, NULL, 10) == (unsigned long)getpid();
    return ERROR_SUCCESS;
}

bool os_region_owner_is_gone(uint32_t process_id)
{
    return is_dead(process_id);
}

DWORD os_region_ask(const struct os_region_source *source)
{
    struct flock lock = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = ASKED_BYTE, .l_len = 1
    };

    return fcntl((int)source->handle, F_OFD_SETLK, &lock) ? os_error_of(errno) : ERROR_SUCCESS;
}

bool os_region_owner_text(uint64_t owner, char *text, size_t size)
{
    snprintf(text, size, "%llu", (unsigned long long)owner);
    return true;
}

uint32_t os_region_name_process_id(const char *name)
{
    return name_process_id(name);
}

bool os_region_is_of(const struct os_region_source *source, uint32_t process_id)
{
    char path[64], text[4096];

    text[0] = 0;
    snprintf(path, sizeof(path), "/proc/%u/status", (unsigned)process_id);
    if (source->owner != 0)
        read_text(path, text, sizeof(text));
    const char *line = strstr(text, "\nUid:");
    if (!line)
        /* root could write anything; of other users the system reports nothing here */
        return true;
    unsigned long ids[4]; /* real, effective, saved, and that for files */
    if (sscanf(line, "\nUid: %lu %lu %lu %lu", &ids[0], &ids[1], &ids[2], &ids[3]) != 4)
        return true;
    for (size_t i = 0; i < 4; i++)
        if (ids[i] == source->owner)
            return true;
    return false;
}

DWORD os_region_reap(const struct os_region_source *source, const char *directory, const char *name)
{
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0)
        return os_error_of(errno);
    DWORD error = remove_dead_file(folder, name, (int)source->handle);
    close(folder);
    return error;
}

void os_region_close(struct os_region_source *source)
{
    close((int)source->handle);
    source->handle = -1;
}
