/* SPDX-License-Identifier: MIT
 *
 * Local time in the system's time zone, with the daylight saving of that date.
 */
#include "local_time.h"

#include <windows.h>

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
