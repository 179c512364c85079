/* SPDX-License-Identifier: MIT
 *
 * See provider_output.h.
 */
#include "provider_output.h"

#include <stdint.h>

#include "output.h"
#include "utf8.h"

static void (*listener_of_all)(const char *library, const char *line);

void provider_output_listen(void (*listener)(const char *library, const char *line))
{
    listener_of_all = listener;
}

bool provider_output_is_heard(void)
{
    return listener_of_all != NULL;
}

static void hand_on(struct provider_output *output)
{
    struct output safe = { 0 };

    output->line[output->length] = 0;
    output->length = 0;
    if (!listener_of_all || output->line_count > PROVIDER_OUTPUT_LINES)
        return;
    if (output->line_count++ == PROVIDER_OUTPUT_LINES) {
        listener_of_all(output->library, "(it writes more, which is left out)");
        return;
    }
    utf8_add_safe(&safe, output->line, SIZE_MAX);
    listener_of_all(output->library, safe.data ? safe.data : "");
    output_release(&safe);
}

void provider_output_receive(void *context, const char *bytes, size_t size)
{
    struct provider_output *output = context;

    /* Further lines are not processed. */
    for (size_t i = 0; i < size && output->line_count <= PROVIDER_OUTPUT_LINES; i++) {
        const bool is_end = bytes[i] == '\n';

        if (is_end || output->length == PROVIDER_OUTPUT_WIDTH)
            hand_on(output);
        /* A terminator would hide the text after it. Windows ends lines with \r\n. */
        if (!is_end && !(bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n'))
            output->line[output->length++] = bytes[i] ? bytes[i] : ' ';
    }
}

void provider_output_end(struct provider_output *output)
{
    if (output->length)
        hand_on(output);
}
