/* SPDX-License-Identifier: MIT
 *
 * os_private_posix.c: which private files are opened, files that are cut, and mappings that the test makes up.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os_private.h"

/* ---- calls that the test answers ---------------------------------------------------------------- */

int __real_fstat(int file, struct stat *status);
int __wrap_fstat(int file, struct stat *status);
uid_t __wrap_geteuid(void);
enum os_region_life __wrap_os_region_life(const struct os_region_source *source);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static uid_t user, owner; /* of this process, and of each file */
static bool fstat_fails;
static enum os_region_life life;
static char mappings[16384]; /* what /proc/7/maps has */

int __wrap_fstat(int file, struct stat *status)
{
    if (fstat_fails) {
        errno = ENOMEM;
        return -1;
    }
    const int result = __real_fstat(file, status);
    status->st_uid = owner;
    return result;
}

uid_t __wrap_geteuid(void)
{
    return user;
}

enum os_region_life __wrap_os_region_life(const struct os_region_source *source)
{
    (void)source;
    return life;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    if (strcmp(path, "/proc/7/maps") == 0) {
        const int file = memfd_create("maps", MFD_CLOEXEC);
        if (pwrite(file, mappings, strlen(mappings), 0) != (ssize_t)strlen(mappings))
            abort();
        return fdopen(file, "r");
    }
    return strcmp(path, "/proc/8/maps") == 0 ? NULL : __real_fopen(path, mode);
}

/* ---- opening ------------------------------------------------------------------------------------ */

static char folder[] = "/tmp/os-private-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[2][64];
    static unsigned next;

    next = !next;
    snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
    return path[next];
}

static int set_up_group(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int tear_down_group(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int set_up(void **state)
{
    (void)state;
    user = owner = 1000;
    fstat_fails = false;
    life = OS_REGION_LIVE;
    const int file = open(path_of("file"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0 || write(file, "abcdef", 6) != 6)
        return 1;
    return close(file);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path_of("file"));
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;

    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* Open a file and close it. After an error nothing is open. */
static DWORD error_of(const char *directory, const char *name)
{
    struct os_region_source source = { .handle = -9 };
    const unsigned descriptors = open_descriptors();
    const DWORD error = os_private_open_file(&source, directory, name);

    if (!error) {
        assert_int_equal(open_descriptors(), descriptors + 1);
        os_region_close(&source);
    }
    assert_int_equal(open_descriptors(), descriptors);
    return error;
}

static void a_file_is_opened_and_described(void **state)
{
    struct os_region_source source;
    struct stat status;
    char text[7] = "";

    (void)state;
    assert_int_equal(os_private_open_file(&source, folder, "file"), ERROR_SUCCESS);
    assert_int_equal(__real_fstat((int)source.handle, &status), 0);
    assert_int_equal(source.size, 6);
    assert_int_equal(source.device, status.st_dev);
    assert_int_equal(source.inode, status.st_ino);
    assert_int_equal(source.owner, 1000);
    assert_true(os_private_read(&source, 2, text, 4));
    assert_string_equal(text, "cdef");
    assert_true(os_private_read(&source, 6, text, 0));
    assert_false(os_private_read(&source, 2, text, 5));
    assert_false(os_private_read(&source, 7, text, 1));
    assert_false(os_private_read(&source, UINT64_MAX, text, 1));
    assert_true(os_private_write(&source, 5, "xy", 2));
    assert_true(os_private_read(&source, 4, text, 3));
    assert_memory_equal(text, "exy", 3);
    os_region_close(&source);
    source.handle = open(path_of("file"), O_RDONLY | O_CLOEXEC);
    assert_false(os_private_write(&source, 0, "x", 1));
    close((int)source.handle);
}

static void what_does_not_exist_is_not_opened(void **state)
{
    (void)state;
    assert_int_equal(error_of(folder, "none"), ERROR_FILE_NOT_FOUND);
    assert_int_equal(error_of(path_of("none"), "file"), ERROR_FILE_NOT_FOUND);
    fstat_fails = true;
    assert_int_equal(error_of(folder, "file"), ERROR_NOT_ENOUGH_MEMORY);
}

/* If a program has closed its standard input, the folder gets its number. */
static void descriptor_0_is_one_like_others(void **state)
{
    const int input = dup(STDIN_FILENO);

    (void)state;
    close(STDIN_FILENO);
    const DWORD error = error_of(folder, "file");
    if (input >= 0) {
        dup2(input, STDIN_FILENO);
        close(input);
    }
    assert_int_equal(error, ERROR_SUCCESS);
}

static void a_link_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink(path_of("file"), path_of("link")), 0);
    assert_int_equal(symlink(folder, path_of("folder")), 0);
    const DWORD file_error = error_of(folder, "link"),
                folder_error = error_of(path_of("folder"), "file");
    unlink(path_of("link"));
    unlink(path_of("folder"));
    assert_int_not_equal(file_error, ERROR_SUCCESS);
    assert_int_not_equal(folder_error, ERROR_SUCCESS);
}

static void only_a_file_with_one_name_is_opened(void **state)
{
    (void)state;
    assert_int_equal(link(path_of("file"), path_of("other")), 0);
    const DWORD two_names = error_of(folder, "file");
    unlink(path_of("other"));
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    const DWORD pipe = error_of(folder, "pipe");
    unlink(path_of("pipe"));
    assert_int_equal(two_names, ERROR_ACCESS_DENIED);
    assert_int_equal(pipe, ERROR_ACCESS_DENIED);
}

static void only_a_file_that_others_cannot_use_is_opened(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit < 0100; bit <<= 1) {
        assert_int_equal(chmod(path_of("file"), 0600 | bit), 0);
        assert_int_equal(error_of(folder, "file"), ERROR_ACCESS_DENIED);
    }
    assert_int_equal(chmod(path_of("file"), 0700), 0);
    assert_int_equal(error_of(folder, "file"), ERROR_SUCCESS);
}

static void only_root_opens_files_of_others(void **state)
{
    (void)state;
    owner = 1001;
    assert_int_equal(error_of(folder, "file"), ERROR_ACCESS_DENIED);
    owner = 0;
    assert_int_equal(error_of(folder, "file"), ERROR_ACCESS_DENIED);
    user = 0;
    assert_int_equal(error_of(folder, "file"), ERROR_SUCCESS);
    owner = 1001;
    assert_int_equal(error_of(folder, "file"), ERROR_SUCCESS);
}

static void only_a_file_whose_owner_lives_is_opened(void **state)
{
    (void)state;
    life = OS_REGION_DEAD;
    assert_int_equal(error_of(folder, "file"), ERROR_FILE_NOT_FOUND);
    life = OS_REGION_UNKNOWN;
    assert_int_equal(error_of(folder, "file"), ERROR_GEN_FAILURE);
}

/* ---- mappings ----------------------------------------------------------------------------------- */

static char visited[16384];

static void visit(void *context, const struct os_private_mapping *mapping)
{
    const size_t length = strlen(visited);

    assert_ptr_equal(context, visited);
    snprintf(visited + length, sizeof(visited) - length, "%llx %llx %llx %s;",
             (unsigned long long)mapping->begin, (unsigned long long)mapping->end,
             (unsigned long long)mapping->offset, mapping->path);
}

static void assert_mappings(const char *text, const char *expected)
{
    const unsigned descriptors = open_descriptors();

    snprintf(mappings, sizeof(mappings), "%s", text);
    visited[0] = 0;
    os_private_mappings(7, visit, visited);
    assert_string_equal(visited, expected);
    assert_int_equal(open_descriptors(), descriptors);
}

static void mappings_of_code_are_visited(void **state)
{
    (void)state;
    assert_mappings("1000-2000 r-xp 00000300 fd:01 77                 /usr/lib/a b.so\n",
                    "1000 2000 300 /usr/lib/a b.so;");
    assert_mappings("1000-2000 rwxs 0 fd:01 77 /a\n3000-4000 --xp 8 fd:01 77 /b",
                    "1000 2000 0 /a;3000 4000 8 /b;");
}

static void other_mappings_are_not(void **state)
{
    (void)state;
    assert_mappings("1000-2000 r--p 00000300 fd:01 77 /a\n", "");
    assert_mappings("1000-2000 r-xp 00000300 00:00 0 \n", "");
    assert_mappings("1000-2000 r-xp 00000300 00:00 0 [vdso]\n", "");
    assert_mappings("1000-2000 r-xp", "");
    assert_mappings("1000-2000 r-xp 300", "");
    assert_mappings("/a\n", "");
    visited[0] = 0;
    os_private_mappings(8, visit, visited); /* the system does not report them */
    assert_string_equal(visited, "");
}

/* The rest of a line that is too long is not taken for a line. */
static void a_long_path_is_cut(void **state)
{
    static char text[2 * OS_PATH_SIZE + 1024];
    static const char begin[] = "1000-2000 r-xp 0 fd:01 77 ",
                      next[] = "\n3000-4000 r-xp 0 fd:01 77 /b\n";

    (void)state;
    memset(text, '/', sizeof(text));
    memcpy(text, begin, sizeof(begin) - 1);
    memcpy(text + sizeof(text) - sizeof(next), next, sizeof(next));
    assert_true(sizeof(text) < sizeof(mappings));
    snprintf(mappings, sizeof(mappings), "%s", text);
    visited[0] = 0;
    os_private_mappings(7, visit, visited);
    unsigned count = 0;
    for (const char *at = visited; (at = strchr(at, ';')) != NULL; at++)
        count++;
    assert_int_equal(count, 2);
    assert_non_null(strstr(visited, ";3000 4000 0 /b;"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_opened_and_described),
        TEST(what_does_not_exist_is_not_opened),
        TEST(descriptor_0_is_one_like_others),
        TEST(a_link_is_not_followed),
        TEST(only_a_file_with_one_name_is_opened),
        TEST(only_a_file_that_others_cannot_use_is_opened),
        TEST(only_root_opens_files_of_others),
        TEST(only_a_file_whose_owner_lives_is_opened),
        cmocka_unit_test(mappings_of_code_are_visited),
        cmocka_unit_test(other_mappings_are_not),
        cmocka_unit_test(a_long_path_is_cut),
    };

    return cmocka_run_group_tests_name("private files", tests, set_up_group, tear_down_group);
}
