/* rule: name-duplicate */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("Pool"));
    add_instance(answer, TEXT16("POOL"));
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
