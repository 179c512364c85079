/* rule: reader-netdata; check: --reader netdata; says: shows 30064772072 for counter 2382; a timer of 4 bytes with its base directly after it */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_AVERAGE_TIMER);
    add_counter(answer, 0, PERF_AVERAGE_BASE)->CounterOffset = 12;
    answer->offsets[1] = 12;
    add_instance(answer, TEXT16("one"));
    set_value(answer, 0, 1000);
    set_value(answer, 1, 7);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
