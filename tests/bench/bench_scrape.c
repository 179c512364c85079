/* SPDX-License-Identifier: MIT
 *
 * What `perfharness serve` costs its host: CPU time of the server and of the provider's process for
 * each scrape of 50 and 1,000 heaps in one process, without the connection's own. printf of as many
 * lines in this process is the physical limit of an answer that is text.
 *
 *     bench_scrape [--json]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"
#include "heaptracker.h"

enum { FEW_HEAPS = 50, MANY_HEAPS = 1000, SCRAPES = 100 };

extern char **environ;

static double cpu_ms(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_scrape: %s failed\n", what);
    exit(2);
}

/* Start the server. Returns its process; `port` is where it listens. */
static pid_t start(unsigned *port)
{
    const char *const arguments[] = { "build/native/perfharness",
                                      "--registry",
                                      "registry/heapctrs.reg",
                                      "serve",
                                      "--listen",
                                      "127.0.0.1:0",
                                      NULL };
    posix_spawn_file_actions_t actions;
    char line[200];
    pid_t process;
    int ends[2];
    FILE *from;

    if (pipe(ends) != 0)
        fail("pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    if (posix_spawn(&process, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments, environ))
        fail(arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    from = fdopen(ends[0], "r"); /* it stays open: the server may write messages */
    if (!from || !fgets(line, sizeof(line), from) ||
        sscanf(line, "perfharness: serving http://127.0.0.1:%u/", port) != 1)
        fail("perfharness serve");
    return process;
}

/* Scrape once. Returns the number of lines. */
static size_t scrape(unsigned port)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static char part[1 << 16];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    size_t lines = 0;
    ssize_t size;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection < 0 || connect(connection, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        send(connection, request, sizeof(request) - 1, 0) != (ssize_t)sizeof(request) - 1)
        fail("a connection");
    while ((size = recv(connection, part, sizeof(part), 0)) > 0)
        for (ssize_t i = 0; i < size; i++)
            lines += part[i] == '\n';
    close(connection);
    return lines;
}

/* Milliseconds of CPU of a server, and of its children, that answers so many scrapes. */
static double cost_of_server(int scrapes, size_t *lines)
{
    const double begin = cpu_ms(RUSAGE_CHILDREN);
    unsigned port;
    const pid_t server = start(&port);
    int status;

    for (int i = 0; i < scrapes; i++)
        *lines = scrape(port);
    kill(server, SIGINT);
    if (waitpid(server, &status, 0) != server || !WIFEXITED(status) || WEXITSTATUS(status))
        fail("the end of perfharness serve");
    return cpu_ms(RUSAGE_CHILDREN) - begin;
}

/* The same for each scrape, without start and end. */
static double cost_of_scrape(size_t *lines)
{
    const double once = cost_of_server(1, lines);

    return (cost_of_server(SCRAPES + 1, lines) - once) / SCRAPES;
}

/* Milliseconds of CPU for as many lines by printf. */
static double cost_of_printf(size_t lines)
{
    static char text[256];
    const double begin = cpu_ms(RUSAGE_SELF);

    for (int i = 0; i < SCRAPES; i++)
        for (size_t line = 0; line < lines; line++)
            snprintf(text, sizeof(text), "%s{process=\"%s\",pid=\"%u\",heap=\"%s\"} %" PRIu64 "\n",
                     "custom_heap_allocated_bytes_total", "bench_scrape", (unsigned)line, "pool",
                     (uint64_t)line * 1000003);
    return (cpu_ms(RUSAGE_SELF) - begin) / SCRAPES;
}

int main(int argc, char *argv[])
{
    static const size_t counts[] = { FEW_HEAPS, MANY_HEAPS };
    size_t opened = 0, lines = 0;
    char name[64];

    bench_begin(argc, argv, "scrape", "CPU of perfharness serve for one scrape of heapctrs");
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        for (; opened < counts[i]; opened++) {
            char pool[32];

            snprintf(pool, sizeof(pool), "pool%zu", opened);
            heap_tracker_allocate(heap_tracker_open(pool, NULL),
                                  (void *)(uintptr_t)(64 * opened + 64), 100);
        }
        const double cost = cost_of_scrape(&lines);
        const double limit = cost_of_printf(lines);

        snprintf(name, sizeof(name), "%zu heaps: lines of a scrape", counts[i]);
        bench_figure(name, (double)lines, "", 0, "", "");
        snprintf(name, sizeof(name), "%zu heaps: a scrape", counts[i]);
        bench_figure(name, cost, "ms", 0, "server and provider, uncompressed", "");
        snprintf(name, sizeof(name), "%zu heaps: for each heap", counts[i]);
        bench_figure(name, cost * 1000 / (double)counts[i], "us", 0, "", "");
        snprintf(name, sizeof(name), "%zu heaps: share of a core at 1 s", counts[i]);
        bench_figure(name, cost / 10, "%", 0, "a scrape each second", "");
        snprintf(name, sizeof(name), "%zu heaps: times printf", counts[i]);
        bench_figure(name, cost / limit, "x", i ? 5 : 10, "printf of as many lines",
                     "a query in the provider's process, decoding, HTTP; constant parts dominate "
                     "with few heaps");
    }
    return bench_end();
}
