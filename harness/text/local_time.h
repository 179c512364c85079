/* SPDX-License-Identifier: MIT
 *
 * Converts a sample's UTC time to the local time of this computer. local_time_posix.c and
 * local_time_win.c define the same function.
 */
#ifndef LOCAL_TIME_H
#define LOCAL_TIME_H

#include <stddef.h>
#include <stdint.h>

struct local_time {
    unsigned year, month, day, hour, minute, second, millisecond;
};

/**
 * Convert a time.
 *
 * @param system_time  SYSTEMTIME, UTC: year, month, weekday, day, hour, minute, second, ms
 * @return the local time. An invalid date is returned unchanged, with each number inside its field.
 */
struct local_time local_time_of(const uint16_t system_time[8]);

/**
 * The time zone at that time.
 *
 * @param system_time  as for local_time_of
 * @param name         receives the zone's name, UTF-8; may be ""
 * @return minutes that are added to local time to get UTC: -60 in Central Europe in winter
 */
int local_time_zone_of(const uint16_t system_time[8], char *name, size_t size);

#endif /* LOCAL_TIME_H */
