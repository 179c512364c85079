/* rule: detail-level */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->DetailLevel = PERF_DETAIL_WIZARD;
}
#define SPOIL spoil
#include "frame/exports.h"
