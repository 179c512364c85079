/* SPDX-License-Identifier: MIT
 *
 * The validator on counter definitions and on instances: each type with its sizes and bases, each
 * kind of name, identity and parent, at the limits of the rules.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "validator.h"

/* The names of the rules that an answer breaks. It is in memory of exactly its size. */
static const char *rules_of(const struct answer *answer, const struct service *service)
{
    static char text[512];
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .service = service };
    unsigned char *exact = malloc(answer->size);

    memcpy(exact, answer->u.bytes, answer->size);
    validator_check_objects(&validator, (struct span){ exact, answer->size }, answer->object_count);
    *text = '\0';
    for (size_t i = 0; i < findings.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
                 rules[findings.items[i].rule].name);
    findings_release(&findings);
    free(exact);
    return text;
}

/* A counter to build. Size and offset have their usual values if they are 0. */
struct definition {
    DWORD symbol, type, size, offset;
};

static const struct definitions {
    const char *name;
    struct definition counters[4]; /* a type of 0 and a symbol of 0 end the list */
    const char *rules;
} definitions[] = {
    { "a number", { { 2, PERF_COUNTER_RAWCOUNT, 0, 0 } }, "" },
    { "an unknown type", { { 2, 0x00010001, 0, 0 } }, "counter-type" },
    { "a number of 8 bytes", { { 2, PERF_COUNTER_RAWCOUNT, 8, 0 } }, "counter-size" },
    { "a large number of 4 bytes", { { 2, PERF_COUNTER_LARGE_RAWCOUNT, 4, 0 } }, "counter-size" },
    { "no data", { { 2, PERF_COUNTER_NODATA, 0, 0 } }, "" },
    { "an average time of 2 bytes",
      { { 2, PERF_AVERAGE_TIMER, 2, 0 }, { 0, PERF_AVERAGE_BASE, 0, 0 } },
      "counter-size" },
    { "a time in the object's unit, 2 bytes",
      { { 2, PERF_OBJ_TIME_TIMER, 2, 0 } },
      "counter-size" },
    { "no data of 4 bytes, before a number in its place",
      { { 2, PERF_COUNTER_NODATA, 4, 14 }, { 4, PERF_COUNTER_RAWCOUNT, 0, 16 } },
      "counter-size" },
    { "a large fraction with the base of an average",
      { { 2, PERF_LARGE_RAW_FRACTION, 0, 0 }, { 0, PERF_AVERAGE_BASE, 0, 0 } },
      "base-type" },
    { "no data of 4 bytes", { { 2, PERF_COUNTER_NODATA, 4, 8 } }, "counter-size" },
    { "an average time of 4 bytes",
      { { 2, PERF_AVERAGE_TIMER, 4, 0 }, { 0, PERF_AVERAGE_BASE, 0, 0 } },
      "" },
    { "an average time of 8 bytes",
      { { 2, PERF_AVERAGE_TIMER, 8, 0 }, { 0, PERF_AVERAGE_BASE, 0, 16 } },
      "" },
    { "a time in the object's unit, 8 bytes", { { 2, PERF_OBJ_TIME_TIMER, 8, 0 } }, "" },
    { "a time in the object's unit, 4 bytes", { { 2, PERF_OBJ_TIME_TIMER, 4, 0 } }, "" },
    { "a fraction and its base",
      { { 2, PERF_RAW_FRACTION, 0, 0 }, { 0, PERF_RAW_BASE, 0, 0 } },
      "" },
    { "a fraction without base", { { 2, PERF_RAW_FRACTION, 0, 0 } }, "base-missing" },
    { "a fraction before another counter",
      { { 2, PERF_RAW_FRACTION, 0, 0 }, { 4, PERF_COUNTER_RAWCOUNT, 0, 0 } },
      "base-missing" },
    { "a fraction with the base of an average",
      { { 2, PERF_RAW_FRACTION, 0, 0 }, { 0, PERF_AVERAGE_BASE, 0, 0 } },
      "base-type" },
    { "a large fraction and its base",
      { { 2, PERF_LARGE_RAW_FRACTION, 0, 0 }, { 0, PERF_LARGE_RAW_BASE, 0, 0 } },
      "" },
    { "a large fraction with the base of WMI",
      { { 2, PERF_LARGE_RAW_FRACTION, 0, 0 }, { 0, 0x40030503, 8, 0 } },
      "" },
    { "a fraction with the base of WMI",
      { { 2, PERF_RAW_FRACTION, 0, 0 }, { 0, 0x40030503, 8, 16 } },
      "base-type" },
    { "a base that comes first",
      { { 0, PERF_RAW_BASE, 0, 0 }, { 2, PERF_COUNTER_RAWCOUNT, 0, 0 } },
      "base-stray" },
    { "a base after a number",
      { { 2, PERF_COUNTER_RAWCOUNT, 0, 0 }, { 0, PERF_RAW_BASE, 0, 0 } },
      "base-stray" },
    { "a base before its counter",
      { { 0, PERF_RAW_BASE, 0, 0 }, { 2, PERF_RAW_FRACTION, 0, 0 } },
      "base-missing" },
    { "the base of a sample counter",
      { { 2, PERF_SAMPLE_COUNTER, 0, 0 }, { 0, PERF_SAMPLE_BASE, 0, 0 } },
      "" },
    { "another base after a sample counter",
      { { 2, PERF_SAMPLE_COUNTER, 0, 0 }, { 0, PERF_RAW_BASE, 0, 0 } },
      "base-stray" },
    { "the base of a sample counter after a number",
      { { 2, PERF_COUNTER_RAWCOUNT, 0, 0 }, { 0, PERF_SAMPLE_BASE, 0, 0 } },
      "base-stray" },
    { "the base of several sources 8 bytes later",
      { { 2, PERF_COUNTER_MULTI_TIMER, 0, 8 }, { 0, PERF_COUNTER_MULTI_BASE, 0, 16 } },
      "" },
    { "the base of several sources 16 bytes later",
      { { 2, PERF_COUNTER_MULTI_TIMER, 0, 8 },
        { 0, PERF_COUNTER_MULTI_BASE, 0, 24 },
        { 4, PERF_COUNTER_BULK_COUNT, 0, 16 } },
      "multi-base-place" },
    { "two counters of one title",
      { { 2, PERF_COUNTER_RAWCOUNT, 0, 0 }, { 2, PERF_COUNTER_RAWCOUNT, 0, 0 } },
      "counter-duplicate" },
    { "three counters, the outer ones of one title",
      { { 4, PERF_COUNTER_RAWCOUNT, 0, 0 },
        { 2, PERF_COUNTER_RAWCOUNT, 0, 0 },
        { 4, PERF_COUNTER_RAWCOUNT, 0, 0 } },
      "counter-duplicate" },
    { "four counters, the outer ones of one title",
      { { 4, PERF_COUNTER_RAWCOUNT, 0, 0 },
        { 2, PERF_COUNTER_RAWCOUNT, 0, 0 },
        { 6, PERF_COUNTER_RAWCOUNT, 0, 0 },
        { 4, PERF_COUNTER_RAWCOUNT, 0, 0 } },
      "counter-duplicate" },
    { "two counters in one place",
      { { 2, PERF_COUNTER_RAWCOUNT, 0, 8 }, { 4, PERF_COUNTER_RAWCOUNT, 0, 8 } },
      "" },
    { "two counters that share bytes",
      { { 2, PERF_COUNTER_LARGE_RAWCOUNT, 0, 8 }, { 4, PERF_COUNTER_RAWCOUNT, 0, 12 } },
      "counter-overlap" },
    { "two counters that share bytes, the later one first",
      { { 4, PERF_COUNTER_RAWCOUNT, 0, 12 }, { 2, PERF_COUNTER_LARGE_RAWCOUNT, 0, 8 } },
      "counter-overlap" },
    { "two counters, one right after the other",
      { { 2, PERF_COUNTER_RAWCOUNT, 0, 8 }, { 4, PERF_COUNTER_RAWCOUNT, 0, 12 } },
      "" },
};

static void build_definitions(struct answer *answer, const struct definitions *test)
{
    memset(answer, 0, sizeof(*answer));
    answer->first_counter = FIRST_COUNTER;
    begin_object(answer, 0, PERF_NO_INSTANCES);
    for (size_t i = 0; i < 4 && test->counters[i].type; i++) {
        const struct definition *definition = &test->counters[i];
        PERF_COUNTER_DEFINITION *counter =
            add_counter(answer, definition->symbol, definition->type);

        if (definition->size)
            counter->CounterSize = definition->size;
        if (definition->offset)
            counter->CounterOffset = definition->offset;
    }
    answer->slot_count = 4;
    add_block(answer);
    end_object(answer);
}

static void each_type_has_its_sizes_and_its_base(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(definitions); i++) {
        static struct answer answer;

        build_definitions(&answer, &definitions[i]);
        if (strcmp(rules_of(&answer, NULL), definitions[i].rules) != 0)
            fail_msg("%s: %s", definitions[i].name, rules_of(&answer, NULL));
    }
}

/* The finding of an answer that has only one, with this rule and these words. */
static void assert_says(const struct answer *answer, enum rule_id rule, const char *text)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings };

    validator_check_objects(&validator, (struct span){ answer->u.bytes, answer->size },
                            answer->object_count);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, rule);
    if (!strstr(findings.items[0].message, text))
        fail_msg("%s", findings.items[0].message);
    findings_release(&findings);
}

/* Two values have the same place: the definition that comes first is named. */
static void the_first_of_the_values_that_share_bytes_is_named(void **state)
{
    static const struct definitions test = {
        .counters = { { 6, PERF_COUNTER_RAWCOUNT, 0, 12 },
                      { 4, PERF_COUNTER_LARGE_RAWCOUNT, 0, 8 },
                      { 2, PERF_COUNTER_LARGE_RAWCOUNT, 0, 8 } },
    };
    static struct answer answer;

    (void)state;
    build_definitions(&answer, &test);
    assert_says(&answer, RULE_counter_overlap, "shares bytes with that of counter 2384,");
}

static void a_stray_base_is_described_by_its_place(void **state)
{
    static const struct definitions first = {
        .counters = { { 0, PERF_RAW_BASE, 0, 0 }, { 2, PERF_COUNTER_RAWCOUNT, 0, 0 } },
    };
    static const struct definitions second = {
        .counters = { { 2, PERF_COUNTER_RAWCOUNT, 0, 0 }, { 0, PERF_AVERAGE_BASE, 0, 0 } },
    };
    static struct answer answer;

    (void)state;
    build_definitions(&answer, &first);
    assert_says(&answer, RULE_base_stray,
                "0x40030403 is first, of object 2380, counter at position 0");
    build_definitions(&answer, &second);
    assert_says(
        &answer, RULE_base_stray,
        "0x40030402 is after a counter that needs none, of object 2380, counter at position 1");
}

static void a_type_that_is_divided_by_object_time_needs_a_frequency(void **state)
{
    static const DWORD types[] = { PERF_ELAPSED_TIME, PERF_OBJ_TIME_TIMER, 0x00650500,
                                   PERF_COUNTER_RAWCOUNT };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(types); i++)
        for (LONGLONG frequency = -1; frequency <= 1; frequency++) {
            const struct definitions test = { "", { { 2, types[i], 0, 0 } }, "" };
            static struct answer answer;

            build_definitions(&answer, &test);
            object_at(&answer, 0)->PerfFreq.QuadPart = frequency;
            assert_string_equal(rules_of(&answer, NULL),
                                i < 3 && frequency <= 0 ? "object-time" : "");
        }
}

/* The offsets are those of PERF_COUNTER_DEFINITION in layouts.def. */
static void each_member_of_a_definition_has_its_limits(void **state)
{
    static const struct {
        const char *name;
        size_t offset; /* of 4 bytes in the first definition */
        int32_t value;
        const char *rules;
    } cases[] = {
        { "scale -7", 20, -7, "" },
        { "scale -8", 20, -8, "default-scale" },
        { "scale 7", 20, 7, "" },
        { "scale 8", 20, 8, "default-scale" },
        { "level 150", 24, 150, "detail-level detail-level" },
        { "no help", 12, 0, "index-help" },
        { "help with an even index", 12, FIRST_COUNTER + 2, "index-parity" },
        { "no name", 4, 0, "index-zero" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static struct answer answer;

        build_definitions(&answer, &definitions[0]);
        memcpy(answer.u.bytes + sizeof(PERF_OBJECT_TYPE) + cases[i].offset, &cases[i].value, 4);
        if (strcmp(rules_of(&answer, NULL), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, rules_of(&answer, NULL));
    }
    for (DWORD level = 100; level <= 400; level += 100) {
        static struct answer answer;

        build_definitions(&answer, &definitions[0]);
        object_at(&answer, 0)->DetailLevel = level;
        counter_at(&answer, 0)->DetailLevel = level;
        assert_string_equal(rules_of(&answer, NULL), "");
    }
}

static void instances_are_distinguished_by_name_parent_or_identity(void **state)
{
    static const struct {
        const char *title;
        struct {
            const WCHAR *name;
            LONG unique_id;
            DWORD parent_object, parent_instance;
        } instances[4];
        const char *rules;
    } cases[] = {
        { "three names",
          { { TEXT16("c"), -1, 0, 0 }, { TEXT16("a"), -1, 0, 0 }, { TEXT16("b"), -1, 0, 0 } },
          "" },
        { "the outer names are equal",
          { { TEXT16("a"), -1, 0, 0 }, { TEXT16("b"), -1, 0, 0 }, { TEXT16("a"), -1, 0, 0 } },
          "name-duplicate" },
        { "equal but for the case of Z",
          { { TEXT16("Z"), -1, 0, 0 }, { TEXT16("z"), -1, 0, 0 } },
          "name-duplicate" },
        { "equal but for the case of A",
          { { TEXT16("A"), -1, 0, 0 }, { TEXT16("a"), -1, 0, 0 } },
          "name-duplicate" },
        { "@ and the grave accent are not one letter in two cases",
          { { TEXT16("@"), -1, 0, 0 }, { TEXT16("`"), -1, 0, 0 } },
          "" },
        { "[ and { are not, either", { { TEXT16("["), -1, 0, 0 }, { TEXT16("{"), -1, 0, 0 } }, "" },
        { "no names, three identities",
          { { TEXT16(""), 3, 0, 0 }, { TEXT16(""), 1, 0, 0 }, { TEXT16(""), 2, 0, 0 } },
          "" },
        { "the outer identities are equal",
          { { TEXT16("a"), 1, 0, 0 }, { TEXT16("b"), 2, 0, 0 }, { TEXT16("c"), 1, 0, 0 } },
          "unique-id-duplicate" },
        { "neither name nor identity", { { TEXT16(""), -1, 0, 0 } }, "instance-identity" },
        { "a system object as parent", { { TEXT16("a"), -1, 1847, 0 } }, "" },
        { "an unknown object as parent", { { TEXT16("a"), -1, 1848, 0 } }, "parent-object" },
        { "the second instance as parent",
          { { TEXT16("a"), -1, 0, 0 }, { TEXT16("b"), -1, FIRST_COUNTER, 1 } },
          "" },
        { "a third of two as parent",
          { { TEXT16("a"), -1, 0, 0 }, { TEXT16("b"), -1, FIRST_COUNTER, 2 } },
          "parent-instance" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };
        DWORD count = 0;

        while (count < 4 && cases[i].instances[count].name)
            count++;
        begin_object(&answer, 0, (LONG)count);
        add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
        for (DWORD k = 0; k < count; k++) {
            PERF_INSTANCE_DEFINITION *instance = add_instance(&answer, cases[i].instances[k].name);

            instance->UniqueID = cases[i].instances[k].unique_id;
            instance->ParentObjectTitleIndex = cases[i].instances[k].parent_object;
            instance->ParentObjectInstance = cases[i].instances[k].parent_instance;
        }
        end_object(&answer);
        if (strcmp(rules_of(&answer, NULL), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].title, rules_of(&answer, NULL));
    }
}

/* A parent of another provider may be missing; one of the same provider must be there. */
static void a_parent_of_ones_own_is_in_the_answer(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, 1);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(&answer, TEXT16("a"));
    end_object(&answer);
    for (uint32_t parent = 3000; parent <= 3012; parent += 2) {
        const struct service service = { .has_indices = true,
                                         .first_counter = 3002,
                                         .last_counter = 3010,
                                         .first_help = 3003,
                                         .last_help = 3011 };
        const bool is_own = parent >= 3002 && parent <= 3010;

        instance_of(&answer)->ParentObjectTitleIndex = parent;
        if ((strstr(rules_of(&answer, &service), "parent-object") != NULL) != is_own)
            fail_msg("%u: %s", (unsigned)parent, rules_of(&answer, &service));
    }
}

/* The object has 384 bytes. Its instances are at 224 and 304, their blocks at 264 and 344, each of 40 bytes;
   NumInstances is at 40. */
static void lengths_that_do_not_add_up_have_one_cause(void **state)
{
    static const struct {
        const char *name;
        struct {
            size_t offset;
            uint32_t value;
        } changes[2];
        const char *rules;
    } cases[] = {
        { "nothing", { { 0, 384 } }, "" },
        { "an instance too few", { { 40, 1 } }, "instance-count" },
        { "an instance too many", { { 40, 3 } }, "instance-count" },
        { "no instances although there are two", { { 40, (uint32_t)-1 } }, "instance-count" },
        { "every block counts itself twice", { { 264, 44 }, { 344, 44 } }, "block-length" },
        { "the first block counts itself twice",
          { { 264, 44 } },
          "record-alignment instance-length" },
        { "an instance of 24 bytes", { { 304, 24 } }, "name-place block-length" },
        { "an instance of 23 bytes", { { 304, 23 } }, "instance-length" },
        { "an instance that reaches outside", { { 304, 81 } }, "instance-length" },
        { "a block of 3 bytes", { { 344, 3 } }, "block-length" },
        { "a block that reaches outside", { { 344, 41 } }, "block-length" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };

        build_sound(&answer);
        for (size_t k = 0; k < 2; k++)
            if (cases[i].changes[k].value)
                memcpy(answer.u.bytes + cases[i].changes[k].offset, &cases[i].changes[k].value, 4);
        if (strcmp(rules_of(&answer, NULL), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, rules_of(&answer, NULL));
    }
}

/* Add an instance named "a" of 28 bytes, the name's 4 included, and its block of 16. */
static void add_short_instance(struct answer *answer, LONG unique_id)
{
    enum { LENGTH = 28, BLOCK = 16 };
    PERF_INSTANCE_DEFINITION *instance;

    answer->instance = answer_take(answer, LENGTH);
    answer->block = answer_take(answer, BLOCK);
    instance = instance_of(answer);
    instance->ByteLength = LENGTH;
    instance->UniqueID = unique_id;
    instance->NameOffset = sizeof(*instance);
    instance->NameLength = LENGTH - sizeof(*instance);
    memcpy(instance + 1, unique_id ? TEXT16("b") : TEXT16("a"), instance->NameLength);
    block_of(answer)->ByteLength = BLOCK;
}

/* The first instance is at 104, its block at 132, so that a value at CounterOffset 4 is at 136: a multiple of 8.
   The second block is at 176, and its value at 180. At CounterOffset 8 it is the reverse. */
static void the_64_bit_values_of_every_block_are_aligned(void **state)
{
    static const struct {
        LONG count;
        DWORD offset;
        const char *rules;
    } cases[] = {
        { 1, 4, "total-alignment total-alignment record-alignment" },
        { 2, 4, "record-alignment value-alignment" },
        { 2, 8, "value-alignment record-alignment" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };

        begin_object(&answer, 0, cases[i].count);
        add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT)->CounterOffset = cases[i].offset;
        for (LONG k = 0; k < cases[i].count; k++)
            add_short_instance(&answer, k);
        end_object(&answer);
        if (strcmp(rules_of(&answer, NULL), cases[i].rules) != 0)
            fail_msg("case %zu: %s", i, rules_of(&answer, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_sizes_and_its_base),
        cmocka_unit_test(the_first_of_the_values_that_share_bytes_is_named),
        cmocka_unit_test(a_stray_base_is_described_by_its_place),
        cmocka_unit_test(a_type_that_is_divided_by_object_time_needs_a_frequency),
        cmocka_unit_test(each_member_of_a_definition_has_its_limits),
        cmocka_unit_test(instances_are_distinguished_by_name_parent_or_identity),
        cmocka_unit_test(a_parent_of_ones_own_is_in_the_answer),
        cmocka_unit_test(lengths_that_do_not_add_up_have_one_cause),
        cmocka_unit_test(the_64_bit_values_of_every_block_are_aligned),
    };

    return cmocka_run_group_tests_name("validator_parts", tests, NULL, NULL);
}
