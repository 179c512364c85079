/* SPDX-License-Identifier: MIT
 *
 * The output of a bench: one figure per line, with its limit, whether the limit is met, why it is
 * the limit, and what makes up the difference. With --json the output is JSON; with BENCH_JSON in
 * the environment JSON is also written to that file. Helpers that every bench needs are here, too.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bench_as_json, bench_is_first = true, bench_has_missed;
static FILE *bench_json; /* NULL: no such file is written */

/** Begin the output. `about` says what is compared with what. */
static inline void bench_begin(int argc, char *argv[], const char *bench, const char *about)
{
    bench_as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    const char *path = getenv("BENCH_JSON");
    bench_json = bench_as_json ? stdout : path && *path ? fopen(path, "w") : NULL;
    if (path && *path && !bench_json) {
        fprintf(stderr, "bench_%s: cannot write %s, which BENCH_JSON names\n", bench, path);
        exit(2);
    }
    if (bench_json)
        fprintf(bench_json, "{ \"bench\": \"%s\", \"about\": \"%s\", \"figures\": [\n", bench,
                about);
    if (!bench_as_json)
        printf("%s\n", about);
}

/**
 * Write one figure.
 *
 * @param limit    0: it has no limit and explains other figures
 * @param why      why that is the limit, or what the figure means
 * @param between  what makes up the difference between the figure and its limit; "" without a limit
 */
static inline void bench_figure(const char *name, double value, const char *unit, double limit,
                                const char *why, const char *between)
{
    bool is_met = limit == 0 || value <= limit;

    bench_has_missed = bench_has_missed || !is_met;
    if (bench_json) {
        fprintf(bench_json,
                "%s  { \"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"limit\": ",
                bench_is_first ? "" : ",\n", name, value, unit);
        if (limit == 0)
            fprintf(bench_json, "null, \"met\": null");
        else
            fprintf(bench_json, "%.3f, \"met\": %s", limit, is_met ? "true" : "false");
        fprintf(bench_json, ", \"why\": \"%s\", \"between\": \"%s\" }", why, between);
    }
    if (!bench_as_json) {
        char bound[32] = "";
        if (limit != 0)
            snprintf(bound, sizeof(bound), "<= %g", limit);
        printf("  %-44s %10.2f %-5s %-8s %-6s %s\n", name, value, unit, bound,
               limit == 0 ? ""
               : is_met   ? "pass"
                          : "MISS",
               why);
        if (limit != 0 && *between)
            printf("  %-44s %s\n", "", between);
    }
    bench_is_first = false;
    fflush(stdout);
}

/** End the output. Returns the exit status: 1 if a limit was missed. */
static inline int bench_end(void)
{
    if (bench_json) {
        fprintf(bench_json, "\n] }\n");
        fclose(bench_json);
    }
    return bench_has_missed;
}

static inline int bench_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/** The median. This sorts the values. */
static inline double bench_median(double values[], size_t count)
{
    qsort(values, count, sizeof(*values), bench_compare);
    return values[count / 2];
}

/** Return the memory; end the program if memory is exhausted. */
static inline void *bench_checked(void *memory)
{
    if (!memory) {
        fputs("bench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

#endif /* BENCH_RESULT_H */
