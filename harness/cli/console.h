/* SPDX-License-Identifier: MIT
 *
 * What a program gets from the system it was started on: its arguments as UTF-8, and streams that
 * mean the same everywhere. console_posix.c and console_win.c define the same functions in the same
 * order.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

/**
 * Make the arguments UTF-8, stdout binary, and a broken pipe an error instead of a death. Once, at
 * the start of main.
 *
 * @param argc, argv  main's; replaced where the system has better ones, never freed
 * @return false when memory ran out
 */
bool console_open(int *argc, char ***argv);

/** Whether writing to stdout failed because its reader went away: nobody is there to complain to.
 */
bool console_reader_is_gone(void);

/** Read stdin as bytes (where there are two modes). */
void console_stdin_binary(void);

#endif /* CONSOLE_H */
