/* SPDX-License-Identifier: MIT
 *
 * A child process that uses the tracker. Parent and child exchange single bytes: each side waits
 * for the other at agreed points.
 */
#ifndef CHILD_POSIX_H
#define CHILD_POSIX_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t id;
    int to, from;
};

/* The child's side: descriptors 0 and 1 of its own two pipes. */
struct parent {
    int from, to;
};

/* Report that a point is reached, or wait until the other side reports it. If the other side has
   died, this process ends. */
static inline void child_say(int to)
{
    if (write(to, "x", 1) != 1)
        _exit(3);
}

static inline int child_hear(int from)
{
    char byte;

    return read(from, &byte, 1) == 1;
}

/* Run `act` in a child. The child never returns into the test: the result of `act` is its exit
   status. */
static inline struct child child_start(int (*act)(struct parent parent, const void *argument),
                                       const void *argument)
{
    int down[2], up[2];

    if (pipe(down) || pipe(up))
        exit(2);
    fflush(NULL);
    pid_t id = fork();
    if (id == 0) {
        close(down[1]);
        close(up[0]);
        alarm(60); /* a child that hangs ends */
        exit(act((struct parent){ down[0], up[1] }, argument));
    }
    close(down[0]);
    close(up[1]);
    return (struct child){ id, down[1], up[0] };
}

/* Wait until the child ends. Returns its exit status, or minus the signal that killed it. */
static inline int child_wait(struct child *child)
{
    int status = 0;

    close(child->to);
    close(child->from);
    waitpid(child->id, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int child_kill(struct child *child)
{
    kill(child->id, SIGKILL);
    return child_wait(child);
}

#endif /* CHILD_POSIX_H */
