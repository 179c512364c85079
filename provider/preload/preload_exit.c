/* SPDX-License-Identifier: MIT
 *
 * _exit, with which shells and children of fork end. No destructor runs then. Without this, the region would stay until
 * the next publisher or a reader removes it, which takes longer than removing it here.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"
#include "tracked_heap.h"

API void _exit(int status)
{
    tracked_heap_end_process();
    for (;;) /* as in the C library */
        syscall(SYS_exit_group, status);
}

API void _Exit(int status)
{
    _exit(status);
}
