/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk,netdata; says: shows -116444735999; an elapsed time on a clock that is no FILETIME */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_ELAPSED_TIME);
    add_instance(answer, TEXT16("one"));
    set_value(answer, 0, 900);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
