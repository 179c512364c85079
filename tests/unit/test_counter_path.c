/* SPDX-License-Identifier: MIT
 *
 * Counter paths: which are valid, what they match, and where the error of an invalid one is.
 */
#include "unit.h"

#include "counter_path.h"

struct match {
    const char *path, *parent, *name; /* name: NULL for an object without instances */
    uint32_t occurrence;
    bool expected;
};

static const struct match matches[] = {
    { "\\O(a)\\C", NULL, "a", 0, true },
    { "\\O(a)\\C", NULL, "A", 0, true },
    { "\\O(a)\\C", NULL, "ab", 0, false },
    { "\\O(a)\\C", NULL, "a", 1, false },
    { "\\O(a#1)\\C", NULL, "a", 1, true },
    { "\\O(a#1)\\C", NULL, "a", 0, false },
    { "\\O(a#1)\\C", NULL, "a#1", 0, true },
    { "\\O(a#0)\\C", NULL, "a", 0, true },
    { "\\O(a#99999999999)\\C", NULL, "a", 0, false },
    { "\\O(*)\\C", NULL, "", 0, true },
    { "\\O(*)\\C", "p", "x", 7, true },
    { "\\O(*)\\C", NULL, NULL, 0, true },
    { "\\O(a)\\C", NULL, NULL, 0, false },
    { "\\O\\C", NULL, NULL, 0, true },
    { "\\O\\C", NULL, "any", 3, true },
    { "\\O(a*c*e)\\C", NULL, "abcde", 0, true },
    { "\\O(a*c*e)\\C", NULL, "abcdf", 0, false },
    { "\\O(*ab)\\C", NULL, "aab", 2, true },
    { "\\O(p/a)\\C", "p", "a", 0, true },
    { "\\O(p/a)\\C", "q", "a", 0, false },
    { "\\O(p/a)\\C", NULL, "a", 0, false },
    { "\\O(p/a)\\C", NULL, "p/a", 0, true },
    { "\\O(p/a#2)\\C", "p", "a", 2, true },
    { "\\O(*/a)\\C", "any machine", "a", 0, true },
    { "\\O(a)\\C", "p", "a", 0, true },
    { "\\O(f(x))\\C", NULL, "f(x)", 0, true },
    { "\\O(\"a)b\")\\C", NULL, "a)b", 0, true },
    { "\\O(\"a\"\"b\")\\C", NULL, "a\"b", 0, true },
    { "\\O(\"*\")\\C", NULL, "*", 0, true },
    { "\\O(\"*\")\\C", NULL, "x", 0, false },
    { "\\O(\"a/b\"#1)\\C", NULL, "a/b", 1, true },
    { "\\O(STRASSE-\xC3\x84\xCE\xA9\xD0\xAF)\\C", NULL, "strasse-\xC3\xA4\xCF\x89\xD1\x8F", 0,
      true },
    { "\\\\host\\O(a\\b)\\C", NULL, "a\\b", 0, true },
};

static void an_instance_is_matched_as_pdh_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(matches); i++) {
        const struct match *m = &matches[i];
        struct counter_path_error error = { 0, NULL };
        struct counter_path path;

        if (counter_path_parse(m->path, &path, &error))
            fail_msg("%s: position %zu: %s", m->path, error.position, error.message);
        if (counter_path_matches_instance(&path, m->parent, m->name, m->occurrence) != m->expected)
            fail_msg("%s, %s/%s#%u", m->path, m->parent ? m->parent : "", m->name ? m->name : "-",
                     (unsigned)m->occurrence);
        counter_path_release(&path);
    }
}

static const struct {
    const char *path;
    size_t position;
} bad_paths[] = {
    { "", 0 },
    { "Object\\C", 0 },
    { "\\", 1 },
    { "\\\\", 2 },
    { "\\\\host", 6 },
    { "\\\\\\O\\C", 2 },
    { "\\O", 2 },
    { "\\O\\", 3 },
    { "\\O(a\\C", 2 },
    { "\\O()\\C", 3 },
    { "\\O(a)C", 5 },
    { "\\(a)\\C", 1 },
    { "\\O(\"a)\\C", 3 },
    { "\\O(a)", 5 },
};

static void a_bad_path_is_refused_with_its_position_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bad_paths); i++) {
        struct counter_path_error error = { SIZE_MAX, NULL };
        struct counter_path path;

        memset(&path, 0x5A, sizeof(path));
        assert_int_equal(counter_path_parse(bad_paths[i].path, &path, &error), ERROR_INVALID_NAME);
        if (error.position != bad_paths[i].position || !error.message)
            fail_msg("%s: position %zu, expected %zu", bad_paths[i].path, error.position,
                     bad_paths[i].position);
        for (size_t at = 0; at < sizeof(path); at++)
            assert_int_equal(((unsigned char *)&path)[at], 0x5A);
    }
}

static void the_parts_stand_where_they_belong(void **state)
{
    struct counter_path path;
    struct counter_path_error error;

    (void)state;
    assert_int_equal(
        counter_path_parse("\\\\Host\\My Object(x)\\Bytes/sec (all)\\of them", &path, &error),
        ERROR_SUCCESS);
    assert_true(counter_path_pattern_matches(&path.machine, "HOST"));
    assert_true(counter_path_pattern_matches(&path.object, "my object"));
    assert_true(counter_path_pattern_matches(&path.counter, "Bytes/sec (all)\\of them"));
    assert_false(counter_path_pattern_matches(&path.counter, "Bytes/sec"));
    counter_path_release(&path);
}

static void a_path_is_written_as_pdh_writes_it(void **state)
{
    struct output output = { 0 };

    (void)state;
    counter_path_add(&output, &(struct counter_path_parts){ .machine = "HOST",
                                                            .object = "Object",
                                                            .parent = "p",
                                                            .instance = "a",
                                                            .occurrence = 2,
                                                            .counter = "Counter" });
    counter_path_add(&output,
                     &(struct counter_path_parts){ .object = "Object", .counter = "Counter" });
    assert_string_equal(output.data, "\\\\HOST\\Object(p/a#2)\\Counter\\Object\\Counter");
    output_release(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_is_matched_as_pdh_would),
        cmocka_unit_test(a_bad_path_is_refused_with_its_position_and_changes_nothing),
        cmocka_unit_test(the_parts_stand_where_they_belong),
        cmocka_unit_test(a_path_is_written_as_pdh_writes_it),
    };

    return cmocka_run_group_tests_name("counter_path", tests, NULL, NULL);
}
