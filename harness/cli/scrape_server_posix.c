/* SPDX-License-Identifier: MIT
 *
 * libmicrohttpd with a thread for each connection: a reader that waits for a slow provider does not
 * delay others. The socket is opened here, so that an error in the address can be reported. The
 * library is loaded when serving begins: it loads GnuTLS and ten others, whose start would take
 * longer than a whole `perfharness query`.
 *
 * libmicrohttpd limits only the time between two packets. So a thread of our own watches how long
 * each connection takes for a whole request, and shuts its socket down. The connection's own thread
 * then closes the socket.
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

#include "gzip.h"
#include "os.h"
#include "scrape_request.h"
#include "worker.h"

/* Limits; all are chosen. scrape_server.h describes those on connections and times. */
#define CONNECTION_LIMIT 64           /* a scrape uses one; a further one ends the oldest */
#define SHUT_LIMIT 64                 /* connections that were shut and whose threads still run */
#define LISTEN_BACKLOG 128            /* CONNECTION_LIMIT and SHUT_LIMIT together */
#define THREAD_STACK_SIZE (512 << 10) /* bytes; the system's usual 8 MiB are not needed */

/* Seconds: until the first request, between two requests, and for sending an answer. */
#define FIRST_REQUEST_S 10
#define NEXT_REQUEST_S 90
#define ANSWER_S 10

/* Bytes: smaller answers fit into one packet of Ethernet without compression. */
#define LEAST_PACKED 1400

/* The library's name on systems with the interface of the header at compile time. */
#define LIBRARY "libmicrohttpd.so.12"

#define LIBRARY_FUNCTIONS(X)                                                                       \
    X(MHD_start_daemon)                                                                            \
    X(MHD_stop_daemon)                                                                             \
    X(MHD_lookup_connection_value)                                                                 \
    X(MHD_get_connection_info)                                                                     \
    X(MHD_create_response_from_buffer)                                                             \
    X(MHD_add_response_header)                                                                     \
    X(MHD_queue_response)                                                                          \
    X(MHD_destroy_response)

static struct {
#define FIELD(name) __typeof__(name) *name;
    LIBRARY_FUNCTIONS(FIELD)
#undef FIELD
} http;

struct connection {
    struct scrape_server *server; /* NULL: the place is free */
    int socket;
    uint64_t waits_since; /* ticks: there has been no complete request since then */
    uint64_t until;       /* ticks: the connection is shut at this time */
    bool has_request;     /* complete, and not answered yet */
    bool is_shut;
};

struct scrape_server {
    struct MHD_Daemon *daemon;
    scrape_answer *answer;
    void *context;
    uint16_t port;
    struct worker_lock *lock; /* protects what follows */
    struct worker *guard;
    struct connection connections[CONNECTION_LIMIT + SHUT_LIMIT];
    bool is_closing;
};

/* The library is never unloaded, because its own libraries leave threads and handlers. */
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

/* ---- connections ------------------------------------------------------------------------------- */

static uint64_t in_seconds(double seconds)
{
    return os_clock_ticks() + (uint64_t)(seconds * (double)os_clock_frequency());
}

/* Call this with the lock held. */
static void shut(struct connection *connection)
{
    shutdown(connection->socket, SHUT_RDWR);
    connection->is_shut = true;
}

/* Free a place: shut the connection that has waited longest, first of those without a complete
   request. */
static void shut_oldest(struct scrape_server *server)
{
    struct connection *oldest = NULL;
    size_t count = 0;

    for (size_t i = 0; i < CONNECTION_LIMIT + SHUT_LIMIT; i++) {
        struct connection *connection = &server->connections[i];

        if (!connection->server || connection->is_shut)
            continue;
        count++;
        if (!oldest || connection->has_request < oldest->has_request ||
            (connection->has_request == oldest->has_request &&
             connection->waits_since < oldest->waits_since))
            oldest = connection;
    }
    if (oldest && count > CONNECTION_LIMIT)
        shut(oldest);
}

static void on_connection(void *context, struct MHD_Connection *handle, void **place,
                          enum MHD_ConnectionNotificationCode what)
{
    struct scrape_server *server = context;
    struct connection *connection = *place;

    worker_lock_enter(server->lock);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (connection)
            connection->server = NULL;
        *place = NULL;
    } else {
        for (size_t i = 0; !connection && i < CONNECTION_LIMIT + SHUT_LIMIT; i++)
            if (!server->connections[i].server)
                connection = &server->connections[i];
        if (connection) {
            *connection = (struct connection){
                .server = server,
                .socket = http.MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)
                              ->connect_fd,
                .waits_since = os_clock_ticks(),
                .until = in_seconds(FIRST_REQUEST_S),
            };
            *place = connection;
            shut_oldest(server);
            worker_lock_wake(server->lock);
        }
    }
    worker_lock_leave(server->lock);
}

/* Shuts connections whose time is over. */
static void guard(void *context)
{
    struct scrape_server *server = context;

    worker_lock_enter(server->lock);
    while (!server->is_closing) {
        const uint64_t now = os_clock_ticks();
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < CONNECTION_LIMIT + SHUT_LIMIT; i++) {
            struct connection *connection = &server->connections[i];

            if (!connection->server || connection->is_shut)
                continue;
            if (connection->until <= now)
                shut(connection);
            else if (connection->until < next)
                next = connection->until;
        }
        worker_lock_wait(server->lock, next);
    }
    worker_lock_leave(server->lock);
}

static struct connection *connection_of(struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        http.MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void set_state(struct MHD_Connection *handle, bool has_request, double seconds)
{
    struct connection *connection = connection_of(handle);

    if (!connection)
        return;
    worker_lock_enter(connection->server->lock);
    connection->has_request = has_request;
    connection->waits_since = os_clock_ticks();
    connection->until = in_seconds(seconds);
    worker_lock_wake(connection->server->lock);
    worker_lock_leave(connection->server->lock);
}

static void on_completed(void *context, struct MHD_Connection *handle, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context, (void)state, (void)code;
    set_state(handle, false, NEXT_REQUEST_S);
}

/* ---- requests ---------------------------------------------------------------------------------- */

/* The headers of an answer. */
struct kind {
    const char *type;
    bool is_packed, varies;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
                             const struct kind *kind, const char *text, size_t size)
{
    struct MHD_Response *response =
        http.MHD_create_response_from_buffer(size, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    http.MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, kind->type);
    if (kind->is_packed)
        http.MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (kind->varies)
        http.MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        http.MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = http.MHD_queue_response(connection, status, response);
    http.MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_text(struct MHD_Connection *connection, unsigned status,
                                  const char *text)
{
    return reply(connection, status, &(struct kind){ .type = "text/plain; charset=utf-8" }, text,
                 strlen(text));
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return http.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result reply_metrics(struct scrape_server *server,
                                     struct MHD_Connection *connection)
{
    const enum metric_dialect dialect =
        scrape_request_dialect(header_of(connection, MHD_HTTP_HEADER_ACCEPT));
    const uint32_t timeout_ms =
        scrape_request_timeout_ms(header_of(connection, "X-Prometheus-Scrape-Timeout-Seconds"));
    struct output output = { 0 }, packed = { 0 };
    struct kind kind = { .type = scrape_request_content_type(dialect), .varies = true };
    bool has_answer;
    enum MHD_Result result;

    set_state(connection, true, timeout_ms / 1000.0 + ANSWER_S);
    has_answer = server->answer(server->context, dialect, timeout_ms, &output);
    set_state(connection, true, ANSWER_S);
    if (has_answer && !output.is_lost) {
        kind.is_packed =
            output.size > LEAST_PACKED &&
            scrape_request_takes_gzip(header_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING)) &&
            gzip_pack(&output, &packed);
        if (kind.is_packed)
            result = reply(connection, MHD_HTTP_OK, &kind, packed.data, packed.size);
        else
            result =
                reply(connection, MHD_HTTP_OK, &kind, output.data ? output.data : "", output.size);
    } else {
        result = reply_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                            output.data ? output.data : "no answer\n");
    }
    output_release(&output);
    output_release(&packed);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static const char page[] =
        "<!DOCTYPE html><title>perfharness</title>"
        "<p>perfharness: performance counters as <a href=\"/metrics\">metrics</a>.\n";
    static int seen;

    (void)version, (void)upload;
    if (!*state) { /* only the headers have arrived: an answer now would close the connection */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    set_state(connection, true, ANSWER_S);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return reply_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(url, "/metrics") == 0)
        return reply_metrics(context, connection);
    if (strcmp(url, "/") == 0)
        return reply(connection, MHD_HTTP_OK, &(struct kind){ .type = "text/html; charset=utf-8" },
                     page, sizeof(page) - 1);
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
    if (bind(file, to, size) != 0 || listen(file, LISTEN_BACKLOG) != 0) {
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
    int listening = -1;
    DWORD error = ERROR_MOD_NOT_FOUND;

    if (!server)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!load_library())
        goto free_server;
    server->answer = answer;
    server->context = context;
    error = ERROR_NOT_ENOUGH_MEMORY;
    server->lock = worker_lock_open();
    if (!server->lock)
        goto free_server;
    error = listen_at(address, port, &listening, &server->port);
    if (error)
        goto free_server;
    error = ERROR_GEN_FAILURE;
    server->guard = worker_start(guard, server);
    if (server->guard)
        server->daemon = http.MHD_start_daemon(
            MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
            NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listening,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)(CONNECTION_LIMIT + SHUT_LIMIT),
            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
            on_completed, server, MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_SIZE,
            MHD_OPTION_END);
    if (server->daemon) {
        *opened = server;
        return ERROR_SUCCESS;
    }
    close(listening);

free_server:
    scrape_server_close(server);
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
    if (server->daemon)
        http.MHD_stop_daemon(server->daemon);
    if (server->guard) {
        worker_lock_enter(server->lock);
        server->is_closing = true;
        worker_lock_wake(server->lock);
        worker_lock_leave(server->lock);
        worker_join(server->guard);
    }
    worker_lock_close(server->lock);
    free(server);
}
