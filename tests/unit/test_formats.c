/* SPDX-License-Identifier: MIT
 *
 * Each format, for one data block: the structure of its output, the treatment of quotes and control
 * characters in a name, and that damaged data causes an error and not half an answer.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../faulty/frame/answer.h"
#include "format.h"
#include "text.h"

#define HEADER_SIZE 96 /* PERF_DATA_BLOCK and a system name of up to 4 units */

static unsigned char *bytes;
static size_t size;
static struct name_table names;

static void add_name(unsigned index, const char *text)
{
    WCHAR data[64];
    char digits[16];
    size_t units, broken;

    snprintf(digits, sizeof(digits), "%u", index);
    units = text_from_utf8(digits, strlen(digits), data, 16) + 1;
    units += text_from_utf8(text, strlen(text), data + units, 40) + 1;
    data[units++] = 0;
    assert_int_equal(name_table_add(&names, 9, NAME_TABLE_COUNTER, data, units, &broken),
                     ERROR_SUCCESS);
}

/* An object with two instances whose names need quoting in some formats, and one without
   instances. */
static int setup(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    PERF_DATA_BLOCK header = {
        .Signature = { 'P', 'E', 'R', 'F' },
        .LittleEndian = 1,
        .Version = 1,
        .Revision = 1,
        .HeaderLength = HEADER_SIZE,
        .SystemNameLength = 6,
        .SystemNameOffset = sizeof(header),
    };

    (void)state;
    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    add_counter(&answer, 4, PERF_COUNTER_RAWCOUNT_HEX);
    for (unsigned i = 0; i < 2; i++) {
        add_instance(&answer, i ? TEXT16("b\"\x1b") : TEXT16("a,\\"));
        set_value(&answer, 0, i ? UINT64_MAX : 1234567);
        set_value(&answer, 1, 0xBEEF);
    }
    end_object(&answer);
    begin_object(&answer, 10, PERF_NO_INSTANCES);
    add_counter(&answer, 12, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    set_value(&answer, 0, 7);
    end_object(&answer);

    size = HEADER_SIZE + answer.size;
    bytes = calloc(1, size);
    header.TotalByteLength = (DWORD)size;
    header.NumObjectTypes = answer.object_count;
    header.SystemTime.wYear = 2026;
    header.SystemTime.wMonth = 1;
    header.SystemTime.wDay = 2;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), TEXT16("PC"), 6);
    memcpy(bytes + HEADER_SIZE, answer.u.bytes, answer.size);
    add_name(FIRST_COUNTER, "Pool");
    add_name(FIRST_COUNTER + 2, "Bytes in Use");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(bytes);
    name_table_release(&names);
    return 0;
}

static struct decoder_input input(void)
{
    return (struct decoder_input){ .newer = { bytes, size }, .names = &names, .language = 9 };
}

static void assert_written(enum format_id id, const char *expected)
{
    const struct decoder_input what = input();
    const struct format_options options = { 0 };
    struct output output = { 0 };

    assert_int_equal(formats[id].write(&output, &what, &options), ERROR_SUCCESS);
    assert_false(output.is_lost);
    assert_string_equal(output.data, expected);
    output_release(&output);
}

static void a_table_has_instances_in_rows(void **state)
{
    (void)state;
    assert_written(FORMAT_table, "PC, 2026-01-02 00:00:00.000, raw values\n"
                                 "\n"
                                 "Pool (2380), 2 instances\n"
                                 "  Instance                Bytes in Use    2384\n"
                                 "  a,\\                        1,234,567  0xBEEF\n"
                                 "  b\"\\x1B    18,446,744,073,709,551,615  0xBEEF\n"
                                 "\n"
                                 "Object 2390\n"
                                 "  2392  7\n");
}

static void json_has_raw_values_as_numbers(void **state)
{
    (void)state;
    assert_written(
        FORMAT_json,
        "{\n"
        "  \"system\": \"PC\",\n"
        "  \"perf_time\": 0,\n"
        "  \"perf_freq\": 0,\n"
        "  \"time_100ns\": 0,\n"
        "  \"objects\": [\n"
        "    {\n"
        "      \"index\": 2380,\n"
        "      \"name\": \"Pool\",\n"
        "      \"help_index\": 2381,\n"
        "      \"default_counter\": 0,\n"
        "      \"counters\": [\n"
        "        {\"index\": 2382, \"name\": \"Bytes in Use\", \"type\": 65792, \"type_name\":"
        " \"PERF_COUNTER_LARGE_RAWCOUNT\", \"size\": 8, \"offset\": 8},\n"
        "        {\"index\": 2384, \"name\": null, \"type\": 0, \"type_name\": \"PERF_COUNTER_"
        "RAWCOUNT_HEX\", \"size\": 4, \"offset\": 16}\n"
        "      ],\n"
        "      \"instances\": [\n"
        "        {\n"
        "          \"name\": \"a,\\\\\",\n"
        "          \"unique_id\": null,\n"
        "          \"parent_object\": 0,\n"
        "          \"parent_instance\": 0,\n"
        "          \"values\": {\"2382\": 1234567, \"2384\": 48879},\n"
        "          \"cooked\": {\"2382\": 1234567, \"2384\": 48879}\n"
        "        },\n"
        "        {\n"
        "          \"name\": \"b\\\"\\u001b\",\n"
        "          \"unique_id\": null,\n"
        "          \"parent_object\": 0,\n"
        "          \"parent_instance\": 0,\n"
        "          \"values\": {\"2382\": \"18446744073709551615\", \"2384\": 48879},\n"
        "          \"cooked\": {\"2382\": 1.8446744073709552e+19, \"2384\": 48879}\n"
        "        }\n"
        "      ]\n"
        "    },\n"
        "    {\n"
        "      \"index\": 2390,\n"
        "      \"name\": null,\n"
        "      \"help_index\": 2391,\n"
        "      \"default_counter\": 0,\n"
        "      \"counters\": [\n"
        "        {\"index\": 2392, \"name\": null, \"type\": 65536, \"type_name\": \"PERF_COUN"
        "TER_RAWCOUNT\", \"size\": 4, \"offset\": 8}\n"
        "      ],\n"
        "      \"instances\": [\n"
        "        {\n"
        "          \"name\": null,\n"
        "          \"unique_id\": null,\n"
        "          \"parent_object\": 0,\n"
        "          \"parent_instance\": 0,\n"
        "          \"values\": {\"2392\": 7},\n"
        "          \"cooked\": {\"2392\": 7}\n"
        "        }\n"
        "      ]\n"
        "    }\n"
        "  ]\n"
        "}\n");
}

static void csv_has_a_path_for_each_column(void **state)
{
    (void)state;
    assert_written(
        FORMAT_csv,
        "\"(PDH-CSV 4.0)\",\"\\\\PC\\Pool(a,\\)\\Bytes in Use\",\"\\\\PC\\Pool(a,\\)\\2384\","
        "\"\\\\PC\\Pool(b\"\"\\x1B)\\Bytes in Use\",\"\\\\PC\\Pool(b\"\"\\x1B)\\2384\","
        "\"\\\\PC\\2390\\2392\"\r\n"
        "\"01/02/2026 00:00:00.000\",\"1234567.000000\",\"48879.000000\",\"1844674407370955161"
        "5.000000\",\"48879.000000\",\"7.000000\"\r\n");
}

static void openmetrics_has_instances_as_labels(void **state)
{
    (void)state;
    assert_written(FORMAT_openmetrics,
                   "# HELP pool_in_use_bytes Pool, Bytes in Use.\n"
                   "# TYPE pool_in_use_bytes gauge\n"
                   "# UNIT pool_in_use_bytes bytes\n"
                   "pool_in_use_bytes{name=\"a,\\\\\"} 1234567\n"
                   "pool_in_use_bytes{name=\"b\\\"\\\\x1B\"} 18446744073709551615\n"
                   "# HELP pool_2384 Pool, 2384.\n"
                   "# TYPE pool_2384 gauge\n"
                   "pool_2384{name=\"a,\\\\\"} 48879\n"
                   "pool_2384{name=\"b\\\"\\\\x1B\"} 48879\n"
                   "# HELP object_2390_2392 2390, 2392.\n"
                   "# TYPE object_2390_2392 gauge\n"
                   "object_2390_2392 7\n"
                   "# EOF\n");
}

static void raw_is_the_block_itself(void **state)
{
    const struct decoder_input what = input();
    const struct format_options options = { 0 };
    struct output output = { 0 };

    (void)state;
    assert_int_equal(formats[FORMAT_raw].write(&output, &what, &options), ERROR_SUCCESS);
    assert_int_equal(output.size, size);
    assert_memory_equal(output.data, bytes, size);
    output_release(&output);
}

/* The bytes in the lines of the dump, in their order, are those of the block. */
static void assert_every_byte_once(bool has_second_value)
{
    const struct decoder_input what = input();
    const struct format_options options = { 0 };
    struct output output = { 0 };
    size_t offset = 0;

    assert_int_equal(formats[FORMAT_hex].write(&output, &what, &options), ERROR_SUCCESS);
    for (char *line = output.data; line && *line; line = strchr(line, '\n')) {
        unsigned long place;
        char *at;

        line += strspn(line, "\n");
        place = strtoul(line, &at, 16);
        if (at != line + 8)
            continue; /* the name of a structure */
        assert_int_equal(place, offset);
        for (at += 2; strspn(at, "0123456789abcdef") == 2; at += 3) {
            assert_true(offset < size);
            assert_int_equal(strtoul(at, NULL, 16), bytes[offset]);
            offset++;
            if (at[2] != ' ')
                break;
        }
    }
    assert_int_equal(offset, size);
    assert_int_equal(strstr(output.data, "2384 = ") != NULL, has_second_value);
    output_release(&output);
}

static void hex_has_every_byte_once(void **state)
{
    PERF_OBJECT_TYPE object;

    (void)state;
    assert_every_byte_once(true);
    /* The second counter, of 4 bytes, begins inside the first, of 8, and ends outside: only the first
       has its bytes. */
    memcpy(&object, bytes + HEADER_SIZE, sizeof(object));
    unsigned char *first = bytes + HEADER_SIZE + object.HeaderLength;
    unsigned char *second = first + sizeof(PERF_COUNTER_DEFINITION);
    const DWORD inside =
        read_u32(first + offsetof(PERF_COUNTER_DEFINITION, CounterOffset)) + sizeof(uint64_t) - 2;
    memcpy(second + offsetof(PERF_COUNTER_DEFINITION, CounterOffset), &inside, sizeof(inside));
    assert_every_byte_once(false);
}

/* Raw output is also for data that cannot be parsed. */
static void a_block_without_a_header_is_an_error_but_for_raw(void **state)
{
    const struct format_options options = { 0 };

    (void)state;
    for (int id = 0; id < FORMAT_COUNT; id++) {
        struct decoder_input what = input();
        struct output output = { 0 };

        what.newer.size = sizeof(PERF_DATA_BLOCK) - 1;

        const DWORD error = formats[id].write(&output, &what, &options);

        if (error != (id == FORMAT_raw ? ERROR_SUCCESS : ERROR_INVALID_DATA))
            fail_msg("%s: error %u", formats[id].name, (unsigned)error);
        output_release(&output);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_has_instances_in_rows),
        TEST(json_has_raw_values_as_numbers),
        TEST(csv_has_a_path_for_each_column),
        TEST(openmetrics_has_instances_as_labels),
        TEST(raw_is_the_block_itself),
        TEST(hex_has_every_byte_once),
        TEST(a_block_without_a_header_is_an_error_but_for_raw),
    };

    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
