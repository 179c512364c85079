/* SPDX-License-Identifier: MIT
 *
 * One request of the remote-write protocol: packed by protobuf-c and snappy, sent by libcurl.
 * remote_link_posix.c uses these libraries. Snappy and libcurl are loaded when a link is opened,
 * because libcurl loads twenty others. Builds without the libraries' headers, and all Windows
 * builds, have remote_link_absent.c instead.
 */
#ifndef REMOTE_LINK_H
#define REMOTE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "remote_series.h"
#include "wintypes.h"

/** What is wrong with a link that cannot be opened. */
enum remote_link_problem {
    REMOTE_LINK_FINE,
    REMOTE_LINK_NOT_BUILT, /* this perfharness was built without the libraries */
    REMOTE_LINK_NO_SNAPPY, /* the library is not installed */
    REMOTE_LINK_NO_CURL,   /* likewise */
    REMOTE_LINK_BAD_URL,   /* not a URL that begins with http:// or https:// */
    REMOTE_LINK_NO_MEMORY,
};

/** The value of the last sample of a series that has ended. Rule: remote-write 1.0, stale markers. */
#define REMOTE_LINK_STALE_BITS 0x7ff0000000000002u

/** Series with one sample each, all of the same time. */
struct remote_batch {
    const struct remote_series *const *series;
    size_t count;
    int64_t time_ms; /* since 1970-01-01 UTC */
    bool is_stale;   /* the samples mark the ends of the series; their values are not used */
};

/** What a receiver answered. */
struct remote_reply {
    unsigned status;        /* of HTTP; 0: there was no answer */
    uint32_t retry_after_s; /* header Retry-After; 0: no such header */
    char text[160];         /* the first line of the answer, or why there is no answer; not yet safe
                               for a terminal */
};

struct remote_link;

/**
 * Prepare for sending. Nothing is connected.
 *
 * @param url            of the receiver; a name and a password in it are used
 * @param authorization  value of the header Authorization; NULL: no such header
 * @param keeps_on       false: a request in progress ends within about a second
 */
enum remote_link_problem remote_link_open(struct remote_link **link, const char *url,
                                          const char *authorization,
                                          bool (*keeps_on)(void *context), void *context);

/** Free everything. NULL is allowed. */
void remote_link_close(struct remote_link *link);

/** Make the body of a request. Returns false if there is no memory. */
bool remote_link_pack(const struct remote_link *link, const struct remote_batch *batch,
                      struct output *request);

/** Send a request, and wait for the answer, 30 seconds at most. One thread at a time calls this. */
void remote_link_send(struct remote_link *link, struct span request, struct remote_reply *reply);

#endif /* REMOTE_LINK_H */
