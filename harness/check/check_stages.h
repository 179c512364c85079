/* SPDX-License-Identifier: MIT
 *
 * The stages of a check, which check.c runs in order. The name of a stage begins with that of its file.
 */
#ifndef CHECK_STAGES_H
#define CHECK_STAGES_H

struct check;

/** Which queries have an answer. */
void check_queries_baseline(struct check *check);

/** Which query gets which answer. */
void check_queries(struct check *check);

/** Every buffer size and guard. */
void check_sizes(struct check *check);

/** Poison, alignment, inputs. */
void check_bytes(struct check *check);

/** From one Collect to the next. */
void check_samples(struct check *check);

/** A reload for each query. */
void check_opens_reloads(struct check *check);

/** Open, Close, load, unload. */
void check_opens(struct check *check);

/** Other threads, several at once. */
void check_opens_threads(struct check *check);

/** Growth of handles, threads and memory. */
void check_leaks(struct check *check);

/** NULL arguments. */
void check_opens_arguments(struct check *check);

/** Generated queries, until the time is over. */
void check_queries_generated(struct check *check);

/** Rules that apply only to V2 providers. */
void check_v2(struct check *check);

#endif /* CHECK_STAGES_H */
