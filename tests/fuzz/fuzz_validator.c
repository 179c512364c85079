/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: the validator, the readers and the map over any bytes, as a saved answer and as the
 * objects of a Collect.
 *
 * Corpus: tests/buffers
 */
#include <stdint.h>
#include <stdlib.h>

#include "answer_map.h"
#include "reader_model.h"
#include "readers.h"
#include "validator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global" };
    struct readers_answer answer = { .bytes = { data, size }, .is_blob = true };
    unsigned char *map = malloc(size + 1);

    validator_check_blob(&validator, answer.bytes);
    reader_models_check(&findings, READERS_ALL, &answer);
    readers_check(&findings, READERS_ALL, &answer);
    validator_check_objects(&validator, answer.bytes, 1);
    answer.is_blob = false;
    answer.count = 1;
    reader_models_check(&findings, READERS_ALL, &answer);
    readers_check(&findings, READERS_ALL, &answer);
    if (map)
        answer_map(answer.bytes, map);
    free(map);
    findings_release(&findings);
    return 0;
}
