/* SPDX-License-Identifier: MIT
 *
 * Logarithm and exponential by short series: see profile_weight.h. Both are accurate to eight
 * digits.
 */
#include "profile_weight.h"

#include <string.h>

#include "profile_file.h"

#define LN_2 0.69314718055994530942 /* the natural logarithm of 2 */

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
    /* Eight terms: |s| is 0.172 at most, so what is left out is about 1e-14. */
    double s = (x - 1) / (x + 1), q = s * s, sum = 0;
    for (int i = 15; i >= 1; i -= 2)
        sum = sum * q + 1.0 / i;
    return exponent * LN_2 + 2 * s * sum;
}

/* 1 - exp(-x) for x above 0. */
static double probability(double x)
{
    double term = 1, sum = 0, power = 1;
    int halvings = 0;

    if (x > 40) /* exp(-x) is less than half of the last of 53 bits */
        return 1;
    /* Halve x until it is small enough for a series: 1 - exp(-x) = x (1 - x/2 (1 - x/3 (...))). Of 0.5, what is left
       out after 12 terms is less than 1e-13. */
    double y = x;
    for (; y > 0.5; halvings++)
        y /= 2;
    for (int i = 12; i >= 2; i--)
        power = 1 - y / i * power;
    sum = y * power;
    /* Double it again: 1 - exp(-2x) = p (2 - p). */
    for (term = sum; halvings > 0; halvings--)
        term = term * (2 - term);
    return term;
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
    return (struct profile_weight){ (uint64_t)(PROFILE_COUNT_UNIT / p + 0.5),
                                    (uint64_t)((double)size / p + 0.5) };
}
