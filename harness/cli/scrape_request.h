/* SPDX-License-Identifier: MIT
 *
 * What the headers of a scrape ask for. The texts come from anybody who can connect: they are read
 * up to SCRAPE_HEADER_LIMIT bytes, and what makes no sense counts as not there.
 */
#ifndef SCRAPE_REQUEST_H
#define SCRAPE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "metric_writer.h"

#define SCRAPE_HEADER_LIMIT 4096

/**
 * The dialect that a reader likes best. Between two of equal quality it is OpenMetrics if the
 * reader names that, else the text format, which is also the answer to a reader that accepts
 * neither.
 *
 * @param accept  the header Accept; NULL: there is none
 *
 * Rule: RFC 9110, 12.5.1: media ranges with q-values; the most specific range counts.
 */
enum metric_dialect scrape_request_dialect(const char *accept);

/** The Content-Type of an answer. */
const char *scrape_request_content_type(enum metric_dialect dialect);

/** Whether the header Accept-Encoding allows gzip. Rule: RFC 9110, 12.5.3. */
bool scrape_request_takes_gzip(const char *accept_encoding);

/**
 * The time in which an answer must be ready: what the reader waits, less a margin of a tenth, at
 * most a second, for the way there.
 *
 * @param timeout  the header X-Prometheus-Scrape-Timeout-Seconds; NULL or nonsense: 10 seconds,
 *                 which is Prometheus' own default
 * @return milliseconds, 1 to 600000
 */
uint32_t scrape_request_timeout_ms(const char *timeout);

#endif /* SCRAPE_REQUEST_H */
