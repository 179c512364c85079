/* SPDX-License-Identifier: MIT
 *
 * A profile of this process's own heaps, read from the private file as a reader does it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap_slot.h"
#include "heaptracker.h"
#include "os.h"
#include "os_region.h"
#include "profile_file.h"
#include "profile.h"
#include "unit.h"

static char folder[] = "/dev/shm/heapctrs-test-XXXXXX";
static heap_tracker heap;
static int file = -1;

static const void *at(uintptr_t n)
{
    return (const void *)((n + 1) << 12);
}

static uint64_t answer(size_t offset)
{
    uint64_t value;

    assert_int_equal(pread(file, &value, sizeof(value),
                           (off_t)(offsetof(struct profile_header, answer) + offset)),
                     sizeof(value));
    return value;
}
#define ANSWER(member) answer(offsetof(struct profile_answer, member))

static void open_file(void)
{
    char prefix[32];
    struct dirent *entry;
    DIR *listing = opendir(folder);

    snprintf(prefix, sizeof(prefix), "%d-", (int)getpid());
    while ((entry = readdir(listing)) != NULL)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            strstr(entry->d_name, OS_REGION_PRIVATE_SUFFIX))
            file = openat(dirfd(listing), entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    closedir(listing);
}

/* Use up one piece of every thread's countdown. */
static void pass_a_piece(void)
{
    heap_tracker_allocate(heap, at(999999), PROFILE_PIECE);
    heap_tracker_free(heap, at(999999));
}

/* Write a request. A requester holds a lock of the byte ASKED_BYTE of os_region_posix.c, 1 << 40. */
static uint64_t request(uint64_t rate)
{
    static uint64_t number;
    struct flock lock = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)1 << 40, .l_len = 1
    };

    assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
    number++;
    assert_int_equal(pwrite(file, &rate, sizeof(rate), PROFILE_REQUEST_OFFSET), sizeof(rate));
    assert_int_equal(pwrite(file, &number, sizeof(number),
                            PROFILE_REQUEST_OFFSET + offsetof(struct profile_request, number)),
                     sizeof(number));
    return number;
}

static void ask(uint64_t rate)
{
    const uint64_t number = request(rate);

    pass_a_piece();
    assert_int_equal(ANSWER(number), number);
}

struct sums {
    uint64_t live_bytes, live_count, allocated_bytes, samples;
};

static struct sums sums_of_all(void)
{
    struct sums sums = { 0 };
    struct profile_stack stack;
    uint64_t count = ANSWER(stack_count);

    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(
            pread(file, &stack, sizeof(stack), (off_t)(PROFILE_STACKS_OFFSET + i * sizeof(stack))),
            sizeof(stack));
        sums.live_bytes += stack.live_bytes;
        sums.live_count += stack.live_count;
        sums.allocated_bytes += stack.allocated_bytes;
        sums.samples += stack.sample_count;
    }
    return sums;
}

static void only_its_user_can_read_the_file(void **state)
{
    struct stat status;

    (void)state;
    pass_a_piece();
    pass_a_piece();
    open_file();
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    /* The rest takes no memory until a profile is asked for. */
    assert_int_equal(status.st_blocks * 512, PROFILE_HEADER_SIZE);
    assert_int_equal(ANSWER(rate), 0);
}

static void every_block_is_recorded_with_rate_1(void **state)
{
    (void)state;
    ask(PROFILE_RATE_ALL);
    assert_int_equal(ANSWER(rate), PROFILE_RATE_ALL);
    for (uintptr_t i = 0; i < 100; i++)
        heap_tracker_allocate(heap, at(i), 1000 + i);
    struct sums sums = sums_of_all();
    assert_int_equal(sums.live_count, 100 * PROFILE_COUNT_UNIT);
    assert_int_equal(sums.live_bytes, 100 * 1000 + 99 * 100 / 2);
    for (uintptr_t i = 0; i < 50; i++)
        heap_tracker_free(heap, at(i));
    heap_tracker_reallocate(heap, at(200), 7, at(99));
    sums = sums_of_all();
    assert_int_equal(sums.live_count, 50 * PROFILE_COUNT_UNIT);
    /* Blocks 50 to 98, and the 7 bytes. */
    assert_int_equal(sums.live_bytes, 49 * 1000 + (50 + 98) * 49 / 2 + 7);
    assert_int_equal(ANSWER(live_count), 50);
    heap_tracker_discard_all(heap);
    sums = sums_of_all();
    assert_int_equal(sums.live_count + sums.live_bytes, 0);
    assert_int_equal(sums.samples, 102); /* including the block at which the request was seen */
    assert_int_equal(ANSWER(lost_count), 0);
}

/* The lock is that of ask. */
static void a_request_ends_with_its_requester(void **state)
{
    struct flock lock = {
        .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = (off_t)1 << 40, .l_len = 1
    };

    (void)state;
    ask(PROFILE_RATE_LEAST);
    assert_int_equal(ANSWER(rate), PROFILE_RATE_LEAST);
    assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
    for (int i = 0; i < 1000 && ANSWER(rate) != 0; i++)
        pass_a_piece();
    assert_int_equal(ANSWER(rate), 0);
}

/* Rates are 1, and from 4096 to 2^30. */
static void a_rate_that_is_none_is_not_taken(void **state)
{
    static const uint64_t rates[] = { 2, 4095, (UINT64_C(1) << 30) + 1, UINT64_MAX };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rates); i++) {
        ask(rates[i]);
        assert_int_equal(ANSWER(rate), 0);
    }
    assert_int_equal(profile_rate_of("0"), 0);
    assert_int_equal(profile_rate_of("1"), 1);
    assert_int_equal(profile_rate_of("4095"), 0);
    assert_int_equal(profile_rate_of("4096"), 4096);
    assert_int_equal(profile_rate_of("1073741824"), 1073741824);
    assert_int_equal(profile_rate_of("1073741825"), 0);
    assert_int_equal(profile_rate_of("65536x"), 0);
    assert_int_equal(profile_rate_of("99999999999999999999999"), 0);
}

/* Blocks from 8 bytes to 32 KiB of one stack. With the least rate about 20,000 of the 60,000 are samples, and their
   sum is right to less than 1 %; 4 % are allowed. */
static void sampled_sums_are_right_on_average(void **state)
{
    double allocated = 0;

    (void)state;
    ask(PROFILE_RATE_LEAST);
    struct sums before = sums_of_all();
    for (uintptr_t i = 0; i < 60000; i++) {
        size_t size = (size_t)8 << i % 13;
        heap_tracker_allocate(heap, at(i), size);
        allocated += (double)size;
    }
    struct sums after = sums_of_all();
    double ratio = (double)(after.allocated_bytes - before.allocated_bytes) / allocated;
    if (ratio < 0.96 || ratio > 1.04)
        fail_msg("%f", ratio);
    heap_tracker_discard_all(heap);
    after = sums_of_all();
    assert_int_equal(after.live_bytes, 0);
    assert_int_equal(after.live_count, 0);
}

static __attribute__((noinline)) size_t stack_of(int depth, uintptr_t frames[], uintptr_t callers[])
{
    static struct unwind_thread thread;

    callers[depth] = (uintptr_t)__builtin_return_address(0);
    size_t count;
    if (depth > 0) {
        count = stack_of(depth - 1, frames, callers);
    } else {
        unwind_here(&thread);
        count = unwind_frames(&thread, callers[0], frames);
    }
    __asm__ volatile("" ::: "memory"); /* prevents a tail call */
    return count;
}

static void a_sampled_block_of_a_sized_heap_ends_with_its_free(void **state)
{
    struct heap_tracker_options options = { .size = sizeof(options), .flags = HEAP_TRACKER_SIZED };
    heap_tracker sized = heap_tracker_open("sized", &options);

    (void)state;
    ask(PROFILE_RATE_LEAST);
    heap_tracker_discard_all(heap);
    const uint64_t before = ANSWER(sample_count);
    for (uintptr_t i = 0; i < 1000; i++)
        heap_tracker_allocate(sized, at(i), 8 * PROFILE_RATE_LEAST);
    assert_true(ANSWER(sample_count) - before > 900); /* 1 - exp(-8) of them */
    assert_int_equal(ANSWER(live_count), ANSWER(sample_count) - before);
    for (uintptr_t i = 0; i < 1000; i++)
        heap_tracker_free_sized(sized, at(i), 8 * PROFILE_RATE_LEAST);
    assert_int_equal(ANSWER(live_count), 0);
    assert_int_equal(sums_of_all().live_bytes, 0);
    heap_tracker_close(sized);
}

/* A block of 64 mean distances is no sample once in e^64 times. */
static void at_most_50000_samples_are_taken_in_a_second(void **state)
{
    enum { BLOCKS = 300000 };

    (void)state;
    ask(PROFILE_RATE_LEAST);
    const uint64_t taken_before = ANSWER(sample_count), skipped_before = ANSWER(skip_count);
    const uint64_t begin = os_clock_ticks();
    for (uintptr_t i = 0; i < BLOCKS; i++) {
        heap_tracker_allocate(heap, at(0), 64 * PROFILE_RATE_LEAST);
        heap_tracker_free(heap, at(0));
    }
    const uint64_t seconds = (os_clock_ticks() - begin) / os_clock_frequency();
    const uint64_t taken = ANSWER(sample_count) - taken_before;
    assert_int_equal(taken + ANSWER(skip_count) - skipped_before, BLOCKS);
    /* Of the second that had begun, and of each that began meanwhile. */
    assert_true(taken <= (seconds + 2) * PROFILE_SAMPLES_PER_SECOND);
    assert_true(taken > 0);
}

static void allocate_at_the_end(void *unused)
{
    (void)unused;
    for (uintptr_t i = 0; i < 10; i++)
        heap_tracker_allocate(heap, at(i), 10);
    for (uintptr_t i = 0; i < 10; i++)
        heap_tracker_free(heap, at(i));
}

static void *end_with(void *key)
{
    heap_tracker_allocate(heap, at(0), 10);
    heap_tracker_free(heap, at(0));
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

/* The tracker's key is older than the test's, so its destructor is called first. */
static void samples_of_a_thread_that_is_ending_are_lost_and_counted(void **state)
{
    pthread_key_t key;
    pthread_t thread;

    (void)state;
    ask(PROFILE_RATE_ALL);
    const uint64_t before = ANSWER(lost_count), samples = ANSWER(sample_count);
    assert_int_equal(pthread_key_create(&key, allocate_at_the_end), 0);
    assert_int_equal(pthread_create(&thread, NULL, end_with, &key), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(key);
    assert_int_equal(ANSWER(lost_count) - before, 10);
    assert_true(ANSWER(sample_count) - samples <= 1); /* its first block may start its countdown */
}

static void the_stack_is_that_of_the_callers(void **state)
{
    uintptr_t frames[UNWIND_FRAMES], callers[20];

    (void)state;
    size_t count = stack_of(19, frames, callers);
    assert_true(count >= 21); /* the 20 in `callers`, and at least one in cmocka */
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(frames[i], callers[i]);
}

static struct sums sums_of_heap(uint32_t number)
{
    struct sums sums = { 0 };
    struct profile_stack stack;
    uint64_t count = ANSWER(stack_count);

    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(
            pread(file, &stack, sizeof(stack), (off_t)(PROFILE_STACKS_OFFSET + i * sizeof(stack))),
            sizeof(stack));
        if (stack.heap != number || !stack.frame_count)
            continue;
        sums.live_bytes += stack.live_bytes;
        sums.live_count += stack.live_count;
        sums.allocated_bytes += stack.allocated_bytes;
        sums.samples += stack.sample_count;
    }
    return sums;
}

/* Its blocks are recorded from the first on, whatever rate is requested: see HEAP_TRACKER_PROFILE. */
static void every_block_of_a_heap_is_recorded_that_asks_for_it(void **state)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };
    struct heap_tracker_resize resize;
    heap_tracker always = heap_tracker_open("always", &options);
    uint32_t number;

    (void)state;
    assert_non_null(heap_slot_find(always, &number));
    ask(PROFILE_RATE_OFF);
    for (uintptr_t i = 0; i < 10; i++)
        assert_int_equal(heap_tracker_allocate(always, at(i), 100), 0);
    heap_tracker_allocate(heap, at(0), 100);
    assert_int_equal(ANSWER(rate), 0);
    assert_int_equal(sums_of_heap(number).live_bytes, 1000);
    ask(PROFILE_RATE_LEAST); /* begins a profile of the others */
    heap_tracker_allocate(always, at(10),
                          2 * PROFILE_PIECE); /* ends the countdown, and counts once */
    assert_int_equal(sums_of_heap(number).live_bytes, 1000 + 2 * PROFILE_PIECE);
    assert_int_equal(sums_of_heap(number).samples, 11);
    heap_tracker_free(always, at(10));
    ask(PROFILE_RATE_OFF);

    /* A block that could not be resized is recorded with its own stack. */
    heap_tracker_resize_begin(always, at(0), &resize);
    assert_int_equal(sums_of_heap(number).live_bytes, 900);
    heap_tracker_resize_end(always, NULL, 5000, &resize);
    assert_int_equal(sums_of_heap(number).live_bytes, 1000);
    heap_tracker_reallocate(always, at(0), 50, at(0));
    assert_int_equal(sums_of_heap(number).live_bytes, 950); /* nine of 100 bytes, and one of 50 */

    pid_t child = fork();
    if (child == 0) { /* its file is created with its first block */
        heap_tracker_allocate(always, at(11), 77);
        close(file);
        open_file();
        _exit(sums_of_heap(number).live_bytes != 77);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    heap_tracker_close(always);
    assert_int_equal(sums_of_heap(number).live_bytes, 0);
    assert_int_equal(sums_of_heap(number).live_count, 0);
    heap_tracker_free(heap, at(0));
}

static __attribute__((noinline)) void allocate_one(uintptr_t i)
{
    heap_tracker_allocate(heap, at(i), 10);
    __asm__ volatile("" ::: "memory"); /* prevents a tail call */
}

/* Volatile, so that each loop has one call. */
static volatile uintptr_t few = 3, more = 7;

static __attribute__((noinline)) void allocate_few(void)
{
    for (uintptr_t i = 0; i < few; i++)
        allocate_one(i);
}

static __attribute__((noinline)) void allocate_more(void)
{
    for (uintptr_t i = 0; i < more; i++)
        allocate_one(10 + i);
}

/* The thread remembers the number of its last stack in the file. Each of two calls is counted for its own stack, … */
static void two_callers_of_one_function_are_counted_for_each(void **state)
{
    struct profile_stack stack;
    unsigned found = 0;

    (void)state;
    ask(PROFILE_RATE_OFF);
    ask(PROFILE_RATE_ALL); /* begins with sums of 0 */
    allocate_few();
    allocate_more();
    const uint64_t count = ANSWER(stack_count);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(
            pread(file, &stack, sizeof(stack), (off_t)(PROFILE_STACKS_OFFSET + i * sizeof(stack))),
            sizeof(stack));
        found += stack.sample_count == few || stack.sample_count == more;
    }
    assert_int_equal(found, 2);
    heap_tracker_discard_all(heap);
}

/* … the same call for each heap, … */
static void one_stack_of_two_heaps_is_counted_for_each(void **state)
{
    heap_tracker heaps[] = { heap, heap_tracker_open("second", NULL) };
    uint32_t number;

    (void)state;
    assert_non_null(heap_slot_find(heaps[1], &number));
    ask(PROFILE_RATE_ALL);
    for (uintptr_t i = 0; i < 9; i++)
        heap_tracker_allocate(heaps[i % 3 == 0], at(i), 10);
    assert_int_equal(sums_of_heap(number).samples, 3);
    assert_int_equal(sums_of_heap(number).live_bytes, 30);
    heap_tracker_close(heaps[1]);
    heap_tracker_discard_all(heap);
}

/* … in a child with the number that the stack gets in the file of the child, … */
static void a_stack_gets_a_number_of_its_own_in_a_child(void **state)
{
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };
    heap_tracker always = heap_tracker_open("always", &options);
    pid_t child = -1;
    uint32_t number;
    int status;

    (void)state;
    assert_non_null(heap_slot_find(always, &number));
    for (uintptr_t i = 0; i < 2 && child != 0; i++)
        heap_tracker_allocate(heap, at(i), 10); /* other stacks are before it in this file */
    for (uintptr_t i = 0; i < 2 && child <= 0; i++) {
        heap_tracker_allocate(always, at(i), 77);
        if (i == 0)
            child = fork();
    }
    if (child == 0) {
        close(file);
        open_file();
        struct sums sums = sums_of_heap(number);
        _exit(sums.samples != 1 || sums.live_bytes != 77);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    heap_tracker_close(always);
}

static bool is_file_replaced(void)
{
    struct stat before, after;
    const int old = file;

    assert_int_equal(fstat(old, &before), 0);
    file = -1;
    open_file();
    if (file >= 0 && fstat(file, &after) == 0 && after.st_ino != before.st_ino) {
        close(old);
        return true;
    }
    if (file >= 0)
        close(file);
    file = old;
    return false;
}

static void count_in_a_new_file(void)
{
    enum { IN_NO_FILE, IN_THE_OLD_FILE, IN_A_SHORT_FILE, IN_THE_NEW_FILE } phase = IN_NO_FILE;
    uint64_t number = 0;

    for (;;) {
        pass_a_piece(); /* always the same stack */
        switch (phase) {
        case IN_NO_FILE:
            close(file);
            open_file();
            number = request(PROFILE_RATE_ALL);
            phase = IN_THE_OLD_FILE;
            break;
        case IN_THE_OLD_FILE:
            assert_int_equal(ANSWER(number), number);
            assert_int_equal(sums_of_all().samples, 1);
            assert_int_equal(ftruncate(file, 0), 0);
            phase = IN_A_SHORT_FILE;
            break;
        case IN_A_SHORT_FILE:
            if (is_file_replaced()) {
                number = request(PROFILE_RATE_ALL);
                phase = IN_THE_NEW_FILE;
            }
            break;
        case IN_THE_NEW_FILE:
            assert_int_equal(ANSWER(number), number);
            assert_int_equal(sums_of_all().samples, 1);
            return;
        }
    }
}

/* … and so in a file that is made again because the first was cut short. */
static void a_stack_gets_a_new_number_in_a_new_file(void **state)
{
    int status;

    (void)state;
    ask(PROFILE_RATE_ALL); /* other stacks are before it */
    pid_t child = fork();
    if (child == 0) {
        signal(SIGBUS, SIG_DFL); /* otherwise the handler of cmocka or of a sanitizer stays */
        count_in_a_new_file();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_child_has_a_profile_of_its_own(void **state)
{
    (void)state;
    ask(PROFILE_RATE_ALL);
    pid_t child = fork();
    if (child == 0) {
        heap_tracker_allocate(heap, at(5), 10);
        heap_tracker_free(heap, at(5));
        _exit(profile_has_samples || heap_tracker_allocate(heap, at(6), 10));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(ANSWER(rate), PROFILE_RATE_ALL);
}

/* Only faults in the profile's own file are repaired. Others end the process, as without a profile. */
static void a_fault_in_another_file_is_not_repaired(void **state)
{
    int status = 0;

    (void)state;
    ask(PROFILE_RATE_ALL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGBUS, SIG_DFL); /* otherwise the handler of cmocka or of a sanitizer stays */
        heap_tracker_allocate(heap, at(5), 10); /* its file is created with its first block */
        struct sigaction action;
        if (sigaction(SIGBUS, NULL, &action) || !(action.sa_flags & SA_SIGINFO))
            _exit(4);
        int other = memfd_create("other", 0);
        if (other < 0 || ftruncate(other, 4096))
            _exit(2);
        volatile unsigned char *memory =
            mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
        if (memory == MAP_FAILED || ftruncate(other, 0))
            _exit(3);
        memory[0] = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_user_can_read_the_file),
        cmocka_unit_test(every_block_is_recorded_with_rate_1),
        cmocka_unit_test(a_request_ends_with_its_requester),
        cmocka_unit_test(a_rate_that_is_none_is_not_taken),
        cmocka_unit_test(sampled_sums_are_right_on_average),
        cmocka_unit_test(a_sampled_block_of_a_sized_heap_ends_with_its_free),
        cmocka_unit_test(at_most_50000_samples_are_taken_in_a_second),
        cmocka_unit_test(samples_of_a_thread_that_is_ending_are_lost_and_counted),
        cmocka_unit_test(the_stack_is_that_of_the_callers),
        cmocka_unit_test(every_block_of_a_heap_is_recorded_that_asks_for_it),
        cmocka_unit_test(two_callers_of_one_function_are_counted_for_each),
        cmocka_unit_test(one_stack_of_two_heaps_is_counted_for_each),
        cmocka_unit_test(a_stack_gets_a_number_of_its_own_in_a_child),
        cmocka_unit_test(a_stack_gets_a_new_number_in_a_new_file),
        cmocka_unit_test(a_child_has_a_profile_of_its_own),
        cmocka_unit_test(a_fault_in_another_file_is_not_repaired),
    };

    if (!mkdtemp(folder))
        return 2;
    setenv("HEAPCTRS_DIR", folder, 1);
    unsetenv("HEAPCTRS_PROFILE");
    heap = heap_tracker_open("profiled", NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) ? 2 : failed;
}
