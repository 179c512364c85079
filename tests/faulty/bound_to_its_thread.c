/* rule: thread-affinity */
#include "frame/faulty.h"

static unsigned opened_on;

static DWORD note_thread(void)
{
    opened_on = this_thread();
    return ERROR_SUCCESS;
}
#define ON_OPEN note_thread
#define WANTS(query)                                                                               \
    (this_thread() == opened_on && (has_word(query, "Global") || has_index(query, first_counter())))
#include "frame/exports.h"
