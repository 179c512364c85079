/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "xml.h"

static void what_means_something_to_xml_becomes_a_reference(void **state)
{
    struct output output = { 0 };

    (void)state;
    xml_add_escaped(&output, "a<b> & \"c\" 'd'\t\n\x01 \xC3\xA9");
    assert_string_equal(output.data, "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;&#9;&#10;&#1; "
                                     "\xC3\xA9");
    output_release(&output);
}

static void empty_text_stays_empty(void **state)
{
    struct output output = { 0 };

    (void)state;
    xml_add_escaped(&output, "");
    assert_int_equal(output.size, 0);
    output_release(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_means_something_to_xml_becomes_a_reference),
        cmocka_unit_test(empty_text_stays_empty),
    };

    return cmocka_run_group_tests_name("XML", tests, NULL, NULL);
}
