/* SPDX-License-Identifier: MIT
 *
 * A sample's UTC time as the local time of this computer. local_time_posix.c and local_time_win.c
 * define the same function.
 */
#ifndef LOCAL_TIME_H
#define LOCAL_TIME_H

#include <stdint.h>

struct local_time {
    unsigned year, month, day, hour, minute, second, millisecond;
};

/**
 * Convert.
 *
 * @param system_time  SYSTEMTIME, UTC: year, month, weekday, day, hour, minute, second, ms
 * @return the local time; what is no date comes back as it stands, each number within its field
 */
struct local_time local_time_of(const uint16_t system_time[8]);

#endif /* LOCAL_TIME_H */
