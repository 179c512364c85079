/* SPDX-License-Identifier: MIT
 *
 * Places Collect's buffer between guards, and finds what a provider wrote into them. The callers
 * decide whose fault a damage is.
 */
#include "guarded_buffer.h"

#include <string.h>

#include "os.h"
#include "process_state.h"

#define DEFAULT_RESERVE (1024u * 1024) /* bytes; chosen */
/* Bytes of the inaccessible pages at each end; chosen. A 32-bit process has little address space. */
#define FORBIDDEN_SIZE (sizeof(void *) == 8 ? 32u << 20 : 1u << 20)
#define PATTERN_PERIOD 256 /* of provider_guard_pattern */

static size_t whole_pages(size_t size)
{
    size_t page = os_page_size();

    return (size + page - 1) / page * page;
}

static void fill_pattern(unsigned char *area, size_t size)
{
    size_t done = size < PATTERN_PERIOD ? size : PATTERN_PERIOD;

    for (size_t i = 0; i < done; i++)
        area[i] = provider_guard_pattern(i);
    while (done < size) { /* copies double in size and consist of whole periods */
        size_t part = done < size - done ? done : size - done;
        memcpy(area + done, area, part);
        done += part;
    }
}

/* Find the first and the last byte of an area that differ from the pattern. False: no byte differs. */
static bool find_damage(const unsigned char *area, size_t size, size_t *first, size_t *last)
{
    unsigned char period[PATTERN_PERIOD];
    bool is_damaged = false;

    fill_pattern(period, PATTERN_PERIOD);
    /* Fast path for an area without damage: each period equals the one before it. */
    if (size > PATTERN_PERIOD && memcmp(area, period, PATTERN_PERIOD) == 0 &&
        memcmp(area + PATTERN_PERIOD, area, size - PATTERN_PERIOD) == 0)
        return false;
    for (size_t at = 0; at < size; at += PATTERN_PERIOD) {
        size_t part = size - at < PATTERN_PERIOD ? size - at : PATTERN_PERIOD;
        if (memcmp(area + at, period, part) == 0)
            continue;
        for (size_t i = 0; i < part; i++) {
            if (area[at + i] == period[i])
                continue;
            if (!is_damaged)
                *first = at + i;
            *last = at + i;
            is_damaged = true;
        }
    }
    return is_damaged;
}

/* Reserve at least `size` bytes between inaccessible pages. */
static DWORD take_pages(struct guarded_buffer *buffer, size_t size)
{
    size_t inside_size = whole_pages(size), pages_size = inside_size + 2 * (size_t)FORBIDDEN_SIZE;

    if (buffer->inside_size == inside_size)
        return ERROR_SUCCESS;
    guarded_buffer_release(buffer);
    unsigned char *pages = process_state_pages_reserve(pages_size);
    if (!pages)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (process_state_pages_allow(pages + FORBIDDEN_SIZE, inside_size)) {
        process_state_pages_release(pages, pages_size);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    buffer->pages = pages;
    buffer->pages_size = pages_size;
    buffer->inside = pages + FORBIDDEN_SIZE;
    buffer->inside_size = inside_size;
    return ERROR_SUCCESS;
}

DWORD guarded_buffer_place(struct guarded_buffer *buffer, enum provider_guard guard, uint32_t size,
                           uint32_t misalignment, uint32_t reserve_size)
{
    size_t front = guard == PROVIDER_GUARD_PAGE_BEGIN ? 0 : os_page_size();
    size_t after = guard == PROVIDER_GUARD_PAGE_END
                       ? 0
                       : PROVIDER_GUARD_SIZE + (reserve_size ? reserve_size : DEFAULT_RESERVE);

    DWORD error = take_pages(buffer, front + 16 + size + after);
    if (error)
        return error;
    const unsigned char *const old_data = buffer->data;
    const bool is_patterned = buffer->is_patterned && buffer->size == size;

    buffer->size = size;
    buffer->guard = guard;
    buffer->is_patterned = false;
    unsigned char *end = buffer->inside + buffer->inside_size;
    switch (guard) {
    case PROVIDER_GUARD_PAGE_END: {
        /* The last place with the wanted alignment at which the buffer fits. */
        uintptr_t last = (uintptr_t)end - size;
        buffer->data = end - size - ((last - misalignment) & 7);
        break;
    }
    case PROVIDER_GUARD_PAGE_BEGIN:
        buffer->data = buffer->inside + misalignment;
        break;
    default:
        buffer->data = buffer->inside + front + 8 + misalignment;
        break;
    }
    if (guard == PROVIDER_GUARD_NONE)
        return ERROR_SUCCESS;
    if (is_patterned && buffer->data == old_data)
        return ERROR_SUCCESS;
    fill_pattern(buffer->inside, (size_t)(buffer->data - buffer->inside));
    fill_pattern(buffer->data + size, (size_t)(end - buffer->data) - size);
    return ERROR_SUCCESS;
}

void guarded_buffer_check(struct guarded_buffer *buffer, struct provider_damage *damage)
{
    size_t first, last;

    memset(damage, 0, sizeof(*damage));
    if (buffer->guard == PROVIDER_GUARD_NONE)
        return;

    size_t front = (size_t)(buffer->data - buffer->inside);
    if (find_damage(buffer->inside, front, &first, &last)) {
        damage->before = true;
        damage->before_first = (uint32_t)(front - last);
        damage->before_last = (uint32_t)(front - first);
    }

    /* The guard is a whole number of periods, so the pattern starts again with the reserve. */
    const unsigned char *after = buffer->data + buffer->size;
    size_t after_size = (size_t)(buffer->inside + buffer->inside_size - after);
    size_t guard_size = after_size < PROVIDER_GUARD_SIZE ? after_size : PROVIDER_GUARD_SIZE;
    if (find_damage(after, guard_size, &first, &last)) {
        damage->after = true;
        damage->after_first = (uint32_t)first;
        damage->after_last = (uint32_t)last;
    }
    if (find_damage(after + guard_size, after_size - guard_size, &first, &last))
        damage->reserve_used = (uint32_t)(last + 1);
    buffer->is_patterned = !damage->before && !damage->after && !damage->reserve_used;
}

bool guarded_buffer_contains(const struct guarded_buffer *buffer, uintptr_t address)
{
    return address - (uintptr_t)buffer->pages < buffer->pages_size; /* wraps below the pages */
}

void guarded_buffer_release(struct guarded_buffer *buffer)
{
    process_state_pages_release(buffer->pages, buffer->pages_size);
    memset(buffer, 0, sizeof(*buffer));
}
