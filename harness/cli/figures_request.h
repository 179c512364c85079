/* SPDX-License-Identifier: MIT
 *
 * An exporter's requests to the allocators of published programs. glibc lists its arenas only on request, so
 * without one their number and their free bytes are in no metric. The request goes through the private file
 * of each program, which only its user and root can open. The next scrape finds the answers in the region.
 *
 * A program is asked at most once a minute, and less often if its answer takes more than a thousandth of a
 * minute.
 */
#ifndef FIGURES_REQUEST_H
#define FIGURES_REQUEST_H

#include "registration.h"

struct figures_request;

/** @return NULL: heapctrs is not a provider of this registration, or there is no memory */
struct figures_request *figures_request_open(const struct registration *registration);

/** Ask all programs that are due. One thread at a time calls this. NULL is allowed. */
void figures_request_ask(struct figures_request *request);

/** Free everything. NULL is allowed. */
void figures_request_close(struct figures_request *request);

#endif /* FIGURES_REQUEST_H */
