/* SPDX-License-Identifier: MIT
 *
 * perflib_system.h for Windows.
 */
#include "perflib_system.h"

#include <stdlib.h>

#include "wintypes.h"

struct run {
    void (*function)(void *argument);
    void *argument;
};

static DWORD WINAPI run_thread(LPVOID parameter)
{
    struct run run = *(struct run *)parameter;

    free(parameter);
    run.function(run.argument);
    return 0;
}

DWORD perflib_system_run(void (*function)(void *argument), void *argument)
{
    struct run *run = malloc(sizeof(*run));

    if (!run)
        return ERROR_NOT_ENOUGH_MEMORY;
    *run = (struct run){ function, argument };
    HANDLE thread = CreateThread(NULL, 0, run_thread, run, 0, NULL);
    if (!thread) {
        free(run);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle(thread);
    return ERROR_SUCCESS;
}

/* A thread's stack is one allocation. */
bool perflib_system_is_on_stack(const void *address)
{
    MEMORY_BASIC_INFORMATION own = { 0 }, other;

    return VirtualQuery(&own, &own, sizeof(own)) && VirtualQuery(address, &other, sizeof(other)) &&
           own.AllocationBase == other.AllocationBase;
}

void perflib_system_set_last_error(DWORD error)
{
    SetLastError(error);
}
