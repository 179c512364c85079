/* SPDX-License-Identifier: MIT
 *
 * The calculator compared with the worked examples of the reference, and with a calculation in this
 * file over random samples.
 */
#include "unit.h"

#include <math.h>

#include "cook.h"

#define NO_VALUE (-1.0)

/* The clocks of all worked examples, as in struct cook_times. Two seconds pass: at 10 MHz, in units of
   100 ns, and at the object's 1000 Hz. */
static const struct cook_times older_times = { 1000000000, 10000000, 500000000, 50000, 1000 };
static const struct cook_times newer_times = { 1020000000, 10000000, 520000000, 52000, 1000 };

struct example {
    const char *name;
    uint32_t type, size;
    uint64_t older, newer;
    uint32_t base_size;
    uint64_t older_base, newer_base;
    double expected;
};

/* The figures that cannot be written exactly have 6 decimal places. */
static const struct example examples[] = {
    { "RAWCOUNT", 0x00010000, 4, 7, 42, 0, 0, 0, 42 },
    { "LARGE_RAWCOUNT", 0x00010100, 8, 7, 42, 0, 0, 0, 42 },
    { "RAWCOUNT_HEX", 0x00000000, 4, 7, 42, 0, 0, 0, 0x2A },
    { "LARGE_RAWCOUNT_HEX", 0x00000100, 8, 7, 42, 0, 0, 0, 0x2A },
    { "DELTA", 0x00400400, 4, 100, 175, 0, 0, 0, 75 },
    { "LARGE_DELTA", 0x00400500, 8, 100, 175, 0, 0, 0, 75 },
    { "COUNTER_COUNTER", 0x10410400, 4, 1000, 1500, 0, 0, 0, 250 },
    { "SAMPLE_COUNTER", 0x00410400, 4, 1000, 1500, 0, 0, 0, 250 },
    { "COUNTER_COUNTER, one wrap", 0x10410400, 4, 0xFFFFFFF0, 0x10, 0, 0, 0, 16 },
    { "BULK_COUNT", 0x10410500, 8, 8000000000, 9000000000, 0, 0, 0, 500000000 },
    { "QUEUELEN", 0x00450400, 4, 5, 60000005, 0, 0, 0, 3.0 },
    { "LARGE_QUEUELEN", 0x00450500, 8, 5, 60000005, 0, 0, 0, 3.0 },
    { "100NS_QUEUELEN", 0x00550500, 8, 5, 50000005, 0, 0, 0, 2.5 },
    { "OBJ_TIME_QUEUELEN", 0x00650500, 8, 5, 5005, 0, 0, 0, 2.5 },
    { "TIMER", 0x20410500, 8, 9, 5000009, 0, 0, 0, 25 },
    { "TIMER_INV", 0x21410500, 8, 9, 5000009, 0, 0, 0, 75 },
    { "100NSEC_TIMER", 0x20510500, 8, 9, 12500009, 0, 0, 0, 62.5 },
    { "100NSEC_TIMER_INV", 0x21510500, 8, 9, 12500009, 0, 0, 0, 37.5 },
    { "OBJ_TIME_TIMER", 0x20610500, 8, 9, 509, 0, 0, 0, 25 },
    { "OBJ_TIME_TIMER, 4 bytes", 0x20610500, 4, 9, 509, 0, 0, 0, 25 },
    { "PRECISION_SYSTEM_TIMER", 0x20470500, 8, 0, 5000000, 8, 0, 19990000, 25.012506 },
    { "PRECISION_100NS_TIMER", 0x20570500, 8, 0, 12500000, 8, 0, 20010000, 62.468766 },
    { "PRECISION_OBJECT_TIMER", 0x20670500, 8, 0, 500, 8, 0, 1999, 25.012506 },
    { "RAW_FRACTION", 0x20020400, 4, 0, 30, 4, 0, 120, 25 },
    { "LARGE_RAW_FRACTION", 0x20020500, 8, 0, 30, 8, 0, 120, 25 },
    { "SAMPLE_FRACTION", 0x20C20400, 4, 200, 290, 4, 1000, 1100, 90 },
    { "AVERAGE_TIMER", 0x30020400, 4, 1, 4000001, 4, 2, 10, 0.05 },
    { "AVERAGE_TIMER, 8 bytes", 0x30020400, 8, 1, 4000001, 4, 2, 10, 0.05 },
    { "AVERAGE_BULK", 0x40020500, 8, 0, 81920, 4, 5, 25, 4096 },
    { "MULTI_TIMER, ticks", 0x22410500, 8, 0, 10000000, 8, 4, 4, 12.5 },
    { "100NSEC_MULTI_TIMER", 0x22510500, 8, 0, 10000000, 8, 4, 4, 12.5 },
    { "MULTI_TIMER_INV", 0x23410500, 8, 0, 10000000, 8, 4, 4, 350 },
    { "100NSEC_MULTI_TIMER_INV", 0x23510500, 8, 0, 10000000, 8, 4, 4, 350 },
    { "ELAPSED_TIME", 0x30240500, 8, 0, 22000, 0, 0, 0, 30 },
    { "TEXT", 0x00000B00, 8, 1, 2, 0, 0, 0, NO_VALUE },
    { "NODATA", 0x40000200, 0, 0, 0, 0, 0, 0, NO_VALUE },
    { "HISTOGRAM", 0x80000000, 8, 1, 2, 0, 0, 0, NO_VALUE },
    { "SAMPLE_BASE", 0x40030401, 4, 1, 2, 0, 0, 0, NO_VALUE },
    { "AVERAGE_BASE", 0x40030402, 4, 1, 2, 0, 0, 0, NO_VALUE },
    { "RAW_BASE", 0x40030403, 4, 1, 2, 0, 0, 0, NO_VALUE },
    { "LARGE_RAW_BASE", 0x40030500, 8, 1, 2, 0, 0, 0, NO_VALUE },
    { "LARGE_RAW_BASE of WMI", 0x40030503, 8, 1, 2, 0, 0, 0, NO_VALUE },
    { "MULTI_BASE", 0x42030500, 8, 1, 2, 0, 0, 0, NO_VALUE },
    { "no type", 0x12345678, 8, 1, 2, 0, 0, 0, NO_VALUE },

    { "rate, went back, 4 bytes", 0x10410400, 4, 1500, 1000, 0, 0, 0, NO_VALUE },
    { "rate, went back, 8 bytes", 0x10410500, 8, 1500, 1000, 0, 0, 0, NO_VALUE },
    { "rate, large step forward, 4 bytes", 0x10410400, 4, 0, 0xFFFFFFFE, 0, 0, 0, 2147483647 },
    { "base went back", 0x40020500, 8, 0, 81920, 4, 25, 5, NO_VALUE },
    { "base wrapped", 0x40020500, 8, 0, 160, 4, 0xFFFFFFFC, 4, 20 },
    { "base did not move", 0x40020500, 8, 0, 81920, 4, 25, 25, NO_VALUE },
    { "fraction of 0", 0x20020400, 4, 0, 30, 4, 0, 0, NO_VALUE },
    { "fraction of a negative base", 0x20020500, 8, 0, 30, 8, 0, (uint64_t)-5, NO_VALUE },
    { "fraction without base", 0x20020400, 4, 0, 30, 0, 0, 0, NO_VALUE },
    { "multi-timer of none", 0x22510500, 8, 0, 10000000, 8, 4, 0, NO_VALUE },
    { "inverse beyond all time is 0", 0x21410500, 8, 0, 20000001, 0, 0, 0, 0 },
    { "multi inverse beyond all time is 0", 0x23410500, 8, 0, 90000000, 8, 4, 4, 0 },
    { "elapsed, not begun", 0x30240500, 8, 0, 0, 0, 0, 0, NO_VALUE },
    { "elapsed, begins in the future", 0x30240500, 8, 0, 52001, 0, 0, 0, NO_VALUE },
    { "elapsed, just begun", 0x30240500, 8, 0, 52000, 0, 0, 0, 0 },
    { "value with an invalid size", 0x00010000, 2, 7, 42, 0, 0, 0, NO_VALUE },
    { "largest raw value is positive", 0x00010100, 8, 0, UINT64_MAX, 0, 0, 0,
      18446744073709551615.0 },
};

static struct cook_sample sample_of(uint64_t value, uint32_t size, uint64_t base,
                                    uint32_t base_size, const struct cook_times *times)
{
    return (struct cook_sample){ { value, size }, { base, base_size }, *times };
}

static void every_worked_example_comes_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(examples); i++) {
        const struct example *e = &examples[i];
        const struct cook_sample older =
            sample_of(e->older, e->size, e->older_base, e->base_size, &older_times);
        const struct cook_sample newer =
            sample_of(e->newer, e->size, e->newer_base, e->base_size, &newer_times);
        double cooked = NO_VALUE;
        const bool has_value = cook(cook_find_type(e->type), &older, &newer, NULL, &cooked);

        if (has_value != (e->expected >= 0) ||
            fabs(cooked - e->expected) > 1e-6 * (1 + fabs(e->expected)) / 2)
            fail_msg("%s: %.9g, expected %.9g", e->name, cooked, e->expected);
    }
}

static void a_multi_timer_can_be_read_as_published(void **state)
{
    const struct cook_options options = { .is_multi_timer_in_seconds = true };
    const struct cook_sample older = sample_of(0, 8, 4, 8, &older_times);
    struct cook_sample newer = sample_of(1, 8, 4, 8, &newer_times);
    double cooked = NO_VALUE;

    (void)state;
    assert_true(cook(cook_find_type(0x22410500), &older, &newer, &options, &cooked));
    assert_true(cooked == 12.5); /* one second of four sources in two seconds: 1 / (2 * 4) */
    newer.value.value = 10000000;
    assert_true(cook(cook_find_type(0x22410500), &older, &newer, &options, &cooked));
    assert_true(cooked == 125000000);
}

static void a_first_sample_has_a_value_only_where_one_is_enough(void **state)
{
    uint32_t count;
    const struct counter_type *types = cook_types(&count);

    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        const struct cook_sample newer = sample_of(30, 8, 120, 8, &newer_times);
        double cooked = NO_VALUE;

        if (cook(&types[i], NULL, &newer, NULL, &cooked) != (types[i].samples == 1))
            fail_msg("%s from one sample: %g", types[i].name, cooked);
        if (types[i].samples != 1 && cooked != NO_VALUE)
            fail_msg("%s: output changed without a value", types[i].name);
    }
}

static void without_time_or_frequency_no_time_based_value_exists(void **state)
{
    uint32_t count;
    const struct counter_type *types = cook_types(&count);
    struct cook_times stopped[3] = { older_times, newer_times, newer_times };

    (void)state;
    stopped[1].perf_time = older_times.perf_time - 1; /* all clocks went back */
    stopped[1].time_100ns = older_times.time_100ns - 1;
    stopped[1].object_time = older_times.object_time - 1;
    stopped[2].perf_freq = 0;
    stopped[2].object_freq = -1000;
    for (uint32_t i = 0; i < count; i++) {
        const bool uses_frequency = types[i].unit == COOK_UNIT_PER_SECOND ||
                                    types[i].unit == COOK_UNIT_SECONDS ||
                                    types[i].type == 0x00410400;

        if (types[i].clock == COOK_CLOCK_NONE || types[i].samples == 0)
            continue;
        for (unsigned j = 0; j < 3; j++) {
            const struct cook_sample older = sample_of(100, 8, 100, 8, &older_times);
            const struct cook_sample newer = sample_of(200, 8, 200, 8, &stopped[j]);
            const bool expects_value =
                j == 2 ? !uses_frequency : types[i].samples == 1 || types[i].type == 0x30020400;
            double cooked = NO_VALUE;

            if (cook(&types[i], &older, &newer, NULL, &cooked) != expects_value)
                fail_msg("%s, clocks %u: %g", types[i].name, j, cooked);
        }
    }
}

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A number of any magnitude, so that small numbers, equal ones and extremes all occur. */
static uint64_t random_number(void)
{
    const uint64_t bits = random_bits();

    return random_bits() >> (bits % 8 == 0 ? 0 : bits % 64);
}

/* The reference's formulas by the bits of the type instead of a table, in exact integers as far
   as they fit; -1: no value. In winperf.h 0xC00 are the bits of the kind, 0x70000 those of the
   calculation, 0x300 those of the size and 0x300000 those of the clock. */
static long double calculated(uint32_t type, const struct cook_sample *s0,
                              const struct cook_sample *s1)
{
    const uint32_t kind = type & 0xC00, subtype = type & 0x70000;
    const bool is_fraction = kind == 0x400 && (subtype == 0x20000 || subtype == 0x70000);
    const bool is_multi = (type & 0x02000000) != 0;
    const bool needs_two =
        kind == 0x400 && subtype != 0x40000 && type != 0x20020400 && type != 0x20020500;
    const bool has_number = (type & 0x300) <= 0x100 && !(type & 0x80000000) && kind <= 0x400 &&
                            !(kind == 0x400 && subtype == 0x30000);
    const uint32_t timebase = type & 0x300000;
    const int64_t t1 = timebase == 0          ? s1->times.perf_time
                       : timebase == 0x100000 ? s1->times.time_100ns
                                              : s1->times.object_time;
    const int64_t t0 = timebase == 0          ? s0->times.perf_time
                       : timebase == 0x100000 ? s0->times.time_100ns
                                              : s0->times.object_time;
    const int64_t f = timebase == 0          ? s1->times.perf_freq
                      : timebase == 0x100000 ? 10000000
                                             : s1->times.object_freq;
    const long double two32 = 4294967296.0L;
    long double n = s1->value.value, b = s1->base.value, t = (long double)t1 - t0, result;

    if (!has_number)
        return -1;
    if (needs_two) {
        n -= s0->value.value;
        if (n < 0 && s1->value.size == 4 && n + two32 < two32 / 2)
            n += two32;
        if (n < 0)
            return -1;
    }
    if (is_fraction && needs_two) {
        b -= s0->base.value;
        if (b < 0 && s1->base.size == 4 && b + two32 < two32 / 2)
            b += two32;
    }
    if ((is_fraction || is_multi) && (b <= 0 || b > INT64_MAX))
        return -1;

    if (kind == 0)
        return n;
    if (is_fraction) {
        if (type == 0x30020400)
            return f > 0 ? n / b / f : -1;
        return type & 0x20000000 && !(type & 0x10000000) ? n * 100 / b : n / b;
    }
    if (subtype == 0)
        return n;
    if (subtype == 0x40000) /* elapsed */
        return f <= 0 || n == 0 || n > t1 ? -1 : (t1 - n) / f;
    if (t <= 0 || t > INT64_MAX)
        return -1;
    if (subtype == 0x50000) /* queue length */
        return n / t;
    if (!(type & 0x20000000)) /* per second */
        return f > 0 ? n * f / t : -1;

    result = n / t * 100;
    if (type & 0x01000000)
        result = (is_multi ? b * 100 : 100) - result;
    else if (is_multi)
        result /= b;
    return result < 0 ? 0 : result;
}

static void random_samples_agree_with_a_calculation_of_their_own(void **state)
{
    uint32_t count, values = 0;
    const struct counter_type *types = cook_types(&count);

    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        const struct counter_type *type = &types[random_bits() % count];
        const uint32_t size = random_bits() % 4 ? (type->type & 0x100 ? 8 : 4) : 8;
        const uint32_t base_size = random_bits() % 2 ? 8 : 4;
        const uint64_t mask = size == 4 ? UINT32_MAX : UINT64_MAX;
        const uint64_t base_mask = base_size == 4 ? UINT32_MAX : UINT64_MAX;
        struct cook_sample s[2];
        double cooked = NO_VALUE;
        const bool is_inverse = (type->type & 0x01000000) != 0;
        long double expected;
        bool has_value;

        for (unsigned i = 0; i < 2; i++) {
            s[i] = (struct cook_sample){ { random_number() & mask, size },
                                         { random_number() & base_mask, base_size },
                                         { (int64_t)random_number(), (int64_t)random_number(),
                                           (int64_t)random_number(), (int64_t)random_number(),
                                           (int64_t)random_number() } };
        }
        if (random_bits() % 4) { /* most pairs are valid: the newer sample is later and larger */
            s[1].value.value = (s[0].value.value + random_number()) & mask;
            s[1].base.value = (s[0].base.value + random_number()) & base_mask;
            s[1].times = s[0].times;
            s[1].times.perf_time = (int64_t)((uint64_t)s[1].times.perf_time + random_number() / 4);
            s[1].times.time_100ns =
                (int64_t)((uint64_t)s[1].times.time_100ns + random_number() / 4);
            s[1].times.object_time =
                (int64_t)((uint64_t)s[1].times.object_time + random_number() / 4);
        }

        expected = calculated(type->type, &s[0], &s[1]);
        has_value = cook(type, &s[0], &s[1], NULL, &cooked);
        values += has_value;
        if (has_value != (expected >= 0) || (has_value && (!isfinite(cooked) || cooked < 0)))
            fail_msg("%s, round %u: %s value %.17g, expected %.17g", type->name, round,
                     has_value ? "a" : "no", cooked, (double)expected);
        /* An inverse timer subtracts from 100 % of each source. Only this subtraction is exact. */
        if (has_value &&
            fabsl(cooked - expected) >
                1e-12L * (expected + (is_inverse ? 100 * (1 + (long double)s[1].base.value) : 0)))
            fail_msg("%s, round %u: %.17g, expected %.17g", type->name, round, cooked,
                     (double)expected);
    }
    assert_true(values > 50000); /* of 200,000: many types or samples have no value */
}

static void every_type_of_the_table_is_found_by_its_number_and_its_base_is_one(void **state)
{
    uint32_t count;
    const struct counter_type *types = cook_types(&count);

    (void)state;
    assert_int_equal(count, 39); /* as in constants.def, where two names share one number */
    for (uint32_t i = 0; i < count; i++) {
        assert_ptr_equal(cook_find_type(types[i].type), &types[i]);
        if (types[i].base && (!cook_is_base_type(types[i].base) || !cook_find_type(types[i].base)))
            fail_msg("%s: its base is not a base", types[i].name);
    }
    assert_false(cook_is_base_type(0x20470500)); /* PRECISION has all bits of BASE, and more */
    assert_null(cook_find_type(0x10410401));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worked_example_comes_out),
        cmocka_unit_test(a_multi_timer_can_be_read_as_published),
        cmocka_unit_test(a_first_sample_has_a_value_only_where_one_is_enough),
        cmocka_unit_test(without_time_or_frequency_no_time_based_value_exists),
        cmocka_unit_test(random_samples_agree_with_a_calculation_of_their_own),
        cmocka_unit_test(every_type_of_the_table_is_found_by_its_number_and_its_base_is_one),
    };

    return cmocka_run_group_tests_name("cook", tests, NULL, NULL);
}
