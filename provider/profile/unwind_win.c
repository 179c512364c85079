/* SPDX-License-Identifier: MIT
 *
 * RtlCaptureStackBackTrace: by the unwind tables on x64; on x86 by frame pointers, which optimised
 * code may lack.
 */
#include "unwind.h"

#include <stdbool.h>
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

void unwind_here(struct unwind_thread *thread)
{
    struct unwind_memory *memory = &thread->memory;
    void *all[UNWIND_STATES - 1];
    uint32_t count = 0;
    const uint32_t most = CaptureStackBackTrace(0, UNWIND_STATES - 3, all, NULL);
    bool is_same = true;

    /* Beyond the first frame of a thread the walk may go on through stale data. */
    for (; count < most && (uintptr_t)all[count] >= NO_CODE_BELOW; count++) {
        uintptr_t *known = &memory->states[count + 1].pc; /* the first state has no frame */
        is_same = is_same && *known == (uintptr_t)all[count];
        *known = (uintptr_t)all[count];
    }
    if (!is_same || memory->count != count + 1)
        memory->change_count++;
    memory->count = count + 1;
}
