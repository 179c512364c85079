/* SPDX-License-Identifier: MIT
 *
 * What a program may do while the tracker is loaded in it: confine itself, make children without
 * fork, have faults and handlers of its own. It runs under the preload library.
 *
 *     host_program_posix seccomp   exits while only its own system calls are permitted
 *     host_program_posix clone     allocates in a child of a bare clone()
 *     host_program_posix interrupt forks in a signal handler, often in the middle of malloc and free
 *     host_program_posix fault     touches a page of its own file that is cut off: SIGBUS
 *     host_program_posix raise     sends itself SIGBUS
 *     host_program_posix loop      for each line of stdin: allocates and frees, prints "done"
 *     host_program_posix drop      the same, without its rights as root and in another root folder
 *     host_program_posix handler   the same with its own handler of SIGBUS, which exits with 7
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 2000
#define FORKS 40

static void allocate_and_free(void)
{
    static void *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(16 + i % 700);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

/* Permit only what malloc, exit and this program itself need, and exit. */
static int confine_and_exit(void)
{
    static const int permitted[] = { SYS_write,  SYS_exit_group, SYS_brk,   SYS_mmap,
                                     SYS_munmap, SYS_mremap,     SYS_futex, SYS_mprotect };
    struct sock_filter filter[sizeof(permitted) / sizeof(*permitted) * 2 + 2];
    unsigned short count = 0;

    filter[count++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof(permitted) / sizeof(*permitted); i++) {
        filter[count++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)permitted[i], 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog program = { .len = count, .filter = filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
        return 77; /* this system has no seccomp */
    for (int i = 0; i < 20; i++)
        allocate_and_free();
    return 0;
}

static int allocate_in_clone(void)
{
    int status;
    long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

    if (child == 0) {
        allocate_and_free();
        _exit(0);
    }
    return child > 0 && waitpid((pid_t)child, &status, 0) == child ? WEXITSTATUS(status) : 1;
}

static pid_t forked[FORKS];
static volatile sig_atomic_t fork_count;
static volatile bool is_child;

static void fork_here(int signal)
{
    (void)signal;
    if (is_child || fork_count == FORKS)
        return;
    forked[fork_count] = fork();
    is_child = forked[fork_count] == 0;
    fork_count++;
}

/* Each child goes on where its parent was interrupted. */
static int fork_in_handler(void)
{
    const struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
    int status, result = 0;

    signal(SIGALRM, fork_here);
    setitimer(ITIMER_REAL, &often, NULL);
    while (fork_count < FORKS && !is_child)
        for (int i = 0; i < 1000; i++) {
            void *volatile block = malloc(64);
            free(block);
        }
    if (is_child) {
        allocate_and_free();
        return 0;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    for (int i = 0; i < FORKS; i++)
        if (waitpid(forked[i], &status, 0) != forked[i] || status != 0)
            result = 1;
    return result;
}

static int fault(void)
{
    FILE *file = tmpfile();
    volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);

    return page[0];
}

static void exit_with_7(int signal)
{
    (void)signal;
    _exit(7);
}

static void drop_rights(void)
{
    if (chroot("/proc/self/fdinfo") || setgid(65534) || setuid(65534))
        _exit(77);
}

static int loop(void)
{
    char line[16];

    while (fgets(line, sizeof(line), stdin)) {
        allocate_and_free();
        puts("done");
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";

    allocate_and_free();
    if (strcmp(part, "seccomp") == 0)
        return confine_and_exit();
    if (strcmp(part, "clone") == 0)
        return allocate_in_clone();
    if (strcmp(part, "interrupt") == 0)
        return fork_in_handler();
    if (strcmp(part, "fault") == 0)
        return fault();
    if (strcmp(part, "raise") == 0)
        return raise(SIGBUS);
    if (strcmp(part, "drop") == 0)
        drop_rights();
    if (strcmp(part, "handler") == 0)
        signal(SIGBUS, exit_with_7);
    return loop();
}
