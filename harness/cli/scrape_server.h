/* SPDX-License-Identifier: MIT
 *
 * A small HTTP server for scrapes: GET /metrics is answered by a callback. scrape_server_posix.c
 * has it from libmicrohttpd; scrape_server_win.c says that it is not there.
 */
#ifndef SCRAPE_SERVER_H
#define SCRAPE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "wintypes.h"

/**
 * Writes the metrics, on the server's thread, one call at a time.
 *
 * @param is_openmetrics  the reader asked for OpenMetrics; else for the older text format
 * @return false: there is nothing; the reader gets status 503 and what was written as the reason
 */
typedef bool scrape_answer(void *context, bool is_openmetrics, struct output *output);

struct scrape_server;

/**
 * Listen and answer until closed.
 *
 * @param address  IPv4 or IPv6, numeric
 * @param port     0: one that is free
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED in builds without it;
 *         ERROR_MOD_NOT_FOUND: libmicrohttpd is not installed; ERROR_INVALID_NAME: no such address;
 *         ERROR_ACCESS_DENIED; ERROR_BUSY: the port is taken; ERROR_GEN_FAILURE
 */
DWORD scrape_server_open(struct scrape_server **server, const char *address, uint16_t port,
                         scrape_answer *answer, void *context);

/** The port that it listens on. */
uint16_t scrape_server_port(const struct scrape_server *server);

/** Stop; waits for an answer that is being made. NULL is allowed. */
void scrape_server_close(struct scrape_server *server);

#endif /* SCRAPE_SERVER_H */
