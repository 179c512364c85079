/* SPDX-License-Identifier: MIT
 *
 * The thread's value of os_thread.h for Linux. It is in the thread's static block, so that reading
 * it never allocates and is one instruction in the caller's own code.
 */
#ifndef OS_THREAD_VALUE_H
#define OS_THREAD_VALUE_H

extern _Thread_local void *os_thread_value_slot
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline void *os_thread_value(void)
{
    return os_thread_value_slot;
}

#endif /* OS_THREAD_VALUE_H */
