/* SPDX-License-Identifier: MIT
 *
 * Reads the private file: see heap_profile.h.
 */
#include "heap_profile.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_OF_STACK 64u /* as UNWIND_FRAMES of the writer */

static bool read_header(const struct os_region_source *source, struct profile_header *header)
{
    return os_private_read(source, 0, header, sizeof(*header)) && header->magic == PROFILE_MAGIC &&
           header->version == PROFILE_VERSION && header->header_size == PROFILE_HEADER_SIZE;
}

/* A file of another version is taken, so that its reader can say so. */
static DWORD check(const struct os_region_source *source, uint32_t process_id)
{
    struct profile_header header;
    bool is_local;

    if (!read_header(source, &header))
        return ERROR_SUCCESS;
    DWORD error = os_region_is_local(header.pid_namespace, &is_local);
    if (error)
        return error;
    return is_local && header.process_id == process_id ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}

DWORD heap_profile_open(struct os_region_source *source, uint32_t process_id)
{
    return os_private_open(source, process_id, check);
}

bool heap_profile_follow(struct os_region_source *source, uint32_t process_id)
{
    struct os_region_source found;

    if (heap_profile_open(&found, process_id))
        return false; /* the new file is not there yet: the old one still has what the owner wrote */
    const bool is_new = found.device != source->device || found.inode != source->inode;
    os_region_close(is_new ? source : &found);
    if (is_new)
        *source = found;
    return is_new;
}

bool heap_profile_read_answer(const struct os_region_source *source, struct profile_answer *answer)
{
    struct profile_header header;

    if (!read_header(source, &header))
        return false;
    memcpy(answer, &header.answer, sizeof(*answer));
    return true;
}

bool heap_profile_ask(const struct os_region_source *source, uint64_t rate, uint64_t *number)
{
    struct profile_header header;

    if (!read_header(source, &header) || os_region_ask(source))
        return false;
    *number = header.request.number + 1;
    return os_private_write(source, PROFILE_REQUEST_OFFSET, &rate, sizeof(rate)) &&
           os_private_write(source,
                            PROFILE_REQUEST_OFFSET + offsetof(struct profile_request, number),
                            number, sizeof(*number));
}

void heap_profile_withdraw(const struct os_region_source *source, uint64_t number)
{
    const uint64_t rate = PROFILE_RATE_OFF, next = number + 1;
    struct profile_header header;

    if (!read_header(source, &header) || header.request.number != number)
        return;
    os_private_write(source, PROFILE_REQUEST_OFFSET, &rate, sizeof(rate));
    os_private_write(source, PROFILE_REQUEST_OFFSET + offsetof(struct profile_request, number),
                     &next, sizeof(next));
}

bool heap_profile_ask_figures(const struct os_region_source *source)
{
    const uint64_t offset = PROFILE_REQUEST_OFFSET + offsetof(struct profile_request, figures);
    struct profile_header header;

    if (!read_header(source, &header))
        return false;
    const uint64_t number = header.request.figures + 1;
    return os_private_write(source, offset, &number, sizeof(number));
}

DWORD heap_profile_process_image(uint32_t process_id, uint64_t *address)
{
    struct os_region_source source;
    struct profile_header header;
    DWORD error = heap_profile_open(&source, process_id);

    if (error)
        return error;
    if (read_header(&source, &header))
        *address = header.process_image;
    else
        error = ERROR_NOT_SUPPORTED;
    os_region_close(&source);
    return error;
}

/* ---- stacks -------------------------------------------------------------------------------- */

static DWORD read_stacks(struct heap_profile *profile, const struct os_region_source *source,
                         const struct profile_header *header)
{
    uint64_t count = header->answer.stack_count, frames = header->answer.frame_count;

    if (header->stacks_offset == 0 || count == 0)
        return ERROR_NOT_READY;
    if (header->stacks_offset != PROFILE_STACKS_OFFSET ||
        header->frames_offset != PROFILE_FRAMES_OFFSET || count > PROFILE_STACKS ||
        frames > PROFILE_FRAMES)
        return ERROR_INVALID_DATA;
    struct profile_stack *raw = calloc((size_t)count, sizeof(*raw));
    profile->frames = calloc((size_t)frames + 1, sizeof(*profile->frames));
    profile->stacks = calloc((size_t)count, sizeof(*profile->stacks));
    DWORD error =
        raw && profile->frames && profile->stacks ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error &&
        (!os_private_read(source, PROFILE_STACKS_OFFSET, raw, (size_t)count * sizeof(*raw)) ||
         !os_private_read(source, PROFILE_FRAMES_OFFSET, profile->frames,
                          (size_t)frames * sizeof(*profile->frames))))
        error = ERROR_INVALID_DATA;
    for (uint64_t i = 0; i < count && !error; i++) {
        struct heap_profile_stack *stack = &profile->stacks[i];
        if (raw[i].frame_count > FRAMES_OF_STACK || raw[i].first_frame > frames ||
            raw[i].frame_count > frames - raw[i].first_frame) {
            error = ERROR_INVALID_DATA;
            break;
        }
        *stack = (struct heap_profile_stack){
            .frames = profile->frames + raw[i].first_frame,
            .heap = raw[i].heap,
            .is_always = raw[i].is_always != 0,
            .frame_count = raw[i].frame_count,
            .allocated_count = raw[i].allocated_count,
            .allocated_bytes = raw[i].allocated_bytes,
            .live_count = raw[i].live_count,
            .live_bytes = raw[i].live_bytes,
        };
        /* While a sample is being removed, only one of the sums may have changed. */
        if (stack->live_bytes > INT64_MAX)
            stack->live_bytes = 0;
        if (stack->live_count > INT64_MAX)
            stack->live_count = 0;
    }
    profile->stack_count = (size_t)count;
    free(raw);
    return error;
}

DWORD heap_profile_read(struct heap_profile *profile, const struct os_region_source *source)
{
    struct profile_header header;

    memset(profile, 0, sizeof(*profile));
    if (!read_header(source, &header))
        return ERROR_INVALID_DATA;
    profile->rate = header.answer.rate;
    profile->own_rate = header.answer.own_rate;
    profile->begin_time = header.answer.begin_time;
    profile->sample_count = header.answer.sample_count;
    profile->lost_count = header.answer.lost_count;
    profile->skip_count = header.answer.skip_count;
    DWORD error = read_stacks(profile, source, &header);
    if (error)
        heap_profile_release(profile);
    return error;
}

void heap_profile_release(struct heap_profile *profile)
{
    free(profile->stacks);
    free(profile->frames);
    memset(profile, 0, sizeof(*profile));
}

/* ---- as live blocks ------------------------------------------------------------------------ */

static uint64_t whole(uint64_t count)
{
    return count / PROFILE_COUNT_UNIT + (count % PROFILE_COUNT_UNIT >= PROFILE_COUNT_UNIT / 2);
}

uint64_t heap_profile_rate_of(const struct heap_profile *profile, uint32_t heap)
{
    for (size_t i = 0; i < profile->stack_count; i++)
        if (profile->stacks[i].heap == heap && profile->stacks[i].is_always)
            return PROFILE_RATE_ALL;
    return profile->own_rate;
}

/* The mean distance of the samples that the list gets. */
static uint64_t rate_of(const struct heap_profile *profile, uint32_t heap)
{
    const uint64_t rate = profile->rate ? profile->rate : profile->own_rate;

    if (heap != HEAP_PROFILE_ALL_HEAPS && heap_profile_rate_of(profile, heap) == PROFILE_RATE_ALL)
        return PROFILE_RATE_ALL;
    return rate ? rate : PROFILE_RATE_ALL; /* no rate: only heaps of which every block is sampled */
}

void heap_profile_list(const struct heap_profile *profile, const struct heap_profile *before,
                       uint32_t heap, struct live_blocks *live)
{
    live_blocks_begin_stacks(live, rate_of(profile, heap));
    live->has_growth = before != NULL;
    for (size_t i = 0; i < profile->stack_count; i++) {
        const struct heap_profile_stack *stack = &profile->stacks[i];
        struct live_blocks_site sums = {
            .count = whole(stack->live_count),
            .bytes = stack->live_bytes,
            .allocated_count = whole(stack->allocated_count),
            .allocated_bytes = stack->allocated_bytes,
            .growth = (int64_t)stack->live_bytes,
        };
        /* A stack keeps its number; the sums begin with 0 in each profile. */
        if (before && before->begin_time == profile->begin_time && i < before->stack_count)
            sums.growth = (int64_t)(stack->live_bytes - before->stacks[i].live_bytes);
        /* Stack 0 has the sums of the stacks for which the file has no space, of all heaps. */
        if ((heap == HEAP_PROFILE_ALL_HEAPS || stack->heap == heap) && sums.allocated_count)
            live_blocks_add_stack(live, stack->frames, stack->frame_count, &sums);
    }
}
