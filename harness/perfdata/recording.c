/* SPDX-License-Identifier: MIT
 *
 * Writes and checks recordings. It does not interpret their data blocks.
 */
#include "recording.h"

#include <string.h>

#include "hash.h"
#include "round_up.h"

#define HEADER_SIZE 16
#define SAMPLE_SIZE 24
#define VERSION 1

static const char file_mark[] = "PERFREC\n";
static const char sample_mark[] = "SMPL";

bool recording_is_one(struct span bytes)
{
    const unsigned char *at = span_at(bytes, 0, 8);

    return at && memcmp(at, file_mark, 8) == 0;
}

void recording_begin(struct output *output)
{
    const uint32_t numbers[2] = { VERSION, 0 };

    output_add(output, file_mark, 8);
    output_add(output, numbers, sizeof(numbers));
}

void recording_add(struct output *output, struct span blob, uint64_t time_100ns)
{
    const uint32_t size = (uint32_t)blob.size;
    const uint64_t sum = hash_bytes(HASH_BEGIN, blob.data, blob.size);

    output_add(output, sample_mark, 4);
    output_add(output, &size, sizeof(size));
    output_add(output, &time_100ns, sizeof(time_100ns));
    output_add(output, &sum, sizeof(sum));
    output_add(output, blob.data, blob.size);
    output_add_repeated(output, '\0', round_up_8(blob.size) - blob.size);
}

static bool fail(struct recording_error *error, size_t offset, const char *message)
{
    *error = (struct recording_error){ offset, message };
    return false;
}

bool recording_next(struct span recording, size_t *offset, struct recorded_sample *sample,
                    struct recording_error *error)
{
    const unsigned char *at = span_at(recording, 0, HEADER_SIZE);
    struct span blob;

    *error = (struct recording_error){ 0 };
    if (!at ||
        memcmp(at, file_mark, 8) != 0) { /* a plain blob or another file: object_walk decides */
        if (*offset)
            return false;
        *sample = (struct recorded_sample){ recording, 0 };
        *offset = 1; /* not 0: there is no second sample */
        return true;
    }
    if (read_u32(at + 8) != VERSION)
        return fail(error, 8, "it is a recording of a version that this program does not know");

    if (!*offset)
        *offset = HEADER_SIZE;
    if (*offset >= recording.size)
        return false;
    at = span_at(recording, *offset, SAMPLE_SIZE);
    if (!at)
        return fail(error, *offset, "the recording ends in the middle of a sample");
    if (memcmp(at, sample_mark, 4) != 0)
        return fail(error, *offset, "there is no sample where one should begin");
    blob = span_part(recording, *offset + SAMPLE_SIZE, read_u32(at + 4));
    if (!blob.data)
        return fail(error, *offset + 4, "the recording ends in the middle of a sample");
    if (hash_bytes(HASH_BEGIN, blob.data, blob.size) != read_u64(at + 16))
        return fail(error, *offset + 16, "the sample's bytes are not those that were recorded");

    *sample = (struct recorded_sample){ blob, read_u64(at + 8) };
    *offset += SAMPLE_SIZE + round_up_8(blob.size);
    return true;
}
