/* SPDX-License-Identifier: MIT
 *
 * Tests of live_blocks_reader.c, which reads this process as if it were another one: real heaps,
 * and forged images. Reads and yields are counted, a yield can take time of the test's own clock, and a read
 * can fail, or find memory that has just changed.
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
DWORD __wrap_os_process_memory(const struct os_process *process, uint64_t *size);
void __wrap_os_thread_yield(void);

static uint64_t yield_count, read_count, yield_ms, read_ms;
static uint64_t asked_size; /* bytes of all reads */
static bool has_empty_read;
static uint64_t failing_read; /* its number, from 1; 0: none */
static DWORD failing_error;
/* Called before each read. An error is the result of the read. */
static DWORD (*before_read)(uint64_t address, size_t size);

DWORD __wrap_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size)
{
    read_count++;
    asked_size += size;
    has_empty_read |= size == 0;
    pass_time_ms(read_ms);
    DWORD error = before_read ? before_read(address, size) : ERROR_SUCCESS;
    if (read_count == failing_read)
        error = failing_error;
    return error ? error : __real_os_process_read(process, address, memory, size);
}

static uint64_t memory_size = UINT64_MAX; /* used by the process; 0: not known */

DWORD __wrap_os_process_memory(const struct os_process *process, uint64_t *size)
{
    (void)process;
    if (memory_size)
        *size = memory_size;
    return memory_size ? ERROR_SUCCESS : ERROR_NOT_SUPPORTED;
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
    before_read = NULL;
    failing_read = yield_ms = read_ms = 0;
    start_clock();
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
    struct tracked_heap heaps[PROCESS_IMAGE_FIRST_HEAPS + 1]; /* and one beyond the segment */
    struct {
        uint32_t bits, used;
        void *next_kept;
        uintptr_t slots[4];
    } directory; /* a struct address_directory */
    struct address_chunk chunk;
    uint64_t table[8];
    /* Not in the directory at first. */
    struct address_chunk second_chunk;
    uint64_t second_table[8];
    struct address_large large[4];
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
    forgery.second_chunk = forgery.chunk;
    forgery.second_chunk.table = forgery.second_table;
    atomic_store(&forgery.second_chunk.key, 2);
    forgery.second_table[5] = entry_make(0x4321, 20, 5);
}

/* Another directory for the forged heap. Its slots are empty. */
static struct {
    uint32_t bits, used;
    void *next_kept;
    uintptr_t slots[1024];
} large_directory;

static void use_directory(const void *directory)
{
    const uintptr_t address = (uintptr_t)directory;

    memcpy(&forgery.heaps[3].map.directory, &address, sizeof(address));
}

static void use_large_directory(uint32_t bits, uint32_t used)
{
    memset(&large_directory, 0, sizeof(large_directory));
    large_directory.bits = bits;
    large_directory.used = used;
    use_directory(&large_directory);
}

static DWORD read_forgery(uint64_t *count)
{
    uint64_t bytes;

    yield_count = read_count = asked_size = 0;
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
        uint64_t
            count; /* A block that is not found was freed, or is missed if the table is invalid. */
    } cases[] = {
        { "at home", 4, 0, false, 1 },
        { "at the last place of a full table", 4, 3, true, 1 },
        { "beyond an empty place", 4, 2, false, 0 },
        { "nowhere in a full table", 4, 8, true, 0 },
        { "one place", 1, 0, false, 1 },
        { "no places", 0, 0, false, 0 },
        { "three places", 3, 0, true, 0 },
        { "twice the limit", (size_t)1 << 22, 0, false, 0 },
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
        const bool is_table = cases[i].capacity != 3 && cases[i].capacity <= 4;
        if (count != cases[i].count || (count && live->sites[5].bytes != size) ||
            live->missed_count != !is_table)
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
    static const struct {
        uint64_t yield_ms, read_ms; /* what a yield takes, and a read */
        uint64_t yields;            /* at most */
    } cases[] = {
        { 0, 0, SPARE_TRIES }, { 4, 0, SPARE_MS / 4 }, { 0, 10, SPARE_MS / 10 }, { 5000, 0, 1 }
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint64_t count;

        forge();
        use_large_directory(10, CHUNKS);
        for (size_t k = 0; k < CHUNKS; k++)
            large_directory.slots[k] = (uintptr_t)&forgery.chunk;
        atomic_store(&forgery.chunk.lock.held, 1);
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

/* No block but the first one is in the side table, which has no empty place: each is compared with all of it, twice,
   because the table is read again. */
static void a_side_table_is_not_compared_with_every_block(void **state)
{
    /* The last one is that of live_blocks_reader.c. */
    enum { PLACES = 1 << 10, BLOCKS = 1 << 12, PROBE_LIMIT = 1 << 22 };
    /* The first block takes one probe: so the second comparison of the last one is cut off. */
    enum { COMPARED = PROBE_LIMIT / (2 * PLACES) };
    static struct address_large table[PLACES];
    static uint64_t entries[BLOCKS];
    const size_t size = (size_t)3 << 29;
    uint64_t count;

    (void)state;
    forge();
    for (size_t i = 0; i < PLACES; i++)
        table[i] = (struct address_large){ (uintptr_t)1 << 31 | i, 1 };
    table[address_large_home(PLACES, 0x99)] = (struct address_large){ 0x99, size };
    entries[0] = entry_make(0x99, size, 5);
    for (size_t i = 1; i < BLOCKS; i++)
        entries[i] = entry_make(0x100 + i, size, 5);
    forgery.heaps[3].map.large = table;
    forgery.heaps[3].map.large_capacity = PLACES;
    forgery.chunk.table = entries;
    forgery.chunk.capacity = forgery.chunk.count = BLOCKS;
    stop_clock();
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_int_equal(count, 1);
    assert_int_equal(live->missed_count, BLOCKS - COMPARED);
    assert_true(read_count < 3 * COMPARED + 200); /* the table is not read again for the others */
}

/* ---- reads that fail, and memory that changes ---------------------------------------------- */

/* A heap of three blocks: one of them in the side table, one in the second chunk. */
static void forge_all(void)
{
    forge();
    forgery.directory.slots[2] = (uintptr_t)&forgery.second_chunk;
    forgery.chunk.count = 2;
    forgery.table[6] = entry_make(0x99, (size_t)3 << 29, 5);
    forgery.large[address_large_home(4, 0x99)] = (struct address_large){ 0x99, (size_t)3 << 29 };
    forgery.heaps[3].map.large = forgery.large;
    forgery.heaps[3].map.large_capacity = 4;
}

static void an_error_of_a_read_ends_the_visit_or_is_tried_again(void **state)
{
    /* The numbers of some reads. The image, the segments and the heaps come before. */
    enum {
        DIRECTORY = 4,
        SIDE_TABLE = 11,
        AFTER_SIDE_TABLE = 14,
        SITES = 19,
        FAULTS = SITES + 1 + CALL_SITE_COUNT / 1024,
        READS = FAULTS + 2
    };
    static const DWORD errors[] = { ERROR_ACCESS_DENIED, ERROR_NOT_FOUND, ERROR_NOT_ENOUGH_MEMORY,
                                    ERROR_INVALID_DATA, ERROR_NOACCESS };
    uint64_t count;

    (void)state;
    forge_all();
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 3 && live->missed_count == 0);
    assert_true(read_count == READS && yield_count == 0 && !has_empty_read);
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        for (failing_read = 1; failing_read <= READS; failing_read++) {
            const bool is_side_table =
                failing_read >= SIDE_TABLE && failing_read < AFTER_SIDE_TABLE;
            const bool is_map = failing_read >= DIRECTORY && failing_read < SITES;
            const bool is_freed = errors[i] == ERROR_NOACCESS; /* memory of the map may be */
            DWORD wanted = is_freed ? ERROR_INVALID_DATA : errors[i];
            uint64_t wanted_count = 3;

            if (is_side_table || (is_map && is_freed))
                wanted = ERROR_SUCCESS;
            if (is_side_table && !is_freed)
                wanted_count = 2;
            failing_error = errors[i];
            const DWORD error = read_forgery(&count);
            if (error != wanted)
                fail_msg("read %u, error %u: %u", (unsigned)failing_read, (unsigned)errors[i],
                         (unsigned)error);
            if (error ? read_count != failing_read
                      : count != wanted_count || live->missed_count != 3 - wanted_count)
                fail_msg("read %u, error %u: %u reads, %u blocks, %u missed",
                         (unsigned)failing_read, (unsigned)errors[i], (unsigned)read_count,
                         (unsigned)count, (unsigned)live->missed_count);
        }
    }
}

static void a_heap_is_found_in_each_place_of_each_segment(void **state)
{
    enum { SEGMENT = 8, HEAPS = PROCESS_IMAGE_FIRST_HEAPS << SEGMENT };
    static const size_t places[] = { 0, 1023, 1024, HEAPS - 1, HEAPS };
    static struct tracked_heap heaps[HEAPS + 1]; /* and one beyond the segment */
    uint64_t count;

    (void)state;
    forge();
    atomic_store(&forgery.heaps[8].number, FORGED_NUMBER);
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS); /* the third one is found */
    atomic_store(&forgery.heaps[3].number, 0);
    assert_int_equal(read_forgery(&count), ERROR_NOT_FOUND);
    assert_int_equal(read_count, 3);
    forgery.segments[SEGMENT] = (uintptr_t)heaps;
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
        struct tracked_heap *place = &heaps[places[i]];

        memcpy(&place->map, &forgery.heaps[3].map, sizeof(place->map));
        atomic_store(&place->number, FORGED_NUMBER);
        assert_int_equal(read_forgery(&count), places[i] < HEAPS ? ERROR_SUCCESS : ERROR_NOT_FOUND);
        assert_true(places[i] == HEAPS || count == 1);
        atomic_store(&place->number, 0);
    }
    atomic_store(&forgery.heaps[3].number, FORGED_NUMBER);
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS); /* and later segments are not read */
    forgery.segments[0] = 8;
    atomic_store(&heaps[0].number, FORGED_NUMBER);
    assert_int_equal(read_forgery(&count), ERROR_INVALID_DATA); /* unknown is not no */
    assert_false(has_empty_read);
}

static void a_heap_without_a_table_is_not_ready(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    atomic_store(&forgery.heaps[3].flags, HEAP_TRACKER_SIZED);
    assert_int_equal(read_forgery(&count), ERROR_NOT_READY);
}

static DWORD close_heap(uint64_t address, size_t size)
{
    (void)size;
    if (address == (uintptr_t)&forgery.faults)
        atomic_store(&forgery.heaps[3].number, 0);
    return ERROR_SUCCESS;
}

/* The heap is closed, and another slot gets its number, which an honest process does not do. */
static DWORD move_heap(uint64_t address, size_t size)
{
    if (address == (uintptr_t)&forgery.faults) {
        memcpy(&forgery.heaps[4].map, &forgery.heaps[3].map, sizeof(forgery.heaps[3].map));
        atomic_store(&forgery.heaps[4].number, FORGED_NUMBER);
    }
    return close_heap(address, size);
}

static void a_heap_that_is_closed_meanwhile_is_not_found(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    before_read = close_heap;
    assert_int_equal(read_forgery(&count), ERROR_NOT_FOUND);
    forge();
    before_read = move_heap;
    assert_int_equal(read_forgery(&count), ERROR_NOT_FOUND);
}

static void an_image_without_sites_has_no_addresses(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    forgery.site_table[5] = 4711;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_int_equal(live->sites[5].address, 4711);
    forgery.sites = 0;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->sites[5].address == 0);
}

/* ---- directories that change --------------------------------------------------------------- */

static uint64_t directory_reads; /* of its address */

static void count_directory_reads(uint64_t address)
{
    directory_reads += address == (uintptr_t)&forgery.heaps[3].map.directory;
}

static DWORD replace_directory(uint64_t address, size_t size)
{
    (void)size;
    count_directory_reads(address);
    if (address == (uintptr_t)&forgery.chunk)
        use_directory(&forgery.directory);
    return ERROR_SUCCESS;
}

static DWORD exchange_directories(uint64_t address, size_t size)
{
    (void)size;
    count_directory_reads(address);
    if (address == (uintptr_t)&forgery.chunk)
        use_directory(directory_reads % 4 == 1 ? (const void *)&large_directory
                                               : (const void *)&forgery.directory);
    return ERROR_SUCCESS;
}

static void a_directory_that_changes_is_walked_again(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    forgery.directory.slots[2] = (uintptr_t)&forgery.second_chunk;
    use_large_directory(10, 1024);
    for (size_t i = 0; i < UNIT_COUNT(large_directory.slots); i++)
        large_directory.slots[i] = (uintptr_t)&forgery.chunk;
    directory_reads = 0;
    before_read = replace_directory;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 2 && live->missed_count == 0 && directory_reads == 4);

    use_large_directory(3, 0);
    large_directory.slots[7] = (uintptr_t)&forgery.chunk;
    use_directory(&forgery.directory);
    directory_reads = 0;
    before_read = exchange_directories;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    /* WALK_TRIES of live_blocks_reader.c, each with a read before and after */
    assert_true(count > 0 && live->missed_count == 1 && directory_reads == 2 * 10);
}

static void a_directory_is_only_as_long_as_its_chunks_allow(void **state)
{
    static const struct {
        uint32_t bits, used;
        bool is_read;
    } cases[] = {
        { 3, 0, true },                     /* the first directory of a heap */
        { 4, 2, true },    { 4, 1, false }, /* less than six slots for each */
        { 10, 170, true }, { 10, 169, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint64_t count;

        forge();
        use_large_directory(cases[i].bits, cases[i].used);
        large_directory.slots[0] = large_directory.slots[((size_t)1 << cases[i].bits) - 1] =
            (uintptr_t)&forgery.chunk;
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        if (count != (cases[i].is_read ? 2 : 0) || live->missed_count != !cases[i].is_read)
            fail_msg("%u bits, %u used: %u blocks", (unsigned)cases[i].bits,
                     (unsigned)cases[i].used, (unsigned)count);
        assert_false(has_empty_read);
    }
}

/* ---- chunks that change -------------------------------------------------------------------- */

static uint64_t table_reads; /* of the first chunk */

static DWORD resize_block(uint64_t address, size_t size)
{
    (void)size;
    table_reads += address == (uintptr_t)forgery.table;
    if (address == (uintptr_t)forgery.table && table_reads == 2)
        forgery.table[2] = entry_make(0x1234, 200, 5);
    return ERROR_SUCCESS;
}

static DWORD change_owner(uint64_t address, size_t size)
{
    (void)size;
    if (address == (uintptr_t)forgery.table)
        forgery.chunk.owner = FORGED_NUMBER + 1;
    return ERROR_SUCCESS;
}

static DWORD unlock(uint64_t address, size_t size)
{
    (void)size;
    if (address == (uintptr_t)&forgery.chunk && yield_count == 1)
        atomic_store(&forgery.chunk.lock.held, 0);
    return ERROR_SUCCESS;
}

static void a_chunk_that_changes_is_read_again(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    table_reads = 0;
    before_read = resize_block;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->missed_count == 0 && yield_count == 1);
    assert_int_equal(live->sites[5].bytes, 200);

    forge();
    before_read = change_owner;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 0);

    forge();
    atomic_store(&forgery.chunk.lock.held, 1);
    before_read = unlock;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 1 && live->missed_count == 0 && yield_count == 1);
}

/* The memory of a long table is used for the shorter one of the next chunk, and for none. */
static void chunks_are_read_to_their_own_ends(void **state)
{
    static struct address_chunk retired, other;
    uint64_t count;

    (void)state;
    forge();
    for (size_t i = 0; i < 8; i++)
        forgery.table[i] = entry_make(i, 1, 5);
    for (size_t i = 0; i < 4; i++)
        forgery.second_table[i] = entry_make(i, 1, 5);
    forgery.chunk.count = 8;
    forgery.second_chunk.capacity = forgery.second_chunk.count = 4;
    retired = other = forgery.chunk;
    atomic_store(&retired.key, 0);
    other.owner++;
    retired.table = other.table = (void *)(uintptr_t)16; /* their tables were freed */
    const uintptr_t chunks[] = { (uintptr_t)&forgery.chunk, (uintptr_t)&forgery.second_chunk,
                                 (uintptr_t)&retired, (uintptr_t)&other };
    memcpy(forgery.directory.slots, chunks, sizeof(chunks));
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 12 && live->missed_count == 0 && yield_count == 0);
    assert_int_equal(live->sites[5].bytes, 12);
}

static void after_a_thousand_invalid_chunks_no_more_are_read(void **state)
{
    (void)state;
    for (size_t invalid = 999; invalid <= 1000; invalid++) {
        uint64_t count;

        forge();
        use_large_directory(10, 1024);
        for (size_t i = 0; i < invalid; i++)
            large_directory.slots[i] = (uintptr_t)&forgery.chunk;
        large_directory.slots[invalid] = (uintptr_t)&forgery.second_chunk;
        atomic_store(&forgery.chunk.lock.held, 1);
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        assert_int_equal(count, invalid == 999);
        assert_int_equal(live->missed_count, invalid == 999 ? 999 : 1001);
    }
}

static void a_chunk_has_200_tries_and_all_have_two_seconds(void **state)
{
    uint64_t count;

    (void)state;
    stop_clock();
    forge();
    atomic_store(&forgery.chunk.lock.held, 1);
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(live->missed_count == 1 && yield_count == 199);
    yield_ms = 500;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(live->missed_count == 1 && yield_count == 4);
}

/* ---- the side table ------------------------------------------------------------------------ */

static uint64_t map_reads, longest_read;

static DWORD count_map_reads(uint64_t address, size_t size)
{
    map_reads += address == (uintptr_t)&forgery.heaps[3].map && size == sizeof(struct address_map);
    longest_read = size > longest_read ? size : longest_read;
    return ERROR_SUCCESS;
}

static DWORD add_second_block(uint64_t address, size_t size)
{
    const size_t home = address_large_home(4, CHUNK_SIZE + 0x4321);

    if (address == (uintptr_t)&forgery.second_chunk)
        forgery.large[forgery.large[home].address ? (home + 1) % 4 : home] =
            (struct address_large){ CHUNK_SIZE + 0x4321, (size_t)3 << 29 };
    return count_map_reads(address, size);
}

static DWORD change_side_table(uint64_t address, size_t size)
{
    if (address == (uintptr_t)forgery.large)
        forgery.large[(address_large_home(4, 0x99) + 1) % 4].address++;
    return count_map_reads(address, size);
}

static DWORD refuse_side_table(uint64_t address, size_t size)
{
    count_map_reads(address, size);
    return address == (uintptr_t)forgery.large ? ERROR_NOT_FOUND : ERROR_SUCCESS;
}

static void a_side_table_that_grows_is_read_again(void **state)
{
    uint64_t count;

    (void)state;
    forge_all();
    forgery.second_table[5] = entry_make(0x4321, (size_t)3 << 29, 5);
    map_reads = 0;
    before_read = add_second_block;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 3 && live->missed_count == 0 && map_reads == 2);
}

static void a_side_table_that_always_changes_costs_a_bounded_time(void **state)
{
    uint64_t count;

    (void)state;
    stop_clock();
    forge_all();
    map_reads = 0;
    read_ms = 500;
    before_read = change_side_table;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    /* The first one is free, and two more of three reads are more than two seconds. */
    assert_true(count == 2 && live->missed_count == 1 && map_reads == 3);
}

static void a_side_table_can_be_read_when_no_tries_are_left(void **state)
{
    enum { LOCKED = 200 }; /* chunks that take all of them */
    static struct address_chunk locked;
    uint64_t count;

    (void)state;
    forge_all();
    locked = forgery.chunk;
    atomic_store(&locked.lock.held, 1);
    use_large_directory(10, 1024);
    for (size_t i = 0; i < LOCKED; i++)
        large_directory.slots[i] = (uintptr_t)&locked;
    large_directory.slots[LOCKED] = (uintptr_t)&forgery.chunk;
    map_reads = 0;
    before_read = count_map_reads;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 2 && live->missed_count == LOCKED && map_reads == 1);
}

static void a_side_table_is_as_long_as_its_limit_at_most(void **state)
{
    enum { LARGE_LIMIT = 1 << 21 }; /* that of live_blocks_reader.c */
    uint64_t count;

    (void)state;
    before_read = refuse_side_table;
    for (uint32_t times = 1; times <= 2; times++) {
        forge_all();
        forgery.heaps[3].map.large_capacity = (size_t)times * LARGE_LIMIT;
        longest_read = 0;
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        assert_true(count == 2 && live->missed_count == 1);
        assert_true((longest_read == LARGE_LIMIT * sizeof(struct address_large)) == (times == 1));
    }
}

/* ---- all bytes together -------------------------------------------------------------------- */

#define BYTE_LIMIT ((uint64_t)64 << 30) /* that of live_blocks_reader.c */

/* A table of the largest size, which is never there. The last read takes all that is left. */
static DWORD refuse_table(uint64_t address, size_t size)
{
    const uint64_t left = asked_size < BYTE_LIMIT ? BYTE_LIMIT - asked_size : 0;

    (void)size;
    if (address == (uintptr_t)&forgery.chunk && left / 8 < forgery.chunk.capacity)
        forgery.chunk.capacity = (uint32_t)(left / 8);
    return address == (uintptr_t)forgery.table ? ERROR_NOACCESS : ERROR_SUCCESS;
}

static void the_bytes_of_a_visit_are_limited(void **state)
{
    uint64_t count;

    (void)state;
    forge();
    use_large_directory(10, 1024);
    for (size_t i = 0; i < 20; i++)
        large_directory.slots[i] = (uintptr_t)&forgery.chunk;
    forgery.chunk.capacity = 4u << CHUNK_BITS;
    stop_clock();
    before_read = refuse_table;
    assert_int_equal(read_forgery(&count), ERROR_INVALID_DATA);
    assert_true(asked_size <= BYTE_LIMIT && BYTE_LIMIT - asked_size < 8);
}

/* Each slot of the directory leads to one chunk with a table of 128 KiB, which is copied twice. The process uses 1 MiB,
   so that tries may copy 72 MiB. The last one ends a little above that. The sites and faults are read in any case. */
static void one_table_for_many_chunks_is_read_as_often_as_memory_allows(void **state)
{
    enum { SLOTS = 1 << 14, CHUNKS = 1024, LIMITED = 72 * 4, REST = 1 << 20 };
    static uint64_t table[SLOTS] = { [77] = 0 };
    static const struct {
        uint64_t memory;
        bool is_limited;
    } cases[] = {
        { 1 << 20, true }, { 0, false }, { (uint64_t)8 << 30, false }, { UINT64_MAX, false }
    };

    (void)state;
    table[77] = entry_make(0x1234, 100, 5);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const uint64_t limit = 8 * cases[i].memory + ((uint64_t)64 << 20);
        uint64_t count;

        forge();
        use_large_directory(10, CHUNKS);
        for (size_t k = 0; k < CHUNKS; k++)
            large_directory.slots[k] = (uintptr_t)&forgery.chunk;
        forgery.chunk.table = table;
        forgery.chunk.capacity = SLOTS;
        memory_size = cases[i].memory;
        assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
        memory_size = UINT64_MAX;
        assert_int_equal(count + live->missed_count, CHUNKS);
        if (!cases[i].is_limited)
            assert_int_equal(count, CHUNKS);
        else
            assert_true(count == LIMITED && asked_size < limit + REST);
    }
}

/* The first chunk is never consistent, and its 200 tries copy 50 MiB. The others share 64 MiB all the same. */
static void spare_tries_take_nothing_from_first_ones(void **state)
{
    enum { SLOTS = 1 << 14, CHUNKS = 1024, LIMITED = 64 * 4 };
    static uint64_t table[SLOTS] = { [77] = 0 };
    static struct address_chunk inconsistent;
    uint64_t count;

    (void)state;
    stop_clock();
    table[77] = entry_make(0x1234, 100, 5);
    forge();
    use_large_directory(10, CHUNKS);
    forgery.chunk.table = table;
    forgery.chunk.capacity = SLOTS;
    inconsistent = forgery.chunk;
    inconsistent.count = 2;
    for (size_t k = 0; k < CHUNKS; k++)
        large_directory.slots[k] = (uintptr_t)(k ? &forgery.chunk : &inconsistent);
    memory_size = 1;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    memory_size = UINT64_MAX;
    start_clock();
    assert_true(count == LIMITED - 1 && asked_size > ((uint64_t)100 << 20));
}

/* A directory ends when nothing may be copied any more. */
static void a_long_directory_is_read_as_far_as_memory_allows(void **state)
{
    enum { BITS = 24 };
    const size_t size =
        offsetof(struct address_directory, slots) + sizeof(uintptr_t) * ((size_t)1 << BITS);
    uint32_t *long_directory = calloc(1, size);
    uint64_t count;

    (void)state;
    if (BITS > LARGEST_DIRECTORY)
        skip(); /* no directory of a 32-bit process is that long */
    assert_non_null(long_directory);
    forge();
    long_directory[0] = BITS;
    long_directory[1] = UINT32_MAX;
    use_directory(long_directory);
    memory_size = 1;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 1);
    assert_true(asked_size < ((uint64_t)64 << 20) + ((uint64_t)1 << 20));
    memory_size = UINT64_MAX;
    assert_int_equal(read_forgery(&count), ERROR_SUCCESS);
    assert_true(count == 0 && live->missed_count == 0);
    free(long_directory);
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
        cmocka_unit_test_setup_teardown(an_error_of_a_read_ends_the_visit_or_is_tried_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_heap_is_found_in_each_place_of_each_segment, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_heap_without_a_table_is_not_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_heap_that_is_closed_meanwhile_is_not_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_image_without_sites_has_no_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_changes_is_walked_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_directory_is_only_as_long_as_its_chunks_allow, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_chunk_that_changes_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chunks_are_read_to_their_own_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_thousand_invalid_chunks_no_more_are_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_chunk_has_200_tries_and_all_have_two_seconds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_that_grows_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_that_always_changes_costs_a_bounded_time,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_can_be_read_when_no_tries_are_left, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_side_table_is_as_long_as_its_limit_at_most, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_bytes_of_a_visit_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_table_for_many_chunks_is_read_as_often_as_memory_allows,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(spare_tries_take_nothing_from_first_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_long_directory_is_read_as_far_as_memory_allows, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
