/* rule: time-backwards */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->PerfTime.QuadPart = 1000000 - (LONGLONG)collect_count;
}
#define SPOIL spoil
#include "frame/exports.h"
