/* SPDX-License-Identifier: MIT
 *
 * os_region_posix.c: which names, directories and files are trusted, what is removed, and what
 * happens when the system does not answer. The linker replaces the functions of the C library that
 * can fail: see the Makefile.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os_region.h"
#include "region_folder.h"

/* ---- calls that fail ---------------------------------------------------------------------------- */

enum call {
    NO_CALL,
    LSTAT,
    FSTAT,
    FSTATAT,
    STAT,
    READLINK,
    KILL,
    OPENDIR,
    FCHMOD,
    GETCWD,
    OPEN,
    MKDIR,
    READ,
    SET_LOCK,
    GET_LOCK,
    FTRUNCATE,
    MMAP,
    MADVISE
};

static enum call failing;
static unsigned failing_after; /* so many calls of it succeed first */
static int failing_errno;
/* The second file that is opened, or asked about, after this is set to 2 is another one. */
static unsigned other_file_after, other_device_after;
static bool fails_once;
static const char *proc_text;  /* what every small file of /proc contains; NULL: what it contains */
static bool proc_text_once;    /* it is read bit by bit, and ends */
static const char *link_text;  /* what every link contains; NULL: what it contains */
static uid_t owner_of_files;   /* the owner of each file that is no directory, if not 0 */
static uid_t owner_everywhere; /* if not 0, everything is a directory of this user */
static const struct dirent *listed; /* what every directory contains; NULL: what it contains */
static size_t listed_count;
static int listed_error;    /* after these entries; 0: the end */
static struct timespec now; /* the coarse clock, if not 0 */

static bool fails(enum call call)
{
    if (call != failing || failing_after-- > 0)
        return false;
    failing_after = 0;
    if (fails_once)
        failing = NO_CALL;
    errno = failing_errno;
    return true;
}

static void fail_call(enum call call, int error)
{
    failing = call;
    failing_after = 0;
    failing_errno = error;
}

/* Each takes and returns what the function of the C library does. */
#define WRAPPED(result, name, parameters)                                                          \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters

WRAPPED(int, lstat, (const char *path, struct stat *status))
{
    if (fails(LSTAT))
        return -1;
    if (!owner_everywhere)
        return __real_lstat(path, status);
    memset(status, 0, sizeof(*status));
    status->st_mode = S_IFDIR | 0755;
    status->st_uid = owner_everywhere;
    return 0;
}

WRAPPED(int, fstat, (int file, struct stat *status))
{
    if (fails(FSTAT))
        return -1;
    const int result = __real_fstat(file, status);
    if (!result && owner_of_files && !S_ISDIR(status->st_mode))
        status->st_uid = owner_of_files;
    if (!result && owner_everywhere)
        status->st_uid = owner_everywhere;
    if (!result && other_device_after > 0 && --other_device_after == 0)
        status->st_dev++;
    return result;
}

/* Directories of /dev/shm: the first `taken` have another owner, the others are that of the test. */
static unsigned taken, tried;
static unsigned made_count, fchmod_count, munmap_count;
static bool is_other_device; /* names are those of another file system */

WRAPPED(int, open, (const char *path, int flags, mode_t mode))
{
    if (fails(OPEN))
        return -1;
    if (other_file_after > 0 && --other_file_after == 0) {
        unlink(path);
        close(__real_open(path, O_CREAT | O_WRONLY, 0600));
    }
    if (strncmp(path, "/dev/shm/heapctrs-", 18) != 0)
        return __real_open(path, flags, mode);
    errno = EACCES;
    return tried++ < taken ? -1 : __real_open(region_folder, flags, mode);
}

WRAPPED(void *, mmap, (void *at, size_t size, int protection, int flags, int file, off_t offset))
{
    return fails(MMAP) ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);
}

WRAPPED(int, madvise, (void *memory, size_t size, int advice))
{
    return fails(MADVISE) ? -1 : __real_madvise(memory, size, advice);
}

/* The process that asks, if it is another one: its id, if not 0, and its parent's, if not -1. */
static pid_t own_id, parent_id = -1;

WRAPPED(pid_t, getpid, (void))
{
    return own_id ? own_id : __real_getpid();
}

WRAPPED(pid_t, getppid, (void))
{
    return parent_id >= 0 ? parent_id : __real_getppid();
}

WRAPPED(int, mkdir, (const char *path, mode_t mode))
{
    made_count++;
    return fails(MKDIR) ? -1 : __real_mkdir(path, mode);
}

WRAPPED(int, fcntl, (int file, int command, void *argument))
{
    return (command == F_OFD_SETLK && fails(SET_LOCK)) ||
                   (command == F_OFD_GETLK && fails(GET_LOCK))
               ? -1
               : __real_fcntl(file, command, argument);
}

WRAPPED(int, ftruncate, (int file, off_t size))
{
    return fails(FTRUNCATE) ? -1 : __real_ftruncate(file, size);
}

WRAPPED(int, munmap, (void *memory, size_t size))
{
    munmap_count++;
    return __real_munmap(memory, size);
}

WRAPPED(int, fstatat, (int folder, const char *name, struct stat *status, int flags))
{
    if (fails(FSTATAT) || __real_fstatat(folder, name, status, flags))
        return -1;
    status->st_dev += is_other_device;
    return 0;
}

WRAPPED(int, stat, (const char *path, struct stat *status))
{
    return fails(STAT) ? -1 : __real_stat(path, status);
}

WRAPPED(ssize_t, readlink, (const char *path, char *text, size_t size))
{
    if (fails(READLINK))
        return -1;
    if (!link_text)
        return __real_readlink(path, text, size);
    memcpy(text, link_text, strlen(link_text));
    return (ssize_t)strlen(link_text);
}

WRAPPED(int, kill, (pid_t process, int number))
{
    return fails(KILL) ? -1 : __real_kill(process, number);
}

WRAPPED(DIR *, opendir, (const char *path))
{
    return fails(OPENDIR) ? NULL : __real_opendir(path);
}

WRAPPED(struct dirent *, readdir, (DIR * directory))
{
    if (!listed)
        return __real_readdir(directory);
    if (listed_count > 0)
        return (struct dirent *)(uintptr_t)(listed++, listed_count--, listed - 1);
    errno = listed_error;
    return NULL;
}

WRAPPED(int, fchmod, (int file, mode_t mode))
{
    fchmod_count++;
    return fails(FCHMOD) ? -1 : __real_fchmod(file, mode);
}

WRAPPED(char *, getcwd, (char *path, size_t size))
{
    return fails(GETCWD) ? NULL : __real_getcwd(path, size);
}

WRAPPED(ssize_t, read, (int file, void *bytes, size_t size))
{
    if (fails(READ))
        return -1;
    if (!proc_text)
        return __real_read(file, bytes, size);
    const size_t length = strlen(proc_text) < size ? strlen(proc_text) : size;
    memcpy(bytes, proc_text, length);
    if (proc_text_once)
        proc_text += length;
    return (ssize_t)length;
}

WRAPPED(int, clock_gettime, (clockid_t clock, struct timespec *time))
{
    const int result = __real_clock_gettime(clock, time);

    if (clock == CLOCK_REALTIME_COARSE && now.tv_sec)
        *time = now;
    return result;
}

/* ---- helpers -------------------------------------------------------------------------------------- */

static char path_text[OS_PATH_SIZE * 2];

static const char *path_of(const char *name)
{
    snprintf(path_text, sizeof(path_text), "%s/%s", region_folder, name);
    return path_text;
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void touch(const char *name)
{
    int file = open(path_of(name), O_CREAT | O_WRONLY, 0600);

    assert_true(file >= 0);
    close(file);
}

static size_t files_left(void)
{
    size_t count = 0;
    DIR *listing = opendir(region_folder);

    while (readdir(listing))
        count++;
    closedir(listing);
    return count - 2; /* "." and ".." */
}

static pid_t dead_process(void)
{
    const pid_t id = fork();

    if (id == 0)
        _exit(0);
    waitpid(id, NULL, 0);
    return id;
}

/* Run a case in a child, which may change itself. Returns its exit status, or minus its signal. */
static int run(int (*act)(void))
{
    int status = 0;

    fflush(NULL);
    const pid_t id = fork();
    if (id == 0) {
        alarm(60);
        _exit(act());
    }
    waitpid(id, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int reset(void **state)
{
    (void)state;
    fail_call(NO_CALL, 0);
    fails_once = false;
    proc_text = link_text = NULL;
    now = (struct timespec){ 0, 0 };
    setenv("HEAPCTRS_DIR", region_folder, 1);
    return chmod(region_folder, 0755);
}

/* ---- names -------------------------------------------------------------------------------------- */

static void a_name_begins_with_the_process_id_of_its_owner(void **state)
{
    static const struct {
        const char *name;
        uint32_t id;
    } cases[] = {
        { "12-34" OS_REGION_SUFFIX, 12 },
        { "12-34" OS_REGION_COUNTERS_SUFFIX, 12 },
        { "12-34" OS_REGION_CONSUMER_SUFFIX, 12 },
        { "12-34" OS_REGION_PRIVATE_SUFFIX, 12 },
        { ".new-12-34", 12 },
        { ".new-12-34" OS_REGION_SUFFIX, 12 },
        { "12-34", 0 },
        { "12-34" OS_REGION_SUFFIX "x", 0 },
        { OS_REGION_SUFFIX, 0 },
        { "12" OS_REGION_SUFFIX, 0 },
        { "12:34" OS_REGION_SUFFIX, 0 },
        { "/2-3" OS_REGION_SUFFIX, 0 },
        { "-3" OS_REGION_SUFFIX, 0 },
        { "90-3" OS_REGION_SUFFIX, 90 },
        { "1:-3" OS_REGION_SUFFIX, 0 },
        { "1/-3" OS_REGION_SUFFIX, 0 },
        { "2147483647-3" OS_REGION_SUFFIX, INT_MAX },
        { "2147483648-3" OS_REGION_SUFFIX, 0 },
        { "21474836470-3" OS_REGION_SUFFIX, 0 },
        { "18446744073709551628-3" OS_REGION_SUFFIX, 0 }, /* 2 to the 64, plus 12 */
        { "", 0 },
        { ".new-", 0 },
        { "1-", 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char *exact = strdup(cases[i].name); /* a sanitizer sees a read before or after it */
        if (os_region_name_process_id(exact) != cases[i].id)
            fail_msg("%s: %u", exact, (unsigned)os_region_name_process_id(exact));
        free(exact);
    }
}

/* ---- files of dead processes ----------------------------------------------------------------------- */

static DWORD tidy(const char *format, pid_t id)
{
    char name[64];

    snprintf(name, sizeof(name), format, (int)id);
    touch(name);
    const DWORD error = os_region_tidy(region_folder, name);
    assert_int_equal(exists(name), error != ERROR_SUCCESS);
    unlink(path_of(name));
    return error;
}

static void unfinished_and_private_files_of_the_dead_are_removed(void **state)
{
    const pid_t dead = dead_process();

    (void)state;
    assert_int_equal(tidy(".new-%d-1", dead), ERROR_SUCCESS);
    assert_int_equal(tidy(".new-%d-1", getpid()), ERROR_NOT_READY);
    /* Of a private file, the lock decides, and this one is not locked. */
    assert_int_equal(tidy("%d-1" OS_REGION_PRIVATE_SUFFIX, dead), ERROR_SUCCESS);
    assert_int_equal(tidy("%d-1" OS_REGION_PRIVATE_SUFFIX, getpid()), ERROR_SUCCESS);
    assert_int_equal(tidy("%d-1" OS_REGION_SUFFIX, dead), ERROR_INVALID_NAME);
    assert_int_equal(tidy(".new-x%d", dead), ERROR_INVALID_NAME);
    assert_int_equal(tidy("x%d" OS_REGION_PRIVATE_SUFFIX, dead), ERROR_INVALID_NAME);
    /* A directory that has gone meanwhile. */
    char name[64];
    snprintf(name, sizeof(name), ".new-%d-1", (int)dead);
    assert_int_equal(os_region_tidy(path_of("none"), name), ERROR_SUCCESS);
}

/* A process that cannot be asked may live. A zombie has ended, whatever the name of its program. */
static void only_a_process_that_is_reported_as_gone_is_dead(void **state)
{
    static const struct {
        const char *text;
        DWORD error;
    } cases[] = {
        { "7 (a) Z 1", ERROR_SUCCESS },
        { "7 (a) X 1", ERROR_SUCCESS },
        { "7 (a) S 1", ERROR_NOT_READY },
        { "7 (a) Z) S 1", ERROR_NOT_READY },
        { "7 (a) S) Z 1", ERROR_SUCCESS },
        { "", ERROR_NOT_READY },
        { "no parenthesis Z 1", ERROR_NOT_READY },
    };
    const pid_t dead = dead_process();

    (void)state;
    assert_true(os_region_owner_is_gone((uint32_t)dead));
    assert_false(os_region_owner_is_gone((uint32_t)getpid()));
    fail_call(KILL, EPERM); /* it lives, and belongs to another user */
    assert_false(os_region_owner_is_gone((uint32_t)getpid()));
    assert_int_equal(tidy(".new-%d-1", getpid()), ERROR_NOT_READY);
    fail_call(KILL, ESRCH);
    assert_true(os_region_owner_is_gone((uint32_t)getpid()));
    fail_call(READ, EIO);
    assert_int_equal(tidy(".new-%d-1", getpid()), ERROR_NOT_READY);
    fail_call(NO_CALL, 0);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        proc_text = cases[i].text;
        if (tidy(".new-%d-1", getpid()) != cases[i].error)
            fail_msg("%s", cases[i].text);
    }
}

/* A file that a process holds locked. */
static int locked_file(const char *name)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };
    int file = open(path_of(name), O_CREAT | O_RDWR, 0600);

    assert_true(file >= 0 && fcntl(file, F_OFD_SETLK, &lock) == 0);
    return file;
}

/* Publishing begins with the directory: what the dead have left is removed. */
static void a_directory_is_cleared_of_the_files_of_the_dead(void **state)
{
    const pid_t dead = dead_process(), zombie = fork();
    char names[8][64], path[OS_PATH_SIZE];

    (void)state;
    if (zombie == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)zombie, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    snprintf(names[0], 64, "%d-1" OS_REGION_SUFFIX, (int)dead);
    snprintf(names[1], 64, ".new-%d-1", (int)dead);
    snprintf(names[2], 64, "%d-1" OS_REGION_SUFFIX, (int)getpid()); /* of this id's last owner */
    snprintf(names[3], 64, ".new-%d-1", (int)zombie);
    snprintf(names[4], 64, "%d-1" OS_REGION_SUFFIX, (int)zombie); /* may still be locked */
    snprintf(names[5], 64, "%d-2" OS_REGION_SUFFIX, (int)dead);   /* locked */
    snprintf(names[6], 64, "%d-1" OS_REGION_SUFFIX, (int)getppid());
    snprintf(names[7], 64, "%d-x", (int)dead);
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        touch(names[i]);
    int locked = locked_file(names[5]);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        if (exists(names[i]) != (i >= 4))
            fail_msg("%s", names[i]);
    close(locked);
    for (size_t i = 4; i < UNIT_COUNT(names); i++)
        unlink(path_of(names[i]));
    waitpid(zombie, NULL, 0);
}

/* A file may get the name of another one meanwhile. */
static void only_the_file_that_is_open_is_removed(void **state)
{
    struct os_region_source source, other;

    (void)state;
    touch("1-1.region");
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    fail_call(FSTATAT, EIO);
    assert_int_equal(os_region_reap(&source, region_folder, "1-1.region"), ERROR_GEN_FAILURE);
    fail_call(FSTAT, EIO);
    assert_int_equal(os_region_reap(&source, region_folder, "1-1.region"), ERROR_GEN_FAILURE);
    fail_call(NO_CALL, 0);
    is_other_device = true;
    assert_int_equal(os_region_reap(&source, region_folder, "1-1.region"), ERROR_FILE_NOT_FOUND);
    is_other_device = false;
    assert_int_equal(os_region_reap(&source, path_of("none"), "1-1.region"), ERROR_FILE_NOT_FOUND);
    touch("1-2.region");
    assert_int_equal(os_region_open(&other, region_folder, "1-2.region"), ERROR_SUCCESS);
    assert_int_equal(os_region_reap(&source, region_folder, "1-2.region"), ERROR_FILE_NOT_FOUND);
    assert_true(exists("1-2.region"));
    assert_int_equal(os_region_reap(&other, region_folder, "1-2.region"), ERROR_SUCCESS);
    assert_false(exists("1-2.region"));
    int locked = locked_file("1-1.region");
    assert_int_equal(os_region_reap(&source, region_folder, "1-1.region"), ERROR_SHARING_VIOLATION);
    close(locked);
    assert_int_equal(os_region_reap(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    os_region_close(&other);
    os_region_close(&source);
}

/* ---- the publisher's directory ---------------------------------------------------------------------- */

static DWORD use_directory(const char *path, mode_t mode)
{
    char result[OS_PATH_SIZE];

    chmod(path, mode);
    setenv("HEAPCTRS_DIR", path, 1);
    return os_region_directory(result, sizeof(result));
}

static void the_directory_of_the_environment_is_used_if_it_is_sound(void **state)
{
    char folder[OS_PATH_SIZE * 2], path[OS_PATH_SIZE];

    (void)state;
    snprintf(folder, sizeof(folder), "%s", path_of("own"));
    assert_int_equal(use_directory(folder, 0), ERROR_SUCCESS); /* it is created */
    assert_int_equal(use_directory(folder, 0755), ERROR_SUCCESS);
    assert_int_equal(use_directory(folder, 0777), ERROR_INVALID_OWNER);
    assert_int_equal(use_directory(folder, 0775), ERROR_INVALID_OWNER);
    assert_int_equal(use_directory(folder, 01777), ERROR_SUCCESS);
    fail_call(FSTAT, EIO);
    assert_int_equal(use_directory(folder, 0755), ERROR_GEN_FAILURE);
    fail_call(NO_CALL, 0);
    rmdir(folder);
    snprintf(folder, sizeof(folder), "%s", path_of("none/own"));
    assert_int_equal(use_directory(folder, 0755), ERROR_FILE_NOT_FOUND);
    touch("file");
    snprintf(folder, sizeof(folder), "%s", path_of("file"));
    assert_int_equal(use_directory(folder, 0600), ERROR_PATH_NOT_FOUND);
    unlink(path_of("file"));

    /* A directory is not used in a path that does not fit with its zero. */
    setenv("HEAPCTRS_DIR", region_folder, 1);
    const size_t length = strlen(region_folder);
    assert_int_equal(os_region_directory(path, length + 1), ERROR_SUCCESS);
    assert_string_equal(path, region_folder);
    assert_int_equal(os_region_directory(path, length), ERROR_INVALID_NAME);
}

static void a_directory_that_is_not_sound_is_not_cleared(void **state)
{
    char name[64], path[OS_PATH_SIZE];

    (void)state;
    snprintf(name, sizeof(name), "%d-1" OS_REGION_SUFFIX, (int)dead_process());
    touch(name);
    chmod(region_folder, 0777);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_INVALID_OWNER);
    assert_true(exists(name));
    chmod(region_folder, 0755);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    assert_false(exists(name));
}

static void a_directory_is_created_only_if_there_is_none(void **state)
{
    char folder[sizeof(path_text)], path[OS_PATH_SIZE];

    (void)state;
    made_count = 0;
    errno = ENOENT; /* of an earlier call */
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    assert_int_equal(made_count, 0);
    fail_call(OPEN, EACCES);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_ACCESS_DENIED);
    assert_int_equal(made_count, 0);
    fail_call(OPEN, ENOENT);
    fails_once = true; /* another process creates it meanwhile */
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    assert_int_equal(made_count, 1);
    strcpy(folder, path_of("own"));
    setenv("HEAPCTRS_DIR", folder, 1);
    fail_call(MKDIR, EROFS);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_ACCESS_DENIED);
}

/* There are eight names: heapctrs-<uid>, and .1 to .7. */
static void another_user_may_have_taken_seven_names(void **state)
{
    char path[OS_PATH_SIZE], expected[64];

    (void)state;
    unsetenv("HEAPCTRS_DIR");
    for (taken = 0; taken <= 8; taken++) {
        tried = 0;
        const DWORD error = os_region_directory(path, sizeof(path));
        assert_int_equal(error, taken < 8 ? ERROR_SUCCESS : ERROR_ACCESS_DENIED);
        assert_int_equal(tried, taken < 8 ? taken + 1 : 8);
        if (error)
            continue;
        int length = snprintf(expected, sizeof(expected), "/dev/shm/heapctrs-%u", geteuid());
        if (taken > 0)
            snprintf(expected + length, sizeof(expected) - (size_t)length, ".%u", taken);
        assert_string_equal(path, expected);
        tried = 0;
        assert_int_equal(os_region_directory(path, strlen(expected) + 1), ERROR_SUCCESS);
        tried = 0;
        assert_int_equal(os_region_directory(path, strlen(expected)), ERROR_INVALID_NAME);
    }
    taken = tried = 0;
    owner_everywhere = geteuid() + 1; /* each is another user's */
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_INVALID_OWNER);
    assert_int_equal(tried, 8);
    owner_everywhere = 0;
}

static int use_a_relative_path(void)
{
    char path[OS_PATH_SIZE];
    bool is_right = chdir(region_folder) == 0 && setenv("HEAPCTRS_DIR", "own", 1) == 0 &&
                    os_region_directory(path, sizeof(path)) == ERROR_SUCCESS &&
                    strcmp(path, path_of("own")) == 0 && rmdir(path) == 0;

    fail_call(GETCWD, EACCES);
    is_right = is_right && os_region_directory(path, sizeof(path)) == ERROR_ACCESS_DENIED;
    setenv("HEAPCTRS_DIR", region_folder, 1); /* an absolute path needs no current directory */
    is_right = is_right && os_region_directory(path, sizeof(path)) == ERROR_SUCCESS &&
               strcmp(path, region_folder) == 0;
    path[4] = '#'; /* after the memory that the path may have */
    return !(is_right && os_region_directory(path, 4) == ERROR_INVALID_NAME && path[4] == '#');
}

static void a_relative_path_is_that_of_the_current_directory(void **state)
{
    (void)state;
    assert_int_equal(run(use_a_relative_path), 0);
}

/* ---- the publisher's file -------------------------------------------------------------------------- */

static void make(struct os_region_file *file)
{
    assert_int_equal(os_region_create(file, region_folder, OS_REGION_SUFFIX), ERROR_SUCCESS);
    assert_int_equal(os_region_grow(file, 8192), ERROR_SUCCESS);
}

static bool is_open(int file)
{
    return __real_fstat(file, &(struct stat){ 0 }) == 0;
}

static void a_file_is_created_locked_and_readable_for_all(void **state)
{
    struct os_region_file file, private_file;
    struct stat status;

    (void)state;
    assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX), ERROR_SUCCESS);
    assert_int_equal(os_region_create(&private_file, region_folder, OS_REGION_PRIVATE_SUFFIX),
                     ERROR_SUCCESS);
    assert_int_equal(fstat((int)file.handle, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    assert_int_equal(fstat((int)private_file.handle, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(exists(strrchr(file.path, '/') + 1)); /* not yet */
    assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
    assert_true(exists(strrchr(file.path, '/') + 1));
    assert_int_equal(os_region_publish(&file), ERROR_FILE_NOT_FOUND); /* only once */
    os_region_remove(&file);
    assert_false(exists(strrchr(file.path, '/') + 1));
    os_region_remove(&private_file);
    assert_int_equal(files_left(), 0);
    const int next = dup(0);
    close(next);
    /* The file is made, then opened again for its lock. */
    static const struct {
        enum call call;
        unsigned after, unmapped;
    } calls[] = { { FSTAT, 0, 0 },    { OPEN, 1, 0 }, { FSTAT, 1, 0 },
                  { SET_LOCK, 0, 0 }, { MMAP, 0, 0 }, { MADVISE, 0, 1 } };
    for (size_t i = 0; i < UNIT_COUNT(calls); i++) {
        munmap_count = 0;
        fail_call(calls[i].call, EACCES);
        fails_once = true;
        failing_after = calls[i].after;
        assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX),
                         ERROR_ACCESS_DENIED);
        assert_int_equal(munmap_count, calls[i].unmapped);
        assert_int_equal(files_left(), 0);
    }
    other_file_after = 2;
    assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX),
                     ERROR_FILE_NOT_FOUND);
    other_device_after = 2;
    assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX),
                     ERROR_FILE_NOT_FOUND);
    fail_call(OPEN, EEXIST); /* the name is taken: another one is tried */
    fails_once = true;
    assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX), ERROR_SUCCESS);
    assert_int_equal(files_left(), 1);
    os_region_remove(&file);
    errno = EEXIST; /* of an earlier call */
    assert_int_equal(os_region_create(&file, region_folder, OS_REGION_SUFFIX), ERROR_SUCCESS);
    assert_int_equal(files_left(), 1);
    os_region_remove(&file);
    const int again = dup(0);
    assert_int_equal(again, next); /* every descriptor was closed */
    close(again);
    assert_int_equal(os_region_create(&file, path_of("none"), OS_REGION_SUFFIX),
                     ERROR_FILE_NOT_FOUND);
    char longest[OS_PATH_SIZE + 1];
    memset(longest, 'x', sizeof(longest));
    longest[OS_PATH_SIZE] = 0;
    file.path[0] = 0;
    assert_int_equal(os_region_create(&file, longest, OS_REGION_SUFFIX), ERROR_INVALID_NAME);
    assert_int_equal(file.path[0], 0);
    assert_int_equal(files_left(), 0);
}

static void a_file_is_made_in_the_directory_that_its_path_names(void **state)
{
    struct os_region_file file;

    (void)state;
    strcpy(file.path, region_folder);
    assert_int_equal(os_region_create(&file, file.path, OS_REGION_SUFFIX), ERROR_SUCCESS);
    assert_memory_equal(file.path, region_folder, strlen(region_folder));
    assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENT);
    os_region_remove(&file);
    assert_int_equal(files_left(), 0);
    strcpy(file.path, path_of("none"));
    assert_int_equal(os_region_create(&file, file.path, OS_REGION_SUFFIX), ERROR_FILE_NOT_FOUND);
    assert_string_equal(file.path, path_of("none")); /* the directory again, for messages */
}

static void only_the_name_of_a_file_is_removed_at_the_end_of_a_process(void **state)
{
    struct os_region_file file;

    (void)state;
    for (int is_named = 0; is_named < 2; is_named++) {
        make(&file);
        if (is_named)
            assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
        assert_int_equal(files_left(), 1);
        os_region_unname(&file);
        assert_int_equal(files_left(), 0);
        assert_true(is_open((int)file.handle));
        assert_non_null(file.lock);
        os_region_abandon(&file);
    }
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
    struct os_region_file file;
    int made = 0;

    (void)state;
    for (size_t room = 1; room < 64; room++) { /* bytes of the path after its directory */
        char directory[OS_PATH_SIZE];
        const size_t length = sizeof(file.path) - room;
        memset(directory, '/', length);
        directory[length] = 0;
        memcpy(directory, region_folder, strlen(region_folder));
        memset(&file, '#', sizeof(file)); /* no byte after the path ends it */
        const DWORD error = os_region_create(&file, directory, OS_REGION_SUFFIX);
        assert_true(error == ERROR_INVALID_NAME || error == ERROR_SUCCESS);
        assert_string_equal(error ? file.path : directory, directory);
        if (error)
            continue;
        made++;
        assert_true(strlen(file.path) < sizeof(file.path));
        os_region_remove(&file);
    }
    assert_true(made > 0);
    assert_int_equal(files_left(), 0);
}

static struct os_region_file inherited;

/* The address may belong to something else in a child. */
static int abandon(void)
{
    munmap_count = 0;
    os_region_abandon(&inherited);
    return munmap_count != 0 || inherited.lock;
}

static void a_lock_is_freed_once_by_its_process(void **state)
{
    (void)state;
    make(&inherited);
    assert_int_equal(run(abandon), 0);
    munmap_count = 0;
    os_region_abandon(&inherited);
    os_region_remove(&inherited);
    assert_int_equal(munmap_count, 1);
}

static void a_file_grows_as_far_as_the_process_may(void **state)
{
    struct os_region_file file;
    struct stat status;
    struct rlimit limit, kept;

    (void)state;
    make(&file);
    assert_int_equal(os_region_grow(&file, 8192), ERROR_SUCCESS); /* nothing to do */
    assert_int_equal(os_region_grow(&file, 4096), ERROR_SUCCESS);
    assert_int_equal(fstat((int)file.handle, &status), 0);
    assert_int_equal(status.st_size, 8192); /* it is never shortened */
    getrlimit(RLIMIT_FSIZE, &kept);
    limit = kept;
    limit.rlim_cur = 16384; /* beyond it, a signal would end the process */
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(os_region_grow(&file, 16385), ERROR_DISK_FULL);
    assert_null(os_region_map_reserved(&file, 16385, 8192));
    assert_int_equal(os_region_grow(&file, 16384), ERROR_SUCCESS);
    void *memory = os_region_map_reserved(&file, 16384, 8192);
    assert_non_null(memory);
    os_region_unmap(memory, 16384);
    setrlimit(RLIMIT_FSIZE, &kept);
    os_region_remove(&file);
    assert_int_equal(os_region_grow(&file, 8192), ERROR_INVALID_HANDLE);
    assert_int_equal(os_region_grow(&file, 100000), ERROR_INVALID_HANDLE);
}

/* A program may close descriptors that it does not know, and get their numbers for its own files. */
static void a_descriptor_that_is_another_file_is_left_alone(void **state)
{
    struct os_region_file file;
    struct stat status;

    (void)state;
    make(&file);
    touch("other");
    int other = open(path_of("other"), O_RDWR);
    assert_int_equal(dup2(other, (int)file.handle), file.handle);
    const int handle = (int)file.handle;
    assert_int_equal(os_region_grow(&file, 100000), ERROR_INVALID_HANDLE);
    assert_int_equal(fstat(other, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_false(os_region_is_asked(&file));
    int asked = open(path_of("other"), O_RDWR); /* a reader asks for a state of that other file */
    struct os_region_source source = { .handle = asked };
    assert_int_equal(os_region_ask(&source), ERROR_SUCCESS);
    assert_false(os_region_is_asked(&file));
    close(asked);
    os_region_remove(&file);
    assert_true(is_open(handle));
    assert_int_equal(file.handle, -1);
    close(handle);
    close(other);
    unlink(path_of("other"));
    assert_int_equal(files_left(), 0);
    make(&file);
    file.device++; /* the same number in another file system */
    assert_int_equal(os_region_grow(&file, 100000), ERROR_INVALID_HANDLE);
    file.device--;
    os_region_abandon(&file);
    assert_false(is_open(handle));
    os_region_remove(&file);
}

static void a_hidden_file_is_opened_again_to_grow(void **state)
{
    struct os_region_file file;
    struct stat status;
    char path[sizeof(file.path)];

    (void)state;
    make(&file);
    assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
    strcpy(path, file.path);
    void *memory = os_region_map(&file, 0, 8192, NULL);
    os_region_hide(&file);
    assert_int_equal(file.handle, -1);
    assert_int_equal(os_region_grow(&file, 16384), ERROR_SUCCESS);
    assert_int_equal(fstat((int)file.handle, &status), 0);
    assert_int_equal(status.st_size, 16384);
    assert_int_equal(status.st_mode & 0777, 0444);
    os_region_hide(&file);
    for (unsigned after = 0; after < 2; after++) { /* for reading, for writing */
        fail_call(OPEN, EACCES);
        failing_after = after;
        assert_int_equal(os_region_grow(&file, 20000), ERROR_ACCESS_DENIED);
        assert_int_equal(file.handle, -1);
    }
    fail_call(FCHMOD, EPERM);
    assert_int_equal(os_region_grow(&file, 20000), ERROR_ACCESS_DENIED);
    fail_call(NO_CALL, 0);
    for (unsigned after = 0; after < 3; after++) { /* its own, that of the name, that of the file */
        fail_call(FSTAT, EIO);
        failing_after = after;
        assert_int_equal(os_region_grow(&file, 20000),
                         after == 2 ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
        fail_call(NO_CALL, 0);
        if (after < 2)
            assert_int_equal(file.handle, -1);
        os_region_hide(&file);
    }
    /* Another file has its name. */
    assert_int_equal(rename(path, path_of("moved")), 0);
    assert_int_equal(os_region_grow(&file, 30000), ERROR_FILE_NOT_FOUND);
    touch(strrchr(path, '/') + 1);
    fchmod_count = 0;
    assert_int_equal(os_region_grow(&file, 30000), ERROR_FILE_NOT_FOUND);
    assert_int_equal(fchmod_count, 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size == 0 && (status.st_mode & 0777) == 0600); /* it is as it was */
    os_region_unmap(memory, 8192);
    unlink(path);
    unlink(path_of("moved"));
}

/* ---- what the publisher asks about its file --------------------------------------------------------- */

static void a_file_is_present_under_its_name_or_without_one(void **state)
{
    struct os_region_file file;
    char path[sizeof(file.path)];

    (void)state;
    make(&file);
    assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
    strcpy(path, file.path);
    void *memory = os_region_map(&file, 0, 8192, NULL);
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENT);
    assert_true(os_region_is_whole(&file, 8192));
    assert_false(os_region_is_whole(&file, 8193));
    fail_call(LSTAT, EACCES); /* the name cannot be asked for */
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENCE_UNKNOWN);
    assert_false(os_region_is_whole(&file, 8192));
    fail_call(LSTAT, ENOENT); /* after chroot; the mapping is not reported as deleted */
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENCE_UNKNOWN);
    fail_call(NO_CALL, 0);
    file.device++;
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENCE_UNKNOWN);
    assert_false(os_region_is_whole(&file, 1));
    file.device--;
    unlink(path);
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    assert_false(os_region_is_whole(&file, 1));
    touch(strrchr(path, '/') + 1); /* another file has its name */
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    assert_false(os_region_is_whole(&file, 0));
    fail_call(LSTAT, ENOTDIR);
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    fail_call(LSTAT, EACCES);
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENCE_UNKNOWN);
    fail_call(NO_CALL, 0);
    unlink(path);
    os_region_unmap(memory, 8192);
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED); /* its lock is mapped */
    os_region_abandon(&file);
    assert_int_equal(os_region_presence(&file), OS_REGION_PRESENCE_UNKNOWN);
}

/* A list of mappings, of which one reports that its file was deleted. */
static void only_its_own_deleted_mapping_shows_that_a_file_has_no_name(void **state)
{
    struct os_region_file file = { .handle = -1, .inode = 77, .path = "/none/at/all" };
    char own[64], longest[6000];
    static const char *const others[] = {
        "",
        "\n",
        "1-2 rw-s 0 00:01 77 /a\n",
        "1-2 rw-s 0 00:01 78 /a (deleted)\n",
        "1-2 rw-s 0 00:01 77 /a (deleted)",
        " (deleted)\n",
        "x (deleted)\n",
    };

    (void)state;
    snprintf(own, sizeof(own), "1-2 rw-s 0 00:01 77 /a (deleted)\n");
    proc_text_once = true;
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        proc_text = others[i];
        if (os_region_presence(&file) != OS_REGION_PRESENCE_UNKNOWN)
            fail_msg("%s", others[i]);
    }
    proc_text = own;
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    /* A line that is longer than the buffer is skipped, and the next one is found. */
    memset(longest, 'y', sizeof(longest));
    longest[5000] = '\n';
    strcpy(longest + 5001, own);
    proc_text = longest;
    assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    /* Its line begins in one part that is read and ends in the next. */
    for (size_t before = 4300; before < 4360; before++) {
        memset(longest, 'y', before);
        longest[60] = longest[before - 1] = '\n';
        strcpy(longest + before, own);
        proc_text = longest;
        assert_int_equal(os_region_presence(&file), OS_REGION_UNLINKED);
    }
    proc_text_once = false;
}

static void a_reader_can_ask_for_a_new_state(void **state)
{
    struct os_region_file file;
    struct os_region_source source;

    (void)state;
    make(&file);
    assert_int_equal(os_region_publish(&file), ERROR_SUCCESS);
    const char *name = strrchr(file.path, '/') + 1;
    assert_int_equal(os_region_open(&source, region_folder, name), ERROR_SUCCESS);
    assert_int_equal(os_region_life(&source), OS_REGION_LIVE);
    void *memory = os_region_map(&file, 0, 8192, NULL);
    for (int is_hidden = 0; is_hidden < 2; is_hidden++) {
        assert_false(os_region_is_asked(&file));
        assert_int_equal(os_region_ask(&source), ERROR_SUCCESS);
        assert_true(os_region_is_asked(&file));
        os_region_close(&source);
        assert_false(os_region_is_asked(&file));
        if (!is_hidden)
            os_region_hide(&file);
        assert_int_equal(os_region_open(&source, region_folder, name), ERROR_SUCCESS);
        assert_int_equal(os_region_life(&source), OS_REGION_LIVE); /* asking changes nothing */
    }
    fail_call(FSTAT, EIO);
    assert_false(os_region_is_asked(&file));
    fail_call(GET_LOCK, EIO);
    assert_false(os_region_is_asked(&file));
    fail_call(NO_CALL, 0);
    unlink(file.path); /* no reader can find it, so none asks */
    assert_false(os_region_is_asked(&file));
    fail_call(LSTAT, EACCES); /* it is not known whether there is one */
    assert_true(os_region_is_asked(&file));
    fail_call(NO_CALL, 0);
    os_region_unmap(memory, 8192);
    assert_int_equal(os_region_life(&source), OS_REGION_LIVE);
    os_region_abandon(&file);
    assert_int_equal(os_region_life(&source), OS_REGION_DEAD);
    os_region_close(&source);
    source.handle = -1;
    assert_int_equal(os_region_ask(&source), ERROR_GEN_FAILURE);
    assert_int_equal(os_region_life(&source), OS_REGION_UNKNOWN);
}

static void memory_is_committed_or_given_back(void **state)
{
    struct os_region_file file;
    const size_t page = os_region_alignment();

    (void)state;
    make(&file);
    munmap_count = 0;
    assert_null(os_region_map_reserved(&file, 64 * page, 64 * page)); /* more than the file has */
    assert_int_equal(munmap_count, 1);
    fail_call(FTRUNCATE, EFBIG);
    assert_null(os_region_map_reserved(&file, 64 * page, page));
    assert_int_equal(munmap_count, 2);
    fail_call(NO_CALL, 0);
    unsigned char *memory = os_region_map_reserved(&file, 64 * page, page);
    assert_non_null(memory);
    assert_true(os_region_commit(memory, 4 * page));
    assert_true(os_region_replace_private(memory, page));
    memory[0] = 5;
    assert_false(os_region_replace_private(memory + 1, page)); /* not a whole page */
    assert_ptr_equal(os_region_map(&file, 0, page, memory), memory);
    assert_int_equal(memory[0], 0); /* the file again */
    assert_null(os_region_map(&file, 1, page, NULL));
    os_region_unmap(memory, 64 * page);
    assert_false(os_region_commit(memory, page));
    os_region_remove(&file);
    assert_null(os_region_map_reserved(&file, page, page)); /* it is closed */
}

/* ---- this process --------------------------------------------------------------------------------- */

static uint64_t milliseconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* The lowest 22 bits are the process id: no Linux has larger ones. */
static bool has_own_start(void)
{
    const uint64_t start = os_region_process_start();

    while (milliseconds() < (start >> 22) + 2) /* until another call would give another time */
        continue;
    return start >> 22 && (start & ((1u << 22) - 1)) == (uint64_t)getpid() &&
           os_region_process_start() == start;
}

static int start_again(void)
{
    return !has_own_start();
}

static void each_process_has_a_start_of_its_own(void **state)
{
    (void)state;
    assert_true(has_own_start());
    assert_int_equal(run(start_again), 0);
}

/* The parent of a namespace's first process is outside, and has no id in it. */
static int ask_as_a_first_process(void)
{
    parent_id = 0;
    return os_region_pid_namespace() == 0;
}

/* Process 1 is also the parent of every process whose own parent has ended. */
static int ask_as_a_child_of_process_1(void)
{
    own_id = 1;
    if (os_region_pid_namespace() == 0)
        return 2;
    own_id = 0;
    parent_id = 1;
    fail_call(STAT, ENOENT);
    return os_region_pid_namespace() != 0;
}

/* The first test, because children know what this process has asked. */
static void a_namespace_is_not_taken_from_a_process_that_may_be_no_parent(void **state)
{
    (void)state;
    assert_int_equal(run(ask_as_a_first_process), 0);
    assert_int_equal(run(ask_as_a_child_of_process_1), 0);
}

/* What the system does not report, a child knows from its parent, if that has asked. */
static int know_the_namespace(void)
{
    return os_region_pid_namespace() == 0;
}

static int know_no_namespace(void)
{
    return os_region_pid_namespace() != 0;
}

static int have_a_child_that_does_not_know(void)
{
    return run(know_no_namespace);
}

static void a_process_id_is_local_in_its_own_namespace(void **state)
{
    static const struct {
        int error;
        DWORD result;
    } cases[] = {
        { ENOENT, ERROR_SUCCESS }, { ENOTDIR, ERROR_SUCCESS },          { EACCES, ERROR_SUCCESS },
        { EPERM, ERROR_SUCCESS },  { ENOMEM, ERROR_NOT_ENOUGH_MEMORY }, { EIO, ERROR_GEN_FAILURE },
    };
    const uint64_t own = os_region_pid_namespace();
    bool is_local = false;

    (void)state;
    assert_true(own != 0);
    assert_int_equal(os_region_is_local(own, &is_local), ERROR_SUCCESS);
    assert_true(is_local);
    assert_int_equal(os_region_is_local(own + 1, &is_local), ERROR_SUCCESS);
    assert_false(is_local);
    assert_int_equal(os_region_is_local(0, &is_local), ERROR_SUCCESS);
    assert_false(is_local);
    for (size_t i = 0; i < 2 * UNIT_COUNT(cases); i++) {
        is_local = true;
        fail_call(i % 2 ? STAT : READLINK, cases[i / 2].error);
        if (os_region_is_local(own, &is_local) != cases[i / 2].result || is_local)
            fail_msg("errno %d", cases[i / 2].error);
    }
    fail_call(STAT, ENOENT);
    assert_int_equal(run(know_the_namespace), 0);
    assert_int_equal(run(have_a_child_that_does_not_know), 0);
    fail_call(NO_CALL, 0);
    link_text = "4711"; /* /proc belongs to another namespace */
    assert_int_equal(os_region_is_local(own, &is_local), ERROR_SUCCESS);
    assert_false(is_local);
    link_text = NULL;
}

/* ---- the reader's side ------------------------------------------------------------------------------- */

static void a_region_belongs_to_one_of_the_users_of_its_process(void **state)
{
    static const struct {
        const char *text;
        bool is_of;
    } cases[] = {
        { "Name:\ta\nUid:\t5\t6\t7\t8\n", false },
        { "Name:\ta\nUid:\t5\t6\t7\n", true },
        { "Name:\ta\nUid:\t9\t6\t7\t8\n", true },
        { "Name:\ta\nUid:\t5\t9\t7\t8\n", true },
        { "Name:\ta\nUid:\t5\t6\t9\t8\n", true },
        { "Name:\ta\nUid:\t5\t6\t7\t9\n", true },
        { "Name:\ta\nUid:\t5\t6\t7\n", true },
        { "Uid:\t5\t6\t7\t8\n", true },
        { "Name:\ta\n", true },
        { "", true },
    };
    struct os_region_source source = { .handle = -1, .owner = 9 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        proc_text = cases[i].text;
        if (os_region_is_of(&source, (uint32_t)getpid()) != cases[i].is_of)
            fail_msg("%s", cases[i].text);
    }
    proc_text = cases[0].text;
    source.owner = 0; /* root can write whatever it wants */
    assert_true(os_region_is_of(&source, (uint32_t)getpid()));
    source.owner = 9;
    assert_true(os_region_is_of(&source, (uint32_t)dead_process())); /* there is no such file */
}

static void a_region_is_a_file_of_its_directory_s_owner(void **state)
{
    struct os_region_source source = { .handle = 4711 };
    struct stat status;

    (void)state;
    touch("1-1.region");
    const int next = open("/dev/null", O_RDONLY);
    close(next);
    assert_int_equal(os_region_open(&source, region_folder, "none"), ERROR_FILE_NOT_FOUND);
    assert_int_equal(os_region_open(&source, path_of("none"), "none"), ERROR_FILE_NOT_FOUND);
    assert_int_equal(mkdir(path_of("1-2.region"), 0755), 0);
    assert_int_equal(os_region_open(&source, region_folder, "1-2.region"), ERROR_INVALID_NAME);
    rmdir(path_of("1-2.region"));
    for (unsigned after = 0; after < 2; after++) {
        fail_call(FSTAT, EIO);
        fails_once = true;
        failing_after = after;
        assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_GEN_FAILURE);
    }
    fail_call(NO_CALL, 0);
    owner_of_files = geteuid() + 1; /* the folder still is this user's */
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_INVALID_NAME);
    assert_int_equal(source.handle, 4711); /* unchanged */
    const int again = open("/dev/null", O_RDONLY);
    const int after = dup(again);
    assert_true(again == next && after == next + 1); /* every descriptor was closed */
    close(again);
    close(after);
    chmod(region_folder, 01777); /* all users may have regions in it */
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    assert_int_equal(source.owner, geteuid() + 1);
    os_region_close(&source);
    chmod(region_folder, 0755);
    owner_of_files = 0;
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    assert_int_equal(fstat((int)source.handle, &status), 0);
    assert_true(source.inode == status.st_ino && source.size == 0 && !source.has_other_names);
    os_region_close(&source);
    char link_path[sizeof(path_text)];
    strcpy(link_path, path_of("link"));
    assert_int_equal(link(path_of("1-1.region"), link_path), 0);
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    assert_true(source.has_other_names);
    os_region_close(&source);
    unlink(link_path);
    unlink(path_of("1-1.region"));
}

static void a_mapping_is_made_or_nothing_is_changed(void **state)
{
    struct os_region_source source;
    struct os_region_mapping mapping = { .size = 5, .is_cut = 1 };

    (void)state;
    touch("1-1.region");
    assert_int_equal(truncate(path_of("1-1.region"), 8192), 0);
    assert_int_equal(os_region_open(&source, region_folder, "1-1.region"), ERROR_SUCCESS);
    assert_false(os_region_map_read(&source, 0, &mapping)); /* there is no mapping of no bytes */
    assert_true(mapping.size == 5 && mapping.is_cut == 1 && !mapping.memory);
    assert_true(os_region_map_read(&source, 8192, &mapping));
    assert_true(mapping.size == 8192 && mapping.is_cut == 0 && mapping.memory[8191] == 0);
    munmap_count = 0;
    os_region_unmap_read(&mapping);
    assert_int_equal(munmap_count, 1);
    os_region_unmap_read(&mapping); /* once is enough */
    assert_true(mapping.size == 0 && !mapping.memory);
    os_region_close(&source);
    unlink(path_of("1-1.region"));
}

static DWORD check_place(struct os_region_place *place, const char *path)
{
    memset(place, 0xFF, sizeof(*place));
    snprintf(place->path, sizeof(place->path), "%.4000s", path);
    return os_region_place_check(place);
}

static void a_place_is_a_directory_that_only_its_owner_can_change(void **state)
{
    struct os_region_place place;
    char folder[sizeof(path_text)];

    (void)state;
    strcpy(folder, path_of("place"));
    assert_int_equal(check_place(&place, folder), ERROR_FILE_NOT_FOUND);
    touch("place");
    assert_int_equal(check_place(&place, folder), ERROR_ACCESS_DENIED);
    assert_int_equal(check_place(&place, path_of("place/inside")), ERROR_FILE_NOT_FOUND);
    unlink(folder);
    assert_int_equal(symlink(region_folder, folder), 0);
    assert_int_equal(check_place(&place, folder), ERROR_ACCESS_DENIED);
    assert_true(place.is_link);
    unlink(folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(check_place(&place, folder), ERROR_SUCCESS);
    assert_true(place.owner == geteuid() && !place.is_link && !place.is_closed &&
                !place.is_misnamed && !place.is_shared);
    fail_call(LSTAT, EACCES);
    assert_int_equal(check_place(&place, folder), ERROR_ACCESS_DENIED);
    fail_call(NO_CALL, 0);
    for (int is_own = 0; is_own < 3; is_own++) {
        static const mode_t modes[] = { 0777, 0775, 01777 };
        for (size_t i = 0; i < UNIT_COUNT(modes); i++) {
            const bool is_shared = modes[i] == 01777 && is_own == 1;
            if (is_own < 2)
                setenv("HEAPCTRS_DIR", is_own ? folder : region_folder, 1);
            else
                unsetenv("HEAPCTRS_DIR");
            chmod(folder, modes[i]);
            assert_int_equal(check_place(&place, folder),
                             is_shared ? ERROR_SUCCESS : ERROR_ACCESS_DENIED);
            assert_int_equal(place.is_shared, is_shared);
        }
    }
    rmdir(folder);
}

/* heapctrs-N and heapctrs-N.M belong to user N. /dev/shm is only asked for what is there: lstat of this
   test reports a directory of user 5 everywhere. */
static void a_name_that_is_another_user_s_is_reported(void **state)
{
    static const struct {
        const char *path;
        bool is_misnamed;
    } cases[] = {
        { "/dev/shm/heapctrs-5", false },  { "/dev/shm/heapctrs-5.1", false },
        { "/dev/shm/heapctrs-6", true },   { "/dev/shm/heapctrs-6.1", true },
        { "/dev/shm/heapctrs-0", true },   { "/dev/shm/heapctrs-9", true },
        { "/dev/shm/heapctrs-6x", false }, { "/dev/shm/heapctrs-x", false },
        { "/dev/shm/heapctrs-", false },   { "/dev/shm/heapctrs-/", false },
        { "/dev/shm/heapctrs-:", false },  { "/dev/shm/heapctrs-/6", false },
        { "/dev/shm/heapctrs-:6", false }, { "/dev/xhm/heapctrs-6", false },
    };
    struct os_region_place place;

    (void)state;
    owner_everywhere = 5;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(check_place(&place, cases[i].path), ERROR_SUCCESS);
        if (place.is_misnamed != cases[i].is_misnamed)
            fail_msg("%s", cases[i].path);
    }
    owner_everywhere = 0;
}

static void the_directory_of_the_environment_is_the_only_place(void **state)
{
    struct os_region_places places;
    struct os_region_place place;
    char longest[OS_PATH_SIZE + 1];

    (void)state;
    assert_int_equal(os_region_places_open(&places), ERROR_SUCCESS);
    assert_null(places.listing);
    assert_int_equal(os_region_places_next(&places, &place), ERROR_SUCCESS);
    assert_string_equal(place.path, region_folder);
    assert_int_equal(os_region_places_next(&places, &place), ERROR_NO_MORE_FILES);
    os_region_places_close(&places);
    assert_int_equal(os_region_directories_mark(), 1);
    for (size_t length = OS_PATH_SIZE - 1; length <= OS_PATH_SIZE; length++) {
        memset(longest, 'x', length);
        longest[length] = 0;
        setenv("HEAPCTRS_DIR", longest, 1);
        os_region_places_open(&places);
        const DWORD error = os_region_places_next(&places, &place);
        if (length < OS_PATH_SIZE)
            assert_int_not_equal(error, ERROR_NO_MORE_FILES); /* the system knows no such path */
        else
            assert_int_equal(error, ERROR_NO_MORE_FILES);
        os_region_places_close(&places);
    }
}

static void the_places_are_those_of_shared_memory_otherwise(void **state)
{
    struct os_region_places places;
    struct stat status;

    (void)state;
    unsetenv("HEAPCTRS_DIR");
    if (__real_lstat("/dev/shm", &status))
        skip();
    now.tv_sec = status.st_ctim.tv_sec + 10;
    assert_int_not_equal(os_region_directories_mark(), 1);
    const int next = dup(0);
    close(next);
    assert_int_equal(os_region_places_open(&places), ERROR_SUCCESS);
    assert_non_null(places.listing);
    os_region_places_close(&places);
    const int again = dup(0);
    assert_int_equal(again, next);
    close(again);
}

static void the_places_are_the_directories_with_the_prefix(void **state)
{
    static const struct dirent entries[] = {
        { .d_name = "heapctrs-1", .d_type = DT_DIR },
        { .d_name = "heapctrs-2", .d_type = DT_LNK },
        { .d_name = "heapctrs-3", .d_type = DT_UNKNOWN },
        { .d_name = "heapctrs-4", .d_type = DT_REG },
        { .d_name = "heapctr-5", .d_type = DT_DIR },
    };
    struct os_region_places places;
    struct os_region_place place;

    (void)state;
    setenv("HEAPCTRS_DIR", "", 1); /* as if there were none */
    listed = entries;
    listed_count = UNIT_COUNT(entries);
    owner_everywhere = 1;
    assert_int_equal(os_region_places_open(&places), ERROR_SUCCESS);
    for (int i = 1; i <= 3; i++) {
        char expected[64];
        snprintf(expected, sizeof(expected), "/dev/shm/heapctrs-%d", i);
        assert_int_equal(os_region_places_next(&places, &place), ERROR_SUCCESS);
        assert_string_equal(place.path, expected);
        assert_int_equal(place.is_misnamed, i != 1);
    }
    assert_int_equal(os_region_places_next(&places, &place), ERROR_NO_MORE_FILES);
    os_region_places_close(&places);
    assert_int_equal(os_region_places_next(&places, &place), ERROR_NO_MORE_FILES);
    /* One that has gone is left out, and one that cannot be asked about is reported. */
    listed = entries;
    listed_count = UNIT_COUNT(entries);
    assert_int_equal(os_region_places_open(&places), ERROR_SUCCESS);
    fail_call(LSTAT, ENOENT);
    fails_once = true;
    assert_int_equal(os_region_places_next(&places, &place), ERROR_SUCCESS);
    assert_string_equal(place.path, "/dev/shm/heapctrs-2");
    fail_call(LSTAT, EIO);
    assert_int_equal(os_region_places_next(&places, &place), ERROR_GEN_FAILURE);
    /* A listing that ends too early is an error, once. */
    listed_error = EIO;
    listed_count = 0;
    assert_int_equal(os_region_places_next(&places, &place), ERROR_GEN_FAILURE);
    assert_null(places.listing);
    assert_int_equal(os_region_places_next(&places, &place), ERROR_NO_MORE_FILES);
    listed_error = 0;
    listed = NULL;
    owner_everywhere = 0;
    fails_once = false;
    static const struct {
        int error;
        DWORD result;
    } cases[] = { { ENOENT, ERROR_SUCCESS }, { EMFILE, ERROR_TOO_MANY_OPEN_FILES } };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        fail_call(OPENDIR, cases[i].error);
        assert_int_equal(os_region_places_open(&places), cases[i].result);
        assert_int_equal(os_region_places_next(&places, &place), ERROR_NO_MORE_FILES);
    }
    setenv("HEAPCTRS_DIR", region_folder, 1); /* then nothing is listed */
    assert_int_equal(os_region_places_open(&places), ERROR_SUCCESS);
    assert_true(places.has_own);
}

/* File times are those of a coarse clock: a change in the same tick would not show. 50 ms are several
   ticks. */
static void a_mark_is_known_when_a_directory_has_not_changed_for_some_ticks(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(__real_lstat(region_folder, &status), 0);
    for (int late = 0; late < 2; late++) {
        const int64_t age = 50000000 - 1 + late, nanoseconds = status.st_ctim.tv_nsec + age;
        now.tv_sec = status.st_ctim.tv_sec + nanoseconds / 1000000000;
        now.tv_nsec = nanoseconds % 1000000000;
        assert_int_equal(os_region_directory_mark(region_folder) != 0, late);
    }
    assert_true(os_region_directory_mark(region_folder) == os_region_directory_mark(region_folder));
    assert_int_equal(os_region_directory_mark(path_of("none")), 1);
}

/* A program may begin without descriptors 0 to 2. */
static int without_descriptors(void)
{
    struct os_region_file file;
    struct os_region_source source;
    char path[OS_PATH_SIZE];
    bool is_local;

    for (int i = 0; i < 3; i++)
        close(i);
    made_count = 0;
    errno = ENOENT; /* of an earlier call */
    if (os_region_directory(path, sizeof(path)) || made_count || is_open(0))
        return 1;
    errno = EEXIST;
    if (os_region_create(&file, region_folder, OS_REGION_SUFFIX) || os_region_grow(&file, 8192) ||
        file.handle < 3 || os_region_publish(&file))
        return 2;
    void *memory = os_region_map(&file, 0, 8192, NULL);
    const char *name = strrchr(file.path, '/') + 1;
    /* The lowest descriptors are free: the directory gets 0, and its file 1. */
    if (os_region_open(&source, region_folder, name) || source.handle != 1 ||
        os_region_life(&source) != OS_REGION_LIVE ||
        os_region_reap(&source, region_folder, name) != ERROR_SHARING_VIOLATION ||
        files_left() != 1)
        return 3;
    os_region_close(&source);
    os_region_hide(&file);
    if (os_region_is_asked(&file) || os_region_grow(&file, 16384) || file.handle != 1 ||
        !os_region_is_whole(&file, 16384))
        return 4;
    os_region_hide(&file);
    if (os_region_process_start() == 0 ||
        os_region_is_local(os_region_pid_namespace(), &is_local) || !is_local || is_open(0))
        return 5;
    unlink(file.path);
    if (os_region_presence(&file) != OS_REGION_UNLINKED || is_open(0) ||
        tidy(".new-%d-1", dead_process()) || is_open(0))
        return 6;
    proc_text = "7 (a) Z 1";
    if (tidy(".new-%d-1", getpid()) || is_open(0))
        return 7;
    os_region_unmap(memory, 8192);
    return 0;
}

static void descriptor_0_is_one_like_any_other(void **state)
{
    (void)state;
    assert_int_equal(run(without_descriptors), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_namespace_is_not_taken_from_a_process_that_may_be_no_parent),
        TEST(a_name_begins_with_the_process_id_of_its_owner),
        TEST(unfinished_and_private_files_of_the_dead_are_removed),
        TEST(only_a_process_that_is_reported_as_gone_is_dead),
        TEST(a_directory_is_cleared_of_the_files_of_the_dead),
        TEST(only_the_file_that_is_open_is_removed),
        TEST(the_directory_of_the_environment_is_used_if_it_is_sound),
        TEST(a_relative_path_is_that_of_the_current_directory),
        TEST(a_directory_that_is_not_sound_is_not_cleared),
        TEST(a_directory_is_created_only_if_there_is_none),
        TEST(another_user_may_have_taken_seven_names),
        TEST(a_file_is_created_locked_and_readable_for_all),
        TEST(a_file_is_made_in_the_directory_that_its_path_names),
        TEST(only_the_name_of_a_file_is_removed_at_the_end_of_a_process),
        TEST(a_path_that_does_not_fit_is_refused),
        TEST(a_lock_is_freed_once_by_its_process),
        TEST(a_file_grows_as_far_as_the_process_may),
        TEST(a_descriptor_that_is_another_file_is_left_alone),
        TEST(a_hidden_file_is_opened_again_to_grow),
        TEST(a_file_is_present_under_its_name_or_without_one),
        TEST(only_its_own_deleted_mapping_shows_that_a_file_has_no_name),
        TEST(a_reader_can_ask_for_a_new_state),
        TEST(memory_is_committed_or_given_back),
        TEST(each_process_has_a_start_of_its_own),
        TEST(a_process_id_is_local_in_its_own_namespace),
        TEST(a_region_belongs_to_one_of_the_users_of_its_process),
        TEST(a_region_is_a_file_of_its_directory_s_owner),
        TEST(a_mapping_is_made_or_nothing_is_changed),
        TEST(a_place_is_a_directory_that_only_its_owner_can_change),
        TEST(a_name_that_is_another_user_s_is_reported),
        TEST(the_directory_of_the_environment_is_the_only_place),
        TEST(the_places_are_those_of_shared_memory_otherwise),
        TEST(the_places_are_the_directories_with_the_prefix),
        TEST(a_mark_is_known_when_a_directory_has_not_changed_for_some_ticks),
        TEST(descriptor_0_is_one_like_any_other),
    };

    return cmocka_run_group_tests_name("os_region", tests, NULL, NULL);
}
