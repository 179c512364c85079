/* rule: none; check: --reader windows_exporter,leoluk,netdata,dotnet,oshi,far; an elapsed time that begins with Open, on a clock of FILETIME */
#include "frame/faulty.h"

/* A FILETIME of January 2024, plus 1 ms for each tick. */
#define NOW (UINT64_C(133500000000000000) + answer->ticks * 10000)

static uint64_t begin;

static void build(struct answer *answer)
{
    PERF_OBJECT_TYPE *object = begin_object(answer, 0, 1);

    object->PerfTime.QuadPart = (LONGLONG)NOW;
    object->PerfFreq.QuadPart = 10000000;
    add_counter(answer, 2, PERF_ELAPSED_TIME);
    add_instance(answer, TEXT16("only"));
    begin = begin ? begin : NOW;
    set_value(answer, 0, begin);
    end_object(answer);
}

static void on_close(void)
{
    begin = 0;
}
#define BUILD build
#define ON_CLOSE on_close
#include "frame/exports.h"
