/* SPDX-License-Identifier: MIT
 *
 * Lines on standard error that say why a program does not publish: HEAPCTRS_DEBUG=1. A
 * guest in a program prints nothing otherwise. Nothing here allocates with malloc or changes the
 * last error.
 */
#ifndef DEBUG_MESSAGE_H
#define DEBUG_MESSAGE_H

#include <stdbool.h>

#include "printf_like.h"
#include "wintypes.h"

/** Whether HEAPCTRS_DEBUG is 1. */
bool debug_message_is_wanted(void);

/**
 * Print "heapctrs: <program>[<process id>]: <text>" as one line in one piece, if that is wanted.
 *
 * @param format  without a line feed; a longer line than 1,000 bytes is cut
 */
void debug_message(const char *format, ...) PRINTF_LIKE(1, 2);

/** What a system error means to a publisher, in words: "the disk is full". Never NULL. */
const char *debug_message_reason(DWORD error);

#endif /* DEBUG_MESSAGE_H */
