/* rule: none; counters that are text, of different sizes, between others */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR text[8] = TEXT16("version");

    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_TEXT);
    add_counter(answer, 4, PERF_COUNTER_LARGE_RAWCOUNT);
    add_counter(answer, 6, PERF_COUNTER_TEXT)->CounterSize = 12; /* of its 16 bytes */
    add_block(answer);
    memcpy(answer->u.bytes + answer->block + answer->offsets[0], text, sizeof(text));
    set_value(answer, 1, 17);
    memcpy(answer->u.bytes + answer->block + answer->offsets[2], text, 12);
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
