/* SPDX-License-Identifier: MIT
 *
 * Uses the C library's backtrace, which unwinds by the exception tables that every program has, and
 * so needs no frame pointers. Its first call loads libgcc_s, so it is made early.
 */
#include "call_stack.h"

#include <errno.h>
#include <execinfo.h>

enum { OWN_FRAMES = 16 }; /* frames of the tracker and the allocator before `site` */

void call_stack_prepare(void)
{
    void *frame[1];
    int saved = errno;

    backtrace(frame, 1);
    errno = saved;
}

uintptr_t call_stack_above(uintptr_t site, unsigned depth)
{
    void *frames[OWN_FRAMES + CALL_STACK_DEPTH];
    int saved = errno, count = backtrace(frames, (int)(OWN_FRAMES + depth));

    errno = saved;
    for (int i = 0; i < OWN_FRAMES && i + (int)depth < count; i++)
        if ((uintptr_t)frames[i] == site)
            return (uintptr_t)frames[i + (int)depth];
    return site;
}
