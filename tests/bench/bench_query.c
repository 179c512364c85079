/* SPDX-License-Identifier: MIT
 *
 * The whole command `perfharness query --raw-values` for one small provider, compared with a program
 * that only starts and ends. Without the option a query waits a second between two samples. A query
 * starts the program twice, because the provider has a process of its own.
 *
 *     bench_query [--json]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 101 };

extern char **environ;

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds from the start of a program to its end. */
static double run(const char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    const double begin = now_ms();
    pid_t process;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&process, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments,
                    environ) ||
        waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "bench_query: %s failed\n", arguments[0]);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return now_ms() - begin;
}

int main(int argc, char *argv[])
{
    static const char program[] = "build/native/perfharness";
    static const char *const commands[][4] = { { "/bin/true" },
                                               { program, "--version" },
                                               { program, "query", "--raw-values" } };
    double times[3][ROUNDS], medians[3];

    bench_begin(argc, argv, "query", "The command perfharness query, heapctrs without a publisher");
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < 3; i++)
            times[i][round] = run(commands[i]);
    for (size_t i = 0; i < 3; i++)
        medians[i] = bench_median(times[i], ROUNDS);
    bench_figure("/bin/true", medians[0], "ms", 0, "the physical limit: a process", "");
    bench_figure("perfharness --version", medians[1], "ms", 0, "the program's own start", "");
    bench_figure("perfharness query --raw-values", medians[2], "ms", 5,
                 "so that a script may ask in a loop",
                 "two starts of the program, a registration read, heapctrs loaded");
    return bench_end();
}
