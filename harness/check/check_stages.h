/* SPDX-License-Identifier: MIT
 *
 * The stages of a check, which check.c runs in order.
 */
#ifndef CHECK_STAGES_H
#define CHECK_STAGES_H

struct check;

void check_queries_baseline(
    struct check *check);                      /* check_queries.c: which queries have an answer */
void check_queries(struct check *check);       /* check_queries.c: which query gets which answer */
void check_sizes(struct check *check);         /* check_sizes.c: every buffer size and guard */
void check_bytes(struct check *check);         /* check_bytes.c: poison, alignment, inputs */
void check_samples(struct check *check);       /* check_samples.c: from one collect to the next */
void check_opens_reloads(struct check *check); /* check_opens.c: a reload for each query */
void check_opens(struct check *check);         /* check_opens.c: Open, Close, load, unload */
void check_opens_threads(struct check *check); /* check_opens.c: other threads, several at once */
void check_leaks(struct check *check);         /* check_leaks.c: growth */
void check_opens_arguments(struct check *check);   /* check_opens.c: NULL arguments */
void check_queries_generated(struct check *check); /* check_queries.c: until the time is over */
void check_v2(struct check *check); /* check_v2.c: what applies only to V2 providers */

#endif /* CHECK_STAGES_H */
