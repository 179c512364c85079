/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: a walk over any stack by any .eh_frame. Nothing is read outside the tables and the stack,
 * every frame is above the one before, and there are at most 80. Then words of the stack change, and each
 * walk with the memory of the one before finds the same frames as a walk without it.
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
#include "unwind_walk.h"

enum { FRAMES = UNWIND_STATES - 1, CHANGES = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t relocate(uint64_t word, uintptr_t tables, uintptr_t stack)
{
    const int64_t distance = (int64_t)(word << 8) >> 8;

    return word >> 56 == 1   ? tables + (uint64_t)distance
           : word >> 56 == 2 ? stack + (uint64_t)distance
                             : word;
}

static struct eh_window window;
static uintptr_t header; /* of the tables */

static uint32_t row_of(uintptr_t pc, uint64_t generation)
{
    struct eh_row row;

    (void)generation;
    if (!eh_frame_find(&window, header, pc, &row))
        return UNWIND_ROW_IS_NONE;
    if (row.cfa_offset < 8 || row.rbp_offset > 0)
        abort();
    return unwind_row_pack(&row);
}

static size_t walk(struct unwind_registers at, uintptr_t end, uintptr_t frames[])
{
    const uintptr_t begin = at.stack;
    size_t count = 0;

    while (count < FRAMES) {
        const struct unwind_registers before = at;
        const uint32_t row = row_of(count ? at.pc - 1 : at.pc, 0);

        if (row & UNWIND_ROW_IS_NONE || !unwind_row_step(&at, row, end))
            break;
        if (at.stack <= before.stack || at.stack > end || at.stack < begin)
            abort();
        frames[count++] = at.pc;
    }
    return count;
}

static void compare_walks(struct unwind_memory *memory, struct unwind_registers at, uintptr_t end)
{
    uintptr_t frames[FRAMES];
    const size_t count = walk(at, end, frames);

    unwind_walk(memory, at, end, 1, row_of);
    if (memory->count != count + 1)
        abort();
    for (size_t i = 0; i < count; i++)
        if (memory->states[i + 1].pc != frames[i])
            abort();
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
        struct unwind_memory memory = { 0 };

        window = (struct eh_window){ (uintptr_t)tables, (uintptr_t)tables + table_size };
        header = (uintptr_t)tables + lengths[1];
        memcpy(tables, data, table_size);
        memcpy(stack, data + table_size, words * sizeof(*stack));
        uint64_t sum = words;
        for (size_t i = 0; i < words; i++) {
            sum = sum * 31 + stack[i]; /* 31: any odd number */
            stack[i] = relocate(stack[i], (uintptr_t)tables, (uintptr_t)stack);
        }
        /* The first two words are the registers at the beginning. */
        const struct unwind_registers at = { stack[0], (uintptr_t)(stack + 2), stack[1] };
        compare_walks(&memory, at, (uintptr_t)(stack + words));
        /* Each change exchanges two words, which a hash of the input chooses. */
        for (size_t i = 0; i < CHANGES && words > 2; i++) {
            const uint64_t hash = (sum + i) * UINT64_C(0x9E3779B97F4A7C15);
            uint64_t *const one = stack + 2 + (hash >> 32) % (words - 2);
            uint64_t *const other = stack + 2 + (uint32_t)hash % (words - 2);
            const uint64_t kept = *one;
            *one = *other;
            *other = kept;
            compare_walks(&memory, at, (uintptr_t)(stack + words));
        }
    }
    free(tables);
    free(stack);
    return 0;
}
