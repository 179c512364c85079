/* SPDX-License-Identifier: MIT
 *
 * Uses all functions of the malloc family, so that the preload library's figures can be checked:
 * plain, in threads, with fork, through dlopen.
 *
 *     preload_exercise_posix PART
 *
 *     family    each function, on one thread
 *     valgrind  the same without pvalloc, which valgrind does not know
 *     threads, fork, dlopen, edges (failures, errno, malloc_usable_size)
 *
 * It is deterministic except for the order of threads, prints nothing, and exits with 0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept; /* the compiler must not see that a block is not used */

static void *use(void *block)
{
    kept = block;
    return kept;
}

static void family(void)
{
    void *block;

    free(use(malloc(100)));
    free(use(calloc(10, 30)));
    free(use(memalign(64, 200)));
    free(use(aligned_alloc(256, 512)));
    if (posix_memalign(&block, 128, 1000) == 0)
        free(use(block));
    free(use(valloc(10)));
    block = use(malloc(10));
    for (size_t size = 1; size < 100000; size = size * 3 + 1)
        block = use(realloc(block, size));
    block = use(reallocarray(block, 100, 7));
    free(block);
    block = use(realloc(NULL, 50));
    use(realloc(block, 0)); /* this is a free */
    free(NULL);
    use(strdup("never freed"));
}

static void whole_family(void)
{
    free(use(pvalloc(10)));
    family();
}

static void edges(void)
{
    void *block = use(malloc(40));
    volatile size_t too_large = (size_t)PTRDIFF_MAX; /* nor that this request always fails */
    size_t huge = too_large;

    use(malloc(huge));
    use(calloc(huge, 16));
    errno = 0;
    if (realloc(block, huge) != NULL || errno != ENOMEM)
        exit(1);
    errno = 0;
    if (reallocarray(block, huge, 16) != NULL || errno != ENOMEM)
        exit(1);
    if (posix_memalign(&block, 3, 10) != EINVAL)
        exit(1);
    errno = 77;
    free(block);
    if (errno != 77)
        exit(1);
    free(use(malloc(0)));
    free(use(malloc((size_t)400 << 20)));
    for (int i = 0; i < 1000; i++)
        if (malloc_usable_size(use(malloc((size_t)i))) < (size_t)i)
            exit(1);
}

static void *thread(void *argument)
{
    void *blocks[64] = { 0 };
    uint32_t random = (uint32_t)(uintptr_t)argument * 2654435761u + 1;

    for (int i = 0; i < 20000; i++) {
        random = random * 1103515245u + 12345u;
        uint32_t slot = random >> 16 & 63, size = random >> 8 & 1023;
        if (i % 5 == 0) {
            blocks[slot] = realloc(blocks[slot], size + 1);
        } else {
            free(blocks[slot]);
            blocks[slot] = malloc(size + 1);
        }
        memset(blocks[slot], (int)i, size + 1);
    }
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    return NULL;
}

static void threads(void)
{
    pthread_t ids[4];

    for (uintptr_t i = 0; i < 4; i++)
        if (pthread_create(&ids[i], NULL, thread, (void *)i))
            exit(2);
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
}

static void forks(void)
{
    void *before = use(malloc(1000));

    for (int i = 0; i < 5; i++) {
        pid_t id = fork();
        if (id == 0) {
            free(before);
            family();
            exit(0);
        }
        int status;
        waitpid(id, &status, 0);
        if (status != 0)
            exit(3);
    }
    free(before);
}

static void libraries(void)
{
    for (int i = 0; i < 20; i++) {
        void *library = dlopen("libz.so.1", RTLD_NOW);
        if (!library)
            library = dlopen("libm.so.6", RTLD_NOW);
        if (!library || dlsym(library, "no_such_symbol") != NULL)
            exit(4);
        dlclose(library);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*act)(void);
    } parts[] = { { "family", whole_family }, { "valgrind", family },  { "threads", threads },
                  { "fork", forks },          { "dlopen", libraries }, { "edges", edges } };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (argc == 2 && strcmp(argv[1], parts[i].name) == 0) {
            parts[i].act();
            return 0;
        }
    fputs("usage: preload_exercise_posix family | valgrind | threads | fork | dlopen | edges\n",
          stderr);
    return 2;
}
