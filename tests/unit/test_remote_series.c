/* SPDX-License-Identifier: MIT
 *
 * The series of remote write: read from the text of a scrape, with sorted labels.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "remote_series.h"

static const struct remote_label extra[] = { { "job", "perfharness" }, { "instance", "one" } };

static bool read_text(struct remote_series_set *set, const char *text)
{
    struct output output = { 0 };
    bool is_read;

    output_add_text(&output, text);
    is_read = remote_series_read(set, &output, extra, 2);
    assert_null(output.data);
    return is_read;
}

/* The labels of a series as one text. */
static const char *shown(const struct remote_series *series)
{
    static char text[512];

    *text = '\0';
    for (size_t i = 0; i < series->label_count; i++) {
        strcat(text, series->labels[i].name);
        strcat(text, "=");
        strcat(text, series->labels[i].value);
        strcat(text, ";");
    }
    return text;
}

static void labels_are_sorted_and_unescaped(void **state)
{
    static const struct {
        const char *line, *labels;
    } cases[] = {
        { "m 1\n", "__name__=m;instance=one;job=perfharness;" },
        { "m{z=\"1\",a=\"2\"} 1\n", "__name__=m;a=2;instance=one;job=perfharness;z=1;" },
        { "m{Z=\"1\"} 1\n", "Z=1;__name__=m;instance=one;job=perfharness;" },
        { "m{a=\"b\\\\c\\\"d\\ne\"} 1\n", "__name__=m;a=b\\c\"d\ne;instance=one;job=perfharness;" },
        { "m{a=\"x} 2,{=\"} 1\n", "__name__=m;a=x} 2,{=;instance=one;job=perfharness;" },
        { "m{a=\"\",b=\"1\"} 1\n", "__name__=m;b=1;instance=one;job=perfharness;" },
        { "m{b=\"1\",a=\"\"} 1\n", "__name__=m;b=1;instance=one;job=perfharness;" },
        { "m{job=\"own\"} 1\n", "__name__=m;instance=one;job=own;" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct remote_series_set set;

        assert_true(read_text(&set, cases[i].line));
        assert_int_equal(set.count, 1);
        assert_string_equal(shown(&set.series[0]), cases[i].labels);
        remote_series_release(&set);
    }
}

static void values_are_read_as_they_are_written(void **state)
{
    struct remote_series_set set;

    (void)state;
    assert_true(read_text(&set, "# HELP a x\n# TYPE a gauge\na 1.5\nb 18446744073709551615\n"
                                "c NaN\nd +Inf\n# EOF\n"));
    assert_int_equal(set.count, 4);
    assert_true(set.series[0].value == 1.5);
    assert_true(set.series[1].value == 18446744073709551616.0);
    assert_true(isnan(set.series[2].value));
    assert_true(isinf(set.series[3].value));
    remote_series_release(&set);
}

static void the_first_sample_of_a_series_counts(void **state)
{
    struct remote_series_set set;

    (void)state;
    assert_true(read_text(&set, "a{x=\"1\"} 1\na{x=\"1\"} 2\na{x=\"2\"} 3\n"));
    assert_int_equal(set.count, 2);
    assert_true(set.series[0].value == 1 && set.series[1].value == 3);
    remote_series_release(&set);
}

static void a_series_is_found_by_name_and_labels(void **state)
{
    struct remote_series_set before, now;

    (void)state;
    assert_true(read_text(&before, "a{x=\"1\"} 1\na{x=\"2\"} 1\na 1\n"));
    assert_true(read_text(&now, "a{x=\"2\"} 7\n"));
    assert_false(remote_series_has(&now, before.series[0].key));
    assert_true(remote_series_has(&now, before.series[1].key));
    assert_false(remote_series_has(&now, before.series[2].key));
    remote_series_release(&before);
    remote_series_release(&now);
}

static void lines_of_another_form_are_refused(void **state)
{
    static const char *const lines[] = {
        "a",
        "a 1",
        "a{ 1\n",
        "a{} 1\n",
        "a{x} 1\n",
        "a{x=\"1} 1\n",
        "a{x=\"1\" 1\n",
        "a{x=\"\\t\"} 1\n",
        "a{x=\"1\\",
        "a{x=\"1\"}1\n",
        "a x\n",
        "a 1 2\n",
        " 1\n",
        "\n",
        "a{x=\"1\"}",
        "a{x=\"1\",} 1\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct remote_series_set set;

        if (read_text(&set, lines[i]))
            fail_msg("%s is read", lines[i]);
        assert_null(set.series);
    }
}

static void nothing_is_an_empty_set(void **state)
{
    struct remote_series_set set;
    struct output output = { 0 };

    (void)state;
    assert_true(remote_series_read(&set, &output, NULL, 0));
    assert_int_equal(set.count, 0);
    remote_series_release(&set);
    assert_true(read_text(&set, "# EOF\n"));
    assert_int_equal(set.count, 0);
    remote_series_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_sorted_and_unescaped),
        cmocka_unit_test(values_are_read_as_they_are_written),
        cmocka_unit_test(the_first_sample_of_a_series_counts),
        cmocka_unit_test(a_series_is_found_by_name_and_labels),
        cmocka_unit_test(lines_of_another_form_are_refused),
        cmocka_unit_test(nothing_is_an_empty_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
