/* rule: partial-answer */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    if (asks_for(answer, 0))
        build_sound(answer);
    if (asks_for(answer, 8)) {
        begin_object(answer, 8, PERF_NO_INSTANCES);
        add_counter(answer, 10, PERF_COUNTER_RAWCOUNT);
        add_block(answer);
        end_object(answer);
    }
}

static DWORD reply(struct call *call, struct answer *answer)
{
    if (answer->object_count == 2 && *call->size < answer->size) {
        answer->size = object_at(answer, 0)->TotalByteLength; /* at least the first object */
        answer->object_count = 1;
    }
    return reply_sound(call, answer);
}

#define BUILD build
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_index(query, first_counter()) ||                             \
     has_index(query, first_counter() + 8))
#define REPLY reply
#include "frame/exports.h"
