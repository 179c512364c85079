/* rule: reader-far; check: --reader far */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("parent"));
    end_object(answer);
    if (!asks_for(answer, 4))
        return;
    begin_object(answer, 4, 1); /* the requested object, but after its parent */
    add_counter(answer, 6, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("child"))->ParentObjectTitleIndex = answer->first_counter;
    end_object(answer);
}

#define BUILD build
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_index(query, first_counter()) ||                             \
     has_index(query, first_counter() + 4))
#include "frame/exports.h"
