/* SPDX-License-Identifier: MIT
 *
 * Requests that wait to be sent, in their order. Their bytes are limited: for a new request the
 * oldest ones are dropped. The caller protects a queue with a lock.
 */
#ifndef REMOTE_QUEUE_H
#define REMOTE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

struct remote_request {
    struct output bytes;
    uint64_t sample_count;
};

/** A zeroed struct with a limit is an empty queue. */
struct remote_queue {
    size_t limit; /* bytes */
    struct remote_request *requests;
    size_t first, count, capacity; /* elements; those before `first` are free */
    size_t size;                   /* bytes of all requests */
    uint64_t dropped_requests, dropped_samples;
};

/**
 * Add a request. It is dropped if it is larger than the limit, or if there is no memory.
 *
 * @param request  empty afterwards
 */
void remote_queue_add(struct remote_queue *queue, struct remote_request *request);

/** Take the oldest request out. The caller owns it. Returns false if the queue is empty. */
bool remote_queue_take(struct remote_queue *queue, struct remote_request *request);

/** Drop all requests, and free the memory. The counts remain. */
void remote_queue_release(struct remote_queue *queue);

#endif /* REMOTE_QUEUE_H */
