/* SPDX-License-Identifier: MIT
 *
 * Every request for memory fails in turn, first alone and then with all requests after it: in the
 * provider, in the region reader, and in the tracker from its first heap to its last. Nothing crashes,
 * every loss is reported, nothing leaks, and everything works again when there is memory.
 *
 * The linker replaces malloc, calloc, realloc, free, mmap, munmap, posix_fallocate and the
 * tracker's own page_pool_allocate in all tested code. Every other call by which the reader asks the
 * system fails in the same way. What is tested makes much fewer than 10,000 requests, so a loop that comes to that
 * number would not end.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap_profile.h"
#include "heaptracker.h"
#include "os.h"
#include "provider.h"
#include "region_folder.h"
#include "region_reader.h"
#include "winperf.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void *at, size_t size);
int __real_posix_fallocate(int file, off_t offset, off_t size);
void *__real_page_pool_allocate(size_t size);

int __real_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
DIR *__real_opendir(const char *path);
int __real_fstat(int file, struct stat *status);
int __real_lstat(const char *path, struct stat *status);
int __real_stat(const char *path, struct stat *status);
int __real_fcntl(int file, int command, ...);
ssize_t __real_read(int file, void *data, size_t size);
ssize_t __real_readlink(const char *path, char *text, size_t size);
struct dirent *__real_readdir(DIR *directory);
int __wrap_fstat(int file, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);
int __wrap_stat(const char *path, struct stat *status);
int __wrap_fcntl(int file, int command, ...);
ssize_t __wrap_read(int file, void *data, size_t size);
ssize_t __wrap_readlink(const char *path, char *text, size_t size);
struct dirent *__wrap_readdir(DIR *directory);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
DIR *__wrap_opendir(const char *path);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_posix_fallocate(int file, off_t offset, off_t size);
void *__wrap_page_pool_allocate(size_t size);

static unsigned long countdown; /* requests until one fails; 0: none fails */
static bool fails_from_then_on;
static bool has_failed;
static long blocks;          /* live blocks of malloc */
static long mapped, mapping; /* live bytes of mappings, and live mappings */

static bool fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    countdown = fails_from_then_on;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    void *block = fails() ? NULL : __real_malloc(size);

    blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = fails() ? NULL : __real_calloc(count, size);

    blocks += block != NULL;
    return block;
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved = fails() ? NULL : __real_realloc(block, size);

    blocks += !block && moved;
    return moved;
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    void *memory = fails() ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);

    if (memory != MAP_FAILED && !at) {
        mapped += (long)size;
        mapping++;
    }
    return memory;
}

int __wrap_munmap(void *at, size_t size)
{
    mapped -= (long)size;
    mapping--;
    return __real_munmap(at, size);
}

int __wrap_posix_fallocate(int file, off_t offset, off_t size)
{
    return fails() ? ENOSPC : __real_posix_fallocate(file, offset, size);
}

void *__wrap_page_pool_allocate(size_t size)
{
    return fails() ? NULL : __real_page_pool_allocate(size);
}

static unsigned long questions; /* calls until one is refused; 0: none is */
static bool refuses_from_then_on, has_refused;

static bool refuses(int error)
{
    if (questions == 0 || --questions > 0)
        return false;
    questions = refuses_from_then_on;
    has_refused = true;
    errno = error;
    return true;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return refuses(EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return refuses(EMFILE) ? -1 : __real_openat(directory, path, flags, mode);
}

DIR *__wrap_opendir(const char *path)
{
    return refuses(EMFILE) ? NULL : __real_opendir(path);
}

int __wrap_fstat(int file, struct stat *status)
{
    return refuses(EIO) ? -1 : __real_fstat(file, status);
}

int __wrap_lstat(const char *path, struct stat *status)
{
    return refuses(ENOMEM) ? -1 : __real_lstat(path, status);
}

int __wrap_stat(const char *path, struct stat *status)
{
    return refuses(ENOMEM) ? -1 : __real_stat(path, status);
}

int __wrap_fcntl(int file, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return refuses(ENOLCK) ? -1 : __real_fcntl(file, command, argument);
}

ssize_t __wrap_read(int file, void *data, size_t size)
{
    return refuses(EIO) ? -1 : __real_read(file, data, size);
}

ssize_t __wrap_readlink(const char *path, char *text, size_t size)
{
    return refuses(ENOMEM) ? -1 : __real_readlink(path, text, size);
}

struct dirent *__wrap_readdir(DIR *directory)
{
    return refuses(EIO) ? NULL : __real_readdir(directory);
}

static void begin_failing(unsigned long at, bool from_then_on)
{
    has_failed = false;
    fails_from_then_on = from_then_on;
    countdown = at;
}

/* Returns whether any request failed. */
static bool end_failing(void)
{
    countdown = 0;
    return has_failed;
}

static const void *address(uintptr_t number)
{
    return (const void *)(number * 64);
}

/* ---- the provider -------------------------------------------------------------------- */

static unsigned char buffer[1 << 20];

static uint32_t word(size_t at)
{
    uint32_t value;

    memcpy(&value, buffer + at, sizeof(value));
    return value;
}

/* An answer is complete or empty. Returns the number of instances of its first object; -1: there
   is no object. */
static long collect(const WCHAR *query)
{
    void *data = buffer;
    DWORD size = sizeof(buffer), count = 77;
    size_t at = 0;

    assert_int_equal(provider_collect(query, &data, &size, &count), ERROR_SUCCESS);
    assert_ptr_equal(data, buffer + size);
    for (DWORD i = 0; i < count; i++) {
        assert_true(at + sizeof(PERF_OBJECT_TYPE) <= size && word(at) <= size - at);
        at += word(at);
    }
    assert_int_equal(at, size);
    return count ? (long)word(40) : -1;
}

/* The life of a provider, with heaps that change, open and close. */
static void live(size_t expected)
{
    static uintptr_t number = 100;
    heap_tracker more = HEAP_TRACKER_INVALID, heap = heap_tracker_open("changing", NULL);

    provider_open(NULL);
    for (int i = 0; i < 4; i++) {
        heap_tracker_allocate(heap, address(++number), 100);
        long count = collect(TEXT16("1848"));
        if (expected)
            assert_int_equal(count, expected + 1 + (i == 2));
        collect(TEXT16("Global"));
        if (i == 1)
            more = heap_tracker_open("more", NULL);
        if (i == 2)
            heap_tracker_close(more);
    }
    collect(TEXT16("Costly"));
    provider_close();
    heap_tracker_close(heap);
}

static void the_provider_answers_whole_or_not_at_all_and_leaks_nothing(void **state)
{
    heap_tracker heaps[40];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        heaps[i] = heap_tracker_open("pool", NULL);
        heap_tracker_allocate(heaps[i], address(1), 100);
    }
    live(41); /* the 40 and _Total */
    long blocks_before = blocks;
    for (int sticky = 0; sticky < 2; sticky++) {
        for (unsigned long n = 1;; n++) {
            begin_failing(n, sticky);
            live(0);
            if (!end_failing())
                break;
            if (blocks != blocks_before)
                fail_msg("request %lu%s: %ld blocks leak", n, sticky ? " and all after it" : "",
                         blocks - blocks_before);
            assert_true(n < 10000);
        }
    }
    live(41);
    assert_int_equal(blocks, blocks_before);
    for (size_t i = 0; i < 40; i++)
        heap_tracker_close(heaps[i]);
}

/* ---- the reader ---------------------------------------------------------------------- */

/* Refresh until everything is seen. Returns how often there was no memory. */
static int read_all(bool to_the_end)
{
    struct region_reader *reader = NULL;
    struct heap_totals now;
    size_t count;
    int errors = 0;

    DWORD error = region_reader_open(&reader);
    if (error) {
        assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
        assert_null(reader);
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        error = region_reader_refresh(reader);
        errors += error != ERROR_SUCCESS;
        assert_true(!error || error == ERROR_NOT_ENOUGH_MEMORY);
        const struct heap_view *heaps = region_reader_heaps(reader, &count);
        if (!error && to_the_end)
            assert_int_equal(count, 20);
        for (size_t h = 0; h < count; h++) {
            assert_int_equal(heaps[h].process_id, os_process_id());
            if (region_reader_read(reader, h, &now) == ERROR_SUCCESS)
                assert_int_equal(now.allocated_bytes, 100);
        }
    }
    region_reader_close(reader);
    return errors;
}

static void the_reader_shows_what_it_showed_and_says_that_there_is_no_memory(void **state)
{
    heap_tracker heaps[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        heaps[i] = heap_tracker_open("pool", NULL);
        heap_tracker_allocate(heaps[i], address(1), 100);
    }
    assert_int_equal(read_all(true), 0);
    long blocks_before = blocks, mapped_before = mapped, mapping_before = mapping;
    for (int sticky = 0; sticky < 2; sticky++) {
        for (unsigned long n = 1;; n++) {
            begin_failing(n, sticky);
            int errors = read_all(!sticky);
            if (!end_failing())
                break;
            assert_true(errors > 0);
            assert_int_equal(blocks, blocks_before);
            assert_int_equal(mapped, mapped_before);
            assert_int_equal(mapping, mapping_before);
            assert_true(n < 10000);
        }
    }
    assert_int_equal(read_all(true), 0);
    for (size_t i = 0; i < 20; i++)
        heap_tracker_close(heaps[i]);
}

/* Make the reader list the directory again. */
static void change_directory(void)
{
    char path[OS_PATH_SIZE + 16];

    snprintf(path, sizeof(path), "%s/stray", region_folder);
    assert_int_equal(os_file_write_all(path, "", 0), ERROR_SUCCESS);
    assert_int_equal(os_file_remove(path), ERROR_SUCCESS);
}

static size_t heap_count(struct region_reader *reader)
{
    size_t count;

    region_reader_heaps(reader, &count);
    return count;
}

/* All heaps are shown, and as those of a process that exists here. */
static void assert_complete(struct region_reader *reader, size_t expected)
{
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++)
        assert_false(heaps[i].is_foreign);
}

/* Refuse calls from the n-th on, or only the n-th, or only that mapping or memory. Returns whether
   any was refused. */
static bool refresh_with_few(struct region_reader *reader, unsigned long n, bool from_then_on)
{
    change_directory();
    has_refused = false;
    refuses_from_then_on = from_then_on;
    questions = n;
    region_reader_refresh(reader);
    questions = 0;
    return has_refused;
}

static void
a_reader_that_is_refused_any_call_hides_nothing_and_the_next_answer_is_complete(void **state)
{
    enum { HEAPS = 20 };
    heap_tracker heaps[HEAPS];
    struct region_reader *known, *fresh;

    (void)state;
    for (size_t i = 0; i < HEAPS; i++)
        heaps[i] = heap_tracker_open("pool", NULL);
    assert_int_equal(region_reader_open(&known), ERROR_SUCCESS);
    assert_int_equal(region_reader_refresh(known), ERROR_SUCCESS);
    assert_int_equal(heap_count(known), HEAPS);
    for (int sticky = 0; sticky < 2; sticky++) {
        for (unsigned long n = 1; n < 1000; n++) {
            assert_int_equal(region_reader_open(&fresh), ERROR_SUCCESS);
            bool was_refused = refresh_with_few(fresh, n, sticky);
            was_refused |= refresh_with_few(known, n, sticky);
            assert_complete(known, HEAPS);
            assert_int_equal(region_reader_refresh(fresh), ERROR_SUCCESS);
            assert_complete(fresh, HEAPS);
            assert_int_equal(region_reader_refresh(known), ERROR_SUCCESS);
            assert_complete(known, HEAPS);
            region_reader_close(fresh);
            if (!was_refused)
                break;
            assert_true(n < 999);
        }
    }
    region_reader_close(known);
    for (size_t i = 0; i < HEAPS; i++)
        heap_tracker_close(heaps[i]);
}

/* ---- the private file ---------------------------------------------------------------- */

/* "Could not ask" is neither "there is none" nor "it is another user's". */
static void
a_reader_that_is_refused_any_call_does_not_say_that_there_is_no_private_file(void **state)
{
    const struct heap_tracker_options options = { .size = sizeof(options),
                                                  .flags = HEAP_TRACKER_PROFILE };
    heap_tracker heap = heap_tracker_open("profiled", &options);
    struct os_region_source file;
    unsigned long n;

    (void)state;
    assert_int_equal(heap_profile_open(&file, os_process_id()), ERROR_SUCCESS);
    os_region_close(&file);
    for (int sticky = 0; sticky < 2; sticky++) {
        for (n = 1; n < 1000; n++) {
            has_refused = false;
            refuses_from_then_on = sticky;
            questions = n;
            DWORD error = heap_profile_open(&file, os_process_id());
            questions = 0;
            if (!error)
                os_region_close(&file);
            if (!has_refused)
                break;
            if (error == ERROR_FILE_NOT_FOUND || error == ERROR_ACCESS_DENIED ||
                error == ERROR_NOT_FOUND)
                fail_msg("call %lu%s: error %u", n, sticky ? " and all after it" : "",
                         (unsigned)error);
        }
        /* chosen: fewer would mean that the calls are not replaced */
        assert_true(n > 5 && n < 1000);
    }
    heap_tracker_close(heap);
}

/* ---- the tracker --------------------------------------------------------------------- */

enum { BLOCKS = 300, LARGE = 20 };

/* Cause events of all kinds in a heap. The figures must agree with the results of the calls. */
static void use_heap(const char *path)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    static bool is_known[BLOCKS];
    static struct heap_tracker_block listed[BLOCKS + LARGE];
    uint64_t known = 0, lost = 0;
    size_t count = 0;
    heap_tracker heap = heap_tracker_open("tested", &options);

    if (heap == HEAP_TRACKER_INVALID)
        return;
    for (uintptr_t i = 0; i < BLOCKS; i++) {
        /* Some chunks with many blocks, many with few. */
        uint32_t error = heap_tracker_allocate(heap, address(i % 2 ? i : (i + 2) << 12 | 1), i);
        assert_true(!error || error == ERROR_NOT_ENOUGH_MEMORY);
        is_known[i] = !error;
        known += !error;
        lost += error != 0;
    }
    for (uintptr_t i = 0; i < LARGE; i++) {
        uint32_t error =
            heap_tracker_allocate(heap, address((uintptr_t)1 << 32 | i), (size_t)1 << 30);
        known += !error;
        lost += error != 0;
    }
    assert_int_equal(heap_tracker_read(heap, &now), ERROR_SUCCESS);
    assert_int_equal(now.allocation_count - now.free_count, known);
    assert_int_equal(now.lost_count, lost);
    assert_int_equal(heap_tracker_blocks(heap, listed, BLOCKS + LARGE, &count), ERROR_SUCCESS);
    assert_int_equal(count, known);
    heap_tracker_write_snapshot(heap, path);

    for (uintptr_t i = 0; i < BLOCKS; i++) {
        const void *at = address(i % 2 ? i : (i + 2) << 12 | 1);
        uint32_t error = i % 3
                             ? heap_tracker_free(heap, at)
                             : heap_tracker_reallocate(heap, address((i + 2) << 12 | 9), 5 * i, at);
        if (is_known[i] && i % 3)
            assert_int_equal(error, ERROR_SUCCESS);
        else
            assert_true(!error || error == ERROR_NOT_FOUND || error == ERROR_NOT_ENOUGH_MEMORY);
    }
    assert_int_equal(heap_tracker_read(heap, &now), ERROR_SUCCESS);
    assert_int_equal(heap_tracker_blocks(heap, listed, BLOCKS + LARGE, &count), ERROR_SUCCESS);
    assert_int_equal(now.allocation_count - now.free_count, count);
    assert_int_equal(heap_tracker_discard_all(heap), ERROR_SUCCESS);
    assert_int_equal(heap_tracker_read(heap, &now), ERROR_SUCCESS);
    assert_int_equal(now.allocation_count, now.free_count);
    assert_int_equal(now.allocated_bytes, now.freed_bytes);
    assert_int_equal(heap_tracker_close(heap), ERROR_SUCCESS);
}

static void a_heap_loses_what_it_says_and_nothing_else(void **state)
{
    char path[OS_PATH_SIZE + 16];
    long blocks_before = 0, mapped_before = 0;

    (void)state;
    snprintf(path, sizeof(path), "%s/snapshot", region_folder);
    /* In the second turn everything that is kept for the next heap exists already, so nothing
       more may stay. */
    for (int turn = 0; turn < 2; turn++) {
        use_heap(path);
        if (turn == 1)
            assert_true(blocks == blocks_before && mapped == mapped_before);
        blocks_before = blocks;
        mapped_before = mapped;
        for (int sticky = 0; sticky < 2; sticky++) {
            for (unsigned long n = 1; n < 10000; n++) {
                begin_failing(n, sticky);
                use_heap(path);
                if (!end_failing())
                    break;
                assert_int_equal(blocks, blocks_before);
            }
        }
        use_heap(path);
        if (turn == 1)
            assert_int_equal(mapped, mapped_before);
        mapped_before = mapped;
    }
    os_file_remove(path);
}

/* Runs in a process of its own, because only the first heap of a process creates everything. */
static int first_heap_fails(unsigned long n, bool sticky)
{
    char path[OS_PATH_SIZE + 16];
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    snprintf(path, sizeof(path), "%s/first", region_folder);
    begin_failing(n, sticky);
    use_heap(path);
    bool is_done = !end_failing();
    os_file_remove(path);

    heap_tracker heap = heap_tracker_open("with memory", NULL);
    if (heap == HEAP_TRACKER_INVALID || heap_tracker_allocate(heap, address(1), 77) ||
        heap_tracker_read(heap, &now) || now.allocated_bytes != 77)
        return 3;
    return is_done ? 1 : 0;
}

/* A forked child writes a region of its own. Its heap is used further or closed, and another one
   can be opened. 4950 bytes are the sum of the 99 blocks that it inherits. */
static int forked_child(heap_tracker heap)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    bool is_done = !end_failing();
    if (heap_tracker_read(heap, &now) == ERROR_SUCCESS) {
        if (now.allocated_bytes != 4950 || heap_tracker_allocate(heap, address(200), 50) ||
            heap_tracker_free(heap, address(99)) || heap_tracker_read(heap, &now) ||
            now.allocated_bytes != 5000 || now.freed_bytes != 99)
            return 3;
    } else if (is_done) {
        return 4;
    }
    heap = heap_tracker_open("the child's", NULL);
    if (heap == HEAP_TRACKER_INVALID || heap_tracker_allocate(heap, address(1), 77) ||
        heap_tracker_read(heap, &now) || now.allocated_bytes != 77)
        return 5;
    return is_done ? 1 : 0;
}

static void a_forked_child_can_fail_to_publish_and_both_go_on(void **state)
{
    heap_tracker heap = heap_tracker_open("forked", NULL);
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    (void)state;
    for (uintptr_t i = 1; i < 100; i++)
        heap_tracker_allocate(heap, address(i), i);
    for (int sticky = 0; sticky < 2; sticky++) {
        int status = 0;
        for (unsigned long n = 1; status == 0; n++) {
            begin_failing(n, sticky);
            pid_t child = fork();
            if (child == 0)
                _exit(forked_child(heap));
            end_failing();
            assert_int_equal(waitpid(child, &status, 0), child);
            if (status != 0 && status != 1 << 8)
                fail_msg("request %lu%s: status %d", n, sticky ? " and all after it" : "", status);
            assert_int_equal(heap_tracker_read(heap, &now), ERROR_SUCCESS);
            assert_int_equal(now.allocated_bytes - now.freed_bytes, 4950);
            assert_true(n < 10000);
        }
    }
    heap_tracker_close(heap);
}

static void the_first_heap_of_a_process_can_fail_and_the_next_one_works(void **state)
{
    (void)state;
    for (int sticky = 0; sticky < 2; sticky++) {
        int status = 0;
        for (unsigned long n = 1; status == 0; n++) {
            pid_t child = fork();
            if (child == 0)
                _exit(first_heap_fails(n, sticky));
            assert_int_equal(waitpid(child, &status, 0), child);
            if (status != 0 && status != 1 << 8)
                fail_msg("request %lu%s: status %d", n, sticky ? " and all after it" : "", status);
            assert_true(n < 10000);
        }
    }
}

/* ---- many blocks ----------------------------------------------------------------------- */

static void a_million_live_blocks_are_known_each_and_given_back(void **state)
{
    enum { MILLION = 1000000 };
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    size_t before = heap_tracker_overhead(), count;
    heap_tracker heap = heap_tracker_open("million", NULL);

    (void)state;
    for (uintptr_t i = 1; i <= MILLION; i++)
        assert_int_equal(heap_tracker_allocate(heap, address(i), i), ERROR_SUCCESS);
    assert_true(heap_tracker_overhead() - before <= 24l * MILLION); /* as in test_address_map.c */
    heap_tracker_read(heap, &now);
    assert_int_equal(now.allocation_count - now.free_count, MILLION);
    assert_int_equal(now.allocated_bytes, (uint64_t)MILLION * (MILLION + 1) / 2);
    assert_int_equal(heap_tracker_blocks(heap, NULL, 0, &count), ERROR_SUCCESS);
    assert_int_equal(count, MILLION);
    for (uintptr_t i = 1; i <= MILLION; i++)
        assert_int_equal(heap_tracker_free_sized(heap, address(i), i), ERROR_SUCCESS);
    heap_tracker_read(heap, &now);
    assert_int_equal(now.allocated_bytes, now.freed_bytes);
    assert_int_equal(now.peak_blocks, MILLION);
    heap_tracker_close(heap);
    assert_true(heap_tracker_overhead() - before <= 1 << 20);
}

int main(void)
{
    /* First the test whose children must have no heap yet. */
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_heap_of_a_process_can_fail_and_the_next_one_works),
        cmocka_unit_test(a_forked_child_can_fail_to_publish_and_both_go_on),
        cmocka_unit_test(the_provider_answers_whole_or_not_at_all_and_leaks_nothing),
        cmocka_unit_test(the_reader_shows_what_it_showed_and_says_that_there_is_no_memory),
        cmocka_unit_test(
            a_reader_that_is_refused_any_call_hides_nothing_and_the_next_answer_is_complete),
        cmocka_unit_test(
            a_reader_that_is_refused_any_call_does_not_say_that_there_is_no_private_file),
        cmocka_unit_test(a_heap_loses_what_it_says_and_nothing_else),
        cmocka_unit_test(a_million_live_blocks_are_known_each_and_given_back),
    };

    return cmocka_run_group_tests_name("out of memory", tests, NULL, NULL);
}
