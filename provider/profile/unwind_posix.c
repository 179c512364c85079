/* SPDX-License-Identifier: MIT
 *
 * Walks by rows of .eh_frame. Each row is kept under its pc in a table with entries of one word: a
 * hash of the pc and the row, so that threads need no lock. _dl_find_object finds objects, also
 * without a lock; without it (glibc before 2.35) the stack is only the frame that the caller knows.
 *
 * Nothing is read outside the mapping that contains the stack pointer. It is looked up in
 * /proc/self/maps once for a thread, and again if the stack pointer leaves it (coroutines, signal
 * stacks).
 */
#define _GNU_SOURCE
#include "unwind.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "eh_frame.h"
#include "os.h"
#include "unwind_walk.h"

#if defined(__x86_64__) && defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
#define CAN_WALK 1
#else
#define CAN_WALK 0
#endif

#if CAN_WALK

#define ROW_BITS 13 /* log2 of the rows that are kept, which take 64 KiB; chosen */
/* Most lookups of one thread's mapping, each of which reads a file; chosen. */
#define LOOK_LIMIT 64u
#define PAGE ((uintptr_t)4096)

static _Alignas(OS_TABLE_ALIGNMENT) _Atomic uint64_t rows[1u << ROW_BITS];
static _Atomic uint64_t generation;
typedef int find_object_function(void *, struct dl_find_object *);
/* every thread that opens a heap writes the same value */
static find_object_function *_Atomic find_object;

void unwind_prepare(void)
{
    void *found = dlsym(RTLD_DEFAULT, "_dl_find_object");
    find_object_function *function;

    memcpy(&function, &found, sizeof(function));
    atomic_store_explicit(&find_object, function, memory_order_relaxed);
}

void unwind_forget(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_release);
}

__attribute__((noinline)) static uint32_t compute_row(uintptr_t pc)
{
    struct dl_find_object object;
    struct eh_row row;

    find_object_function *find = atomic_load_explicit(&find_object, memory_order_relaxed);

    if (!find || find((void *)pc, &object) != 0 || !object.dlfo_eh_frame)
        return UNWIND_ROW_IS_NONE;
    const struct eh_window window = { (uintptr_t)object.dlfo_map_start,
                                      (uintptr_t)object.dlfo_map_end };
    return eh_frame_find(&window, (uintptr_t)object.dlfo_eh_frame, pc, &row) ? unwind_row_pack(&row)
                                                                             : UNWIND_ROW_IS_NONE;
}

/* Multiplicative hashing, with 2^64 divided by the golden ratio: the highest 13 bits are the index, the next 32 the
   tag. If two pcs share all of them, which hardly ever happens, a walk takes a wrong row; unwind_step checks where it
   leads. Addresses have 47 bits, so the generation is above them. */
static uint32_t row_of(uintptr_t pc, uint64_t row_generation)
{
    uint64_t hash = (pc ^ row_generation << 47) * UINT64_C(0x9E3779B97F4A7C15);
    _Atomic uint64_t *entry = &rows[hash >> (64 - ROW_BITS)];
    const uint32_t tag = (uint32_t)(hash >> (32 - ROW_BITS));
    uint64_t known = atomic_load_explicit(entry, memory_order_relaxed);

    if ((uint32_t)(known >> 32) == tag && known)
        return (uint32_t)known;
    uint32_t row = compute_row(pc);
    atomic_store_explicit(entry, (uint64_t)tag << 32 | row, memory_order_relaxed);
    return row;
}

/* ---- the stack's mapping ------------------------------------------------------------------- */

static bool take_hex(const char **at, uintptr_t *value)
{
    const char *begin = *at;

    for (*value = 0;; (*at)++) {
        unsigned digit = **at >= '0' && **at <= '9'   ? (unsigned)(**at - '0')
                         : **at >= 'a' && **at <= 'f' ? (unsigned)(**at - 'a' + 10)
                                                      : 16;
        if (digit == 16)
            return *at != begin;
        *value = *value << 4 | digit;
    }
}

/* Find the mapping of an address in /proc/self/maps, read piece by piece. */
static bool find_mapping(uintptr_t address, uintptr_t *begin, uintptr_t *end)
{
    char text[2048 + 1]; /* chosen */
    size_t kept = 0;
    ssize_t size;
    bool is_found = false;
    /* open and read are not used: a thread may be cancelled in them, and this code runs inside
       malloc. */
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;
    while (!is_found &&
           (size = syscall(SYS_read, file, text + kept, sizeof(text) - 1 - kept)) > 0) {
        char *line = text, *next;
        text[kept + (size_t)size] = 0;
        while (!is_found && (next = strchr(line, '\n')) != NULL) {
            const char *at = line;
            is_found = take_hex(&at, begin) && *at++ == '-' && take_hex(&at, end) &&
                       address >= *begin && address < *end;
            line = next + 1;
        }
        kept = strlen(line);
        if (kept >= sizeof(text) - 1)
            kept = 0; /* the name is longer than this, and the beginning of its line is gone */
        memmove(text, line, kept);
    }
    syscall(SYS_close, file);
    return is_found;
}

/* The end of what may be read of a stack that the thread has just begun to use. */
__attribute__((noinline)) static uintptr_t find_stack_end(struct unwind_thread *thread,
                                                          uintptr_t pointer)
{
    uintptr_t begin, end;

    if (thread->look_count < LOOK_LIMIT) {
        thread->look_count++;
        if (find_mapping(pointer, &begin, &end)) {
            thread->stack_begin = begin;
            thread->stack_end = end;
            return end;
        }
    }
    return (pointer | (PAGE - 1)) + 1;
}

static uintptr_t stack_end(struct unwind_thread *thread, uintptr_t pointer)
{
    return pointer >= thread->stack_begin && pointer < thread->stack_end
               ? thread->stack_end
               : find_stack_end(thread, pointer);
}

void unwind_here(struct unwind_thread *thread)
{
    struct unwind_registers at;

    __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2"
                     : "=r"(at.pc), "=r"(at.stack), "=r"(at.base));
    unwind_walk(&thread->memory, at, stack_end(thread, at.stack),
                atomic_load_explicit(&generation, memory_order_acquire), row_of);
}

#else

void unwind_prepare(void)
{
}

void unwind_forget(void)
{
}

void unwind_here(struct unwind_thread *thread)
{
    thread->memory.count = 1; /* no caller is known */
}

#endif
