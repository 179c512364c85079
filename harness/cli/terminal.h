/* SPDX-License-Identifier: MIT
 *
 * The terminal that stdout may be: its size, and Ctrl-C as a question instead of an end.
 * terminal_posix.c and terminal_win.c define the same functions in the same order.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Size in characters, as it is now.
 *
 * @return false when stdout is no terminal: nothing changed
 */
bool terminal_size(unsigned *columns, unsigned *rows);

/** Let stdout understand escape sequences; false when it cannot. */
bool terminal_use_sequences(void);

/** From now on Ctrl-C (and SIGTERM) only set what terminal_is_interrupted tells. */
void terminal_catch_interrupt(void);

bool terminal_is_interrupted(void);

/**
 * Wait; ends early when interrupted, or when the terminal's size changes.
 *
 * @return false when interrupted
 */
bool terminal_wait(uint32_t milliseconds);

/** Wait; ends early only when interrupted: then false. */
bool terminal_wait_fully(uint32_t milliseconds);

/** Keys that are no characters. */
enum terminal_key {
    TERMINAL_KEY_NONE = 0, /* the time is over, or the terminal's size has changed */
    TERMINAL_KEY_INTERRUPT = -1,
    TERMINAL_KEY_UP = 256,
    TERMINAL_KEY_DOWN,
    TERMINAL_KEY_LEFT,
    TERMINAL_KEY_RIGHT,
    TERMINAL_KEY_PAGE_UP,
    TERMINAL_KEY_PAGE_DOWN,
    TERMINAL_KEY_HOME,
    TERMINAL_KEY_END,
};

/** Keys arrive at once and are not shown; false when stdin is no terminal: nothing changed. */
bool terminal_keys_open(void);

/** As it was before. */
void terminal_keys_close(void);

/** Wait for a key: its character, or an enum terminal_key. Without open keys only time ends it. */
int terminal_wait_key(uint32_t milliseconds);

#endif /* TERMINAL_H */
