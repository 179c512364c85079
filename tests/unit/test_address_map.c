/* SPDX-License-Identifier: MIT
 *
 * The address map compared with a model, at its limits, and its use of memory. tests/tracker/ has
 * the tests with threads.
 */
#include "unit.h"

#include "address_change.h"
#include "address_map.h"
#include "page_pool.h"

#define OWNER 7u    /* any number but 0 */
#define MODEL 4096u /* addresses of the model: few, so that most are used several times */

static struct address_map map;

/* Call the map as the tracker does: first the usual path, which may decline, then the other one. */
static struct address_recent recent;
static bool usual_first;
static size_t usual_count;

static int set_up(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    memset(&recent, 0, sizeof(recent));
    usual_first = false;
    usual_count = 0;
    address_map_open(&map, OWNER);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    address_map_close(&map);
    return 0;
}

static enum address_result insert(uintptr_t address, size_t size, uint16_t site,
                                  struct address_block *old)
{
    struct address_block block = { address, size, site };
    struct address_chunk *chunk;
    enum address_result result = ADDRESS_ABSENT;

    if (usual_first && site == 0 &&
        (chunk = address_map_try_insert(&recent, OWNER, address, size)) != NULL)
        usual_count++;
    else if ((result = address_map_insert(&map, OWNER, &block, old, &chunk)) <= ADDRESS_ABSENT)
        address_recent_add(&recent, address, chunk);
    address_map_unlock(chunk);
    return result;
}

static enum address_result take(uintptr_t address, struct address_block *old)
{
    enum address_result result = ADDRESS_FOUND;
    struct address_chunk *chunk = NULL;
    uint32_t slot;

    if (usual_first)
        chunk = address_map_try_find(&recent, OWNER, address, &slot, &old->size);
    if (chunk) {
        usual_count++;
        old->address = address;
        old->site = (uint16_t)(chunk->table[slot] >> SITE_SHIFT);
        table_remove(chunk, slot);
    } else if ((result = address_map_remove(&map, OWNER, address, old, &chunk)) == ADDRESS_FOUND) {
        address_recent_add(&recent, address, chunk);
    }
    address_map_unlock(chunk);
    return result;
}

static void a_block_comes_back_as_it_was_put_in(void **state)
{
    static const struct {
        const char *name;
        uintptr_t address;
        size_t size;
        uint16_t site;
    } cases[] = {
        { "of size 0", 0x1000, 0, 0 },
        { "of 1 byte at an odd address", 0x1001, 1, 1 },
        { "first of a chunk", 0x100000, 16, 2 },
        { "last byte of a chunk", 0x1FFFFF, 16, 3 },
        { "largest that fits an entry", 0x200000, ((size_t)1 << 28) - 3, 4 },
        { "one more than that", 0x200010, ((size_t)1 << 28) - 2, 5 },
        { "256 MiB", 0x200020, (size_t)1 << 28, 6 },
        { "largest size there is", 0x200030, SIZE_MAX, 65535 },
        { "highest address", UINTPTR_MAX, 5, 7 },
        { "lowest address", 1, 5, 8 },
    };
    struct address_block old;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (insert(cases[i].address, cases[i].size, cases[i].site, &old) != ADDRESS_ABSENT)
            fail_msg("not inserted: %s", cases[i].name);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        if (take(cases[i].address, &old) != ADDRESS_FOUND || old.address != cases[i].address ||
            old.size != cases[i].size || old.site != cases[i].site)
            fail_msg("not as it was: %s", cases[i].name);
        if (take(cases[i].address, &old) != ADDRESS_ABSENT)
            fail_msg("still there: %s", cases[i].name);
    }
}

static void a_second_block_at_an_address_replaces_the_first(void **state)
{
    /* The second and the third are too large for an entry, so a side table has them. */
    static const size_t sizes[] = { 10, (size_t)1 << 29, (size_t)1 << 30, 20, 30 };
    struct address_block old;

    (void)state;
    assert_int_equal(insert(0x5000, sizes[0], 1, &old), ADDRESS_ABSENT);
    for (size_t i = 1; i < UNIT_COUNT(sizes); i++) {
        assert_int_equal(insert(0x5000, sizes[i], (uint16_t)i, &old), ADDRESS_FOUND);
        assert_int_equal(old.size, sizes[i - 1]);
    }
    assert_int_equal(map.large_count, 0);
    assert_int_equal(take(0x5000, &old), ADDRESS_FOUND);
    assert_int_equal(old.size, sizes[UNIT_COUNT(sizes) - 1]);
}

static uint64_t random_next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static void count_block(void *context, const struct address_block *block)
{
    uint64_t *sums = context;

    sums[0]++;
    sums[1] += block->size;
    sums[2] += block->address;
}

/* Random insertions and removals in a small range, so that tables grow, shrink and collide. */
static void it_agrees_with_a_model(void **state)
{
    static struct {
        bool is_live;
        size_t size;
    } model[MODEL];
    static const struct {
        const char *name;
        uintptr_t base, step;
    } layouts[] = {
        { "16 bytes apart", 0x70000000, 16 },    { "1 byte apart", 0x70000000, 1 },
        { "4 KiB apart", 0x10000000, 4096 },     { "1 MiB apart", 0x10000000, 0x100000 },
        { "over chunk borders", 0x1FFF8, 1000 },
    };
    uint64_t random = 88172645463325252u; /* the seed of Marsaglia's xorshift; any but 0 will do */

    (void)state;
    for (size_t layout = 0; layout < UNIT_COUNT(layouts); layout++) {
        uint64_t expected[3] = { 0 }, sums[3] = { 0 };
        uintptr_t base = layouts[layout].base & UINTPTR_MAX;
        memset(model, 0, sizeof(model));
        for (int i = 0; i < 100000; i++) {
            /* The share of insertions varies, so that the map fills and empties. */
            size_t at = (size_t)(random_next(&random) % MODEL);
            uintptr_t address = base + at * layouts[layout].step;
            struct address_block old = { 0 };
            bool puts = random_next(&random) % 100 < (i / 10000 % 2 ? 25u : 75u);
            size_t size = random_next(&random) % 50 ? (size_t)(random_next(&random) % 100000)
                                                    : (size_t)1 << 28 | at;
            uint16_t site = usual_first ? 0 : (uint16_t)at;
            enum address_result result =
                puts ? insert(address, size, site, &old) : take(address, &old);
            if (result != (model[at].is_live ? ADDRESS_FOUND : ADDRESS_ABSENT) ||
                (model[at].is_live && old.size != model[at].size) ||
                (model[at].is_live && old.site != site))
                fail_msg("%s: step %d differs", layouts[layout].name, i);
            model[at].is_live = puts;
            model[at].size = size;
        }
        for (size_t at = 0; at < MODEL; at++) {
            if (!model[at].is_live)
                continue;
            expected[0]++;
            expected[1] += model[at].size;
            expected[2] += base + at * layouts[layout].step;
        }
        address_map_list(&map, OWNER, count_block, sums);
        for (int i = 0; i < 3; i++)
            assert_int_equal(sums[i], expected[i]);
        for (size_t at = 0; at < MODEL; at++) {
            struct address_block old;
            assert_int_equal(take(base + at * layouts[layout].step, &old),
                             model[at].is_live ? ADDRESS_FOUND : ADDRESS_ABSENT);
        }
        assert_int_equal(map.large_count, 0);
    }
}

static void so_it_does_in_the_usual_way(void **state)
{
    usual_first = true;
    it_agrees_with_a_model(state);
    assert_true(usual_count > 100000); /* of 500,000 steps; many have no usual path */
}

/* The chunks that a thread remembers may be out of date in every way. */
static void what_is_remembered_wrongly_is_noticed(void **state)
{
    static const uintptr_t same_place = (uintptr_t)ADDRESS_RECENT << CHUNK_BITS;
    struct address_chunk *chunk;
    struct address_block old;
    uint32_t slot;
    size_t size;

    (void)state;
    insert(0x1000, 10, 0, &old);
    assert_null(address_map_try_insert(&recent, OWNER, same_place + 0x1000,
                                       20)); /* another chunk is remembered in this place */
    assert_null(address_map_try_find(&recent, OWNER + 1, 0x1000, &slot, &size));
    assert_null(address_map_try_insert(&recent, OWNER, 0x1000, 30)); /* the block exists already */
    assert_null(address_map_try_insert(&recent, OWNER, 0x2000, (size_t)1 << 28));
    assert_null(address_map_try_find(&recent, OWNER, 0x2000, &slot, &size));
    chunk = address_map_try_insert(&recent, OWNER, 0x2000, 40);
    assert_non_null(chunk);
    address_map_unlock(chunk);
    chunk = address_map_try_find(&recent, OWNER, 0x2000, &slot, &size);
    assert_non_null(chunk);
    assert_int_equal(size, 40);
    address_map_unlock(chunk);

    address_map_close(&map);
    assert_null(address_map_try_find(&recent, OWNER, 0x1000, &slot, &size));
    address_map_open(&map, OWNER + 1);
    struct address_block block = { same_place + 0x1000, 50, 0 };
    assert_int_equal(address_map_insert(&map, OWNER + 1, &block, &old, &chunk), ADDRESS_ABSENT);
    address_map_unlock(chunk); /* the same header is used for another chunk */
    assert_null(address_map_try_find(&recent, OWNER + 1, 0x1000, &slot, &size));
    assert_int_equal(address_map_remove(&map, OWNER + 1, same_place + 0x1000, &old, &chunk),
                     ADDRESS_FOUND);
    address_map_unlock(chunk);
}

static void count_cleared(void *context, uint64_t blocks, uint64_t bytes)
{
    uint64_t *sums = context;

    sums[0] += blocks;
    sums[1] += bytes;
}

static void clearing_counts_every_block_once(void **state)
{
    uint64_t sums[3] = { 0 };
    struct address_block old;

    (void)state;
    for (uintptr_t i = 1; i <= 1000; i++)
        insert(i * 10000, i % 10 ? 100 : (size_t)1 << 28, 0, &old);
    address_map_clear(&map, OWNER, count_cleared, sums);
    assert_int_equal(sums[0], 1000);
    assert_int_equal(sums[1], 900 * 100 + 100 * ((uint64_t)1 << 28));
    assert_int_equal(map.large_count, 0);
    address_map_list(&map, OWNER, count_block, sums + 0);
    assert_int_equal(sums[0], 1000);
    assert_int_equal(insert(10000, 1, 0, &old), ADDRESS_ABSENT);
}

static void a_closed_map_takes_nothing_even_for_its_old_owner(void **state)
{
    struct address_block block = { 0x1000, 1, 0 }, old;
    struct address_chunk *chunk;

    (void)state;
    insert(0x1000, 1, 0, &old);
    address_map_close(&map);
    assert_int_equal(address_map_insert(&map, OWNER, &block, &old, &chunk), ADDRESS_CLOSED);
    assert_null(chunk);
    assert_int_equal(address_map_remove(&map, OWNER, 0x1000, &old, &chunk), ADDRESS_CLOSED);
    assert_null(chunk);
    address_map_open(&map, OWNER + 1);
    assert_int_equal(address_map_remove(&map, OWNER, 0x1000, &old, &chunk), ADDRESS_CLOSED);
    assert_int_equal(address_map_remove(&map, OWNER + 1, 0x1000, &old, &chunk), ADDRESS_ABSENT);
}

static void a_live_block_takes_at_most_24_bytes(void **state)
{
    static const struct {
        const char *name;
        size_t distance, count;
    } cases[] = {
        { "16 bytes apart", 16, 100000 },   { "64 bytes apart", 64, 100000 },
        { "500 bytes apart", 496, 100000 }, { "4 KiB apart", 4096, 20000 },
        { "16 KiB apart", 16384, 20000 },
    };
    struct address_block old;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t before = page_pool_held();
        for (size_t block = 1; block <= cases[i].count; block++)
            insert(0x1000000 + block * cases[i].distance, 16, 0, &old);
        size_t bytes = page_pool_held() - before;
        /* A slot has 8 bytes, and a table that has just grown by half is 5/12 full: 19.2 bytes for a block. The rest
           is for what each chunk has besides. */
        if (bytes > cases[i].count * 24)
            fail_msg("%s: %lu bytes for %lu blocks", cases[i].name, (unsigned long)bytes,
                     (unsigned long)cases[i].count);
        address_map_close(&map);
        address_map_open(&map, OWNER);
        page_pool_release();
        address_map_forget_kept();
        memset(&recent, 0, sizeof(recent));
        memset(&map, 0, sizeof(map));
        address_map_open(&map, OWNER);
    }
}

static void memory_is_bounded_by_the_most_blocks_there_ever_were(void **state)
{
    struct address_block old;
    size_t held = 0;

    (void)state;
    /* 1,000 live blocks whose addresses move through 3 GiB. At step 20,000 the map has its size; at
       most 64 KiB, one mapping of page_pool.c, may be added after that. */
    for (uintptr_t i = 1; i <= 200000; i++) {
        insert(i * 16384, 100, 0, &old);
        if (i > 1000)
            take((i - 1000) * 16384, &old);
        if (i == 20000)
            held = page_pool_held();
    }
    assert_true(page_pool_held() <= held + 65536);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_block_comes_back_as_it_was_put_in),
        TEST(a_second_block_at_an_address_replaces_the_first),
        TEST(it_agrees_with_a_model),
        TEST(so_it_does_in_the_usual_way),
        TEST(what_is_remembered_wrongly_is_noticed),
        TEST(clearing_counts_every_block_once),
        TEST(a_closed_map_takes_nothing_even_for_its_old_owner),
        TEST(a_live_block_takes_at_most_24_bytes),
        TEST(memory_is_bounded_by_the_most_blocks_there_ever_were),
    };

    return cmocka_run_group_tests_name("address map", tests, NULL, NULL);
}
