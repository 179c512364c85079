/* SPDX-License-Identifier: MIT
 *
 * Walks with the memory of the last walk, on stacks and by rows that the test makes up. Each is compared with a walk
 * that has no memory. The number of rows that were looked up says what was repeated.
 */
#include "unwind_walk.h"
#include "unit.h"

enum { WORDS = 640, FUNCTIONS = 24, FRAMES_MOST = UNWIND_STATES - 1 };

/* The code of function n is from CODE + n * SIZE on. Its first word has no row. */
#define CODE ((uintptr_t)1 << 20)
#define SIZE ((uintptr_t)4096)

static uintptr_t stack[WORDS];
static uint32_t function_rows[FUNCTIONS];
static unsigned lookups;
static bool is_all_code; /* each address is in some function: also those of the stack */

static uint32_t row_of(uintptr_t pc, uint64_t generation)
{
    const uintptr_t function = (pc - CODE) / SIZE;

    (void)generation;
    lookups++;
    if (is_all_code)
        return function_rows[pc / 8 % FUNCTIONS];
    return pc < CODE || function >= FUNCTIONS || pc % SIZE < 8 ? UNWIND_ROW_IS_NONE
                                                               : function_rows[function];
}

static uintptr_t pc_in(unsigned function, unsigned call)
{
    return CODE + function * SIZE + 16 + call;
}

static uintptr_t end_of_stack(void)
{
    return (uintptr_t)(stack + WORDS);
}

static uint32_t row(bool is_of_rbp, int32_t cfa_offset, int32_t rbp_offset)
{
    return unwind_row_pack(&(struct eh_row){ is_of_rbp, cfa_offset, rbp_offset });
}

/* A walk as it was before there was a memory. */
static uint32_t walk_plainly(struct unwind_registers at, uintptr_t end, uintptr_t frames[])
{
    uint32_t count = 0;

    while (count < FRAMES_MOST) {
        const uint32_t found = row_of(count ? at.pc - 1 : at.pc, 0);
        if (found & UNWIND_ROW_IS_NONE || !unwind_row_step(&at, found, end))
            break;
        frames[count++] = at.pc;
    }
    return count;
}

/* Walk with the memory, and compare. Returns how many rows were looked up. */
static unsigned walk_and_compare(struct unwind_memory *memory, struct unwind_registers at,
                                 uintptr_t end, uint64_t generation)
{
    static struct unwind_state before[UNWIND_STATES];
    uintptr_t frames[FRAMES_MOST];
    const uint32_t count_before = memory->count;
    const uint64_t changes_before = memory->change_count;

    memcpy(before, memory->states, sizeof(before));
    lookups = 0;
    unwind_walk(memory, at, end, generation, row_of);
    const unsigned used = lookups;
    const uint32_t count = walk_plainly(at, end, frames);
    assert_int_equal(memory->count, count + 1);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(memory->states[i + 1].pc, frames[i]);
    /* While the change count is the same, so are the frames. */
    if (memory->change_count == changes_before) {
        assert_int_equal(count_before, count + 1);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(before[i + 1].pc, frames[i]);
    }
    return used;
}

/* ---- stacks that a program could have -------------------------------------------------------- */

/* A program of functions whose frames have `words_of(function)` words, the last of which is the return address. */
static void make_simple_rows(void)
{
    for (unsigned i = 0; i < FUNCTIONS; i++)
        function_rows[i] = row(false, 8 * (int32_t)(2 + i % 5), 0);
}

/* Write the frames of calls, outermost first. Returns the registers in the last one. */
static struct unwind_registers push(const unsigned functions[], const unsigned calls[],
                                    size_t count)
{
    uintptr_t *top = stack + WORDS;

    memset(stack, 0, sizeof(stack));
    for (size_t i = 0; i < count; i++) {
        top -= unwind_row_cfa(function_rows[functions[i]]) / 8;
        /* The outermost has no caller. */
        top[unwind_row_cfa(function_rows[functions[i]]) / 8 - 1] =
            i ? pc_in(functions[i - 1], calls[i - 1]) : 0;
    }
    return (struct unwind_registers){ pc_in(functions[count - 1], calls[count - 1]), (uintptr_t)top,
                                      0 };
}

static const unsigned deep[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
static const unsigned no_calls[FRAMES_MOST + 20];

static void an_equal_stack_needs_no_row(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    assert_int_equal(walk_and_compare(&memory, at, end_of_stack(), 1), UNIT_COUNT(deep));
    assert_int_equal(memory.change_count, 1);
    assert_int_equal(walk_and_compare(&memory, at, end_of_stack(), 1), 0);
    assert_int_equal(memory.change_count, 1);
}

/* rbp holds anything in most functions. It is no reason to look a row up. */
static void another_rbp_that_no_row_needs_does_not_matter(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    function_rows[12] = row(false, 32, -16);
    struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    walk_and_compare(&memory, at, end_of_stack(), 1);
    at.base = 12345;
    ((uintptr_t *)at.stack)[2] = 54321; /* the saved one */
    assert_int_equal(walk_and_compare(&memory, at, end_of_stack(), 1), 0);
    assert_int_equal(memory.change_count, 1);
}

static void callers_in_common_need_no_row(void **state)
{
    const unsigned other[] = { 1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22 };
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    walk_and_compare(&memory, push(deep, no_calls, UNIT_COUNT(deep)), end_of_stack(), 1);
    assert_int_equal(
        walk_and_compare(&memory, push(other, no_calls, UNIT_COUNT(other)), end_of_stack(), 1), 3);
    assert_int_equal(memory.change_count, 2);
    /* Those that were repeated are remembered with the new ones. */
    assert_int_equal(
        walk_and_compare(&memory, push(other, no_calls, UNIT_COUNT(other)), end_of_stack(), 1), 0);
}

/* Another call in the same function, in the middle: functions 4 to 7 were called from another place, and 1 to 3 are
   known again. */
static void a_changed_return_address_in_the_middle_is_found(void **state)
{
    unsigned calls[UNIT_COUNT(deep)] = { 0 };
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    walk_and_compare(&memory, at, end_of_stack(), 1);
    calls[3] = 5;
    push(deep, calls, UNIT_COUNT(deep));
    assert_int_equal(walk_and_compare(&memory, at, end_of_stack(), 1), 1);
    assert_int_equal(memory.change_count, 2);
    assert_int_equal(memory.states[UNIT_COUNT(deep) - 4].pc, pc_in(4, 5));
}

static void a_stack_that_became_longer_or_shorter_at_its_outer_end_is_found(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    uintptr_t *const words = (uintptr_t *)at.stack;
    const uintptr_t end = end_of_stack();
    /* The return address of function 9 is missing, then there, then missing again. */
    uintptr_t *const address = &words[4 + 3 + 2 + 6 - 1];
    const uintptr_t kept = *address;
    assert_int_equal(kept, pc_in(8, 0));
    *address = 0;
    walk_and_compare(&memory, at, end, 1);
    assert_int_equal(memory.count, 4);
    *address = kept;
    walk_and_compare(&memory, at, end, 1);
    assert_int_equal(memory.count, UNIT_COUNT(deep));
    *address = 0;
    walk_and_compare(&memory, at, end, 1);
    assert_int_equal(memory.count, 4);
    assert_int_equal(memory.change_count, 3);
}

/* A last state without a row is asked for again: a library may have been loaded there. */
static void code_that_was_unknown_is_looked_up_again(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const uint32_t kept = function_rows[5];
    /* The call is the last instruction of function 5, so its return address is in function 6. */
    const unsigned calls[UNIT_COUNT(deep)] = { [4] = (unsigned)SIZE - 16 };
    const struct unwind_registers at = push(deep, calls, UNIT_COUNT(deep));
    function_rows[5] = UNWIND_ROW_IS_NONE;
    walk_and_compare(&memory, at, end_of_stack(), 1);
    assert_int_equal(memory.count, 8);
    assert_int_equal(walk_and_compare(&memory, at, end_of_stack(), 1), 1);
    assert_int_equal(memory.change_count, 1);
    function_rows[5] = kept;
    walk_and_compare(&memory, at, end_of_stack(), 1);
    assert_int_equal(memory.count, UNIT_COUNT(deep));
}

/* Also in the first state, whose row is that of its pc. The byte before it has none. */
static void code_that_was_unknown_at_the_beginning_is_looked_up_again(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const uint32_t kept = function_rows[12];
    struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    at.pc = CODE + 12 * SIZE + 8;
    function_rows[12] = UNWIND_ROW_IS_NONE;
    walk_and_compare(&memory, at, end_of_stack(), 1);
    assert_int_equal(memory.count, 1);
    function_rows[12] = kept;
    walk_and_compare(&memory, at, end_of_stack(), 1);
    assert_int_equal(memory.count, UNIT_COUNT(deep));
}

/* The same return addresses at other places. */
static void recursion_of_another_depth_is_walked(void **state)
{
    unsigned same[FRAMES_MOST + 20];
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    for (size_t i = 0; i < UNIT_COUNT(same); i++)
        same[i] = 2;
    /* Each depth up to beyond the limit, then down again. The same outer frames are at the same places. The first
       state and the second, which was the first of the walk before, are new. */
    for (size_t depth = 1; depth <= UNIT_COUNT(same); depth++)
        assert_true(walk_and_compare(&memory, push(same, no_calls, depth), end_of_stack(), 1) <= 2);
    assert_int_equal(memory.count, UNWIND_STATES);
    const uint64_t changes = memory.change_count;
    assert_int_equal(
        walk_and_compare(&memory, push(same, no_calls, UNIT_COUNT(same)), end_of_stack(), 1), 0);
    assert_int_equal(memory.change_count, changes);
    for (size_t depth = UNIT_COUNT(same); depth > 0; depth--)
        walk_and_compare(&memory, push(same, no_calls, depth), end_of_stack(), 1);
}

/* A function with alloca: its row is of rbp, and its frame has any size. */
static void a_frame_of_rbp_with_another_size_is_walked(void **state)
{
    struct unwind_memory memory = { 0 };
    uintptr_t *const base = stack + WORDS - 30;

    (void)state;
    make_simple_rows();
    memset(stack, 0, sizeof(stack));
    function_rows[5] =
        row(true, 16, -16); /* base[0] is the saved rbp, base[1] the return address */
    base[1] = pc_in(2, 0);  /* four words, and no caller */
    for (unsigned size = 0; size < 40; size++) {
        for (unsigned is_again = 0; is_again < 2; is_again++) {
            const struct unwind_registers at = { pc_in(5, 1), (uintptr_t)(base - size),
                                                 (uintptr_t)base };
            const unsigned used = walk_and_compare(&memory, at, end_of_stack(), 1);
            assert_int_equal(memory.count, 2);
            assert_int_equal(used, is_again ? 0 : size ? 1 : 2);
        }
    }
    /* The same place with another rbp is another stack. */
    base[3] = pc_in(3, 0);
    walk_and_compare(
        &memory,
        (struct unwind_registers){ pc_in(5, 1), (uintptr_t)(base - 39), (uintptr_t)(base + 2) },
        end_of_stack(), 1);
    assert_int_equal(memory.states[1].pc, pc_in(3, 0));
    assert_int_equal(memory.change_count, 41);
}

/* rbp comes from a word of the stack that is no return address. */
static void a_changed_saved_rbp_is_followed(void **state)
{
    struct unwind_memory memory = { 0 };
    uintptr_t *const words = stack + WORDS - 100;

    (void)state;
    make_simple_rows();
    memset(stack, 0, sizeof(stack));
    function_rows[4] =
        row(false, 16, -16); /* words[0] is the saved rbp, words[1] the return address */
    function_rows[5] = row(true, 16, -16);
    words[1] = pc_in(5, 0);
    words[11] = pc_in(2, 1);
    words[21] = pc_in(2, 2);
    const struct unwind_registers at = { pc_in(4, 1), (uintptr_t)words, 0 };
    for (unsigned i = 0; i < 4; i++) {
        words[0] = (uintptr_t)(words + (i % 2 ? 20 : 10));
        walk_and_compare(&memory, at, end_of_stack(), 1);
        assert_int_equal(memory.states[2].pc, pc_in(2, i % 2 ? 2 : 1));
    }
    assert_int_equal(memory.change_count, 4);
}

static void unloaded_code_is_forgotten(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    walk_and_compare(&memory, at, end_of_stack(), 1);
    for (unsigned i = 0; i < FUNCTIONS; i++)
        function_rows[i] = row(false, 8 * (int32_t)(3 + i % 4), 0);
    walk_and_compare(&memory, at, end_of_stack(), 2);
    assert_int_equal(memory.change_count, 2);
}

/* A stack with another end, as that of a signal handler: nothing beyond it is read. */
static void nothing_is_read_beyond_another_end(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    for (unsigned i = 0; i < 2; i++) {
        walk_and_compare(&memory, at, end_of_stack(), 1);
        assert_int_equal(memory.count, UNIT_COUNT(deep));
        walk_and_compare(&memory, at, at.stack + 16 * sizeof(uintptr_t), 1);
        assert_int_equal(memory.count, 5);
    }
}

/* Walks on a mapping of more than 2^32 words read what is in the first 2^32. */
static void a_stack_pointer_far_from_the_end_is_walked(void **state)
{
    struct unwind_memory memory = { 0 };

    (void)state;
    make_simple_rows();
    const struct unwind_registers at = push(deep, no_calls, UNIT_COUNT(deep));
    for (unsigned i = 0; i < 2; i++)
        walk_and_compare(&memory, at, at.stack + ((uintptr_t)1 << 40), 1);
    assert_int_equal(memory.count, UNIT_COUNT(deep));
    assert_int_equal(memory.change_count, 1);
}

/* ---- random stacks --------------------------------------------------------------------------- */

/* The next number of the generator splitmix64. */
static uint64_t random_below(uint64_t limit)
{
    static uint64_t state = 1;
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (z ^ z >> 31) % limit;
}

static void make_random_rows(void)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        const int32_t words = 2 + (int32_t)random_below(5);
        const int32_t saved =
            random_below(2) ? -8 * (2 + (int32_t)random_below((uint64_t)words - 1)) : 0;
        const bool is_of_rbp = random_below(16) == 0;
        function_rows[i] = random_below(200) == 0 ? UNWIND_ROW_IS_NONE
                           : is_of_rbp            ? row(true, 16, -16)
                                                  : row(false, 8 * words, saved);
    }
}

/* A word of the stack at a place. Nearly each can be a return address, and most can be a saved rbp: places a bit
   further out. */
static uintptr_t random_word(uint64_t place)
{
    const uint64_t kind = random_below(128);

    return kind == 0  ? random_below(8000)
           : kind < 8 ? (uintptr_t)(stack + random_below(WORDS))
                      : (uintptr_t)(stack + place + 2 + random_below(14));
}

static void random_stacks_are_walked_as_without_a_memory(void **state)
{
    enum { PROGRAMS = 60, WALKS = 3000 };
    uint64_t repeated = 0, all = 0, same = 0;

    (void)state;
    is_all_code = true;
    for (unsigned program = 0; program < PROGRAMS; program++) {
        struct unwind_memory memory = { 0 };
        struct unwind_registers at = { random_word(0), (uintptr_t)stack, 0 };
        uintptr_t end = end_of_stack();
        uint64_t generation = 1;

        make_random_rows();
        for (unsigned i = 0; i < WORDS; i++)
            stack[i] = random_word(i);
        for (unsigned walk = 0; walk < WALKS; walk++) {
            for (uint64_t count = random_below(4); count > 0; count--) {
                const uint64_t place = random_below(WORDS);
                stack[place] = random_word(place);
            }
            if (random_below(3) == 0)
                at.stack = (uintptr_t)(stack + random_below(WORDS / 4));
            if (random_below(3) == 0)
                at.pc = random_word(0);
            if (random_below(3) == 0)
                at.base = at.stack + 8 * random_below(14);
            if (random_below(20) == 0)
                end = (uintptr_t)(stack + WORDS / 2 + random_below(WORDS / 2 + 1));
            if (random_below(50) == 0) {
                make_random_rows();
                generation++;
            }
            const uint64_t changes = memory.change_count;
            const unsigned used = walk_and_compare(&memory, at, end, generation);
            repeated += memory.count > used ? memory.count - used : 0;
            all += memory.count;
            same += memory.change_count == changes;
        }
    }
    is_all_code = false;
    /* Such stacks do use the memory, and do not always use it. */
    assert_in_range(repeated * 100 / all, 10, 90);
    assert_in_range(same * 100 / (PROGRAMS * WALKS), 5, 90);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_stack_needs_no_row),
        cmocka_unit_test(another_rbp_that_no_row_needs_does_not_matter),
        cmocka_unit_test(callers_in_common_need_no_row),
        cmocka_unit_test(a_changed_return_address_in_the_middle_is_found),
        cmocka_unit_test(a_stack_that_became_longer_or_shorter_at_its_outer_end_is_found),
        cmocka_unit_test(code_that_was_unknown_is_looked_up_again),
        cmocka_unit_test(code_that_was_unknown_at_the_beginning_is_looked_up_again),
        cmocka_unit_test(recursion_of_another_depth_is_walked),
        cmocka_unit_test(a_frame_of_rbp_with_another_size_is_walked),
        cmocka_unit_test(a_changed_saved_rbp_is_followed),
        cmocka_unit_test(unloaded_code_is_forgotten),
        cmocka_unit_test(nothing_is_read_beyond_another_end),
        cmocka_unit_test(a_stack_pointer_far_from_the_end_is_walked),
        cmocka_unit_test(random_stacks_are_walked_as_without_a_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
