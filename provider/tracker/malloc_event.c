/* SPDX-License-Identifier: MIT
 *
 * The part of malloc_event.h that is rarely needed.
 */
#include "malloc_event.h"

#include "heap_figures.h"

/* Another event cannot be in between, but a signal handler's: then the marks are raised by that one,
   or by the next. */
void malloc_event_mark(size_t size)
{
    struct thread *thread = malloc_event_begin(false);

    if (!thread)
        return;
    shard_mark(thread->malloc_heap, thread->malloc_shard, size);
    malloc_event_tell(thread->malloc_shard);
    malloc_event_end(thread);
    if (size == 0) /* a free: nothing counts down the bytes of these */
        heap_figures_look(thread->malloc_heap, thread);
}
