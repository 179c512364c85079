/* rule: none; 32-bit and 64-bit values without gaps, their definitions in another order */
#include "frame/faulty.h"

/* Block: length, a 32-bit value, a 64-bit one, two 32-bit ones, a 64-bit one. */
static void build(struct answer *answer)
{
    static const struct {
        DWORD type, offset;
    } counters[] = {
        { PERF_COUNTER_LARGE_RAWCOUNT, 24 }, { PERF_COUNTER_RAWCOUNT, 16 },
        { PERF_COUNTER_BULK_COUNT, 8 },      { PERF_COUNTER_COUNTER, 20 },
        { PERF_COUNTER_RAWCOUNT_HEX, 4 },
    };

    begin_object(answer, 0, 2)->DefaultCounter = 4;
    for (DWORD i = 0; i < 5; i++) {
        add_counter(answer, 10 - 2 * i, counters[i].type)->CounterOffset = counters[i].offset;
        answer->offsets[i] = counters[i].offset;
    }
    answer->slot_count = 3; /* 8 and 24 bytes */
    for (DWORD k = 0; k < 2; k++) {
        add_instance(answer, k ? TEXT16("second") : TEXT16("first"));
        for (DWORD i = 0; i < 5; i++)
            set_value(answer, i, answer->ticks + i);
    }
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
