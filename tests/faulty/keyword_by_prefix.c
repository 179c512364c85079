/* rule: keyword-prefix */
#include "frame/faulty.h"

static bool begins_with_global(const WCHAR *query)
{
    DWORD length = 0;

    while (query && length < 6 && query[length])
        length++;
    return is_word(query, length, "Global") && length == 6;
}
#define WANTS(query) (begins_with_global(query) || has_index(query, first_counter()))
#include "frame/exports.h"
