/* SPDX-License-Identifier: MIT
 *
 * Sends what a scrape would get to a receiver of Prometheus' remote-write protocol, at an interval.
 *
 * One thread collects and packs requests into a queue of limited size, another one sends them in
 * their order. A request is sent again, unchanged, until the receiver has accepted it (2xx) or
 * refused it (any status but 429 and 5xx), or until younger requests were dropped because the queue
 * is full. So each sample has one time and one value, however often its request is sent, and the
 * samples of a series arrive in their order. A series that ends gets a stale marker.
 *
 * Rule: https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
#ifndef REMOTE_WRITE_H
#define REMOTE_WRITE_H

#include <stdint.h>

#include "collector.h"
#include "command_option.h"
#include "presenter.h"

/** Values of the options. A command embeds this in its own struct. */
struct remote_write_options {
    const char *url; /* NULL: nothing is sent */
    uint32_t interval_ms;
    struct option_texts labels;
    const char *authorization_file;
};

#define REMOTE_WRITE_OPTIONS(type, field)                                                          \
    { "remote-write",                                                                              \
      0,                                                                                           \
      OPTION_TEXT,                                                                                 \
      offsetof(type, field.url),                                                                   \
      "URL",                                                                                       \
      "send the metrics to a receiver of Prometheus' remote-write protocol, too",                  \
      0,                                                                                           \
      0 },                                                                                         \
        { "remote-interval",                                                                       \
          0,                                                                                       \
          OPTION_SECONDS,                                                                          \
          offsetof(type, field.interval_ms),                                                       \
          "SECONDS",                                                                               \
          "the time between two samples that are sent (15)",                                       \
          100,                                                                                     \
          86400000 },                                                                              \
        { "remote-label",                                                                          \
          0,                                                                                       \
          OPTION_TEXTS,                                                                            \
          offsetof(type, field.labels),                                                            \
          "NAME=VALUE",                                                                            \
          "a label of everything that is sent; default job=perfharness, instance=HOST",            \
          0,                                                                                       \
          0 },                                                                                     \
    {                                                                                              \
        "remote-authorization", 0, OPTION_TEXT, offsetof(type, field.authorization_file), "FILE",  \
            "its first line is the header Authorization, such as: Bearer TOKEN", 0, 0              \
    }

struct remote_write;

/**
 * Prepare. Nothing is sent before remote_write_start.
 *
 * @param remote  receives NULL if the options name no URL
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message
 */
int remote_write_open(struct remote_write **remote, const struct remote_write_options *options);

/**
 * Begin to collect and to send.
 *
 * @param format  with the totals, if any, that scrapes use; it is copied
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message
 */
int remote_write_start(struct remote_write *remote, struct collector *collector,
                       const struct presenter *presenter, const struct collector_format *format);

/** Add what was sent and lost to the metrics. NULL is allowed. Any thread may call this. */
void remote_write_add_metrics(void *remote, struct metric_writer *writer);

/**
 * Collect no more. All series are marked as ended, and what is in the queue is sent for at most 5
 * seconds. This does not wait. NULL is allowed.
 */
void remote_write_stop(struct remote_write *remote);

/** Stop, wait for the end of sending, and free everything. NULL is allowed. */
void remote_write_close(struct remote_write *remote);

#endif /* REMOTE_WRITE_H */
