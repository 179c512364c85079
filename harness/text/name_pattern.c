/* SPDX-License-Identifier: MIT
 *
 * Matches by going back to the last * only, so that no pattern costs more than its length times
 * that of the name.
 */
#include "name_pattern.h"

#include <stddef.h>

#include "text.h"

static bool same(char left, char right)
{
    return left == right;
}

static bool same_in_any_case(char left, char right)
{
    return text_utf8_lower(left) == text_utf8_lower(right);
}

static bool matches(const char *pattern, const char *name, bool (*are_same)(char left, char right))
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern == '?' || are_same(*pattern, *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

bool name_pattern_matches(const char *pattern, const char *name)
{
    return matches(pattern, name, same);
}

bool name_pattern_matches_any_case(const char *pattern, const char *name)
{
    return matches(pattern, name, same_in_any_case);
}
