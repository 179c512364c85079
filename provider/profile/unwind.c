/* SPDX-License-Identifier: MIT
 *
 * The part of unwind.h that is the same on all systems.
 */
#include "unwind.h"

size_t unwind_frames(const struct unwind_thread *thread, uintptr_t site, uintptr_t frames[])
{
    const struct unwind_state *const all = thread->memory.states + 1; /* the first has no frame */
    size_t count = thread->memory.count - 1, first = 0;

    while (site && first < count && first < UNWIND_OWN_FRAMES && all[first].pc != site)
        first++;
    if (site && (first == count || all[first].pc != site)) {
        frames[0] = site; /* the walk did not reach it */
        return 1;
    }
    count -= first;
    if (count > UNWIND_FRAMES)
        count = UNWIND_FRAMES;
    for (size_t i = 0; i < count; i++)
        frames[i] = all[first + i].pc;
    return count;
}
