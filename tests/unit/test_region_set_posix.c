/* SPDX-License-Identifier: MIT
 *
 * How a reader treats directories and files: a lack of descriptors hides nothing, directories are
 * read once, stray files cost nothing later, and limits leave out the youngest regions. Calls of
 * the C library are counted, not time.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "os_region.h"
#include "region.h"
#include "region_limits.h"
#include "region_reader_fixture.h"
#include "settable_clock.h"

static unsigned opendir_count, readdir_count;
/* The number of the call of readdir that fails; 0: no call fails. */
static unsigned failing_readdir;

DIR *opendir(const char *path)
{
    DIR *(*real)(const char *);

    *(void **)&real = dlsym(RTLD_NEXT, "opendir");
    opendir_count++;
    return real(path);
}

struct dirent *readdir(DIR *directory)
{
    struct dirent *(*real)(DIR *);

    *(void **)&real = dlsym(RTLD_NEXT, "readdir");
    readdir_count++;
    if (readdir_count == failing_readdir) {
        errno = EIO;
        return NULL;
    }
    return real(directory);
}

/* Let the process have that many more descriptors. */
static void limit_descriptors(rlim_t more)
{
    struct rlimit limit;
    int next = dup(0);

    close(next);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)next + more;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void without_descriptors_what_is_known_stays_and_the_rest_comes_later(void **state)
{
    struct child child = child_start(publish_some, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 1);
    struct child late = child_start(publish_some, NULL);
    child_hear(late.from);
    for (rlim_t more = 0; more < 4; more++) {
        limit_descriptors(more);
        pass_time_ms(300); /* more than a fourth of a second: owners are checked again */
        DWORD error = region_reader_refresh(reader);
        region_reader_heaps(reader, &count);
        limit_descriptors(RLIM_INFINITY);
        assert_true(count >= 1); /* never fewer than before */
        assert_true(count == 2 || error == ERROR_NOT_ENOUGH_MEMORY);
    }
    refresh(&count); /* no file was added or removed */
    assert_int_equal(count, 2);
    assert_int_equal(counts().rejected + counts().reaped, 0);
    assert_int_equal(child_wait(&late), 0); /* it has inherited the other child's pipe */
    assert_int_equal(child_wait(&child), 0);
}

static void a_reader_that_begins_without_descriptors_is_complete_at_the_next_refresh(void **state)
{
    struct child child = child_start(publish_some, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    limit_descriptors(0);
    DWORD error = region_reader_refresh(reader);
    limit_descriptors(RLIM_INFINITY);
    assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(counts().unasked, 1);
    refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(child_wait(&child), 0);
}

/* ---- limits -------------------------------------------------------------------------- */

static int hold_regions(struct parent parent, const void *argument)
{
    size_t wanted = *(const size_t *)argument;
    struct os_region_file *files = calloc(wanted, sizeof(*files));
    const size_t size = 4096 * 8;
    char name[64];

    for (size_t i = 0; i < wanted; i++) {
        if (os_region_create(&files[i], region_folder, OS_REGION_SUFFIX) ||
            os_region_grow(&files[i], size))
            return 5;
        unsigned char *memory = os_region_map(&files[i], 0, size, NULL);
        struct region_header *header = (struct region_header *)(void *)memory;
        struct region_heap *heap = (struct region_heap *)(void *)(memory + sizeof(*header));
        header->magic = REGION_MAGIC;
        header->version = REGION_VERSION;
        header->header_size = sizeof(*header);
        header->byte_order = REGION_BYTE_ORDER;
        header->process_id = os_process_id();
        header->process_start = os_region_process_start();
        header->pid_namespace = os_region_pid_namespace();
        header->heap_segments = 1;
        header->heap_offsets[0] = sizeof(*header);
        header->heap_count = 1;
        header->state = REGION_LIVE;
        snprintf(name, sizeof(name), "x:%d:%zu", (int)getpid(), i);
        heap->name_length = (uint16_t)strlen(name);
        for (size_t k = 0; name[k]; k++)
            heap->name[k] = (uint16_t)name[k];
        heap->open_time = i + 1;
        heap->identity = 1;
        if (os_region_publish(&files[i]))
            return 6;
    }
    child_say(parent.to);
    child_hear(parent.from);
    for (size_t i = 0; i < wanted; i++)
        os_region_remove(&files[i]);
    free(files);
    return 0;
}

static void a_process_s_oldest_regions_are_shown(void **state)
{
    static struct region_refusals refusals;
    const size_t wanted = LIMIT_PROCESS_REGIONS + 1;
    struct child child = child_start(hold_regions, &wanted);
    char expected[64];
    size_t count;

    (void)state;
    child_hear(child.from);
    for (int i = 0; i < 3; i++) {
        const struct heap_view *heaps = refresh(&count);
        assert_int_equal(count, LIMIT_PROCESS_REGIONS);
        assert_int_equal(counts().left_out_regions, 1);
        region_reader_refusals(reader, &refusals);
        assert_int_equal(refusals.count, 1);
        assert_int_equal(refusals.refusals[0].reason, REFUSAL_region_limit);
        assert_int_equal(refusals.refusals[0].owner, getuid());
        assert_int_equal(refusals.refusals[0].count, 1);
        assert_string_equal(refusals.refusals[0].path, region_folder);
        for (size_t k = 0; k < count; k++) {
            char got[1024];
            text_to_utf8(heaps[k].name, heaps[k].name_length, got, sizeof(got));
            snprintf(expected, sizeof(expected), "x:%d:%zu", (int)child.id, k);
            assert_string_equal(got, expected);
        }
    }
    assert_int_equal(child_wait(&child), 0);
    refresh(&count);
    assert_int_equal(counts().left_out_regions, 0);
}

static void as_many_regions_as_a_process_may_have_are_shown(void **state)
{
    const size_t wanted = LIMIT_PROCESS_REGIONS;
    struct child child = child_start(hold_regions, &wanted);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, LIMIT_PROCESS_REGIONS);
    assert_int_equal(counts().left_out_regions, 0);
    assert_int_equal(child_wait(&child), 0);
}

/* ---- /dev/shm ------------------------------------------------------------------------ */

static bool has_shared_memory; /* whether this process has a directory of its own there */

static void touch(const char *path)
{
    int file = open(path, O_CREAT | O_WRONLY, 0600);

    assert_true(file >= 0);
    close(file);
}

static void the_directories_are_read_once(void **state)
{
    char path[128];
    size_t count;

    (void)state;
    if (!has_shared_memory)
        skip();
    for (int i = 0; i < 2000; i++) {
        snprintf(path, sizeof(path), "/dev/shm/heapctrs-%d", i);
        touch(path);
    }
    unsetenv("HEAPCTRS_DIR");
    opendir_count = readdir_count = 0;
    refresh(&count);
    assert_int_equal(opendir_count, 1);
    assert_true(readdir_count < 2100); /* the 2,000 files, and the few others of /dev/shm */
    /* longer than one tick of the coarse clock of file times: after it, the answer is kept */
    usleep(60000);
    refresh(&count);
    opendir_count = readdir_count = 0;
    refresh(&count);
    assert_int_equal(opendir_count + readdir_count, 0);
    setenv("HEAPCTRS_DIR", region_folder, 1);
    for (int i = 0; i < 2000; i++) {
        snprintf(path, sizeof(path), "/dev/shm/heapctrs-%d", i);
        unlink(path);
    }
}

static void a_listing_that_ends_too_early_hides_nothing(void **state)
{
    size_t count;

    (void)state;
    if (!has_shared_memory)
        skip();
    assert_int_equal(mkdir("/dev/shm/heapctrs-0", 0755), 0);
    setenv("HEAPCTRS_DIR", "/dev/shm/heapctrs-0", 1);
    struct child child = child_start(publish_some, NULL);
    child_hear(child.from);
    unsetenv("HEAPCTRS_DIR");
    refresh(&count);
    assert_int_equal(count, 1);
    /* chosen: /dev/shm alone has at least four entries and an end */
    for (unsigned n = 1; n <= 6; n++) {
        touch("/dev/shm/heapctrs-0/stray"); /* both directories are listed again */
        touch("/dev/shm/stray");
        readdir_count = 0;
        failing_readdir = n;
        region_reader_refresh(reader);
        failing_readdir = 0;
        region_reader_heaps(reader, &count);
        assert_int_equal(count, 1);
        refresh(&count);
        assert_int_equal(count, 1);
        unlink("/dev/shm/heapctrs-0/stray");
        unlink("/dev/shm/stray");
    }
    assert_true(counts().unasked > 0);
    assert_int_equal(child_wait(&child), 0);
    rmdir("/dev/shm/heapctrs-0");
    setenv("HEAPCTRS_DIR", region_folder, 1);
}

static void a_directory_is_its_owner_s_whatever_its_name_says(void **state)
{
    static const struct {
        const char *path;
        mode_t mode;
        bool is_read;
    } directories[] = {
        { "/dev/shm/heapctrs-0", 0755, true },
        { "/dev/shm/heapctrs-4711", 0755, true },
        { "/dev/shm/heapctrs-x.2", 0700, true },
        { "/dev/shm/heapctrs-open", 0777, false },
        { "/dev/shm/heapctrs-group", 0775, false },
        { "/dev/shm/heapctrs-sticky", 01777, false }, /* only $HEAPCTRS_DIR may be shared */
        { "/dev/shm/other-0", 0755, false },
    };
    size_t count, wanted = 0;
    struct child children[UNIT_COUNT(directories)];

    (void)state;
    if (!has_shared_memory)
        skip();
    assert_int_equal(symlink(region_folder, "/dev/shm/heapctrs-link"), 0);
    for (size_t i = 0; i < UNIT_COUNT(directories); i++) {
        assert_int_equal(mkdir(directories[i].path, 0755), 0);
        setenv("HEAPCTRS_DIR", directories[i].path, 1);
        children[i] = child_start(publish_some, NULL);
        child_hear(children[i].from);
        chmod(directories[i].path, directories[i].mode);
        wanted += directories[i].is_read;
    }
    unsetenv("HEAPCTRS_DIR");
    refresh(&count);
    assert_int_equal(count, wanted);
    assert_int_equal(counts().refused_directories, 4);
    for (size_t i = UNIT_COUNT(directories); i-- > 0;) {
        assert_int_equal(child_wait(&children[i]), 0);
        rmdir(directories[i].path);
    }
    unlink("/dev/shm/heapctrs-link");
    setenv("HEAPCTRS_DIR", region_folder, 1);
}

static void an_owner_has_eight_directories(void **state)
{
    char path[128];
    size_t count;
    struct child children[LIMIT_DIRECTORIES + 1];

    (void)state;
    if (!has_shared_memory)
        skip();
    for (size_t i = 0; i <= LIMIT_DIRECTORIES; i++) {
        snprintf(path, sizeof(path), "/dev/shm/heapctrs-%zu", i);
        mkdir(path, 0755);
        setenv("HEAPCTRS_DIR", path, 1);
        children[i] = child_start(publish_some, NULL);
        child_hear(children[i].from);
    }
    unsetenv("HEAPCTRS_DIR");
    refresh(&count);
    assert_int_equal(count, LIMIT_DIRECTORIES);
    assert_int_equal(counts().refused_directories, 1);
    for (size_t i = LIMIT_DIRECTORIES + 1; i-- > 0;) {
        assert_int_equal(child_wait(&children[i]), 0);
        snprintf(path, sizeof(path), "/dev/shm/heapctrs-%zu", i);
        rmdir(path);
    }
    refresh(&count);
    assert_int_equal(counts().refused_directories, 0);
    setenv("HEAPCTRS_DIR", region_folder, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_descriptors_what_is_known_stays_and_the_rest_comes_later),
        TEST(a_reader_that_begins_without_descriptors_is_complete_at_the_next_refresh),
        TEST(a_process_s_oldest_regions_are_shown),
        TEST(as_many_regions_as_a_process_may_have_are_shown),
        TEST(the_directories_are_read_once),
        TEST(a_listing_that_ends_too_early_hides_nothing),
        TEST(a_directory_is_its_owner_s_whatever_its_name_says),
        TEST(an_owner_has_eight_directories),
    };

    has_shared_memory = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                        mount("none", "/dev/shm", "tmpfs", 0, "mode=1777") == 0;
    if (!has_shared_memory)
        print_message("# a /dev/shm of one's own needs root: some tests are skipped\n");
    return cmocka_run_group_tests_name("region set", tests, NULL, NULL);
}
