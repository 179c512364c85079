/* SPDX-License-Identifier: MIT
 *
 * Windows' own HTTP Server API (http.sys), whose library is loaded when serving begins. The system
 * reads requests, keeps connections alive and limits the time of a request; several threads take
 * one request after the other. The API lacks a limit on the number of connections, and a choice of
 * a free port (port 0 is refused).
 *
 * A user who is not an administrator needs a reservation of the URL:
 *
 *     netsh http add urlacl url=http://127.0.0.1:9182/ user=DOMAIN\user
 *
 * Rule: win32/Http: HttpReceiveHttpRequest; HttpAddUrl (ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS).
 */
#include "scrape_server.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <http.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "scrape_request.h"
#include "worker.h"

#define WORKERS 8          /* chosen: requests that are answered at the same time */
#define REQUEST_SIZE 16384 /* bytes of a request's line and headers; http.sys has the same limit */

#define LIBRARY_FUNCTIONS(X)                                                                       \
    X(HttpInitialize)                                                                              \
    X(HttpTerminate)                                                                               \
    X(HttpCreateHttpHandle)                                                                        \
    X(HttpAddUrl)                                                                                  \
    X(HttpReceiveHttpRequest)                                                                      \
    X(HttpSendHttpResponse)

static struct {
#define FIELD(name) __typeof__(name) *name;
    LIBRARY_FUNCTIONS(FIELD)
#undef FIELD
} http;

struct scrape_server {
    struct os_library library;
    HANDLE queue; /* queue of requests */
    scrape_answer *answer;
    void *context;
    uint16_t port;
    bool is_initialized;
    struct worker *workers[WORKERS];
};

static bool load_library(struct os_library *library)
{
    if (os_library_open_system(library, "httpapi.dll"))
        return false;
#define LOAD(name)                                                                                 \
    http.name = (__typeof__(http.name))(uintptr_t)os_library_symbol(library, #name);               \
    if (!http.name)                                                                                \
        return false;
    LIBRARY_FUNCTIONS(LOAD)
#undef LOAD
    return true;
}

/* ---- requests ---------------------------------------------------------------------------------- */

/* A header as text; NULL if it is missing, or too long to be valid. */
static const char *copy_header(char *text, size_t size, const char *value, USHORT length)
{
    if (!value || length >= size)
        return NULL;
    memcpy(text, value, length);
    text[length] = '\0';
    return text;
}

static const char *unknown_header(const HTTP_REQUEST *request, const char *name, char *text,
                                  size_t size)
{
    for (USHORT i = 0; i < request->Headers.UnknownHeaderCount; i++) {
        const HTTP_UNKNOWN_HEADER *header = &request->Headers.pUnknownHeaders[i];

        if (header->NameLength == strlen(name) &&
            _strnicmp(header->pName, name, header->NameLength) == 0)
            return copy_header(text, size, header->pRawValue, header->RawValueLength);
    }
    return NULL;
}

/* The parts of an answer. */
struct reply {
    USHORT status;
    const char *reason, *type;
    const char *data;
    size_t size;
};

static void send_reply(struct scrape_server *server, const HTTP_REQUEST *request,
                       const struct reply *reply)
{
    HTTP_RESPONSE response;
    HTTP_DATA_CHUNK chunk;
    HTTP_KNOWN_HEADER *type;
    ULONG sent;

    memset(&response, 0, sizeof(response));
    memset(&chunk, 0, sizeof(chunk));
    response.StatusCode = reply->status;
    response.pReason = reply->reason;
    response.ReasonLength = (USHORT)strlen(reply->reason);
    type = &response.Headers.KnownHeaders[HttpHeaderContentType];
    type->pRawValue = reply->type;
    type->RawValueLength = (USHORT)strlen(reply->type);
    if (reply->status == 405) {
        response.Headers.KnownHeaders[HttpHeaderAllow].pRawValue = "GET, HEAD";
        response.Headers.KnownHeaders[HttpHeaderAllow].RawValueLength = 9;
    }
    chunk.DataChunkType = HttpDataChunkFromMemory;
    chunk.FromMemory.pBuffer = (void *)(uintptr_t)reply->data;
    chunk.FromMemory.BufferLength = (ULONG)reply->size;
    if (request->Verb != HttpVerbHEAD && reply->size) {
        response.EntityChunkCount = 1;
        response.pEntityChunks = &chunk;
    }
    http.HttpSendHttpResponse(server->queue, request->RequestId, 0, &response, NULL, &sent, NULL, 0,
                              NULL, NULL);
}

static void reply_text(struct scrape_server *server, const HTTP_REQUEST *request, USHORT status,
                       const char *reason, const char *text)
{
    const struct reply reply = { status, reason, "text/plain; charset=utf-8", text, strlen(text) };

    send_reply(server, request, &reply);
}

static void reply_metrics(struct scrape_server *server, const HTTP_REQUEST *request)
{
    const HTTP_KNOWN_HEADER *accept = &request->Headers.KnownHeaders[HttpHeaderAccept];
    char accept_text[SCRAPE_HEADER_LIMIT], timeout_text[64];
    const enum metric_dialect dialect = scrape_request_dialect(
        copy_header(accept_text, sizeof(accept_text), accept->pRawValue, accept->RawValueLength));
    const uint32_t timeout_ms = scrape_request_timeout_ms(unknown_header(
        request, "X-Prometheus-Scrape-Timeout-Seconds", timeout_text, sizeof(timeout_text)));
    struct output output = { 0 };

    if (server->answer(server->context, dialect, timeout_ms, &output) && !output.is_lost) {
        const struct reply reply = { 200, "OK", scrape_request_content_type(dialect),
                                     output.data ? output.data : "", output.size };

        send_reply(server, request, &reply);
    } else {
        reply_text(server, request, 503, "Service Unavailable",
                   output.data ? output.data : "no answer\n");
    }
    output_release(&output);
}

/* Compare the path only, without a query. */
static bool has_path(const HTTP_REQUEST *request, const WCHAR *path)
{
    const size_t length = request->CookedUrl.AbsPathLength / sizeof(WCHAR);

    return wcslen(path) == length &&
           memcmp(request->CookedUrl.pAbsPath, path, length * sizeof(WCHAR)) == 0;
}

static void take(struct scrape_server *server, const HTTP_REQUEST *request)
{
    static const char page[] =
        "<!DOCTYPE html><title>perfharness</title>"
        "<p>perfharness: performance counters as <a href=\"/metrics\">metrics</a>.\n";
    const struct reply index = { 200, "OK", "text/html; charset=utf-8", page, sizeof(page) - 1 };

    if (request->Verb != HttpVerbGET && request->Verb != HttpVerbHEAD)
        reply_text(server, request, 405, "Method Not Allowed", "only GET and HEAD\n");
    else if (has_path(request, L"/metrics"))
        reply_metrics(server, request);
    else if (has_path(request, L"/"))
        send_reply(server, request, &index);
    else
        reply_text(server, request, 404, "Not Found", "there is only /metrics\n");
}

/* A worker: handles one request after the other, until the queue is closed. */
static void run(void *context)
{
    struct scrape_server *server = context;
    HTTP_REQUEST *request = malloc(REQUEST_SIZE);
    HTTP_REQUEST_ID id;
    ULONG error = request ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY, size;

    HTTP_SET_NULL_ID(&id);
    while (error == NO_ERROR || error == ERROR_MORE_DATA || error == ERROR_CONNECTION_INVALID ||
           error == ERROR_NETNAME_DELETED) {
        memset(request, 0, REQUEST_SIZE);
        error =
            http.HttpReceiveHttpRequest(server->queue, id, 0, request, REQUEST_SIZE, &size, NULL);
        if (error == NO_ERROR) {
            take(server, request);
            HTTP_SET_NULL_ID(&id);
        } else if (error == ERROR_MORE_DATA) { /* its headers exceed the limit */
            reply_text(server, request, 431, "Request Header Fields Too Large", "too large\n");
            HTTP_SET_NULL_ID(&id);
        } else {
            HTTP_SET_NULL_ID(&id);
        }
    }
    free(request);
}

/* ---- opening ------------------------------------------------------------------------------------ */

static DWORD listen_at(struct scrape_server *server, const char *address, uint16_t port)
{
    HTTPAPI_VERSION version = HTTPAPI_VERSION_1;
    WCHAR url[128];
    ULONG error;

    if (!port || strlen(address) > 64)
        return ERROR_INVALID_NAME;
    error = http.HttpInitialize(version, HTTP_INITIALIZE_SERVER, NULL);
    if (error != NO_ERROR)
        return error == ERROR_ACCESS_DENIED ? error : ERROR_GEN_FAILURE;
    server->is_initialized = true;
    if (http.HttpCreateHttpHandle(&server->queue, 0) != NO_ERROR)
        return ERROR_GEN_FAILURE;
    _snwprintf(url, sizeof(url) / sizeof(*url),
               strchr(address, ':') ? L"http://[%hs]:%u/" : L"http://%hs:%u/", address,
               (unsigned)port);
    error = http.HttpAddUrl(server->queue, url, NULL);
    return error == NO_ERROR                                                   ? ERROR_SUCCESS
           : error == ERROR_ACCESS_DENIED                                      ? ERROR_ACCESS_DENIED
           : error == ERROR_ALREADY_EXISTS || error == ERROR_SHARING_VIOLATION ? ERROR_BUSY
           : error == ERROR_INVALID_PARAMETER                                  ? ERROR_INVALID_NAME
                                                                               : ERROR_GEN_FAILURE;
}

DWORD scrape_server_open(struct scrape_server **opened, const char *address, uint16_t port,
                         scrape_answer *answer, void *context)
{
    struct scrape_server *server = calloc(1, sizeof(*server));
    DWORD error = ERROR_MOD_NOT_FOUND;

    if (!server)
        return ERROR_NOT_ENOUGH_MEMORY;
    server->answer = answer;
    server->context = context;
    server->port = port;
    if (load_library(&server->library))
        error = listen_at(server, address, port);
    for (size_t i = 0; !error && i < WORKERS; i++) {
        server->workers[i] = worker_start(run, server);
        error = server->workers[i] ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error)
        scrape_server_close(server);
    else
        *opened = server;
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
    if (server->queue) /* workers that wait for a request get an error */
        CloseHandle(server->queue);
    for (size_t i = 0; i < WORKERS; i++)
        worker_join(server->workers[i]);
    if (server->is_initialized)
        http.HttpTerminate(HTTP_INITIALIZE_SERVER, NULL);
    free(server);
}
