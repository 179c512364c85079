/* SPDX-License-Identifier: MIT
 *
 * os_thread.h for Windows 7 and later, and Wine. The order of functions is that of os_thread_posix.c.
 */
#include "os_thread.h"

#include "os.h"

/* ---- fork ---------------------------------------------------------------------------- */

DWORD os_thread_watch_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare, (void)parent, (void)child;
    return ERROR_SUCCESS;
}

void *os_thread_allocate_wiped(size_t size)
{
    return os_pages_allocate(size);
}

/* ---- threads ------------------------------------------------------------------------- */

static DWORD thread_index = FLS_OUT_OF_INDEXES;
static void (*thread_at_end)(void *value);

static void WINAPI on_thread_end(void *value)
{
    if (value && thread_at_end)
        thread_at_end(value);
}

DWORD os_thread_value_init(void (*at_end)(void *value))
{
    if (thread_index != FLS_OUT_OF_INDEXES)
        return ERROR_SUCCESS;
    thread_at_end = at_end;
    thread_index = FlsAlloc(on_thread_end);
    return thread_index == FLS_OUT_OF_INDEXES ? GetLastError() : ERROR_SUCCESS;
}

void os_thread_value_release(void)
{
    DWORD index = thread_index;

    /* FlsFree calls at_end for every thread's value. */
    thread_at_end = NULL;
    thread_index = FLS_OUT_OF_INDEXES;
    if (index != FLS_OUT_OF_INDEXES)
        FlsFree(index);
}

void *os_thread_value(void)
{
    DWORD error = GetLastError();
    void *value = FlsGetValue(thread_index);

    SetLastError(error); /* FlsGetValue sets it even on success */
    return value;
}

DWORD os_thread_value_set(void *value)
{
    return FlsSetValue(thread_index, value) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static const char no;
const volatile char *const os_thread_is_single = &no;

void os_thread_yield(void)
{
    if (!SwitchToThread())
        Sleep(0);
}
