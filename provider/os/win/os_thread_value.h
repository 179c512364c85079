/* SPDX-License-Identifier: MIT
 *
 * The thread's value of os_thread.h for Windows, which is in fiber-local storage.
 */
#ifndef OS_THREAD_VALUE_H
#define OS_THREAD_VALUE_H

void *os_thread_value(void);

#endif /* OS_THREAD_VALUE_H */
