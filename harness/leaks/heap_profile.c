/* SPDX-License-Identifier: MIT
 *
 * Reads the private file and names its addresses: see heap_profile.h.
 */
#include "heap_profile.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "symbolizer.h"
#include "text.h"

#define FRAMES_OF_STACK 64u
#define MAPPING_LIMIT 65536u

static bool read_header(const struct os_region_source *source, struct profile_header *header)
{
    return os_private_read(source, 0, header, sizeof(*header)) && header->magic == PROFILE_MAGIC &&
           header->version == PROFILE_VERSION && header->header_size == PROFILE_HEADER_SIZE;
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
    DWORD error = os_private_open(&source, process_id);

    if (error)
        return error;
    if (read_header(&source, &header))
        *address = header.process_image;
    else
        error = ERROR_NOT_SUPPORTED;
    os_region_close(&source);
    return error;
}

uint32_t heap_profile_process_of(const char *text)
{
    for (const char *at = text; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        char *end;
        unsigned long number = strtoul(at, &end, 10);
        if (end > at && (*end == ':' || (*end == 0 && at == text)) && number > 0 &&
            number <= INT32_MAX)
            return (uint32_t)number;
    }
    return 0;
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
        struct heap_profile_stack *stack = &profile->stacks[profile->stack_count];
        if (raw[i].frame_count > FRAMES_OF_STACK || raw[i].first_frame > frames ||
            raw[i].frame_count > frames - raw[i].first_frame) {
            error = ERROR_INVALID_DATA;
            break;
        }
        *stack = (struct heap_profile_stack){
            .frames = profile->frames + raw[i].first_frame,
            .frame_count = raw[i].frame_count,
            .allocated_count = raw[i].allocated_count,
            .allocated_bytes = raw[i].allocated_bytes,
            .live_count = raw[i].live_count,
            .live_bytes = raw[i].live_bytes,
        };
        /* While a sample is being removed, only one of the sums may have changed. */
        if ((int64_t)stack->live_bytes < 0)
            stack->live_bytes = 0;
        if ((int64_t)stack->live_count < 0)
            stack->live_count = 0;
        profile->stack_count += raw[i].sample_count != 0;
    }
    free(raw);
    return error;
}

/* ---- names --------------------------------------------------------------------------------- */

static void add_mapping(void *context, const struct os_private_mapping *found)
{
    struct heap_profile *profile = context;
    size_t count = profile->mapping_count;

    if (count >= MAPPING_LIMIT)
        return;
    struct heap_profile_mapping *mappings =
        array_reserve(profile->mappings, &profile->mapping_capacity, count + 1, sizeof(*mappings));
    if (!mappings)
        return;
    profile->mappings = mappings;
    char *path = text_utf8_copy(found->path);
    if (!path)
        return;
    profile->mappings[profile->mapping_count++] =
        (struct heap_profile_mapping){ found->begin, found->end, found->offset, path };
}

static int compare_locations(const void *left, const void *right)
{
    uint64_t a = ((const struct heap_profile_location *)left)->address;
    uint64_t b = ((const struct heap_profile_location *)right)->address;

    return (a > b) - (a < b);
}

static uint32_t mapping_of(const struct heap_profile *profile, uint64_t address)
{
    for (size_t i = 0; i < profile->mapping_count; i++)
        if (address - 1 >= profile->mappings[i].begin && address - 1 < profile->mappings[i].end)
            return (uint32_t)i;
    return UINT32_MAX;
}

/* List every address once, in the order of addresses. */
static DWORD find_locations(struct heap_profile *profile)
{
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < profile->stack_count; i++)
        count += profile->stacks[i].frame_count;
    struct heap_profile_location *locations = calloc(count + 1, sizeof(*locations));
    if (!locations)
        return ERROR_NOT_ENOUGH_MEMORY;
    count = 0;
    for (size_t i = 0; i < profile->stack_count; i++)
        for (uint32_t k = 0; k < profile->stacks[i].frame_count; k++)
            locations[count++].address = profile->stacks[i].frames[k];
    qsort(locations, count, sizeof(*locations), compare_locations);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || locations[i].address != locations[kept - 1].address) {
            locations[kept] = locations[i];
            locations[kept].mapping = mapping_of(profile, locations[kept].address);
            kept++;
        }
    profile->locations = locations;
    profile->location_count = kept;
    return ERROR_SUCCESS;
}

struct batch {
    struct heap_profile_location *locations[SYMBOLIZER_LIMIT];
    uint64_t offsets[SYMBOLIZER_LIMIT];
    size_t count;
};

static void name_location(void *context, size_t index, const char *symbol)
{
    struct batch *batch = context;

    if (!batch->locations[index]->symbol)
        batch->locations[index]->symbol = text_utf8_copy(symbol);
}

/* Find names module by module, for many addresses at once. */
static void find_names(struct heap_profile *profile)
{
    for (uint32_t mapping = 0; mapping < profile->mapping_count; mapping++) {
        const struct heap_profile_mapping *of = &profile->mappings[mapping];
        struct batch batch = { .count = 0 };
        for (size_t i = 0; i <= profile->location_count; i++) {
            if (batch.count && (batch.count == SYMBOLIZER_LIMIT || i == profile->location_count)) {
                symbolizer_look_up(of->path, batch.offsets, batch.count, name_location, &batch);
                batch.count = 0;
            }
            if (i == profile->location_count || profile->locations[i].mapping != mapping)
                continue;
            batch.locations[batch.count] = &profile->locations[i];
            batch.offsets[batch.count++] = profile->locations[i].address - of->begin + of->offset;
        }
    }
}

const struct heap_profile_location *heap_profile_at(const struct heap_profile *profile,
                                                    uint64_t address)
{
    struct heap_profile_location wanted = { .address = address };

    return bsearch(&wanted, profile->locations, profile->location_count,
                   sizeof(*profile->locations), compare_locations);
}

DWORD heap_profile_read(struct heap_profile *profile, const struct os_region_source *source,
                        uint32_t process_id, bool has_symbols)
{
    struct profile_header header;

    memset(profile, 0, sizeof(*profile));
    if (!read_header(source, &header))
        return ERROR_INVALID_DATA;
    profile->process_id = process_id;
    profile->rate = header.answer.rate;
    profile->sample_count = header.answer.sample_count;
    profile->lost_count = header.answer.lost_count;
    profile->skip_count = header.answer.skip_count;
    DWORD error = read_stacks(profile, source, &header);
    if (!error) {
        os_private_mappings(process_id, add_mapping, profile);
        error = find_locations(profile);
    }
    if (error)
        heap_profile_release(profile);
    else if (has_symbols)
        find_names(profile);
    return error;
}

void heap_profile_release(struct heap_profile *profile)
{
    for (size_t i = 0; i < profile->location_count; i++)
        free(profile->locations[i].symbol);
    for (size_t i = 0; i < profile->mapping_count; i++)
        free(profile->mappings[i].path);
    free(profile->locations);
    free(profile->mappings);
    free(profile->stacks);
    free(profile->frames);
    memset(profile, 0, sizeof(*profile));
}
