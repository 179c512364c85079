/* SPDX-License-Identifier: MIT
 *
 * Logarithm and exponential by short series: see profile_weight.h. Both are accurate to eight
 * digits.
 */
#include "profile_weight.h"

#include <string.h>

#include "profile_file.h"

#define LN_2 0.69314718055994530942 /* the natural logarithm of 2 */

/* The terms of a series are added in pairs, and pairs of pairs: the processor computes them side by side, while
   each step of Horner's method would wait for the one before. */

/* ln x for a normal x above 0: from the exponent, and twice the area hyperbolic tangent of the
   mantissa. */
static double logarithm(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    int exponent = (int)(bits >> 52) - 1023; /* a double has its exponent + 1,023, above 52 bits */
    bits = (bits & ~(UINT64_C(0xFFF) << 52)) | UINT64_C(1023) << 52;
    memcpy(&x, &bits, sizeof(x)); /* now 1 to 2 */
    if (x > 1.41421356) {         /* the square root of 2 */
        x /= 2;
        exponent++;
    }
    /* 1 + q / 3 + q^2 / 5 + …: |s| is 0.172 at most, so what is left out after eight terms is about 1e-14. */
    const double s = (x - 1) / (x + 1), q = s * s, q2 = q * q, q4 = q2 * q2;
    const double sum = (1 + q * (1 / 3.0)) + (1 / 5.0 + q * (1 / 7.0)) * q2 +
                       ((1 / 9.0 + q * (1 / 11.0)) + (1 / 13.0 + q * (1 / 15.0)) * q2) * q4;
    return exponent * LN_2 + 2 * s * sum;
}

/* 1 - exp(-x) for x above 0. */
static double probability(double x)
{
    double scale;

    if (x > 40) /* exp(-x) is less than half of the last of 53 bits */
        return 1;
    /* exp(-x) is 2^-halvings exp(-y), and |y| is ln 2 / 2 at most. */
    const int halvings = (int)(x * (1 / LN_2) + 0.5);
    const uint64_t bits = (uint64_t)(1023 - halvings) << 52;
    memcpy(&scale, &bits, sizeof(scale));
    /* 1 - exp(-y) = y (1 - y / 2! + y^2 / 3! - …): what is left out after ten terms is less than 1e-12. */
    const double y = x - halvings * LN_2, y2 = y * y, y4 = y2 * y2;
    const double sum =
        (1 - y * (1 / 2.0)) + (1 / 6.0 - y * (1 / 24.0)) * y2 +
        ((1 / 120.0 - y * (1 / 720.0)) + (1 / 5040.0 - y * (1 / 40320.0)) * y2) * y4 +
        (1 / 362880.0 - y * (1 / 3628800.0)) * (y4 * y4);
    return (1 - scale) + scale * (y * sum);
}

uint64_t profile_weight_distance(uint64_t *random, uint64_t rate)
{
    uint64_t state = *random;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    *random = state;
    /* The generator is xorshift64*: 53 bits of a scrambled copy give a number above 0 and at most 1. */
    double u = (double)((state * UINT64_C(0x2545F4914F6CDD1D) >> 11) + 1) / 9007199254740992.0;
    return (uint64_t)(-logarithm(u) * (double)rate) + 1;
}

struct profile_weight profile_weight_of(uint64_t size, uint64_t rate)
{
    if (rate <= PROFILE_RATE_ALL)
        return (struct profile_weight){ PROFILE_COUNT_UNIT, size };
    double p = probability(((double)size + 1) / (double)rate);
    const double blocks = 1 / p; /* that the sample represents */
    return (struct profile_weight){ (uint64_t)(PROFILE_COUNT_UNIT * blocks + 0.5),
                                    (uint64_t)((double)size * blocks + 0.5) };
}
