/* SPDX-License-Identifier: MIT
 *
 * See object_clock.h. The clock is set as one number, the time at which os_clock_ticks was 0: threads that
 * set it at once agree on the first.
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
    static _Atomic uint64_t origin; /* 0: not set */
    uint64_t begin = atomic_load(&origin);

    if (ticks == 0)
        return 0;
    if (begin == 0) {
        const uint64_t found = os_time_100ns() - scaled(os_clock_ticks());

        /* The first thread decides: the others receive in `begin` what it has set. */
        if (atomic_compare_exchange_strong(&origin, &begin, found))
            begin = found;
    }
    return begin + scaled(ticks);
}
