/* SPDX-License-Identifier: MIT
 *
 * A program with one fault of its memory, or a healthy one of the same shape:
 *
 *     memory_faults_posix leak|fragmentation|thread-caches|arenas|mmap [healthy]
 *
 * It prints what it has, "live N outside N": bytes in blocks of malloc as large as the allocator made them, and
 * bytes that it has mapped itself. It does so once when it is ready, and again for each line that it reads. Its
 * main thread allocates and frees all the time, as a service does. It ends with its input.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 400000, BASE = 3000, RING = 600 };

static bool is_healthy;
static size_t live, outside; /* bytes */

static void *take(size_t size)
{
    unsigned char *block = malloc(size);

    if (!block)
        abort();
    memset(block, 1, size);
    __atomic_add_fetch(&live, malloc_usable_size(block), __ATOMIC_RELAXED);
    return block;
}

static void give(void *block)
{
    __atomic_sub_fetch(&live, malloc_usable_size(block), __ATOMIC_RELAXED);
    free(block);
}

static void *map(size_t size)
{
    unsigned char *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        abort();
    memset(memory, 1, size);
    outside += size;
    return memory;
}

/* ---- what each does at first --------------------------------------------------------------- */

static void *blocks[BLOCKS];

static void prepare_leak(void)
{
    for (size_t i = 0; i < BASE; i++)
        blocks[i] = take(20000);
    for (size_t i = 0; is_healthy && i < RING; i++)
        blocks[BASE + i] = take(16000);
}

/* After the peak one block of twenty is left. The healthy program fills the holes again. */
static void prepare_fragmentation(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = take(200);
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % 20)
            give(blocks[i]);
    for (size_t i = 0; is_healthy && i < BLOCKS; i++)
        if (i % 20)
            blocks[i] = take(200);
}

static void prepare_mmap(void)
{
    for (size_t i = 0; i < BASE; i++)
        blocks[i] = take(20000);
    if (is_healthy)
        map((size_t)8 << 20);
}

/* ---- threads ------------------------------------------------------------------------------- */

static pthread_barrier_t ready;

static void finish_thread(void)
{
    pthread_barrier_wait(&ready);
    for (;;)
        pause();
}

/* Blocks of all sizes that every allocator keeps in caches, as many of each as glibc does. tcmalloc's
   grow with use. */
static void *cache_thread(void *unused)
{
    enum { EACH = 7, SIZES = 63, ROUNDS = 50 };
    void *mine[SIZES][EACH];

    (void)unused;
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < SIZES; i++)
            for (size_t k = 0; k < EACH; k++)
                mine[i][k] = take(24 + 16 * i);
        if (round == ROUNDS - 1)
            pthread_barrier_wait(&ready);
        for (size_t i = 0; (!is_healthy || round < ROUNDS - 1) && i < SIZES; i++)
            for (size_t k = 0; k < EACH; k++)
                give(mine[i][k]);
    }
    finish_thread();
    return NULL;
}

/* Memory that no cache keeps. The last block stays, so that the allocator cannot return the rest. */
static void *arena_thread(void *unused)
{
    enum { EACH = 100 };
    void *mine[EACH];

    (void)unused;
    for (size_t i = 0; i < EACH; i++)
        mine[i] = take(40000);
    pthread_barrier_wait(&ready);
    for (size_t i = 0; !is_healthy && i + 1 < EACH; i++)
        give(mine[i]);
    finish_thread();
    return NULL;
}

static void start_threads(void *(*run)(void *), unsigned count)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)256 << 10);
    pthread_barrier_init(&ready, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&thread, &attributes, run, NULL))
            abort();
    pthread_barrier_wait(&ready); /* all have their blocks */
    pthread_barrier_wait(&ready); /* all are done */
}

static void prepare_caches(void)
{
    start_threads(cache_thread, 64);
}

static void prepare_arenas(void)
{
    start_threads(arena_thread, 32);
}

/* ---- what each does all the time ------------------------------------------------------------ */

static void step_leak(size_t step)
{
    void **place = &blocks[BASE + step % RING];

    if (is_healthy && *place)
        give(*place);
    *place = take(16000);
}

static void step_mmap(size_t step)
{
    const size_t size = 65536;
    void *memory = map(size);

    (void)step;
    if (is_healthy) {
        munmap(memory, size);
        outside -= size;
    }
}

static void step_nothing(size_t step)
{
    (void)step;
}

static const struct {
    const char *name;
    void (*prepare)(void);
    void (*step)(size_t step);
} faults[] = {
    { "leak", prepare_leak, step_leak },
    { "fragmentation", prepare_fragmentation, step_nothing },
    { "thread-caches", prepare_caches, step_nothing },
    { "arenas", prepare_arenas, step_nothing },
    { "mmap", prepare_mmap, step_mmap },
};

static void report(void)
{
    char line[128];
    int length = snprintf(line, sizeof(line), "live %zu outside %zu\n",
                          __atomic_load_n(&live, __ATOMIC_RELAXED), outside);

    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        exit(0);
}

/* Whether the input has ended. */
static bool answer(void)
{
    struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
    char byte;

    if (poll(&input, 1, 0) <= 0)
        return false;
    if (read(STDIN_FILENO, &byte, 1) != 1)
        return true;
    if (byte == '\n')
        report();
    return false;
}

int main(int argc, char **argv)
{
    const struct timespec pause_time = { 0, 1000000 };
    size_t fault = 0;

    while (fault < sizeof(faults) / sizeof(*faults) &&
           (argc < 2 || strcmp(argv[1], faults[fault].name) != 0))
        fault++;
    if (fault == sizeof(faults) / sizeof(*faults))
        return 2;
    is_healthy = argc > 2 && strcmp(argv[2], "healthy") == 0;
    faults[fault].prepare();
    report();
    for (size_t step = 0; !answer(); step++) {
        faults[fault].step(step);
        for (int i = 0; i < 20; i++) {
            void *volatile block = malloc(3000);
            free(block);
        }
        nanosleep(&pause_time, NULL);
    }
    return 0;
}
