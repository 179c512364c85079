/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a recording. Its samples lie inside it, one after the other; written again,
 * they are a recording of the same samples.
 *
 * Corpus: tests/buffers
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read all samples, and write them to `copy`. Returns how many there are. */
static size_t read_all(struct span recording, struct output *copy)
{
    struct recorded_sample sample;
    struct recording_error error = { 0, NULL };
    size_t offset = 0, count = 0;

    for (;;) {
        const size_t before = offset;
        if (!recording_next(recording, &offset, &sample, &error))
            break;
        /* The padding of the last sample, and an empty file, may end after the bytes. */
        if (offset <= before || offset > recording.size + 8 || sample.blob.size > recording.size ||
            sample.blob.data < recording.data ||
            sample.blob.data + sample.blob.size > recording.data + recording.size)
            abort();
        recording_add(copy, sample.blob, sample.time_100ns);
        count++;
    }
    if (error.message && error.offset > recording.size)
        abort();
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span recording = { data, size };
    struct output copy = { 0 }, again = { 0 };

    recording_begin(&copy);
    recording_begin(&again);
    size_t count = read_all(recording, &copy);
    if (!copy.is_lost && recording_is_one(recording)) {
        const struct span written = { (const unsigned char *)copy.data, copy.size };
        if (read_all(written, &again) != count)
            abort();
        if (!again.is_lost && (again.size != copy.size || memcmp(again.data, copy.data, copy.size)))
            abort();
    }
    output_release(&copy);
    output_release(&again);
    return 0;
}
