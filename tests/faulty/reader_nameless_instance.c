/* rule: reader-netdata; check: --reader netdata */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(answer, "", 0)->UniqueID = 7;
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
