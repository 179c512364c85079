/* SPDX-License-Identifier: MIT
 *
 * The part of malloc_event.h that is rarely needed.
 */
#include "malloc_event.h"

#include "heap_figures.h"

/* No other event of this thread can be in between, except that of a signal handler. Then that
   event, or the next one, raises the marks. */
void malloc_event_mark(bool is_free)
{
    struct thread *thread = malloc_event_begin_usual(0);

    if (!thread)
        thread = malloc_event_begin_asked(0);
    if (!thread)
        return;
    thread_set_busy(thread);
    shard_mark(thread->malloc_heap, thread->malloc_shard);
    malloc_event_leave(thread);
    if (is_free) /* nothing counts down the bytes of these */
        heap_figures_look(thread->malloc_heap, thread);
}
