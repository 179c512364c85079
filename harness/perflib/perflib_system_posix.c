/* SPDX-License-Identifier: MIT
 *
 * perflib_system.h for Linux, and GetLastError and SetLastError, which V2 providers call.
 */
#define _GNU_SOURCE
#include "perflib_system.h"

#include <pthread.h>
#include <stdlib.h>

#include "perflib_emulation.h"

static _Thread_local DWORD last_error;

struct run {
    void (*function)(void *argument);
    void *argument;
};

static void *run_thread(void *parameter)
{
    struct run run = *(struct run *)parameter;

    free(parameter);
    run.function(run.argument);
    return NULL;
}

DWORD perflib_system_run(void (*function)(void *argument), void *argument)
{
    struct run *run = malloc(sizeof(*run));
    pthread_t thread;

    if (!run)
        return ERROR_NOT_ENOUGH_MEMORY;
    *run = (struct run){ function, argument };
    if (pthread_create(&thread, NULL, run_thread, run)) {
        free(run);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    pthread_detach(thread);
    return ERROR_SUCCESS;
}

bool perflib_system_is_on_stack(const void *address)
{
    pthread_attr_t attributes;
    void *begin = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attributes))
        return false;
    pthread_attr_getstack(&attributes, &begin, &size);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)address - (uintptr_t)begin < size;
}

void perflib_system_set_last_error(DWORD error)
{
    last_error = error;
}

__attribute__((visibility("default"))) DWORD WINAPI GetLastError(void)
{
    return last_error;
}

__attribute__((visibility("default"))) void WINAPI SetLastError(DWORD error)
{
    last_error = error;
}
