/* SPDX-License-Identifier: MIT
 *
 * libheaptracker-preload.so: publishes the malloc of any dynamically linked program as a heap named
 * "malloc", without recompiling it:
 *
 *     LD_PRELOAD=/path/to/libheaptracker-preload.so PROGRAM ...
 *
 * Each function calls the one that the program would have called (glibc's, or that of another
 * allocator that is preloaded after this one) and reports what happened. The operators of C++ are
 * in preload_new.c. malloc_usable_size is not replaced.
 *
 * By default the heap has no table of its blocks: the allocator is asked for the size of a block
 * after its allocation and before its free (block_size.h). Memory in use is counted in those usable
 * bytes, allocations in requested bytes. With a table (HEAPCTRS_BLOCKS=1) everything is counted in
 * requested bytes. An allocation is then reported after it was made, and a free before the block is
 * freed. A reallocation is reported in two phases around the real one: another thread can get an
 * address only after its old block was removed from the table.
 *
 * Environment:
 *
 *   HEAPCTRS_DIR           where to publish; see README.md
 *   HEAPCTRS_BLOCKS=1      keep a table of the live blocks
 *   HEAPCTRS_PROFILE=1     record the call stack of every block; 4096 to 2^30: sample them
 *   HEAPCTRS_SNAPSHOT=FILE write the blocks in use at exit by call site: see live_blocks.h;
 *                          %p in the name is the process id, for programs that fork
 * HEAPCTRS_SUMMARY=FILE  append one line when the program exits, "-" for standard error:
 *
 *       NAME:PID: total heap usage: A allocs, F frees, B bytes allocated; in use at exit: U bytes
 *       in K blocks
 *
 * A, F and B are counted like valgrind's memcheck: a reallocation of a block is one allocation and
 * one free, and its new size counts as allocated. U is in usable bytes, or with a table in
 * requested ones.
 *
 * Blocks from before the tracker was ready (the loader's, and those of the search for the real
 * functions) come from a small arena of this library or are passed on unrecorded. Their frees are
 * treated the same way.
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

#include "allocator_call.h"
#include "block_size.h"
#include "heap_figures.h"
#include "malloc_event.h"
#include "os.h"
#include "preload.h"
#include "sized_heap.h"
#include "tracked_heap.h"

#define ARENA_SIZE 65536u   /* bytes; chosen */
#define ARENA_ALIGNMENT 16u /* that of malloc */
#define ARENA_SIZE_SHIFT 3  /* above the flags of block_size.h */

enum state { UNPREPARED = 1, PREPARING, READY };

/* Everything that a call reads, in one cache line: the functions that follow ours in the order of
   loading, and the heap. The first state is not 0, so this is with the initialised data, whose page the loader has
   written to. */
static _Alignas(64) struct {
    _Atomic int state;
    _Atomic bool is_sized; /* the heap has no table */
    _Atomic(heap_tracker) heap;
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
} next = { .state = UNPREPARED };

/* The same, marked as calls of the allocator: see allocator_call.h. */
#define MARKED(type, name, parameters, arguments)                                                  \
    static inline type next_##name parameters                                                      \
    {                                                                                              \
        if (allocator_call_is_nested())                                                            \
            return next.name arguments;                                                            \
        allocator_call_begin();                                                                    \
        type result = next.name arguments;                                                         \
        allocator_call_end();                                                                      \
        return result;                                                                             \
    }
MARKED(void *, malloc, (size_t size), (size))
MARKED(void *, calloc, (size_t count, size_t size), (count, size))
MARKED(void *, realloc, (void *block, size_t size), (block, size))
MARKED(void *, memalign, (size_t alignment, size_t size), (alignment, size))
MARKED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
MARKED(int, posix_memalign, (void **result_block, size_t alignment, size_t size),
       (result_block, alignment, size))
MARKED(void *, valloc, (size_t size), (size))
MARKED(void *, pvalloc, (size_t size), (size))
#undef MARKED

static inline void next_free(void *block)
{
    if (allocator_call_is_nested()) {
        next.free(block);
        return;
    }
    allocator_call_begin();
    next.free(block);
    allocator_call_end();
}

/* For what dlsym allocates while the next functions are not known. It is never freed. */
static _Alignas(OS_TABLE_ALIGNMENT) unsigned char arena[ARENA_SIZE];
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
    /* For realloc. The flag says that this header has no chunk size, so that free and realloc
       recognise these blocks without a search. */
    const size_t word = size << ARENA_SIZE_SHIFT | BLOCK_SIZE_IS_MAPPED;
    memcpy(arena + begin - sizeof(word), &word, sizeof(word));
    return arena + begin;
}

static bool is_in_arena(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < ARENA_SIZE;
}

static size_t arena_block_size(const void *block)
{
    size_t word;

    memcpy(&word, (const unsigned char *)block - sizeof(word), sizeof(word));
    return word >> ARENA_SIZE_SHIFT;
}

/* Find the real function, which is the next one in the loader's order. */
static void find(void *pointer, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(pointer, &found, sizeof(found));
}

static inline bool is_sized(void)
{
    return atomic_load_explicit(&next.is_sized, memory_order_relaxed);
}

/* While the allocator is asked for its figures, what it allocates is not the program's. */
static inline bool is_counted(void)
{
    return __builtin_expect(!heap_figures_is_asking(), 1);
}

static void open_heap(void)
{
    struct block_size_allocator allocator = { next.malloc, next.memalign, next.free, NULL };
    struct heap_tracker_options options = { .size = sizeof(options) };

    find(&allocator.usable_size, "malloc_usable_size");
    options.flags = HEAP_TRACKER_IS_MALLOC;
    if (next.malloc && next.memalign && next.free && block_size_init(&allocator))
        options.flags |= HEAP_TRACKER_SIZED;
    heap_tracker opened = heap_tracker_open("malloc", &options);
    atomic_store_explicit(&next.is_sized, sized_heap_is(opened), memory_order_relaxed);
    if (!is_sized())
        block_size_end();
    if (is_sized())
        heap_slot_set_malloc(atomic_load_explicit(&block_size_is_in_header, memory_order_relaxed)
                                 ? HEAP_SLOT_MALLOC_USUAL
                                 : HEAP_SLOT_MALLOC_ASKED);
    heap_figures_begin(opened, allocator_figures_find(ALLOCATOR_UNKNOWN, (uintptr_t)next.malloc));
    atomic_store_explicit(&next.heap, opened, memory_order_release);
}

/* Find the next functions and open the heap, at the first call: a program without events has nothing to
   publish and pays for nothing. Allocations meanwhile, by ourselves or by a second thread, are not
   recorded. */
static bool prepare(void)
{
    int expected = UNPREPARED, error = errno;

    if (!atomic_compare_exchange_strong(&next.state, &expected, PREPARING))
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
    atomic_store_explicit(&next.state, READY, memory_order_release);
    errno = error;
    return true;
}

/* Whether the next functions can be called. */
static inline bool is_prepared(void)
{
    return __builtin_expect(atomic_load_explicit(&next.state, memory_order_acquire) == READY, 1) ||
           prepare();
}

static inline heap_tracker tracked(void)
{
    return atomic_load_explicit(&next.heap, memory_order_acquire);
}

__attribute__((noinline)) static void *allocated(void *block, size_t size, const void *site)
{
    if (!is_counted())
        return block;
    if (is_sized())
        sized_heap_allocate(tracked(), (uintptr_t)block, size, block ? block_size(block) : 0,
                            (uintptr_t)site);
    else
        heap_tracker_allocate_from(tracked(), block, size, site);
    return block;
}

static void freed(void *block, const void *site)
{
    if (!is_counted())
        return;
    if (is_sized())
        sized_heap_free(tracked(), (uintptr_t)block, block_size(block));
    else
        heap_tracker_free_from(tracked(), block, site);
}

void *preload_malloc_allocated(void *block, size_t size, const void *site)
{
    return is_prepared() ? allocated(block, size, site) : block;
}

void preload_malloc_freed(void *block, const void *site)
{
    if (is_prepared())
        freed(block, site);
}

uint64_t preload_malloc_own_allocations(void)
{
    return sized_heap_own_allocations(tracked());
}

bool preload_malloc_is_own(const void *block)
{
    return !block || is_in_arena(block);
}

/* The rest of an event of malloc, in a function of its own so that the usual path saves no registers. */
__attribute__((noinline)) static void *malloc_rest(enum malloc_event event, void *block,
                                                   size_t size, const void *site)
{
    if (event == MALLOC_EVENT_NOT_DONE)
        return allocated(block, size, site);
    malloc_event_mark(false);
    return block;
}

/* A thread's event that is usual, except that the allocator has to be asked for the size of the block. */
static void *malloc_asking(struct thread *thread, size_t size, const void *site)
{
    enum malloc_event event = MALLOC_EVENT_NOT_DONE;

    void *block = next.malloc(size);
    if (__builtin_expect(block != NULL, 1))
        event = malloc_event_allocate(thread, size, block_size_function(block));
    else
        malloc_event_leave(thread);
    return __builtin_expect(event == MALLOC_EVENT_DONE, 1) ? block
                                                           : malloc_rest(event, block, size, site);
}

__attribute__((noinline)) static void *malloc_slowly(size_t size, const void *site)
{
    struct thread *thread = malloc_event_begin_asked(heapctrs_allocate_semaphore);

    if (__builtin_expect(thread != NULL, 1))
        return malloc_asking(thread, size, site);
    if (!is_prepared())
        return arena_allocate(size, ARENA_ALIGNMENT);
    return allocated(next_malloc(size), size, site);
}

/* Everything is ready if a thread's events are usual ones: see heap_slot_set_malloc. */
API void *malloc(size_t size)
{
    struct thread *thread = malloc_event_begin_usual(heapctrs_allocate_semaphore);
    enum malloc_event event = MALLOC_EVENT_NOT_DONE;
    size_t usable;

    if (__builtin_expect(!thread, 0))
        return malloc_slowly(size, __builtin_return_address(0));
    thread->malloc_size = size; /* memory costs less than one more register to save and restore */
    void *block = next.malloc(size);
    size = thread->malloc_size;
    if (__builtin_expect(block && block_size_try(block, &usable), 1))
        event = malloc_event_allocate(thread, size, usable);
    else
        malloc_event_leave(thread);
    if (__builtin_expect(event == MALLOC_EVENT_DONE, 1))
        return block;
    return malloc_rest(event, block, size, __builtin_return_address(0));
}

API void *calloc(size_t count, size_t size)
{
    if (!is_prepared()) {
        if (size != 0 && count > SIZE_MAX / size)
            return NULL;
        /* this memory was never used and is zero */
        return arena_allocate(count * size, ARENA_ALIGNMENT);
    }
    return allocated(next_calloc(count, size), count * size, __builtin_return_address(0));
}

/* Count a block and free it. Returns false if nothing was done: call free_mark. The event has ended in either case. */
__attribute__((always_inline)) static inline bool free_try(struct thread *thread, void *block,
                                                           size_t usable)
{
    if (__builtin_expect(!malloc_event_free(thread, usable), 0))
        return false;
    next.free(block);
    malloc_event_leave(thread);
    return true;
}

__attribute__((noinline)) static void free_mark(void *block, const void *site)
{
    malloc_event_mark(true);
    freed(block, site);
    next_free(block);
}

__attribute__((noinline)) static void free_slowly(void *block, const void *site)
{
    if (is_in_arena(block))
        return;
    struct thread *thread = malloc_event_begin_asked(heapctrs_free_semaphore);
    if (__builtin_expect(thread && !profile_may_know((uintptr_t)block), 1)) {
        if (__builtin_expect(!free_try(thread, block, block_size_function(block)), 0))
            free_mark(block, site);
        return;
    }
    if (thread)
        malloc_event_leave(thread);
    if (is_prepared()) {
        freed(block, site);
        next_free(block);
    }
}

API void free(void *block)
{
    size_t usable;

    if (__builtin_expect(!block, 0))
        return;
    struct thread *thread = malloc_event_begin_usual(heapctrs_free_semaphore);
    if (__builtin_expect(
            thread && block_size_try(block, &usable) && !profile_may_know((uintptr_t)block), 1)) {
        if (__builtin_expect(!free_try(thread, block, usable), 0))
            free_mark(block, __builtin_return_address(0));
        return;
    }
    if (thread)
        malloc_event_leave(thread);
    free_slowly(block, __builtin_return_address(0));
}

/* C23. These do not call the next library's: those of glibc call free, which is ours, and every
   allocator frees any of its blocks by free. */
API void free_sized(void *block, size_t size)
{
    (void)size;
    free(block);
}

API void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    free(block);
}

/* A reallocation in a heap without a table. The old size is read while the block still belongs
   to the caller. */
static void *reallocate_sized(void *block, size_t size, const void *site)
{
    struct sized_resize resize = { .old_address = (uintptr_t)block,
                                   .old_usable = block_size(block) };
    int error = errno;

    sized_heap_resize_begin(tracked(), &resize);
    errno = 0;
    void *result = next_realloc(block, size);
    if (!result && size == 0 && errno == 0)
        /* realloc with size 0 was a free */
        sized_heap_free(tracked(), (uintptr_t)block, resize.old_usable);
    else
        sized_heap_resize_end(tracked(), (uintptr_t)result, size, result ? block_size(result) : 0,
                              &resize, (uintptr_t)site);
    if (errno == 0)
        errno = error;
    return result;
}

static void *reallocate(void *block, size_t size, const void *site)
{
    struct heap_tracker_resize resize;

    if (!is_prepared() || is_in_arena(block)) {
        void *moved = is_prepared() ? allocated(next_malloc(size), size, site)
                                    : arena_allocate(size, ARENA_ALIGNMENT);
        if (moved && block) {
            size_t old_size = arena_block_size(block);
            memcpy(moved, block, old_size < size ? old_size : size);
        }
        return moved;
    }
    if (!block)
        return allocated(next_realloc(NULL, size), size, site);
    if (!is_counted())
        return next_realloc(block, size);
    if (is_sized())
        return reallocate_sized(block, size, site);
    heap_tracker_resize_begin_from(tracked(), block, &resize, site);
    int error = errno;
    errno = 0;
    void *result = next_realloc(block, size);
    if (!result && size == 0 && errno == 0) {
        heap_tracker_resize_free(tracked(), &resize); /* realloc with size 0 was a free */
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

/* Does not call glibc's, which calls realloc, which is ours. */
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
    return allocated(next_memalign(alignment, size), size, __builtin_return_address(0));
}

API void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_prepared())
        return arena_allocate(size, alignment < ARENA_ALIGNMENT ? ARENA_ALIGNMENT : alignment);
    return allocated(next_aligned_alloc(alignment, size), size, __builtin_return_address(0));
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
    int error = next_posix_memalign(result, alignment, size);
    if (error != EINVAL)
        allocated(error ? NULL : *result, size, __builtin_return_address(0));
    return error;
}

API void *valloc(size_t size)
{
    if (!is_prepared())
        return NULL;
    return allocated(next_valloc(size), size, __builtin_return_address(0));
}

API void *pvalloc(size_t size)
{
    if (!is_prepared())
        return NULL;
    return allocated(next_pvalloc(size), size, __builtin_return_address(0));
}

void preload_malloc_prepare(void)
{
    is_prepared();
}

/* The name of this process's snapshot. %p in the pattern is the process id, for forked children. */
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
    preload_malloc_prepare();
    uint32_t error = heap_tracker_write_snapshot(tracked(), path);
    if (error)
        dprintf(STDERR_FILENO,
                "libheaptracker-preload: cannot write the snapshot \"%s\" of HEAPCTRS_SNAPSHOT "
                "(Win32 error %u); is its folder writable, and is there space?\n",
                path, (unsigned)error);
}

static void write_summary(void)
{
    const char *path = secure_getenv("HEAPCTRS_SUMMARY");
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    char line[1024], name[512];

    if (!path || !*path)
        return;
    preload_malloc_prepare();
    if (heap_tracker_read(tracked(), &sum))
        return;
    tracked_heap_process_name(name, sizeof(name));
    int length = snprintf(
        line, sizeof(line),
        "%s:%ld: total heap usage: %llu allocs, %llu frees, %llu bytes allocated; in use at exit: "
        "%llu bytes in %llu blocks\n",
        name, (long)getpid(), (unsigned long long)(sum.allocation_count + sum.reallocation_count),
        (unsigned long long)(sum.free_count + sum.reallocation_count),
        (unsigned long long)(sum.requested_bytes + sum.reallocated_bytes),
        (unsigned long long)sum.in_use_bytes,
        (unsigned long long)(sum.allocation_count - sum.free_count));
    bool is_stderr = strcmp(path, "-") == 0;
    int file =
        is_stderr ? STDERR_FILENO : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    ssize_t written = write(file, line, (size_t)length);
    (void)written; /* an error cannot be reported: the process is ending */
    if (!is_stderr)
        close(file);
}

/* The last of this library's destructors: 101 is the least number that gcc does not reserve. Frees by other libraries
   after it are not counted. */
__attribute__((destructor(101))) static void preload_end(void)
{
    write_snapshot();
    write_summary();
}
