/* rule: second-open, reopen; says: has become object; title indices are made relative at each Open, and so doubled */
#include "frame/faulty.h"

static DWORD base;

static DWORD on_open(void)
{
    base += first_counter();
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#define WANTS(query) (has_word(query, "Global") || has_index(query, base))

static void build(struct answer *answer)
{
    answer->first_counter = base;
    build_sound(answer);
}
#define BUILD build
#include "frame/exports.h"
