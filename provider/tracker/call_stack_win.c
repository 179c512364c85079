/* SPDX-License-Identifier: MIT
 *
 * RtlCaptureStackBackTrace: by the unwind tables on x64; on x86 by frame pointers, which optimised
 * code may lack.
 */
#include "call_stack.h"

#include <windows.h>

enum { OWN_FRAMES = 16 }; /* frames of the tracker and the allocator before `site` */

void call_stack_prepare(void)
{
}

uintptr_t call_stack_above(uintptr_t site, unsigned depth)
{
    void *frames[OWN_FRAMES + CALL_STACK_DEPTH];
    unsigned count = CaptureStackBackTrace(0, OWN_FRAMES + depth, frames, NULL);

    for (unsigned i = 0; i < OWN_FRAMES && i + depth < count; i++)
        if ((uintptr_t)frames[i] == site)
            return (uintptr_t)frames[i + depth];
    return site;
}
