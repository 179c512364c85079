/* SPDX-License-Identifier: MIT
 *
 * manifest_check.c: each rule that a schema cannot express, kept and broken. The linker replaces the functions
 * that allocate memory (see the Makefile), so that each of them can fail.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "manifest.h"
#include "manifest_fixture.h"

#define SIMPLE "type='perf_counter_rawcount'" /* the first counter of each manifest */
#define SECOND "type='perf_counter_large_rawcount' detailLevel='standard'"

static void try_all(const struct manifest_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        manifest_try(&cases[i]);
}

static void a_counter_has_an_id_and_texts(void **state)
{
    static const struct manifest_case cases[] = {
        { "a good manifest", .text = MANIFEST_OLD },
        { "the largest id", .edits = { "id='1'", "id='0xFFFFFFFE'" } },
        { "the id of all counters", .edits = { "id='1'", "id='0xFFFFFFFF'" },
          .messages = { "E6 id 0xFFFFFFFF means all counters" } },
        { "no name", .edits = { "name='One'", "" }, .messages = { "E6 counter 1 lacks its name" } },
        { "no description", .edits = { "description='One help'", "" },
          .messages = { "E6 counter 1 lacks its description" } },
        { "neither", .edits = { "name='One'", "", "description='One help'", "" },
          .messages = { "E6 counter 1 lacks its name" } },
        { "neither, and it is hidden",
          .edits = { "name='One'", "", "description='One help'", "", "detailLevel='standard'/>",
                     "detailLevel='standard'><counterAttributes><counterAttribute "
                     "name='noDisplay'/></counterAttributes></counter>" } },
        { "an attribute that does not hide it",
          .edits = { "description='One help'", "", "detailLevel='standard'/>",
                     "detailLevel='standard'><counterAttributes><counterAttribute "
                     "name='displayAsHex'/></counterAttributes></counter>" },
          .messages = { "E6 counter 1 lacks its description" } },
        { "no symbols", .edits = { "symbol='C1'", "", "symbol='C2'", "" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void a_text_of_schema_2_has_an_identifier(void **state)
{
    static const struct manifest_case cases[] = {
        { "a good manifest", .text = MANIFEST_NEW },
        { "no nameID of a name", .text = MANIFEST_NEW, .edits = { "nameID='3'", "" },
          .messages = { "E6 counter 1 lacks the nameID or the descriptionID" } },
        { "no descriptionID of a description", .text = MANIFEST_NEW,
          .edits = { "descriptionID='4'", "" },
          .messages = { "E6 counter 1 lacks the nameID or the descriptionID" } },
        { "no text, and no identifier", .text = MANIFEST_NEW,
          .edits = { "name='One' nameID='3' description='One help' descriptionID='4'", "",
                     "detailLevel='standard'/>",
                     "detailLevel='standard'><counterAttributes><counterAttribute "
                     "name='noDisplay'/></counterAttributes></counter>" } },
        { "the largest identifier", .text = MANIFEST_NEW,
          .edits = { "nameID='3'", "nameID='65535'" } },
        { "one more", .text = MANIFEST_NEW, .edits = { "nameID='3'", "nameID='65536'" },
          .messages = { "E6 nameID=\"65536\" is no identifier" } },
        { "no identifier at all", .text = MANIFEST_NEW,
          .edits = { "descriptionID='4'", "descriptionID='0'" },
          .messages = { "E6 descriptionID=\"0\" is no identifier" } },
        { "no identifier of a set", .text = MANIFEST_NEW,
          .edits = { "descriptionID='2'", "descriptionID='0'" },
          .messages = { "E5 descriptionID=\"0\" is no identifier" } },
        { "one identifier of two texts", .text = MANIFEST_NEW,
          .edits = { "nameID='3'", "nameID='1'" },
          .messages = { "E6 nameID=\"1\" of \"One\" is the identifier of another text, \"Set\" in "
                        "line 5" } },
        { "one identifier of two equal texts", .text = MANIFEST_NEW,
          .edits = { "nameID='3'", "nameID='1'", "name='One'", "name='Set'" } },
        { "an identifier without a text", .text = MANIFEST_NEW,
          .edits = { "name='One' nameID='3'", "nameID='1'", "detailLevel='standard'/>",
                     "detailLevel='standard'><counterAttributes><counterAttribute "
                     "name='noDisplay'/></counterAttributes></counter>" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

/* There are two sets and three counters, with four identifiers each. */
static void identifiers_begin_at_the_resource_base(void **state)
{
    static const struct manifest_case cases[] = {
        { "the last one is 65535", .edits = { "symbol='P'", "symbol='P' resourceBase='65516'" } },
        { "the last one is 65536", .edits = { "symbol='P'", "symbol='P' resourceBase='65517'" },
          .messages = { "E4 resourceBase 65517 leaves too few identifiers of strings: they are 1 "
                        "to 65535, and "
                        "5 sets" } },
        { "the first one is 0", .edits = { "symbol='P'", "symbol='P' resourceBase='0'" },
          .messages = { "E4 resourceBase 0 leaves too few" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void an_aggregate_needs_instances_that_have_one(void **state)
{
    static const struct manifest_case cases[] = {
        { "none", .edits = { SIMPLE, SIMPLE " aggregate='undefined'" } },
        { "one that is not used", .edits = { SIMPLE, SIMPLE " aggregate='sum'" },
          .messages = { "W6 counter 1 has an aggregate, but its counterSet is single" } },
        { "one that is used", .edits = { SIMPLE, SIMPLE " aggregate='sum'", "instances='single'",
                                         "instances='multipleAggregate'" } },
        { "none that could be used",
          .edits = { "instances='single'", "instances='multipleAggregate'" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void struct_and_field_are_those_of_a_kernel_mode_provider(void **state)
{
    static const struct manifest_case cases[] = {
        { "a good manifest", .text = MANIFEST_KERNEL },
        { "only a field", .text = MANIFEST_KERNEL, .edits = { "struct='V'", "" } },
        { "only a struct", .text = MANIFEST_KERNEL, .edits = { "field='One'", "" },
          .messages = { "E7 counter 1 lacks its field" } },
        { "neither", .text = MANIFEST_KERNEL, .edits = { "struct='V' field='One'", "" },
          .messages = { "E7 counter 1 lacks struct and field" } },
        { "a struct that is not listed", .text = MANIFEST_KERNEL,
          .edits = { "struct='V'", "struct='W'" },
          .messages = { "E7 counter 1 is in the struct W" } },
        { "no struct is listed", .text = MANIFEST_KERNEL,
          .edits = { "<structs><struct name='V' type='VALUES'/></structs>", "" },
          .messages = { "E7 counter 1 is in the struct V" } },
        { "a struct in user mode", .edits = { SIMPLE, SIMPLE " struct='V'" },
          .messages = { "W6 counter 1 has struct or field" } },
        { "a field in user mode", .edits = { SIMPLE, SIMPLE " field='One'" },
          .messages = { "W6 counter 1 has struct or field" } },
        { "a list of structs in user mode",
          .edits = { "instances='single'>",
                     "instances='single'><structs><struct name='V' type='VALUES'/></structs>" },
          .messages = { "W5 <structs> has a meaning only in a kernel-mode provider" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void a_counter_refers_to_counters_of_its_set(void **state)
{
    static const struct manifest_case cases[] = {
        { "a base that follows", .edits = { SIMPLE, "type='perf_average_bulk' baseID='2'", SECOND,
                                            "type='perf_average_base' detailLevel='standard'" } },
        { "a base that comes before",
          .edits = { SIMPLE, "type='perf_average_base'", SECOND,
                     "type='perf_average_bulk' baseID='1' detailLevel='standard'" } },
        { "no base", .edits = { SIMPLE, "type='perf_average_bulk'" },
          .messages = { "W6 counter 1 is a PERF_AVERAGE_BULK without a baseID" } },
        { "a base that is not needed", .edits = { SIMPLE, SIMPLE " baseID='2'" },
          .messages = { "W6 counter 1 has a baseID, which a PERF_COUNTER_RAWCOUNT does not use" } },
        { "a base of another type", .edits = { SIMPLE, "type='perf_average_bulk' baseID='2'" },
          .messages = { "E6 baseID of counter 1 refers to counter 2, which is a "
                        "PERF_COUNTER_LARGE_RAWCOUNT: it "
                        "must be a PERF_AVERAGE_BASE" } },
        { "a base that does not exist", .edits = { SIMPLE, "type='perf_average_bulk' baseID='3'" },
          .messages = { "E6 baseID of counter 1 is 3, but the counterSet S has no counter with "
                        "that id" } },
        { "no time", .edits = { SIMPLE, "type='perf_elapsed_time'" },
          .messages = { "W6 counter 1 is a PERF_ELAPSED_TIME without perfTimeID and perfFreqID" } },
        { "no frequency", .edits = { SIMPLE, "type='perf_elapsed_time' perfTimeID='2'" },
          .messages = { "W6 counter 1 is a PERF_ELAPSED_TIME without perfTimeID and perfFreqID" } },
        { "only a frequency", .edits = { SIMPLE, "type='perf_elapsed_time' perfFreqID='2'" },
          .messages = { "W6 counter 1 is a PERF_ELAPSED_TIME without perfTimeID and perfFreqID" } },
        { "time and frequency",
          .edits = { SIMPLE, "type='perf_elapsed_time' perfTimeID='2' perfFreqID='2'" } },
        { "a time of another type",
          .edits = { SIMPLE, "type='perf_elapsed_time' perfTimeID='1' perfFreqID='2'" },
          .messages = { "E6 perfTimeID of counter 1 refers to counter 1, which is a "
                        "PERF_ELAPSED_TIME: it must be "
                        "a PERF_COUNTER_LARGE_RAWCOUNT" } },
        { "a frequency of another type",
          .edits = { SIMPLE, "type='perf_elapsed_time' perfTimeID='2' perfFreqID='1'" },
          .messages = { "E6 perfFreqID of counter 1 refers to counter 1" } },
        { "neither a base nor a count", .edits = { SIMPLE, "type='perf_counter_multi_timer'" },
          .messages = { "W6 counter 1 is a PERF_COUNTER_MULTI_TIMER without a baseID" } },
        { "a count instead of a base",
          .edits = { SIMPLE, "type='perf_counter_multi_timer' multiCounterID='2'", SECOND,
                     "type='perf_counter_rawcount' detailLevel='standard'" } },
        { "a count of another type",
          .edits = { SIMPLE, "type='perf_counter_multi_timer' multiCounterID='2'" },
          .messages = { "E6 multiCounterID of counter 1 refers to counter 2" } },
        { "a count for a type that needs a base",
          .edits = { SIMPLE, "type='perf_average_bulk' multiCounterID='2'", SECOND,
                     "type='perf_counter_rawcount' detailLevel='standard'" },
          .messages = { "W6 counter 1 is a PERF_AVERAGE_BULK without a baseID" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void what_names_a_counter_is_unique_in_its_set(void **state)
{
    static const struct manifest_case cases[] = {
        { "two ids", .edits = { "id='2'", "id='1'" },
          .messages = { "E7 id 1 occurs twice in the counterSet S, first in line 6" } },
        { "two names", .edits = { "name='Two'", "name='One'" },
          .messages = { "E7 the name \"One\" occurs twice in the counterSet S, first in line 6" } },
        { "two uris", .edits = { "uri='two'", "uri='one'" },
          .messages = { "W7 the uri one occurs twice in the counterSet S, first in line 6" } },
        { "two symbols", .edits = { "symbol='C2'", "symbol='C1'" },
          .messages = { "E7 the symbol C1 is that of another counter, in line 6" } },
        { "two symbols in two sets", .edits = { "symbol='C3'", "symbol='C1'" },
          .messages = { "E10 the symbol C1 is that of another counter, in line 6" } },
        { "a set without a symbol", .edits = { "symbol='S'", "", "id='2'", "id='1'" },
          .messages = { "E7 id 1 occurs twice in the counterSet Set, first in line 6" },
          .options = { .is_vista = true } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void what_names_a_set_is_unique(void **state)
{
    static const struct manifest_case cases[] = {
        { "two guids", .edits = { "000003}", "000002}" },
          .messages = { "E9 two counterSets have the same guid: change this one; the first is in "
                        "line 5" } },
        { "two symbols", .edits = { "symbol='T'", "symbol='S'" },
          .messages = { "E9 two counterSets have the same symbol" } },
        { "two names", .edits = { "name='Other'", "name='Set'" },
          .messages = { "E9 two counterSets have the same name" } },
        { "two uris", .edits = { "uri='t'", "uri='s'" },
          .messages = { "W9 two counterSets have the same uri: change this one; the first is in "
                        "line 5" } },
        { "a copied set",
          .edits = { "000003}", "000002}", "symbol='T'", "symbol='S'", "name='Other'",
                     "name='Set'" },
          .messages = { "E9 two counterSets have the same guid" } },
        { "no symbols", .edits = { "symbol='S'", "", "symbol='T'", "" },
          .options = { .is_vista = true } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

static void a_provider_has_a_symbol_and_a_file(void **state)
{
    static const struct manifest_case cases[] = {
        { "no symbol", .edits = { "symbol='P'", "" },
          .messages = { "E4 <provider> lacks its attribute symbol" } },
        { "no symbol in a manifest of Vista", .edits = { "symbol='P'", "" },
          .options = { .is_vista = true } },
        { "a symbol in kernel mode", .text = MANIFEST_KERNEL,
          .edits = { "<provider", "<provider symbol='P'" } },
        { "a path", .edits = { "'a.exe'", "'b/a.exe'" },
          .messages = { "W4 applicationIdentity=\"b/a.exe\" has a path" } },
        { "a path of Windows", .edits = { "'a.exe'", "'b\\a.exe'" },
          .messages = { "W4 applicationIdentity=\"b\\a.exe\" has a path" } },
    };

    (void)state;
    try_all(cases, UNIT_COUNT(cases));
}

/* What lies after the last set, counter or struct is one that would be reported. */
static void no_more_is_checked_than_there_is(void **state)
{
    static char text[] = "text", other[] = "other", field[] = "field";
    const struct manifest_word *type = manifest_words_types, *bulk = manifest_words_types;
    static struct manifest_messages messages;
    const struct manifest_options options = { 0 };

    (void)state;
    while (bulk->value != 0x40020500) /* PERF_AVERAGE_BULK */
        bulk++;
    const struct manifest_counter good = { .id = { 1, true },
                                           .uri = text,
                                           .symbol = text,
                                           .name = text,
                                           .name_id = { 1, true },
                                           .description = text,
                                           .description_id = { 1, true },
                                           .type = type,
                                           .aggregate = manifest_words_aggregates,
                                           .struct_name = other,
                                           .field = field };
    struct manifest_counter counters[] = { good, good };
    struct manifest_struct structs[] = { { other, text }, { text, text } };
    const struct manifest_set set = { .symbol = text,
                                      .uri = text,
                                      .name = text,
                                      .name_id = { 1, true },
                                      .description = text,
                                      .description_id = { 1, true },
                                      .instances = manifest_words_instances,
                                      .structs = structs,
                                      .struct_count = 1,
                                      .counters = counters,
                                      .counter_count = 1 };
    struct manifest_set sets[] = { set, set };
    struct manifest manifest = { .schema_version = 200,
                                 .application_identity = text,
                                 .is_kernel_mode = true,
                                 .sets = sets,
                                 .set_count = 1 }; /* the resource base, 0, has no meaning */

    sets[1].name_id.value = 0;
    counters[1].name_id.value = 0;
    manifest_check(&manifest, &options, &messages);
    assert_int_equal(messages.count, 0);
    assert_false(messages.has_error);

    /* The base and the struct of the first counter are not found after the last ones. */
    counters[0].type = bulk;
    counters[0].base_id = (struct manifest_number){ 2, true };
    counters[0].struct_name = text;
    counters[1].id.value = 2;
    manifest_check(&manifest, &options, &messages);
    assert_int_equal(messages.count, 2);
    assert_non_null(strstr(messages.items[0].text, "is in the struct text"));
    assert_non_null(strstr(messages.items[1].text, "has no counter with that id"));
}

/* Each counter refers to the next one, so one that is not indexed would be missed. */
static void without_memory_nothing_else_is_reported(void **state)
{
    static struct manifest_messages messages;
    static char text[16384];
    const struct manifest_options options = { 0 };
    struct manifest manifest;
    unsigned request = 0;

    (void)state;
    manifest_write_many(text, sizeof(text), 1, 40);
    assert_int_equal(manifest_parser_parse(text, strlen(text), &options, &manifest, &messages),
                     ERROR_SUCCESS);
    const long blocks = failing_memory_blocks;
    do {
        messages.count = 0;
        messages.has_error = false;
        failing_memory_countdown = ++request;
        const DWORD error = manifest_check(&manifest, &options, &messages);
        assert_int_equal(failing_memory_blocks, blocks);
        assert_int_equal(messages.count, 0);
        assert_int_equal(error, failing_memory_countdown ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
    } while (!failing_memory_countdown);
    failing_memory_countdown = 0;
    assert_true(request > 10);
    manifest_parser_release(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_has_an_id_and_texts),
        cmocka_unit_test(a_text_of_schema_2_has_an_identifier),
        cmocka_unit_test(identifiers_begin_at_the_resource_base),
        cmocka_unit_test(an_aggregate_needs_instances_that_have_one),
        cmocka_unit_test(struct_and_field_are_those_of_a_kernel_mode_provider),
        cmocka_unit_test(a_counter_refers_to_counters_of_its_set),
        cmocka_unit_test(what_names_a_counter_is_unique_in_its_set),
        cmocka_unit_test(what_names_a_set_is_unique),
        cmocka_unit_test(a_provider_has_a_symbol_and_a_file),
        cmocka_unit_test(no_more_is_checked_than_there_is),
        cmocka_unit_test(without_memory_nothing_else_is_reported),
    };

    return cmocka_run_group_tests_name("manifest_check", tests, NULL, NULL);
}
