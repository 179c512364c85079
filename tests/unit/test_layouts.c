/* SPDX-License-Identifier: MIT
 *
 * winperf.h, perflib.h, processsnapshot.h: every size, offset, alignment and number compared with
 * the reference's. layout_assertions.h has compared them already at compile time; here each
 * difference gets a name, and bytes prove that the offsets are right.
 */
#include "unit.h"

#include "layout_assertions.h"

struct comparison {
    const char *name;
    long long is, should_be;
};

static void compare(const struct comparison *comparisons, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (comparisons[i].is != comparisons[i].should_be)
            fail_msg("%s is %lld, not %lld", comparisons[i].name, comparisons[i].is,
                     comparisons[i].should_be);
}

static void sizes_and_alignments_are_those_of_the_reference(void **state)
{
    static const struct comparison comparisons[] = {
#define LAYOUT(type, size86, size64, align86, align64)                                             \
    { "size of " #type, sizeof(type), BY_POINTER(size86, size64) },                                \
        { "alignment of " #type, ALIGNMENT_OF(type), BY_POINTER(align86, align64) },
#define MEMBER(type, member, offset86, offset64, size)
#include "layouts.def"
#undef LAYOUT
#undef MEMBER
    };

    (void)state;
    compare(comparisons, UNIT_COUNT(comparisons));
}

static void members_lie_where_the_reference_says(void **state)
{
    static const struct comparison comparisons[] = {
#define LAYOUT(type, size86, size64, align86, align64)
#define MEMBER(type, member, offset86, offset64, size)                                             \
    { "offset of " #type "." #member, offsetof(type, member), BY_POINTER(offset86, offset64) },    \
        { "size of " #type "." #member, sizeof(((type *)0)->member), size },
#include "layouts.def"
#undef LAYOUT
#undef MEMBER
    };

    (void)state;
    compare(comparisons, UNIT_COUNT(comparisons));
}

static void numbers_are_those_of_the_reference(void **state)
{
    static const struct comparison comparisons[] = {
#define CONSTANT(name, value) { #name, (long long)(name), (long long)(value) },
#include "constants.def"
#undef CONSTANT
    };

    (void)state;
    compare(comparisons, UNIT_COUNT(comparisons));
}

/* The first 104 bytes of the documentation's sample object "Peer", made by assigning members. */
static void assigned_members_give_the_documented_bytes(void **state)
{
    static const uint32_t documented[] = {
        0xe8, 0x68, 0x40, 0x73e, 0,     0x73f, 0,     0xc8, 1, 0xffffffff, 2,       0, 0,
        0,    0,    0,    0x28,  0x740, 0,     0x741, 0,    0, 0xc8,       0x10000, 4, 4,
    };
    struct {
        PERF_OBJECT_TYPE object;
        PERF_COUNTER_DEFINITION counter;
    } made;

    (void)state;
    memset(&made, 0, sizeof(made));
    made.object.TotalByteLength = 232;
    made.object.DefinitionLength = 104;
    made.object.HeaderLength = sizeof(made.object);
    made.object.ObjectNameTitleIndex = 1854;
    made.object.ObjectHelpTitleIndex = 1855;
    made.object.DetailLevel = PERF_DETAIL_ADVANCED;
    made.object.NumCounters = 1;
    made.object.DefaultCounter = -1;
    made.object.NumInstances = 2;
    made.counter.ByteLength = sizeof(made.counter);
    made.counter.CounterNameTitleIndex = 1856;
    made.counter.CounterHelpTitleIndex = 1857;
    made.counter.DetailLevel = PERF_DETAIL_ADVANCED;
    made.counter.CounterType = PERF_COUNTER_RAWCOUNT;
    made.counter.CounterSize = 4;
    made.counter.CounterOffset = 4;

    assert_int_equal(sizeof(made), sizeof(documented));
    assert_memory_equal(&made, documented, sizeof(documented));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_alignments_are_those_of_the_reference),
        cmocka_unit_test(members_lie_where_the_reference_says),
        cmocka_unit_test(numbers_are_those_of_the_reference),
        cmocka_unit_test(assigned_members_give_the_documented_bytes),
    };

    return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
