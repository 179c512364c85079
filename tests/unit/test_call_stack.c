/* SPDX-License-Identifier: MIT
 *
 * Call sites of allocator functions: call_stack, and the depth with which heaps are opened.
 */
#include "unit.h"

#include <string.h>

#include "VSCustomNativeHeapEtwProvider.h"
#include "call_stack.h"
#include "heaptracker.h"
#include "region_scratch.h"

#define NOINLINE __attribute__((noinline))

/* On x86, code has frame pointers only if it was compiled with them; otherwise the walk may end
   at once. */
#define CAN_WALK (sizeof(void *) == 8)

static heap_tracker heap;
static volatile int keeps_the_frame;

static void open_with(uint32_t depth)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_CALL_SITES,
                                            .call_site_depth = depth };

    heap = heap_tracker_open("sites", &options);
}

/* The call site of the one block at this address. */
static uintptr_t site_of(uintptr_t address)
{
    struct heap_tracker_block blocks[16];
    size_t count;

    assert_int_equal(heap_tracker_blocks(heap, blocks, 16, &count), 0);
    for (size_t i = 0; i < count; i++)
        if ((uintptr_t)blocks[i].address == address)
            return (uintptr_t)blocks[i].site;
    fail_msg("no block at 0x%x", (unsigned)address);
    return 0;
}

/* An allocator function of the usual form: it reports the block, with its caller as the site. */
NOINLINE static __declspec(allocator) void *pool_allocate(uintptr_t address)
{
    VSHeapTrackerAllocateEvent(heap, (void *)address, 100);
    keeps_the_frame++;
    return (void *)address;
}

NOINLINE static void *typed_allocate(uintptr_t address)
{
    void *block = pool_allocate(address);
    keeps_the_frame++;
    return block;
}

static uintptr_t expected[2];

/* Two users. Each notes the return address of its call, which is inside itself. */
NOINLINE static void first_user(void *(*allocate)(uintptr_t))
{
    allocate(0x1000);
    expected[0] = (uintptr_t)__builtin_return_address(0);
    keeps_the_frame++;
}

NOINLINE static void second_user(void *(*allocate)(uintptr_t))
{
    allocate(0x2000);
    allocate(0x3000);
    expected[1] = (uintptr_t)__builtin_return_address(0);
    keeps_the_frame += 2;
}

/* Which of the functions above contains an address: the one with the last start before it. */
enum { POOL, TYPED, FIRST, SECOND, FUNCTIONS };

static int function_of(uintptr_t site)
{
    void *(*allocators[])(uintptr_t) = { pool_allocate, typed_allocate };
    void (*users[])(void *(*)(uintptr_t)) = { first_user, second_user };
    uintptr_t begins[FUNCTIONS];
    int found = -1;

    memcpy(begins, allocators, sizeof(allocators));
    memcpy(begins + FIRST, users, sizeof(users));
    for (int i = 0; i < FUNCTIONS; i++)
        if (begins[i] < site && site - begins[i] < 500 && (found < 0 || begins[i] > begins[found]))
            found = i;
    return found;
}

static void without_a_depth_all_blocks_have_the_allocators_own_call(void **state)
{
    (void)state;
    open_with(0);
    first_user(pool_allocate);
    second_user(pool_allocate);
    assert_true(site_of(0x1000) == site_of(0x2000));
    assert_int_equal(function_of(site_of(0x1000)), POOL);
    heap_tracker_close(heap);
}

static void a_depth_of_1_tells_the_calls_of_the_allocator_apart(void **state)
{
    (void)state;
    if (!CAN_WALK)
        skip();
    open_with(1);
    first_user(pool_allocate);
    second_user(pool_allocate);
    assert_int_equal(function_of(site_of(0x1000)), FIRST);
    assert_int_equal(function_of(site_of(0x2000)), SECOND);
    assert_int_equal(function_of(site_of(0x3000)), SECOND);
    assert_true(site_of(0x2000) != site_of(0x3000)); /* two calls in one function have two sites */
    heap_tracker_close(heap);
}

static void a_depth_of_2_passes_a_wrapper_too_and_3_the_user(void **state)
{
    (void)state;
    if (!CAN_WALK)
        skip();
    open_with(2);
    first_user(typed_allocate);
    second_user(typed_allocate);
    assert_int_equal(function_of(site_of(0x1000)), FIRST);
    assert_int_equal(function_of(site_of(0x2000)), SECOND);
    heap_tracker_close(heap);
    open_with(3);
    first_user(typed_allocate);
    second_user(typed_allocate);
    assert_true(site_of(0x1000) == expected[0]);
    assert_true(site_of(0x2000) == expected[1]);
    heap_tracker_close(heap);
}

static void options_of_before_have_no_depth(void **state)
{
    struct heap_tracker_options options = { .size = 8,
                                            .flags = HEAP_TRACKER_CALL_SITES,
                                            .call_site_depth = 4711 };

    (void)state;
    heap = heap_tracker_open("old", &options);
    first_user(pool_allocate);
    second_user(pool_allocate);
    assert_true(site_of(0x1000) == site_of(0x2000) && site_of(0x1000) != 0);
    heap_tracker_close(heap);
    options.size = sizeof(options); /* as deep as the stack */
    heap = heap_tracker_open("deep", &options);
    first_user(pool_allocate);
    assert_true(site_of(0x1000) != 0);
    heap_tracker_close(heap);
}

static void a_site_that_is_not_on_the_stack_stays(void **state)
{
    (void)state;
    assert_true(call_stack_above(0x1234, 1) == 0x1234);
    assert_true(call_stack_above((uintptr_t)__builtin_return_address(0), CALL_STACK_DEPTH) != 0);
    open_with(1);
    heap_tracker_allocate_from(heap, (void *)(uintptr_t)0x1000, 1, (void *)(uintptr_t)0x4321);
    assert_true(site_of(0x1000) == 0x4321);
    heap_tracker_close(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_depth_all_blocks_have_the_allocators_own_call),
        cmocka_unit_test(a_depth_of_1_tells_the_calls_of_the_allocator_apart),
        cmocka_unit_test(a_depth_of_2_passes_a_wrapper_too_and_3_the_user),
        cmocka_unit_test(options_of_before_have_no_depth),
        cmocka_unit_test(a_site_that_is_not_on_the_stack_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
