/* SPDX-License-Identifier: MIT
 *
 * child_process.h for Linux: posix_spawn, a memfd for the memory, a pair of sockets for the
 * channel. The child finds its ends at fixed descriptors. The order of functions is that of
 * child_process_win.c.
 */
#define _GNU_SOURCE
#include "child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os.h"

#define CHANNEL 3
#define MEMORY 4
#define FIRST_OWN 16     /* the parent's own descriptors lie above those of the child */
#define WAIT_SLICE_MS 50 /* chosen: how late an end is noticed that closes no channel */
#define OUTPUT_READS 16  /* most reads of output in a row; chosen */
#define MARK "PERFHARNESS_PROVIDER_PROCESS"

extern char **environ;

static size_t whole_pages(size_t size)
{
    size_t page = os_page_size();

    return (size + page - 1) / page * page;
}

/* Move a descriptor out of the way of the child's three; the low one is closed. */
static int lift(int low)
{
    int high = fcntl(low, F_DUPFD_CLOEXEC, FIRST_OWN);
    int error = errno;

    close(low);
    errno = error;
    return high;
}

static DWORD make_channel(int ends[2])
{
    int low[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low))
        return ERROR_TOO_MANY_OPEN_FILES;
    ends[0] = lift(low[0]);
    ends[1] = lift(low[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return ERROR_SUCCESS;
    if (ends[0] >= 0)
        close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return ERROR_TOO_MANY_OPEN_FILES;
}

static DWORD make_memory(struct child_process *link, size_t header_size)
{
    int memory = memfd_create("provider-process", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (memory < 0 || (memory = lift(memory)) < 0)
        return ERROR_TOO_MANY_OPEN_FILES;
    header_size = whole_pages(header_size);
    /* The seals keep the child from shortening memory that the parent reads. */
    if (ftruncate(memory, (off_t)header_size) == 0 &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0) {
        void *header = mmap(NULL, header_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        if (header != MAP_FAILED) {
            link->header = header;
            link->header_size = header_size;
            link->os_memory = memory;
            return ERROR_SUCCESS;
        }
    }
    close(memory);
    return ERROR_NOT_ENOUGH_MEMORY;
}

/* Map the payload, which follows the header. */
static DWORD map_payload(struct child_process *link, size_t size)
{
    void *payload = NULL;

    if (size) {
        payload = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)link->os_memory,
                       (off_t)link->header_size);
        if (payload == MAP_FAILED)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (link->payload_size)
        munmap(link->payload, link->payload_size);
    link->payload = payload;
    link->payload_size = size;
    return ERROR_SUCCESS;
}

/* The environment with the mark of a child. The caller frees it, but not the strings. */
static char **marked_environment(void)
{
    static char mark[] = MARK "=1";
    size_t count = 0;

    while (environ[count])
        count++;
    char **copy = malloc((count + 2) * sizeof(*copy));
    if (!copy)
        return NULL;
    memcpy(copy, environ, count * sizeof(*copy));
    copy[count] = mark;
    copy[count + 1] = NULL;
    return copy;
}

/* ---- processes that left their group ------------------------------------------------------- */

#define OWN_CHILDREN 256 /* most children of this process that are alive at once; chosen */

/* Threads of a collector start and end children at the same time. The lock protects the following. It is
   held while a child is started and entered: a child without an entry counts as escaped and is killed. */
static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t own_children[OWN_CHILDREN];
static unsigned escaped_count;
static bool is_protected;

/* Replace `from` by `to`; 0 is a free entry. */
static void exchange_own(pid_t from, pid_t to)
{
    for (size_t i = 0; i < OWN_CHILDREN; i++)
        if (own_children[i] == from) {
            own_children[i] = to;
            return;
        }
}

static bool is_own(pid_t process)
{
    for (size_t i = 0; i < OWN_CHILDREN; i++)
        if (own_children[i] == process)
            return true;
    return false;
}

/* End the processes that became our children because the ones that started them ended. Only
   those that the signal to the child's group did not reach are counted. */
static void end_escaped(pid_t group)
{
    char path[64];
    unsigned long number;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "re");

    while (list && fscanf(list, "%lu", &number) == 1) {
        const pid_t process = (pid_t)number;

        if (process <= 0 || is_own(process))
            continue;
        escaped_count += getpgid(process) != group;
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (list)
        fclose(list);
}

unsigned child_process_escaped_count(void)
{
    unsigned count;

    pthread_mutex_lock(&own_lock);
    count = escaped_count;
    pthread_mutex_unlock(&own_lock);
    return count;
}

/* Enter the children that this process had before exec, for example from a shell with a process
   substitution. No provider has started them. */
static void note_inherited(void)
{
    char path[64];
    unsigned long number;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "re");

    while (list && fscanf(list, "%lu", &number) == 1)
        exchange_own(0, (pid_t)number);
    if (list)
        fclose(list);
}

/* Defined if a sanitizer looks for leaks: it does so as a debugger of its own process. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* Keep a child of the same user from writing into our memory, with which it could choose what we report.
   The processes that it starts and leaves become our children, so that they are found. */
static void protect_self(void)
{
    pthread_mutex_lock(&own_lock);
    if (!is_protected)
        note_inherited();
    is_protected = true;
    pthread_mutex_unlock(&own_lock);
    if (!__sanitizer_get_current_allocated_bytes)
        prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Whether the program is still at its path. If it is started by that path, ps and the child's
   heaps show the program's name; otherwise they show "exe". */
static bool is_same_program(char *path, size_t size, const char *itself)
{
    struct stat at_path, own;

    return os_program_path(path, size) == ERROR_SUCCESS && stat(path, &at_path) == 0 &&
           stat(itself, &own) == 0 && at_path.st_dev == own.st_dev && at_path.st_ino == own.st_ino;
}

/* Start the program. With `output` -1, stdout and stderr are this process's stderr. */
static DWORD spawn(pid_t *process, int channel, int memory, int output)
{
    static char itself[] = "/proc/self/exe", command[] = CHILD_PROCESS_COMMAND;
    char path[PATH_MAX];
    char *program = is_same_program(path, sizeof(path), itself) ? path : itself;
    char *arguments[] = { program, command, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, standard;
    char **environment = marked_environment();

    if (!environment)
        return ERROR_NOT_ENOUGH_MEMORY;
    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGINT);
    sigaddset(&standard, SIGPIPE); /* as it is in a consumer */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    posix_spawn_file_actions_adddup2(&actions, channel, CHANNEL);
    posix_spawn_file_actions_adddup2(&actions, memory, MEMORY);
    posix_spawnattr_init(&attributes);
    /* A process group of its own: the processes that the provider starts end with it. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    int error = posix_spawn(process, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error == 0        ? ERROR_SUCCESS
           : error == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY
                             : ERROR_GEN_FAILURE;
}

/* ---- the output of the child ----------------------------------------------------------------- */

/* Make a pipe, with the end to read from first. Both ends are -1 if there is no receiver. */
static DWORD make_output(const struct child_output *output, int ends[2])
{
    int low[2];

    ends[0] = ends[1] = -1;
    if (!output->receive)
        return ERROR_SUCCESS;
    if (pipe2(low, O_CLOEXEC))
        return ERROR_TOO_MANY_OPEN_FILES;
    ends[0] = lift(low[0]);
    ends[1] = lift(low[1]);
    if (ends[0] >= 0 && ends[1] >= 0) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        return ERROR_SUCCESS;
    }
    if (ends[0] >= 0)
        close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return ERROR_TOO_MANY_OPEN_FILES;
}

/* Pass on what was written so far. The amount is limited, because the output may never end. */
static void take_output(struct child_process *child)
{
    char bytes[4096];

    for (int i = 0; i < OUTPUT_READS && child->os_output >= 0; i++) {
        const ssize_t got = read((int)child->os_output, bytes, sizeof(bytes));

        if (got > 0) {
            child->output.receive(child->output.context, bytes, (size_t)got);
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        close((int)child->os_output);
        child->os_output = -1;
    }
}

DWORD child_process_start(struct child_process *child, size_t header_size,
                          const struct child_output *output)
{
    struct child_process link = { .is_alive = true, .output = *output };
    int channel[2], ends[2];
    pid_t process;

    if (getenv(MARK))
        return ERROR_NOT_SUPPORTED;
    protect_self();
    DWORD error = make_memory(&link, header_size);
    if (error)
        return error;
    error = make_channel(channel);
    if (error)
        goto free_memory;
    error = make_output(output, ends);
    if (error)
        goto close_channel;
    pthread_mutex_lock(&own_lock);
    error = spawn(&process, channel[1], (int)link.os_memory, ends[1]);
    if (!error)
        exchange_own(0, process);
    pthread_mutex_unlock(&own_lock);
    if (ends[1] >= 0)
        close(ends[1]);
    if (error)
        goto close_output;

    close(channel[1]);
    link.os_process = process;
    link.os_signal = channel[0];
    link.os_output = ends[0];
    *child = link;
    return ERROR_SUCCESS;

close_output:
    if (ends[0] >= 0)
        close(ends[0]);
close_channel:
    close(channel[0]);
    close(channel[1]);
free_memory:
    munmap(link.header, link.header_size);
    close((int)link.os_memory);
    return error;
}

DWORD child_process_grow(struct child_process *child, size_t size)
{
    size = whole_pages(size);
    if (size <= child->payload_size)
        return ERROR_SUCCESS;
    if (ftruncate((int)child->os_memory, (off_t)(child->header_size + size)))
        return ERROR_NOT_ENOUGH_MEMORY;
    return map_payload(child, size);
}

/* Wake the receiver. Errors do not matter: a missing receiver is noticed elsewhere, and bytes in a full
   socket wake it. */
static void notify(int channel)
{
    static const char byte = 1; /* not on the stack, which is in disorder when a thread ends */

    while (send(channel, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
        ;
}

void child_process_notify(struct child_process *child)
{
    notify((int)child->os_signal);
}

/* Whether the child has ended. If so, end what it has started and collect its status. */
static bool has_ended(struct child_process *child, int options, struct child_process_end *end)
{
    pid_t process = (pid_t)child->os_process;
    siginfo_t info = { .si_pid = 0 };
    int status = 0;

    /* The group is ended before the status is collected: until then its number cannot belong to
       another process. */
    while (waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT | options) && errno == EINTR)
        ;
    if (info.si_pid == 0 && options & WNOHANG && kill(process, 0) == 0)
        return false;
    kill(-process, SIGKILL);
    pthread_mutex_lock(&own_lock);
    pid_t found = waitpid(process, &status, WNOHANG);
    exchange_own(process, 0);
    end_escaped(process);
    pthread_mutex_unlock(&own_lock);
    child->is_alive = false;
    end->by_signal = found > 0 && WIFSIGNALED(status);
    end->status = end->by_signal ? (uint32_t)WTERMSIG(status) : (uint32_t)WEXITSTATUS(status);
    return true;
}

/* Like has_ended; the output before the end is passed on first. */
static bool has_ended_with_output(struct child_process *child, int options,
                                  struct child_process_end *end)
{
    const bool is_over = has_ended(child, options, end);

    if (is_over)
        take_output(child);
    return is_over;
}

enum child_process_event child_process_wait(struct child_process *child, uint32_t timeout_ms,
                                            struct child_process_end *end)
{
    uint64_t until = os_clock_ticks() + (uint64_t)timeout_ms * (os_clock_frequency() / 1000);

    for (;;) {
        /* poll ignores a negative descriptor. */
        struct pollfd channels[2] = { { .fd = (int)child->os_signal, .events = POLLIN },
                                      { .fd = (int)child->os_output, .events = POLLIN } };
        uint64_t now = os_clock_ticks();
        uint64_t left = now < until ? (until - now) * 1000 / os_clock_frequency() + 1 : 0;
        int slice = left < WAIT_SLICE_MS ? (int)left : WAIT_SLICE_MS;
        char byte;

        if (poll(channels, 2, slice) <= 0)
            channels[0].revents = channels[1].revents = 0;
        if (channels[1].revents)
            take_output(child);
        if (channels[0].revents) {
            if (channels[0].revents & POLLIN && read(channels[0].fd, &byte, 1) == 1)
                return CHILD_NOTIFIED;
            /* The other end is closed: the child is about to end, or the provider has closed it. */
            for (int i = 0; i < 100; i++) {
                if (has_ended_with_output(child, WNOHANG, end))
                    return CHILD_ENDED;
                os_sleep_ms(1);
            }
            kill((pid_t)child->os_process, SIGKILL);
            has_ended_with_output(child, 0, end);
            return CHILD_ENDED;
        }
        /* A process that the provider started may keep the child's end open after the child has
           ended. */
        if (has_ended_with_output(child, WNOHANG, end))
            return CHILD_ENDED;
        if (left == 0)
            return CHILD_TIMED_OUT;
    }
}

void child_process_release(struct child_process *child)
{
    struct child_process_end end;

    if (child->os_process) {
        if (child->is_alive) {
            kill((pid_t)child->os_process, SIGKILL);
            has_ended(child, 0, &end);
        }
        take_output(child);
        if (child->os_output >= 0)
            close((int)child->os_output);
        close((int)child->os_signal);
        if (child->payload_size)
            munmap(child->payload, child->payload_size);
        munmap(child->header, child->header_size);
        close((int)child->os_memory);
    }
    memset(child, 0, sizeof(*child));
}

DWORD child_process_attach(struct child_process *link, size_t header_size, int argc, char **argv)
{
    struct stat status;

    header_size = whole_pages(header_size);
    if (argc < 2 || strcmp(argv[1], CHILD_PROCESS_COMMAND) != 0)
        return ERROR_NOT_FOUND;
    /* Without these a user has typed the command. */
    if (!getenv(MARK) || fstat(MEMORY, &status) || (size_t)status.st_size < header_size)
        return ERROR_INVALID_PARAMETER;
    void *header = mmap(NULL, header_size, PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY, 0);
    if (header == MAP_FAILED)
        return ERROR_INVALID_PARAMETER;
    fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
    fcntl(MEMORY, F_SETFD, FD_CLOEXEC);
    memset(link, 0, sizeof(*link));
    link->header = header;
    link->header_size = header_size;
    link->os_memory = MEMORY;
    link->os_signal = CHANNEL;
    return ERROR_SUCCESS;
}

bool child_process_wait_for_parent(struct child_process *link)
{
    char byte;
    ssize_t got;

    do
        got = read((int)link->os_signal, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1;
}

void child_process_notify_parent(struct child_process *link)
{
    notify((int)link->os_signal);
}

DWORD child_process_follow(struct child_process *link)
{
    struct stat status;

    if (fstat((int)link->os_memory, &status) || (size_t)status.st_size < link->header_size)
        return ERROR_INVALID_DATA;
    size_t size = (size_t)status.st_size - link->header_size;
    return size == link->payload_size ? ERROR_SUCCESS : map_payload(link, size);
}

void child_process_exit(uint32_t status)
{
    _exit((int)status);
}
