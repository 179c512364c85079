/* SPDX-License-Identifier: MIT
 *
 * Matches by going back to the last * only, so that no pattern costs more than its length times
 * that of the name.
 */
#include "name_pattern.h"

#include <stddef.h>

bool name_pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern == '?' || *pattern == *name) {
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
