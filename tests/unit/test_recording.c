/* SPDX-License-Identifier: MIT
 *
 * recording.c: what was written can be read. A recording that is cut or changed at any place yields
 * the samples before that place and reports the damage. The bytes are in memory of exactly their
 * size, so that a sanitizer sees every read beyond them.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

/* A block is padded to a multiple of 8: 5 bytes take 8, and the whole is 16 + 24 + 8 + 24 + 16. */
enum { HEADER = 16, SAMPLE = 24, FIRST = HEADER, SECOND = FIRST + SAMPLE + 8, WHOLE = 88 };

static struct output recording;

/* Two samples, of 5 and of 16 bytes. */
static int setup(void **state)
{
    (void)state;
    recording_begin(&recording);
    recording_add(&recording, (struct span){ (const unsigned char *)"small", 5 }, 100);
    recording_add(&recording, (struct span){ (const unsigned char *)"sixteen bytes...", 16 }, 200);
    return recording.size == WHOLE ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    output_release(&recording);
    return 0;
}

/* The number of samples in the first `size` bytes. *problem receives where it is damaged, or
   SIZE_MAX. */
static unsigned count(size_t size, size_t *problem)
{
    unsigned char *copy = malloc(size ? size : 1);
    struct recorded_sample sample;
    struct recording_error error;
    size_t offset = 0;
    unsigned samples = 0;

    assert_non_null(copy);
    if (size)
        memcpy(copy, recording.data, size);
    while (recording_next((struct span){ copy, size }, &offset, &sample, &error))
        samples++;
    *problem = error.message ? error.offset : SIZE_MAX;
    free(copy);
    return samples;
}

static void samples_come_back_as_they_were(void **state)
{
    const struct span whole = { (const unsigned char *)recording.data, recording.size };
    struct recorded_sample sample;
    struct recording_error error;
    size_t offset = 0;

    (void)state;
    assert_true(recording_next(whole, &offset, &sample, &error));
    assert_int_equal(sample.blob.size, 5);
    assert_memory_equal(sample.blob.data, "small", 5);
    assert_int_equal(sample.time_100ns, 100);
    assert_true(recording_next(whole, &offset, &sample, &error));
    assert_int_equal(sample.blob.size, 16);
    assert_memory_equal(sample.blob.data, "sixteen bytes...", 16);
    assert_int_equal(sample.time_100ns, 200);
    assert_false(recording_next(whole, &offset, &sample, &error));
    assert_null(error.message);
}

static void a_recording_cut_anywhere_yields_the_samples_before(void **state)
{
    (void)state;
    for (size_t size = HEADER; size <= WHOLE; size++) {
        size_t problem;
        const unsigned samples = count(size, &problem);
        const unsigned expected = size == WHOLE ? 2 : size >= FIRST + SAMPLE + 5 ? 1 : 0;
        /* A cut between samples, even before the padding, cannot be seen. */
        const bool is_sound =
            size == HEADER || size == WHOLE || (size >= FIRST + SAMPLE + 5 && size <= SECOND);

        if (samples != expected || (problem == SIZE_MAX) != is_sound)
            fail_msg("%zu bytes: %u samples, damaged at %zu", size, samples, problem);
    }
}

/* The size of the second sample's block. Its limit is the end of the file. */
static void a_block_ends_inside_the_file(void **state)
{
    static const uint32_t sizes[] = { 17, 0x7FFFFFFF, 0xFFFFFFE0, 0xFFFFFFFF };
    size_t problem;

    (void)state;
    assert_int_equal(count(WHOLE, &problem), 2);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        memcpy(recording.data + SECOND + 4, &sizes[i], 4);
        assert_int_equal(count(WHOLE, &problem), 1);
        assert_int_equal(problem, SECOND + 4);
    }
}

/* Only the time has no check sum, and the padding has no meaning. */
static void a_changed_byte_is_noticed(void **state)
{
    (void)state;
    for (size_t at = FIRST; at < SECOND; at++) {
        size_t problem;

        recording.data[at] ^= 1;
        const unsigned samples = count(WHOLE, &problem);
        recording.data[at] ^= 1;

        const bool is_time = at >= FIRST + 8 && at < FIRST + 16;
        const bool is_padding = at >= FIRST + SAMPLE + 5;

        if (samples != (is_time || is_padding ? 2u : 0u))
            fail_msg("byte %zu: %u samples", at, samples);
    }
}

static void another_version_is_refused(void **state)
{
    size_t problem;

    (void)state;
    recording.data[8] = 2;
    assert_int_equal(count(WHOLE, &problem), 0);
    assert_int_equal(problem, 8);
}

static void what_is_no_recording_is_one_sample(void **state)
{
    size_t problem;

    (void)state;
    assert_int_equal(count(0, &problem), 1);
    assert_int_equal(count(HEADER - 1, &problem), 1);
    recording.data[7] = ' ';
    assert_int_equal(count(WHOLE, &problem), 1);
    assert_int_equal(problem, SIZE_MAX);
}

static void a_recording_begins_with_its_mark(void **state)
{
    const unsigned char *bytes = (const unsigned char *)recording.data;

    (void)state;
    assert_true(recording_is_one((struct span){ bytes, 8 }));
    assert_true(recording_is_one((struct span){ bytes, WHOLE }));
    assert_false(recording_is_one((struct span){ bytes, 7 }));
    assert_false(recording_is_one((struct span){ bytes + 8, WHOLE - 8 }));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_come_back_as_they_were),
        TEST(a_recording_cut_anywhere_yields_the_samples_before),
        TEST(a_block_ends_inside_the_file),
        TEST(a_changed_byte_is_noticed),
        TEST(another_version_is_refused),
        TEST(what_is_no_recording_is_one_sample),
        TEST(a_recording_begins_with_its_mark),
    };

    return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
