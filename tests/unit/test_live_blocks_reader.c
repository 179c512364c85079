/* SPDX-License-Identifier: MIT
 *
 * Tests of live_blocks_reader.c, which reads this process as if it were another one: real heaps,
 * and forged images. Reads and yields are counted, and a yield can take time of the test's own clock.
 */
#include "unit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "address_layout.h"
#include "live_blocks_reader.h"
#include "heap_slot.h"
#include "heaptracker.h"
#include "process_image.h"
#include "region_folder.h"
#include "settable_clock.h"

/* log2 of the slots for all chunks of an address space of 47 or 32 bits, rounded up to a power of two */
#define LARGEST_DIRECTORY (sizeof(void *) == 8 ? 30u : 15u)

DWORD __real_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size);
DWORD __wrap_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size);
void __wrap_os_thread_yield(void);

static uint64_t yield_count, read_count, yield_ms, read_ms;

DWORD __wrap_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size)
{
    read_count++;
    pass_time_ms(read_ms);
    return __real_os_process_read(process, address, memory, size);
}

void __wrap_os_thread_yield(void)
{
    yield_count++;
    pass_time_ms(yield_ms);
}

static struct os_process own;
static struct live_blocks *live;
static heap_tracker heap;
static uint32_t number;

static int set_up(void **state)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };

    (void)state;
    heap = heap_tracker_open("live blocks", &options);
    live = live_blocks_new();
    return !live || !heap_slot_find(heap, &number) || os_process_open(&own, os_process_id());
}

static int tear_down(void **state)
{
    (void)state;
    os_process_close(&own);
    live_blocks_free(live);
    return heap_tracker_close(heap) != 0;
}

static uint64_t image(void)
{
    return (uintptr_t)&process_image;
}

static void sums(uint64_t *count, uint64_t *bytes)
{
    *count = *bytes = 0;
    for (uint32_t i = 0; i < CALL_SITE_COUNT; i++) {
        *count += live->sites[i].count;
        *bytes += live->sites[i].bytes;
    }
}

static void an_empty_heap_has_nothing(void **state)
{
    uint64_t count, bytes;

    (void)state;
    assert_int_equal(live_blocks_reader_read(&own, image(), number, live), ERROR_SUCCESS);
    sums(&count, &bytes);
    assert_true(count == 0 && bytes == 0 && live->missed_count == 0);
}

/* Small blocks and blocks of 1.5 GiB, which do not fit into an entry, in many chunks. Some are freed
   again. */
static void every_live_block_is_counted_where_it_was_reported(void **state)
{
    static char sites[3];
    uint64_t count, bytes, expected = 0, allocated = 0;

    (void)state;
    for (uintptr_t i = 1; i <= 30000; i++) {
        size_t size = i % 100 == 0 ? (size_t)3 << 29 : i % 5000;
        const void *address = (const void *)(i * (i % 3 ? 64 : 65536));
        assert_int_equal(heap_tracker_allocate_from(heap, address, size, &sites[i % 2]), 0);
        if (i % 7 == 0) {
            heap_tracker_free(heap, address);
            continue;
        }
        allocated++;
        expected += size;
    }
    size_t listed;
    assert_int_equal(heap_tracker_blocks(heap, NULL, 0, &listed), 0);
    assert_int_equal(live_blocks_reader_read(&own, image(), number, live), ERROR_SUCCESS);
    sums(&count, &bytes);
    assert_int_equal(count, listed);
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    heap_tracker_read(heap, &now);
    assert_true(bytes == now.allocated_bytes - now.freed_bytes);
    assert_true(allocated >= count && expected >= bytes); /* an address may occur twice */
    assert_int_equal(live->missed_count, 0);
    unsigned used = 0;
    for (uint32_t i = 0; i < CALL_SITE_COUNT; i++) {
        if (!live->sites[i].count)
            continue;
        used++;
        assert_true(live->sites[i].address == (uintptr_t)&sites[0] ||
                    live->sites[i].address == (uintptr_t)&sites[1]);
    }
    assert_int_equal(used, 2);
    heap_tracker_discard_all(heap);
}

static void its_faults_are_there_and_those_of_others_not(void **state)
{
    static char site, first;
    heap_tracker other = heap_tracker_open("other", NULL);

    (void)state;
    heap_tracker_free_from(other, (void *)(uintptr_t)0x500, &site);
    heap_tracker_allocate(heap, (void *)(uintptr_t)0x600, 1);
    heap_tracker_free_from(heap, (void *)(uintptr_t)0x600, &first);
    heap_tracker_free_from(heap, (void *)(uintptr_t)0x600, &site);
    assert_int_equal(live_blocks_reader_read(&own, image(), number, live), ERROR_SUCCESS);
    assert_int_equal(live->fault_count, 1);
    assert_int_equal(live->faults[0].kind, FAULT_SECOND_FREE);
    assert_true(live->faults[0].site == (uintptr_t)&site &&
                live->faults[0].first_site == (uintptr_t)&first &&
                live->faults[0].address == 0x600 && live->faults[0].count == 1);
    heap_tracker_close(other);
}

static void a_heap_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    assert_int_equal(live_blocks_reader_read(&own, image(), number + 1000, live), ERROR_NOT_FOUND);
    heap_tracker gone = heap_tracker_open("gone", NULL);
    uint32_t gone_number = 0;
    assert_non_null(heap_slot_find(gone, &gone_number));
    heap_tracker_close(gone);
    assert_int_equal(live_blocks_reader_read(&own, image(), gone_number, live), ERROR_NOT_FOUND);
}

static void an_image_that_is_none_or_another_is_refused(void **state)
{
    struct process_image forged;
    static const char text[sizeof(struct process_image)] = "not an image";

    (void)state;
    assert_int_equal(live_blocks_reader_read(&own, 0, number, live), ERROR_NOT_SUPPORTED);
    assert_int_equal(live_blocks_reader_read(&own, 16, number, live), ERROR_INVALID_DATA);
    assert_int_equal(live_blocks_reader_read(&own, UINT64_MAX - 4, number, live),
                     ERROR_INVALID_DATA);
    assert_int_equal(live_blocks_reader_read(&own, (uintptr_t)text, number, live),
                     ERROR_INVALID_DATA);
    for (int i = 0; i < 4; i++) {
        forged = process_image;
        forged.version += i == 0;
        forged.pointer_size -= i == 1;
        forged.heap_size += i == 2;
        forged.chunk_size += i == 3;
        assert_int_equal(live_blocks_reader_read(&own, (uintptr_t)&forged, number, live),
                         ERROR_NOT_SUPPORTED);
    }
    forged = process_image;
    forged.segments = 8;
    assert_int_equal(live_blocks_reader_read(&own, (uintptr_t)&forged, number, live),
                     ERROR_INVALID_DATA);
    forged = process_image;
    forged.sites = 8;
    assert_int_equal(live_blocks_reader_read(&own, (uintptr_t)&forged, number, live),
                     ERROR_INVALID_DATA);
    forged = process_image;
    forged.faults = 8;
    assert_int_equal(live_blocks_reader_read(&own, (uintptr_t)&forged, number, live),
                     ERROR_INVALID_DATA);
}

/* ---- a forged heap ------------------------------------------------------------------------- */

/* A heap with an address map that the test makes: one segment with the heap, one directory, one
   chunk. */
static struct forgery {
    struct process_image image;
    uintptr_t segments[PROCESS_IMAGE_SEGMENTS];
    struct tracked_heap heaps[PROCESS_IMAGE_FIRST_HEAPS];
    struct {
        uint32_t bits, used;
        void *next_kept;
        uintptr_t slots[4];
    } directory; /* a struct address_directory */
    struct address_chunk chunk;
    uint64_t table[8];
    uintptr_t sites;
    uintptr_t site_table[CALL_SITE_COUNT];
    struct fault_table faults;
} forgery;

enum { FORGED_NUMBER = 77 };

static void forge(void)
{
    memset(&forgery, 0, sizeof(forgery));
    forgery.image = process_image;
    forgery.image.segments = (uintptr_t)forgery.segments;
    forgery.image.sites = (uintptr_t)&forgery.sites;
    forgery.image.faults = (uintptr_t)&forgery.faults;
    forgery.segments[0] = (uintptr_t)forgery.heaps;
    forgery.sites = (uintptr_t)forgery.site_table;
    struct tracked_heap *forged = &forgery.heaps[3];
    atomic_store(&forged->number, FORGED_NUMBER);
    uintptr_t directory = (uintptr_t)&forgery.directory;
    static_assert(offsetof(struct forgery, directory.slots) - offsetof(struct forgery, directory) ==
                      offsetof(struct address_directory, slots),
                  "laid out alike");
    memcpy(&forged->map.directory, &directory, sizeof(directory));
    forgery.directory.bits = 2;
    forgery.directory.used = 1;
    forgery.directory.slots[1] = (uintptr_t)&forgery.chunk;
    atomic_store(&forgery.chunk.key, 1);
    forgery.chunk.owner = FORGED_NUMBER;
    forgery.chunk.table = forgery.table;
    forgery.chunk.capacity = 8;
    forgery.chunk.count = 1;
    forgery.table[2] = entry_make(0x1234, 100, 5);
}

static DWORD read_forgery(uint64_t *count)
{
    uint64_t bytes;
    DWORD error = live_blocks_reader_read(&own, (uintptr_t)&forgery.image, FORGED_NUMBER, live);

    sums(count, &bytes);
    return error;
}

static void lies_in_the_map_are_bounded_and_reported(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_int_equal(count, 1);
    assert_true(live->sites[5].count == 1 && live->sites[5].bytes == 100);

    forgery.chunk.count = 2; /* there is only one block: the chunk is never consistent */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    forgery.chunk.capacity = UINT32_MAX;
    forgery.chunk.count = UINT32_MAX;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    forgery.chunk.table = (void *)(uintptr_t)16; /* the memory may have been freed meanwhile */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    atomic_store(&forgery.chunk.lock.held, 1); /* never released */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    forgery.chunk.owner = FORGED_NUMBER + 1;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 0);

    forge();
    forgery.directory.bits = LARGEST_DIRECTORY + 1;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    forgery.directory.used = UINT32_MAX; /* so that the directory is not refused for its length */
    forgery.directory.bits = LARGEST_DIRECTORY;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count > 0 && live->missed_count > 0); /* read until memory runs out */
    forgery.directory.bits = LARGEST_DIRECTORY + 1;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1); /* the chunk is not read */
    forgery.directory.bits = UINT32_MAX;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge();
    forgery.directory.bits = 28; /* longer than its memory */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(live->missed_count > 0);

    forge();
    forgery.directory.slots[2] = 24;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->missed_count == 1);

    forge();
    forgery.heaps[3].map.large_capacity = SIZE_MAX / 8 + 1;
    forgery.table[2] = entry_make(0x1234, (size_t)3 << 29, 5); /* the side table has its size */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);

    forge();
    forgery.sites = 8;
    assert_int_equal(read_forgery(&count), ERROR_INVALID_DATA);

    forge();
    forgery.faults.faults[0].kind = 4711; /* no such kind exists: it is left out */
    forgery.faults.faults[0].heap = FORGED_NUMBER;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_int_equal(live->fault_count, 0);
}

/* The sizes of large blocks are in a side table, whose length is a power of two. */
static void a_side_table_is_looked_into_to_its_end(void **state)
{
    static struct address_large table[8];
    static const struct {
        const char *name;
        size_t capacity;
        size_t place; /* place of the block, counted from its home; 8: it is in none */
        bool is_full; /* the other places have other blocks */
        uint64_t count;
    } cases[] = {
        { "at home", 4, 0, false, 1 },
        { "at the last place of a full table", 4, 3, true, 1 },
        { "beyond an empty place", 4, 2, false, 0 },
        { "nowhere in a full table", 4, 8, true, 0 },
        { "one place", 1, 0, false, 1 },
        { "no places", 0, 0, false, 0 },
        { "three places", 3, 0, true, 0 },
        { "twice the limit", (size_t)1 << 27, 0, false, 0 },
    };
    const size_t size = (size_t)3 << 29;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const size_t places = cases[i].capacity <= 4 && cases[i].capacity ? cases[i].capacity : 1;
        const size_t home = address_large_home(places, 0x1234);
        uint64_t count;

        forge();
        memset(table, 0, sizeof(table));
        for (size_t k = 0; k < 4; k++)
            if (cases[i].is_full)
                table[k] = (struct address_large){ 0x5000 + k, 1 };
        if (cases[i].place < 8)
            table[(home + cases[i].place) % places] = (struct address_large){ 0x1234, size };
        forgery.heaps[3].map.large = table;
        forgery.heaps[3].map.large_capacity = cases[i].capacity;
        forgery.table[2] = entry_make(0x1234, size, 5);
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        if (count != cases[i].count || (count && live->sites[5].bytes != size))
            fail_msg("%s: %u", cases[i].name, (unsigned)count);
    }
}

/* The limit is CAPACITY_LIMIT of live_blocks_reader.c. */
static void a_chunk_is_as_long_as_its_limit_at_most(void **state)
{
    static uint64_t table[(4u << CHUNK_BITS) + 1];
    uint64_t count;

    (void)state;
    table[0] = entry_make(0x1234, 100, 5);
    forge();
    forgery.chunk.table = table;
    forgery.chunk.capacity = 4u << CHUNK_BITS;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->missed_count == 0);
    forgery.chunk.capacity++;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);

    forge(); /* first as many blocks as places, then one more */
    forgery.chunk.capacity = 1;
    forgery.table[0] = entry_make(0x1234, 100, 5);
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->missed_count == 0);
    forgery.chunk.count = 2;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);
}

/* Every chunk is locked for ever. On an idle machine the tries are limited, on a loaded one their time. */
static void a_process_that_lets_every_try_fail_costs_a_bounded_wait(void **state)
{
    /* The second and the third are those of live_blocks_reader.c. */
    enum { CHUNKS = 900, SPARE_TRIES = 20000, SPARE_MS = 2000 };
    static struct {
        uint32_t bits, used;
        void *next_kept;
        uintptr_t slots[1024];
    } directory;
    static const struct {
        uint64_t yield_ms, read_ms; /* what a yield takes, and a read */
        uint64_t yields;            /* at most */
    } cases[] = {
        { 0, 0, SPARE_TRIES }, { 4, 0, SPARE_MS / 4 }, { 0, 10, SPARE_MS / 10 }, { 5000, 0, 1 }
    };
    const uintptr_t address = (uintptr_t)&directory;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint64_t count;

        forge();
        directory.bits = 10;
        directory.used = CHUNKS;
        memcpy(&forgery.heaps[3].map.directory, &address, sizeof(address));
        for (size_t k = 0; k < CHUNKS; k++)
            directory.slots[k] = (uintptr_t)&forgery.chunk;
        atomic_store(&forgery.chunk.lock.held, 1);
        yield_count = read_count = 0;
        yield_ms = cases[i].yield_ms;
        read_ms = cases[i].read_ms;
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        yield_ms = read_ms = 0;
        assert_true(count == 0 && live->missed_count == CHUNKS);
        /* Besides the chunks: the image, the heap, the directory, sites and faults. */
        if (yield_count > cases[i].yields || read_count > CHUNKS + cases[i].yields + 200)
            fail_msg("case %zu: %u yields, %u reads", i, (unsigned)yield_count,
                     (unsigned)read_count);
    }
}

/* No block is in the side table, which has no empty place: each would be compared with all of it. */
static void a_side_table_is_not_compared_with_every_block(void **state)
{
    enum { PLACES = 1 << 16, BLOCKS = 1 << 12 };
    static struct address_large table[PLACES];
    static uint64_t entries[BLOCKS];
    uint64_t count;

    (void)state;
    forge();
    for (size_t i = 0; i < PLACES; i++)
        table[i] = (struct address_large){ (uintptr_t)1 << 31 | i, 1 };
    for (size_t i = 0; i < BLOCKS; i++)
        entries[i] = entry_make(i, (size_t)3 << 29, 5);
    forgery.heaps[3].map.large = table;
    forgery.heaps[3].map.large_capacity = PLACES;
    forgery.chunk.table = entries;
    forgery.chunk.capacity = forgery.chunk.count = BLOCKS;
    read_ms = 1; /* so that it is not read again for each block */
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    read_ms = 0;
    assert_true(count == 0 && live->missed_count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_heap_has_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_live_block_is_counted_where_it_was_reported, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_faults_are_there_and_those_of_others_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_heap_that_is_not_there_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_image_that_is_none_or_another_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lies_in_the_map_are_bounded_and_reported, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_is_looked_into_to_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chunk_is_as_long_as_its_limit_at_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_process_that_lets_every_try_fail_costs_a_bounded_wait,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_is_not_compared_with_every_block, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
