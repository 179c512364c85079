/* rule: instance-walk */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    build_sound(answer);
    answer_take(answer, 8);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
