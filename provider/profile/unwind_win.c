/* SPDX-License-Identifier: MIT
 *
 * RtlCaptureStackBackTrace: by the unwind tables on x64; on x86 by frame pointers, which optimised
 * code may lack.
 */
#include "unwind.h"

#include <string.h>
#include <windows.h>

enum {
    NO_CODE_BELOW = 65536 /* the system maps nothing there */
};

void unwind_prepare(void)
{
}

void unwind_forget(void)
{
}

size_t unwind_here(struct unwind_thread *thread, uintptr_t site, uintptr_t frames[])
{
    void *all[UNWIND_FRAMES + UNWIND_OWN_FRAMES];
    size_t first = 0,
           count = CaptureStackBackTrace(0, UNWIND_FRAMES + UNWIND_OWN_FRAMES - 2, all, NULL);

    thread->memory.change_count++; /* unknown whether it differs */
    while (site && first < count && first < UNWIND_OWN_FRAMES && (uintptr_t)all[first] != site)
        first++;
    if (site && (first == count || (uintptr_t)all[first] != site)) {
        frames[0] = site;
        return 1;
    }
    /* Beyond the first frame of a thread the walk may go on through stale data. */
    for (size_t i = first; i < count; i++)
        if ((uintptr_t)all[i] < NO_CODE_BELOW)
            count = i;
    count -= first;
    if (count > UNWIND_FRAMES)
        count = UNWIND_FRAMES;
    memcpy(frames, all + first, count * sizeof(*frames));
    return count;
}
