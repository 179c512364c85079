/* rule: none; two objects, each of them answered to its own index */
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

#define BUILD build
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_index(query, first_counter()) ||                             \
     has_index(query, first_counter() + 8))
#include "frame/exports.h"
