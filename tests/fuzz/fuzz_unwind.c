/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: a walk over any stack by any .eh_frame. Nothing is read outside the tables and the stack,
 * every frame is above the one before, and there are at most 64.
 *
 * An input has two lengths of 2 bytes (tables, offset of .eh_frame_hdr in them), the tables, then the
 * stack: words of 8 bytes. The highest byte of a word is its kind: 1, an address near the tables (the
 * other bytes are the distance, which may be negative); 2, an address on the stack; any other, the word
 * itself.
 *
 * Corpus: tests/fuzz/corpus/fuzz_unwind, written by tests/fuzz/unwind_seeds.py
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "eh_frame.h"
#include "unwind.h"
#define UNWIND_STEP_UNCHECKED /* the sanitizer checks every read of the stack */
#include "unwind_step.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t relocate(uint64_t word, uintptr_t tables, uintptr_t stack)
{
    const int64_t distance = (int64_t)(word << 8) >> 8;

    return word >> 56 == 1   ? tables + (uint64_t)distance
           : word >> 56 == 2 ? stack + (uint64_t)distance
                             : word;
}

static size_t walk(const struct eh_window *window, uintptr_t header, struct unwind_registers at,
                   uintptr_t end)
{
    const uintptr_t begin = at.stack;
    size_t count = 0;
    struct eh_row row;

    while (count < UNWIND_FRAMES) {
        const struct unwind_registers before = at;

        if (!eh_frame_find(window, header, count ? at.pc - 1 : at.pc, &row))
            break;
        if (row.cfa_offset < 8 || row.rbp_offset > 0)
            abort();
        /* As unwind_posix.c keeps rows, in units of 8 bytes. */
        if (row.cfa_offset % 8 || row.rbp_offset % 8)
            break;
        if (!unwind_step(&at, row.is_of_rbp, (uintptr_t)row.cfa_offset,
                         (uintptr_t) - (intptr_t)row.rbp_offset, end))
            break;
        if (at.stack <= before.stack || at.stack > end || at.stack < begin)
            abort();
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t lengths[2];

    if (size < sizeof(lengths))
        return 0;
    memcpy(lengths, data, sizeof(lengths));
    data += sizeof(lengths);
    size -= sizeof(lengths);
    const size_t table_size = lengths[0] < size ? lengths[0] : size;
    const size_t words = (size - table_size) / 8;
    /* Copies of exactly that size, so that the sanitizer sees every read outside of them. */
    unsigned char *const tables = malloc(table_size + !table_size);
    uint64_t *const stack = malloc((words + !words) * sizeof(*stack));

    if (tables && stack && words >= 2) {
        const struct eh_window window = { (uintptr_t)tables, (uintptr_t)tables + table_size };

        memcpy(tables, data, table_size);
        memcpy(stack, data + table_size, words * sizeof(*stack));
        for (size_t i = 0; i < words; i++)
            stack[i] = relocate(stack[i], (uintptr_t)tables, (uintptr_t)stack);
        /* The first two words are the registers at the beginning. */
        const struct unwind_registers at = { stack[0], (uintptr_t)(stack + 2), stack[1] };
        walk(&window, (uintptr_t)tables + lengths[1], at, (uintptr_t)(stack + words));
    }
    free(tables);
    free(stack);
    return 0;
}
