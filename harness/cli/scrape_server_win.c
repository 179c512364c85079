/* SPDX-License-Identifier: MIT
 *
 * Windows builds have no HTTP server: `export --textfile` feeds windows_exporter there.
 */
#include "scrape_server.h"

#include <stddef.h>

DWORD scrape_server_open(struct scrape_server **server, const char *address, uint16_t port,
                         scrape_answer *answer, void *context)
{
    (void)server, (void)address, (void)port, (void)answer, (void)context;
    return ERROR_MOD_NOT_FOUND;
}

uint16_t scrape_server_port(const struct scrape_server *server)
{
    (void)server;
    return 0;
}

void scrape_server_close(struct scrape_server *server)
{
    (void)server;
}
