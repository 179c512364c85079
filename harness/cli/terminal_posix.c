/* SPDX-License-Identifier: MIT
 *
 * The terminal by ioctl, interruption by signals that only set a flag.
 */
#define _DEFAULT_SOURCE
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t is_interrupted, is_resized;

static void on_interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

static void on_resize(int signal)
{
    (void)signal;
    is_resized = 1;
}

bool terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col ||
        !size.ws_row)
        return false;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return true;
}

bool terminal_use_sequences(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

void terminal_catch_interrupt(void)
{
    struct sigaction action = { .sa_handler = on_interrupt };

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = on_resize;
    sigaction(SIGWINCH, &action, NULL);
}

bool terminal_is_interrupted(void)
{
    return is_interrupted != 0;
}

static bool wait_for(uint32_t milliseconds, bool ends_when_resized)
{
    struct timespec rest = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 };

    while (!is_interrupted && !(ends_when_resized && is_resized) && nanosleep(&rest, &rest) != 0 &&
           errno == EINTR)
        continue;
    if (ends_when_resized)
        is_resized = 0;
    return !is_interrupted;
}

bool terminal_wait(uint32_t milliseconds)
{
    return wait_for(milliseconds, true);
}

bool terminal_wait_fully(uint32_t milliseconds)
{
    return wait_for(milliseconds, false);
}
