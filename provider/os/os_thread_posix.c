/* SPDX-License-Identifier: MIT
 *
 * os_thread.h for Linux. The order of functions is that of os_thread_win.c.
 */
#define _GNU_SOURCE
#include "os_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

#include "os.h"
#include "os_error.h"

/* ---- fork ---------------------------------------------------------------------------- */

DWORD os_thread_watch_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return os_error_of(pthread_atfork(prepare, parent, child));
}

void *os_thread_allocate_wiped(size_t size)
{
    void *pages = os_pages_allocate(size);

    if (pages)
        madvise(pages, size, MADV_WIPEONFORK); /* before Linux 4.14 only fork is noticed */
    return pages;
}

/* ---- threads ------------------------------------------------------------------------- */

_Thread_local void *os_thread_value_slot __attribute__((tls_model("initial-exec")));
static pthread_key_t thread_key;
static bool has_thread_key;

DWORD os_thread_value_init(void (*at_end)(void *value))
{
    if (has_thread_key)
        return ERROR_SUCCESS;
    int error = pthread_key_create(&thread_key, at_end);
    has_thread_key = error == 0;
    return os_error_of(error);
}

void os_thread_value_release(void)
{
    if (has_thread_key)
        pthread_key_delete(thread_key);
    has_thread_key = false;
}

DWORD os_thread_value_set(void *value)
{
    os_thread_value_slot = value;
    return has_thread_key ? os_error_of(pthread_setspecific(thread_key, value)) : ERROR_SUCCESS;
}

const volatile char *const os_thread_is_single = &__libc_single_threaded;

void os_thread_yield(void)
{
    sched_yield();
}
