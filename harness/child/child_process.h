/* SPDX-License-Identifier: MIT
 *
 * This program started once more as a child, and the link between the two: memory that both map,
 * and a signal in each direction. The memory has a part of fixed size (the header) and a part that
 * the parent can let grow (the payload). Their contents belong to the caller.
 *
 * The child's stdin is empty. Its output to stdout and stderr goes to the parent, which decides
 * what to do with it, so that the parent's answer stays clean. The child ends when the parent ends
 * in any way.
 */
#ifndef CHILD_PROCESS_H
#define CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** First argument of a program that is started as a child. */
#define CHILD_PROCESS_COMMAND "__provider-process"

/**
 * Receives what the child, and what it starts, write to stdout and stderr, in parts of any size.
 */
struct child_output {
    void (*receive)(void *context, const char *bytes,
                    size_t size); /* NULL: the output goes to this process's stderr */
    void *context;
};

/** One side's end of the link. The members that begin with os_ are the platform's. */
struct child_process {
    void *header; /* zeroed at the start */
    size_t header_size;
    void *payload;
    size_t payload_size; /* bytes mapped here */
    intptr_t os_process; /* parent: the child; child: the parent, where it has to be watched */
    intptr_t os_memory, os_signal, os_parent_signal;
    intptr_t os_job;    /* parent, on Windows: the job that ends with the child */
    intptr_t os_output; /* parent: the end of a pipe from which its output is read */
    intptr_t os_looked; /* parent, on Windows: when its output was last read */
    struct child_output output;
    bool is_alive; /* parent: no end of the child is known */
};

/** How a wait ended. */
enum child_process_event { CHILD_NOTIFIED, CHILD_TIMED_OUT, CHILD_ENDED };

/** How a process ended. */
struct child_process_end {
    bool by_signal;  /* natively: `status` is a signal's number */
    uint32_t status; /* exit status; on Windows also an exception's code */
};

/* ---- the parent's side -------------------------------------------------------------------- */

/**
 * Start this program again. From then on the child and its own children cannot open this process to
 * read or write its memory, even as the same user: natively this process is not dumpable (except under
 * a sanitizer), on Windows its access list grants nothing. An administrator can still open it.
 *
 * @param output  copied; it is called during child_process_wait and child_process_release
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED inside a child, because a program that forgot to call
 *         provider_child_main would start itself for ever; ERROR_NOT_ENOUGH_MEMORY;
 *         ERROR_TOO_MANY_OPEN_FILES; ERROR_GEN_FAILURE
 */
DWORD child_process_start(struct child_process *child, size_t header_size,
                          const struct child_output *output);

/** Make the payload at least this large. Its contents are lost. The child must be idle. */
DWORD child_process_grow(struct child_process *child, size_t size);

/** Wake the child. */
void child_process_notify(struct child_process *child);

/** Wait until the child notifies or ends. CHILD_ENDED also fills in `end`. */
enum child_process_event child_process_wait(struct child_process *child, uint32_t timeout_ms,
                                            struct child_process_end *end);

/** End the child if it lives, and release everything. A zeroed link is allowed. */
void child_process_release(struct child_process *child);

/**
 * The number of processes that children have started and left outside their groups (natively) or
 * beyond their own end (Windows), since this program began. They were ended with the child.
 */
unsigned child_process_escaped_count(void);

/* ---- the child's side --------------------------------------------------------------------- */

/**
 * Find the link that this process was started with.
 *
 * @param header_size  as the parent passed it
 *
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND: this process was not started as a child;
 *         ERROR_INVALID_PARAMETER
 */
DWORD child_process_attach(struct child_process *link, size_t header_size, int argc, char **argv);

/** Wait until the parent wakes this process. Returns false if the parent has ended. */
bool child_process_wait_for_parent(struct child_process *link);

/** Wake the parent. Any thread may call this. */
void child_process_notify_parent(struct child_process *link);

/** Map the payload again, in the size that the parent has given it. */
DWORD child_process_follow(struct child_process *link);

/** End this process at once: nothing is flushed, no library is informed. */
_Noreturn void child_process_exit(uint32_t status);

#endif /* CHILD_PROCESS_H */
