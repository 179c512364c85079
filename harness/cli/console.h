/* SPDX-License-Identifier: MIT
 *
 * What a program gets from the system at its start: its arguments as UTF-8, and streams that work
 * in the same way everywhere. console_posix.c and console_win.c define the same functions in the
 * same order.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

/**
 * Make the arguments UTF-8, stdout binary, and a broken pipe an error that does not end the
 * program. Call this once, at the start of main.
 *
 * @param argc, argv  main's; replaced if the system has better ones, never freed
 * @return false if there is no memory
 */
bool console_open(int *argc, char ***argv);

/** Whether writing to stdout failed because its reader has gone, so that no message is needed. */
bool console_reader_is_gone(void);

/** Read stdin as bytes, on systems with two modes. */
void console_stdin_binary(void);

#endif /* CONSOLE_H */
