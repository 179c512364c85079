/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: the walk, the decoder and every format over any bytes. The first half of the input is
 * the earlier sample, all of it the later one, so that unusual pairs of samples are cooked, too.
 *
 * Corpus: tests/buffers
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool go_on(void *context, const struct walk_breach *breach)
{
    (void)context;
    return breach->offset != SIZE_MAX; /* always true: the message has been made before */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span newer = { data, size };
    const struct decoder_input input = {
        .newer = newer,
        .older = { data, size - size / 2 },
        .language = 0x009,
        .on_breach = go_on,
    };
    const struct format_options options = { .is_cooked = true, .width = 60, .is_cut = true };
    struct decoder *decoder;

    decoder_check(newer, go_on, NULL);
    for (int i = 0; i < FORMAT_COUNT; i++) {
        struct output output = { 0 };

        formats[i].write(&output, &input, &options);
        output_release(&output);
    }
    if (decoder_open(&decoder, &input) == ERROR_SUCCESS) {
        const struct decoded_object *object;

        while ((object = decoder_next_object(decoder)))
            while (decoder_next_instance(decoder))
                for (size_t i = 0; i < object->counter_count; i++) {
                    double value;

                    if (decoder_cook(decoder, i, &value) && !(isfinite(value) && value >= 0))
                        abort();
                }
        decoder_close(decoder);
    }
    return 0;
}
