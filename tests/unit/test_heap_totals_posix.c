/* SPDX-License-Identifier: MIT
 *
 * heap_totals.c: a heap's record and shards, as a publisher may write them, and as they change
 * while they are read.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap_totals.h"
#include "os.h"

#define HEAP 7u /* identity of the heap */

/* A heap and its shards. `during` is called once, after `before` searches for a shard. */
static struct {
    struct region_heap heap;
    struct region_shard shards[4];
    unsigned search_count, before;
    void (*during)(void);
} published;

/* Each total of a shard is a multiple of its number, so that a sum shows which shards are in it. */
static void fill(struct region_shard *shard, uint64_t number)
{
    shard->heap = HEAP;
    for (int i = 0; i < TOTAL_COUNT; i++)
        shard->totals[i] = 1000 * number;
    shard->totals[TOTAL_FREE_COUNT] = shard->totals[TOTAL_FREED_BYTES] = number;
    shard->peak_bytes = shard->peak_blocks = 2000 * number;
    shard->largest_bytes = 5 * number;
}

/* A heap whose list of shards has the first `count`. */
static void publish(uint32_t count)
{
    memset(&published, 0, sizeof(published));
    published.heap.identity = HEAP;
    published.heap.first_shard = count > 0;
    fill(&published.heap.base, 100000);
    for (uint32_t i = 0; i < UNIT_COUNT(published.shards); i++) {
        fill(&published.shards[i], i == 0 ? 1 : i == 1 ? 10 : i == 2 ? 100 : 1000);
        published.shards[i].next = i + 1 < count ? i + 2 : 0;
    }
}

static const struct region_shard *find(void *context, uint32_t index)
{
    (void)context;
    if (published.search_count++ == published.before && published.during)
        published.during();
    return index < UNIT_COUNT(published.shards) ? &published.shards[index] : NULL;
}

static bool read_heap(uint32_t limit, struct heap_totals *totals)
{
    return heap_totals_read(&published.heap, HEAP, find, NULL, limit, totals);
}

/* How often each shard is in the sum: shard 1 in the last digit, shard 2 before it, and so on. */
static uint64_t shards_in(const struct heap_totals *totals)
{
    assert_int_equal(totals->allocation_count, 1000 * totals->free_count);
    assert_int_equal(totals->usable_bytes, 1000 * totals->freed_bytes);
    assert_int_equal(totals->allocated_bytes, 2 * totals->requested_bytes);
    return totals->free_count;
}

static void a_heap_is_the_sum_of_its_shards(void **state)
{
    static const uint64_t sums[] = { 0, 1, 11, 111, 1111 };
    struct heap_totals totals;

    (void)state;
    for (uint32_t count = 0; count <= 4; count++) {
        publish(count);
        assert_true(read_heap(4, &totals));
        assert_int_equal(shards_in(&totals), sums[count]);
        assert_int_equal(published.search_count > 0,
                         count > 0); /* there may be nothing to search */
        published.heap.has_base_shard = 1;
        assert_true(read_heap(4, &totals));
        assert_int_equal(shards_in(&totals), 100000 + sums[count]);
    }
}

/* The marks are of one shard, wherever it is in the list. */
static void a_mark_is_the_largest_of_its_shards(void **state)
{
    struct heap_totals totals;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        publish(3);
        published.shards[i].largest_bytes = 123456;
        published.shards[i].peak_blocks = 1234567;
        published.shards[i].peak_bytes = 12345678;
        assert_true(read_heap(3, &totals));
        assert_int_equal(totals.largest_bytes, 123456);
        assert_int_equal(totals.peak_blocks, 1234567);
        assert_int_equal(totals.peak_bytes, 12345678);
    }
}

static void a_list_has_at_most_as_many_shards_as_the_region(void **state)
{
    struct heap_totals totals = { .free_count = 99 };

    (void)state;
    publish(3);
    assert_true(read_heap(3, &totals));
    totals.free_count = 99;
    assert_false(read_heap(2, &totals));
    published.shards[2].next = 1; /* a loop */
    assert_false(read_heap(1000, &totals));
    published.shards[2].next = UNIT_COUNT(published.shards) + 1; /* outside */
    assert_false(read_heap(1000, &totals));
    published.shards[2].next = 4;
    published.shards[3].heap = HEAP + 1; /* of another heap */
    assert_false(read_heap(1000, &totals));
    published.shards[0].next = 0;
    published.shards[0].heap = HEAP + 1;
    assert_false(read_heap(1000, &totals));
    published.heap.first_shard = UINT32_MAX;
    assert_false(read_heap(1000, &totals));
    assert_int_equal(totals.free_count, 99); /* a failed read changes nothing */
}

static void change_identity(void)
{
    published.heap.identity++;
}

static void add_shard(void)
{
    published.shards[1].next = 1;
    published.heap.first_shard = 2;
}

static void add_base(void)
{
    published.heap.has_base_shard = 1;
}

static void change_owner(void)
{
    published.shards[1].heap ^= HEAP;
}

/* Two shards need five searches: one finds that there is not only one shard, and each of two passes
   has two. The fourth search begins the second pass. */
static void a_shard_is_of_the_heap_in_both_passes(void **state)
{
    struct heap_totals totals;

    (void)state;
    publish(2);
    assert_true(read_heap(4, &totals));
    assert_int_equal(published.search_count, 5);
    publish(2);
    published.before = 3;
    published.during = change_owner;
    assert_false(read_heap(4, &totals));
    publish(2);
    change_owner();
    published.before = 3;
    published.during = change_owner;
    assert_false(read_heap(4, &totals));
}

static void what_is_added_while_the_only_shard_is_read_is_not_missed(void **state)
{
    struct heap_totals totals = { 0 };

    (void)state;
    publish(1);
    published.during = add_shard;
    assert_true(read_heap(4, &totals));
    assert_int_equal(shards_in(&totals), 11);
    publish(1);
    published.during = add_base;
    assert_true(read_heap(4, &totals));
    assert_int_equal(shards_in(&totals), 100001);
}

static void set_identity(void)
{
    published.heap.identity = HEAP;
}

static void a_record_that_gets_another_heap_is_not_read(void **state)
{
    struct heap_totals totals = { .free_count = 99 };

    (void)state;
    publish(1);
    published.heap.identity = HEAP + 1;
    assert_false(read_heap(4, &totals));
    publish(1);
    published.heap.identity = HEAP + 1;
    published.during = set_identity; /* what was read before may be of the other heap */
    assert_false(read_heap(4, &totals));
    publish(1);
    published.during = change_identity;
    assert_false(read_heap(4, &totals));
    assert_int_equal(totals.free_count, 99);
}

static void nothing_in_use_is_negative(void **state)
{
    static const struct {
        uint64_t usable, freed, in_use;
    } bytes[] = {
        { 10, 10, 0 },
        { 10, 9, 1 },
        { 10, 11, 0 },
        { 5, UINT64_MAX, 6 }, /* totals wrap around */
        { (UINT64_C(1) << 63) - 1, 0, (UINT64_C(1) << 63) - 1 },
        { UINT64_C(1) << 63, 0, 0 },
    };
    struct heap_totals totals;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bytes); i++) {
        totals =
            (struct heap_totals){ .usable_bytes = bytes[i].usable, .freed_bytes = bytes[i].freed };
        heap_totals_settle(&totals);
        assert_true(totals.in_use_bytes == bytes[i].in_use);
        assert_true(totals.peak_bytes == bytes[i].in_use);
    }
    totals = (struct heap_totals){ .allocation_count = 5, .free_count = 7 };
    heap_totals_settle(&totals);
    assert_true(totals.free_count == 5 && totals.excess_free_count == 2 && totals.peak_blocks == 0);
    totals = (struct heap_totals){ .allocation_count = 7, .free_count = 5, .peak_blocks = 1 };
    heap_totals_settle(&totals);
    assert_true(totals.free_count == 5 && totals.excess_free_count == 0 && totals.peak_blocks == 2);
}

/* ---- what an allocator reports --------------------------------------------------------------- */

static void set_figures(struct region_figures *figures)
{
    memset(figures, 0, sizeof(*figures));
    figures->version = 2;
    figures->time = 5;
    figures->allocator = ALLOCATOR_GLIBC;
    figures->known = 1u << FIGURE_HELD | 1u << FIGURE_FREE;
    figures->computed = 1u << FIGURE_FREE;
    for (int i = 0; i < FIGURE_COUNT; i++)
        figures->values[i] = 100 + (uint64_t)i;
}

static bool figures_are_known(struct heap_figures *figures)
{
    memset(figures, 0xFF, sizeof(*figures));
    heap_totals_read_figures(&published.heap, figures);
    assert_int_equal(figures->known != 0, figures->allocator != ALLOCATOR_UNKNOWN);
    return figures->known != 0;
}

static void figures_are_read_or_unknown_as_a_whole(void **state)
{
    struct region_figures *shared = &published.heap.figures;
    struct heap_figures figures;

    (void)state;
    set_figures(shared);
    assert_true(figures_are_known(&figures));
    /* The bits of FIGURE_HELD and FIGURE_FREE are known, of which the second one was calculated. */
    assert_true(figures.known == 3 && figures.computed == 2 && figures.time == 5);
    assert_true(figures.values[FIGURE_HELD] == 100 && figures.values[FIGURE_FREE] == 101);
    for (int i = FIGURE_FREE + 1; i < FIGURE_COUNT; i++)
        assert_true(figures.values[i] == 0); /* what is not known has no value */

    for (int i = 0; i < FIGURE_COUNT; i++) {
        set_figures(shared);
        shared->known = (1u << FIGURE_COUNT) - 1;
        shared->values[i] = HEAP_FIGURE_LIMIT;
        assert_true(figures_are_known(&figures) && figures.values[i] == HEAP_FIGURE_LIMIT);
        shared->values[i]++;
        assert_false(figures_are_known(&figures));
        assert_true(figures.known == 0 && figures.time == 0 && figures.values[FIGURE_HELD] == 0);
    }
    set_figures(shared);
    shared->known = shared->computed = UINT16_MAX; /* bits of no figure */
    assert_true(figures_are_known(&figures));
    assert_int_equal(figures.known, (1u << FIGURE_COUNT) - 1);
    assert_int_equal(figures.computed, (1u << FIGURE_COUNT) - 1);
    shared->known = 1u << FIGURE_HELD;
    assert_true(figures_are_known(&figures));
    assert_int_equal(figures.computed, 1u << FIGURE_HELD); /* what is computed is known */
}

static void figures_are_those_of_a_known_allocator_that_has_been_asked(void **state)
{
    struct region_figures *shared = &published.heap.figures;
    struct heap_figures figures;

    (void)state;
    set_figures(shared);
    for (uint32_t allocator = 0; allocator <= ALLOCATOR_COUNT; allocator++) {
        shared->allocator = allocator;
        assert_int_equal(figures_are_known(&figures), allocator > 0 && allocator < ALLOCATOR_COUNT);
    }
    shared->allocator = ALLOCATOR_GLIBC;
    shared->version = 0; /* it was never asked */
    assert_false(figures_are_known(&figures));
    shared->version = 3; /* they are written all the time */
    assert_false(figures_are_known(&figures));
}

/* ---- changes between two loads ----------------------------------------------------------------- */

/* Two pages. A fault in the one that is closed calls `during`, which is the publisher, and opens it. */
static struct {
    unsigned char *pages;
    size_t size;
    void (*during)(void);
    struct region_shard *shard;
    struct region_heap *heap;
} paged;

static void on_fault(int signal)
{
    (void)signal;
    if (mprotect(paged.pages, 2 * paged.size, PROT_READ | PROT_WRITE) || !paged.during)
        _exit(9);
    paged.during();
    paged.during = NULL;
}

/* Something whose first `offset` bytes are in the first page. */
static void *across_pages(size_t offset)
{
    paged.size = os_page_size();
    paged.pages =
        mmap(NULL, 2 * paged.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(paged.pages != MAP_FAILED);
    return paged.pages + paged.size - offset;
}

static void close_page(size_t page, void (*during)(void))
{
    struct sigaction action = { .sa_handler = on_fault };

    paged.during = during;
    sigaction(SIGSEGV, &action, NULL);
    assert_int_equal(mprotect(paged.pages + page * paged.size, paged.size, PROT_NONE), 0);
}

static void open_pages(void)
{
    signal(SIGSEGV, SIG_DFL);
    assert_null(paged.during); /* it was called */
    munmap(paged.pages, 2 * paged.size);
}

/* A shard, of which the totals before `total` are in the first page. */
static void page_shard(enum region_total total)
{
    paged.shard = across_pages(offsetof(struct region_shard, totals) + total * sizeof(uint64_t));
    memset(paged.shard, 0, sizeof(*paged.shard));
}

static void allocate(void)
{
    paged.shard->totals[TOTAL_ALLOCATION_COUNT] = 1;
    paged.shard->totals[TOTAL_USABLE_BYTES] = 10;
}

static void free_block(void)
{
    paged.shard->totals[TOTAL_FREE_COUNT] = 1;
    paged.shard->totals[TOTAL_FREED_BYTES] = 10;
}

static void free_bytes(void)
{
    paged.shard->totals[TOTAL_FREED_BYTES] = 10;
}

static void reallocate(void)
{
    paged.shard->totals[TOTAL_REALLOCATION_COUNT] = 1;
    paged.shard->totals[TOTAL_REQUESTED_BYTES] = 10;
}

static void grow(void)
{
    paged.shard->totals[TOTAL_USABLE_BYTES] = 10;
    paged.shard->totals[TOTAL_GROWN_BYTES] = 10;
    paged.shard->totals[TOTAL_REALLOCATION_COUNT] = 1;
}

/* Otherwise what an event stored before its count could be missed although no count changes any more. */
static void a_count_is_read_before_what_its_event_stores(void **state)
{
    struct shard_totals totals;

    (void)state;
    page_shard(TOTAL_REALLOCATION_COUNT);
    close_page(1, grow);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_USABLE_BYTES] == 10 && totals.totals[TOTAL_GROWN_BYTES] == 10);
    open_pages();
}

static void a_shard_is_read_again_if_a_count_has_changed(void **state)
{
    struct shard_totals totals;

    (void)state;
    /* The totals before the boundary have been read when the publisher changes them. */
    page_shard(TOTAL_REQUESTED_BYTES);
    close_page(1, allocate);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_ALLOCATION_COUNT] == 1 &&
                totals.totals[TOTAL_USABLE_BYTES] == 10);
    open_pages();
    page_shard(TOTAL_REALLOCATED_BYTES);
    close_page(1, reallocate);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_REALLOCATION_COUNT] == 1 &&
                totals.totals[TOTAL_REQUESTED_BYTES] == 10);
    open_pages();
    page_shard(TOTAL_REQUESTED_BYTES);
    close_page(1, free_block);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_FREE_COUNT] == 1 && totals.totals[TOTAL_FREED_BYTES] == 10);
    open_pages();
}

/* What is in use may be too high, never too low. So what is freed meanwhile does not count yet. */
static void what_was_freed_is_read_before_what_was_allocated(void **state)
{
    struct shard_totals totals;

    (void)state;
    page_shard(TOTAL_FREED_BYTES);
    close_page(0, free_bytes);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_FREED_BYTES] == 0);
    open_pages();
    page_shard(TOTAL_FREED_BYTES);
    close_page(0, free_block);
    heap_totals_read_shard(paged.shard, &totals);
    assert_true(totals.totals[TOTAL_FREE_COUNT] == 1 && totals.totals[TOTAL_FREED_BYTES] == 10);
    open_pages();
}

static void write_figures(void)
{
    set_figures(&paged.heap->figures);
    paged.heap->figures.version = 4;
    paged.heap->figures.time = 6;
}

static void figures_that_are_written_meanwhile_are_read_again(void **state)
{
    struct heap_figures figures;

    (void)state;
    paged.heap = across_pages(offsetof(struct region_heap, figures.values));
    set_figures(&paged.heap->figures);
    close_page(1, write_figures);
    heap_totals_read_figures(paged.heap, &figures);
    assert_true(figures.time == 6);
    open_pages();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_is_the_sum_of_its_shards),
        cmocka_unit_test(a_mark_is_the_largest_of_its_shards),
        cmocka_unit_test(a_list_has_at_most_as_many_shards_as_the_region),
        cmocka_unit_test(a_shard_is_of_the_heap_in_both_passes),
        cmocka_unit_test(what_is_added_while_the_only_shard_is_read_is_not_missed),
        cmocka_unit_test(a_record_that_gets_another_heap_is_not_read),
        cmocka_unit_test(nothing_in_use_is_negative),
        cmocka_unit_test(figures_are_read_or_unknown_as_a_whole),
        cmocka_unit_test(figures_are_those_of_a_known_allocator_that_has_been_asked),
        cmocka_unit_test(a_count_is_read_before_what_its_event_stores),
        cmocka_unit_test(a_shard_is_read_again_if_a_count_has_changed),
        cmocka_unit_test(what_was_freed_is_read_before_what_was_allocated),
        cmocka_unit_test(figures_that_are_written_meanwhile_are_read_again),
    };

    return cmocka_run_group_tests_name("heap_totals", tests, NULL, NULL);
}
