/* SPDX-License-Identifier: MIT
 *
 * A walk from a function to its callers, and the memory of a thread's last walk. The registers of each function
 * decide the rest of a walk, together with the words that it reads. So where a walk comes to a state of the last
 * walk, it repeats the last walk for as long as the return addresses on the stack are the same: no row is looked
 * up, and the place of each word is known before the one below it is read. The processor then reads them all at
 * once, and not each after the other.
 *
 * The result is always that of a walk without a memory, and the same words are read in the same order. rbp is no
 * part of a state, because most functions do not need it: it is followed as in any walk, and compared where a row
 * is of rbp.
 */
#ifndef UNWIND_WALK_H
#define UNWIND_WALK_H

#include <stdbool.h>
#include <string.h>

#include "eh_frame.h"
#include "unwind_memory.h"
#include "unwind_step.h"

/* A row in 32 bits. Bit 0: there is no row; 1: it is of rbp; 2 to 17: the offset of the CFA / 8;
   18 to 31: that of rbp / -8. The limits are what 16 and 14 bits hold. Frames are 512 KiB at most, and rbp
   is saved in the first 128 KiB of a frame; a row beyond that is treated as missing. */
#define UNWIND_ROW_IS_NONE 1u
#define UNWIND_ROW_IS_OF_RBP 2u
#define UNWIND_CFA_SHIFT 2
#define UNWIND_CFA_LIMIT (1 << 16)
#define UNWIND_RBP_SHIFT 18
#define UNWIND_RBP_LIMIT (1 << 14)

static inline uint32_t unwind_row_pack(const struct eh_row *row)
{
    if (row->cfa_offset % 8 || row->rbp_offset % 8 || row->cfa_offset / 8 >= UNWIND_CFA_LIMIT ||
        -(row->rbp_offset / 8) >= UNWIND_RBP_LIMIT)
        return UNWIND_ROW_IS_NONE;
    return (row->is_of_rbp ? UNWIND_ROW_IS_OF_RBP : 0) |
           (uint32_t)(row->cfa_offset / 8) << UNWIND_CFA_SHIFT |
           (uint32_t)(-(row->rbp_offset / 8)) << UNWIND_RBP_SHIFT;
}

static inline uintptr_t unwind_row_cfa(uint32_t row)
{
    return (uintptr_t)(row >> UNWIND_CFA_SHIFT & (UNWIND_CFA_LIMIT - 1)) * 8;
}

static inline uintptr_t unwind_row_saved(uint32_t row)
{
    return (uintptr_t)(row >> UNWIND_RBP_SHIFT) * 8;
}

static inline bool unwind_row_step(struct unwind_registers *at, uint32_t row, uintptr_t end)
{
    return unwind_step(at, row & UNWIND_ROW_IS_OF_RBP, unwind_row_cfa(row), unwind_row_saved(row),
                       end);
}

/**
 * Repeat steps of the last walk.
 *
 * @param known  the state of `at`
 * @param last   the state at which to end
 * @param at     receives the registers of the state that was reached
 * @return that state
 */
static inline UNWIND_STEP_UNCHECKED const struct unwind_state *
unwind_repeat(const struct unwind_state *known, const struct unwind_state *last,
              struct unwind_registers *at, uintptr_t end)
{
    /* Only `known` goes from one round to the next: no place depends on a word of the stack. */
    for (; known < last; known++) {
        const uintptr_t cfa = end - (uintptr_t)known[1].below * 8;
        const uintptr_t saved = unwind_row_saved(known->row);

        if (known->row & UNWIND_ROW_IS_OF_RBP && at->base + unwind_row_cfa(known->row) != cfa)
            break;
        const uintptr_t base = saved ? unwind_word(cfa - saved) : at->base;
        if (unwind_word(cfa - 8) != known[1].pc)
            break;
        at->base = base;
    }
    at->pc = known->pc;
    at->stack = end - (uintptr_t)known->below * 8;
    return known;
}

/** The row of an address, packed. `generation` changes when rows may have changed. */
typedef uint32_t unwind_row_function(uintptr_t pc, uint64_t generation);

/* Whether a walk is the last one again, which had a caller. */
static inline bool unwind_is_repeated(const struct unwind_memory *memory,
                                      struct unwind_registers at, uintptr_t end,
                                      uint64_t generation, unwind_row_function *row_of)
{
    const struct unwind_state *const first = memory->states;

    if (memory->count < 2 || memory->generation != generation || first->pc != at.pc ||
        first->below != (uint32_t)((end - at.stack) / 8))
        return false;
    const struct unwind_state *const last = first + memory->count - 1;
    if (unwind_repeat(first, last, &at, end) != last)
        return false;
    if (memory->count == UNWIND_STATES)
        return true;
    const uint32_t row = last->row & UNWIND_ROW_IS_NONE ? row_of(at.pc - 1, generation) : last->row;
    return row & UNWIND_ROW_IS_NONE || !unwind_row_step(&at, row, end);
}

/* Another walk than the last one. It is a function of its own, so that the code of the usual case is short. */
static __attribute__((noinline, unused)) void unwind_walk_anew(struct unwind_memory *memory,
                                                               struct unwind_registers at,
                                                               uintptr_t end, uint64_t generation,
                                                               unwind_row_function *row_of)
{
    struct unwind_state states[UNWIND_STATES];
    const uint32_t known_count = memory->generation == generation ? memory->count : 0;
    const struct unwind_state *known = memory->states, *const known_end = known + known_count;
    uint32_t count = 0; /* states before `at` */

    for (;;) {
        const uint32_t below = (uint32_t)((end - at.stack) / 8);
        while (known < known_end && known->below > below)
            known++;
        uint32_t row = UNWIND_ROW_IS_NONE;
        /* The row of the first state is that of its pc; a later one has the row of the call before its pc. */
        if (known < known_end && known->below == below && known->pc == at.pc &&
            (known == memory->states) == (count == 0)) {
            const uint32_t space = UNWIND_STATES - count;
            const struct unwind_state *const first = known;
            known = unwind_repeat(
                known, known_end - known > space ? known + space - 1 : known_end - 1, &at, end);
            memcpy(&states[count], first, (size_t)(known - first) * sizeof(*first));
            count += (uint32_t)(known - first);
            row = known->row;
        }
        /* A return address may be the first byte of the next function, because the call is before it. */
        if (row & UNWIND_ROW_IS_NONE)
            row = row_of(count ? at.pc - 1 : at.pc, generation);
        states[count++] = (struct unwind_state){ at.pc, (uint32_t)((end - at.stack) / 8), row };
        if (count == UNWIND_STATES || row & UNWIND_ROW_IS_NONE || !unwind_row_step(&at, row, end))
            break;
    }
    memcpy(memory->states, states, count * sizeof(*states));
    memory->count = count;
    memory->generation = generation;
    memory->change_count++;
}

/**
 * Walk until there is no caller, or UNWIND_STATES are known. The states are in `memory` afterwards.
 *
 * @param at      the registers where the walk begins; the stack pointer is a multiple of 8
 * @param end     the end of what may be read of the stack, a multiple of 8
 * @param row_of  called for each state that the memory does not have, and for a last state without a row
 */
static inline void unwind_walk(struct unwind_memory *memory, struct unwind_registers at,
                               uintptr_t end, uint64_t generation, unwind_row_function *row_of)
{
    if ((end - at.stack) / 8 > UINT32_MAX) /* `below` has 32 bits */
        end = at.stack + (uintptr_t)UINT32_MAX * 8;
    if (!unwind_is_repeated(memory, at, end, generation, row_of))
        unwind_walk_anew(memory, at, end, generation, row_of);
}

#endif /* UNWIND_WALK_H */
