/* SPDX-License-Identifier: MIT
 *
 * The whole command `perfharness check` of heapctrs with five heaps, natively, from its start to
 * its end.
 *
 *     bench_check [--json]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"
#include "heaptracker.h"

enum { ROUNDS = 5, HEAPS = 5 };

extern char **environ;

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds of one check. */
static double run(void)
{
    static const char *const arguments[] = { "build/native/perfharness", "check",
                                             "build/native/heapctrs.so", NULL };
    posix_spawn_file_actions_t actions;
    const double begin = now_ms();
    pid_t process;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&process, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments,
                    environ) ||
        waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "bench_check: %s failed\n", arguments[0]);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return now_ms() - begin;
}

int main(int argc, char *argv[])
{
    double times[ROUNDS];

    bench_begin(argc, argv, "check", "The command perfharness check, heapctrs with five heaps");
    for (int i = 0; i < HEAPS; i++)
        heap_tracker_allocate(heap_tracker_open("pool", NULL), (void *)(uintptr_t)(64 + i), 1000);
    for (int i = 0; i < ROUNDS; i++)
        times[i] = run();
    bench_figure("perfharness check", bench_median(times, ROUNDS), "ms", 1000,
                 "so that a build may check its provider every time",
                 "some 3000 calls in another process, its starts, the waits after unloading");
    return bench_end();
}
