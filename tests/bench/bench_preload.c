/* SPDX-License-Identifier: MIT
 *
 * What libheaptracker-preload.so costs real programs: each program runs with and without it
 * alternately, and the medians are compared. The limits are ratios of user and system time at which a
 * user leaves the library on. The difference consists of the events, each as expensive as bench_churn
 * says, and of the start of each process, which bench_process measures.
 *
 * redis is a server that answers redis-benchmark, in two ways. By default a client of redis-benchmark waits
 * for each answer, so the server receives and sends for each request, and has about 6 events in each
 * microsecond of its time. Most clients of servers do that, and the limit is for it. If a client sends 16
 * requests at once, the server receives and sends a 16th as often, and has about 16 events in a microsecond:
 * the densest load of a real program that we know. The ratio is then well above 1.03, which would leave 2 ns
 * for each event, cache misses included. We have no goal for it that we could keep, so its row has no limit:
 * it shows what such a load costs.
 *
 * Programs that are not installed are left out, and the output says so.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"

/* Rounds of each program: at least FEW_ROUNDS, more while there is time, because runs vary by a
   tenth. */
enum { FEW_ROUNDS = 15, MOST_ROUNDS = 101, PATIENCE_MS = 12000 };

extern char **environ;

struct program {
    const char *name;
    const char *paths[3]; /* the first of these that exists is run */
    char *const *arguments;
    double limit;   /* of user and system time, as a ratio; 0: none, see the text above */
    bool is_server; /* its time is in the file redis-cpu */
};

static char *const nothing[] = { "true", NULL };
static char *const python[] = {
    "python3", "-c",
    "import json\n"
    "rows = [{'id': i, 'name': 'row %d' % i, 'tags': ['a' * (i % 50)]} for i in range(60000)]\n"
    "text = json.dumps(rows)\n"
    "assert len(json.loads(text)) == 60000\n",
    NULL
};
static char *const sqlite[] = {
    "sqlite3", ":memory:",
    "create table t(a, b); with recursive c(i) as (select 1 union all select i + 1 from c where "
    "i < 100000) insert into t select i, 'row ' || i from c; select count(*) from t where b like "
    "'%7%'; create index x on t(b); select sum(length(b)) from t;",
    NULL
};
static char *const compiler[] = { "gcc",
                                  "-std=c11",
                                  "-O2",
                                  "-Iinclude",
                                  "-Iprovider/os",
                                  "-Iprovider/os/posix",
                                  "-Iprovider/tracker",
                                  "-c",
                                  "provider/tracker/address_map.c",
                                  "-o",
                                  "/dev/null",
                                  NULL };

/* The server reports its own time: the client's does not count. The arguments are for redis-benchmark. */
static char serve[] =
    "library=$LD_PRELOAD; unset LD_PRELOAD; socket=$HEAPCTRS_DIR/redis.$$\n"
    "LD_PRELOAD=$library redis-server --port 0 --unixsocket $socket --save '' --dir $HEAPCTRS_DIR "
    "--shutdown-timeout 0 >/dev/null & server=$!\n"
    "until redis-cli -s $socket ping >/dev/null 2>&1; do :; done\n"
    "redis-benchmark -s $socket -r 20000 -d 200 -t set,get,lpush,lpop,hset -q \"$@\" >/dev/null\n"
    "redis-cli -s $socket info cpu | tr -d '\\r' | grep -E '^used_cpu_(user|sys):' "
    ">$HEAPCTRS_DIR/redis-cpu\n"
    "redis-cli -s $socket shutdown nosave; wait $server; exit 0\n";
static char *const redis_one[] = { "sh", "-c", serve, "sh", "-n", "15000", NULL };
static char *const redis_many[] = { "sh", "-c", serve, "sh", "-n", "60000",
                                    "-P", "16", "-c",  "4",  NULL };

static const struct program programs[] = {
    { "true", { "/bin/true" }, nothing, 0, false },
    { "python3", { "/usr/bin/python3.11", "/usr/bin/python3" }, python, 1.06, false },
    { "sqlite3", { "/usr/bin/sqlite3" }, sqlite, 1.03, false },
    { "gcc", { "/usr/bin/gcc" }, compiler, 1.03, false },
    { "redis, a request at a time", { "/bin/sh" }, redis_one, 1.03, true },
    { "redis, 16 requests at once", { "/bin/sh" }, redis_many, 0, true },
};

static const char *path_of(const struct program *program)
{
    for (int i = 0; i < 3 && program->paths[i]; i++)
        if (access(program->paths[i], X_OK) == 0)
            return program->paths[i];
    return NULL;
}

struct cost {
    double wall, processor; /* ms */
};

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

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

static struct cost run(const char *path, char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    double processor = children_ms(), start = now_ms();

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&child, path, &actions, NULL, arguments, environ) ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "bench_preload: %s failed\n", path);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return (struct cost){ now_ms() - start, children_ms() - processor };
}

/* The user and system time that redis reported. */
static double server_ms(void)
{
    char path[256];
    double sum = 0, seconds;

    snprintf(path, sizeof(path), "%s/redis-cpu", getenv("HEAPCTRS_DIR"));
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%*[^:]:%lf ", &seconds) == 1)
        sum += seconds * 1e3;
    if (file)
        fclose(file);
    if (sum == 0) {
        fputs("bench_preload: redis reported no time\n", stderr);
        exit(2);
    }
    return sum;
}

static struct cost run_program(const struct program *program, const char *path)
{
    struct cost cost = run(path, program->arguments);

    if (program->is_server)
        cost.processor = server_ms();
    return cost;
}

/* Allocations and frees of a run in all of its processes, in thousands. */
static double events_of(const char *path, char *const arguments[], const char *summary)
{
    char line[512];
    double events = 0;

    setenv("HEAPCTRS_SUMMARY", summary, 1);
    run(path, arguments);
    unsetenv("HEAPCTRS_SUMMARY");
    FILE *file = fopen(summary, "r");
    while (file && fgets(line, sizeof(line), file)) {
        unsigned long long allocations, frees;
        const char *at = strstr(line, ": total heap usage: ");
        if (at &&
            sscanf(at, ": total heap usage: %llu allocs, %llu frees", &allocations, &frees) == 2)
            events += (double)(allocations + frees) / 1e3;
    }
    if (file)
        fclose(file);
    unlink(summary);
    return events;
}

static void bench_program(const struct program *program, const char *library, const char *summary)
{
    double walls[MOST_ROUNDS], processors[MOST_ROUNDS], bare[MOST_ROUNDS], more[MOST_ROUNDS];
    char name[64], between[160];
    const char *path = path_of(program);

    if (!path || (program->is_server && access("/usr/bin/redis-server", X_OK) != 0)) {
        fprintf(stderr, "bench_preload: %s is not installed: left out\n", program->name);
        return;
    }
    setenv("LD_PRELOAD", library, 1);
    double events = events_of(path, program->arguments, summary);
    const double begin = now_ms();
    size_t rounds = 0;
    for (; rounds < MOST_ROUNDS && (rounds < FEW_ROUNDS || now_ms() - begin < PATIENCE_MS);
         rounds++) {
        unsetenv("LD_PRELOAD");
        struct cost without = run_program(program, path);
        setenv("LD_PRELOAD", library, 1);
        struct cost with = run_program(program, path);
        walls[rounds] = with.wall / without.wall;
        processors[rounds] = with.processor / without.processor;
        bare[rounds] = without.wall;
        more[rounds] = with.wall - without.wall;
    }
    unsetenv("LD_PRELOAD");
    bool is_nothing = program->arguments == nothing;
    double extra = bench_median(more, rounds);
    snprintf(name, sizeof(name), "%s, more wall time", program->name);
    bench_figure(name, extra, "ms", 0, is_nothing ? "what each process pays" : "", "");
    if (is_nothing)
        return;
    snprintf(name, sizeof(name), "%s, processor time", program->name);
    snprintf(between, sizeof(between), "between: %.0f thousand events, and the start", events);
    bench_figure(name, bench_median(processors, rounds), "x", program->limit,
                 program->limit > 0 ? "what costs more is not left on"
                                    : "the densest load, without a limit",
                 between);
    snprintf(name, sizeof(name), "%s, wall time", program->name);
    snprintf(between, sizeof(between), "between: %.0f thousand events in %.0f ms, %.0f ns each",
             events, bench_median(bare, rounds), events > 0 ? extra * 1e3 / events : 0);
    bench_figure(name, bench_median(walls, rounds), "x", 0, between, "");
}

int main(int argc, char *argv[])
{
    char folder[] = "/dev/shm/heapctrs-bench-XXXXXX", library[4096], summary[64], command[64];

    bench_begin(argc, argv, "preload",
                "Real programs under libheaptracker-preload.so against the same without it");
    /* The library is in the folder beside this program's. */
    ssize_t length = readlink("/proc/self/exe", library, sizeof(library) - 64);
    if (length < 0 || !mkdtemp(folder))
        return 2;
    library[length] = 0;
    for (int up = 0; up < 2; up++)
        *strrchr(library, '/') = 0;
    strcat(library, "/libheaptracker-preload.so");
    setenv("HEAPCTRS_DIR", folder, 1);
    snprintf(summary, sizeof(summary), "%s/summary", folder);
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        bench_program(&programs[i], library, summary);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : bench_end();
}
