/* rule: none; thousands of values that change between two by chance, as live data does */
#define ANSWER_SIZE (256u << 10)
#define ANSWER_COUNTERS 64
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static uint64_t chance = 88172645463325252u;

    begin_object(answer, 0, 100);
    for (DWORD i = 0; i < 40; i++)
        add_counter(answer, 2 + 2 * i, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 100; i++) {
        add_instance(answer, (WCHAR[]){ 'i', (WCHAR)('0' + i / 10), (WCHAR)('0' + i % 10), 0 });
        for (DWORD k = 0; k < 40; k++) {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            set_value(answer, k, chance >> 40 & 1);
        }
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
