/* rule: header-length; says: has 64 bytes and PERF_COUNTER_DEFINITION 40, on x64 as well; titles as pointers, packed to 4 bytes */
#include "frame/faulty.h"

static void put(struct answer *answer, DWORD offset, DWORD value)
{
    memcpy(answer->u.bytes + offset, &value, sizeof(value));
}

static void build(struct answer *answer)
{
    const DWORD header = 72, definition = 48, size = header + 2 * definition + 24;

    answer_take(answer, size);
    answer->object_count = 1;
    put(answer, 0, size);
    put(answer, 4, header + 2 * definition);
    put(answer, 8, header);
    put(answer, 12, answer->first_counter);
    put(answer, 24, answer->first_counter + 1);
    put(answer, 36, PERF_DETAIL_NOVICE);
    put(answer, 40, 2); /* NumCounters */
    put(answer, 48, (DWORD)-1);
    for (DWORD i = 0; i < 2; i++) {
        const DWORD at = header + i * definition;

        put(answer, at, definition);
        put(answer, at + 4, answer->first_counter + 2 + 2 * i);
        put(answer, at + 16, answer->first_counter + 3 + 2 * i);
        put(answer, at + 32, PERF_DETAIL_NOVICE);
        put(answer, at + 36, PERF_COUNTER_RAWCOUNT);
        put(answer, at + 40, 4);
        put(answer, at + 44, 8 + 8 * i);
    }
    put(answer, header + 2 * definition, 24);
}
#define BUILD build
#include "frame/exports.h"
