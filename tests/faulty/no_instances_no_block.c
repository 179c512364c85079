/* rule: no-instances-block */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES); /* there are no instances at the moment: the value
                                                   must be 0 */
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
