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

#endif /* TERMINAL_H */
