/* rule: name-characters */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("in/out"));
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
