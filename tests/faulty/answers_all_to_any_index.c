/* rule: unasked-object */
#include "frame/faulty.h"

static const WCHAR *asked;

static bool wants(const WCHAR *query)
{
    asked = query;
    return has_word(query, "Global") || has_index(query, first_counter()) ||
           has_index(query, first_counter() + 8);
}

static void build(struct answer *answer)
{
    for (DWORD i = 0; i < 2; i++) {
        if (!asked)
            continue;
        begin_object(answer, i * 8, PERF_NO_INSTANCES);
        add_counter(answer, i * 8 + 2, PERF_COUNTER_RAWCOUNT);
        add_block(answer);
        end_object(answer);
    }
}
#define WANTS wants
#define BUILD build
#include "frame/exports.h"
