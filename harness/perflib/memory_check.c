/* SPDX-License-Identifier: MIT
 *
 * Watches the memory routines of a V2 provider: the routines themselves and PERFLIB's calls of
 * them. A context is used only if it is one of the open checks; an unknown one is never
 * dereferenced.
 */
#include "memory_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "perflib_report.h"

/* A process heap guarantees this alignment: MEMORY_ALLOCATION_ALIGNMENT. */
#define BLOCK_ALIGNMENT (2 * sizeof(void *))

/* Guard bytes before and after each block, inside the memory that the heap returned. */
#define GUARD_SIZE 32
#define GUARD_BYTE 0xBD

/* The sizes of the blocks that test a heap before it is used; chosen: see ignores_size. */
#define SMALL_SIZE 32
#define LARGE_SIZE 16384

enum block_state { BLOCK_LIVE, BLOCK_FREED };

struct block {
    unsigned char *data;
    size_t size;
    enum block_state state;
    bool was_damaged; /* before the current call of the heap's routine */
    bool is_reported; /* a changed guard is already a finding */
};

struct memory_check {
    struct memory_check *next; /* of open_checks */
    struct memory_check_options options;
    struct os_lock lock; /* protects the following members */
    struct memory_check_counts counts;
    uint64_t asked; /* allocations, including failed ones */
    bool is_stopped;
    struct block *blocks;
    size_t block_count;
    size_t block_capacity;
};

static struct os_lock open_checks_lock;
static struct memory_check *open_checks;

/* The check of a context. Without one, the breach is reported to the check that was opened
   last. */
static struct memory_check *check_of_context(LPVOID context, const char *routine)
{
    os_lock_acquire(&open_checks_lock);
    struct memory_check *check = open_checks;
    while (check && check != context)
        check = check->next;
    struct memory_check *last = open_checks;
    os_lock_release(&open_checks_lock);

    if (!check && last) {
        os_lock_acquire(&last->lock);
        last->counts.breaches++;
        os_lock_release(&last->lock);
        perflib_report(last->options.findings, RULE_v2_memory_context, routine,
                       "%s was called with pMemContext %p, which no provider was started with",
                       routine, context);
    }
    return check;
}

static struct block *find_block(struct memory_check *check, const void *data)
{
    for (size_t i = check->block_count; i-- > 0;)
        if (check->blocks[i].data == data)
            return &check->blocks[i];
    return NULL;
}

/* The live block that shares a byte with the `size` bytes at `data`, guards included. */
static const struct block *find_overlap(const struct memory_check *check, const void *data,
                                        size_t size)
{
    const uintptr_t begin = (uintptr_t)data;

    for (size_t i = 0; i < check->block_count; i++) {
        const struct block *block = &check->blocks[i];
        const uintptr_t other = (uintptr_t)block->data;

        if (block->state == BLOCK_LIVE &&
            (begin < other ? other - begin < size + 2 * GUARD_SIZE
                           : begin - other < block->size + 2 * GUARD_SIZE))
            return block;
    }
    return NULL;
}

static bool remember_block(struct memory_check *check, void *data, size_t size)
{
    struct block *block = find_block(check, data);

    if (!block) {
        struct block *blocks = array_reserve(check->blocks, &check->block_capacity,
                                             check->block_count + 1, sizeof(*blocks));
        if (!blocks)
            return false;
        check->blocks = blocks;
        block = &check->blocks[check->block_count++];
    }
    *block = (struct block){ .data = data, .size = size, .state = BLOCK_LIVE };
    return true;
}

static unsigned char *heap_allocate(const struct memory_check_options *options, size_t size)
{
    if (size > SIZE_MAX - 2 * GUARD_SIZE)
        return NULL;

    const size_t whole = size + 2 * GUARD_SIZE;
    unsigned char *memory =
        options->allocate ? options->allocate(whole, options->context) : malloc(whole);
    return memory ? memory + GUARD_SIZE : NULL;
}

static void heap_free(const struct memory_check_options *options, unsigned char *data)
{
    if (options->allocate)
        options->free(data - GUARD_SIZE, options->context);
    else
        free(data - GUARD_SIZE);
}

/* The offset of the first changed guard byte from the start of the block; 0: no byte is changed. */
static ptrdiff_t damaged_at(const struct block *block)
{
    for (ptrdiff_t i = 1; i <= GUARD_SIZE; i++) {
        if (block->data[-i] != GUARD_BYTE)
            return -i;
        if (block->data[block->size + (size_t)i - 1] != GUARD_BYTE)
            return (ptrdiff_t)block->size + i - 1;
    }
    return 0;
}

/* A breach that is found under the lock and reported after the lock is released. */
struct breach {
    bool found;
    enum rule_id rule;
    char message[256];
};

static void breach_report(struct memory_check *check, const struct breach *breach)
{
    if (breach->found)
        perflib_report(check->options.findings, breach->rule, NULL, "%s", breach->message);
}

#define BREACH(check, breach, id, ...)                                                             \
    ((check)->counts.breaches++, (breach)->found = true, (breach)->rule = RULE_##id,               \
     (void)snprintf((breach)->message, sizeof((breach)->message), __VA_ARGS__))

/* Whether two live blocks of this size share bytes although they begin at different addresses. */
static bool blocks_collide(const struct memory_check_options *options, size_t size)
{
    void *first = options->allocate(size, options->context);
    void *second = first ? options->allocate(size, options->context) : NULL;
    const uintptr_t one = (uintptr_t)first, other = (uintptr_t)second;
    const size_t distance = one < other ? other - one : one - other;

    if (second)
        options->free(second, options->context);
    if (first)
        options->free(first, options->context);
    return second && distance && distance < size;
}

/* Detect a heap that ignores the size: its blocks lie far enough apart only while they are small.
   Writing to such a block would damage the program, so the addresses are compared instead. */
static bool ignores_size(const struct memory_check_options *options)
{
    return options->allocate && !blocks_collide(options, SMALL_SIZE) &&
           blocks_collide(options, LARGE_SIZE);
}

DWORD memory_check_open(struct memory_check **result, const struct memory_check_options *options)
{
    if (!options->allocate != !options->free)
        return ERROR_INVALID_PARAMETER;

    struct memory_check *check = calloc(1, sizeof(*check));
    if (!check)
        return ERROR_NOT_ENOUGH_MEMORY;
    check->options = *options;
    if (ignores_size(options)) {
        check->counts.breaches++;
        perflib_report(
            options->findings, RULE_v2_memory_size, NULL,
            "AllocateMemory returned two blocks of %d bytes that share bytes: it is not used "
            "from now on",
            LARGE_SIZE);
        check->options.allocate = NULL;
        check->options.free = NULL;
    }

    os_lock_acquire(&open_checks_lock);
    check->next = open_checks;
    open_checks = check;
    os_lock_release(&open_checks_lock);
    *result = check;
    return ERROR_SUCCESS;
}

LPVOID CALLBACK memory_check_allocate(SIZE_T size, LPVOID context)
{
    struct memory_check *check = check_of_context(context, "AllocateMemory");
    struct breach breach = { 0 };

    if (!check)
        return NULL;

    os_lock_acquire(&check->lock);
    const bool shall_fail = ++check->asked == check->options.fail_at;
    if (check->is_stopped)
        BREACH(check, &breach, v2_memory_after_stop,
               "AllocateMemory was called for %zu bytes after PerfStopProvider", (size_t)size);
    os_lock_release(&check->lock);
    breach_report(check, &breach);
    breach.found = false;

    /* The heap is called without the lock, because it may be a tracked heap with locks of its
       own. */
    unsigned char *data = shall_fail ? NULL : heap_allocate(&check->options, size);

    os_lock_acquire(&check->lock);
    if (!data) {
        check->counts.failures++;
    } else {
        const struct block *other = find_overlap(check, data, size);

        if (other)
            BREACH(check, &breach, v2_memory_overlap,
                   "AllocateMemory returned %zu bytes at %p, but %zu bytes at %p are in use",
                   (size_t)size, (void *)data, other->size, (void *)other->data);
        else if ((uintptr_t)data % BLOCK_ALIGNMENT)
            BREACH(check, &breach, v2_memory_alignment,
                   "AllocateMemory returned %zu bytes at %p, which is %zu bytes after a multiple "
                   "of %zu",
                   (size_t)size, (void *)data, (size_t)((uintptr_t)data % BLOCK_ALIGNMENT),
                   BLOCK_ALIGNMENT);
        if (other) {
            data = NULL; /* another block uses it: it is neither used nor freed */
            check->counts.failures++;
        } else if (remember_block(check, data, size)) {
            memset(data - GUARD_SIZE, GUARD_BYTE, GUARD_SIZE);
            memset(data + size, GUARD_BYTE, GUARD_SIZE);
            check->counts.allocations++;
            check->counts.live_blocks++;
            check->counts.live_size += size;
            if (check->counts.peak_size < check->counts.live_size)
                check->counts.peak_size = check->counts.live_size;
        } else {
            heap_free(&check->options, data);
            data = NULL;
            check->counts.failures++;
        }
    }
    os_lock_release(&check->lock);
    breach_report(check, &breach);
    return data;
}

/* Record which guards are already changed. Under the lock. */
static void note_damage(struct memory_check *check)
{
    for (size_t i = 0; i < check->block_count; i++) {
        struct block *block = &check->blocks[i];

        if (block->state == BLOCK_LIVE)
            block->was_damaged = damaged_at(block) != 0;
    }
}

/* Report the guards of other blocks that the heap's routine has changed. */
static void look_for_damage(struct memory_check *check)
{
    struct breach breach = { 0 };

    os_lock_acquire(&check->lock);
    for (size_t i = 0; i < check->block_count; i++) {
        struct block *block = &check->blocks[i];
        const ptrdiff_t damage =
            block->state == BLOCK_LIVE && !block->was_damaged ? damaged_at(block) : 0;

        if (!damage)
            continue;
        block->was_damaged = block->is_reported = true;
        BREACH(check, &breach, v2_memory_free_writes,
               "FreeMemory changed the byte at offset %td of another block, of %zu bytes", damage,
               block->size);
    }
    os_lock_release(&check->lock);
    breach_report(check, &breach);
}

void CALLBACK memory_check_free(LPVOID data, LPVOID context)
{
    struct memory_check *check = check_of_context(context, "FreeMemory");
    struct breach breach = { 0 };
    bool is_ours = false;

    if (!check || !data)
        return;

    os_lock_acquire(&check->lock);
    struct block *block = find_block(check, data);
    if (!block) {
        BREACH(check, &breach, v2_memory_unknown,
               "FreeMemory was called with %p, which AllocateMemory never returned", data);
    } else if (block->state == BLOCK_FREED) {
        BREACH(check, &breach, v2_memory_double_free,
               "FreeMemory was called again with %p, a block of %zu bytes", data, block->size);
    } else {
        const ptrdiff_t damage = damaged_at(block);

        is_ours = true;
        if (check->is_stopped)
            BREACH(check, &breach, v2_memory_after_stop,
                   "FreeMemory was called with %p after PerfStopProvider", data);
        if (damage && !block->is_reported)
            BREACH(check, &breach, v2_memory_damage,
                   "The byte at offset %td of a block of %zu bytes was written", damage,
                   block->size);
        block->state = BLOCK_FREED;
        check->counts.frees++;
        check->counts.live_blocks--;
        check->counts.live_size -= block->size;
    }
    const bool may_write = is_ours && check->options.allocate;
    if (may_write)
        note_damage(check);
    os_lock_release(&check->lock);
    breach_report(check, &breach);
    if (is_ours)
        heap_free(&check->options, data);
    if (may_write)
        look_for_damage(check);
}

void memory_check_stop(struct memory_check *check)
{
    struct breach breach = { 0 };

    os_lock_acquire(&check->lock);
    check->is_stopped = true;
    if (check->counts.live_blocks)
        BREACH(check, &breach, v2_memory_leak,
               "%zu blocks of together %zu bytes were not freed before PerfStopProvider returned",
               check->counts.live_blocks, check->counts.live_size);
    os_lock_release(&check->lock);
    breach_report(check, &breach);
}

struct memory_check_counts memory_check_counts(struct memory_check *check)
{
    os_lock_acquire(&check->lock);
    struct memory_check_counts counts = check->counts;
    os_lock_release(&check->lock);
    return counts;
}

void memory_check_close(struct memory_check *check)
{
    if (!check)
        return;

    os_lock_acquire(&open_checks_lock);
    struct memory_check **link = &open_checks;
    while (*link != check)
        link = &(*link)->next;
    *link = check->next;
    os_lock_release(&open_checks_lock);

    for (size_t i = 0; i < check->block_count && !check->options.allocate; i++)
        if (check->blocks[i].state == BLOCK_LIVE)
            heap_free(&check->options, check->blocks[i].data);
    free(check->blocks);
    free(check);
}
