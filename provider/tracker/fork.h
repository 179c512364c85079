/* SPDX-License-Identifier: MIT
 *
 * Fork. A child of fork has copies of all heaps, in a region of its own. Before the fork the thread
 * takes every lock of the tracker, so that nothing is half done in the child.
 *
 * Other fork handlers may have events before and after the tracker's. In a forking thread, such an
 * event first releases the locks and takes them again afterwards.
 */
#ifndef FORK_H
#define FORK_H

#include <stdbool.h>

struct thread;

/**
 * Take part in forks from now on. A second call does nothing. Call it without any lock, because the
 * system may allocate in it.
 */
void fork_watch(void);

/**
 * In a forked child whose handles are not valid yet, make them valid. So an event of another fork
 * handler that runs before the tracker's is counted.
 *
 * @return whether this was such a child
 */
bool fork_finish(void);

/**
 * The slow paths of thread_enter and thread_leave (thread_event.h), for a thread whose flags are
 * not those of an idle or a busy thread.
 *
 * @return fork_enter: the thread, or NULL if an event is in progress on it
 */
struct thread *fork_enter(struct thread *thread);
void fork_leave(struct thread *thread);

/**
 * Publish again if readers have lost the region or the private file: it was removed or shortened. This checks
 * at most once a second. It is called while no event is in progress on the thread.
 */
void fork_publish_again(void);

#endif /* FORK_H */
