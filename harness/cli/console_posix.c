/* SPDX-License-Identifier: MIT
 *
 * console.h for Linux. Arguments and streams need no change. SIGPIPE must not end the program but
 * is remembered; unlike an ignored signal, this is not inherited by programs that it starts.
 */
#define _GNU_SOURCE
#include "console.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t reader_is_gone;

static void note_broken_pipe(int number)
{
    (void)number;
    reader_is_gone = 1;
}

bool console_open(int *argc, char ***argv)
{
    struct sigaction action;

    (void)argc, (void)argv;
    memset(&action, 0, sizeof(action));
    action.sa_handler = note_broken_pipe;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPIPE, &action, NULL);
    return true;
}

bool console_reader_is_gone(void)
{
    return reader_is_gone;
}

void console_stdin_binary(void)
{
}
