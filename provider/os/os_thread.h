/* SPDX-License-Identifier: MIT
 *
 * What the tracker needs of an operating system for its threads: a value for each thread, and what
 * happens at a fork. What os.h says of all its functions holds here.
 */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <stddef.h>

#include "os_thread_value.h" /* the system's: see posix/ and win/ */
#include "wintypes.h"

/* ---- fork ---------------------------------------------------------------------------- */

/**
 * Have functions called around fork: `prepare` and `parent` in the parent, `child` in the child.
 * Call this once. It does nothing where there is no fork.
 */
DWORD os_thread_watch_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/**
 * Allocate pages that a child process finds filled with zeros, however it is created. Where the
 * system cannot do that, this is os_pages_allocate.
 */
void *os_thread_allocate_wiped(size_t size);

/* ---- threads ------------------------------------------------------------------------- */

/**
 * Prepare one value for each thread. Call this before the other functions; a second call does
 * nothing.
 *
 * @param at_end  if not NULL, called with the value when its thread ends
 */
DWORD os_thread_value_init(void (*at_end)(void *value));

/** Undo os_thread_value_init: values are forgotten, and at_end is not called any more. */
void os_thread_value_release(void);

/* void *os_thread_value(void): this thread's value, NULL at first; see os_thread_value.h. */

/**
 * Set the value of this thread. ERROR_NOT_ENOUGH_MEMORY: the value is set, but at_end may not be
 * called.
 */
DWORD os_thread_value_set(void *value);

/**
 * Not 0 while the process certainly has one thread only; 0 if that is not known. Meanwhile a lock
 * that is held for some instructions need not be atomic.
 */
extern const volatile char *const os_thread_is_single;

/** Let other threads run, in a loop that waits for a lock. */
void os_thread_yield(void);

#endif /* OS_THREAD_H */
