/* SPDX-License-Identifier: MIT
 *
 * See object_clock.h. The clock is stored as one number, the time at which os_clock_ticks was 0. If
 * several threads set it at once, all use the first value.
 */
#include "object_clock.h"

#include <stdatomic.h>

#include "os.h"

static uint64_t scaled(uint64_t ticks)
{
    const uint64_t frequency = os_clock_frequency();

    return ticks / frequency * OBJECT_CLOCK_FREQUENCY +
           ticks % frequency * OBJECT_CLOCK_FREQUENCY / frequency;
}

uint64_t object_clock_at(uint64_t ticks)
{
    static _Atomic uint64_t origin; /* 0: not set yet */
    uint64_t begin = atomic_load(&origin);

    if (ticks == 0)
        return 0;
    if (begin == 0) {
        const uint64_t found = os_time_100ns() - scaled(os_clock_ticks());

        /* The first thread sets the clock. The others receive its value in `begin`. */
        if (atomic_compare_exchange_strong(&origin, &begin, found))
            begin = found;
    }
    return begin + scaled(ticks);
}
