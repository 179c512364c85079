/* SPDX-License-Identifier: MIT
 *
 * harness_thread.h for Windows and Wine.
 */
#include "harness_thread.h"

#include <stdlib.h>

struct start {
    void (*run)(void *context);
    void *context;
};

DWORD harness_gate_init(struct harness_gate *gate)
{
    gate->os_gate = CreateSemaphoreW(NULL, 0, 0x7FFFFFFF, NULL);
    return gate->os_gate ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

void harness_gate_open(struct harness_gate *gate)
{
    ReleaseSemaphore(gate->os_gate, 1, NULL);
}

void harness_gate_wait(struct harness_gate *gate)
{
    WaitForSingleObject(gate->os_gate, INFINITE);
}

static DWORD WINAPI run_thread(LPVOID context)
{
    struct start start = *(struct start *)context;

    free(context);
    start.run(start.context);
    return 0;
}

DWORD harness_thread_start(void (*run)(void *context), void *context)
{
    struct start *start = malloc(sizeof(*start));

    if (!start)
        return ERROR_NOT_ENOUGH_MEMORY;
    start->run = run;
    start->context = context;
    HANDLE thread = CreateThread(NULL, 0, run_thread, start, 0, NULL);
    if (!thread) {
        free(start);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle(thread);
    return ERROR_SUCCESS;
}
