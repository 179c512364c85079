/* SPDX-License-Identifier: MIT
 *
 * Lines on standard error that say why a program does not publish, printed with HEAPCTRS_DEBUG=1.
 * Otherwise a library inside a program prints nothing, except debug_message_always. Nothing here
 * allocates with malloc or changes the last error.
 */
#ifndef DEBUG_MESSAGE_H
#define DEBUG_MESSAGE_H

#include <stdbool.h>

#include "printf_like.h"
#include "wintypes.h"

/** Whether HEAPCTRS_DEBUG is 1. */
bool debug_message_is_wanted(void);

/**
 * Print "heapctrs: <program>[<process id>]: <text>" as one line in one piece, if messages are
 * wanted.
 *
 * @param format  without a line feed; a line longer than 1,000 bytes is cut
 */
void debug_message(const char *format, ...) PRINTF_LIKE(1, 2);

/** The same, whether or not messages are wanted: for what the user of the program has to change. */
void debug_message_always(const char *format, ...) PRINTF_LIKE(1, 2);

/** The meaning of a system error for a publisher, as text: "the disk is full". Never NULL. */
const char *debug_message_reason(DWORD error);

#endif /* DEBUG_MESSAGE_H */
