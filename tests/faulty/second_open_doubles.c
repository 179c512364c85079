/* rule: second-open */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, (LONG)open_count);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (unsigned i = 0; i < open_count; i++) {
        const WCHAR name[] = { (WCHAR)('a' + i), 0 };

        add_instance(answer, name);
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
