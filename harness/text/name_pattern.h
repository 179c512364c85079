/* SPDX-License-Identifier: MIT
 *
 * Patterns for names, as a shell has them.
 */
#ifndef NAME_PATTERN_H
#define NAME_PATTERN_H

#include <stdbool.h>

/** Whether the whole name matches: * stands for any characters, none included, ? for one. */
bool name_pattern_matches(const char *pattern, const char *name);

/** The same, where the case of ASCII letters does not matter. */
bool name_pattern_matches_any_case(const char *pattern, const char *name);

#endif /* NAME_PATTERN_H */
