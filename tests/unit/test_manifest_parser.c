/* SPDX-License-Identifier: MIT
 *
 * manifest_parser.c: which elements and attributes a manifest may have, and what the parser makes of them. The linker
 * replaces the functions that allocate memory (see the Makefile), so that each of them can fail.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "manifest.h"
#include "manifest_fixture.h"
#include "os.h"
#include "temporary_path.h"

#define COUNTERS "http://schemas.microsoft.com/win/2005/12/counters"
#define EVENTS "http://schemas.microsoft.com/win/2004/08/events"

/* The first counter, up to its end, and what comes in place of the end. */
#define END_OF_COUNTER "detailLevel='standard'/>"
#define OPEN_COUNTER "detailLevel='standard'>"

static void try_all(const struct manifest_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        manifest_try(&cases[i]);
}

static void an_element_is_where_the_schema_has_it(void **state)
{
    static const struct manifest_case cases[] = {
        { "good manifests", .text = MANIFEST_OLD },
        { "of schema 2.0", .text = MANIFEST_NEW },
        { "another document", .text = "<a/>",
          .messages = { "E1 this is not a manifest: it begins with <a> instead" } },
        { "another document with the name of a part",
          .text = "<counters xmlns='" COUNTERS "'><b/></counters>",
          .messages = { "E1 this is not a manifest: it begins with <counters> instead" } },
        { "another document in a namespace", .text = "<instrumentationManifest/>",
          .messages = { "E1 this is not a manifest: it begins with <instrumentationManifest> "
                        "instead" } },
        { "an unknown element of counters",
          .edits = { "<counterSet", "<unknown><unknown/></unknown><counterSet" },
          .messages = { "E5 <unknown> is not allowed in <provider>$" } },
        { "an element of counters in another place",
          .edits = { "<counterSet", "<counterAttributes/><counterSet" },
          .messages = { "E5 <counterAttributes> is not allowed in <provider>$" } },
        { "an element of another namespace in counters",
          .edits = { "<counterSet", "<provider xmlns='urn:x'/><counterSet" },
          .messages = { "E5 <provider> is not allowed in <provider>: it is not in the "
                        "namespace " COUNTERS "$" } },
        { "an element of events",
          .edits = { "<instrumentation>", "<instrumentation><events><provider/></events>" } },
        { "an element of events with the name of one of counters",
          .edits = { "<instrumentation>", "<instrumentation><counters><b/>text</counters>" } },
        { "an element of counters in events",
          .edits = { "<instrumentation>", "<instrumentation><provider xmlns='" COUNTERS "'/>" },
          .messages = { "E2 <provider> is not allowed in <instrumentation>$" } },
        { "anything in an element that is ignored",
          .edits = { "<instrumentation>",
                     "<instrumentation><localization><provider xmlns='" COUNTERS
                     "' a='b'>text</provider><instrumentationManifest/>text</localization>" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void an_element_occurs_as_often_as_the_schema_says(void **state)
{
    static const struct manifest_case cases[] = {
        { "no instrumentation", .text = "<instrumentationManifest xmlns='" EVENTS "'/>",
          .messages = { "E1 <instrumentationManifest> lacks a <instrumentation>$" } },
        { "no counters",
          .text = "<instrumentationManifest xmlns='" EVENTS
                  "'>\n<instrumentation/>\n</instrumentationManifest>",
          .messages = { "E2 <instrumentation> lacks a <counters xmlns=\"" COUNTERS "\">$" } },
        { "no provider",
          .text = "<instrumentationManifest xmlns='" EVENTS
                  "'><instrumentation>\n<counters xmlns='" COUNTERS
                  "' schemaVersion='1.1'/></instrumentation></instrumentationManifest>",
          .messages = { "E2 <counters> lacks a <provider>$" } },
        { "no counterset", .text = MANIFEST_BEGIN
                           "'1.1'><provider symbol='P' applicationIdentity='a.exe'"
                           " providerGuid='{00000000-0000-0000-0000-000000000001}'>" MANIFEST_END },
        { "no counter",
          .edits = { "</counterSet>", "</counterSet><counterSet symbol='U' "
                                      "guid='{00000000-0000-0000-0000-000000000004}' uri='u'"
                                      " name='Empty' description='Help'/>" },
          .messages = { "E8 <counterSet> lacks a <counter>$" } },
        { "no struct", .text = MANIFEST_KERNEL, .edits = { "<struct name='V' type='VALUES'/>", "" },
          .messages = { "E6 <structs> lacks a <struct>$" } },
        { "no attribute in a list of them",
          .edits = { END_OF_COUNTER, OPEN_COUNTER "<counterAttributes/></counter>" },
          .messages = { "E6 <counterAttributes> lacks a <counterAttribute>$" } },
        { "two providers, of which the second is not read",
          .edits = { "</counters>", "<provider a='b'><c/>text</provider></counters>" },
          .messages = { "E12 <counters> may have only 1 <provider>: remove the others" } },
        { "three providers", .edits = { "</counters>", "<provider/><provider/></counters>" },
          .messages = { "E12 <counters> may have only 1 <provider>" } },
        { "two lists of attributes",
          .edits = { END_OF_COUNTER, OPEN_COUNTER
                     "<counterAttributes><counterAttribute name='reference'/></counterAttributes>"
                     "<counterAttributes/></counter>" },
          .messages = { "E6 <counter> may have only 1 <counterAttributes>" } },
        { "five attributes",
          .edits = { END_OF_COUNTER, OPEN_COUNTER
                     "<counterAttributes><counterAttribute name='reference'/><counterAttribute "
                     "name='noDisplay'/>"
                     "<counterAttribute name='noDigitGrouping'/><counterAttribute "
                     "name='displayAsReal'/>"
                     "<counterAttribute name='displayAsHex'/></counterAttributes></counter>" } },
        { "six attributes",
          .edits = { END_OF_COUNTER, OPEN_COUNTER
                     "<counterAttributes><counterAttribute name='reference'/><counterAttribute "
                     "name='noDisplay'/>"
                     "<counterAttribute name='noDigitGrouping'/><counterAttribute "
                     "name='displayAsReal'/>"
                     "<counterAttribute name='displayAsHex'/><counterAttribute name='reference'/>"
                     "</counterAttributes></counter>" },
          .messages = { "E6 <counterAttributes> may have only 5 <counterAttribute>" } },
        { "many structs", .text = MANIFEST_KERNEL,
          .edits = { "<struct ",
                     "<struct name='U' type='U'/><struct name='W' type='W'/><struct " } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void there_is_no_text_between_elements(void **state)
{
    static const struct manifest_case cases[] = {
        { "in an element of counters", .edits = { END_OF_COUNTER, OPEN_COUNTER "text</counter>" },
          .messages = { "E6 there is text in <counter>" } },
        { "in an element of events",
          .edits = { "<instrumentation>", "<instrumentation>text<events/>" },
          .messages = { "E2 there is text in <instrumentation>" } },
        { "in an element that is ignored",
          .edits = { "<instrumentation>", "<instrumentation><events>text</events>" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void an_attribute_is_one_of_its_element(void **state)
{
    static const struct manifest_case cases[] = {
        { "an unknown one", .edits = { "id='1'", "id='1' a='b'" },
          .messages = { "E6 <counter> has no attribute a: is it misspelt?" } },
        { "one of another element", .edits = { "id='1'", "id='1' instances='single'" },
          .messages = { "E6 <counter> has no attribute instances" } },
        { "an unknown one of an element of events",
          .edits = { "<instrumentation>", "<instrumentation a='b'>" } },
        { "one of another namespace", .edits = { "id='1'", "id='1' x:id='none' xmlns:x='urn:x'" } },
        { "a wrong value", .edits = { "id='1'", "id='none'" },
          .messages = { "E6 id=\"none\" of <counter> must be a number" } },
        { "a value of a second element", .edits = { "id='2'", "id='none'" },
          .messages = { "E7 id=\"none\" of <counter> must be a number" } },
        { "one that is missing, and one that is wrong",
          .edits = { "name='Set' ", "", "symbol='S'", "symbol='1'" },
          .messages = { "E5 symbol=\"1\" of <counterSet> must be a C identifier",
                        "E5 <counterSet> lacks its attribute name, which schema 1.x as well as 2.0 "
                        "requires" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void the_schema_decides_which_attributes_there_are(void **state)
{
    static const struct manifest_case cases[] = {
        { "a required one", .edits = { "id='1'", "" },
          .messages = { "E6 <counter> lacks its attribute id, which schema 1.x as well as 2.0 "
                        "requires" } },
        { "a required one, in a manifest of Vista", .edits = { "id='1'", "" },
          .messages = { "E6 <counter> lacks its attribute id" }, .options = { .is_vista = true } },
        { "one of schema 2.0 that it requires", .text = MANIFEST_NEW, .edits = { "nameID='1'", "" },
          .messages = { "E5 <counterSet> lacks its attribute nameID, which schema 2.0 requires" } },
        { "the same in schema 1.1", .edits = { "name='Set'", "name='Set' nameID='1'" },
          .messages = { "E5 <counterSet> must not have the attribute nameID in schema 1.x: remove "
                        "it, or set "
                        "schemaVersion=\"2.0\"" } },
        { "one of schema 2.0 that it does not require",
          .edits = { "name='One'", "name='One' nameID='1'" },
          .messages = { "E6 <counter> must not have the attribute nameID in schema 1.x" } },
        { "one of schema 1.1 in schema 2.0", .text = MANIFEST_NEW,
          .edits = { "symbol='P'", "symbol='P' resourceBase='1'" },
          .messages = { "E4 <provider> must not have the attribute resourceBase in schema 2.0: "
                        "remove it, or set "
                        "schemaVersion=\"1.1\"" } },
        { "the same in schema 1.1", .edits = { "symbol='P'", "symbol='P' resourceBase='1'" } },
        { "the same in schema 1.0",
          .edits = { "'1.1'", "'1.0'", "symbol='P'", "symbol='P' resourceBase='1'" } },
        { "one that Vista does not know", .edits = { "symbol='S'", "" },
          .messages = { "E5 <counterSet> lacks its attribute symbol, which schema 1.x as well as "
                        "2.0 requires" } },
        { "the same in a manifest of Vista",
          .edits = { "symbol='S'", "", "schemaVersion='1.1'", "" },
          .options = { .is_vista = true } },
        { "no version", .edits = { "schemaVersion='1.1'", "" },
          .messages = { "E3 <counters> lacks its attribute schemaVersion" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

/* Elements of events that are ignored, so many inside each other, with everything else. */
static void nest(size_t depth, char *text, size_t size)
{
    char inner[4096] = "<instrumentation>";

    for (size_t i = 0; i < depth; i++)
        strcat(inner, "<e>");
    for (size_t i = 0; i < depth; i++)
        strcat(inner, "</e>");
    assert_true(strlen(MANIFEST_OLD) < size);
    strcpy(text, MANIFEST_OLD);
    manifest_edit(text, size, "<instrumentation>", inner);
}

static void elements_are_nested_up_to_a_limit(void **state)
{
    static struct manifest_messages messages;
    static char text[16384];
    struct manifest manifest;

    (void)state;
    nest(XML_DEPTH_LIMIT - 2, text, sizeof(text));
    assert_int_equal(manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    manifest_parser_release(&manifest);
    nest(XML_DEPTH_LIMIT - 1, text, sizeof(text));
    assert_int_equal(manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages),
                     ERROR_INVALID_DATA);
    assert_int_equal(messages.count, 1);
    assert_string_equal(messages.items[0].text, "elements are nested too deeply");
    assert_int_equal(messages.items[0].place.line, 2);
}

#define KERNEL_ONLY "E4 providerType=\"kernelMode\": code is generated for user mode only"

/* Then no other error is reported, before or after the provider. */
static void kernel_mode_can_be_refused(void **state)
{
    static struct manifest_case cases[] = {
        { "user mode", .text = MANIFEST_OLD, .options = { .is_user_mode_only = true } },
        { "kernel mode", .text = MANIFEST_KERNEL },
        { "kernel mode that is refused", .text = MANIFEST_KERNEL, .messages = { KERNEL_ONLY },
          .options = { .is_user_mode_only = true } },
        { "with other errors", .text = MANIFEST_KERNEL,
          .edits = { "'1.1'>", "'1.1'><unknown/>", "applicationIdentity='a.sys'", "", "id='1'",
                     "" },
          .messages = { KERNEL_ONLY }, .options = { .is_user_mode_only = true } },
        { "with more errors than are reported", .text = MANIFEST_KERNEL,
          .messages = { KERNEL_ONLY }, .options = { .is_user_mode_only = true } },
    };
    char many[1024] = "'1.1'>";

    (void)state;
    while (strlen(many) + strlen("<unknown/>") < sizeof(many))
        strcat(many, "<unknown/>");
    cases[4].edits[0] = "'1.1'>";
    cases[4].edits[1] = many;
    try_all(cases, UNIT_COUNT(cases));
}

static void a_document_that_is_no_xml_is_refused(void **state)
{
    static const struct manifest_case cases[] = {
        { "an attribute without a value", .edits = { "id='1'", "id=" }, .messages = { "E6 " } },
        { "nothing", .text = " ", .messages = { "E1 " } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void what_is_not_given_has_its_usual_value(void **state)
{
    static struct manifest_messages messages;
    static const char old[] = MANIFEST_OLD, new[] = MANIFEST_NEW, kernel[] = MANIFEST_KERNEL;
    struct manifest manifest;

    (void)state;
    assert_int_equal(manifest_parser_parse(old, strlen(old), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    assert_int_equal(manifest.schema_version, 101);
    assert_string_equal(manifest.symbol, "P");
    assert_string_equal(manifest.application_identity, "a.exe");
    assert_string_equal(manifest.provider_name, "Counters");
    assert_int_equal(manifest.guid.Data4[7], 1);
    assert_int_equal(manifest.resource_base.value, 1);
    assert_false(manifest.resource_base.is_given);
    assert_false(manifest.is_kernel_mode || manifest.has_custom_callback);
    assert_int_equal(manifest.place.line, 4);
    assert_int_equal(manifest.set_count, 2);
    assert_int_equal(manifest.sets[0].place.line, 5);
    assert_ptr_equal(manifest.sets[1].instances, &manifest_words_instances[0]);
    assert_int_equal(manifest.sets[1].struct_count, 0);
    assert_int_equal(manifest.sets[0].counter_count, 2);
    const struct manifest_counter *counter = &manifest.sets[0].counters[1];
    assert_int_equal(counter->place.line, 7);
    assert_int_equal(counter->id.value, 2);
    assert_string_equal(counter->name, "Two");
    assert_ptr_equal(counter->aggregate, &manifest_words_aggregates[0]);
    assert_int_equal(counter->attributes, 0);
    assert_int_equal(counter->default_scale, 0);
    assert_false(counter->base_id.is_given);
    assert_null(counter->struct_name);
    manifest_parser_release(&manifest);

    assert_int_equal(manifest_parser_parse(new, strlen(new), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    assert_int_equal(manifest.schema_version, 200);
    assert_int_equal(manifest.sets[0].description_id.value, 2);
    manifest_parser_release(&manifest);
    assert_null(manifest.sets);

    assert_int_equal(manifest_parser_parse(kernel, strlen(kernel), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    assert_true(manifest.is_kernel_mode);
    assert_int_equal(manifest.sets[0].struct_count, 1);
    assert_string_equal(manifest.sets[0].structs[0].type, "VALUES");
    assert_string_equal(manifest.sets[0].counters[0].field, "One");
    manifest_parser_release(&manifest);
}

static void a_name_that_is_given_is_kept(void **state)
{
    static struct manifest_messages messages;
    static char text[16384] = MANIFEST_OLD;
    struct manifest manifest;

    (void)state;
    manifest_edit(text, sizeof(text), "symbol='P'", "symbol='P' providerName='Given'");
    assert_int_equal(manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    assert_string_equal(manifest.provider_name, "Given");
    manifest_parser_release(&manifest);
}

/* Sets and counters are more than fit into the first memory of their arrays. */
static void there_may_be_many_sets_and_counters(void **state)
{
    enum { SETS = 20, COUNTERS_OF_ONE = 40 };
    static struct manifest_messages messages;
    static char text[1 << 20];
    struct manifest manifest;

    (void)state;
    manifest_write_many(text, sizeof(text), SETS, COUNTERS_OF_ONE);
    const long blocks = failing_memory_blocks;
    assert_int_equal(manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    assert_int_equal(messages.count, 0);
    assert_int_equal(manifest.set_count, SETS);
    for (unsigned i = 0; i < SETS; i++) {
        assert_int_equal(manifest.sets[i].counter_count, COUNTERS_OF_ONE);
        for (unsigned j = 0; j < COUNTERS_OF_ONE; j++)
            assert_int_equal(manifest.sets[i].counters[j].id.value, j);
    }
    manifest_parser_release(&manifest);
    assert_int_equal(failing_memory_blocks, blocks);
}

/* A manifest with each kind of part. */
static const char *whole(void)
{
    static char text[16384];

    strcpy(text, MANIFEST_KERNEL);
    manifest_edit(text, sizeof(text), "<provider", "<provider symbol='P'");
    manifest_edit(text, sizeof(text), "id='1'", "id='1' symbol='C'");
    manifest_edit(
        text, sizeof(text), END_OF_COUNTER,
        OPEN_COUNTER
        "<counterAttributes><counterAttribute name='reference'/></counterAttributes></counter>");
    return text;
}

/* Parse a good manifest, while each request for memory fails in turn. */
static void parse_without_memory(const char *text)
{
    static struct manifest_messages messages;
    struct manifest manifest, untouched;
    const long blocks = failing_memory_blocks;
    unsigned request = 0;
    DWORD error;

    memset(&untouched, 0x55, sizeof(untouched));
    manifest = untouched;
    for (;;) {
        failing_memory_countdown = ++request;
        error = manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages);
        if (failing_memory_countdown)
            break;
        assert_int_equal(failing_memory_blocks, blocks);
        assert_memory_equal(&manifest, &untouched, sizeof(manifest));
        assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
        for (size_t i = 0; i < messages.count; i++)
            assert_non_null(strstr(messages.items[i].text, "out of memory"));
    }
    failing_memory_countdown = 0;
    assert_int_equal(error, ERROR_SUCCESS);
    assert_true(request > 20);
    manifest_parser_release(&manifest);
    assert_int_equal(failing_memory_blocks, blocks);
}

static void what_cannot_be_read_is_released(void **state)
{
    static char many[16384];

    (void)state;
    parse_without_memory(whole());
    manifest_write_many(many, sizeof(many), 1, 40);
    parse_without_memory(many);
}

static void a_manifest_can_be_read_from_a_file(void **state)
{
    static struct manifest_messages messages;
    struct manifest manifest;
    const char *path = temporary_path("manifest");

    (void)state;
    os_file_remove(path);
    const long blocks = failing_memory_blocks;
    assert_int_equal(manifest_parser_parse_file(path, NULL, &manifest, &messages),
                     ERROR_FILE_NOT_FOUND);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(MANIFEST_OLD, file) >= 0 && fclose(file) == 0);
    assert_int_equal(manifest_parser_parse_file(path, NULL, &manifest, &messages), ERROR_SUCCESS);
    assert_int_equal(manifest.set_count, 2);
    manifest_parser_release(&manifest);
    assert_int_equal(failing_memory_blocks, blocks);
    os_file_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_is_where_the_schema_has_it),
        cmocka_unit_test(an_element_occurs_as_often_as_the_schema_says),
        cmocka_unit_test(there_is_no_text_between_elements),
        cmocka_unit_test(an_attribute_is_one_of_its_element),
        cmocka_unit_test(the_schema_decides_which_attributes_there_are),
        cmocka_unit_test(elements_are_nested_up_to_a_limit),
        cmocka_unit_test(kernel_mode_can_be_refused),
        cmocka_unit_test(a_document_that_is_no_xml_is_refused),
        cmocka_unit_test(what_is_not_given_has_its_usual_value),
        cmocka_unit_test(a_name_that_is_given_is_kept),
        cmocka_unit_test(there_may_be_many_sets_and_counters),
        cmocka_unit_test(what_cannot_be_read_is_released),
        cmocka_unit_test(a_manifest_can_be_read_from_a_file),
    };

    return cmocka_run_group_tests_name("manifest_parser", tests, NULL, NULL);
}
