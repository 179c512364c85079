/* SPDX-License-Identifier: MIT
 *
 * Tests of test_level.c with answers made by hand.
 */
#include "unit.h"

#include "test_level.h"
#include "winperf.h"

/* The sizes of PERF_OBJECT_TYPE, PERF_COUNTER_DEFINITION, PERF_INSTANCE_DEFINITION with a name of 8 bytes, and of a
   PERF_COUNTER_BLOCK with its values. */
enum { OBJECT = 64, DEFINITION = 40, INSTANCE = 32, BLOCK = 16, BUFFER_SIZE = 4096 };
enum { WHOLE = OBJECT + DEFINITION + 2 * (INSTANCE + BLOCK) };

/* One valid object with two instances, and the observation of a Collect that wrote `count`
   objects. */
struct answer {
    unsigned char bytes[BUFFER_SIZE];
    struct provider_observation observation;
};

static void put(unsigned char *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static unsigned char *object_at(struct answer *answer, size_t number)
{
    return answer->bytes + number * WHOLE;
}

static void make(struct answer *answer, size_t count)
{
    memset(answer, 0, sizeof(*answer));
    for (size_t i = 0; i < count; i++) {
        unsigned char *object = object_at(answer, i), *instance = object + OBJECT + DEFINITION;
        put(object, WHOLE);
        put(object + 4, OBJECT + DEFINITION);         /* DefinitionLength */
        put(object + 8, OBJECT);                      /* HeaderLength */
        put(object + 12, (uint32_t)(3000 + i * 100)); /* ObjectNameTitleIndex */
        put(object + 32, 1);                          /* NumCounters */
        put(object + 40, 2);                          /* NumInstances */
        put(object + OBJECT, DEFINITION);
        for (int j = 0; j < 2; j++, instance += INSTANCE + BLOCK) {
            put(instance, INSTANCE);
            put(instance + INSTANCE, BLOCK);
        }
    }
    answer->observation.outcome = PROVIDER_RETURNED;
    answer->observation.bytes = answer->bytes;
    answer->observation.byte_count = BUFFER_SIZE;
    answer->observation.total_bytes = (uint32_t)(count * WHOLE);
    answer->observation.moved = (int64_t)(count * WHOLE);
    answer->observation.object_types = (uint32_t)count;
}

/* The faults, one function for each. */
static void sound(struct answer *answer)
{
    (void)answer;
}
static void moved_into_guard(struct answer *answer)
{
    answer->observation.moved = BUFFER_SIZE + 20;
}
static void moved_to_end_of_guard(struct answer *answer)
{
    answer->observation.moved = BUFFER_SIZE + PROVIDER_GUARD_SIZE;
}
static void moved_past_guard(struct answer *answer)
{
    answer->observation.moved = BUFFER_SIZE + PROVIDER_GUARD_SIZE + 1;
}
static void moved_back(struct answer *answer)
{
    answer->observation.moved = -8;
}
static void moved_too_little(struct answer *answer)
{
    answer->observation.moved -= 8;
}
static void front_guard(struct answer *answer)
{
    answer->observation.damage.before = true;
}
static void rear_guard(struct answer *answer)
{
    answer->observation.damage.after = true;
}
static void reserve(struct answer *answer)
{
    answer->observation.damage.reserve_used = 100;
}
static void claims_more(struct answer *answer)
{
    answer->observation.total_bytes = BUFFER_SIZE + 8;
    answer->observation.moved = BUFFER_SIZE + 8;
}
static void object_too_short(struct answer *answer)
{
    put(object_at(answer, 0), WHOLE - 8);
}
static void object_length_0(struct answer *answer)
{
    put(object_at(answer, 0), 0);
}
static void object_length_huge(struct answer *answer)
{
    put(object_at(answer, 0), 0xFFFFFFF8);
}
static void one_object_too_many(struct answer *answer)
{
    answer->observation.object_types++;
}
static void billions_of_objects(struct answer *answer)
{
    answer->observation.object_types = 0xFFFFFFFF;
}
static void objects_but_no_bytes(struct answer *answer)
{
    answer->observation.total_bytes = 0;
    answer->observation.moved = 0;
}
static void block_too_long(struct answer *answer)
{
    put(object_at(answer, 0) + OBJECT + DEFINITION + INSTANCE, BLOCK + 4);
}
static void instance_length_0(struct answer *answer)
{
    put(object_at(answer, 0) + OBJECT + DEFINITION, 0);
}
static void one_instance_too_many(struct answer *answer)
{
    put(object_at(answer, 0) + 40, 3);
}
static void one_instance_too_few(struct answer *answer)
{
    put(object_at(answer, 0) + 40, 1);
}
static void billions_of_instances(struct answer *answer)
{
    put(object_at(answer, 0) + 40, 0x7FFFFFFF);
}
static void definition_length_huge(struct answer *answer)
{
    put(object_at(answer, 0) + 4, 0xFFFFFFF0);
}
static void definitions_past_their_end(struct answer *answer)
{
    put(object_at(answer, 0) + 32, 2);
}
static void header_length_0(struct answer *answer)
{
    put(object_at(answer, 0) + 8, 0);
}
static void total_no_multiple_of_8(struct answer *answer)
{
    answer->observation.total_bytes -= 4;
    answer->observation.moved -= 4;
}

static const struct {
    const char *name;
    void (*break_it)(struct answer *answer);
    uint32_t events[4]; /* of event_table.def: the one to be logged at levels 1 to 4; 0: none */
} cases[] = {
    { "sound", sound, { 0, 0, 0, 0 } },
    { "moved into guard", moved_into_guard, { 1001, 1001, 0, 0 } },
    { "moved to end of guard", moved_to_end_of_guard, { 1001, 1001, 0, 0 } },
    { "moved past guard", moved_past_guard, { 1013, 1013, 0, 0 } },
    { "moved back", moved_back, { 2000, 2000, 0, 0 } },
    { "moved too little", moved_too_little, { 2000, 2000, 0, 0 } },
    { "front guard", front_guard, { 1002, 1002, 0, 0 } },
    { "rear guard", rear_guard, { 1002, 1002, 0, 0 } },
    { "reserve", reserve, { 1013, 1013, 0, 0 } },
    { "claims more", claims_more, { 1020, 1020, 1020, 1020 } },
    { "object too short", object_too_short, { 1003, 0, 0, 0 } },
    { "object length 0", object_length_0, { 1003, 0, 0, 0 } },
    { "object length huge", object_length_huge, { 1003, 0, 0, 0 } },
    { "one object too many", one_object_too_many, { 1003, 0, 0, 0 } },
    { "billions of objects", billions_of_objects, { 1003, 0, 0, 0 } },
    { "objects but no bytes", objects_but_no_bytes, { 1003, 0, 0, 0 } },
    { "block too long", block_too_long, { 1004, 0, 0, 0 } },
    { "instance length 0", instance_length_0, { 1004, 0, 0, 0 } },
    { "one instance too many", one_instance_too_many, { 1004, 0, 0, 0 } },
    { "one instance too few", one_instance_too_few, { 1004, 0, 0, 0 } },
    { "billions of instances", billions_of_instances, { 1004, 0, 0, 0 } },
    { "definition length huge", definition_length_huge, { 1019, 0, 0, 0 } },
    { "definitions past their end", definitions_past_their_end, { 1019, 0, 0, 0 } },
    { "header length 0", header_length_0, { 1019, 0, 0, 0 } },
    { "no multiple of 8", total_no_multiple_of_8, { 1016, 1016, 1016, 1016 } },
};

static size_t check(struct answer *answer, uint32_t level, uint32_t flags,
                    struct test_level_failure failures[TEST_LEVEL_FAILURES])
{
    return test_level_check(level, flags, BUFFER_SIZE, &answer->observation, failures);
}

static void each_level_makes_its_own_tests(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (uint32_t level = 1; level <= 4; level++) {
            struct test_level_failure failures[TEST_LEVEL_FAILURES];
            struct answer answer;
            uint32_t wanted = cases[i].events[level - 1];

            make(&answer, 2);
            cases[i].break_it(&answer);
            size_t count = check(&answer, level, 0, failures), found = 0;
            while (found < count && failures[found].event_id != wanted)
                found++;
            if (wanted ? found == count : count != 0)
                fail_msg("%s at level %u: %u failures, the first %u", cases[i].name,
                         (unsigned)level, (unsigned)count,
                         (unsigned)(count ? failures[0].event_id : 0));
        }
}

static void all_that_fail_are_reported(void **state)
{
    struct test_level_failure failures[TEST_LEVEL_FAILURES];
    struct answer answer;

    (void)state;
    make(&answer, 2);
    rear_guard(&answer);
    moved_too_little(&answer);
    block_too_long(&answer);
    assert_int_equal(check(&answer, 1, 0, failures), 3);
}

static void the_numbers_of_an_event_say_how_much_and_which(void **state)
{
    struct test_level_failure failures[TEST_LEVEL_FAILURES];
    struct answer answer;

    (void)state;
    make(&answer, 2);
    moved_into_guard(&answer);
    answer.observation.total_bytes = 0;
    answer.observation.object_types = 0;
    assert_int_equal(check(&answer, 2, 0, failures), 2);
    assert_int_equal(failures[0].event_id, 1001);
    assert_int_equal(failures[0].numbers[0],
                     /* the returned size, not the part beyond the limit */
                     BUFFER_SIZE + 20);

    make(&answer, 2);
    put(object_at(&answer, 1) + OBJECT + DEFINITION + INSTANCE, BLOCK + 8);
    assert_int_equal(check(&answer, 1, 0, failures), 1);
    assert_int_equal(failures[0].event_id, 1004);
    assert_int_equal(failures[0].numbers[0], 3100);
}

static void an_object_without_instances_needs_no_walk(void **state)
{
    static const uint32_t counts[] = { 0, (uint32_t)-1, (uint32_t)-2, (uint32_t)-3 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        struct test_level_failure failures[TEST_LEVEL_FAILURES];
        struct answer answer;
        make(&answer, 1);
        put(object_at(&answer, 0) + 40, counts[i]);
        assert_int_equal(check(&answer, 1, 0, failures), 0);
    }
}

static void configuration_flags_switch_tests_off(void **state)
{
    struct test_level_failure failures[TEST_LEVEL_FAILURES];
    struct answer answer;

    (void)state;
    make(&answer, 2);
    rear_guard(&answer);
    assert_int_equal(check(&answer, 1, CONFIGURATION_NO_BUFFER_TEST, failures), 0);
    make(&answer, 2);
    total_no_multiple_of_8(&answer);
    assert_int_equal(check(&answer, 4, CONFIGURATION_NO_ALIGNMENT_TEST, failures), 0);
    assert_int_equal(check(&answer, 4, 0, failures), 1);
    assert_false(failures[0].is_fatal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_makes_its_own_tests),
        cmocka_unit_test(all_that_fail_are_reported),
        cmocka_unit_test(the_numbers_of_an_event_say_how_much_and_which),
        cmocka_unit_test(an_object_without_instances_needs_no_walk),
        cmocka_unit_test(configuration_flags_switch_tests_off),
    };

    return cmocka_run_group_tests_name("test_level", tests, NULL, NULL);
}
