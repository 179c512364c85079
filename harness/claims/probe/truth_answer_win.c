/* SPDX-License-Identifier: MIT
 *
 * Queries with a canary, and walking their answers.
 */
#include "truth_answer.h"

#include <stdlib.h>
#include <string.h>

#include "truth_system.h"

#define CANARY 0xA5
#define CANARY_SIZE 4096   /* bytes before and after the buffer; chosen */
#define LARGEST (1u << 26) /* bytes of the largest buffer; chosen, far above any known answer */

void truth_answer_ask(struct truth_answer *answer, HKEY key, const WCHAR *name, DWORD capacity)
{
    const size_t whole = (size_t)capacity + 2 * CANARY_SIZE;
    BYTE *memory = malloc(whole);

    memset(answer, 0, sizeof(*answer));
    answer->result = ERROR_NOT_ENOUGH_MEMORY;
    if (!memory)
        return;
    memset(memory, CANARY, whole);
    answer->data = memory + CANARY_SIZE;
    answer->capacity = answer->size = capacity;
    answer->type = MAXDWORD;
    answer->result = truth_system_query(key, name, &answer->type, answer->data, &answer->size);
    for (DWORD i = 0; i < CANARY_SIZE; i++) {
        answer->before += memory[i] != CANARY;
        if (answer->data[capacity + i] != CANARY)
            answer->after = i + 1;
    }
    const PERF_DATA_BLOCK *header = truth_answer_header(answer);
    if (header && header->NumObjectTypes && !truth_answer_object(answer, 0)) {
        answer->is_shifted = true;
        answer->is_shifted = truth_answer_object(answer, 0) != NULL;
    }
}

void truth_answer_ask_all(struct truth_answer *answer, const WCHAR *name)
{
    for (DWORD capacity = 1u << 16;; capacity *= 2) {
        truth_answer_ask(answer, HKEY_PERFORMANCE_DATA, name, capacity);
        if (answer->result != ERROR_MORE_DATA || capacity >= LARGEST)
            return;
        truth_answer_release(answer);
    }
}

void truth_answer_release(struct truth_answer *answer)
{
    if (answer->data)
        free(answer->data - CANARY_SIZE);
    answer->data = NULL;
}

const PERF_DATA_BLOCK *truth_answer_header(const struct truth_answer *answer)
{
    const PERF_DATA_BLOCK *header = (const void *)answer->data;

    return answer->data && answer->result == ERROR_SUCCESS && answer->type == REG_BINARY &&
                   answer->size <= answer->capacity && answer->size >= sizeof(*header) &&
                   header->HeaderLength <= answer->size
               ? header
               : NULL;
}

const PERF_OBJECT_TYPE *truth_answer_object(const struct truth_answer *answer, unsigned position)
{
    const PERF_DATA_BLOCK *header = truth_answer_header(answer);

    if (!header || position >= header->NumObjectTypes)
        return NULL;
    const size_t shift = answer->is_shifted ? sizeof(*header) : 0;
    const size_t end = answer->size + shift;
    size_t at = header->HeaderLength + shift;

    for (;; position--) {
        const PERF_OBJECT_TYPE *object = (const void *)(answer->data + at);

        if (at + sizeof(*object) > end || object->TotalByteLength < sizeof(*object) ||
            /* a slightly wrong length must be visible, too */
            object->TotalByteLength > end - at + 64)
            return NULL;
        if (position == 0)
            return object;
        at += object->TotalByteLength;
    }
}

unsigned truth_answer_count(const struct truth_answer *answer)
{
    unsigned count = 0;

    while (truth_answer_object(answer, count))
        count++;
    return count;
}

const PERF_OBJECT_TYPE *truth_answer_find(const struct truth_answer *answer, DWORD index)
{
    const PERF_OBJECT_TYPE *object;

    for (unsigned i = 0; (object = truth_answer_object(answer, i)) != NULL; i++)
        if (object->ObjectNameTitleIndex == index)
            return object;
    return NULL;
}
