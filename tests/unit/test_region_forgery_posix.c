/* SPDX-License-Identifier: MIT
 *
 * The reader and files that no honest publisher writes: regions that lie, files that are not regions,
 * and files that are shortened, locked, linked or unfinished.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os_region.h"
#include "region.h"
#include "region_reader_fixture.h"
#include "settable_clock.h"

/* A child makes a region with one heap and one shard by hand, damages it, and keeps it. */
struct forgery {
    const char *name;
    void (*break_it)(unsigned char *memory, int file);
    bool is_seen; /* it counts as a region */
    size_t heaps; /* heaps that are shown */
    bool is_readable;
};

#define FORGED_HEAP sizeof(struct region_header)
#define FORGED_SHARD (FORGED_HEAP + REGION_FIRST_HEAPS * sizeof(struct region_heap))
#define FORGED_SIZE (FORGED_SHARD + region_shards_size(0))

static struct region_header *header_of(unsigned char *memory)
{
    return (struct region_header *)(void *)memory;
}

static struct region_heap *heap_of(unsigned char *memory)
{
    return (struct region_heap *)(void *)(memory + FORGED_HEAP);
}

static struct region_shard *shard_of(unsigned char *memory)
{
    return (struct region_shard *)(void *)(memory + FORGED_SHARD);
}

static void rename_heap(unsigned char *memory, const char *name)
{
    for (size_t i = 0; i < strlen(name); i++)
        heap_of(memory)->name[i] = (uint16_t)(unsigned char)name[i];
    heap_of(memory)->name_length = (uint16_t)strlen(name);
}

static void good(unsigned char *memory, int file)
{
    (void)memory, (void)file;
}
static void bad_magic(unsigned char *memory, int file)
{
    header_of(memory)->magic++;
    (void)file;
}
static void bad_version(unsigned char *memory, int file)
{
    header_of(memory)->version = REGION_VERSION + 1;
    (void)file;
}
static void bad_header_size(unsigned char *memory, int file)
{
    header_of(memory)->header_size = 64;
    (void)file;
}
static void bad_order(unsigned char *memory, int file)
{
    header_of(memory)->byte_order = 0x04030201;
    (void)file;
}
static void bad_state(unsigned char *memory, int file)
{
    header_of(memory)->state = 77;
    (void)file;
}
static void other_process(unsigned char *memory, int file)
{
    header_of(memory)->process_id = (uint32_t)getppid();
    (void)file;
}
static void no_process(unsigned char *memory, int file)
{
    header_of(memory)->process_id = 0;
    (void)file;
}
static void too_many_segments(unsigned char *memory, int file)
{
    header_of(memory)->heap_segments = 0xFFFFFFFF;
    (void)file;
}
static void segment_outside(unsigned char *memory, int file)
{
    header_of(memory)->shard_offsets[0] = 1 << 20;
    (void)file;
}
static void segment_wraps(unsigned char *memory, int file)
{
    header_of(memory)->heap_offsets[0] = ~(uint64_t)63;
    (void)file;
}
static void segment_misaligned(unsigned char *memory, int file)
{
    header_of(memory)->heap_offsets[0] += 4;
    (void)file;
}
static void segment_in_header(unsigned char *memory, int file)
{
    header_of(memory)->heap_offsets[0] = 0;
    (void)file;
}
static void empty(unsigned char *memory, int file)
{
    (void)memory;
    if (ftruncate(file, 0))
        _exit(4);
}
static void short_header(unsigned char *memory, int file)
{
    (void)memory;
    if (ftruncate(file, 100))
        _exit(4);
}
static void short_file(unsigned char *memory, int file)
{
    (void)memory;
    if (ftruncate(file, 2000))
        _exit(4);
}
static void many_heaps(unsigned char *memory, int file)
{
    header_of(memory)->heap_count = 0xFFFFFFFF;
    (void)file;
}
static void shard_loop(unsigned char *memory, int file)
{
    shard_of(memory)->next = 1;
    (void)file;
}
static void shard_outside(unsigned char *memory, int file)
{
    heap_of(memory)->first_shard = 0xFFFFFFF0;
    (void)file;
}
static void shard_of_other(unsigned char *memory, int file)
{
    shard_of(memory)->heap = 9;
    (void)file;
}
static void negative(unsigned char *memory, int file)
{
    shard_of(memory)->totals[TOTAL_FREED_BYTES] = ~(uint64_t)0;
    shard_of(memory)->totals[TOTAL_FREE_COUNT] = 1000;
    (void)file;
}
static void change_nothing(unsigned char *memory, int file)
{
    (void)memory, (void)file;
}
static void name_of_other(unsigned char *memory, int file)
{
    rename_heap(memory, "init:1:pool");
    (void)file;
}
static void name_too_long(unsigned char *memory, int file)
{
    heap_of(memory)->name_length = 0xFFFF;
    (void)file;
}
static void name_empty(unsigned char *memory, int file)
{
    heap_of(memory)->name_length = 0;
    (void)file;
}
static void name_escape(unsigned char *memory, int file)
{
    heap_of(memory)->name[1] = 0x1B;
    (void)file;
}
static void name_path(unsigned char *memory, int file)
{
    heap_of(memory)->name[1] = '\\';
    (void)file;
}
static void name_surrogate(unsigned char *memory, int file)
{
    heap_of(memory)->name[1] = 0xD800;
    (void)file;
}
static void name_zero(unsigned char *memory, int file)
{
    heap_of(memory)->name[1] = 0;
    (void)file;
}
static void huge_identity(unsigned char *memory, int file)
{
    heap_of(memory)->identity = ~(uint64_t)0;
    (void)file;
}

static void same_name_twice(unsigned char *memory, int file)
{
    struct region_heap *second = heap_of(memory) + 1;

    (void)file;
    memcpy(second, heap_of(memory), sizeof(*second));
    second->identity = 2;
    second->first_shard = 0;
    header_of(memory)->heap_count = 2;
}

static const struct forgery forgeries[] = {
    { "good", good, true, 1, true },
    { "bad magic", bad_magic, false, 0, false },
    { "bad version", bad_version, false, 0, false },
    { "bad header size", bad_header_size, false, 0, false },
    { "bad byte order", bad_order, false, 0, false },
    { "bad state", bad_state, false, 0, false },
    { "of another process", other_process, false, 0, false },
    { "of no process", no_process, false, 0, false },
    { "too many segments", too_many_segments, false, 0, false },
    { "segment outside", segment_outside, false, 0, false },
    { "segment wraps around", segment_wraps, false, 0, false },
    { "segment misaligned", segment_misaligned, false, 0, false },
    { "segment in the header", segment_in_header, false, 0, false },
    { "shorter than a header", short_header, false, 0, false },
    { "shorter than it says", short_file, false, 0, false },
    { "more heaps than fit", many_heaps, true, 1, true },
    { "shards in a loop", shard_loop, true, 1, false },
    { "shard outside", shard_outside, true, 1, false },
    { "shard of another heap", shard_of_other, true, 1, false },
    { "freed more than allocated", negative, true, 1, true },
    { "name of another process", name_of_other, true, 0, false },
    { "name too long", name_too_long, true, 0, false },
    { "name empty", name_empty, true, 0, false },
    { "name with an escape", name_escape, true, 0, false },
    { "name with path syntax", name_path, true, 0, false },
    { "name with half a character", name_surrogate, true, 0, false },
    { "name with a zero", name_zero, true, 0, false },
    { "identity too large", huge_identity, true, 0, false },
    { "one name twice", same_name_twice, true, 2, true },
};

static const struct forgery liar = { "", change_nothing, true, 1, true };

/* Totals that a publisher reports one after the other: usable bytes and freed bytes. */
static const uint64_t lies[][2] = {
    { 100, 0 },        { 100 + (UINT64_C(1) << 63) + 5, UINT64_C(1) << 62 },
    { 100, 0 },        { UINT64_MAX, 0 },
    { 0, UINT64_MAX },
};

static void tell_lie(unsigned char *memory, size_t lie)
{
    struct region_shard *shard = shard_of(memory);

    shard->totals[TOTAL_USABLE_BYTES] = shard->totals[TOTAL_ALLOCATION_COUNT] = lies[lie][0];
    shard->totals[TOTAL_FREED_BYTES] = shard->totals[TOTAL_FREE_COUNT] = lies[lie][1];
    atomic_fetch_add(&header_of(memory)->change_count, 1);
}

static int hold_forged(struct parent parent, const void *argument)
{
    const struct forgery *forgery = argument;
    struct os_region_file file;
    char name[64];

    if (os_region_create(&file, region_folder, OS_REGION_SUFFIX) ||
        os_region_grow(&file, FORGED_SIZE))
        return 5;
    unsigned char *memory = os_region_map(&file, 0, FORGED_SIZE, NULL);
    struct region_header *header = header_of(memory);
    header->magic = REGION_MAGIC;
    header->version = REGION_VERSION;
    header->header_size = sizeof(*header);
    header->byte_order = REGION_BYTE_ORDER;
    header->process_id = os_process_id();
    header->process_start = os_region_process_start();
    header->pid_namespace = os_region_pid_namespace();
    header->heap_segments = header->shard_segments = 1;
    header->heap_offsets[0] = FORGED_HEAP;
    header->shard_offsets[0] = FORGED_SHARD;
    header->heap_count = 1;
    header->state = REGION_LIVE;
    struct region_shard *shard = shard_of(memory);
    shard->heap = 1;
    shard->totals[TOTAL_ALLOCATION_COUNT] = 3;
    shard->totals[TOTAL_USABLE_BYTES] = 300;
    shard->totals[TOTAL_REQUESTED_BYTES] = 300;
    shard->totals[TOTAL_FREE_COUNT] = 1;
    shard->totals[TOTAL_FREED_BYTES] = 100;
    heap_of(memory)->identity = 1;
    heap_of(memory)->first_shard = 1;
    snprintf(name, sizeof(name), "x:%d:forged", (int)getpid());
    rename_heap(memory, name);
    if (forgery)
        forgery->break_it(memory, (int)file.handle);
    if (os_region_publish(&file))
        return 6;
    child_say(parent.to);
    child_hear(parent.from);
    for (size_t i = 0; forgery == &liar && i < UNIT_COUNT(lies); i++) {
        tell_lie(memory, i);
        child_say(parent.to);
        child_hear(parent.from);
    }
    if (!forgery) {
        if (ftruncate((int)file.handle, 4096))
            return 7;
        child_say(parent.to);
        child_hear(parent.from);
    }
    os_region_remove(&file);
    return 0;
}

static void damage_is_refused_and_harms_no_other_region(void **state)
{
    struct child honest = child_start(publish_some, NULL);

    (void)state;
    child_hear(honest.from);
    for (size_t i = 0; i < UNIT_COUNT(forgeries); i++) {
        const struct forgery *forgery = &forgeries[i];
        struct child child = child_start(hold_forged, forgery);
        size_t count, others = 0;
        child_hear(child.from);
        uint64_t rejected = counts().rejected;
        const struct heap_view *heaps = refresh(&count);
        if (count != 1 + forgery->heaps || counts().seen != 1u + forgery->is_seen ||
            counts().rejected != rejected + !forgery->is_seen)
            fail_msg("%s: %lu heaps, %lu regions, %lu rejected", forgery->name,
                     (unsigned long)count, (unsigned long)counts().seen,
                     (unsigned long)(counts().rejected - rejected));
        for (size_t h = 0; h < count; h++) {
            struct heap_totals now;
            DWORD error = region_reader_read(reader, h, &now);
            if (heaps[h].process_id == (uint32_t)honest.id) {
                others++;
                assert_int_equal(error, ERROR_SUCCESS);
                /* as in test_region_reader_posix.c */
                assert_int_equal(now.allocated_bytes, 1050);
            } else if (error != (forgery->is_readable ? ERROR_SUCCESS : ERROR_NOT_FOUND) ||
                       (!error && now.freed_bytes > now.allocated_bytes)) {
                fail_msg("%s: read gives %u", forgery->name, (unsigned)error);
            }
        }
        assert_int_equal(others, 1);
        refresh(&count); /* the file is refused once, not again and again */
        assert_int_equal(counts().rejected, rejected + !forgery->is_seen);
        assert_int_equal(child_wait(&child), 0);
    }
    assert_int_equal(child_wait(&honest), 0);
}

static void no_sequence_of_totals_makes_a_heap_negative(void **state)
{
    struct child child = child_start(hold_forged, &liar);
    struct heap_totals now;
    size_t count;

    (void)state;
    child_hear(child.from);
    for (size_t i = 0; i < UNIT_COUNT(lies); i++) {
        child_say(child.to);
        child_hear(child.from);
        refresh(&count);
        assert_int_equal(count, 1);
        assert_int_equal(region_reader_read(reader, 0, &now), ERROR_SUCCESS);
        assert_true((int64_t)now.in_use_bytes >= 0);
        assert_true((int64_t)(now.allocation_count - now.free_count) >= 0);
        assert_true(now.peak_bytes >= now.in_use_bytes);
    }
    assert_int_equal(child_wait(&child), 0);
}

static void equal_names_are_distinguished(void **state)
{
    const struct forgery twice = { "", same_name_twice, true, 2, true };
    struct child child = child_start(hold_forged, &twice);
    char expected[256];

    (void)state;
    child_hear(child.from);
    snprintf(expected, sizeof(expected), "x:%d:forged\nx:%d:forged:2\n", (int)child.id,
             (int)child.id);
    assert_string_equal(names(), expected);
    assert_int_equal(child_wait(&child), 0);
}

static void an_empty_file_is_waited_for(void **state)
{
    const struct forgery no_bytes = { "", empty, false, 0, false };
    struct child child = child_start(hold_forged, &no_bytes);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 0);
    assert_int_equal(counts().rejected, 0);
    assert_int_equal(child_wait(&child), 0);
}

/* A publisher must not lose its file between creating and locking it. */
static void a_file_that_its_owner_has_not_finished_is_left_alone(void **state)
{
    struct child child = child_start(publish_some, NULL);
    char path[OS_PATH_SIZE + 64];
    size_t count;

    (void)state;
    child_hear(child.from);
    snprintf(path, sizeof(path), "%s/.new-%d-1.region", region_folder, (int)child.id);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(files(), 2);
    refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(files(), 2);
    assert_int_equal(counts().rejected + counts().reaped, 0);
    /* What it left is removed with it, before its parent has waited for it. */
    kill(child.id, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child.id, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    pass_time_ms(300); /* more than a fourth of a second: owners are checked again */
    refresh(&count);
    assert_int_equal(count, 0);
    assert_int_equal(files(), 0);
    child_wait(&child);
}

static int make_a_file(struct parent parent, const void *argument)
{
    struct os_region_file file;

    (void)argument;
    if (os_region_create(&file, region_folder, OS_REGION_SUFFIX) || os_region_grow(&file, 4096))
        return 5;
    child_say(parent.to);
    child_hear(parent.from);
    os_region_remove(&file);
    return 0;
}

/* A lock or a stray `> file` of another user must not disturb a publisher. */
static void a_region_can_be_locked_by_readers_and_opened_for_writing_by_no_process(void **state)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    struct child child = child_start(make_a_file, NULL);
    struct stat status;
    struct dirent *entry;

    (void)state;
    child_hear(child.from);
    DIR *directory = opendir(region_folder);
    while ((entry = readdir(directory)) != NULL && strncmp(entry->d_name, ".new-", 5) != 0)
        continue;
    assert_non_null(entry);
    int file = openat(dirfd(directory), entry->d_name, O_RDONLY);
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_mode & 0222, 0);
    assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
    close(file);
    closedir(directory);
    assert_int_equal(child_wait(&child), 0);
}

static void on_bus(int number)
{
    (void)number;
    _exit(9);
}

static void a_region_that_is_cut_short_while_it_is_read_is_dropped(void **state)
{
    struct child honest = child_start(publish_some, NULL);
    struct child child = child_start(hold_forged, NULL);
    struct heap_totals now;
    struct sigaction before, after;
    size_t count;

    (void)state;
    signal(SIGBUS, on_bus);
    sigaction(SIGBUS, NULL, &before);
    child_hear(honest.from);
    child_hear(child.from);
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, 2);
    size_t forged = heaps[0].process_id == (uint32_t)child.id ? 0 : 1;
    assert_int_equal(region_reader_read(reader, forged, &now), ERROR_SUCCESS);
    child_say(child.to);
    child_hear(child.from); /* 4,096 bytes remain: the heap is there, its shard is not */
    now.allocation_count = 99;
    assert_int_equal(region_reader_read(reader, forged, &now), ERROR_NOT_FOUND);
    assert_int_equal(now.allocation_count, 99);
    assert_int_equal(region_reader_read(reader, 1 - forged, &now), ERROR_SUCCESS);
    refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(child_wait(&child), 0);
    assert_int_equal(child_wait(&honest), 0);

    /* The handler is removed with the last file of this test. */
    sigaction(SIGBUS, NULL, &after);
    assert_true(after.sa_handler == before.sa_handler);
    signal(SIGBUS, SIG_DFL);
}

static void what_is_no_file_of_a_publisher_is_not_opened(void **state)
{
    static const char *const kinds[] = { "fifo",     "folder",    "symlink",
                                         "dangling", "hard link", "socket name" };
    struct child honest = child_start(publish_some, NULL);
    char path[OS_PATH_SIZE + 64], target[OS_PATH_SIZE + 64];
    size_t count;

    (void)state;
    child_hear(honest.from);
    snprintf(target, sizeof(target), "%s/target", region_folder);
    close(open(target, O_CREAT | O_WRONLY, 0600));
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        snprintf(path, sizeof(path), "%s/%d-%lu.region", region_folder, (int)getpid(),
                 (unsigned long)i);
        int made = i == 0   ? mkfifo(path, 0600)
                   : i == 1 ? mkdir(path, 0700)
                   : i == 2 ? symlink(target, path)
                   : i == 3 ? symlink("/nowhere/at/all", path)
                   : i == 4 ? link(target, path)
                            : symlink("/dev/zero", path);
        assert_int_equal(made, 0);
    }
    alarm(20); /* opening the FIFO must not wait */
    refresh(&count);
    alarm(0);
    assert_int_equal(count, 1);
    assert_int_equal(counts().rejected, UNIT_COUNT(kinds));
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        snprintf(path, sizeof(path), "%s/%d-%lu.region", region_folder, (int)getpid(),
                 (unsigned long)i);
        assert_int_equal(remove(path), 0);
    }
    remove(target);
    assert_int_equal(child_wait(&honest), 0);
}

static void a_hard_link_does_not_hide_a_region_from_who_knows_it(void **state)
{
    struct child child = child_start(publish_some, NULL);
    char path[OS_PATH_SIZE + 600], link_path[OS_PATH_SIZE + 64];
    struct dirent *entry;
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 1);
    DIR *directory = opendir(region_folder);
    while ((entry = readdir(directory)) != NULL && !strstr(entry->d_name, ".region"))
        continue;
    snprintf(path, sizeof(path), "%s/%s", region_folder, entry->d_name);
    snprintf(link_path, sizeof(link_path), "%s/%d-link.region", region_folder, (int)child.id);
    closedir(directory);
    assert_int_equal(link(path, link_path), 0);
    pass_time_ms(300); /* whether the owner lives is checked again */
    refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(remove(link_path), 0);
    assert_int_equal(child_wait(&child), 0);
}

static void a_directory_that_others_can_write_is_not_read(void **state)
{
    struct child child = child_start(publish_some, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    assert_int_equal(chmod(region_folder, 0777), 0);
    refresh(&count);
    assert_int_equal(count, 0);
    /* as /tmp: each user may only change own files */
    assert_int_equal(chmod(region_folder, 01777), 0);
    refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(chmod(region_folder, 0755), 0);
    assert_int_equal(child_wait(&child), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(damage_is_refused_and_harms_no_other_region),
        TEST(no_sequence_of_totals_makes_a_heap_negative),
        TEST(equal_names_are_distinguished),
        TEST(an_empty_file_is_waited_for),
        TEST(a_file_that_its_owner_has_not_finished_is_left_alone),
        TEST(a_region_can_be_locked_by_readers_and_opened_for_writing_by_no_process),
        TEST(a_region_that_is_cut_short_while_it_is_read_is_dropped),
        TEST(what_is_no_file_of_a_publisher_is_not_opened),
        TEST(a_hard_link_does_not_hide_a_region_from_who_knows_it),
        TEST(a_directory_that_others_can_write_is_not_read),
    };

    return cmocka_run_group_tests_name("region forgery", tests, NULL, NULL);
}
