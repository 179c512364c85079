/* rule: reader-windows-exporter, reader-leoluk; check: --reader all */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 0);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT)->CounterOffset = 4;
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
