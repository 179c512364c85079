/* rule: none; two objects, the second one's instances with parents in the first */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR *const names[] = { TEXT16("a"), TEXT16("b"), TEXT16("c") };

    begin_object(answer, 0, 3); /* also if only its children are requested */
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 3; i++)
        add_instance(answer, names[i]);
    end_object(answer);
    if (!asks_for(answer, 4))
        return;
    begin_object(answer, 4, 3);
    add_counter(answer, 6, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 3; i++) {
        add_instance(answer, TEXT16("0"))->ParentObjectTitleIndex = answer->first_counter;
        instance_of(answer)->ParentObjectInstance = i;
    }
    end_object(answer);
}

#define BUILD build
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_index(query, first_counter()) ||                             \
     has_index(query, first_counter() + 4))
#include "frame/exports.h"
