/* SPDX-License-Identifier: MIT
 *
 * What it costs to record every block with its whole stack: a program under libheaptracker-preload.so with
 * HEAPCTRS_PROFILE=1 and a snapshot at its end, compared with the same under heaptrack. The figures are user and
 * system time of the program and of all processes that help it. Rounds alternate, and medians are compared.
 *
 * Programs that are not installed are left out, and the output says so.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 15, BLOCKS = 100000, CHURN_PAIRS = 300000 };

extern char **environ;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* The measured process: 100,000 live blocks that are replaced at random, from a stack of some depth. */
static __attribute__((noinline)) int churn(int depth)
{
    if (depth > 0) {
        int result = churn(depth - 1);
        __asm__ volatile("" ::: "memory");
        return result;
    }
    void **blocks = bench_checked(calloc(BLOCKS, sizeof(*blocks)));
    uint64_t random = UINT64_C(88172645463325252);

    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = bench_checked(malloc(16 + next_random(&random) % 512));
    for (int i = 0; i < CHURN_PAIRS; i++) {
        uint64_t draw = next_random(&random);
        size_t slot = draw % BLOCKS;
        free(blocks[slot]);
        blocks[slot] = malloc(16 + (draw >> 32) % 512);
    }
    return 0;
}

static char *const sqlite[] = {
    "/usr/bin/sqlite3", ":memory:",
    "create table t(a, b); with recursive c(i) as (select 1 union all select i + 1 from c where "
    "i < 100000) insert into t select i, 'row ' || i from c; select count(*) from t where b like "
    "'%7%'; create index x on t(b); select sum(length(b)) from t;",
    NULL
};

struct paths {
    char library[4096], harness[4096], folder[64], snapshot[96], recording[96];
};

static double ms_of(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double children_ms(void)
{
    struct rusage usage;

    getrusage(RUSAGE_CHILDREN, &usage);
    return ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
}

/* Run a program, and return its time with that of its helpers. */
static double run(char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    const double before = children_ms();

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ) ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "bench_heaptrack: %s failed\n", arguments[0]);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return children_ms() - before;
}

/* The same program under heaptrack, which is a script that takes the program's arguments after its own. */
static double run_heaptrack(const struct paths *paths, char *const arguments[])
{
    static char name[] = "heaptrack", option[] = "-o";
    char *all[32] = { name, option, (char *)(uintptr_t)paths->recording };

    for (size_t i = 0; i + 4 < sizeof(all) / sizeof(*all) && arguments[i]; i++)
        all[3 + i] = arguments[i];
    return run(all);
}

static double run_profile(const struct paths *paths, char *const arguments[])
{
    setenv("LD_PRELOAD", paths->library, 1);
    setenv("HEAPCTRS_PROFILE", "1", 1);
    setenv("HEAPCTRS_SNAPSHOT", paths->snapshot, 1);
    const double time = run(arguments);
    unsetenv("LD_PRELOAD");
    unsetenv("HEAPCTRS_PROFILE");
    unsetenv("HEAPCTRS_SNAPSHOT");
    return time;
}

/* What it takes to name the functions of the snapshot: heaptrack's helper does that while it records. */
static double run_names(const struct paths *paths)
{
    static char heaps[] = "heaps", leaks[] = "leaks";
    char *const arguments[] = { (char *)(uintptr_t)paths->harness, heaps, leaks,
                                (char *)(uintptr_t)paths->snapshot, NULL };

    return run(arguments);
}

static void bench_program(const struct paths *paths, const char *name, char *const arguments[],
                          double limit)
{
    double ratios[ROUNDS], with_names[ROUNDS], bare[ROUNDS], theirs[ROUNDS];
    char title[96], between[160];

    if (access(arguments[0], X_OK) != 0) {
        fprintf(stderr, "bench_heaptrack: %s is not installed: left out\n", name);
        return;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        bare[i] = run(arguments);
        theirs[i] = run_heaptrack(paths, arguments);
        const double ours = run_profile(paths, arguments), names = run_names(paths);
        ratios[i] = ours / theirs[i];
        with_names[i] = (ours + names) / theirs[i];
    }
    snprintf(title, sizeof(title), "%s, every block", name);
    snprintf(between, sizeof(between), "bare %.0f ms, heaptrack %.0f ms",
             bench_median(bare, ROUNDS), bench_median(theirs, ROUNDS));
    bench_figure(title, bench_median(ratios, ROUNDS), "x", limit,
                 "of heaptrack's time, with its helpers", between);
    snprintf(title, sizeof(title), "%s, and the names of functions", name);
    bench_figure(title, bench_median(with_names, ROUNDS), "x", 0, "heaps leaks of its snapshot",
                 "");
}

int main(int argc, char *argv[])
{
    static char work[] = "--work", quiet[] = "-quiet", optimise[] = "-O2",
                preprocessed[] = "-fpreprocessed", output[] = "-o", nowhere[] = "/dev/null";
    static struct paths paths = { .folder = "/dev/shm/heapctrs-bench-XXXXXX" };
    char self[4096], compiler[4096], source[96], command[256];

    if (argc > 1 && strcmp(argv[1], work) == 0)
        return churn(15);
    bench_begin(argc, argv, "heaptrack",
                "Every block with its whole stack, against heaptrack: user and system time");
    if (system("command -v heaptrack >/dev/null")) {
        fprintf(stderr, "bench_heaptrack: heaptrack is not installed: left out\n");
        return bench_end();
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0 || !mkdtemp(paths.folder))
        return 2;
    self[length] = 0;
    snprintf(paths.harness, sizeof(paths.harness), "%.4000s", self);
    for (int up = 0; up < 2; up++) /* the products are in the folder above this program's */
        *strrchr(paths.harness, '/') = 0;
    snprintf(paths.library, sizeof(paths.library), "%.4000s/libheaptracker-preload.so",
             paths.harness);
    strcat(paths.harness, "/perfharness");
    snprintf(paths.snapshot, sizeof(paths.snapshot), "%s/snapshot", paths.folder);
    snprintf(paths.recording, sizeof(paths.recording), "%s/heaptrack", paths.folder);
    setenv("HEAPCTRS_DIR", paths.folder, 1);

    char *const churning[] = { self, work, NULL };
    bench_program(&paths, "churn of 100,000 blocks", churning, 0.8);
    bench_program(&paths, "sqlite3", sqlite, 1.0);
    /* The compiler itself: heaptrack does not follow the programs that gcc starts. */
    snprintf(source, sizeof(source), "%s/source.i", paths.folder);
    snprintf(command, sizeof(command),
             "gcc -E -Iprovider/os -Iprovider/os/posix provider/os/image_header.c -o %s", source);
    FILE *pipe = system(command) ? NULL : popen("gcc -print-prog-name=cc1", "r");
    if (pipe && fgets(compiler, sizeof(compiler), pipe)) {
        compiler[strcspn(compiler, "\n")] = 0;
        char *const compiling[] = { compiler, quiet,  optimise, preprocessed,
                                    source,   output, nowhere,  NULL };
        bench_program(&paths, "gcc", compiling, 1.0);
    }
    if (pipe)
        pclose(pipe);
    snprintf(command, sizeof(command), "rm -rf %s", paths.folder);
    return system(command) ? 2 : bench_end();
}
