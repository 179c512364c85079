/* SPDX-License-Identifier: MIT
 *
 * Counts its own calls of malloc and its family, and shares no code with the tracker. It runs under
 * the preload library; tests/tracker/accountant.t compares.
 *
 *     accountant_posix PHASE EVENTS
 *
 * It prints "ready PID". After each byte of stdin it causes that many events, and prints how many
 * blocks it has allocated, freed and resized since "ready", how many bytes it has requested, and
 * how many requests failed. After "ready" nothing else in it allocates: it does not use stdio, and
 * all threads have been started.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, SLOTS = 4096 };

struct counts {
    _Alignas(64) uint64_t allocations, frees, resizes, requested, resized, failures;
    uint64_t seed;
};

static struct counts books[THREADS];
/* blocks of all threads: each thread may free those of others */
static _Atomic(void *) slots[SLOTS];
static size_t same_size; /* of every block; 0: sizes at random */
static pthread_barrier_t begin, end;
static uint64_t events_per_turn;

static uint64_t next_random(struct counts *book)
{
    book->seed = book->seed * 6364136223846793005u + 1442695040888963407u;
    return book->seed >> 33;
}

static void *count_allocation(struct counts *book, void *block, size_t size)
{
    book->allocations += block != NULL;
    book->requested += block ? size : 0;
    book->failures += block == NULL;
    return block;
}

static void *allocate(struct counts *book, size_t size, unsigned how)
{
    void *block = NULL;

    switch (how % 5) {
    case 0:
        return count_allocation(book, calloc(3, size), 3 * size);
    case 1:
        if (posix_memalign(&block, 64, size))
            block = NULL;
        return count_allocation(book, block, size);
    case 2:
        return count_allocation(book, realloc(NULL, size), size);
    default:
        return count_allocation(book, malloc(size), size);
    }
}

static void release(struct counts *book, void *block)
{
    book->frees += block != NULL;
    free(block);
}

static void one_event(struct counts *book)
{
    uint64_t random = next_random(book);
    size_t size = same_size ? same_size : 1 + random % 1999;
    _Atomic(void *) *slot = &slots[(random >> 11) % SLOTS];
    void *old = atomic_exchange(slot, NULL);

    if (old && random % 7 == 0) {
        void *moved = realloc(old, size);
        book->resizes += moved != NULL;
        book->resized += moved ? size : 0;
        book->failures += moved == NULL;
        old = atomic_exchange(slot, moved ? moved : old);
    } else if (!old) {
        old = atomic_exchange(slot, allocate(book, size, same_size ? 3 : (unsigned)(random >> 23)));
    }
    release(book, old);
}

static void some_events(struct counts *book, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        one_event(book);
}

static void *thread(void *argument)
{
    struct counts *book = argument;

    for (;;) {
        pthread_barrier_wait(&begin);
        some_events(book, events_per_turn / THREADS);
        pthread_barrier_wait(&end);
    }
    return NULL;
}

static void turn_threads(void)
{
    pthread_barrier_wait(&begin);
    some_events(&books[0], events_per_turn / THREADS);
    pthread_barrier_wait(&end);
}

/* Every block has one size, so that bytes and counts prove each other. */
static void turn_alike(void)
{
    same_size = 96;
    turn_threads();
}

static void turn_single(void)
{
    some_events(&books[0], events_per_turn);
}

__attribute__((noinline)) static pid_t start_by_vfork(void)
{
    pid_t child = vfork();

    if (child == 0) {
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    return child;
}

/* Start children that have events of their own, which do not count for this process. */
static void turn_children(void)
{
    struct counts childs = { 0 };

    for (int i = 0; i < 12; i++) {
        some_events(&books[0], events_per_turn / 12);
        pid_t child = i % 3 == 0   ? fork()
                      : i % 3 == 1 ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)
                                   : start_by_vfork();
        if (child == 0) {
            some_events(&childs, 1000);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

static sigjmp_buf after_signal;

static void on_signal(int signal)
{
    release(&books[0], allocate(&books[0], 24, 3));
    if (signal == SIGUSR2)
        siglongjmp(after_signal, 1);
}

__attribute__((noinline)) static void raise_and_come_back(int signal)
{
    if (sigsetjmp(after_signal, 1) == 0)
        raise(signal);
}

static void turn_signals(void)
{
    for (int i = 0; i < 200; i++) {
        some_events(&books[0], events_per_turn / 200);
        raise_and_come_back(i % 2 ? SIGUSR1 : SIGUSR2);
    }
}

/* Make requests that fail, between others. */
static void turn_limit(void)
{
    struct rlimit limit = { (rlim_t)1 << 32, RLIM_INFINITY };

    setrlimit(RLIMIT_AS, &limit);
    for (int i = 0; i < 200; i++) {
        some_events(&books[0], events_per_turn / 200);
        release(&books[0], allocate(&books[0], (size_t)1 << 33, 3));
    }
}

static void turn_chroot(void)
{
    static int is_done;

    if (!is_done && chroot("/proc/self") == 0)
        is_done = 1;
    turn_threads();
}

/* Confine the process to what malloc and this program need; any other system call ends it. */
static void turn_seccomp(void)
{
    static const int permitted[] = {
        SYS_read,   SYS_write,  SYS_exit_group, SYS_brk,     SYS_mmap,
        SYS_munmap, SYS_mremap, SYS_mprotect,   SYS_madvise, SYS_futex
    };
    enum { CALLS = sizeof(permitted) / sizeof(*permitted) };
    static struct sock_filter filter[2 * CALLS + 2];
    unsigned short count = 0;

    if (filter[0].code == 0) {
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                       offsetof(struct seccomp_data, nr));
        for (size_t i = 0; i < CALLS; i++) {
            filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                           (unsigned)permitted[i], 0, 1);
            filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        }
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        struct sock_fprog program = { .len = count, .filter = filter };
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
            _exit(77); /* this system has no seccomp */
    }
    turn_single();
}

/* Load and unload a library of the C library's package, which is not loaded otherwise. */
static void load_and_unload(void)
{
    void *library = dlopen("libmvec.so.1", RTLD_NOW | RTLD_LOCAL);

    if (!library)
        _exit(4);
    dlclose(library);
}

/* The blocks of the loader are not in the books. It frees all of them. */
static void turn_dlopen(void)
{
    for (int i = 0; i < 20; i++) {
        some_events(&books[0], events_per_turn / 20);
        load_and_unload();
    }
}

static const struct {
    const char *name;
    void (*turn)(void);
    bool has_threads;
} phases[] = {
    { "single", turn_single, false },   { "threads", turn_threads, true },
    { "alike", turn_alike, true },      { "children", turn_children, false },
    { "signals", turn_signals, false }, { "limit", turn_limit, false },
    { "chroot", turn_chroot, true },    { "forked", turn_single, false },
    { "exec", turn_single, false },     { "seccomp", turn_seccomp, false },
    { "dlopen", turn_dlopen, false },
};

static void say_counts(void)
{
    struct counts sum = { 0 };
    char line[160];

    for (int i = 0; i < THREADS; i++) {
        sum.allocations += books[i].allocations;
        sum.frees += books[i].frees;
        sum.resizes += books[i].resizes;
        sum.requested += books[i].requested;
        sum.resized += books[i].resized;
        sum.failures += books[i].failures;
    }
    int length = snprintf(line, sizeof(line), "%llu %llu %llu %llu %llu %llu\n",
                          (unsigned long long)sum.allocations, (unsigned long long)sum.frees,
                          (unsigned long long)sum.resizes, (unsigned long long)sum.requested,
                          (unsigned long long)sum.resized, (unsigned long long)sum.failures);
    if (write(1, line, (size_t)length) != length)
        _exit(3);
}

int main(int argc, char **argv)
{
    void (*turn)(void) = NULL;
    bool has_threads = false;
    pthread_t id;
    char line[32], byte;

    for (size_t i = 0; argc == 3 && i < sizeof(phases) / sizeof(*phases); i++)
        if (strcmp(argv[1], phases[i].name) == 0) {
            turn = phases[i].turn;
            has_threads = phases[i].has_threads;
        }
    if (!turn)
        return 2;
    events_per_turn = strtoull(argv[2], NULL, 10);
    for (int i = 0; i < THREADS; i++)
        books[i].seed = (uint64_t)i + 1;
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    if (strcmp(argv[1], "forked") == 0) {
        some_events(&books[0], 1000);
        pid_t child = fork();
        if (child != 0)
            return waitpid(child, NULL, 0) == child ? 0 : 3;
        memset(books, 0, sizeof(books));
    }
    if (strcmp(argv[1], "exec") == 0) { /* the new program has the same process id */
        char single[] = "single";
        char *again[] = { argv[0], single, argv[2], NULL };
        some_events(&books[0], 1000);
        execv("/proc/self/exe", again);
        return 3;
    }
    void *volatile block = malloc(1); /* a process publishes with its first event */
    free(block);
    if (turn == turn_dlopen)
        for (int i = 0; i < 3; i++) /* the loader keeps some memory of the first time */
            load_and_unload();
    pthread_barrier_init(&begin, NULL, THREADS);
    pthread_barrier_init(&end, NULL, THREADS);
    for (int i = 1; has_threads && i < THREADS; i++)
        pthread_create(&id, NULL, thread, &books[i]);
    int length = snprintf(line, sizeof(line), "ready %ld\n", (long)getpid());
    if (write(1, line, (size_t)length) != length)
        return 3;
    while (read(0, &byte, 1) == 1) {
        turn();
        say_counts();
    }
    quick_exit(0);
}
