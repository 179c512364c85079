/* rule: reader-netdata; check: --reader netdata; says: shows 5 for counter 2382 of instance 0 of object 2380, which is 1099511627781; a timer of 64 bits on the object's clock */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_OBJ_TIME_TIMER);
    add_instance(answer, TEXT16("one"));
    set_value(answer, 0, 1099511627781u);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
