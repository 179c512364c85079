/* SPDX-License-Identifier: MIT
 *
 * fork, bare clone, vfork, exec and exit: which process publishes what afterwards.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heaptracker.h"
#include "os_region.h"
#include "region_folder.h"
#include "region_reader.h"
#include "text.h"

#define SIZE 32

/* A leak check at the exit of a child would wait for threads that do not exist in it. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static struct region_reader *reader;
static heap_tracker heap;

static const void *at(uintptr_t number)
{
    return (const void *)(0x10000 + number * 64);
}

static size_t files(void)
{
    size_t count = 0;
    struct dirent *entry;
    DIR *directory = opendir(region_folder);

    while (directory && (entry = readdir(directory)) != NULL)
        count += strlen(entry->d_name) > 2 && !strstr(entry->d_name, OS_REGION_PRIVATE_SUFFIX);
    if (directory)
        closedir(directory);
    return count;
}

static int set_up(void **state)
{
    (void)state;
    heap = heap_tracker_open("forked", NULL);
    for (uintptr_t i = 0; i < 100; i++)
        heap_tracker_allocate(heap, at(i), SIZE);
    return region_reader_open(&reader) != ERROR_SUCCESS;
}

static int tear_down(void **state)
{
    (void)state;
    region_reader_close(reader);
    return heap_tracker_close(heap) != 0 || files() != 1;
}

/* The heap of a process as a consumer sees it. Returns false if it is absent. */
static bool seen(pid_t process, struct heap_totals *statistics, const WCHAR **name)
{
    size_t count;

    region_reader_refresh(reader);
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    for (size_t i = 0; i < count; i++)
        if (heaps[i].process_id == (uint32_t)process) {
            if (name)
                *name = heaps[i].name;
            return region_reader_read(reader, i, statistics) == ERROR_SUCCESS;
        }
    return false;
}

static int status_of(pid_t process)
{
    int status;

    waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static uint64_t live(const struct heap_totals *now)
{
    return now->allocation_count - now->free_count;
}

static void a_child_publishes_its_own_region_and_leaves_the_parent_s(void **state)
{
    int up[2], down[2];
    char byte, expected[128], got[256];
    struct heap_totals parent, child;
    const WCHAR *name;

    (void)state;
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t id = fork();
    if (id == 0) {
        /* The child knows inherited blocks, and has new ones of its own. */
        for (uintptr_t i = 0; i < 10; i++)
            if (heap_tracker_free(heap, at(i)))
                _exit(1);
        if (heap_tracker_allocate(heap, at(1000), 7) || heap_tracker_free(heap, at(5000)) == 0)
            _exit(2);
        struct heap_tracker_statistics now = { .size = sizeof(now) };
        heap_tracker_read(heap, &now);
        if (now.allocation_count != 101 || now.free_count != 10 || !now.is_published)
            _exit(3);
        if (write(up[1], "x", 1) != 1 || read(down[0], &byte, 1) != 1)
            _exit(4);
        exit(0);
    }
    assert_int_equal(read(up[0], &byte, 1), 1);
    assert_int_equal(heap_tracker_allocate(heap, at(200), 1), 0);
    assert_true(seen(getpid(), &parent, NULL));
    assert_true(seen(id, &child, &name));
    assert_int_equal(parent.allocation_count, 101);
    assert_int_equal(parent.free_count, 0);
    assert_int_equal(parent.unmatched_count, 0);
    assert_int_equal(child.allocation_count, 101); /* the 100 of set_up, and one of 7 bytes */
    assert_int_equal(child.free_count, 10);
    assert_int_equal(child.allocated_bytes, 100 * SIZE + 7);
    assert_int_equal(child.freed_bytes, 10 * SIZE);
    assert_int_equal(child.unmatched_count, 1);
    assert_true(child.peak_bytes >= 100 * SIZE);
    snprintf(expected, sizeof(expected), "test_tracker_fork_posix:%d:forked", (int)id);
    text_to_utf8(name, text_length(name), got, sizeof(got));
    assert_string_equal(got, expected);
    assert_int_equal(files(), 2);
    assert_int_equal(write(down[1], "x", 1), 1);
    assert_int_equal(status_of(id), 0);
    assert_int_equal(files(), 1);
    assert_false(seen(id, &child, NULL));
    assert_true(seen(getpid(), &parent, NULL));
    for (int i = 0; i < 2; i++) {
        close(up[i]);
        close(down[i]);
    }
    assert_int_equal(heap_tracker_free(heap, at(200)), 0);
}

static void a_grandchild_starts_from_its_parent(void **state)
{
    (void)state;
    pid_t id = fork();
    if (id == 0) {
        heap_tracker_free(heap, at(0));
        pid_t grandchild = fork();
        if (grandchild == 0) {
            struct heap_tracker_statistics now = { .size = sizeof(now) };
            heap_tracker_read(heap, &now);
            exit(now.free_count == 1 && heap_tracker_free(heap, at(0)) != 0 &&
                         heap_tracker_free(heap, at(1)) == 0
                     ? 0
                     : 1);
        }
        exit(status_of(grandchild));
    }
    assert_int_equal(status_of(id), 0);
}

/* ---- fork while other threads have events -------------------------------------------- */

static _Atomic bool stop;

static void *churn(void *context)
{
    uintptr_t base = (uintptr_t)context;

    for (uintptr_t i = 0; !atomic_load(&stop); i++) {
        heap_tracker_allocate(heap, (void *)(base + i % 64 * 64), SIZE);
        if (i >= 32)
            heap_tracker_free(heap, (void *)(base + (i - 32) % 64 * 64));
    }
    return NULL;
}

/* In a child, the count of live blocks must be exactly what the map contains. */
static int check_inherited(void)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    struct heap_tracker_block blocks[1000];
    size_t count, bytes = 0;

    if (heap_tracker_read(heap, &now) || heap_tracker_blocks(heap, blocks, 1000, &count))
        return 1;
    for (size_t i = 0; i < count; i++)
        bytes += blocks[i].size;
    if (count != now.allocation_count - now.free_count)
        return 2;
    if (bytes != now.allocated_bytes - now.freed_bytes)
        return 3;
    for (size_t i = 0; i < count; i++)
        if (heap_tracker_free_sized(heap, blocks[i].address, blocks[i].size))
            return 4;
    heap_tracker_read(heap, &now);
    return now.allocation_count != now.free_count || now.allocated_bytes != now.freed_bytes ? 5 : 0;
}

static void a_child_of_a_busy_process_is_consistent(void **state)
{
    pthread_t ids[3];

    (void)state;
    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&ids[i], NULL, churn, (void *)((i + 1) << 24));
    for (int i = 0; i < 60; i++) {
        pid_t id = fork();
        if (id == 0) {
            alarm(20);
            exit(check_inherited());
        }
        assert_int_equal(status_of(id), 0);
        sched_yield();
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(ids[i], NULL);
    heap_tracker_discard_all(heap);
}

static void *fork_in_thread(void *context)
{
    for (int i = 0; i < 10; i++) {
        pid_t id = fork();
        if (id == 0) {
            alarm(20);
            exit(check_inherited());
        }
        if (status_of(id) != 0)
            return (void *)1;
    }
    return context;
}

static void any_thread_can_fork(void **state)
{
    pthread_t ids[3];
    void *result;

    (void)state;
    for (int i = 0; i < 3; i++)
        pthread_create(&ids[i], NULL, fork_in_thread, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(ids[i], &result);
        assert_null(result);
    }
}

/* ---- other handlers of fork ---------------------------------------------------------- */

static uint32_t handler_error;
static bool handler_is_on;

static void event_in_handler(void)
{
    if (!handler_is_on)
        return;
    handler_error |= heap_tracker_allocate(heap, at(900), SIZE);
    handler_error |= heap_tracker_free(heap, at(900));
}

/* Registered before the tracker's own handler, so it runs while the tracker holds all locks. */
__attribute__((constructor(150))) static void register_early(void)
{
    pthread_atfork(event_in_handler, event_in_handler, event_in_handler);
}

static void events_in_other_fork_handlers_are_counted(void **state)
{
    struct heap_tracker_statistics before = { .size = sizeof(before) }, now = before;

    (void)state;
    heap_tracker_read(heap, &before);
    handler_error = 0;
    handler_is_on = true;
    pid_t id = fork();
    handler_is_on = false;
    heap_tracker_read(heap, &now);
    int wrong = handler_error != 0 || now.allocation_count != before.allocation_count + 2 ||
                now.free_count != before.free_count + 2 || now.lost_count != 0;
    if (id == 0)
        exit(wrong);
    assert_int_equal(status_of(id), 0);
    assert_int_equal(wrong, 0);
}

static int files_after_events(void)
{
    int wrong = files() != 1;

    heap_tracker_allocate(heap, at(500), 1);
    return wrong || files() != 2;
}

/* This holds for the child, or the child of a child, that has the first event, and for a child that
   only asks for its figures. */
static void a_child_publishes_with_its_first_event(void **state)
{
    struct heap_tracker_statistics figures = { .size = sizeof(figures) };

    (void)state;
    for (int generation = 1; generation <= 3; generation++) {
        pid_t id = fork();
        if (id == 0) {
            for (int i = 1; i < generation; i++) {
                id = fork();
                if (id != 0)
                    _exit(status_of(id));
            }
            int wrong = files_after_events();
            pid_t last = fork();
            if (last == 0)
                _exit(heap_tracker_read(heap, &figures) != 0 || figures.allocation_count != 101 ||
                      files() != 3);
            _exit(wrong || status_of(last));
        }
        assert_int_equal(status_of(id), 0);
        region_reader_close(reader);
        assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
        seen(getpid(), &(struct heap_totals){ 0 }, NULL);
        assert_int_equal(files(), 1);
    }
}

/* It is looked up again only where it may have changed. */
static int has_right_namespace(void)
{
    struct stat status;

    return stat("/proc/self/ns/pid", &status) == 0 && os_region_pid_namespace() == status.st_ino;
}

static void a_child_knows_its_own_pid_namespace(void **state)
{
    (void)state;
    assert_true(has_right_namespace());
    pid_t id = fork();
    if (id == 0) {
        int wrong = !has_right_namespace();
        if (unshare(CLONE_NEWPID) == 0) { /* for its children */
            pid_t first = fork();
            if (first == 0) {
                pid_t second = fork(); /* the first child has not asked yet */
                if (second == 0)
                    _exit(!has_right_namespace());
                _exit(status_of(second) || !has_right_namespace());
            }
            wrong |= status_of(first);
        }
        _exit(wrong || !has_right_namespace());
    }
    assert_int_equal(status_of(id), 0);
}

/* ---- children that fork does not know ------------------------------------------------ */

static void a_child_of_a_bare_clone_does_not_touch_the_region(void **state)
{
    struct heap_totals now;

    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* ThreadSanitizer does not see the clone: for it, the parent's threads run in the
               child */
#endif
    pid_t id = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    if (id == 0) {
        /* All inherited handles are invalid. A heap that is opened here belongs to this process. */
        int wrong = heap_tracker_allocate(heap, at(300), 1) != ERROR_INVALID_HANDLE ||
                    heap_tracker_free(heap, at(1)) != ERROR_INVALID_HANDLE;
        heap_tracker own = heap_tracker_open("own", NULL);
        struct heap_tracker_statistics figures = { .size = sizeof(figures) };
        wrong |= own == HEAP_TRACKER_INVALID || heap_tracker_allocate(own, at(1), 5) != 0 ||
                 heap_tracker_read(own, &figures) != 0 || figures.allocation_count != 1 ||
                 !figures.is_published || files() != 2;
        wrong |= heap_tracker_close(own) != 0;
        exit(wrong);
    }
    assert_int_equal(status_of(id), 0);
    assert_int_equal(files(), 1);
    assert_true(seen(getpid(), &now, NULL));
    assert_int_equal(now.allocation_count, 100);
    assert_int_equal(now.free_count, 0);
}

/* Children that have no event have its mappings: one of fork, and one of a bare clone. */
static void a_dead_process_is_dead_also_when_its_children_run_on(void **state)
{
    struct heap_totals now;
    int up[2], down[2];
    pid_t ids[3];

    (void)state;
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t id = fork();
    if (id == 0) {
        heap_tracker_allocate(heap, at(500), 1); /* a child publishes with its first event */
        ids[0] = getpid();
        for (int i = 1; i <= 2; i++) {
            ids[i] = i == 1 ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0) : fork();
            if (ids[i] == 0) {
                char byte;
                close(down[1]);
                _exit(read(down[0], &byte, 1) == 0); /* until the test lets it continue */
            }
        }
        if (write(up[1], ids, sizeof(ids)) != (ssize_t)sizeof(ids))
            _exit(1);
        pause();
        _exit(0);
    }
    close(down[0]);
    assert_int_equal(read(up[0], ids, sizeof(ids)), sizeof(ids));
    assert_true(seen(id, &now, NULL));
    kill(id, SIGKILL);
    status_of(id);
    region_reader_close(reader);
    assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
    assert_false(seen(id, &now, NULL));
    assert_int_equal(files(), 1);
    assert_int_equal(kill(ids[1], 0) | kill(ids[2], 0), 0);
    close(down[1]);
    close(up[0]);
    close(up[1]);
    while (kill(ids[1], 0) == 0 || kill(ids[2], 0) == 0)
        usleep(10000);
}

static void a_program_that_is_executed_keeps_nothing(void **state)
{
    int up[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(up), 0);
    pid_t id = fork();
    if (id == 0) {
        dup2(up[1], 1);
        close(up[0]);
        close(up[1]);
        execl("/bin/sh", "sh", "-c", "echo; exec sleep 20", (char *)NULL);
        _exit(1);
    }
    close(up[1]);
    assert_int_equal(read(up[0], &byte, 1), 1);
    struct heap_totals now;
    assert_false(seen(id, &now, NULL));
    assert_int_equal(files(), 1);
    kill(id, SIGKILL);
    status_of(id);
    close(up[0]);
}

static void a_vfork_child_s_events_are_its_parent_s(void **state)
{
    struct heap_totals now;

    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* ThreadSanitizer turns this into a fork */
#endif
    pid_t id = vfork();
    if (id == 0) {
        heap_tracker_allocate(heap, at(400), SIZE);
        _exit(0);
    }
    assert_int_equal(status_of(id), 0);
    assert_int_equal(heap_tracker_free(heap, at(400)), 0);
    assert_true(seen(getpid(), &now, NULL));
    assert_int_equal(now.allocation_count, 101);
    assert_int_equal(files(), 1);
}

static void a_child_that_cannot_publish_leaves_the_parent_s_region_alone(void **state)
{
    struct heap_totals now;

    (void)state;
    setenv("HEAPCTRS_DIR", "/nowhere/at/all", 1);
    pid_t id = fork();
    if (id == 0) {
        struct heap_tracker_statistics figures = { .size = sizeof(figures) };
        for (uintptr_t i = 0; i < 50; i++)
            if (heap_tracker_free(heap, at(i)))
                _exit(1);
        heap_tracker_read(heap, &figures);
        exit(figures.free_count != 50 || figures.is_published);
    }
    setenv("HEAPCTRS_DIR", region_folder, 1);
    assert_int_equal(status_of(id), 0);
    assert_true(seen(getpid(), &now, NULL));
    assert_int_equal(live(&now), 100);
    assert_int_equal(files(), 1);
}

static void closing_every_descriptor_is_harmless(void **state)
{
    (void)state;
    pid_t id = fork();
    if (id == 0) {
        /* Daemons do this, and then open a file that gets the same number. */
        closefrom(3);
        int file = memfd_create("other", 0);
        for (int i = 0; i < 20; i++)
            if (dup(file) < 0)
                exit(3);
        for (int i = 0; i < 200; i++)
            heap_tracker_allocate(heap_tracker_open("more", NULL), at(1), 1);
        off_t size = lseek(file, 0, SEEK_END);
        exit(size != 0 || heap_tracker_free(heap, at(1)) != 0);
    }
    assert_int_equal(status_of(id), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_child_publishes_its_own_region_and_leaves_the_parent_s),
        TEST(a_grandchild_starts_from_its_parent),
        TEST(a_child_of_a_busy_process_is_consistent),
        TEST(any_thread_can_fork),
        TEST(a_child_publishes_with_its_first_event),
        TEST(a_child_knows_its_own_pid_namespace),
        TEST(events_in_other_fork_handlers_are_counted),
        TEST(a_child_of_a_bare_clone_does_not_touch_the_region),
        TEST(a_dead_process_is_dead_also_when_its_children_run_on),
        TEST(a_program_that_is_executed_keeps_nothing),
        TEST(a_vfork_child_s_events_are_its_parent_s),
        TEST(a_child_that_cannot_publish_leaves_the_parent_s_region_alone),
        TEST(closing_every_descriptor_is_harmless),
    };
    /* The first heap creates the region, which then lives as long as the process. */
    heap_tracker first = heap_tracker_open("first", NULL);
    heap_tracker_close(first);
    return cmocka_run_group_tests_name("tracker and fork", tests, NULL, NULL);
}
