/* SPDX-License-Identifier: MIT
 *
 * What the headers of a scrape request: quality and precision of media ranges, encodings, time.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scrape_request.h"

static void the_range_of_the_highest_quality_counts(void **state)
{
    static const struct {
        const char *accept;
        enum metric_dialect dialect;
    } cases[] = {
        { NULL, METRIC_PROMETHEUS },
        { "", METRIC_PROMETHEUS },
        { "*/*", METRIC_PROMETHEUS },
        { "text/html", METRIC_PROMETHEUS },
        { "application/openmetrics-text", METRIC_OPENMETRICS },
        { "Application/OpenMetrics-Text ; version=1.0.0", METRIC_OPENMETRICS },
        /* Headers of Prometheus 2.42 and 3 */
        { "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
          "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          METRIC_OPENMETRICS },
        { "application/openmetrics-text;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.5",
          METRIC_PROMETHEUS },
        { "text/plain;q=0.5, application/openmetrics-text;q=0.501", METRIC_OPENMETRICS },
        { "application/openmetrics-text;q=0, text/plain", METRIC_PROMETHEUS },
        { "application/openmetrics-text;q=0, */*", METRIC_PROMETHEUS },
        { "application/openmetrics-text;q=0", METRIC_PROMETHEUS },
        { "text/plain;q=0, */*", METRIC_OPENMETRICS },
        { "text/plain, application/openmetrics-text", METRIC_OPENMETRICS },
        { "text/*;q=0.2, application/*;q=0.3", METRIC_OPENMETRICS },
        { "application/openmetrics-text;version=2.0.0, text/plain;q=0.1", METRIC_PROMETHEUS },
        { "application/openmetrics-text;q=banana, text/plain;q=0.9", METRIC_OPENMETRICS },
        { ",,;;,q=1,", METRIC_PROMETHEUS },
        { "\tapplication/openmetrics-text\t;\tq=0.4\t,\ttext/plain;q=0.3", METRIC_OPENMETRICS },
        { "text/html;q=0.1,application/openmetrics-text", METRIC_OPENMETRICS },
        { "application/openmetrics-text;level=2.0.0", METRIC_OPENMETRICS },
        { "application/openmetrics-text;version=", METRIC_OPENMETRICS },
        { "image/png, text/plain", METRIC_PROMETHEUS },
        { "application/json;q=1, text/plain;q=0.5", METRIC_PROMETHEUS },
        /* Qualities: at most 1, with at most three decimals */
        { "application/openmetrics-text;q=1.5, text/plain;q=1", METRIC_OPENMETRICS },
        { "application/openmetrics-text;q=0.9, text/plain;q=0.8999", METRIC_OPENMETRICS },
        { "application/openmetrics-text;q=0.899, text/plain;q=0.8999", METRIC_OPENMETRICS },
        { "application/openmetrics-text;q=0.05, text/plain;q=0.1", METRIC_PROMETHEUS },
        { "text/plain;q=0.04, application/openmetrics-text;q=0.05", METRIC_OPENMETRICS },
        { "application/openmetrics-text;q=0x9, text/plain;q=0.1", METRIC_PROMETHEUS },
        { "application/openmetrics-text;q=0.:, text/plain;q=0.9", METRIC_PROMETHEUS },
        { "text/plain;q=0.99, application/openmetrics-text;q=0.9", METRIC_PROMETHEUS },
        /* Of two elements for one type the better one counts, in any order. */
        { "text/plain;q=0.5, application/openmetrics-text;q=0.2, "
          "application/openmetrics-text;q=0.9",
          METRIC_OPENMETRICS },
        { "text/plain;q=0.5, application/openmetrics-text;q=0.9, "
          "application/openmetrics-text;q=0.2",
          METRIC_OPENMETRICS },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (scrape_request_dialect(cases[i].accept) != cases[i].dialect)
            fail_msg("Accept: %s", cases[i].accept ? cases[i].accept : "(none)");
}

static void a_header_of_blanks_has_nothing_before_it(void **state)
{
    char *exact = malloc(2); /* so that a sanitizer sees reads beside it */

    (void)state;
    assert_non_null(exact);
    memcpy(exact, " ", 2);
    assert_int_equal(scrape_request_dialect(exact), METRIC_PROMETHEUS);
    free(exact);
}

/* A name or a parameter of 64 characters or more does not fit: it counts as none. "version=" has 8 of them. */
static void names_and_versions_have_limits(void **state)
{
    char accept[256], name[80];

    (void)state;
    memset(name, 'x', sizeof(name));
    for (int length = 62; length < 80; length++) {
        snprintf(accept, sizeof(accept), "%.*s;q=0.9, application/openmetrics-text;q=0.1", length,
                 name);
        assert_int_equal(scrape_request_dialect(accept), METRIC_OPENMETRICS);
    }
    for (int length = 1; length < 60; length++) {
        snprintf(accept, sizeof(accept), "application/openmetrics-text;version=%.*s", length, name);
        assert_int_equal(scrape_request_dialect(accept),
                         length + 8 < 64 ? METRIC_PROMETHEUS : METRIC_OPENMETRICS);
    }
}

static void the_content_type_is_that_of_the_dialect(void **state)
{
    (void)state;
    assert_string_equal(scrape_request_content_type(METRIC_OPENMETRICS),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_string_equal(scrape_request_content_type(METRIC_PROMETHEUS),
                        "text/plain; version=0.0.4; charset=utf-8");
}

/* "application/openmetrics-text" has 28 characters. */
static void an_endless_header_is_read_to_its_limit(void **state)
{
    char *accept = malloc(SCRAPE_HEADER_LIMIT + 64);

    (void)state;
    assert_non_null(accept);
    memset(accept, ',', SCRAPE_HEADER_LIMIT);
    strcpy(accept + SCRAPE_HEADER_LIMIT, "application/openmetrics-text");
    assert_int_equal(scrape_request_dialect(accept), METRIC_PROMETHEUS);
    strcpy(accept + SCRAPE_HEADER_LIMIT - 28, "application/openmetrics-text");
    assert_int_equal(scrape_request_dialect(accept), METRIC_OPENMETRICS);
    free(accept);
}

static void gzip_is_taken_unless_its_quality_is_0(void **state)
{
    (void)state;
    assert_false(scrape_request_takes_gzip(NULL));
    assert_false(scrape_request_takes_gzip(""));
    assert_false(scrape_request_takes_gzip("identity"));
    assert_false(scrape_request_takes_gzip("gzip;q=0"));
    assert_false(scrape_request_takes_gzip("*, gzip;q=0.000"));
    assert_true(scrape_request_takes_gzip("gzip"));
    assert_true(scrape_request_takes_gzip("deflate, GZIP;q=0.1"));
    assert_true(scrape_request_takes_gzip("*"));
    assert_true(scrape_request_takes_gzip("x-gzip"));
    assert_false(scrape_request_takes_gzip("*;q=0"));
    assert_false(scrape_request_takes_gzip("x-gzip;q=0, *"));
}

/* The longest timeout is 600 s. A number has at most 31 characters. Any other text counts as 10 s. */
static void the_margin_is_a_tenth_and_at_most_a_second(void **state)
{
    (void)state;
    assert_int_equal(scrape_request_timeout_ms("1"), 900);
    assert_int_equal(scrape_request_timeout_ms("10"), 9000);
    assert_int_equal(scrape_request_timeout_ms(" 60.5 "), 59500);
    assert_int_equal(scrape_request_timeout_ms("0.001"), 1);
    assert_int_equal(scrape_request_timeout_ms("0.0001"), 1);
    assert_int_equal(scrape_request_timeout_ms("1e9"), 600000);
    assert_int_equal(scrape_request_timeout_ms("600"), 599000);
    assert_int_equal(scrape_request_timeout_ms("601"), 600000);
    assert_int_equal(scrape_request_timeout_ms("602"), 600000);
    assert_int_equal(scrape_request_timeout_ms("9"), 8100);
    assert_int_equal(scrape_request_timeout_ms("1111111111111111111111111111111"), 600000); /* 31 */
    for (size_t i = 0; i < 11; i++) {
        static const char *const nonsense[] = {
            NULL,
            "",
            "0",
            "-3",
            "nan",
            "10s",
            "1 1",
            "+1",
            ":1",
            "inf",
            "11111111111111111111111111111111", /* 32 */
        };

        assert_int_equal(scrape_request_timeout_ms(nonsense[i]), 9000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_range_of_the_highest_quality_counts),
        cmocka_unit_test(a_header_of_blanks_has_nothing_before_it),
        cmocka_unit_test(names_and_versions_have_limits),
        cmocka_unit_test(the_content_type_is_that_of_the_dialect),
        cmocka_unit_test(an_endless_header_is_read_to_its_limit),
        cmocka_unit_test(gzip_is_taken_unless_its_quality_is_0),
        cmocka_unit_test(the_margin_is_a_tenth_and_at_most_a_second),
    };

    return cmocka_run_group_tests_name("scrape_request", tests, NULL, NULL);
}
