/* SPDX-License-Identifier: MIT
 *
 * The terminal of stdout, if it is one: its size, and Ctrl-C as a flag instead of an end.
 * terminal_posix.c and terminal_win.c define the same functions in the same order.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The present size in characters.
 *
 * @return false if stdout is not a terminal, or one that has no size, as a serial line; then nothing is
 *         changed
 */
bool terminal_size(unsigned *columns, unsigned *rows);

/** Let stdout interpret escape sequences. Returns false if it cannot. */
bool terminal_use_sequences(void);

/** From now on, Ctrl-C and SIGTERM only set the flag of terminal_is_interrupted. */
void terminal_catch_interrupt(void);

bool terminal_is_interrupted(void);

/**
 * Wait. This ends early on an interruption, or when the terminal's size changes.
 *
 * @return false after an interruption
 */
bool terminal_wait(uint32_t milliseconds);

/** Wait. Only an interruption ends this early; then it returns false. */
bool terminal_wait_fully(uint32_t milliseconds);

/** Keys that are not characters. */
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

/**
 * From now on, keys arrive at once and are not shown. Returns false if stdin is not a terminal;
 * then nothing is changed.
 */
bool terminal_keys_open(void);

/** Restore the old mode. */
void terminal_keys_close(void);

/**
 * Wait for a key. Returns its character, or an enum terminal_key. Without open keys, only the time
 * ends this.
 */
int terminal_wait_key(uint32_t milliseconds);

#endif /* TERMINAL_H */
