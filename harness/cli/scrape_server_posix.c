/* SPDX-License-Identifier: MIT
 *
 * libmicrohttpd on one thread: the host is used by one thread at a time. The socket is ours, so
 * that what is wrong with the address can be told. The library is loaded when serving begins: with
 * it come GnuTLS and ten others, whose start would take longer than a whole `perfharness query`.
 */
#define _DEFAULT_SOURCE
#include "scrape_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A scrape needs one connection; a few more for curious people. */
#define CONNECTION_LIMIT 16
#define IDLE_TIMEOUT_S 15

/* Its name on systems with the interface of the header that we compile with. */
#define LIBRARY "libmicrohttpd.so.12"

#define LIBRARY_FUNCTIONS(X)                                                                       \
    X(MHD_start_daemon)                                                                            \
    X(MHD_stop_daemon)                                                                             \
    X(MHD_lookup_connection_value)                                                                 \
    X(MHD_create_response_from_buffer)                                                             \
    X(MHD_add_response_header)                                                                     \
    X(MHD_queue_response)                                                                          \
    X(MHD_destroy_response)

static struct {
#define FIELD(name) __typeof__(name) *name;
    LIBRARY_FUNCTIONS(FIELD)
#undef FIELD
} http;

struct scrape_server {
    struct MHD_Daemon *daemon;
    scrape_answer *answer;
    void *context;
    uint16_t port;
};

/* Never unloaded: its libraries leave threads and handlers behind. */
static bool load_library(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return false;
#define LOAD(name)                                                                                 \
    http.name = (__typeof__(http.name))(uintptr_t)dlsym(library, #name);                           \
    if (!http.name)                                                                                \
        return false;
    LIBRARY_FUNCTIONS(LOAD)
#undef LOAD
    return true;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             const char *text, size_t size)
{
    struct MHD_Response *response =
        http.MHD_create_response_from_buffer(size, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    http.MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        http.MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = http.MHD_queue_response(connection, status, response);
    http.MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_text(struct MHD_Connection *connection, unsigned status,
                                  const char *text)
{
    return reply(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result reply_metrics(struct scrape_server *server,
                                     struct MHD_Connection *connection)
{
    const char *accept =
        http.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    const bool is_openmetrics = accept && strstr(accept, "application/openmetrics-text");
    struct output output = { 0 };
    const bool has_answer = server->answer(server->context, is_openmetrics, &output);
    enum MHD_Result result;

    if (has_answer && !output.is_lost)
        result = reply(connection, MHD_HTTP_OK,
                       is_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                      : "text/plain; version=0.0.4; charset=utf-8",
                       output.data ? output.data : "", output.size);
    else
        result = reply_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                            output.data ? output.data : "no answer\n");
    output_release(&output);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static int seen;

    (void)version, (void)upload;
    if (!*state) { /* the headers alone: an answer now would close the connection */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return reply_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(url, "/metrics") == 0)
        return reply_metrics(context, connection);
    if (strcmp(url, "/") == 0)
        return reply(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
                     "<!DOCTYPE html><title>perfharness</title>"
                     "<p>perfharness: performance counters as <a href=\"/metrics\">metrics</a>.\n",
                     sizeof("<!DOCTYPE html><title>perfharness</title>"
                            "<p>perfharness: performance counters as "
                            "<a href=\"/metrics\">metrics</a>.\n") -
                         1);
    return reply_text(connection, MHD_HTTP_NOT_FOUND, "there is only /metrics\n");
}

static DWORD listen_at(const char *address, uint16_t port, int *listening, uint16_t *actual)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    const bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    const struct sockaddr *to = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    socklen_t size = is_v4 ? sizeof(v4) : sizeof(v6);
    struct sockaddr_storage bound;
    const int yes = 1;
    DWORD error;
    int file;

    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
        return ERROR_INVALID_NAME;
    file = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0)
        return ERROR_GEN_FAILURE;
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(file, to, size) != 0 || listen(file, CONNECTION_LIMIT) != 0) {
        error = errno == EADDRINUSE      ? ERROR_BUSY
                : errno == EACCES        ? ERROR_ACCESS_DENIED
                : errno == EADDRNOTAVAIL ? ERROR_INVALID_NAME
                                         : ERROR_GEN_FAILURE;
        close(file);
        return error;
    }
    size = sizeof(bound);
    if (getsockname(file, (struct sockaddr *)&bound, &size) != 0)
        memset(&bound, 0, sizeof(bound));
    *actual = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
                                               : ((struct sockaddr_in6 *)&bound)->sin6_port);
    *listening = file;
    return ERROR_SUCCESS;
}

DWORD scrape_server_open(struct scrape_server **opened, const char *address, uint16_t port,
                         scrape_answer *answer, void *context)
{
    struct scrape_server *server = calloc(1, sizeof(*server));
    int listening;
    DWORD error;

    if (!server)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!load_library()) {
        error = ERROR_MOD_NOT_FOUND;
        goto free_server;
    }
    server->answer = answer;
    server->context = context;
    error = listen_at(address, port, &listening, &server->port);
    if (error)
        goto free_server;
    server->daemon = http.MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTION_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_END);
    if (!server->daemon) {
        error = ERROR_GEN_FAILURE;
        close(listening);
        goto free_server;
    }
    *opened = server;
    return ERROR_SUCCESS;

free_server:
    free(server);
    return error;
}

uint16_t scrape_server_port(const struct scrape_server *server)
{
    return server->port;
}

void scrape_server_close(struct scrape_server *server)
{
    if (!server)
        return;
    http.MHD_stop_daemon(server->daemon);
    free(server);
}
