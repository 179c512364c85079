/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: the lines of the input are three headers of a scrape request:
 * Accept, Accept-Encoding and the timeout. Any input must lead to a known dialect and an allowed
 * time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scrape_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *lines[3] = { NULL, NULL, NULL };
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    char *at = text;
    for (size_t i = 0; i < 3 && at; i++) {
        char *end = strchr(at, '\n');
        if (end)
            *end++ = 0;
        lines[i] = at;
        at = end;
    }
    const enum metric_dialect dialect = scrape_request_dialect(lines[0]);
    const char *type = scrape_request_content_type(dialect);
    const uint32_t timeout = scrape_request_timeout_ms(lines[2]);
    scrape_request_takes_gzip(lines[1]);
    if (!type || !*type || timeout < 1 || timeout > 600000)
        abort();
    free(text);
    return 0;
}
