/* SPDX-License-Identifier: MIT
 *
 * Local time in the C library's time zone ($TZ, /etc/localtime).
 */
#define _DEFAULT_SOURCE
#include "local_time.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* False if it is not a date. */
static bool convert(const uint16_t t[8], struct tm *local)
{
    struct tm utc = { .tm_year = t[0] - 1900,
                      .tm_mon = t[1] - 1,
                      .tm_mday = t[3],
                      .tm_hour = t[4],
                      .tm_min = t[5],
                      .tm_sec = t[6] };
    time_t seconds;

    if (t[0] < 1601 || t[0] > 9999 || t[1] < 1 || t[1] > 12 || t[3] < 1 || t[3] > 31 || t[4] > 23 ||
        t[5] > 59 || t[6] > 60)
        return false;
    seconds = timegm(&utc);
    return localtime_r(&seconds, local) != NULL;
}

struct local_time local_time_of(const uint16_t t[8])
{
    struct tm local;

    if (!convert(t, &local))
        return (struct local_time){ t[0] % 10000u, t[1] % 100u, t[3] % 100u, t[4] % 100u,
                                    t[5] % 100u,   t[6] % 100u, t[7] % 1000u };
    return (struct local_time){ (unsigned)local.tm_year + 1900,
                                (unsigned)local.tm_mon + 1,
                                (unsigned)local.tm_mday,
                                (unsigned)local.tm_hour,
                                (unsigned)local.tm_min,
                                (unsigned)local.tm_sec,
                                t[7] % 1000u };
}

int local_time_zone_of(const uint16_t t[8], char *name, size_t size)
{
    struct tm local;

    if (!convert(t, &local)) {
        snprintf(name, size, "UTC");
        return 0;
    }
    snprintf(name, size, "%s", local.tm_zone ? local.tm_zone : "");
    return (int)(-local.tm_gmtoff / 60);
}
