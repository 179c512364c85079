/* SPDX-License-Identifier: MIT
 *
 * A small HTTP server for scrapes: a callback answers GET /metrics. scrape_server_posix.c uses
 * libmicrohttpd, scrape_server_win.c Windows' own HTTP Server API.
 *
 * No client can keep others out. A request must be complete 10 seconds after its connection was
 * made, or 90 seconds after the answer before it, and its answer must be taken 10 seconds after it
 * is ready. If there are more than 64 connections, the one that has been without a complete request
 * for the longest time is closed. (Windows: see scrape_server_win.c.)
 */
#ifndef SCRAPE_SERVER_H
#define SCRAPE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "metric_writer.h"
#include "output.h"
#include "wintypes.h"

/**
 * Writes the metrics. Several threads may call it at the same time.
 *
 * @param timeout_ms  the answer is useful within this time
 * @return false if there is nothing; the reader then gets status 503, with what was written as the
 *         reason
 */
typedef bool scrape_answer(void *context, enum metric_dialect dialect, uint32_t timeout_ms,
                           struct output *output);

struct scrape_server;

/**
 * Listen and answer until closed.
 *
 * @param address  IPv4 or IPv6, numeric
 * @param port     0: any free port
 * @return ERROR_SUCCESS; ERROR_MOD_NOT_FOUND: libmicrohttpd is not installed, or Windows has no
 *         HTTP Server API; ERROR_INVALID_NAME: no such address; ERROR_ACCESS_DENIED; ERROR_BUSY:
 *         the port is in use; ERROR_NOT_ENOUGH_MEMORY; ERROR_GEN_FAILURE
 */
DWORD scrape_server_open(struct scrape_server **server, const char *address, uint16_t port,
                         scrape_answer *answer, void *context);

/** The port that it listens on. */
uint16_t scrape_server_port(const struct scrape_server *server);

/** Stop the server. This waits for answers that are being made. NULL is allowed. */
void scrape_server_close(struct scrape_server *server);

#endif /* SCRAPE_SERVER_H */
