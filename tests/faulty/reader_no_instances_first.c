/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk */
#include "frame/faulty.h"

/* An object that has no instances at the moment, and another one after it. */
static void build(struct answer *answer)
{
    if (asks_for(answer, 0)) {
        begin_object(answer, 0, 0);
        add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
        end_object(answer);
    }
    if (asks_for(answer, 4)) {
        begin_object(answer, 4, 1);
        add_counter(answer, 6, PERF_COUNTER_LARGE_RAWCOUNT);
        add_instance(answer, TEXT16("one"));
        end_object(answer);
    }
}

#define BUILD build
#define WANTS(query) true
#include "frame/exports.h"
