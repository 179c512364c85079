/* rule: instance-order */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, collect_count % 2 ? TEXT16("one") : TEXT16("two"));
    add_instance(answer, collect_count % 2 ? TEXT16("two") : TEXT16("one"));
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
