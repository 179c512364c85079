/* SPDX-License-Identifier: MIT
 *
 * heap_profile.c with private files that the test makes up: every number in them at its limit and beyond, files that
 * are cut, allocations and calls that fail, and requests.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failing_memory.h"
#include "heap_profile.h"
#include "region_folder.h"

#define LOCAL_NAMESPACE 77u
#define FRAMES 70u /* more than a stack can have */
#define NO_VALUE 99u

/* ---- calls that fail ---------------------------------------------------------------------------- */

DWORD __wrap_os_region_is_local(uint64_t pid_namespace, bool *is_local);
DWORD __wrap_os_region_ask(const struct os_region_source *source);
bool __real_os_private_write(const struct os_region_source *source, uint64_t offset,
                             const void *data, size_t size);
bool __wrap_os_private_write(const struct os_region_source *source, uint64_t offset,
                             const void *data, size_t size);

static DWORD local_error, ask_error;
static unsigned failing_write; /* writes until one fails; 0: none fails */

DWORD __wrap_os_region_is_local(uint64_t pid_namespace, bool *is_local)
{
    *is_local = pid_namespace == LOCAL_NAMESPACE;
    return local_error;
}

DWORD __wrap_os_region_ask(const struct os_region_source *source)
{
    (void)source;
    return ask_error;
}

bool __wrap_os_private_write(const struct os_region_source *source, uint64_t offset,
                             const void *data, size_t size)
{
    return !(failing_write && --failing_write == 0) &&
           __real_os_private_write(source, offset, data, size);
}

/* ---- a file that is made up --------------------------------------------------------------------- */

static struct os_region_source source; /* a file without a name */
static struct profile_header header;
static struct profile_stack stacks[3];

static void put(uint64_t offset, const void *data, size_t size)
{
    assert_int_equal(pwrite((int)source.handle, data, size, (off_t)offset), size);
}

static void put_all(void)
{
    uint64_t frames[FRAMES];

    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = 1000 + i;
    put(0, &header, sizeof(header));
    put(PROFILE_STACKS_OFFSET, stacks, sizeof(stacks));
    put(PROFILE_FRAMES_OFFSET, frames, sizeof(frames));
}

static void cut(uint64_t size)
{
    assert_int_equal(ftruncate((int)source.handle, (off_t)size), 0);
}

/* A correct file: stack 0 without frames, stack 1 with the first three and stack 2 with the last two. */
static int set_up(void **state)
{
    (void)state;
    local_error = ask_error = ERROR_SUCCESS;
    failing_write = failing_memory_countdown = 0;
    source = (struct os_region_source){ .handle = memfd_create("private", MFD_CLOEXEC) };
    memset(&header, 0, sizeof(header));
    memset(stacks, 0, sizeof(stacks));
    header.magic = PROFILE_MAGIC;
    header.version = PROFILE_VERSION;
    header.header_size = PROFILE_HEADER_SIZE;
    header.process_id = (uint32_t)getpid();
    header.pid_namespace = LOCAL_NAMESPACE;
    header.stacks_offset = PROFILE_STACKS_OFFSET;
    header.frames_offset = PROFILE_FRAMES_OFFSET;
    header.process_image = 0x1234;
    header.request.number = 5;
    header.request.rate = 4096;
    header.request.figures = 7;
    header.answer.number = 5;
    header.answer.rate = 65536;
    header.answer.own_rate = 8192;
    header.answer.begin_time = 11;
    header.answer.sample_count = 12;
    header.answer.lost_count = 13;
    header.answer.skip_count = 14;
    header.answer.stack_count = UNIT_COUNT(stacks);
    header.answer.frame_count = FRAMES;
    stacks[1].heap = 3;
    stacks[1].frame_count = 3;
    stacks[1].is_always = 2; /* anything but 0 */
    stacks[1].allocated_count = 1;
    stacks[1].allocated_bytes = 2;
    stacks[1].live_count = 3;
    stacks[1].live_bytes = 4;
    stacks[2].frame_count = 2;
    stacks[2].first_frame = FRAMES - 2;
    cut(PROFILE_FILE_SIZE);
    put_all();
    return source.handle < 0;
}

static int tear_down(void **state)
{
    (void)state;
    return close((int)source.handle);
}

/* ---- headers ------------------------------------------------------------------------------------ */

/* Break one field of the header, or cut it. Returns false after the last. */
static bool break_header(unsigned which)
{
    struct profile_header broken = header;

    switch (which) {
    case 0:
        broken.magic++;
        break;
    case 1:
        broken.version++;
        break;
    case 2:
        broken.header_size++;
        break;
    case 3:
        break;
    default:
        return false;
    }
    put(0, &broken, sizeof(broken));
    if (which == 3)
        cut(sizeof(header) - 1);
    return true;
}

static void no_function_takes_a_header_of_another_version(void **state)
{
    struct profile_answer answer = { .number = NO_VALUE };
    struct heap_profile profile;
    struct profile_header found;
    uint64_t number = NO_VALUE;

    (void)state;
    for (unsigned i = 0; break_header(i); i++) {
        assert_int_equal(heap_profile_read(&profile, &source), ERROR_INVALID_DATA);
        assert_null(profile.stacks);
        assert_int_equal(profile.rate, 0);
        assert_false(heap_profile_read_answer(&source, &answer));
        assert_int_equal(answer.number, NO_VALUE);
        assert_false(heap_profile_ask(&source, 1, &number));
        assert_int_equal(number, NO_VALUE);
        assert_false(heap_profile_ask_figures(&source));
        heap_profile_withdraw(&source, 5);
        memset(&found, 0, sizeof(found));
        assert_true(pread((int)source.handle, &found, sizeof(found), 0) > 0);
        assert_memory_equal(&found.request, &header.request, sizeof(found.request));
    }
}

static void an_answer_is_read(void **state)
{
    struct profile_answer answer;

    (void)state;
    assert_true(heap_profile_read_answer(&source, &answer));
    assert_memory_equal(&answer, &header.answer, sizeof(answer));
}

/* ---- stacks ------------------------------------------------------------------------------------- */

/* Read the profile, and expect no block to be left after an error. */
static DWORD read_profile(struct heap_profile *profile)
{
    static const struct heap_profile none;
    const long blocks = failing_memory_blocks;
    const DWORD error = heap_profile_read(profile, &source);

    if (error) {
        assert_int_equal(failing_memory_blocks, blocks);
        assert_memory_equal(profile, &none, sizeof(none));
    } else {
        assert_int_equal(failing_memory_blocks, blocks + 2);
    }
    return error;
}

/* The error of the file as `header` and `stacks` say. */
static DWORD error_of(void)
{
    struct heap_profile profile;

    put_all();
    const DWORD error = read_profile(&profile);
    heap_profile_release(&profile);
    return error;
}

static void a_correct_profile_is_read(void **state)
{
    struct heap_profile profile;

    (void)state;
    assert_int_equal(read_profile(&profile), ERROR_SUCCESS);
    assert_int_equal(profile.rate, 65536);
    assert_int_equal(profile.own_rate, 8192);
    assert_int_equal(profile.begin_time, 11);
    assert_int_equal(profile.sample_count, 12);
    assert_int_equal(profile.lost_count, 13);
    assert_int_equal(profile.skip_count, 14);
    assert_int_equal(profile.stack_count, UNIT_COUNT(stacks));
    assert_int_equal(profile.stacks[0].frame_count, 0);
    assert_false(profile.stacks[0].is_always);
    assert_int_equal(profile.stacks[1].heap, 3);
    assert_true(profile.stacks[1].is_always);
    assert_int_equal(profile.stacks[1].frame_count, 3);
    assert_int_equal(profile.stacks[1].frames[0], 1000);
    assert_int_equal(profile.stacks[1].allocated_count, 1);
    assert_int_equal(profile.stacks[1].allocated_bytes, 2);
    assert_int_equal(profile.stacks[1].live_count, 3);
    assert_int_equal(profile.stacks[1].live_bytes, 4);
    assert_int_equal(profile.stacks[2].frames[1], 1000 + FRAMES - 1);
    heap_profile_release(&profile);
}

static void a_file_without_stacks_is_not_ready(void **state)
{
    (void)state;
    header.stacks_offset = 0;
    assert_int_equal(error_of(), ERROR_NOT_READY);
    header.stacks_offset = PROFILE_STACKS_OFFSET;
    header.answer.stack_count = 0;
    assert_int_equal(error_of(), ERROR_NOT_READY);
}

static void stacks_and_frames_have_their_places(void **state)
{
    (void)state;
    header.stacks_offset = PROFILE_STACKS_OFFSET + 8;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
    header.stacks_offset = PROFILE_STACKS_OFFSET;
    header.frames_offset = PROFILE_FRAMES_OFFSET + 8;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
}

/* Even if the file is long enough for more. */
static void counts_have_limits(void **state)
{
    (void)state;
    cut(PROFILE_FILE_SIZE + 4096);
    header.answer.stack_count = PROFILE_STACKS;
    header.answer.frame_count = PROFILE_FRAMES;
    assert_int_equal(error_of(), ERROR_SUCCESS);
    header.answer.stack_count = PROFILE_STACKS + 1;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
    header.answer.stack_count = UINT64_MAX;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
    header.answer.stack_count = 3;
    header.answer.frame_count = PROFILE_FRAMES + 1;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
    header.answer.frame_count = UINT64_MAX;
    assert_int_equal(error_of(), ERROR_INVALID_DATA);
}

static void a_cut_file_is_invalid(void **state)
{
    struct heap_profile profile;

    (void)state;
    cut(PROFILE_FRAMES_OFFSET + FRAMES * sizeof(uint64_t));
    assert_int_equal(read_profile(&profile), ERROR_SUCCESS);
    heap_profile_release(&profile);
    cut(PROFILE_FRAMES_OFFSET + FRAMES * sizeof(uint64_t) - 1);
    assert_int_equal(read_profile(&profile), ERROR_INVALID_DATA);
    cut(PROFILE_FRAMES_OFFSET);
    assert_int_equal(read_profile(&profile), ERROR_INVALID_DATA);

    /* Stacks without frames */
    memset(stacks, 0, sizeof(stacks));
    header.answer.frame_count = 0;
    put_all();
    cut(PROFILE_STACKS_OFFSET + sizeof(stacks));
    assert_int_equal(read_profile(&profile), ERROR_SUCCESS);
    heap_profile_release(&profile);
    cut(PROFILE_STACKS_OFFSET + sizeof(stacks) - 1);
    assert_int_equal(read_profile(&profile), ERROR_INVALID_DATA);
    cut(sizeof(header));
    assert_int_equal(read_profile(&profile), ERROR_INVALID_DATA);
}

static void the_frames_of_a_stack_are_in_the_file(void **state)
{
    static const struct {
        uint16_t count;
        uint64_t first;
        DWORD error;
    } cases[] = {
        { 64, 0, ERROR_SUCCESS },
        { 65, 0, ERROR_INVALID_DATA }, /* more than a stack has */
        { UINT16_MAX, 0, ERROR_INVALID_DATA },
        { 0, FRAMES, ERROR_SUCCESS },
        { 0, FRAMES + 1, ERROR_INVALID_DATA },
        { 1, FRAMES - 1, ERROR_SUCCESS },
        { 1, FRAMES, ERROR_INVALID_DATA },
        { 2, FRAMES - 1, ERROR_INVALID_DATA }, /* begins inside and ends outside */
        { 64, FRAMES - 64, ERROR_SUCCESS },
        { 64, FRAMES - 63, ERROR_INVALID_DATA },
        { 2, UINT64_MAX, ERROR_INVALID_DATA }, /* the sum is 1 */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        for (size_t k = 0; k < UNIT_COUNT(stacks); k++) {
            const struct profile_stack saved = stacks[k];
            stacks[k].frame_count = cases[i].count;
            stacks[k].first_frame = cases[i].first;
            const DWORD error = error_of();
            stacks[k] = saved;
            if (error != cases[i].error)
                fail_msg("case %zu, stack %zu: error %u", i, k, (unsigned)error);
        }
    }
}

static void negative_sums_of_live_blocks_count_as_0(void **state)
{
    static const struct {
        uint64_t sum, read;
    } cases[] = { { INT64_MAX, INT64_MAX }, { (uint64_t)INT64_MAX + 1, 0 }, { UINT64_MAX, 0 } };
    struct heap_profile profile;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        stacks[1].live_bytes = cases[i].sum;
        stacks[1].live_count = 1;
        stacks[2].live_bytes = 2;
        stacks[2].live_count = cases[i].sum;
        put_all();
        assert_int_equal(read_profile(&profile), ERROR_SUCCESS);
        assert_int_equal(profile.stacks[1].live_bytes, cases[i].read);
        assert_int_equal(profile.stacks[1].live_count, 1);
        assert_int_equal(profile.stacks[2].live_bytes, 2);
        assert_int_equal(profile.stacks[2].live_count, cases[i].read);
        heap_profile_release(&profile);
    }
}

static void each_allocation_may_fail(void **state)
{
    struct heap_profile profile;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    unsigned n = 0;

    (void)state;
    while (error) {
        failing_memory_countdown = ++n;
        error = read_profile(&profile);
        failing_memory_countdown = 0;
        assert_int_equal(error, n <= 3 ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
    }
    heap_profile_release(&profile);
}

/* ---- requests ----------------------------------------------------------------------------------- */

static struct profile_request request_in_file(void)
{
    struct profile_request request;

    assert_int_equal(pread((int)source.handle, &request, sizeof(request), PROFILE_REQUEST_OFFSET),
                     sizeof(request));
    return request;
}

static void assert_request(uint64_t rate, uint64_t number, uint64_t figures)
{
    const struct profile_request request = request_in_file();

    assert_int_equal(request.rate, rate);
    assert_int_equal(request.number, number);
    assert_int_equal(request.figures, figures);
}

static void a_request_has_a_new_number(void **state)
{
    uint64_t number;

    (void)state;
    assert_true(heap_profile_ask(&source, 1, &number));
    assert_int_equal(number, 6);
    assert_request(1, 6, 7);
}

static void a_request_without_the_lock_is_not_written(void **state)
{
    uint64_t number = NO_VALUE;

    (void)state;
    ask_error = ERROR_ACCESS_DENIED;
    assert_false(heap_profile_ask(&source, 1, &number));
    assert_int_equal(number, NO_VALUE);
    assert_request(4096, 5, 7);
}

/* The number is what the owner looks at. */
static void a_number_is_not_written_without_its_rate(void **state)
{
    uint64_t number;

    (void)state;
    failing_write = 1;
    assert_false(heap_profile_ask(&source, 1, &number));
    assert_request(4096, 5, 7);
    failing_write = 2;
    assert_false(heap_profile_ask(&source, 1, &number));
    assert_request(1, 5, 7);
}

static void only_the_own_request_is_withdrawn(void **state)
{
    (void)state;
    heap_profile_withdraw(&source, 4);
    heap_profile_withdraw(&source, 6);
    assert_request(4096, 5, 7);
    heap_profile_withdraw(&source, 5);
    assert_request(PROFILE_RATE_OFF, 6, 7);
}

static void figures_are_requested_with_a_new_number(void **state)
{
    (void)state;
    assert_true(heap_profile_ask_figures(&source));
    assert_request(4096, 5, 8);
    failing_write = 1;
    assert_false(heap_profile_ask_figures(&source));
    assert_request(4096, 5, 8);
}

/* ---- files with names --------------------------------------------------------------------------- */

static struct os_region_file published;

static void publish(void)
{
    const intptr_t unnamed = source.handle;

    memset(&published, 0, sizeof(published));
    assert_int_equal(os_region_create(&published, region_folder, OS_REGION_PRIVATE_SUFFIX),
                     ERROR_SUCCESS);
    source.handle = published.handle;
    put(0, &header, sizeof(header));
    source.handle = unnamed;
    assert_int_equal(os_region_publish(&published), ERROR_SUCCESS);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;

    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* The error of opening a file with this header. */
static DWORD error_of_open(void)
{
    struct os_region_source opened;

    publish();
    const unsigned descriptors = open_descriptors();
    const DWORD error = heap_profile_open(&opened, (uint32_t)getpid());
    if (!error)
        os_region_close(&opened);
    assert_int_equal(open_descriptors(), descriptors);
    os_region_remove(&published);
    return error;
}

static void only_the_file_of_the_process_itself_is_opened(void **state)
{
    struct os_region_source opened;

    (void)state;
    assert_int_equal(heap_profile_open(&opened, (uint32_t)getpid()), ERROR_FILE_NOT_FOUND);
    assert_int_equal(error_of_open(), ERROR_SUCCESS);
    header.process_id++;
    assert_int_equal(error_of_open(), ERROR_NOT_FOUND);
    header.process_id--;
    header.pid_namespace++;
    assert_int_equal(error_of_open(), ERROR_NOT_FOUND);
    header.version++; /* its reader reports that */
    assert_int_equal(error_of_open(), ERROR_SUCCESS);
    header.version--;
    header.pid_namespace--;
    local_error = ERROR_NOT_ENOUGH_MEMORY;
    assert_int_equal(error_of_open(), ERROR_NOT_ENOUGH_MEMORY);
}

static void the_process_image_is_in_the_header(void **state)
{
    uint64_t address = NO_VALUE;

    (void)state;
    assert_int_equal(heap_profile_process_image((uint32_t)getpid(), &address),
                     ERROR_FILE_NOT_FOUND);
    assert_int_equal(address, NO_VALUE);
    header.version++;
    publish();
    const unsigned descriptors = open_descriptors();
    assert_int_equal(heap_profile_process_image((uint32_t)getpid(), &address), ERROR_NOT_SUPPORTED);
    assert_int_equal(address, NO_VALUE);
    os_region_remove(&published);
    header.version--;
    publish();
    assert_int_equal(heap_profile_process_image((uint32_t)getpid(), &address), ERROR_SUCCESS);
    assert_int_equal(address, 0x1234);
    assert_int_equal(open_descriptors(), descriptors);
    os_region_remove(&published);
}

static void assert_open(const struct os_region_source *opened)
{
    struct profile_answer answer;

    assert_true(heap_profile_read_answer(opened, &answer));
}

static void a_new_file_is_followed(void **state)
{
    struct os_region_source opened;
    const uint32_t process_id = (uint32_t)getpid();

    (void)state;
    publish();
    assert_int_equal(heap_profile_open(&opened, process_id), ERROR_SUCCESS);
    const unsigned descriptors = open_descriptors();
    assert_false(heap_profile_follow(&opened, process_id)); /* it is the same */
    assert_open(&opened);
    opened.device++; /* the number of a file on another device */
    assert_true(heap_profile_follow(&opened, process_id));
    assert_open(&opened);
    assert_int_equal(open_descriptors(), descriptors);
    opened.inode++;
    assert_true(heap_profile_follow(&opened, process_id));
    assert_open(&opened);
    assert_false(heap_profile_follow(&opened, process_id));
    os_region_remove(&published);
    assert_false(heap_profile_follow(&opened, process_id)); /* there is no other file */
    assert_open(&opened);
    os_region_close(&opened);
}

/* ---- as live blocks ----------------------------------------------------------------------------- */

/* The last stack is not in the profile. */
static struct heap_profile_stack listed[4];
static struct heap_profile profile_of_list;
static struct live_blocks *live;

static int set_up_list(void **state)
{
    static const uint64_t frames[] = { 10, 11, 12 };

    (void)state;
    memset(listed, 0, sizeof(listed));
    for (uint32_t i = 0; i < UNIT_COUNT(listed); i++)
        listed[i] = (struct heap_profile_stack){ .frames = frames + (i < 2 ? i : 0),
                                                 .heap = i + 1,
                                                 .frame_count = i < 2 ? 3 - i : 3,
                                                 .allocated_count = (i + 1) * PROFILE_COUNT_UNIT,
                                                 .allocated_bytes = 100 + i,
                                                 .live_count = i * PROFILE_COUNT_UNIT,
                                                 .live_bytes = 200 + i };
    listed[3].is_always = true;
    profile_of_list = (struct heap_profile){
        .rate = 4096, .own_rate = 0, .begin_time = 9, .stacks = listed, .stack_count = 3
    };
    live = live_blocks_new();
    return live == NULL;
}

static int tear_down_list(void **state)
{
    (void)state;
    live_blocks_free(live);
    return 0;
}

static void stacks_become_sites(void **state)
{
    (void)state;
    heap_profile_list(&profile_of_list, NULL, HEAP_PROFILE_ALL_HEAPS, live);
    assert_int_equal(live->stack_count, 3);
    assert_false(live->has_growth);
    assert_int_equal(live->rate, 4096);
    assert_int_equal(live->sites[1].address, 11);
    assert_int_equal(live->sites[1].caller_count, 1);
    assert_int_equal(live->sites[1].callers[0], 12);
    assert_int_equal(live->sites[1].count, 1);
    assert_int_equal(live->sites[1].bytes, 201);
    assert_int_equal(live->sites[1].allocated_count, 2);
    assert_int_equal(live->sites[1].allocated_bytes, 101);
    assert_int_equal(live->sites[1].growth, 201);
    heap_profile_list(&profile_of_list, NULL, 2, live);
    assert_int_equal(live->stack_count, 1);
    assert_int_equal(live->sites[0].bytes, 201);
    heap_profile_list(&profile_of_list, NULL, 9, live);
    assert_int_equal(live->stack_count, 0);
}

static void counts_are_rounded(void **state)
{
    (void)state;
    listed[0].allocated_count = PROFILE_COUNT_UNIT / 2 - 1;
    listed[1].allocated_count = PROFILE_COUNT_UNIT / 2;
    listed[1].live_count = PROFILE_COUNT_UNIT + PROFILE_COUNT_UNIT / 2 - 1;
    listed[2].live_count = PROFILE_COUNT_UNIT + PROFILE_COUNT_UNIT / 2;
    heap_profile_list(&profile_of_list, NULL, HEAP_PROFILE_ALL_HEAPS, live);
    assert_int_equal(live->stack_count, 2); /* the first has allocated nothing */
    assert_int_equal(live->sites[0].allocated_count, 1);
    assert_int_equal(live->sites[0].count, 1);
    assert_int_equal(live->sites[1].count, 2);
}

static void a_stack_has_grown_since_the_earlier_state_of_the_same_profile(void **state)
{
    struct heap_profile_stack old_stacks[3] = { { .live_bytes = 150 },
                                                { .live_bytes = 250 },
                                                { .live_bytes = 1 } };
    struct heap_profile before = { .begin_time = 9, .stacks = old_stacks, .stack_count = 2 };

    (void)state;
    heap_profile_list(&profile_of_list, &before, HEAP_PROFILE_ALL_HEAPS, live);
    assert_true(live->has_growth);
    assert_int_equal(live->sites[0].growth, 50);
    assert_int_equal(live->sites[1].growth, -49);
    assert_int_equal(live->sites[2].growth, 202); /* it is new */
    before.begin_time = 8;
    heap_profile_list(&profile_of_list, &before, HEAP_PROFILE_ALL_HEAPS, live);
    assert_true(live->has_growth);
    assert_int_equal(live->sites[0].growth, 200);
}

static void the_rate_is_that_of_the_heap(void **state)
{
    (void)state;
    profile_of_list.own_rate = 8192;
    assert_int_equal(heap_profile_rate_of(&profile_of_list, 2), 8192);
    assert_int_equal(heap_profile_rate_of(&profile_of_list, 4),
                     8192); /* its stack is not in the profile */
    listed[1].is_always = true;
    assert_int_equal(heap_profile_rate_of(&profile_of_list, 2), PROFILE_RATE_ALL);
    assert_int_equal(heap_profile_rate_of(&profile_of_list, 1), 8192);
    heap_profile_list(&profile_of_list, NULL, 2, live);
    assert_int_equal(live->rate, PROFILE_RATE_ALL);
    heap_profile_list(&profile_of_list, NULL, 1, live);
    assert_int_equal(live->rate, 4096);
    profile_of_list.rate = 0;
    heap_profile_list(&profile_of_list, NULL, 1, live);
    assert_int_equal(live->rate, 8192);
    profile_of_list.own_rate = 0;
    heap_profile_list(&profile_of_list, NULL, 1, live);
    assert_int_equal(live->rate, PROFILE_RATE_ALL);
}

static void no_heap_has_the_number_of_all_heaps(void **state)
{
    (void)state;
    listed[0].heap = HEAP_PROFILE_ALL_HEAPS;
    listed[0].is_always = true;
    heap_profile_list(&profile_of_list, NULL, HEAP_PROFILE_ALL_HEAPS, live);
    assert_int_equal(live->rate, 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_list, tear_down_list)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_function_takes_a_header_of_another_version),
        TEST(an_answer_is_read),
        TEST(a_correct_profile_is_read),
        TEST(a_file_without_stacks_is_not_ready),
        TEST(stacks_and_frames_have_their_places),
        TEST(counts_have_limits),
        TEST(a_cut_file_is_invalid),
        TEST(the_frames_of_a_stack_are_in_the_file),
        TEST(negative_sums_of_live_blocks_count_as_0),
        TEST(each_allocation_may_fail),
        TEST(a_request_has_a_new_number),
        TEST(a_request_without_the_lock_is_not_written),
        TEST(a_number_is_not_written_without_its_rate),
        TEST(only_the_own_request_is_withdrawn),
        TEST(figures_are_requested_with_a_new_number),
        TEST(only_the_file_of_the_process_itself_is_opened),
        TEST(the_process_image_is_in_the_header),
        TEST(a_new_file_is_followed),
        LIST_TEST(stacks_become_sites),
        LIST_TEST(counts_are_rounded),
        LIST_TEST(a_stack_has_grown_since_the_earlier_state_of_the_same_profile),
        LIST_TEST(the_rate_is_that_of_the_heap),
        LIST_TEST(no_heap_has_the_number_of_all_heaps),
    };

    return cmocka_run_group_tests_name("heap profile", tests, NULL, NULL);
}
