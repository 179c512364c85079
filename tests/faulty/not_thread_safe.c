/* rule: thread-unsafe */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("one"));
    sleep_ms(2); /* another thread builds in the same memory meanwhile */
    add_instance(answer, TEXT16("two"));
    end_object(answer);
}

#define BUILD build
#define IS_UNGUARDED
#include "frame/exports.h"
