/* SPDX-License-Identifier: MIT
 *
 * Requests of exporters to allocators: see figures_request.h.
 */
#include "figures_request.h"

#include <stdlib.h>

#include "heap_profile.h"
#include "os.h"
#include "region_reader.h"

#define ROUND_S 60u          /* chosen */
#define TIMES_DURATION 1000u /* chosen: a program answers for at most a thousandth of the time */

struct figures_request {
    struct region_reader *reader;
    uint64_t next_time; /* os_clock_ticks */
    uint64_t round;
};

struct figures_request *figures_request_open(const struct registration *registration)
{
    struct figures_request *request;

    if (!registration_find(registration, "heapctrs") || !(request = calloc(1, sizeof(*request))))
        return NULL;
    if (region_reader_open(&request->reader)) {
        free(request);
        return NULL;
    }
    return request;
}

/* A program whose answers take long is asked only in every second, third … round. */
static bool is_due(const struct figures_request *request, const struct heap_figures *figures)
{
    const uint64_t length = ROUND_S * os_clock_frequency();
    const uint64_t rounds = figures->duration > UINT64_MAX / TIMES_DURATION
                                ? UINT64_MAX
                                : figures->duration * TIMES_DURATION / length + 1;

    return figures->allocator == ALLOCATOR_GLIBC && request->round % rounds == 0;
}

static void ask_process(uint32_t process_id)
{
    struct os_region_source file;

    if (heap_profile_open(&file, process_id))
        return; /* the file is another user's or does not exist */
    heap_profile_ask_figures(&file);
    os_region_close(&file);
}

void figures_request_ask(struct figures_request *request)
{
    const uint64_t now = os_clock_ticks();
    size_t count;

    if (!request || now < request->next_time || region_reader_refresh(request->reader))
        return;
    request->next_time = now + ROUND_S * os_clock_frequency();
    const struct heap_view *heaps = region_reader_heaps(request->reader, &count);
    for (size_t i = 0; i < count; i++) {
        struct heap_totals totals;

        if (!heaps[i].is_foreign && !region_reader_read(request->reader, i, &totals) &&
            is_due(request, &totals.figures))
            ask_process(heaps[i].process_id);
    }
    request->round++;
}

void figures_request_close(struct figures_request *request)
{
    if (!request)
        return;
    region_reader_close(request->reader);
    free(request);
}
