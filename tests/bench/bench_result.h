/* SPDX-License-Identifier: MIT
 *
 * How a bench says what it measured: one figure a line, with its limit, whether it is met, why that
 * is the limit, and what lies between. With --json the same as JSON instead, and with BENCH_JSON in
 * the environment as JSON into that file as well. And the few helpers that every bench needs.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bench_as_json, bench_is_first = true, bench_has_missed;
static FILE *bench_json; /* NULL: none is wanted */

/** Begin: `about` says what is measured against what. */
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
 * One figure.
 *
 * @param limit    0: it has none of its own, it explains others
 * @param why      why that is the limit, or what the figure means
 * @param between  what lies between the figure and its limit; "" without one
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

/** End; the exit status: 1 when a limit was missed. */
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

/** The middle one; sorts them. */
static inline double bench_median(double values[], size_t count)
{
    qsort(values, count, sizeof(*values), bench_compare);
    return values[count / 2];
}

/** Memory or the end. */
static inline void *bench_checked(void *memory)
{
    if (!memory) {
        fputs("bench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

#endif /* BENCH_RESULT_H */
