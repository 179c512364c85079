/* SPDX-License-Identifier: MIT
 *
 * Both parsers, expat's and xmllite's, report the same of the same document.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "xml_parser.h"

static bool on_start(void *context, const char *space, const char *name,
                     const struct xml_attribute *attributes, size_t count, struct xml_place place)
{
    output_add_format(context, "<%s|%s@%u:%u", space, name, (unsigned)place.line,
                      (unsigned)place.column);
    for (size_t i = 0; i < count; i++)
        output_add_format(context, " %s|%s=%s", attributes[i].space, attributes[i].name,
                          attributes[i].value);
    output_add_text(context, ">");
    return strcmp(name, "stop") != 0;
}

static bool on_end(void *context)
{
    output_add_text(context, "</>");
    return true;
}

static bool on_text(void *context, struct xml_place place)
{
    output_add_format(context, "text@%u", (unsigned)place.line);
    return true;
}

static const struct xml_handler handler = { on_start, on_end, on_text };

static DWORD read_text(const char *text, struct output *events, struct xml_error *error)
{
    *error = (struct xml_error){ { 0, 0 }, "" };
    output_clear(events);
    return xml_parser_parse(text, strlen(text), &handler, events, error);
}

static void elements_attributes_and_text_come_in_order_with_their_places(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_text("<?xml version=\"1.0\"?>\n<a xmlns=\"urn:x\" xmlns:p=\"urn:y\">\n"
                               "  <p:b one=\"1 &amp; 2\" p:two=\"\xC3\xA9\"/>words</a>\n",
                               &events, &error),
                     ERROR_SUCCESS);
    assert_string_equal(events.data, "<urn:x|a@2:1><urn:y|b@3:3 |one=1 & 2 urn:y|two=\xC3\xA9>"
                                     "</>text@3</>");
    output_release(&events);
}

static bool keep_value(void *context, const char *space, const char *name,
                       const struct xml_attribute *attributes, size_t count, struct xml_place place)
{
    (void)space;
    (void)name;
    (void)place;
    if (count)
        output_add_text(context, attributes[0].value);
    return true;
}

static const struct xml_handler value_handler = { keep_value, on_end, on_text };

/* Parsers read in pieces of some KiB: each character is once at the end of a piece. */
static void characters_are_whole_wherever_a_piece_ends(void **state)
{
    static const char *const repeated[] = { "\xC3\xA9", "\xE6\xBC\xA2", "\xF0\x9F\x8C\x8A\xC3\xA9",
                                            "x\xC3\xA9", "ab\xE6\xBC\xA2" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(repeated); i++)
        for (size_t shift = 0; shift < 5; shift++) {
            struct output document = { 0 }, value = { 0 }, expected = { 0 };
            struct xml_error error;

            for (size_t j = 0; j < shift; j++)
                output_add_text(&expected, "-");
            while (expected.size < 50000)
                output_add_text(&expected, repeated[i]);
            output_add_format(&document, "<a b=\"%s\"/>", expected.data);
            assert_int_equal(xml_parser_parse(document.data, strlen(document.data), &value_handler,
                                              &value, &error),
                             0);
            const size_t length = strlen(expected.data);
            if (strncmp(value.data, expected.data, length) != 0 ||
                strcmp(value.data + length, "</>") != 0)
                fail_msg("repeated character %zu after %zu others is damaged", i, shift);
            output_release(&document);
            output_release(&value);
            output_release(&expected);
        }
}

static void a_handler_ends_the_reading(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_text("<a><stop/><b/></a>", &events, &error), ERROR_CANCELLED);
    assert_string_equal(events.data, "<|a@1:1><|stop@1:4>"); /* and no end of it */
    assert_string_equal(error.message, "");
    assert_int_equal(error.place.line, 0);
    output_release(&events);
}

static bool refuse_end(void *context)
{
    output_add_text(context, "end");
    return false;
}

static bool refuse_text(void *context, struct xml_place place)
{
    output_add_format(context, "text@%u", (unsigned)place.line);
    return false;
}

static void an_end_or_a_text_that_is_refused_ends_the_reading(void **state)
{
    static const struct xml_handler refusing[] = { { keep_value, refuse_end, on_text },
                                                   { keep_value, on_end, refuse_text } };
    static const char text[] = "<a>\n<b/>word<c/></a>";
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(refusing); i++) {
        output_clear(&events);
        assert_int_equal(xml_parser_parse(text, strlen(text), &refusing[i], &events, &error),
                         ERROR_CANCELLED);
        assert_string_equal(events.data, i ? "</>text@2" : "end");
    }
    output_release(&events);
}

static void a_document_has_at_most_16_mib(void **state)
{
    char *text = malloc(XML_SIZE_LIMIT + 1);
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_non_null(text);
    memset(text, ' ', XML_SIZE_LIMIT + 1);
    memcpy(text, "<a/>", 4);
    assert_int_equal(xml_parser_parse(text, XML_SIZE_LIMIT, &handler, &events, &error),
                     ERROR_SUCCESS);
    assert_int_equal(xml_parser_parse(text, XML_SIZE_LIMIT + 1, &handler, &events, &error),
                     ERROR_INVALID_DATA);
    assert_string_equal(error.message, "the file is larger than 16 MiB");
    free(text);
    output_release(&events);
}

/* expat's parser keeps 255 bytes of a namespace, xmllite's all. A sanitizer sees a write beyond its space. */
static void a_namespace_that_is_too_long_is_cut(void **state)
{
    struct output text = { 0 }, events = { 0 };
    struct xml_error error;

    (void)state;
    output_add_text(&text, "<a xmlns=\"");
    output_add_repeated(&text, 'u', 1000);
    output_add_text(&text, "\"/>");
    assert_int_equal(read_text(text.data, &events, &error), ERROR_SUCCESS);
    const size_t kept = strspn(events.data + 1, "u");
    assert_true(kept == 255 || kept == 1000);
    assert_non_null(strstr(events.data, "|a@1:1>"));
    output_release(&text);
    output_release(&events);
}

static void what_is_not_well_formed_is_reported_with_its_line(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_text("<a>\n<b></a>", &events, &error), ERROR_INVALID_DATA);
    assert_int_equal(error.place.line, 2);
    assert_true(*error.message);
    output_release(&events);
}

static void a_document_that_ends_too_early_is_refused_wherever_it_ends(void **state)
{
    static const char text[] = "<?xml version=\"1.0\"?>\n<a b=\"c\">\n<!-- d --> e &amp; "
                               "<![CDATA[ f ]]>\n<g/></a>";
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        output_clear(&events);
        assert_int_equal(xml_parser_parse(text, size, &handler, &events, &error),
                         ERROR_INVALID_DATA);
        assert_true(*error.message);
    }
    assert_int_equal(xml_parser_parse(text, sizeof(text) - 1, &handler, &events, &error),
                     ERROR_SUCCESS);
    output_release(&events);
}

static void a_document_type_is_refused(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_text("<!DOCTYPE a [<!ENTITY e \"eeee\">]><a>&e;</a>", &events, &error),
                     ERROR_INVALID_DATA);
    assert_non_null(strstr(error.message, "document type"));
    output_release(&events);
}

static void nesting_ends_at_its_limit(void **state)
{
    struct output text = { 0 }, events = { 0 };
    struct xml_error error;

    (void)state;
    for (int i = 0; i < XML_DEPTH_LIMIT; i++)
        output_add_text(&text, "<a>");
    for (int i = 0; i < XML_DEPTH_LIMIT; i++)
        output_add_text(&text, "</a>");
    assert_int_equal(read_text(text.data, &events, &error), ERROR_SUCCESS);

    output_clear(&text);
    for (int i = 0; i <= XML_DEPTH_LIMIT; i++)
        output_add_text(&text, "<a>");
    assert_int_equal(read_text(text.data, &events, &error), ERROR_INVALID_DATA);
    assert_non_null(strstr(error.message, "nested"));
    output_release(&text);
    output_release(&events);
}

static DWORD read_with_many(const char *attribute, int count, struct output *events,
                            struct xml_error *error)
{
    struct output text = { 0 };
    DWORD result;

    output_add_text(&text, "<a");
    for (int i = 0; i < count; i++)
        output_add_format(&text, " %s%d=\"v\"", attribute, i);
    output_add_text(&text, "/>");
    result = read_text(text.data, events, error);
    output_release(&text);
    return result;
}

static void attributes_end_at_their_limit(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_with_many("b", XML_ATTRIBUTE_LIMIT, &events, &error), ERROR_SUCCESS);
    assert_int_equal(read_with_many("b", XML_ATTRIBUTE_LIMIT + 1, &events, &error),
                     ERROR_INVALID_DATA);
    assert_non_null(strstr(error.message, "attributes"));
    output_release(&events);
}

/* Declarations are not attributes of the element, and there may be any number. */
static void many_declarations_of_namespaces_do_no_harm(void **state)
{
    struct output events = { 0 };
    struct xml_error error;

    (void)state;
    assert_int_equal(read_with_many("xmlns:b", 5000, &events, &error), ERROR_SUCCESS);
    assert_string_equal(events.data, "<|a@1:1></>");
    output_release(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_attributes_and_text_come_in_order_with_their_places),
        cmocka_unit_test(characters_are_whole_wherever_a_piece_ends),
        cmocka_unit_test(a_handler_ends_the_reading),
        cmocka_unit_test(an_end_or_a_text_that_is_refused_ends_the_reading),
        cmocka_unit_test(a_document_has_at_most_16_mib),
        cmocka_unit_test(a_namespace_that_is_too_long_is_cut),
        cmocka_unit_test(what_is_not_well_formed_is_reported_with_its_line),
        cmocka_unit_test(a_document_that_ends_too_early_is_refused_wherever_it_ends),
        cmocka_unit_test(a_document_type_is_refused),
        cmocka_unit_test(nesting_ends_at_its_limit),
        cmocka_unit_test(attributes_end_at_their_limit),
        cmocka_unit_test(many_declarations_of_namespaces_do_no_harm),
    };

    return cmocka_run_group_tests_name("XML reader", tests, NULL, NULL);
}
