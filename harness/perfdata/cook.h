/* SPDX-License-Identifier: MIT
 *
 * The calculator: raw values, as a provider writes them, to cooked values, as people read them, for
 * every counter type of winperf.h, from one sample or two.
 *
 * Where there is no value, there is none: cook says false and never makes one up. So a cooked value
 * is always finite and never negative.
 *
 * Units. Raw values and bases have the unit that the provider gives them; times are ticks of the
 * three clocks of struct cook_times. Cooked values are, by the type's unit: plain numbers, events
 * per second, percent (0..100; more where a provider counts several processors as one, or in
 * *_MULTI_TIMER_INV, up to 100 for each source), or seconds. DefaultScale is not applied.
 *
 * No function here has a state; any thread may call it.
 *
 * Rule: counter_types.def has the formula of each type.
 */
#ifndef COOK_H
#define COOK_H

#include <stdbool.h>
#include <stdint.h>

/** What a cooked value is measured in. */
enum cook_unit {
    COOK_UNIT_NONE, /* has no cooked value: bases, NODATA */
    COOK_UNIT_NUMBER,
    COOK_UNIT_HEX,        /* a number that is shown in hexadecimal */
    COOK_UNIT_PER_SECOND, /* events per second */
    COOK_UNIT_PERCENT,
    COOK_UNIT_SECONDS,
    COOK_UNIT_TEXT, /* the raw value is text; no number */
};

/** The clock whose time stamps go into a type's formula. */
enum cook_clock {
    COOK_CLOCK_NONE,
    COOK_CLOCK_PERF,   /* PERF_DATA_BLOCK.PerfTime, PerfFreq ticks per second */
    COOK_CLOCK_T100NS, /* PERF_DATA_BLOCK.PerfTime100nSec, units of 100 ns */
    COOK_CLOCK_OBJECT, /* PERF_OBJECT_TYPE.PerfTime, its PerfFreq ticks per second */
};

/** The time stamps of one sample, as they stand in its data block and object. */
struct cook_times {
    int64_t perf_time, perf_freq;     /* ticks; ticks per second */
    int64_t time_100ns;               /* 100 ns */
    int64_t object_time, object_freq; /* the object's own ticks; per second; 0 where unused */
};

/** A raw value as CounterSize gives it. */
struct cook_raw {
    uint64_t value; /* 4 bytes are extended with zeros */
    uint32_t size;  /* 4 or 8: bytes it was read from; anything else: there is no value */
};

/** What one sample has of one counter. */
struct cook_values {
    struct cook_raw value;
    struct cook_raw base; /* of the base that follows the counter; size 0 when there is none */
};

/** One sample of one counter, complete. */
struct cook_sample {
    struct cook_raw value;
    struct cook_raw base; /* as in struct cook_values */
    struct cook_times times;
};

#define COOK_CLOCKS 4

/** The time between two samples, worked out once for all counters of an object. */
struct cook_interval {
    bool has_older;                /* there are two samples */
    double ticks[COOK_CLOCKS];     /* by enum cook_clock; 0: stood still, went back, or none */
    double frequency[COOK_CLOCKS]; /* likewise; ticks per second, of the later sample */
    int64_t object_now;            /* the later sample's time by the object's clock */
};

/** Where documentation contradicts itself. Zeroed, it is what this project prefers. */
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
    uint32_t base;    /* type of the definition that must follow; 0: none */
    unsigned samples; /* 0: never cooked; 1 or 2 */
    bool (*formula)(const struct cook_values *newer, const struct cook_values *difference,
                    const struct cook_interval *time, const struct counter_type *type,
                    const struct cook_options *options, double *cooked);
};

/** Description of a counter type; NULL for one that winperf.h does not name. */
const struct counter_type *counter_type_find(uint32_t type);

/** All of them, in the order of counter_types.def. */
const struct counter_type *counter_types(uint32_t *count);

/** Whether a type is a base: the denominator of the counter in front of it. */
bool counter_type_is_base(uint32_t type);

/**
 * Calculate.
 *
 * A 4-byte value that is less than before has wrapped, if the difference modulo 2^32 is less than
 * 2^31; otherwise, and for 8-byte values always, it went back, and there is no value until the next
 * pair.
 *
 * @param type     of both samples; NULL: unknown, never a value
 * @param older    the earlier sample, or NULL when there is only one
 * @param newer    the later one
 * @param options  NULL: as zeroed
 * @param cooked   receives the value, finite and >= 0; unchanged when there is none
 *
 * @return false, there is no value: the type has none (bases, text, unknown); a sample, a value or
 *         a base is missing; the counter or the base went back; no time has passed, or time went
 *         back; the base is 0 or negative; the frequency that the formula needs is 0 or negative;
 * an elapsed time that begins at 0 (not begun) or after the sample's time
 */
bool cook(const struct counter_type *type, const struct cook_sample *older,
          const struct cook_sample *newer, const struct cook_options *options, double *cooked);

/** Work out the time between two samples; `older` NULL: there is only one. */
void cook_interval_init(struct cook_interval *interval, const struct cook_times *older,
                        const struct cook_times *newer);

/** The same as cook for many counters of one object: the times were worked out before. */
bool cook_values(const struct counter_type *type, const struct cook_values *older,
                 const struct cook_values *newer, const struct cook_interval *interval,
                 const struct cook_options *options, double *cooked);

#endif /* COOK_H */
