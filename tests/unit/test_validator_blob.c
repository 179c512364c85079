/* SPDX-License-Identifier: MIT
 *
 * The validator on a whole data block, and on answers whose registration is known: each rule of the
 * header at its limits, lists of objects, duplicates, metadata.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "validator.h"

#define HEADER_SIZE 96 /* a PERF_DATA_BLOCK of 88 bytes, and a name that takes 8 */
#define OBJECTS HEADER_SIZE

/* The names of the rules that an answer breaks. It is in memory of exactly its size. */
static const char *rules_of(const struct validator *settings, const unsigned char *bytes,
                            size_t size, bool is_blob, uint32_t count)
{
    static char text[512];
    struct findings findings = { 0 };
    struct validator validator = *settings;
    unsigned char *exact = malloc(size);

    memcpy(exact, bytes, size);
    validator.findings = &findings;
    if (is_blob)
        validator_check_blob(&validator, (struct span){ exact, size });
    else
        validator_check_objects(&validator, (struct span){ exact, size }, count);
    *text = '\0';
    for (size_t i = 0; i < findings.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
                 rules[findings.items[i].rule].name);
    findings_release(&findings);
    free(exact);
    return text;
}

/* A valid data block: the objects of build_sound, and one without instances. */
static size_t build_blob(unsigned char *bytes)
{
    static struct answer answer;
    PERF_DATA_BLOCK header = { .Signature = { 'P', 'E', 'R', 'F' },
                               .LittleEndian = 1,
                               .Version = 1,
                               .Revision = 1,
                               .HeaderLength = HEADER_SIZE,
                               .NumObjectTypes = 2,
                               .DefaultObject = 238,
                               .SystemTime = { 2024, 1, 1, 15, 9, 30, 5, 250 },
                               .SystemNameLength = 6,
                               .SystemNameOffset = sizeof(header) };

    memset(&answer, 0, sizeof(answer));
    answer.first_counter = FIRST_COUNTER;
    build_sound(&answer);
    begin_object(&answer, 10, PERF_NO_INSTANCES);
    add_counter(&answer, 12, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    end_object(&answer);
    header.TotalByteLength = HEADER_SIZE + answer.size;
    header.PerfTime.QuadPart = 1000;
    header.PerfFreq.QuadPart = 1;
    memset(bytes, 0, HEADER_SIZE);
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), TEXT16("PC"), 6);
    memcpy(bytes + HEADER_SIZE, answer.u.bytes, answer.size);
    return HEADER_SIZE + answer.size;
}

/* The offsets are those of PERF_DATA_BLOCK in layouts.def. The name takes 6 bytes and 2 of padding; the second object
   begins after the 384 bytes of build_sound. */
static void each_value_of_the_header_has_its_limits(void **state)
{
    static const struct {
        const char *name;
        uint32_t offset, size, value;
        const char *rules;
    } cases[] = {
        { "nothing", 8, 4, 1, "" },
        { "Version 0", 12, 4, 0, "data-version" },
        { "Version 2", 12, 4, 2, "" },
        { "Revision 0", 16, 4, 0, "data-version" },
        { "Revision 2", 16, 4, 2, "" },
        { "year 0", 36, 2, 0, "" },
        { "month 0", 38, 2, 0, "data-time" },
        { "month 12", 38, 2, 12, "" },
        { "month 13", 38, 2, 13, "data-time" },
        { "day 0", 42, 2, 0, "data-time" },
        { "day 1", 42, 2, 1, "" },
        { "day 31", 42, 2, 31, "" },
        { "day 32", 42, 2, 32, "data-time" },
        { "hour 23", 44, 2, 23, "" },
        { "hour 24", 44, 2, 24, "data-time" },
        { "minute 59", 46, 2, 59, "" },
        { "minute 60", 46, 2, 60, "data-time" },
        { "second 59", 48, 2, 59, "" },
        { "second 60", 48, 2, 60, "data-time" },
        { "millisecond 999", 50, 2, 999, "" },
        { "millisecond 1000", 50, 2, 1000, "data-time" },
        { "PerfFreq 0", 64, 4, 0, "data-time" },
        { "no system name", 80, 4, 0, "" },
        { "a system name of 2 bytes", 80, 4, 2, "data-system-name" },
        { "a system name of 5 bytes", 80, 4, 5, "data-system-name" },
        { "a system name with padding", 80, 4, 8, "" },
        { "a system name that reaches outside", 80, 4, 9, "data-system-name" },
        { "not little-endian", 8, 4, 0, "data-header" },
        { "HeaderLength too short", 24, 4, 87, "data-header-length" },
        { "an object too many", 28, 4, 3, "object-count" },
        { "an object too few", 28, 4, 1, "object-count" },
        { "another index twice", OBJECTS + 384 + 12, 4, FIRST_COUNTER,
          "index-help object-duplicate" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct validator validator = { .query = "Global" };
        unsigned char bytes[2048];
        const size_t size = build_blob(bytes);

        memcpy(bytes + cases[i].offset, &cases[i].value, cases[i].size);
        if (strcmp(rules_of(&validator, bytes, size, true, 0), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, rules_of(&validator, bytes, size, true, 0));
    }
}

static void the_length_of_a_data_block_is_that_of_its_bytes(void **state)
{
    const struct validator validator = { .query = "Global" };
    unsigned char bytes[2048] = { 0 };
    const uint32_t size = (uint32_t)build_blob(bytes);

    (void)state;
    assert_string_equal(rules_of(&validator, bytes, size + 8, true, 0), "data-total-length");
    assert_string_equal(rules_of(&validator, bytes, size - 8, true, 0), "data-total-length");
    assert_string_equal(rules_of(&validator, bytes, 87, true, 0), "data-header");
    for (uint32_t cut = 88; cut < size; cut++)
        assert_string_not_equal(rules_of(&validator, bytes, cut, true, 0), "");
    memcpy(bytes + 20, &(uint32_t){ size + 4 }, 4);
    assert_string_equal(rules_of(&validator, bytes, size + 4, true, 0),
                        "total-alignment object-length");
}

static void an_object_is_in_the_registered_list(void **state)
{
    uint32_t list[] = { FIRST_COUNTER, FIRST_COUNTER + 10 };
    struct service service = { .has_object_list = true, .object_list = list };
    const struct validator validator = { .query = "Global", .service = &service };
    unsigned char bytes[2048];
    const size_t size = build_blob(bytes) - OBJECTS;

    (void)state;
    service.object_list_count = 2;
    assert_string_equal(rules_of(&validator, bytes + OBJECTS, size, false, 2), "");
    service.object_list_count = 1;
    assert_string_equal(rules_of(&validator, bytes + OBJECTS, size, false, 2), "object-list");
    service.object_list_count = 0;
    assert_string_equal(rules_of(&validator, bytes + OBJECTS, size, false, 2),
                        "object-list object-list");
    service.has_object_list = false;
    assert_string_equal(rules_of(&validator, bytes + OBJECTS, size, false, 2), "");
}

static void title_indices_are_in_the_registered_range(void **state)
{
    static const struct {
        uint32_t first, last, first_help, last_help;
        const char *rules;
    } cases[] = {
        { FIRST_COUNTER, FIRST_COUNTER + 12, FIRST_COUNTER + 1, FIRST_COUNTER + 13, "" },
        { FIRST_COUNTER + 2, FIRST_COUNTER + 12, FIRST_COUNTER + 1, FIRST_COUNTER + 13,
          "index-range" },
        { FIRST_COUNTER, FIRST_COUNTER + 10, FIRST_COUNTER + 1, FIRST_COUNTER + 13, "index-range" },
        { FIRST_COUNTER, FIRST_COUNTER + 12, FIRST_COUNTER + 3, FIRST_COUNTER + 13, "index-range" },
        { FIRST_COUNTER, FIRST_COUNTER + 12, FIRST_COUNTER + 1, FIRST_COUNTER + 11, "index-range" },
    };
    unsigned char bytes[2048];
    const size_t size = build_blob(bytes) - OBJECTS;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct service service = { .has_indices = true,
                                         .first_counter = cases[i].first,
                                         .last_counter = cases[i].last,
                                         .first_help = cases[i].first_help,
                                         .last_help = cases[i].last_help };
        const struct validator validator = { .query = "Global", .service = &service };

        if (strcmp(rules_of(&validator, bytes + OBJECTS, size, false, 2), cases[i].rules) != 0)
            fail_msg("case %zu: %s", i, rules_of(&validator, bytes + OBJECTS, size, false, 2));
    }
}

static void metadata_are_definitions_alone(void **state)
{
    static const struct {
        const char *name;
        int32_t instances;
        /* 0: DefinitionLength; 1: 8 bytes more than there are; 2: DefinitionLength is 8 bytes too short. */
        uint32_t total;
        bool is_metadata;
        const char *rules;
    } cases[] = {
        { "multiple instances", PERF_METADATA_MULTIPLE_INSTANCES, 0, true, "" },
        { "no instances", PERF_METADATA_NO_INSTANCES, 0, true, "" },
        { "bytes after the definitions", PERF_METADATA_NO_INSTANCES, 112, true, "metadata-answer" },
        { "instances", 0, 0, true, "metadata-answer" },
        { "in another answer", PERF_METADATA_NO_INSTANCES, 0, false, "instance-count" },
        { "a length that reaches outside", PERF_METADATA_NO_INSTANCES, 1, true,
          "object-length-sum" },
        { "definitions of another length", PERF_METADATA_NO_INSTANCES, 2, true, "counter-count" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct validator validator = { .query = "Global",
                                             .is_metadata = cases[i].is_metadata };
        struct answer answer = { .first_counter = FIRST_COUNTER };

        begin_object(&answer, 0, cases[i].instances);
        add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
        if (cases[i].total > 2)
            answer_take(&answer, cases[i].total - answer.size);
        end_object(&answer);
        if (cases[i].total == 1)
            object_at(&answer, 0)->TotalByteLength += 8;
        if (cases[i].total == 2)
            object_at(&answer, 0)->DefinitionLength -= 8;
        if (strcmp(rules_of(&validator, answer.u.bytes, answer.size, false, 1), cases[i].rules) !=
            0)
            fail_msg("%s: %s", cases[i].name,
                     rules_of(&validator, answer.u.bytes, answer.size, false, 1));
    }
}

static void metadata_need_no_time(void **state)
{
    const struct validator validator = { .query = "Global", .is_metadata = true };
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, PERF_METADATA_NO_INSTANCES);
    add_counter(&answer, 2, PERF_ELAPSED_TIME);
    end_object(&answer);
    object_at(&answer, 0)->PerfFreq.QuadPart = 0;
    assert_string_equal(rules_of(&validator, answer.u.bytes, answer.size, false, 1), "");
}

static void objects_without_title_are_no_duplicates(void **state)
{
    const struct validator validator = { .query = "Global" };
    unsigned char bytes[2048];
    const size_t size = build_blob(bytes);

    (void)state;
    memset(bytes + OBJECTS + 12, 0, 4);
    memset(bytes + OBJECTS + 384 + 12, 0, 4);
    assert_null(strstr(rules_of(&validator, bytes, size, true, 0), "object-duplicate"));
}

/* Each answer is one object of 152 bytes with one definition and a block. The numbers are offsets in PERF_OBJECT_TYPE:
   0 TotalByteLength, 4 DefinitionLength, 8 HeaderLength, 32 NumCounters, 40 NumInstances. */
static void header_and_definitions_have_multiples_of_8_bytes(void **state)
{
    static const struct {
        uint32_t header, definition;
        const char *rule;
    } cases[] = { { 68, 44, "header-length" }, { 64, 44, "definition-length" }, { 72, 40, "" } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct validator validator = { .query = "Global" };
        const uint32_t end = cases[i].header + cases[i].definition, block = 16, size = 152;
        unsigned char bytes[152] = { 0 };

        memcpy(bytes, &size, 4);
        memcpy(bytes + 4, &end, 4);
        memcpy(bytes + 8, &cases[i].header, 4);
        memcpy(bytes + 32, (const uint32_t[]){ 1 }, 4);
        memcpy(bytes + 40, (const int32_t[]){ PERF_NO_INSTANCES }, 4);
        memcpy(bytes + cases[i].header, &cases[i].definition, 4);
        memcpy(bytes + end, &block, 4);
        const char *found = rules_of(&validator, bytes, sizeof(bytes), false, 1);
        const bool has_header = strstr(found, "header-length"),
                   has_definition = strstr(found, "definition-length");
        if (has_header != (strcmp(cases[i].rule, "header-length") == 0) ||
            has_definition != (strcmp(cases[i].rule, "definition-length") == 0))
            fail_msg("%u and %u: %s", (unsigned)cases[i].header, (unsigned)cases[i].definition,
                     found);
    }
}

/* More objects than the initial size of their list, in any order; one index occurs twice. 37 and 70 have no common
   divisor, so i * 37 % 70 is each number once. */
static void objects_are_found_in_any_order(void **state)
{
    const struct validator validator = { .query = "Global" };
    static struct answer answer;

    (void)state;
    for (DWORD twice = 0; twice < 2; twice++) {
        memset(&answer, 0, sizeof(answer));
        answer.first_counter = FIRST_COUNTER;
        for (DWORD i = 0; i < 70; i++) {
            const DWORD symbol = (i * 37 % 70 - (twice && i == 69 ? i * 37 % 70 : 0)) * 10;

            begin_object(&answer, symbol, PERF_NO_INSTANCES);
            add_counter(&answer, symbol + 2, PERF_COUNTER_RAWCOUNT);
            add_block(&answer);
            end_object(&answer);
        }
        assert_string_equal(rules_of(&validator, answer.u.bytes, answer.size, false, 70),
                            twice ? "object-duplicate" : "");
    }
}

/* The later one of two objects is reported. */
static void the_second_object_of_an_index_is_the_duplicate(void **state)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings };
    struct answer answer = { .first_counter = FIRST_COUNTER };
    const DWORD symbols[] = { 10, 0, 20, 0 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(symbols); i++) {
        begin_object(&answer, symbols[i], PERF_NO_INSTANCES);
        add_counter(&answer, symbols[i] + 2, PERF_COUNTER_RAWCOUNT);
        add_block(&answer);
        end_object(&answer);
    }
    validator_check_objects(&validator, (struct span){ answer.u.bytes, answer.size },
                            answer.object_count);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_object_duplicate);
    assert_int_equal(findings.items[0].offset, answer.object + 12); /* ObjectNameTitleIndex */
    findings_release(&findings);
}

static void an_answer_without_objects_is_sound(void **state)
{
    const struct validator validator = { .query = "Global" };

    (void)state;
    assert_string_equal(rules_of(&validator, (const unsigned char *)"", 0, false, 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_of_the_header_has_its_limits),
        cmocka_unit_test(the_length_of_a_data_block_is_that_of_its_bytes),
        cmocka_unit_test(an_object_is_in_the_registered_list),
        cmocka_unit_test(title_indices_are_in_the_registered_range),
        cmocka_unit_test(metadata_are_definitions_alone),
        cmocka_unit_test(metadata_need_no_time),
        cmocka_unit_test(objects_without_title_are_no_duplicates),
        cmocka_unit_test(header_and_definitions_have_multiples_of_8_bytes),
        cmocka_unit_test(objects_are_found_in_any_order),
        cmocka_unit_test(the_second_object_of_an_index_is_the_duplicate),
        cmocka_unit_test(an_answer_without_objects_is_sound),
    };

    return cmocka_run_group_tests_name("validator_blob", tests, NULL, NULL);
}
