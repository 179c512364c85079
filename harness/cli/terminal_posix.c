/* SPDX-License-Identifier: MIT
 *
 * The terminal by ioctl; interruption by signals that only set a flag.
 */
#define _DEFAULT_SOURCE
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
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

static struct termios before;
static bool has_keys;

bool terminal_keys_open(void)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C still raises a signal */
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    return has_keys;
}

void terminal_keys_close(void)
{
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    has_keys = false;
}

/* Read one key from the bytes that have arrived. Rule: ECMA-48, as xterm sends its cursor keys. */
static int read_key(void)
{
    static const struct {
        const char *rest;
        int key;
    } sequences[] = {
        { "A", TERMINAL_KEY_UP },       { "B", TERMINAL_KEY_DOWN },
        { "C", TERMINAL_KEY_RIGHT },    { "D", TERMINAL_KEY_LEFT },
        { "5~", TERMINAL_KEY_PAGE_UP }, { "6~", TERMINAL_KEY_PAGE_DOWN },
        { "H", TERMINAL_KEY_HOME },     { "F", TERMINAL_KEY_END },
        { "1~", TERMINAL_KEY_HOME },    { "4~", TERMINAL_KEY_END },
    };
    char bytes[8] = { 0 };

    if (read(STDIN_FILENO, bytes, 1) != 1)
        return TERMINAL_KEY_NONE;
    if (bytes[0] != '\033')
        return (unsigned char)bytes[0];
    for (size_t i = 0; i + 1 < sizeof(bytes) && read(STDIN_FILENO, bytes + i, 1) == 1; i++)
        if (i && ((bytes[i] >= 'A' && bytes[i] <= 'Z') || bytes[i] == '~'))
            break;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++)
        if (strcmp(bytes + 1, sequences[i].rest) == 0)
            return sequences[i].key;
    return TERMINAL_KEY_NONE;
}

int terminal_wait_key(uint32_t milliseconds)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    int count;

    if (!has_keys)
        return terminal_wait(milliseconds) ? TERMINAL_KEY_NONE : TERMINAL_KEY_INTERRUPT;
    /* A signal before poll is noticed here, or at the next call. */
    count = is_interrupted || is_resized
                ? 0
                : poll(&input, 1, milliseconds > 3600000 ? 3600000 : (int)milliseconds);
    is_resized = 0;
    if (is_interrupted || (count > 0 && !(input.revents & POLLIN))) /* the terminal is gone */
        return TERMINAL_KEY_INTERRUPT;
    return count > 0 ? read_key() : TERMINAL_KEY_NONE;
}
