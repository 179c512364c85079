/* rule: close-twice */
#include "frame/faulty.h"
#define COUNT_CLOSE() (open_count--)
#define WANTS(query)                                                                               \
    ((int)open_count > 0 && (has_word(query, "Global") || has_index(query, first_counter())))
#include "frame/exports.h"
