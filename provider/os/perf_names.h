/* SPDX-License-Identifier: MIT
 *
 * Two numbers that all code for names of counters shares.
 */
#ifndef PERF_NAMES_H
#define PERF_NAMES_H

/**
 * English, the language in which every system has names. Registry keys and .ini files write it with
 * three hexadecimal digits, "009".
 *
 * Rule: the key Perflib\009, which every Windows has
 */
#define PERF_ENGLISH 0x009u

/**
 * The last index that Windows' own objects and counters use. lodctr gives a new provider indices
 * above it. It is the value "Base Index" of the Perflib key, and the default if the value is
 * missing.
 *
 * Rule: the first pair of Perflib's value "Counter" is "1", "1847"; the name of 1847 is "End
 * Marker"
 */
#define PERF_SYSTEM_LAST_INDEX 1847

#endif /* PERF_NAMES_H */
