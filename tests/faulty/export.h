/* SPDX-License-Identifier: MIT
 *
 * What a test's provider needs of the platform: PROVIDER_EXPORT makes a procedure visible to its
 * host, provider_sleep waits that many milliseconds, provider_open_handle opens a handle that is
 * never closed, provider_end_thread ends the calling thread.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "wintypes.h"

#ifdef _WIN32
#define PROVIDER_EXPORT __declspec(dllexport)
#define provider_sleep(milliseconds) Sleep(milliseconds)
#define provider_end_thread() ExitThread(0)
#define provider_open_handle() CreateEventW(NULL, FALSE, FALSE, NULL)
#else
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#define provider_sleep(milliseconds) poll(NULL, 0, (int)(milliseconds))
#define provider_end_thread() pthread_exit(NULL)
#define provider_open_handle() tmpfile()
#define PROVIDER_EXPORT __attribute__((visibility("default")))
#endif

#endif /* EXPORT_H */
