/* rule: counter-decreased */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    set_value(answer, 0, 1000 - collect_count % 100);
}
#define SPOIL spoil
#include "frame/exports.h"
