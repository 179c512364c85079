/* SPDX-License-Identifier: MIT
 *
 * region_view.c: what a region's header announces is checked before it is used. Each limit is
 * tested at the limit and one beyond it, each segment also as one that begins inside the file and
 * ends outside. The test makes the regions by hand; most of a file is a hole.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "region.h"
#include "region_folder.h"
#include "region_view.h"

#define FIRST_HEAPS sizeof(struct region_header)
#define HEAPS_SIZE(segment)                                                                        \
    (region_segment_count(REGION_FIRST_HEAPS, segment) * sizeof(struct region_heap))
#define FIRST_SHARDS (FIRST_HEAPS + HEAPS_SIZE(0))
#define REGION_SIZE (FIRST_SHARDS + region_shards_size(0))
#define MAPPED_SIZE 65536

/* What the next system calls do. The linker replaces these functions of the C library, so that a
   test can change a file between two steps of the product, and let a call fail: see the Makefile. */
static struct {
    int openat_error, unlinkat_error, getlk_error, mmap_error, stat_error; /* 0: it is made */
    void (*before_openat)(void);                                           /* is called once */
    uid_t owner; /* the owner of each file, if not 0 */
} calls;

int __wrap_openat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_fcntl(int file, int command, void *argument);
int __wrap_fstat(int file, struct stat *status);
int __wrap_stat(const char *path, struct stat *status);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_openat(int folder, const char *name, int flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __real_fcntl(int file, int command, void *argument);
int __real_fstat(int file, struct stat *status);
int __real_stat(const char *path, struct stat *status);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);

int __wrap_openat(int folder, const char *name, int flags)
{
    void (*before)(void) = calls.before_openat;

    calls.before_openat = NULL;
    if (before)
        before();
    if ((errno = calls.openat_error) != 0)
        return -1;
    return __real_openat(folder, name, flags);
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    return (errno = calls.unlinkat_error) ? -1 : __real_unlinkat(folder, name, flags);
}

int __wrap_fcntl(int file, int command, void *argument)
{
    if (command == F_OFD_GETLK && (errno = calls.getlk_error) != 0)
        return -1;
    return __real_fcntl(file, command, argument);
}

int __wrap_fstat(int file, struct stat *status)
{
    const int failed = __real_fstat(file, status);

    if (!failed && calls.owner)
        status->st_uid = calls.owner;
    return failed;
}

int __wrap_stat(const char *path, struct stat *status)
{
    return (errno = calls.stat_error) ? -1 : __real_stat(path, status);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    return (errno = calls.mmap_error) ? MAP_FAILED
                                      : __real_mmap(at, size, protection, flags, file, offset);
}

struct forged {
    struct os_region_file file;
    struct region_header *header;
    const char *name;
    struct region_view view;
};

/* A valid region with one segment of each kind, in a file of `size` bytes. */
static void forge(struct forged *forged, uint64_t size)
{
    *forged = (struct forged){ 0 };
    assert_int_equal(os_region_create(&forged->file, region_folder, OS_REGION_SUFFIX),
                     ERROR_SUCCESS);
    assert_int_equal(ftruncate((int)forged->file.handle, (off_t)size), 0);
    forged->header = os_region_map(&forged->file, 0, MAPPED_SIZE, NULL);
    assert_non_null(forged->header);
    forged->header->magic = REGION_MAGIC;
    forged->header->version = REGION_VERSION;
    forged->header->header_size = sizeof(*forged->header);
    forged->header->byte_order = REGION_BYTE_ORDER;
    forged->header->process_id = os_process_id();
    forged->header->process_start = os_region_process_start();
    forged->header->heap_segments = forged->header->shard_segments = 1;
    forged->header->heap_offsets[0] = FIRST_HEAPS;
    forged->header->shard_offsets[0] = FIRST_SHARDS;
    forged->header->state = REGION_LIVE;
    assert_int_equal(os_region_publish(&forged->file), ERROR_SUCCESS);
    forged->name = strrchr(forged->file.path, '/') + 1;
}

static DWORD open_view(struct forged *forged)
{
    bool was_reaped;

    return region_view_open(&forged->view, region_folder, forged->name, &was_reaped);
}

/* Open the region and forget everything, except why it was refused. */
static DWORD open_once(struct forged *forged)
{
    const DWORD error = open_view(forged);
    const enum region_refusal_reason refusal = forged->view.refusal;

    if (!error)
        region_view_close(&forged->view);
    assert_null(forged->view.mapping.memory);
    forged->view = (struct region_view){ 0 };
    forged->view.refusal = refusal;
    return error;
}

/* A process that does nothing. */
static pid_t start_process(void)
{
    const pid_t id = fork();

    if (id == 0)
        for (;;)
            pause();
    return id;
}

static void end_process(pid_t id)
{
    kill(id, SIGKILL);
    waitpid(id, NULL, 0);
}

/* Make the region that of another process of this PID namespace. */
static void give_to(struct forged *forged, pid_t id)
{
    char path[sizeof(forged->file.path)];

    snprintf(path, sizeof(path), "%.400s/%d-1.region", region_folder, (int)id);
    assert_int_equal(rename(forged->file.path, path), 0);
    strcpy(forged->file.path, path);
    forged->name = strrchr(forged->file.path, '/') + 1;
    forged->header->process_id = (uint32_t)id;
    forged->header->pid_namespace = os_region_pid_namespace();
}

static void discard(struct forged *forged)
{
    os_region_unmap(forged->header, MAPPED_SIZE);
    os_region_remove(&forged->file);
}

static void a_segment_lies_inside_the_file_to_its_last_byte(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);

    forged.header->shard_offsets[0] = FIRST_SHARDS + 64; /* begins inside, ends outside */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = REGION_SIZE; /* begins at the end */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = REGION_SIZE + 64;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = ~(uint64_t)63; /* the sum of offset and size wraps */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = FIRST_SHARDS + 32; /* not at a multiple of 64 */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = FIRST_HEAPS - 64; /* inside the header */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_offsets[0] = FIRST_SHARDS;

    forged.header->heap_offsets[0] = REGION_SIZE - HEAPS_SIZE(0);
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    forged.header->heap_offsets[0] = REGION_SIZE - HEAPS_SIZE(0) + 64;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->heap_offsets[0] = REGION_SIZE;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    discard(&forged);
}

/* All segments may lie at one place: readers do not depend on it. */
static void a_region_has_at_most_so_many_segments(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, FIRST_HEAPS + region_shards_size(REGION_SHARD_SEGMENTS));
    for (uint32_t i = 0; i < REGION_SEGMENTS; i++) {
        forged.header->heap_offsets[i] = FIRST_HEAPS;
        forged.header->shard_offsets[i] = FIRST_HEAPS;
    }
    forged.header->heap_segments = REGION_HEAP_SEGMENTS;
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    forged.header->heap_segments = REGION_HEAP_SEGMENTS + 1;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->heap_segments = 1;

    forged.header->shard_segments = REGION_SHARD_SEGMENTS;
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    forged.header->shard_segments = REGION_SHARD_SEGMENTS + 1;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    discard(&forged);
}

static void a_region_never_has_fewer_segments_than_before(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct forged forged;

        forge(&forged, REGION_SIZE);
        assert_int_equal(open_view(&forged), ERROR_SUCCESS);
        assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                         ERROR_SUCCESS);
        if (kind)
            forged.header->heap_segments = 0;
        else
            forged.header->shard_segments = 0;
        assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                         ERROR_INVALID_DATA);
        region_view_close(&forged.view);
        discard(&forged);
    }
}

static void a_view_follows_a_file_that_grew(void **state)
{
    const uint64_t grown = REGION_SIZE + HEAPS_SIZE(1);
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    forged.header->heap_offsets[1] = REGION_SIZE;
    forged.header->heap_segments = 2;
    forged.header->heap_count = UINT32_MAX;
    assert_int_equal(region_view_heap_count(&forged.view), REGION_FIRST_HEAPS);
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA); /* announced but missing */
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)grown - 64), 0);
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA); /* partly missing */
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)grown), 0);
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name), ERROR_SUCCESS);
    assert_int_equal(forged.view.mapping.size, grown);
    assert_int_equal(region_view_heap_count(&forged.view), 3 * REGION_FIRST_HEAPS);
    assert_ptr_equal(region_view_heap(&forged.view, REGION_FIRST_HEAPS),
                     forged.view.mapping.memory + REGION_SIZE);
    region_view_close(&forged.view);
    discard(&forged);
}

static struct forged *changing;

/* The header announces another heap segment inside the old mapping, and the file gets shorter. */
static void shorten(void)
{
    changing->header->heap_offsets[1] = FIRST_HEAPS;
    assert_int_equal(ftruncate((int)changing->file.handle, (off_t)(REGION_SIZE - 4096)), 0);
}

/* The part that was missing is there, and the header takes back what it announced. */
static void take_back(void)
{
    changing->header->shard_segments = 0;
    assert_int_equal(ftruncate((int)changing->file.handle, (off_t)(REGION_SIZE + HEAPS_SIZE(1))),
                     0);
}

/* The owner changes header and file between two reads. The segments that are known must not be
   outside the mapping at any time. */
static void a_view_that_cannot_follow_keeps_its_mapping(void **state)
{
    const uint64_t grown = REGION_SIZE + HEAPS_SIZE(1);
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    changing = &forged;
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    const unsigned char *memory = forged.view.mapping.memory;
    forged.header->heap_offsets[1] = REGION_SIZE;
    forged.header->heap_segments = 2;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    assert_ptr_equal(forged.view.mapping.memory, memory); /* as large as before: not mapped again */
    calls.before_openat = shorten;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    assert_ptr_equal(forged.view.mapping.memory, memory);
    assert_int_equal(forged.view.mapping.size, REGION_SIZE);
    forged.header->heap_offsets[1] = REGION_SIZE;

    calls.openat_error = EACCES; /* the system does not say what the file is */
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_NOT_ENOUGH_MEMORY);
    calls.openat_error = ELOOP;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    calls.openat_error = 0;
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)grown), 0);
    forged.view.device++; /* the same number in another file system is another file */
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    forged.view.device--;
    forged.view.size_limit = grown - 1;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_FILE_TOO_LARGE);
    assert_ptr_equal(forged.view.mapping.memory, memory);
    assert_int_equal(region_view_heap_count(&forged.view), 0);
    forged.view.size_limit = grown;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name), ERROR_SUCCESS);
    assert_int_equal(forged.view.mapping.size, grown);
    region_view_close(&forged.view);
    discard(&forged);
}

static void a_header_that_takes_back_segments_meanwhile_is_damaged(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    changing = &forged;
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    forged.header->heap_offsets[1] = REGION_SIZE;
    forged.header->heap_segments = 2;
    calls.before_openat = take_back;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    region_view_close(&forged.view);
    discard(&forged);
}

static void a_shard_beyond_the_segments_is_none(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    assert_ptr_equal(region_view_shard(&forged.view, 0), forged.view.mapping.memory + FIRST_SHARDS);
    assert_non_null(region_view_shard(&forged.view, REGION_FIRST_SHARDS - 1));
    assert_null(region_view_shard(&forged.view, REGION_FIRST_SHARDS));
    assert_null(region_view_shard(&forged.view, UINT32_MAX));
    forged.view.shard_visits = 1;
    assert_non_null(region_view_shard(&forged.view, 0));
    assert_null(region_view_shard(&forged.view, 0)); /* the visits are used up */
    region_view_close(&forged.view);
    discard(&forged);
}

static void records_are_as_many_as_were_used_and_as_fit(void **state)
{
    const uint32_t most = (uint32_t)region_segment_begin(REGION_FIRST_HEAPS, REGION_HEAP_SEGMENTS);
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    for (uint32_t count = 0; count <= REGION_FIRST_HEAPS + 1; count++) {
        forged.header->heap_count = count;
        assert_int_equal(region_view_heap_count(&forged.view),
                         count < REGION_FIRST_HEAPS ? count : REGION_FIRST_HEAPS);
        assert_int_equal(region_view_missing_heaps(&forged.view), count > REGION_FIRST_HEAPS);
    }
    for (uint32_t over = 0; over < 3; over++) { /* one below what the layout allows, to one above */
        forged.header->heap_count = most - 1 + over;
        assert_int_equal(region_view_missing_heaps(&forged.view),
                         most - (over == 0) - REGION_FIRST_HEAPS);
    }
    region_view_close(&forged.view);
    discard(&forged);
}

/* The owner closes or removes its file, or another file takes its name. */
static void a_view_does_not_follow_another_file(void **state)
{
    struct forged forged, other;
    char path[sizeof(forged.file.path)];
    bool was_reaped;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    assert_true(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    forged.header->state = REGION_CLOSED;
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_FILE_NOT_FOUND);
    forged.header->state = REGION_LIVE;
    forged.header->heap_segments = 2;
    forged.header->heap_offsets[1] = REGION_SIZE;
    strcpy(path, forged.file.path);
    forge(&other, REGION_SIZE + HEAPS_SIZE(1));
    assert_int_equal(rename(other.file.path, path), 0);
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_INVALID_DATA);
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    assert_false(was_reaped);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(region_view_follow(&forged.view, region_folder, forged.name),
                     ERROR_FILE_NOT_FOUND);
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    assert_int_equal(open_once(&other), ERROR_FILE_NOT_FOUND);
    region_view_close(&forged.view);
    discard(&other);
    discard(&forged);
}

static void a_region_is_dead_if_its_owner_or_its_file_is_gone(void **state)
{
    const pid_t owner = start_process();
    struct forged forged;
    char file[sizeof(forged.file.path)];
    bool was_reaped = true;

    (void)state;
    forge(&forged, REGION_SIZE);
    strcpy(file, forged.file.path);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    forged.view.device++;
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    forged.view.device--;
    assert_false(region_view_is_live(&forged.view, file, forged.name, &was_reaped)); /* ENOTDIR */
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)REGION_SIZE - 1), 0);
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)REGION_SIZE), 0);
    calls.openat_error = ELOOP; /* a link has taken its name */
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    calls.openat_error = EMFILE; /* the system cannot be asked */
    assert_true(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    calls.openat_error = 0;
    region_view_close(&forged.view);

    /* This process holds the lock of the region all the time. */
    give_to(&forged, owner);
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    assert_true(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    end_process(owner);
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    calls.openat_error = EMFILE;
    assert_false(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    calls.openat_error = 0;
    assert_false(was_reaped);
    region_view_close(&forged.view);
    forged.header->pid_namespace++; /* there the number is that of another process */
    assert_int_equal(open_view(&forged), ERROR_SUCCESS);
    assert_true(region_view_is_live(&forged.view, region_folder, forged.name, &was_reaped));
    region_view_close(&forged.view);
    discard(&forged);
}

static void a_region_whose_owner_is_gone_waits_for_its_lock(void **state)
{
    const pid_t owner = start_process();
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    give_to(&forged, owner);
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    end_process(owner);
    assert_int_equal(open_once(&forged), ERROR_NOT_READY);
    forged.header->shard_segments = REGION_SHARD_SEGMENTS + 1; /* damage is reported first */
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    forged.header->shard_segments = 1;
    forged.header->pid_namespace++; /* in another namespace the number says nothing */
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    discard(&forged);
}

static void a_region_belongs_to_the_user_of_its_process(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    forged.header->pid_namespace = os_region_pid_namespace();
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    calls.owner = geteuid() + 1;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    assert_int_equal(forged.view.refusal, REFUSAL_impostor);
    forged.header->shard_segments = REGION_SHARD_SEGMENTS + 1;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    assert_int_equal(forged.view.refusal, REFUSAL_damaged);
    forged.header->shard_segments = 1;
    forged.header->pid_namespace++;
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    calls.owner = 0;
    discard(&forged);
}

static void a_file_that_cannot_be_opened_is_refused_with_the_reason(void **state)
{
    static const struct {
        int openat_error;
        DWORD error;
        enum region_refusal_reason refusal;
    } cases[] = {
        { EACCES, ERROR_INVALID_DATA, REFUSAL_unreadable },
        { ELOOP, ERROR_INVALID_DATA, REFUSAL_no_region },
        { EMFILE, ERROR_NOT_ENOUGH_MEMORY, REFUSAL_damaged },
        { ENOENT, ERROR_FILE_NOT_FOUND, REFUSAL_damaged },
        { ENOTDIR, ERROR_FILE_NOT_FOUND, REFUSAL_damaged },
    };
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        calls.openat_error = cases[i].openat_error;
        if (open_once(&forged) != cases[i].error || forged.view.refusal != cases[i].refusal)
            fail_msg("errno %d", cases[i].openat_error);
    }
    calls.openat_error = 0;
    calls.mmap_error = ENOMEM;
    assert_int_equal(open_once(&forged), ERROR_NOT_ENOUGH_MEMORY);
    calls.mmap_error = 0;
    calls.stat_error = EMFILE; /* whether its process is one of this namespace is not known now */
    assert_int_equal(open_once(&forged), ERROR_NOT_ENOUGH_MEMORY);
    calls.stat_error = 0;
    assert_int_equal(open_once(&forged), ERROR_SUCCESS);
    discard(&forged);
}

/* The lock decides. If the system does not report it, the region may live. */
static void only_a_region_whose_lock_is_free_is_removed(void **state)
{
    struct forged forged;
    bool was_reaped = true;

    (void)state;
    forge(&forged, REGION_SIZE);
    calls.getlk_error = EIO;
    assert_int_equal(open_once(&forged), ERROR_NOT_ENOUGH_MEMORY);
    calls.getlk_error = 0;
    assert_int_equal(access(forged.file.path, F_OK), 0);
    os_region_unmap(forged.header, MAPPED_SIZE);
    os_region_abandon(&forged.file); /* which frees the lock */
    calls.unlinkat_error = EACCES;
    assert_int_equal(region_view_open(&forged.view, region_folder, forged.name, &was_reaped),
                     ERROR_FILE_NOT_FOUND);
    assert_false(was_reaped);
    calls.unlinkat_error = 0;
    assert_int_equal(region_view_open(&forged.view, region_folder, forged.name, &was_reaped),
                     ERROR_FILE_NOT_FOUND);
    assert_true(was_reaped);
    assert_int_equal(access(forged.file.path, F_OK), -1);
}

static void a_name_that_says_no_process_is_refused(void **state)
{
    struct forged forged;
    char path[OS_PATH_SIZE + 64];

    (void)state;
    forge(&forged, REGION_SIZE);
    snprintf(path, sizeof(path), "%s/nobody.region", region_folder);
    assert_int_equal(rename(forged.file.path, path), 0);
    forged.name = "nobody.region";
    forged.header->process_id = 0;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    assert_int_equal(unlink(path), 0);
    discard(&forged);
}

static void each_part_of_the_header_is_checked(void **state)
{
    static const struct {
        size_t offset; /* offset of a value of 4 bytes */
        uint32_t value;
        enum region_refusal_reason refusal;
    } cases[] = {
        { offsetof(struct region_header, magic), 0x12345678, REFUSAL_damaged },
        { offsetof(struct region_header, version), REGION_VERSION + 1, REFUSAL_version },
        { offsetof(struct region_header, version), REGION_VERSION - 1, REFUSAL_version },
        { offsetof(struct region_header, header_size), sizeof(struct region_header) + 8,
          REFUSAL_damaged },
        { offsetof(struct region_header, byte_order), 0x04030201, REFUSAL_damaged },
        { offsetof(struct region_header, process_id), 0, REFUSAL_damaged },
        { offsetof(struct region_header, process_id), 1, REFUSAL_damaged },
        { offsetof(struct region_header, state), 0, REFUSAL_damaged },
        { offsetof(struct region_header, state), REGION_CLOSED + 1, REFUSAL_damaged },
    };
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char *at = (unsigned char *)forged.header + cases[i].offset;
        unsigned char kept[4];

        memcpy(kept, at, 4);
        memcpy(at, &cases[i].value, 4);
        if (open_once(&forged) != ERROR_INVALID_DATA || forged.view.refusal != cases[i].refusal)
            fail_msg("0x%x at %zu", (unsigned)cases[i].value, cases[i].offset);
        memcpy(at, kept, 4);
    }
    /* Another version is only named in what is a region. */
    forged.header->magic++;
    forged.header->version++;
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    assert_int_equal(forged.view.refusal, REFUSAL_damaged);
    forged.header->magic--;
    forged.header->version--;
    forged.header->state = REGION_CLOSED;
    assert_int_equal(open_once(&forged), ERROR_FILE_NOT_FOUND);
    forged.header->magic = 0;
    assert_int_equal(open_once(&forged), ERROR_NOT_READY);
    discard(&forged);
}

static void a_file_is_as_long_as_a_header_and_not_longer_than_the_limit(void **state)
{
    struct forged forged;

    (void)state;
    forge(&forged, REGION_SIZE);
    assert_int_equal(ftruncate((int)forged.file.handle, 0), 0);
    assert_int_equal(open_once(&forged), ERROR_NOT_READY);
    assert_int_equal(ftruncate((int)forged.file.handle, sizeof(struct region_header) - 1), 0);
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    assert_int_equal(ftruncate((int)forged.file.handle, sizeof(struct region_header)), 0);
    assert_int_equal(open_once(&forged), ERROR_NOT_READY); /* it has no magic number yet */
    /* The largest file, LARGEST_REGION of region_view.c. */
    assert_int_equal(ftruncate((int)forged.file.handle, (off_t)1 << 32), 0);
    assert_int_equal(open_once(&forged), ERROR_NOT_READY);
    assert_int_equal(ftruncate((int)forged.file.handle, ((off_t)1 << 32) + 1), 0);
    assert_int_equal(open_once(&forged), ERROR_INVALID_DATA);
    discard(&forged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_lies_inside_the_file_to_its_last_byte),
        cmocka_unit_test(a_region_has_at_most_so_many_segments),
        cmocka_unit_test(a_region_never_has_fewer_segments_than_before),
        cmocka_unit_test(a_view_follows_a_file_that_grew),
        cmocka_unit_test(a_view_that_cannot_follow_keeps_its_mapping),
        cmocka_unit_test(a_header_that_takes_back_segments_meanwhile_is_damaged),
        cmocka_unit_test(a_shard_beyond_the_segments_is_none),
        cmocka_unit_test(records_are_as_many_as_were_used_and_as_fit),
        cmocka_unit_test(a_view_does_not_follow_another_file),
        cmocka_unit_test(a_region_is_dead_if_its_owner_or_its_file_is_gone),
        cmocka_unit_test(a_region_whose_owner_is_gone_waits_for_its_lock),
        cmocka_unit_test(a_region_belongs_to_the_user_of_its_process),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_refused_with_the_reason),
        cmocka_unit_test(only_a_region_whose_lock_is_free_is_removed),
        cmocka_unit_test(a_name_that_says_no_process_is_refused),
        cmocka_unit_test(each_part_of_the_header_is_checked),
        cmocka_unit_test(a_file_is_as_long_as_a_header_and_not_longer_than_the_limit),
    };

    return cmocka_run_group_tests_name("region_view", tests, NULL, NULL);
}
