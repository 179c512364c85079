/* SPDX-License-Identifier: MIT
 *
 * remote_link.h with snappy, protobuf-c and libcurl. The receiver is not trusted: of its answer, at
 * most ANSWER_LIMIT bytes of headers and as many of the body are read, and redirections are not
 * followed.
 */
#define _POSIX_C_SOURCE 200809L
#include "remote_link.h"

#define CURL_DISABLE_TYPECHECK /* its macros need the functions themselves */
#include <curl/curl.h>
#include <dlfcn.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "product_version.h"
#include "write_request.pb-c.h"

#define SNAPPY_LIBRARY "libsnappy.so.1"
#define CURL_LIBRARY "libcurl.so.4"

#define CONNECT_MS 10000L  /* chosen: a third of REQUEST_MS */
#define REQUEST_MS 30000L  /* Prometheus' own limit for a request */
#define ANSWER_LIMIT 65536 /* bytes; chosen: only the first line is used */

#define SNAPPY_FUNCTIONS(X)                                                                        \
    X(snappy_compress)                                                                             \
    X(snappy_max_compressed_length)

#define CURL_FUNCTIONS(X)                                                                          \
    X(curl_global_init)                                                                            \
    X(curl_easy_init)                                                                              \
    X(curl_easy_setopt)                                                                            \
    X(curl_easy_perform)                                                                           \
    X(curl_easy_getinfo)                                                                           \
    X(curl_easy_strerror)                                                                          \
    X(curl_easy_cleanup)                                                                           \
    X(curl_slist_append)                                                                           \
    X(curl_slist_free_all)                                                                         \
    X(curl_url)                                                                                    \
    X(curl_url_set)                                                                                \
    X(curl_url_get)                                                                                \
    X(curl_url_cleanup)                                                                            \
    X(curl_free)

static struct {
#define FIELD(name) __typeof__(name) *name;
    SNAPPY_FUNCTIONS(FIELD)
    CURL_FUNCTIONS(FIELD)
#undef FIELD
} library;

struct remote_link {
    CURL *curl;
    struct curl_slist *headers;
    bool (*keeps_on)(void *context);
    void *context;
    struct remote_reply *reply; /* of the request in progress */
    size_t text_size, answer_size, headers_size;
    char problem[CURL_ERROR_SIZE];
};

/* ---- libraries --------------------------------------------------------------------------------- */

#define LOAD(name)                                                                                 \
    library.name = (__typeof__(library.name))(uintptr_t)dlsym(handle, #name);                      \
    if (!library.name)                                                                             \
        return false;

static bool load_snappy(void)
{
    void *handle = dlopen(SNAPPY_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return false;
    SNAPPY_FUNCTIONS(LOAD)
    return true;
}

/* The library is never unloaded, because its own libraries leave threads and handlers. */
static bool load_curl(void)
{
    void *handle = dlopen(CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return false;
    CURL_FUNCTIONS(LOAD)
    return library.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static bool is_web_url(const char *text)
{
    CURLU *url = library.curl_url();
    char *scheme = NULL, *host = NULL;
    const bool is_web = url && library.curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
                        library.curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                        library.curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && *host &&
                        (!strcmp(scheme, "http") || !strcmp(scheme, "https"));

    library.curl_free(scheme);
    library.curl_free(host);
    library.curl_url_cleanup(url);
    return is_web;
}

/* Add a header: the concatenation of two texts. */
static bool add_header(struct remote_link *link, const char *prefix, const char *value)
{
    struct output line = { 0 };
    struct curl_slist *longer = NULL;

    output_add_format(&line, "%s%s", prefix, value);
    if (!line.is_lost)
        longer = library.curl_slist_append(link->headers, line.data);
    if (longer)
        link->headers = longer;
    output_release(&line);
    return longer != NULL;
}

/* Keep the first line of the body for a message. */
static size_t on_body(char *data, size_t unit, size_t count, void *context)
{
    struct remote_link *link = context;
    struct remote_reply *reply = link->reply;
    const size_t size = unit * count;

    for (size_t i = 0; i < size && link->text_size + 1 < sizeof(reply->text); i++) {
        if (data[i] == '\n' || data[i] == '\0')
            link->text_size = sizeof(reply->text);
        else
            reply->text[link->text_size++] = data[i];
    }
    link->answer_size += size;
    return link->answer_size > ANSWER_LIMIT ? 0 : size;
}

static size_t on_header(char *data, size_t unit, size_t count, void *context)
{
    struct remote_link *link = context;
    const size_t size = unit * count;

    (void)data;
    link->headers_size += size;
    return link->headers_size > ANSWER_LIMIT ? 0 : size;
}

static int on_progress(void *context, curl_off_t down, curl_off_t downloaded, curl_off_t up,
                       curl_off_t uploaded)
{
    const struct remote_link *link = context;

    (void)down, (void)downloaded, (void)up, (void)uploaded;
    return !link->keeps_on(link->context);
}

static bool set_options(struct remote_link *link, const char *url)
{
    CURL *curl = link->curl;
    CURLcode error = library.curl_easy_setopt(curl, CURLOPT_URL, url);

#define SET(option, value)                                                                         \
    if (!error)                                                                                    \
        error = library.curl_easy_setopt(curl, option, value);
    SET(CURLOPT_PROTOCOLS_STR, "http,https")
    SET(CURLOPT_FOLLOWLOCATION, 0L)
    SET(CURLOPT_NOSIGNAL, 1L)
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS)
    SET(CURLOPT_TIMEOUT_MS, REQUEST_MS)
    SET(CURLOPT_HTTPHEADER, link->headers)
    SET(CURLOPT_WRITEFUNCTION, on_body)
    SET(CURLOPT_WRITEDATA, link)
    SET(CURLOPT_HEADERFUNCTION, on_header)
    SET(CURLOPT_HEADERDATA, link)
    SET(CURLOPT_XFERINFOFUNCTION, on_progress)
    SET(CURLOPT_XFERINFODATA, link)
    SET(CURLOPT_NOPROGRESS, 0L)
    SET(CURLOPT_ERRORBUFFER, link->problem)
    SET(CURLOPT_POST, 1L)
#undef SET
    return error == CURLE_OK;
}

enum remote_link_problem remote_link_open(struct remote_link **opened, const char *url,
                                          const char *authorization,
                                          bool (*keeps_on)(void *context), void *context)
{
    struct remote_link *link;

    if (!load_snappy())
        return REMOTE_LINK_NO_SNAPPY;
    if (!load_curl())
        return REMOTE_LINK_NO_CURL;
    if (!is_web_url(url))
        return REMOTE_LINK_BAD_URL;
    link = calloc(1, sizeof(*link));
    if (!link)
        return REMOTE_LINK_NO_MEMORY;
    link->keeps_on = keeps_on;
    link->context = context;
    link->curl = library.curl_easy_init();
    /* Rule: remote-write 1.0, "Protocol" */
    if (link->curl && add_header(link, "Content-Type: application/x-protobuf", "") &&
        add_header(link, "Content-Encoding: snappy", "") &&
        add_header(link, "X-Prometheus-Remote-Write-Version: 0.1.0", "") &&
        add_header(link, "User-Agent: perfharness/", product_version) &&
        add_header(link, "Expect:", "") && /* curl would wait a second for "100 Continue" */
        (!authorization || add_header(link, "Authorization: ", authorization)) &&
        set_options(link, url)) {
        *opened = link;
        return REMOTE_LINK_FINE;
    }
    remote_link_close(link);
    return REMOTE_LINK_NO_MEMORY;
}

void remote_link_close(struct remote_link *link)
{
    if (!link)
        return;
    if (link->curl)
        library.curl_easy_cleanup(link->curl);
    library.curl_slist_free_all(link->headers);
    free(link);
}

/* ---- requests ---------------------------------------------------------------------------------- */

/* Snappy's block format, without frames. */
static bool compress(const void *bytes, size_t size, struct output *request)
{
    size_t packed = library.snappy_max_compressed_length(size);
    char *place = output_reserve(request, packed);

    if (!place || library.snappy_compress(bytes, size, place, &packed) != SNAPPY_OK)
        return false;
    output_took(request, packed);
    return true;
}

/* The messages of one request: those of a kind are neighbours. */
struct messages {
    Remote__TimeSeries *series, **series_places;
    Remote__Sample *samples, **sample_places;
    Remote__Label *labels, **label_places;
};

static void fill(const struct messages *messages, const struct remote_batch *batch)
{
    const uint64_t stale_bits = REMOTE_LINK_STALE_BITS;
    size_t used = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct remote_series *from = batch->series[i];
        Remote__TimeSeries *to = &messages->series[i];
        Remote__Sample *sample = &messages->samples[i];

        remote__time_series__init(to);
        remote__sample__init(sample);
        sample->timestamp = batch->time_ms;
        memcpy(&sample->value, batch->is_stale ? (const void *)&stale_bits : &from->value,
               sizeof(sample->value));
        messages->series_places[i] = to;
        messages->sample_places[i] = sample;
        to->n_samples = 1;
        to->samples = &messages->sample_places[i];
        to->n_labels = from->label_count;
        to->labels = &messages->label_places[used];
        for (size_t j = 0; j < from->label_count; j++, used++) {
            Remote__Label *label = &messages->labels[used];

            remote__label__init(label);
            label->name = (char *)(uintptr_t)from->labels[j].name; /* it is not changed */
            label->value = (char *)(uintptr_t)from->labels[j].value;
            messages->label_places[used] = label;
        }
    }
}

bool remote_link_pack(const struct remote_link *link, const struct remote_batch *batch,
                      struct output *request)
{
    struct messages messages = { 0 };
    Remote__WriteRequest whole = REMOTE__WRITE_REQUEST__INIT;
    size_t labels = 0;
    unsigned char *bytes = NULL;
    bool is_packed = false;

    (void)link;
    for (size_t i = 0; i < batch->count; i++)
        labels += batch->series[i]->label_count;
    messages.series = calloc(batch->count, sizeof(*messages.series));
    messages.series_places = calloc(batch->count, sizeof(*messages.series_places));
    messages.samples = calloc(batch->count, sizeof(*messages.samples));
    messages.sample_places = calloc(batch->count, sizeof(*messages.sample_places));
    messages.labels = calloc(labels, sizeof(*messages.labels));
    messages.label_places = calloc(labels, sizeof(*messages.label_places));
    if (messages.series && messages.series_places && messages.samples && messages.sample_places &&
        messages.labels && messages.label_places) {
        fill(&messages, batch);
        whole.n_timeseries = batch->count;
        whole.timeseries = messages.series_places;
        const size_t size = remote__write_request__get_packed_size(&whole);

        bytes = malloc(size ? size : 1);
        is_packed = bytes && remote__write_request__pack(&whole, bytes) == size &&
                    compress(bytes, size, request);
    }
    free(bytes);
    free(messages.series);
    free(messages.series_places);
    free(messages.samples);
    free(messages.sample_places);
    free(messages.labels);
    free(messages.label_places);
    return is_packed;
}

void remote_link_send(struct remote_link *link, struct span request, struct remote_reply *reply)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    CURLcode error;

    *reply = (struct remote_reply){ 0 };
    link->reply = reply;
    link->text_size = link->answer_size = link->headers_size = 0;
    *link->problem = '\0';
    library.curl_easy_setopt(link->curl, CURLOPT_POSTFIELDS, request.data);
    library.curl_easy_setopt(link->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.size);
    error = library.curl_easy_perform(link->curl);
    library.curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &status);
    library.curl_easy_getinfo(link->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    /* The status line is the receipt, also if the rest of the answer is lost. */
    reply->status = status >= 200 && status < 1000 ? (unsigned)status : 0;
    reply->retry_after_s =
        retry_after_s > 0 && retry_after_s < INT32_MAX ? (uint32_t)retry_after_s : 0;
    if (!reply->status) {
        const char *problem = *link->problem ? link->problem : library.curl_easy_strerror(error);
        const size_t size = strnlen(problem, sizeof(reply->text) - 1);

        memcpy(reply->text, problem, size);
        reply->text[size] = '\0';
    }
}
