/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any text as a counter path, matched with any text as a name. It never crashes, and an
 * error lies inside the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "counter_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct counter_path path;
    struct counter_path_error error;

    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (counter_path_parse(text, &path, &error) == ERROR_SUCCESS) {
        counter_path_pattern_matches(&path.object, text);
        counter_path_pattern_matches(&path.counter, text);
        counter_path_matches_instance(&path, NULL, text, 0);
        counter_path_matches_instance(&path, text, text, 1);
        counter_path_release(&path);
    } else if (error.position > strlen(text) || !error.message) {
        abort();
    }
    free(text);
    return 0;
}
