/* SPDX-License-Identifier: MIT
 *
 * What libheaptracker-preload.so costs where a process or a thread begins: the start of a process, fork
 * with what a child usually does next, and the ratio with several threads against that with one. Each
 * measurement is a process of its own, with and without the library alternately, and medians are compared.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 15, STARTS = 20, FORKS = 200, BLOCKS = 20000, PAIRS = 300000 };

extern char **environ;
static char own_path[4096];

static double us_of(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

/* Processor time of this process and its children: wall time on a busy machine is mostly waiting. */
static double now_us(void)
{
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return us_of(own.ru_utime) + us_of(own.ru_stime) + us_of(children.ru_utime) +
           us_of(children.ru_stime);
}

static void wait_for(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fputs("bench_process: a child failed\n", stderr);
        exit(2);
    }
}

/* /bin/true has no event, so it publishes nothing; a shell has some. */
static double start_processes(bool has_events)
{
    static char *const arguments[2][4] = { { "true", NULL }, { "sh", "-c", ":", NULL } };
    double begin = now_us();

    for (int i = 0; i < STARTS; i++) {
        pid_t child = -1;
        posix_spawn(&child, has_events ? "/bin/sh" : "/bin/true", NULL, NULL, arguments[has_events],
                    environ);
        wait_for(child);
    }
    return (now_us() - begin) / STARTS;
}

/* The child begins to publish with its first event, so a child without one pays for less. */
static double fork_children(char next)
{
    static char *const arguments[] = { "true", NULL };

    free(bench_checked(malloc(100))); /* the parent publishes */
    double begin = now_us();
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (next == 'e') { /* without the library, whose start is another figure */
                static char *const none[] = { NULL };
                execve("/bin/true", arguments, none);
                _exit(1);
            }
            if (next == 'a')
                for (int k = 0; k < 100; k++)
                    free(bench_checked(malloc(100)));
            _exit(0);
        }
        wait_for(child);
    }
    return (now_us() - begin) / FORKS;
}

static void *churn(void *argument)
{
    static void *blocks[4][BLOCKS];
    void **own = blocks[(intptr_t)argument];
    uint64_t random = UINT64_C(88172645463325252) + (uint64_t)(intptr_t)argument;

    for (int i = 0; i < PAIRS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t slot = random % BLOCKS;
        free(own[slot]);
        own[slot] = malloc(16 + (random >> 32) % 512);
    }
    return NULL;
}

/* The time of a pair. */
static double run_threads(int count)
{
    pthread_t threads[4];
    double begin = now_us();

    for (intptr_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, churn, (void *)i))
            exit(2);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return (now_us() - begin) * 1e3 / PAIRS / count;
}

static double measure(const char *environment, const char *work)
{
    char command[3 * 4096];
    double value;

    snprintf(command, sizeof(command), "%s %s --work %s", environment, own_path, work);
    FILE *pipe = popen(command, "r");
    if (!pipe || fscanf(pipe, "%lf", &value) != 1 || pclose(pipe) != 0) {
        fprintf(stderr, "bench_process: %s failed\n", command);
        exit(2);
    }
    return value;
}

static const struct {
    const char *work, *name, *why;
    double limit;   /* of the ratio; 0: none of its own */
    double more_us; /* limit of the difference; 0: none */
} cases[] = {
    { "s", "start of a process", "without an event: what each process pays", 0, 100 },
    { "b", "start of a process that allocates", "it publishes", 0, 100 },
    { "x", "fork and _exit", "the child has no event", 1.3, 0 },
    { "e", "fork and exec of a program without the library", "the child has no event", 1.3, 0 },
    { "a", "fork of a child that allocates", "a region of its own", 2, 0 },
    { "1", "churn in 1 thread", "", 0, 0 },
    { "2", "churn in 2 threads", "against that with one: nothing is shared", 1.05, 0 },
    { "4", "churn in 4 threads", "against that with one: nothing is shared", 1.05, 0 },
};
#define CASES (sizeof(cases) / sizeof(*cases))

int main(int argc, char *argv[])
{
    char folder[] = "/dev/shm/heapctrs-bench-XXXXXX", library[4096], environment[2 * 4096],
         command[64];
    static double ratios[CASES][ROUNDS], more[CASES][ROUNDS];

    if (argc > 2 && strcmp(argv[1], "--work") == 0) {
        const char work = argv[2][0];
        printf("%f\n", work == 's' || work == 'b'   ? start_processes(work == 'b')
                       : work >= '1' && work <= '4' ? run_threads(work - '0')
                                                    : fork_children(work));
        return 0;
    }
    bench_begin(argc, argv, "process", "Processes and threads under libheaptracker-preload.so");
    ssize_t length = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);
    if (length < 0 || !mkdtemp(folder))
        return 2;
    strcpy(library, own_path);
    for (int up = 0; up < 2; up++)
        *strrchr(library, '/') = 0;
    snprintf(environment, sizeof(environment),
             "HEAPCTRS_DIR=%s LD_PRELOAD=%s/libheaptracker-preload.so", folder, library);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CASES; i++) {
            /* each is the first one in half of the rounds: that may cost memory that the system has to find */
            const double first = measure(round % 2 ? environment : "", cases[i].work);
            const double second = measure(round % 2 ? "" : environment, cases[i].work);
            const double bare = round % 2 ? second : first;
            const double with = round % 2 ? first : second;
            more[i][round] = with - bare;
            ratios[i][round] = with / bare;
            if (cases[i].work[0] == '2' || cases[i].work[0] == '4')
                ratios[i][round] /= ratios[cases[i].work[0] == '2' ? i - 1 : i - 2][round];
        }
    for (size_t i = 0; i < CASES; i++)
        if (cases[i].more_us != 0)
            bench_figure(cases[i].name, bench_median(more[i], ROUNDS), "us", cases[i].more_us,
                         cases[i].why, "loading the library, and a region");
        else
            bench_figure(cases[i].name, bench_median(ratios[i], ROUNDS), "x", cases[i].limit,
                         cases[i].why, "locks around fork, and the counts of the tracker");
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : bench_end();
}
