/* rule: block-length, value-alignment; says: counter 2386 at; a wrong block length hides no misaligned value */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    for (DWORD i = 0; i < 3; i++)
        add_counter(answer, 2 + 2 * i, PERF_COUNTER_LARGE_RAWCOUNT)->CounterOffset = 4 + i * 8;
    add_instance(answer, TEXT16("one"));
    block_of(answer)->ByteLength = 2;
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
