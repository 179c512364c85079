/* SPDX-License-Identifier: MIT
 *
 * The JSON writer: its output is valid for every reader.
 */
#include "unit.h"

#include <math.h>

#include "json_writer.h"

static void values_are_written_so_that_every_reader_gets_them_right(void **state)
{
    struct output output = { 0 };
    struct json_writer json;

    (void)state;
    json_writer_init(&json, &output);
    json_writer_begin_object_on_one_line(&json);
    json_writer_key(&json, "k\"\n");
    json_writer_sized_string(&json, "a\\\x01\xff\x1b</\xe2\x80\xa8\xc3\xa9", 12);
    json_writer_key(&json, "n");
    json_writer_begin_array(&json);
    /* 2^53 is the last integer up to which a double has all; beyond it, numbers are texts. */
    json_writer_unsigned(&json, UINT64_C(9007199254740992));
    json_writer_unsigned(&json, UINT64_C(9007199254740993));
    json_writer_signed(&json, -5);
    json_writer_signed(&json, INT64_MIN);
    json_writer_double(&json, 0.1);
    json_writer_double(&json, 1.0 / 3);
    json_writer_double(&json, NAN);
    json_writer_double(&json, INFINITY);
    json_writer_bool(&json, true);
    json_writer_string(&json, NULL);
    json_writer_begin_array(&json);
    json_writer_end_array(&json);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    assert_string_equal(
        output.data, "{\"k\\\"\\n\": \"a\\\\\\u0001\xef\xbf\xbd\\u001b\\u003c/\\u2028\xc3\xa9\", "
                     "\"n\": [9007199254740992, \"9007199254740993\", -5, "
                     "\"-9223372036854775808\", 0.1, 0.33333333333333331, null, null, true, "
                     "null, []]}\n");
    output_release(&output);
}

static void lines_are_indented_by_depth(void **state)
{
    struct output output = { 0 };
    struct json_writer json;

    (void)state;
    json_writer_init(&json, &output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "a");
    json_writer_begin_array(&json);
    json_writer_unsigned(&json, 1);
    json_writer_begin_object(&json);
    json_writer_end_object(&json);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    assert_string_equal(output.data, "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n");
    output_release(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_so_that_every_reader_gets_them_right),
        cmocka_unit_test(lines_are_indented_by_depth),
    };

    return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
