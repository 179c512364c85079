/* SPDX-License-Identifier: MIT
 *
 * Patterns for names, as in a shell.
 */
#ifndef NAME_PATTERN_H
#define NAME_PATTERN_H

#include <stdbool.h>

/** Whether the whole name matches: * matches any number of characters, also 0, and ? one. */
bool name_pattern_matches(const char *pattern, const char *name);

/** The same, ignoring the case of ASCII letters. */
bool name_pattern_matches_any_case(const char *pattern, const char *name);

#endif /* NAME_PATTERN_H */
