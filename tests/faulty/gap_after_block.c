/* rule: object-gap */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_block(answer);
    answer_take(answer, 16);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
