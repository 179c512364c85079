/* SPDX-License-Identifier: MIT
 *
 * Fork. A child of fork has copies of all heaps, in a region of its own. Before the fork the thread
 * takes every lock of the tracker, so that the child finds nothing half done.
 *
 * Other fork handlers may have events before and after ours. In a forking thread, such an event
 * releases the locks first and takes them again after it.
 */
#ifndef FORK_H
#define FORK_H

#include <stdbool.h>

struct thread;

/** Take part in forks from now on. A second call does nothing. Call it without any lock: the system
    may allocate in it. */
void fork_watch(void);

/**
 * In a forked child whose handles are not valid yet: make them valid. So an event of another fork
 * handler that runs before ours is counted.
 *
 * @return whether this was such a child
 */
bool fork_finish(void);

/**
 * The slow ways of thread_enter and thread_leave (thread_event.h), for a thread whose flags are not
 * those of an idle or a busy thread.
 *
 * @return fork_enter: the thread, or NULL if it is in the middle of an event
 */
struct thread *fork_enter(struct thread *thread);
void fork_leave(struct thread *thread);

/**
 * Publish again if readers have lost the region: its file was removed or cut short. Asks at
 * most once a second; called where the thread is in no event.
 */
void fork_publish_again(void);

#endif /* FORK_H */
