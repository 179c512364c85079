/* rule: none; a thousand counters, half a megabyte of answer */
#define ANSWER_SIZE (1u << 20)
#define ANSWER_COUNTERS 1000
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 64);
    for (DWORD i = 1; i <= ANSWER_COUNTERS; i++)
        add_counter(answer, 2 * i, i % 2 ? PERF_COUNTER_LARGE_RAWCOUNT : PERF_COUNTER_BULK_COUNT);
    for (DWORD i = 0; i < 64; i++) {
        const WCHAR name[] = { 'h', (WCHAR)('0' + i / 10), (WCHAR)('0' + i % 10), 0 };

        add_instance(answer, name);
        for (DWORD k = 0; k < ANSWER_COUNTERS; k++)
            set_value(answer, k, answer->ticks + k);
    }
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
