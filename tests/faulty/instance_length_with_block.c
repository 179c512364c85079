/* rule: block-length; says: seems to count the block; the instance's ByteLength counts the header of its block */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    for (DWORD i = 0; i < 2; i++) {
        add_instance(answer, i ? TEXT16("two") : TEXT16("one"))->ByteLength += 8;
        set_value(answer, 0, 3 + i);
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
