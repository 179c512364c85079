/* rule: name-text */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR name[] = { 'a', 0xD83D, 'b', 0 };

    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, name);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
