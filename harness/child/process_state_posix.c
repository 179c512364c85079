/* SPDX-License-Identifier: MIT
 *
 * process_state.h for Linux: /proc, dl_iterate_phdr, mallinfo2. The order of functions is that of
 * process_state_win.c.
 */
#define _GNU_SOURCE
#include "process_state.h"

#include <assert.h>
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
#include <sys/uio.h>
#include <unistd.h>

#include "count_text.h"
#include "hash.h"
#include "library_place.h"

#define LEFT_THREADS 256     /* most threads that are examined; chosen */
#define SCANNED_STACK 65536u /* bytes of each thread's stack that are searched; chosen */
#define SCANNED_AT_ONCE 64u  /* words that are read together */

static const struct {
    __rlimit_resource_t resource;
    uint32_t effect;
} limits[] = {
    { RLIMIT_AS, PROVIDER_LIMITED_MEMORY },       { RLIMIT_DATA, PROVIDER_LIMITED_MEMORY },
    { RLIMIT_STACK, PROVIDER_LIMITED_MEMORY },    { RLIMIT_CPU, PROVIDER_LIMITED_TIME },
    { RLIMIT_NOFILE, PROVIDER_LIMITED_FILES },    { RLIMIT_FSIZE, PROVIDER_LIMITED_FILES },
    { RLIMIT_NPROC, PROVIDER_LIMITED_PROCESSES },
};
static_assert(sizeof(limits) / sizeof(limits[0]) <= PROCESS_LIMITS, "see process_state.h");

static void take_limits(struct process_state *state)
{
    memset(state->limits, 0, sizeof(state->limits));
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit;

        state->limits[i].value =
            getrlimit(limits[i].resource, &limit) == 0 ? limit.rlim_cur : UINT64_MAX;
        state->limits[i].effect = limits[i].effect;
    }
}

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
    take_limits(state);
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

size_t process_state_list_threads(uint32_t threads[], size_t limit)
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

/* Whether the address lies in a library of the provider that has been unloaded. */
static bool is_of_unloaded(const void *address)
{
    Dl_info found;

    return library_place_find((uintptr_t)address) && !dladdr(address, &found);
}

/* Whether a thread has an address of an unloaded library on its stack. The address of its first function is
   always there. A thread that the C library keeps for timers has no such address. */
static bool may_be_of_unloaded(uint32_t thread)
{
    char path[64], line[256];
    unsigned long long stack;
    ssize_t got = -1;

    snprintf(path, sizeof(path), "/proc/self/task/%u/syscall", (unsigned)thread);
    const int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file >= 0) {
        got = read(file, line, sizeof(line) - 1);
        close(file);
    }
    line[got > 0 ? got : 0] = 0;
    /* A thread that waits in the system has "NUMBER ARGUMENT*6 STACK INSTRUCTION"; others have
       "running". */
    if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %llx", &stack) != 1)
        return true;
    for (size_t scanned = 0; scanned < SCANNED_STACK;
         scanned += sizeof(uintptr_t) * SCANNED_AT_ONCE) {
        uintptr_t words[SCANNED_AT_ONCE];
        struct iovec here = { words, sizeof(words) };
        struct iovec there = { (void *)(uintptr_t)(stack + scanned), sizeof(words) };
        const ssize_t size = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

        for (size_t i = 0; size > 0 && i < (size_t)size / sizeof(*words); i++)
            if (is_of_unloaded((const void *)words[i]))
                return true;
        if (size < (ssize_t)sizeof(words))
            return scanned == 0 && size <= 0; /* the system could not be asked */
    }
    return false;
}

void process_state_describe_threads(const uint32_t known[], size_t known_count, char *text,
                                    size_t size)
{
    uint32_t threads[LEFT_THREADS];
    size_t count = process_state_list_threads(threads, LEFT_THREADS);
    unsigned left = 0;

    char name[40];

    text[0] = 0;
    count = count < LEFT_THREADS ? count : LEFT_THREADS;
    for (size_t i = 0; i < count; i++)
        left += !is_known_thread(known, known_count, threads[i]) && may_be_of_unloaded(threads[i]);
    if (left)
        count_text_add(text, size, left, "a thread", "threads");
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;

        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
            action.sa_handler != SIG_IGN) {
            const void *handler = NULL;

            memcpy(&handler, &action.sa_sigaction, sizeof(handler));
            if (is_of_unloaded(handler)) {
                snprintf(name, sizeof(name), "a handler of signal %d", signal);
                count_text_add(text, size, 1, name, name);
            }
        }
    }
}

/* Defined if a sanitizer has replaced the heap of the C library. */
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

void process_state_count_resources(struct provider_resources *resources)
{
    uint32_t modules = 0, handles = count_entries("/proc/self/fd");

    dl_iterate_phdr(count_module, &modules);
    resources->handles = handles > 3 ? handles - 3 : 0; /* ".", ".." and the descriptor used here */
    resources->threads = (uint32_t)process_state_list_threads(NULL, 0);
    resources->modules = modules;
    resources->mappings = count_lines("/proc/self/maps");
    resources->memory_size = heap_size();
}

void *process_state_pages_reserve(size_t size)
{
    void *pages = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

DWORD process_state_pages_allow(void *pages, size_t size)
{
    return mprotect(pages, size, PROT_READ | PROT_WRITE) ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

void process_state_pages_release(void *pages, size_t size)
{
    if (pages)
        munmap(pages, size);
}
