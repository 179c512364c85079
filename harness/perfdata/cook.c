/* SPDX-License-Identifier: MIT
 *
 * Computes cooked values: one function for each formula, and a table that assigns formulas to
 * types. The decoder has read the input from the blob.
 */
#include "cook.h"

#include <math.h>
#include <stddef.h>

#include "winperf.h"

/* The difference of two samples is a struct cook_values. Size 0 marks a missing value. */

/* Whether a base exists and is above 0, also if it is read as a signed number. */
static bool is_divisor(const struct cook_raw *base)
{
    return base->size && base->value > 0 && base->value <= INT64_MAX;
}

#define FORMULA(name)                                                                              \
    static bool cook_##name(const struct cook_values *newer, const struct cook_values *d,          \
                            const struct cook_interval *time, const struct counter_type *type,     \
                            const struct cook_options *options, double *cooked)
#define UNUSED(name) ((void)(name))

FORMULA(nothing)
{
    UNUSED(newer), UNUSED(d), UNUSED(time), UNUSED(type), UNUSED(options), UNUSED(cooked);
    return false;
}

FORMULA(value)
{
    UNUSED(d), UNUSED(time), UNUSED(type), UNUSED(options);
    *cooked = (double)newer->value.value;
    return true;
}

FORMULA(delta)
{
    UNUSED(newer), UNUSED(time), UNUSED(type), UNUSED(options);
    if (!d->value.size)
        return false;
    *cooked = (double)d->value.value;
    return true;
}

/* factor * dX / dT. The multiplication comes first, so that exact quotients are exact. */
static bool cook_per_tick(const struct cook_values *d, double ticks, double factor, double *cooked)
{
    if (!d->value.size || !(ticks > 0))
        return false;
    *cooked = factor * (double)d->value.value / ticks;
    return true;
}

FORMULA(queue)
{
    UNUSED(newer), UNUSED(options);
    return cook_per_tick(d, time->ticks[type->clock], 1, cooked);
}

FORMULA(rate)
{
    const double frequency = time->frequency[type->clock];

    UNUSED(newer), UNUSED(options);
    return frequency > 0 && cook_per_tick(d, time->ticks[type->clock], frequency, cooked);
}

FORMULA(timer)
{
    UNUSED(newer), UNUSED(options);
    return cook_per_tick(d, time->ticks[type->clock], 100, cooked);
}

/* Two clocks are not read at the same instant, so the difference can exceed the time a little. The
   result is then 0 and not a negative percentage. */
FORMULA(timer_inv)
{
    double share;

    if (!cook_queue(newer, d, time, type, options, &share))
        return false;
    *cooked = share < 1 ? 100 * (1 - share) : 0;
    return true;
}

static bool cook_per_base(const struct cook_values *d, double factor, double *cooked)
{
    if (!d->value.size || !is_divisor(&d->base))
        return false;
    *cooked = factor * (double)d->value.value / (double)d->base.value;
    return true;
}

FORMULA(average)
{
    UNUSED(newer), UNUSED(time), UNUSED(type), UNUSED(options);
    return cook_per_base(d, 1, cooked);
}

FORMULA(precision)
{
    UNUSED(newer), UNUSED(time), UNUSED(type), UNUSED(options);
    return cook_per_base(d, 100, cooked);
}

FORMULA(average_time)
{
    const double frequency = time->frequency[type->clock];

    if (!(frequency > 0) || !cook_average(newer, d, time, type, options, cooked))
        return false;
    *cooked /= frequency;
    return true;
}

FORMULA(multi)
{
    const bool is_in_seconds = type->clock == COOK_CLOCK_PERF && options->is_multi_timer_in_seconds;

    if (!is_divisor(&newer->base) ||
        !(is_in_seconds ? cook_rate(newer, d, time, type, options, cooked)
                        : cook_queue(newer, d, time, type, options, cooked)))
        return false;
    *cooked = 100 * *cooked / (double)newer->base.value;
    return true;
}

FORMULA(multi_inv)
{
    double share;

    if (!is_divisor(&newer->base) || !cook_queue(newer, d, time, type, options, &share))
        return false;
    *cooked = share < (double)newer->base.value ? 100 * ((double)newer->base.value - share) : 0;
    return true;
}

FORMULA(fraction)
{
    UNUSED(d), UNUSED(time), UNUSED(type), UNUSED(options);
    if (!is_divisor(&newer->base))
        return false;
    *cooked = 100 * (double)newer->value.value / (double)newer->base.value;
    return true;
}

/* The raw value is the time at which the period began; 0: it has not begun. */
FORMULA(elapsed)
{
    const double frequency = time->frequency[type->clock];
    const int64_t now = time->object_now;

    UNUSED(d), UNUSED(options);
    if (!(frequency > 0) || !newer->value.value || now < 0 || newer->value.value > (uint64_t)now)
        return false;
    *cooked = (double)((uint64_t)now - newer->value.value) / frequency;
    return true;
}

#undef FORMULA

enum samples_needed {
    SAMPLES_nothing = 0,
    SAMPLES_value = 1,
    SAMPLES_fraction = 1,
    SAMPLES_elapsed = 1,
    SAMPLES_delta = 2,
    SAMPLES_rate = 2,
    SAMPLES_queue = 2,
    SAMPLES_timer = 2,
    SAMPLES_timer_inv = 2,
    SAMPLES_precision = 2,
    SAMPLES_multi = 2,
    SAMPLES_multi_inv = 2,
    SAMPLES_average = 2,
    SAMPLES_average_time = 2,
};

enum type_value {
#define COUNTER_TYPE(name, value, formula, clock, base, unit) TYPE_##name = (int)value,
#include "counter_types.def"
#undef COUNTER_TYPE
    TYPE_0 = 0,
};

static const struct counter_type types[] = {
#define COUNTER_TYPE(name, value, formula, clock, base, unit)                                      \
    { value,         #name, COOK_UNIT_##unit, COOK_CLOCK_##clock, TYPE_##base, SAMPLES_##formula,  \
      cook_##formula },
#include "counter_types.def"
#undef COUNTER_TYPE
};

#define SUBTYPE_MASK 0x00070C00u /* the kind of a type and its subtype */
#define SUBTYPE_BASE (PERF_TYPE_COUNTER | PERF_COUNTER_BASE)

const struct counter_type *cook_find_type(uint32_t type)
{
    if (type == COOK_LARGE_RAW_BASE_OF_WMI)
        type = (uint32_t)TYPE_PERF_LARGE_RAW_BASE;
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (types[i].type == type)
            return &types[i];
    return NULL;
}

const struct counter_type *cook_types(uint32_t *count)
{
    *count = (uint32_t)(sizeof(types) / sizeof(*types));
    return types;
}

bool cook_is_base_type(uint32_t type)
{
    return (type & SUBTYPE_MASK) == SUBTYPE_BASE;
}

/* Newer minus older; size 0 if the value decreased. */
static struct cook_raw raw_difference(const struct cook_raw *older, const struct cook_raw *newer)
{
    const struct cook_raw none = { 0, 0 };
    const uint64_t difference = newer->value - older->value;

    if (!newer->size || newer->size != older->size)
        return none;
    if (newer->value >= older->value)
        return (struct cook_raw){ difference, newer->size };
    if (newer->size == 4 && (uint32_t)difference < UINT32_C(0x80000000))
        return (struct cook_raw){ (uint32_t)difference, 4 };
    return none;
}

/* The difference, or 0 if the time did not change, decreased or is unknown. */
static int64_t time_difference(int64_t older, int64_t newer)
{
    const uint64_t difference = (uint64_t)newer - (uint64_t)older;

    return newer > older && difference <= INT64_MAX ? (int64_t)difference : 0;
}

static bool is_raw(const struct cook_raw *raw)
{
    return raw->size == 4 || raw->size == 8;
}

void cook_interval_init(struct cook_interval *interval, const struct cook_times *older,
                        const struct cook_times *newer)
{
    *interval = (struct cook_interval){
        .has_older = older != NULL,
        .object_now = newer->object_time,
        .frequency = { [COOK_CLOCK_PERF] = (double)newer->perf_freq,
                       [COOK_CLOCK_T100NS] = 1e7,
                       [COOK_CLOCK_OBJECT] = (double)newer->object_freq },
    };
    if (!older)
        return;
    interval->ticks[COOK_CLOCK_PERF] = (double)time_difference(older->perf_time, newer->perf_time);
    interval->ticks[COOK_CLOCK_T100NS] =
        (double)time_difference(older->time_100ns, newer->time_100ns);
    interval->ticks[COOK_CLOCK_OBJECT] =
        (double)time_difference(older->object_time, newer->object_time);
}

bool cook_values(const struct counter_type *type, const struct cook_values *older,
                 const struct cook_values *newer, const struct cook_interval *interval,
                 const struct cook_options *options, double *cooked)
{
    static const struct cook_options preferred = { 0 };
    struct cook_values difference = { 0 };
    double result;

    if (!type || !type->samples || !is_raw(&newer->value) || (type->base && !is_raw(&newer->base)))
        return false;
    if (type->samples == 2) {
        if (!older || !interval->has_older || !is_raw(&older->value))
            return false;
        difference.value = raw_difference(&older->value, &newer->value);
        if (type->base)
            difference.base = raw_difference(&older->base, &newer->base);
    }

    if (!type->formula(newer, &difference, interval, type, options ? options : &preferred,
                       &result) ||
        !isfinite(result))
        return false;
    *cooked = result;
    return true;
}

bool cook(const struct counter_type *type, const struct cook_sample *older,
          const struct cook_sample *newer, const struct cook_options *options, double *cooked)
{
    const struct cook_values newer_values = { newer->value, newer->base };
    struct cook_values older_values = { { 0, 0 }, { 0, 0 } };
    struct cook_interval interval;

    if (older)
        older_values = (struct cook_values){ older->value, older->base };
    cook_interval_init(&interval, older ? &older->times : NULL, &newer->times);
    return cook_values(type, older ? &older_values : NULL, &newer_values, &interval, options,
                       cooked);
}
