/* SPDX-License-Identifier: MIT
 *
 * Trials run in worker processes: a provider that crashes or hangs ends a worker, not the program.
 * The results are in shared memory, so that what a crashed trial has observed is kept.
 */
#ifndef TRUTH_WORKER_H
#define TRUTH_WORKER_H

#include <stdbool.h>

#include "trial.h"
#include "wintypes.h"

/** The states of all rows of trials.def, in their order. */
struct truth_results {
    LONG current; /* the row that is running */
    LONG is_done[1024];
    struct trial trials[1]; /* trial_row_count of them */
};

/** Create the results; NULL if there is no memory. They live as long as the process. */
struct truth_results *truth_worker_results(void);

/**
 * Run the selected rows in workers. From now on what this process starts ends with it, so the guard is started
 * before.
 *
 * @param selected    one flag for each row
 * @param time_ms     limit; rows that have not run by then count as not possible
 */
void truth_worker_run_all(struct truth_results *results, const bool *selected, DWORD time_ms);

/**
 * The main function of a worker. Its arguments are the handle of the results, the first row, the row after the
 * last, and a handle of the program: the worker ends with it, even in the middle of a trial.
 */
int truth_worker_main(int argc, char **argv);

/**
 * Start a process that calls truth_service_remove if this one is ended. Returns false if it cannot
 * start.
 */
bool truth_worker_start_guard(void);

/** End the guard, because this process has undone everything itself. */
void truth_worker_end_guard(void);

/** The main function of the guard. */
int truth_worker_guard_main(int argc, char **argv);

#endif /* TRUTH_WORKER_H */
