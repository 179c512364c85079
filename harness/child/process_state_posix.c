/* SPDX-License-Identifier: MIT
 *
 * process_state.h for Linux: /proc, dl_iterate_phdr, mallinfo2. Functions stand in the same order
 * as in process_state_win.c.
 */
#define _GNU_SOURCE
#include "process_state.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <link.h>
#include <locale.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hash.h"
#include "library_place.h"

#define LEFT_THREADS 256 /* most threads that are looked at */

void process_state_take(struct process_state *state)
{
    static const int watched[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,  SIGABRT, SIGTRAP,
                                   SIGINT,  SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGALRM };
    struct stat here = { .st_ino = 0 };
    struct sigaction action;
    sigset_t mask;
    int rounding = fegetround(), traps = fegetexcept();

    memset(state, 0, sizeof(*state));
    state->priority = (uint64_t)getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid)) << 8 |
                      (uint64_t)sched_getscheduler(0);
    state->floating_point = (uint64_t)rounding << 32 | (uint32_t)traps;
    stat(".", &here);
    state->directory = (uint64_t)here.st_dev * 31 + (uint64_t)here.st_ino;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int signal = 1; signal < 32; signal++)
        state->signals |= (uint64_t)(sigismember(&mask, signal) == 1) << signal;
    state->signals = hash_bytes(HASH_BEGIN, &state->signals, sizeof(state->signals));
    for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++)
        if (sigaction(watched[i], NULL, &action) == 0)
            state->signals =
                hash_bytes(state->signals, &action.sa_sigaction, sizeof(action.sa_sigaction));
    const char *locale = setlocale(LC_ALL, NULL);
    state->locale = locale ? hash_text(HASH_BEGIN, locale) : 0;
}

uint32_t process_state_compare(const struct process_state *before,
                               const struct process_state *after)
{
    return (before->error_mode != after->error_mode ? PROVIDER_CHANGED_ERROR_MODE : 0u) |
           (before->priority != after->priority ? PROVIDER_CHANGED_PRIORITY : 0u) |
           (before->floating_point != after->floating_point ? PROVIDER_CHANGED_FLOATING_POINT
                                                            : 0u) |
           (before->directory != after->directory ? PROVIDER_CHANGED_DIRECTORY : 0u) |
           (before->signals != after->signals ? PROVIDER_CHANGED_SIGNALS : 0u) |
           (before->locale != after->locale ? PROVIDER_CHANGED_LOCALE : 0u);
}

static uint32_t count_entries(const char *path)
{
    DIR *directory = opendir(path);
    uint32_t count = 0;

    if (!directory)
        return 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static uint32_t count_lines(const char *path)
{
    char bytes[4096];
    uint32_t count = 0;
    ssize_t got;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return 0;
    while ((got = read(file, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < got; i++)
            count += bytes[i] == '\n';
    close(file);
    return count;
}

size_t process_threads_list(uint32_t threads[], size_t limit)
{
    DIR *directory = opendir("/proc/self/task");
    size_t count = 0;

    if (!directory)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (count < limit)
            threads[count] = (uint32_t)strtoul(entry->d_name, NULL, 10);
        count++;
    }
    closedir(directory);
    return count;
}

static bool is_known_thread(const uint32_t known[], size_t count, uint32_t thread)
{
    for (size_t i = 0; i < count; i++)
        if (known[i] == thread)
            return true;
    return false;
}

/* Whether the address lies in a library that was the provider's and is no longer there. */
static bool is_of_unloaded(const void *address)
{
    Dl_info found;

    return library_place_find((uintptr_t)address) && !dladdr(address, &found);
}

static void add_text(char *text, size_t size, const char *format, unsigned number)
{
    const size_t length = strlen(text);

    snprintf(text + length, size - length, "%s", length ? ", " : "");
    snprintf(text + strlen(text), size - strlen(text), format, number);
}

void process_left_behind(const uint32_t known[], size_t known_count, char *text, size_t size)
{
    uint32_t threads[LEFT_THREADS];
    size_t count = process_threads_list(threads, LEFT_THREADS);
    unsigned left = 0;

    text[0] = 0;
    count = count < LEFT_THREADS ? count : LEFT_THREADS;
    for (size_t i = 0; i < count; i++)
        left += !is_known_thread(known, known_count, threads[i]);
    if (left)
        add_text(text, size, left == 1 ? "%u thread" : "%u threads", left);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;

        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
            action.sa_handler != SIG_IGN) {
            const void *handler = NULL;

            memcpy(&handler, &action.sa_sigaction, sizeof(handler));
            if (is_of_unloaded(handler))
                add_text(text, size, "a handler of signal %u", (unsigned)signal);
        }
    }
}

/* There where a sanitizer has put its own heap in the place of the C library's. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static uint64_t heap_size(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

static int count_module(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)info, (void)size;
    (*(uint32_t *)count)++;
    return 0;
}

void process_resources_count(struct provider_resources *resources)
{
    uint32_t modules = 0, handles = count_entries("/proc/self/fd");

    dl_iterate_phdr(count_module, &modules);
    resources->handles = handles > 3 ? handles - 3 : 0; /* ".", ".." and the one just used */
    resources->threads = (uint32_t)process_threads_list(NULL, 0);
    resources->modules = modules;
    resources->mappings = count_lines("/proc/self/maps");
    resources->memory_size = heap_size();
}

void *process_pages_reserve(size_t size)
{
    void *pages = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

DWORD process_pages_allow(void *pages, size_t size)
{
    return mprotect(pages, size, PROT_READ | PROT_WRITE) ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

void process_pages_release(void *pages, size_t size)
{
    if (pages)
        munmap(pages, size);
}
