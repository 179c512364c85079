/* SPDX-License-Identifier: MIT
 *
 * The guard of os_region.h for Linux: a handler of SIGBUS that replaces a mapping by zeros if its
 * file was shortened. It is installed only while a thread reads. Other faults go to the previous
 * handler.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "os_region.h"

/* The mappings that this thread may be reading. The signal handler uses it. */
static _Thread_local struct os_region_mapping *const *volatile guarded
    __attribute__((tls_model("initial-exec")));

static struct {
    struct os_lock lock;
    unsigned users;
    struct sigaction previous;
} guard;

/* ---- the writer's side ---------------------------------------------------------------- */

/* The functions that repair the region and the private file. */
static bool (*_Atomic repairs[2])(uintptr_t address);

static bool repair_own(uintptr_t address)
{
    for (size_t i = 0; i < sizeof(repairs) / sizeof(*repairs); i++)
        if (repairs[i] && repairs[i](address))
            return true;
    return false;
}

static void on_own_bus_error(int signal, siginfo_t *info, void *context)
{
    int error = errno;

    (void)context;
    if (info->si_code <= 0 || !repair_own((uintptr_t)info->si_addr)) {
        /* Act as if there were no handler: the instruction faults again, or the signal is raised
           again. */
        struct sigaction action = { .sa_handler = SIG_DFL };
        sigaction(signal, &action, NULL);
        if (info->si_code <= 0)
            raise(signal);
    }
    errno = error;
}

void os_region_guard_writer(bool (*repair)(uintptr_t address))
{
    struct sigaction action = { .sa_sigaction = on_own_bus_error,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    struct sigaction previous;

    for (size_t i = 0; i < sizeof(repairs) / sizeof(*repairs) && repairs[i] != repair; i++) {
        bool (*none)(uintptr_t address) = NULL;
        if (atomic_compare_exchange_strong(&repairs[i], &none, repair))
            break;
    }
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, NULL, &previous) == 0 && previous.sa_handler == SIG_DFL)
        sigaction(SIGBUS, &action, NULL);
}

/* ---- the reader's side ---------------------------------------------------------------- */

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
    const unsigned char *at = info->si_addr;

    for (struct os_region_mapping *read = guarded ? *guarded : NULL; read; read = read->next) {
        if (!read->memory || at < read->memory || at - read->memory >= (ptrdiff_t)read->size)
            continue;
        /* The whole mapping is replaced by zeros, so there is one fault, whatever was cut off. */
        if (mmap((void *)(uintptr_t)read->memory, read->size, PROT_READ,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
            break;
        read->is_cut = 1;
        return;
    }
    /* The fault is not in a mapping of ours, so the previous handler gets it. */
    if (guard.previous.sa_flags & SA_SIGINFO) {
        guard.previous.sa_sigaction(signal, info, context);
    } else if (guard.previous.sa_handler == SIG_DFL || guard.previous.sa_handler == SIG_IGN) {
        sigaction(SIGBUS, &guard.previous, NULL); /* the instruction faults again */
    } else {
        guard.previous.sa_handler(signal);
    }
}

void os_region_guard_begin(struct os_region_guard *state, struct os_region_mapping *const *mappings)
{
    struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };
    sigset_t bus, old;

    sigemptyset(&action.sa_mask);
    os_lock_acquire(&guard.lock);
    if (guard.users++ == 0)
        sigaction(SIGBUS, &action, &guard.previous);
    os_lock_release(&guard.lock);
    sigemptyset(&bus);
    sigaddset(&bus, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &bus, &old);
    state->was_blocked = sigismember(&old, SIGBUS) == 1;
    state->outer = guarded;
    guarded = mappings;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void os_region_guard_end(struct os_region_guard *state)
{
    struct sigaction current;
    sigset_t bus;

    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    guarded = state->outer;
    if (state->was_blocked) {
        sigemptyset(&bus);
        sigaddset(&bus, SIGBUS);
        pthread_sigmask(SIG_BLOCK, &bus, NULL);
    }
    os_lock_acquire(&guard.lock);
    /* A handler that was installed over ours meanwhile stays. */
    if (--guard.users == 0 && sigaction(SIGBUS, NULL, &current) == 0 &&
        current.sa_sigaction == on_bus_error)
        sigaction(SIGBUS, &guard.previous, NULL);
    os_lock_release(&guard.lock);
}
