/* SPDX-License-Identifier: MIT
 *
 * What the headers of a scrape request. Every program that can connect may send them: they are read
 * up to SCRAPE_HEADER_LIMIT bytes, and invalid ones count as missing.
 */
#ifndef SCRAPE_REQUEST_H
#define SCRAPE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "metric_writer.h"

#define SCRAPE_HEADER_LIMIT 4096 /* bytes; chosen: Prometheus' headers have some hundred */

/**
 * The dialect that a reader prefers. If both have the same quality, it is OpenMetrics if the reader
 * names it. A reader that does not, or that accepts neither, gets the text format.
 *
 * @param accept  the header Accept, or NULL
 *
 * Rule: RFC 9110, 12.5.1: media ranges with q-values; the most specific range counts.
 */
enum metric_dialect scrape_request_dialect(const char *accept);

/** The Content-Type of an answer. */
const char *scrape_request_content_type(enum metric_dialect dialect);

/** Whether the header Accept-Encoding allows gzip. Rule: RFC 9110, 12.5.3. */
bool scrape_request_takes_gzip(const char *accept_encoding);

/**
 * The time in which an answer must be ready: the time for which the reader waits, less a tenth of it
 * (at most a second) for the transfer.
 *
 * @param timeout  the header X-Prometheus-Scrape-Timeout-Seconds; NULL or invalid: 10 seconds,
 *                 which is Prometheus' own default
 * @return milliseconds, 1 to 600000
 */
uint32_t scrape_request_timeout_ms(const char *timeout);

#endif /* SCRAPE_REQUEST_H */
