/* rule: none; many instances, none of which was there in the Collect before */
#define ANSWER_SIZE (1536u << 10)
#define ANSWER_COUNTERS 4
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    const DWORD count = 24000;

    begin_object(answer, 0, (LONG)count);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < count; i++) {
        WCHAR name[11] = { 0 };

        for (unsigned digit = 0; digit < 10; digit++)
            name[digit] = (WCHAR)('a' + ((digit < 5 ? i : collect_count) >> digit % 5 * 4 & 15));
        add_instance(answer, name);
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
