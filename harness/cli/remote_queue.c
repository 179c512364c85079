/* SPDX-License-Identifier: MIT
 *
 * remote_queue.h
 */
#include "remote_queue.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

static void drop(struct remote_queue *queue, struct remote_request *request)
{
    queue->dropped_requests++;
    queue->dropped_samples += request->sample_count;
    output_release(&request->bytes);
}

/* Move the requests to the beginning of the memory, at most once for as many as were taken. */
static void compact(struct remote_queue *queue)
{
    if (queue->first < queue->capacity / 2 + 1)
        return;
    memmove(queue->requests, queue->requests + queue->first,
            queue->count * sizeof(*queue->requests));
    queue->first = 0;
}

void remote_queue_add(struct remote_queue *queue, struct remote_request *request)
{
    struct remote_request *requests, oldest;

    while (queue->count && request->bytes.size > queue->limit - queue->size) {
        remote_queue_take(queue, &oldest);
        drop(queue, &oldest);
    }
    compact(queue);
    requests = array_reserve(queue->requests, &queue->capacity, queue->first + queue->count + 1,
                             sizeof(*requests));
    if (requests)
        queue->requests = requests;
    if (!requests || request->bytes.size > queue->limit) {
        drop(queue, request);
    } else {
        requests[queue->first + queue->count++] = *request;
        queue->size += request->bytes.size;
    }
    *request = (struct remote_request){ 0 };
}

bool remote_queue_take(struct remote_queue *queue, struct remote_request *request)
{
    if (!queue->count)
        return false;
    *request = queue->requests[queue->first++];
    queue->count--;
    queue->size -= request->bytes.size;
    if (!queue->count)
        queue->first = 0;
    return true;
}

void remote_queue_release(struct remote_queue *queue)
{
    struct remote_request request;

    while (remote_queue_take(queue, &request))
        drop(queue, &request);
    free(queue->requests);
    queue->requests = NULL;
    queue->capacity = queue->first = 0;
}
