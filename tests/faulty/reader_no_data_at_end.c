/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk */
#include "frame/faulty.h"

/* A label without a value, directly at the end of the answer. */
static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    add_counter(answer, 4, PERF_COUNTER_NODATA);
    add_instance(answer, TEXT16("one"));
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
