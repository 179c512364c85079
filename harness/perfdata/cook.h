/* SPDX-License-Identifier: MIT
 *
 * Computes cooked values, which people read, from the raw values that a provider writes, for every
 * counter type of winperf.h, from one sample or two.
 *
 * If a value cannot be computed, cook returns false and never invents one. A cooked value is
 * therefore always finite and never negative.
 *
 * Units. Raw values and bases have the provider's unit. Times are ticks of the three clocks of
 * struct cook_times. Cooked values are, depending on the type: plain numbers, events per second,
 * percent, or seconds. Percentages are 0 to 100, but more if a provider counts several processors
 * as one, or in *_MULTI_TIMER_INV up to 100 for each source. DefaultScale is not applied.
 *
 * No function has a state; any thread may call them.
 *
 * Rule: counter_types.def has the formula of each type.
 */
#ifndef COOK_H
#define COOK_H

#include <stdbool.h>
#include <stdint.h>

/** The unit of a cooked value. */
enum cook_unit {
    COOK_UNIT_NONE, /* there is no cooked value: bases, NODATA */
    COOK_UNIT_NUMBER,
    COOK_UNIT_HEX,        /* a number that is shown in hexadecimal */
    COOK_UNIT_PER_SECOND, /* events per second */
    COOK_UNIT_PERCENT,
    COOK_UNIT_SECONDS,
    COOK_UNIT_TEXT, /* the raw value is text; no number */
};

/** The clock whose time stamps a type's formula uses. */
enum cook_clock {
    COOK_CLOCK_NONE,
    COOK_CLOCK_PERF,   /* PERF_DATA_BLOCK.PerfTime, PerfFreq ticks per second */
    COOK_CLOCK_T100NS, /* PERF_DATA_BLOCK.PerfTime100nSec, units of 100 ns */
    COOK_CLOCK_OBJECT, /* PERF_OBJECT_TYPE.PerfTime, its PerfFreq ticks per second */
};

/** The time stamps of one sample, as in its data block and object. */
struct cook_times {
    int64_t perf_time, perf_freq;     /* ticks; ticks per second */
    int64_t time_100ns;               /* 100 ns */
    int64_t object_time, object_freq; /* the object's own ticks; per second; 0 where unused */
};

/** A raw value with the size that CounterSize gives. */
struct cook_raw {
    uint64_t value; /* 4 bytes are extended with zeros */
    uint32_t size;  /* 4 or 8: bytes of the value; any other number: there is no value */
};

/** The values of one counter in one sample. */
struct cook_values {
    struct cook_raw value;
    struct cook_raw base; /* of the base that follows the counter; size 0 if it has no base */
};

/** One complete sample of one counter. */
struct cook_sample {
    struct cook_raw value;
    struct cook_raw base; /* as in struct cook_values */
    struct cook_times times;
};

#define COOK_CLOCKS 4

/** The time between two samples, computed once for all counters of an object. */
struct cook_interval {
    bool has_older;                /* there are two samples */
    double ticks[COOK_CLOCKS];     /* by enum cook_clock; 0: unchanged, decreased or missing */
    double frequency[COOK_CLOCKS]; /* likewise; ticks per second, of the later sample */
    int64_t object_now;            /* the later sample's time by the object's clock */
};

/**
 * Choices where the documentation contradicts itself. Zeroed, the choices are this project's
 * defaults.
 */
struct cook_options {
    /* PERF_COUNTER_MULTI_TIMER. false: the raw value counts ticks of the PerfTime clock,
       100 * (dX / dT) / B1; true: the published formula, for values in seconds,
       100 * (dX / (dT / F)) / B1. */
    bool is_multi_timer_in_seconds;
};

/** One counter type. */
struct counter_type {
    uint32_t type;
    const char *name; /* "PERF_COUNTER_BULK_COUNT" */
    enum cook_unit unit;
    enum cook_clock clock;
    uint32_t base;    /* type of the definition that must follow; 0: no base */
    unsigned samples; /* the number of samples that it needs; 0: never cooked */
    bool (*formula)(const struct cook_values *newer, const struct cook_values *difference,
                    const struct cook_interval *time, const struct counter_type *type,
                    const struct cook_options *options, double *cooked);
};

/** The description of a counter type; NULL if winperf.h does not define it. */
const struct counter_type *cook_find_type(uint32_t type);

/** WMI's number for PERF_LARGE_RAW_BASE. Readers accept both; it is understood and never written. */
#define COOK_LARGE_RAW_BASE_OF_WMI 0x40030503u

/** All counter types, in the order of counter_types.def. */
const struct counter_type *cook_types(uint32_t *count);

/** Whether a type is a base: the denominator of the counter before it. */
bool cook_is_base_type(uint32_t type);

/**
 * Compute a cooked value.
 *
 * If a 4-byte value is less than before, it has wrapped if the difference modulo 2^32 is less than
 * 2^31. Otherwise it decreased, and there is no value until the next pair of samples. An 8-byte
 * value never wraps.
 *
 * @param type     of both samples; NULL: unknown, never a value
 * @param older    the earlier sample, or NULL if there is only one
 * @param newer    the later sample
 * @param options  NULL: the defaults
 * @param cooked   receives the value, finite and >= 0; unchanged if there is no value
 *
 * @return false if there is no value:
 *         - the type has no cooked value (bases, text, unknown types);
 *         - a sample, a value or a base is missing;
 *         - the counter, the base or the time decreased, or the time did not change;
 *         - the base, or the frequency that the formula needs, is 0 or negative;
 *         - an elapsed time has not begun (0), or begins after the sample's time.
 */
bool cook(const struct counter_type *type, const struct cook_sample *older,
          const struct cook_sample *newer, const struct cook_options *options, double *cooked);

/** Compute the time between two samples. `older` is NULL if there is only one. */
void cook_interval_init(struct cook_interval *interval, const struct cook_times *older,
                        const struct cook_times *newer);

/** The same as cook, for many counters of one object; the interval is computed in advance. */
bool cook_values(const struct counter_type *type, const struct cook_values *older,
                 const struct cook_values *newer, const struct cook_interval *interval,
                 const struct cook_options *options, double *cooked);

#endif /* COOK_H */
