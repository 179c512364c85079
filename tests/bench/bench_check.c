/* SPDX-License-Identifier: MIT
 *
 * The command `perfharness check` of a sound provider with five instances, natively, and under Wine where
 * that is installed and built. The time is that of the report, so that Wine's start is not in it. Natively
 * heapctrs with five heaps is checked, too: its costly object takes a snapshot of each process.
 *
 *     bench_check [--json]
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_result.h"
#include "heaptracker.h"

enum { ROUNDS = 5, HEAPS = 5 };

/* Milliseconds of one check, from the last line of its text: "2833 calls, 178 answers examined, 0.4 s". */
static double run(const char *command)
{
    char line[512], last[512] = "";
    FILE *output = popen(command, "r");
    const char *comma;
    double seconds;

    while (output && fgets(line, sizeof(line), output))
        if (strstr(line, "answers examined"))
            memcpy(last, line, sizeof(last));
    comma = strrchr(last, ',');
    if (!output || pclose(output) || !comma || sscanf(comma, ", %lf s", &seconds) != 1) {
        fprintf(stderr, "bench_check: %s failed\n", command);
        exit(2);
    }
    return seconds * 1e3;
}

static void measure(const char *name, const char *command, double limit_ms, const char *why)
{
    double times[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        times[i] = run(command);
    bench_figure(name, bench_median(times, ROUNDS), "ms", limit_ms, why,
                 "some 3000 calls in another process, its starts, the waits after unloading");
}

int main(int argc, char *argv[])
{
    bench_begin(argc, argv, "check", "The command perfharness check, on a quiet machine");
    measure("sound provider, five instances",
            "build/native/perfharness check build/native/faulty/sound_five.so", 1000,
            "so that a build may check its provider every time");
    if (access("build/win64/faulty/sound_five.dll", R_OK) == 0 &&
        system("type wine >/dev/null 2>&1") == 0)
        measure("the same, under Wine",
                "scripts/wine-prefix wine build/win64/perfharness.exe check "
                "build/win64/faulty/sound_five.dll",
                6000, "each call crosses two processes and Wine's server");
    for (int i = 0; i < HEAPS; i++)
        heap_tracker_allocate(heap_tracker_open("pool", NULL), (void *)(uintptr_t)(64 + i), 1000);
    measure("heapctrs, five heaps", "build/native/perfharness check build/native/heapctrs.so", 5000,
            "its costly object takes a snapshot of a process each time");
    return bench_end();
}
