/* rule: none; names of many scripts, of surrogate pairs, and of the greatest length that consumers accept */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR *const names[] = { TEXT16("Zürich"), TEXT16("日本語"), TEXT16("Ελλάδα"),
                                          TEXT16("😀 🏔"), TEXT16("x") };
    WCHAR longest[128] = { 0 };

    begin_object(answer, 0, 6);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 5; i++)
        add_instance(answer, names[i]);
    for (DWORD i = 0; i < 127; i++)
        longest[i] = (WCHAR)('a' + i % 26);
    add_instance(answer, longest);
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
