/* SPDX-License-Identifier: MIT
 *
 * libheaptracker-preload.so: publishes the malloc of any dynamically linked program as a heap named
 * "malloc", without recompiling it:
 *
 *     LD_PRELOAD=/path/to/libheaptracker-preload.so PROGRAM ...
 *
 * Each function calls the one that the program would have called (glibc's, or another allocator's
 * that is preloaded behind this one) and reports what happened. An allocation is reported after it
 * was made, a free before the block is given back, and a reallocation in two phases around the real
 * one: another thread can get an address only when its old block is out of the record.
 * malloc_usable_size is left alone.
 *
 * Environment:
 *   HEAPCTRS_DIR           where to publish; see README.md
 *   HEAPCTRS_CALL_SITES=1  remember for each block where it was allocated; 2 to 9: who called the
 *                          function that called malloc, and so on: for programs that wrap it
 *   HEAPCTRS_SNAPSHOT=FILE write the blocks in use at exit by call site: see live_blocks.h;
 *                          %p in the name is the process id, for programs that fork
 *   HEAPCTRS_SUMMARY=FILE  append one line when the program exits, "-" for standard error:
 *
 *       PID: total heap usage: A allocs, F frees, B bytes allocated; in use at exit: U bytes in K
 *       blocks
 *
 * A, F and B as valgrind's memcheck counts them: a reallocation of a block is one allocation and
 * one free, and its new size counts as allocated.
 *
 * Blocks of before the tracker was ready (the loader's, and those of finding the real functions)
 * come from a small arena of our own or are passed on unrecorded, and so are their frees.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heaptracker.h"

#define API __attribute__((visibility("default")))
#define ARENA_SIZE 65536u
#define ARENA_ALIGNMENT 16u

/* The functions behind ours. */
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    void (*free)(void *);
} next;

enum state { UNPREPARED, PREPARING, READY };

static _Atomic int state;
static _Atomic(heap_tracker) heap;

/* For what dlsym allocates while the functions behind ours are not known: never given back. */
static _Alignas(ARENA_ALIGNMENT) unsigned char arena[ARENA_SIZE];
static _Atomic size_t arena_used;

static void *arena_allocate(size_t size, size_t alignment)
{
    size_t used, begin, end;

    used = atomic_load(&arena_used);
    do {
        begin = (used + sizeof(size_t) + alignment - 1) / alignment * alignment;
        if (begin > ARENA_SIZE || size > ARENA_SIZE - begin)
            return NULL;
        end = begin + size;
    } while (!atomic_compare_exchange_weak(&arena_used, &used, end));
    memcpy(arena + begin - sizeof(size_t), &size, sizeof(size_t)); /* for realloc */
    return arena + begin;
}

static bool is_in_arena(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < ARENA_SIZE;
}

static size_t arena_block_size(const void *block)
{
    size_t size;

    memcpy(&size, (const unsigned char *)block - sizeof(size), sizeof(size));
    return size;
}

/* The real function, found where the loader would go on looking. */
static void find(void *pointer, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(pointer, &found, sizeof(found));
}

static void open_heap(void)
{
    struct heap_tracker_options options = { .size = sizeof(options) };

    options.flags = HEAP_TRACKER_IS_MALLOC;
    atomic_store_explicit(&heap, heap_tracker_open("malloc", &options), memory_order_release);
}

/* Find the functions behind ours and open the heap, at the first call. What is allocated
   meanwhile, by ourselves or by a second thread, is not recorded. */
static bool prepare(void)
{
    int expected = UNPREPARED, error = errno;

    if (!atomic_compare_exchange_strong(&state, &expected, PREPARING))
        return next.malloc != NULL && next.free != NULL;
    find(&next.free, "free");
    find(&next.calloc, "calloc");
    find(&next.realloc, "realloc");
    find(&next.memalign, "memalign");
    find(&next.aligned_alloc, "aligned_alloc");
    find(&next.posix_memalign, "posix_memalign");
    find(&next.valloc, "valloc");
    find(&next.pvalloc, "pvalloc");
    find(&next.malloc, "malloc");
    open_heap();
    atomic_store_explicit(&state, READY, memory_order_release);
    errno = error;
    return true;
}

/* Whether the functions behind ours can be called. */
static inline bool is_prepared(void)
{
    return atomic_load_explicit(&state, memory_order_acquire) == READY || prepare();
}

static inline heap_tracker tracked(void)
{
    return atomic_load_explicit(&heap, memory_order_acquire);
}

static inline void *allocated(void *block, size_t size, const void *site)
{
    heap_tracker_allocate_from(tracked(), block, size, site);
    return block;
}

API void *malloc(size_t size)
{
    if (!is_prepared())
        return arena_allocate(size, ARENA_ALIGNMENT);
    return allocated(next.malloc(size), size, __builtin_return_address(0));
}

API void *calloc(size_t count, size_t size)
{
    if (!is_prepared()) {
        if (size != 0 && count > SIZE_MAX / size)
            return NULL;
        return arena_allocate(count * size, ARENA_ALIGNMENT); /* never used before: zero */
    }
    return allocated(next.calloc(count, size), count * size, __builtin_return_address(0));
}

API void free(void *block)
{
    if (!block || is_in_arena(block) || !is_prepared())
        return;
    heap_tracker_free_from(tracked(), block, __builtin_return_address(0));
    next.free(block);
}

static void *reallocate(void *block, size_t size, const void *site)
{
    struct heap_tracker_resize resize;

    if (!is_prepared() || is_in_arena(block)) {
        void *moved = is_prepared() ? allocated(next.malloc(size), size, site)
                                    : arena_allocate(size, ARENA_ALIGNMENT);
        if (moved && block) {
            size_t old_size = arena_block_size(block);
            memcpy(moved, block, old_size < size ? old_size : size);
        }
        return moved;
    }
    if (!block)
        return allocated(next.realloc(NULL, size), size, site);
    heap_tracker_resize_begin_from(tracked(), block, &resize, site);
    int error = errno;
    errno = 0;
    void *result = next.realloc(block, size);
    if (!result && size == 0 && errno == 0) {
        heap_tracker_resize_free(tracked(), &resize); /* that was a free */
        errno = error;
        return NULL;
    }
    if (errno == 0)
        errno = error;
    heap_tracker_resize_end_from(tracked(), result, size, &resize, site);
    return result;
}

API void *realloc(void *block, size_t size)
{
    return reallocate(block, size, __builtin_return_address(0));
}

/* Not glibc's, which calls realloc, which is ours. */
API void *reallocarray(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        heap_tracker_allocation_failed(tracked(), SIZE_MAX);
        return NULL;
    }
    return reallocate(block, count * size, __builtin_return_address(0));
}

API void *memalign(size_t alignment, size_t size)
{
    if (!is_prepared())
        return arena_allocate(size, alignment < ARENA_ALIGNMENT ? ARENA_ALIGNMENT : alignment);
    return allocated(next.memalign(alignment, size), size, __builtin_return_address(0));
}

API void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_prepared())
        return arena_allocate(size, alignment < ARENA_ALIGNMENT ? ARENA_ALIGNMENT : alignment);
    return allocated(next.aligned_alloc(alignment, size), size, __builtin_return_address(0));
}

API int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (!is_prepared()) {
        void *block =
            arena_allocate(size, alignment < ARENA_ALIGNMENT ? ARENA_ALIGNMENT : alignment);
        if (!block)
            return ENOMEM;
        *result = block;
        return 0;
    }
    int error = next.posix_memalign(result, alignment, size);
    if (error != EINVAL)
        allocated(error ? NULL : *result, size, __builtin_return_address(0));
    return error;
}

API void *valloc(size_t size)
{
    if (!is_prepared())
        return NULL;
    return allocated(next.valloc(size), size, __builtin_return_address(0));
}

API void *pvalloc(size_t size)
{
    if (!is_prepared())
        return NULL;
    return allocated(next.pvalloc(size), size, __builtin_return_address(0));
}

/* Early, so that the region is there before the program does anything. */
__attribute__((constructor(101))) static void preload_begin(void)
{
    is_prepared();
}

/* The name of this process's snapshot: %p in the pattern is its id, for forked children. */
static bool snapshot_path(const char *pattern, char *path, size_t size)
{
    size_t used = 0;

    for (; *pattern && used < size; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'p') {
            used += (size_t)snprintf(path + used, size - used, "%ld", (long)getpid());
            pattern++;
        } else {
            path[used++] = *pattern;
        }
    }
    if (used >= size)
        return false;
    path[used] = 0;
    return true;
}

static void write_snapshot(void)
{
    const char *pattern = secure_getenv("HEAPCTRS_SNAPSHOT");
    char path[4096];

    if (!pattern || !*pattern || !snapshot_path(pattern, path, sizeof(path)))
        return;
    uint32_t error = heap_tracker_write_snapshot(tracked(), path);
    if (error)
        dprintf(STDERR_FILENO,
                "libheaptracker-preload: cannot write the snapshot \"%s\" of HEAPCTRS_SNAPSHOT: "
                "Win32 error %u\n",
                path, (unsigned)error);
}

static void write_summary(void)
{
    const char *path = secure_getenv("HEAPCTRS_SUMMARY");
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    char line[512];

    if (!path || !*path || heap_tracker_read(tracked(), &sum))
        return;
    int length = snprintf(
        line, sizeof(line),
        "%ld: total heap usage: %llu allocs, %llu frees, %llu bytes allocated; in use at exit: "
        "%llu bytes in %llu blocks\n",
        (long)getpid(), (unsigned long long)(sum.allocation_count + sum.reallocation_count),
        (unsigned long long)(sum.free_count + sum.reallocation_count),
        (unsigned long long)(sum.requested_bytes + sum.reallocated_bytes),
        (unsigned long long)(sum.allocated_bytes - sum.freed_bytes),
        (unsigned long long)(sum.allocation_count - sum.free_count));
    bool is_stderr = strcmp(path, "-") == 0;
    int file =
        is_stderr ? STDERR_FILENO : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    ssize_t written = write(file, line, (size_t)length);
    (void)written; /* nobody is left who could be told */
    if (!is_stderr)
        close(file);
}

/* The last of this library's destructors; what other libraries free after it is not in it. */
__attribute__((destructor(101))) static void preload_end(void)
{
    write_snapshot();
    write_summary();
}
