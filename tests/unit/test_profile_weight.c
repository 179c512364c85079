/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of sampling, compared with libm and with the averages that sums must have.
 */
#include <math.h>

#include "profile_file.h"
#include "profile_weight.h"
#include "unit.h"

static void distances_are_exponentially_distributed(void **state)
{
    enum { DRAWS = 200000 };
    uint64_t random = 88172645463325252u; /* the seed of Marsaglia's xorshift */
    double sum = 0;
    unsigned beyond[4] = { 0 };

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t distance = profile_weight_distance(&random, 65536);
        /* The logarithm is that of 2^-53 or more, so a distance is at most 37 times the rate. */
        assert_true(distance >= 1 && distance < UINT64_C(65536) * 40);
        sum += (double)distance;
        for (unsigned k = 0; k < 4; k++)
            beyond[k] += distance > (k + 1) * 65536;
    }
    /* The generator has a fixed seed. Four standard deviations are 0.9 % of the mean. */
    assert_true(fabs(sum / DRAWS / 65536 - 1) < 0.01);
    /* The same of a share are 0.0044: it is sqrt(e^-1 (1 - e^-1) / DRAWS) or less. */
    for (unsigned k = 0; k < 4; k++)
        assert_true(fabs(beyond[k] / (double)DRAWS - exp(-(double)(k + 1))) < 0.005);
}

static void a_weight_is_the_inverse_of_the_probability(void **state)
{
    static const uint64_t rates[] = { 4096, 65536, 524288, 1 << 30 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rates); i++)
        for (uint64_t size = 0; size < UINT64_C(1) << 40; size = size * 3 / 2 + 1) {
            struct profile_weight weight = profile_weight_of(size, rates[i]);
            double p = -expm1(-((double)size + 1) / (double)rates[i]);
            assert_true(fabs((double)weight.count * p / PROFILE_COUNT_UNIT - 1) < 1e-4);
            assert_true(fabs((double)weight.bytes - (double)size / p) <=
                        1 + 1e-7 * (double)size / p);
        }
}

static void with_rate_1_a_block_stands_for_itself(void **state)
{
    (void)state;
    for (uint64_t size = 0; size < 5000; size += 7) {
        struct profile_weight weight = profile_weight_of(size, 1);
        assert_int_equal(weight.count, PROFILE_COUNT_UNIT);
        assert_int_equal(weight.bytes, size);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_exponentially_distributed),
        cmocka_unit_test(a_weight_is_the_inverse_of_the_probability),
        cmocka_unit_test(with_rate_1_a_block_stands_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
