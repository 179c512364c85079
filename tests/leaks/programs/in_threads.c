/* SPDX-License-Identifier: MIT
 *
 * Leaks of four threads at once, of a thread-specific value, and of blocks that one thread allocates and another
 * frees. At the end it waits for the end of its stdin.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
enum { THREADS = 4, BLOCKS = 500 };

static void *volatile passed[THREADS][BLOCKS];
static void *volatile kept[THREADS][BLOCKS];
static pthread_key_t key;

NOINLINE static void keep(int thread)
{
    for (int i = 0; i < BLOCKS; i++)
        kept[thread][i] = malloc(16 + (size_t)i);
}

NOINLINE static void pass(int thread)
{
    for (int i = 0; i < BLOCKS; i++)
        passed[thread][i] = malloc(1000);
}

NOINLINE static void hold(void)
{
    pthread_setspecific(key, malloc(12345));
}

static void *work(void *argument)
{
    const int thread = *(const int *)argument;

    keep(thread);
    pass(thread);
    hold();
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    char byte;

    pthread_key_create(&key, NULL);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, work, &numbers[i]))
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < BLOCKS; k++)
            free(passed[i][k]);
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    return read(STDIN_FILENO, &byte, 1) < 0;
}
