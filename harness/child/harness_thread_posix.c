/* SPDX-License-Identifier: MIT
 *
 * harness_thread.h for Linux.
 */
#include "harness_thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct start {
    void (*run)(void *context);
    void (*ended)(void *context);
    void *context;
};

DWORD harness_thread_gate_init(struct harness_gate *gate)
{
    sem_t *semaphore = malloc(sizeof(*semaphore));

    if (!semaphore || sem_init(semaphore, 0, 0)) {
        free(semaphore);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    gate->os_gate = semaphore;
    return ERROR_SUCCESS;
}

void harness_thread_gate_open(struct harness_gate *gate)
{
    sem_post(gate->os_gate);
}

void harness_thread_gate_wait(struct harness_gate *gate)
{
    while (sem_wait(gate->os_gate) && errno == EINTR)
        ;
}

static void *run_thread(void *context)
{
    struct start start = *(struct start *)context;

    free(context);
    pthread_cleanup_push(start.ended, start.context);
    start.run(start.context);
    pthread_cleanup_pop(0);
    return NULL;
}

DWORD harness_thread_start(void (*run)(void *context), void (*ended)(void *context), void *context)
{
    struct start *start = malloc(sizeof(*start));
    pthread_t thread;

    if (!start)
        return ERROR_NOT_ENOUGH_MEMORY;
    start->run = run;
    start->ended = ended;
    start->context = context;
    if (pthread_create(&thread, NULL, run_thread, start)) {
        free(start);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    pthread_detach(thread);
    return ERROR_SUCCESS;
}
