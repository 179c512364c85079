/* SPDX-License-Identifier: MIT
 *
 * Tests of heap_name_set.c. The number of compared names is the measure of the cost.
 */
#include "unit.h"

#include "heap_name_set.h"
#include "text.h"

static struct heap_name_set set;
static struct cached_heap *heaps;

static int set_up(void **state)
{
    (void)state;
    heaps = calloc(200000, sizeof(*heaps)); /* more than any test adds */
    return heaps == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    heap_name_set_release(&set);
    free(heaps);
    return 0;
}

static void add(struct cached_heap *heap, const char *name)
{
    heap->name_length =
        (uint32_t)text_from_utf8(name, strlen(name), heap->name, HEAP_NAME_LENGTH + 1);
    assert_true(heap_name_set_reserve(&set));
    assert_true(heap_name_set_add(&set, heap));
}

static const char *name_of(const struct cached_heap *heap)
{
    static char text[1024];

    assert_int_equal(text_length(heap->name), heap->name_length);
    text_to_utf8(heap->name, heap->name_length, text, sizeof(text));
    return text;
}

static void a_name_that_is_taken_gets_the_next_number(void **state)
{
    (void)state;
    add(&heaps[0], "a:2");
    for (int i = 1; i < 4; i++)
        add(&heaps[i], "a");
    assert_string_equal(name_of(&heaps[1]), "a");
    assert_string_equal(name_of(&heaps[2]), "a:3"); /* "a:2" exists already */
    assert_string_equal(name_of(&heaps[3]), "a:4");
    add(&heaps[4], "a:2");
    assert_string_equal(name_of(&heaps[4]), "a:2:2");
    for (int i = 0; i < 5; i++)
        heap_name_set_drop(&set, &heaps[i]);
    assert_int_equal(set.count, 0);
    add(&heaps[5], "a");
    add(&heaps[6], "a");
    assert_string_equal(name_of(&heaps[6]), "a:2"); /* no trace of the others remains */
    heap_name_set_drop(&set, &heaps[5]);
    heap_name_set_drop(&set, &heaps[6]);
}

static void equal_names_cost_a_few_steps_each(void **state)
{
    /* The layout of a region allows 131,064 heaps. */
    static const size_t count = 131064;

    (void)state;
    for (size_t i = 0; i < count; i++)
        add(&heaps[i], "program:1:pool");
    assert_true(set.steps < count * 8); /* chosen: a few for each; if it were quadratic, 65,000 */
    for (size_t i = 0; i < count; i++)
        heap_name_set_drop(&set, &heaps[i]);
}

/* Names whose different ends are cut off by the suffix, and names that already have these
   suffixes. The stem has 116 units: the longest suffix, 11 units, fits after it. */
static void names_that_are_cut_to_one_stem_cost_a_few_steps_each(void **state)
{
    static const size_t count = 20000;
    char name[HEAP_NAME_LENGTH + 1], stem[117];
    size_t used = 0;

    (void)state;
    memset(stem, 'x', sizeof(stem) - 1);
    stem[sizeof(stem) - 1] = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s:%zu", stem, i + 2);
        add(&heaps[used++], name);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s%011zu", stem, i / 2);
        add(&heaps[used++], name);
    }
    assert_true(set.steps < used * 8);
    for (size_t i = 0; i < used; i++)
        assert_true(heaps[i].name_length <= HEAP_NAME_LENGTH);
    for (size_t i = 0; i < used; i++)
        heap_name_set_drop(&set, &heaps[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_name_that_is_taken_gets_the_next_number),
        TEST(equal_names_cost_a_few_steps_each),
        TEST(names_that_are_cut_to_one_stem_cost_a_few_steps_each),
    };

    return cmocka_run_group_tests_name("heap name set", tests, NULL, NULL);
}
