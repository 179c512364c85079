/* SPDX-License-Identifier: MIT
 *
 * Local time in the system's time zone, with the daylight saving of that date.
 */
#include "local_time.h"

#include <windows.h>

#include "text.h"

struct local_time local_time_of(const uint16_t t[8])
{
    SYSTEMTIME utc = { t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7] };
    SYSTEMTIME local;

    if (!SystemTimeToTzSpecificLocalTime(NULL, &utc, &local))
        return (struct local_time){ t[0] % 10000u, t[1] % 100u, t[3] % 100u, t[4] % 100u,
                                    t[5] % 100u,   t[6] % 100u, t[7] % 1000u };
    return (struct local_time){ local.wYear,   local.wMonth,  local.wDay,         local.wHour,
                                local.wMinute, local.wSecond, local.wMilliseconds };
}

/* Minutes since 1601; 0 if it is not a date. */
static int64_t minutes_of(const SYSTEMTIME *time)
{
    ULARGE_INTEGER number;
    FILETIME file_time;

    if (!SystemTimeToFileTime(time, &file_time))
        return 0;
    number.LowPart = file_time.dwLowDateTime;
    number.HighPart = file_time.dwHighDateTime;
    return (int64_t)(number.QuadPart / 600000000);
}

int local_time_zone_of(const uint16_t t[8], char *name, size_t size)
{
    SYSTEMTIME utc = { t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7] }, local;
    TIME_ZONE_INFORMATION zone;

    *name = '\0';
    if (!SystemTimeToTzSpecificLocalTime(NULL, &utc, &local))
        return 0;
    /* logman writes the standard name all year round, with the bias of the moment. */
    if (GetTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID)
        text_to_utf8(zone.StandardName, text_length(zone.StandardName), name, size);
    return (int)(minutes_of(&utc) - minutes_of(&local));
}
