/* SPDX-License-Identifier: MIT
 *
 * A provider may choose names that have the same FNV hash: they stay different instances in a series, in the columns of
 * a CSV file, in the table of `watch` and in the page of a report.
 */
#include "unit.h"

#include <stdlib.h>

#include "../faulty/frame/answer.h"
#include "csv_columns.h"
#include "hash.h"
#include "live_table.h"
#include "report.h"
#include "series.h"

#define HEADER_SIZE 96 /* PERF_DATA_BLOCK and a system name of up to 4 units */
#define OBJECT FIRST_COUNTER
#define COUNTER (FIRST_COUNTER + 2)

/* Two names that have the same hash after one of the states that the four parts began with. A search for cycles finds
   such a pair in about 2^32 steps, which is some minutes. */
struct pair {
    const WCHAR *wide[2];
    const char *names[2];
};

#define PAIR(first, second)                                                                        \
    {                                                                                              \
        { TEXT16(first), TEXT16(second) },                                                         \
        {                                                                                          \
            first, second                                                                          \
        }                                                                                          \
    }

static const struct pair for_series = PAIR("JEdWkySqcGk", "IXDTX93VF9o");
static const struct pair for_columns = PAIR("eyDeL4jSo8k", "Jk6aZngDyqm");
static const struct pair for_table = PAIR("JqEzCCFw7mg", "DEoccH36hyd");
static const struct pair for_report = PAIR("yAyV_bWzKGi", "llaxXovZk9j");

/* A data block with one object, whose counter has the value 70 and 71 in two instances. */
static struct decoder_input sample_of(const struct pair *pair)
{
    static unsigned char bytes[HEADER_SIZE + 4096];
    struct answer answer = { .first_counter = FIRST_COUNTER };
    PERF_DATA_BLOCK header = {
        .Signature = { 'P', 'E', 'R', 'F' },
        .LittleEndian = 1,
        .Version = 1,
        .Revision = 1,
        .HeaderLength = HEADER_SIZE,
        .NumObjectTypes = 1,
        .SystemNameLength = 6,
        .SystemNameOffset = sizeof(header),
    };

    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (unsigned i = 0; i < 2; i++) {
        add_instance(&answer, pair->wide[i]);
        set_value(&answer, 0, 70 + i);
    }
    end_object(&answer);
    assert_true(HEADER_SIZE + answer.size <= sizeof(bytes));
    header.TotalByteLength = HEADER_SIZE + answer.size;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), TEXT16("PC"), 6);
    memcpy(bytes + HEADER_SIZE, answer.u.bytes, answer.size);
    return (struct decoder_input){ .newer = { bytes, header.TotalByteLength }, .language = 9 };
}

static void assert_same_hash(uint64_t hash, const struct pair *pair)
{
    assert_string_not_equal(pair->names[0], pair->names[1]);
    assert_true(hash_text(hash, pair->names[0]) == hash_text(hash, pair->names[1]));
}

static void two_names_are_two_series(void **state)
{
    const struct decoder_input input = sample_of(&for_series);
    struct series_set set = { .limit = 0 };

    (void)state;
    assert_same_hash(HASH_BEGIN ^ ((uint64_t)OBJECT << 32 | COUNTER), &for_series);
    for (unsigned sample = 0; sample < 2; sample++) {
        assert_int_equal(series_set_add(&set, &input), ERROR_SUCCESS);
        assert_int_equal(set.count, 2);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_string_equal(set.items[i].instance, for_series.names[i]);
        assert_true(series_last(&set, &set.items[i]) == 70 + i);
    }
    series_set_release(&set);
}

static void two_names_are_two_columns(void **state)
{
    const struct decoder_input input = sample_of(&for_columns);
    struct csv_columns columns = { .count = 0 };
    struct output line = { 0 };

    (void)state;
    assert_same_hash(hash_text(HASH_BEGIN, "\\\\PC\\2380("), &for_columns);
    assert_int_equal(csv_columns_add(&columns, &input), ERROR_SUCCESS);
    assert_int_equal(columns.count, 2);
    assert_int_equal(csv_columns_add_line(&columns, &input, false, &line), ERROR_SUCCESS);
    assert_non_null(strstr(line.data, ",\"70.000000\",\"71.000000\"\r\n"));
    output_release(&line);
    csv_columns_release(&columns);
}

static void two_names_are_two_rows_of_the_table(void **state)
{
    const struct decoder_input input = sample_of(&for_table);
    struct series_set set = { .limit = 0 };
    struct live_table table = { .object = 0 };
    struct output screen = { 0 };

    (void)state;
    assert_same_hash(HASH_BEGIN, &for_table);
    assert_int_equal(series_set_add(&set, &input), ERROR_SUCCESS);
    live_table_draw(&table, &screen, &set);
    for (unsigned i = 0; i < 2; i++)
        assert_non_null(strstr(screen.data, for_table.names[i]));
    output_release(&screen);
    live_table_release(&table);
    series_set_release(&set);
}

static void two_names_are_two_rows_of_the_page(void **state)
{
    const uint64_t object = hash_step(hash_text(HASH_BEGIN, "2380"), 0);
    const struct decoder_input input = sample_of(&for_report);
    const struct report_sample sample = { .query_ms = -1 };
    struct series_set set = { .limit = 0 };
    struct output page = { 0 };

    (void)state;
    assert_same_hash(hash_step(object, 1), &for_report);
    assert_int_equal(series_set_add(&set, &input), ERROR_SUCCESS);
    report_write(&page, &(struct report_input){
                            .series = &set, .samples = &sample, .system = "PC", .title = "t" });
    assert_false(page.is_lost);
    for (unsigned i = 0; i < 2; i++)
        assert_non_null(strstr(page.data, for_report.names[i]));
    output_release(&page);
    series_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_names_are_two_series),
        cmocka_unit_test(two_names_are_two_columns),
        cmocka_unit_test(two_names_are_two_rows_of_the_table),
        cmocka_unit_test(two_names_are_two_rows_of_the_page),
    };

    return cmocka_run_group_tests_name("series names", tests, NULL, NULL);
}
