/* SPDX-License-Identifier: MIT
 *
 * What an exporter asks the allocators of published programs: glibc lists its arenas only on request, so
 * their number and their free bytes are in no metric unless a reader asks. The request goes through the
 * private file of each program, which only its user and root can open; the answers are in the region when
 * the next scrape comes.
 *
 * A program is asked at most once a minute, and less often if answering takes it more than a thousandth of
 * that.
 */
#ifndef FIGURES_REQUEST_H
#define FIGURES_REQUEST_H

#include "registration.h"

struct figures_request;

/**
 * @return NULL if heapctrs is not a provider of this registration, or there is no memory: nothing is asked
 */
struct figures_request *figures_request_open(const struct registration *registration);

/** Ask all programs, if it is time. One thread at a time. NULL is allowed. */
void figures_request_ask(struct figures_request *request);

/** NULL is allowed. */
void figures_request_close(struct figures_request *request);

#endif /* FIGURES_REQUEST_H */
