/* SPDX-License-Identifier: MIT
 *
 * The calls that a provider's library has asked the system for and has not taken back: timers,
 * waits, hooks, handlers. After the library is unloaded, the system calls code that no longer
 * exists.
 *
 * On Windows the imports of the library lead through functions that count; functions that it finds
 * with GetProcAddress are not seen. Natively the system lists its timers.
 */
#ifndef CALLBACK_WATCH_H
#define CALLBACK_WATCH_H

#include <stddef.h>

/** Begin to watch a library. Call this before it is loaded. Later calls continue. */
void callback_watch_begin(const char *library);

/**
 * Append the remaining callbacks, as text for users: "2 timers, a vectored exception handler".
 *
 * @param text  "" or a list so far
 */
void callback_watch_list(char *text, size_t size);

#endif /* CALLBACK_WATCH_H */
