/* rule: query-order */
#include "frame/faulty.h"

static bool is_first(const WCHAR *query)
{
    DWORD number = 0;

    while (query && is_blank(*query))
        query++;
    while (query && *query >= '0' && *query <= '9')
        number = number * 10 + (DWORD)(*query++ - '0');
    return query && (!*query || is_blank(*query)) && number == first_counter();
}
#define WANTS(query) (has_word(query, "Global") || is_first(query))
#include "frame/exports.h"
