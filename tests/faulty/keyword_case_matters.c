/* rule: keyword-case */
#include "frame/faulty.h"

static bool is_global(const WCHAR *query)
{
    return query[0] == 'G' && query[1] == 'l' && has_word(query, "Global");
}
#define WANTS(query) (query && (is_global(query) || has_index(query, first_counter())))
#include "frame/exports.h"
