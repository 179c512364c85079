/* rule: object-duplicate */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    build_sound(answer);
    build_sound(answer);
}
#define BUILD build
#include "frame/exports.h"
