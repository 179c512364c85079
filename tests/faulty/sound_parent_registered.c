/* rule: none; register: plain; parents in an object of another provider, outside its own indices */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("0"))->ParentObjectTitleIndex = 5230;
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
