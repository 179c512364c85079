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
    const uint64_t freed = thread->malloc_shard->totals[TOTAL_FREED_BYTES];
    malloc_event_leave(thread);
    /* Nothing counts down the bytes that are freed. The first free of a thread comes here, too: a short process would pay
       for a look that sees next to nothing. */
    if (is_free && freed >= SHARD_THRESHOLD_BYTES)
        heap_figures_look(thread->malloc_heap, thread);
}
