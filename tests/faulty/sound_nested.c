/* rule: none; three objects, each with its parents in the one before it, which is answered as well */
#include "frame/faulty.h"

static void add_level(struct answer *answer, DWORD symbol, DWORD count, DWORD parent)
{
    static const WCHAR *const names[] = { TEXT16("a"), TEXT16("b"), TEXT16("c"), TEXT16("d") };

    begin_object(answer, symbol, (LONG)count);
    add_counter(answer, symbol + 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < count; i++) {
        add_instance(answer, names[i]);
        if (symbol) {
            instance_of(answer)->ParentObjectTitleIndex = answer->first_counter + parent;
            instance_of(answer)->ParentObjectInstance = i / 2;
        }
    }
    end_object(answer);
}

static void build(struct answer *answer)
{
    const bool has_leaves = asks_for(answer, 8), has_middle = has_leaves || asks_for(answer, 4);

    if (has_leaves || has_middle || asks_for(answer, 0))
        add_level(answer, 0, 1, 0);
    if (has_middle)
        add_level(answer, 4, 2, 0);
    if (has_leaves)
        add_level(answer, 8, 4, 4);
}

#define BUILD build
#define WANTS(query) true
#include "frame/exports.h"
