/* SPDX-License-Identifier: MIT
 *
 * Numbers that all code for names of counters shares.
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

/**
 * The highest Last Counter. Chosen, because Windows documents no limit: its help index, 0x7FFFFFFF,
 * is the largest signed number of 32 bits, and readers keep indices in such numbers (.NET: Int32).
 */
#define PERF_HIGHEST_INDEX 0x7FFFFFFEu

#endif /* PERF_NAMES_H */
