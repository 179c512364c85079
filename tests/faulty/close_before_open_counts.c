/* rule: close-twice; says: before the first Open; a Close before the first Open is counted */
#include "frame/faulty.h"

static int balance, had_open;

static DWORD on_open(void)
{
    had_open = 1;
    balance++;
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#define ON_CLOSE() (balance = balance > 0 || !had_open ? balance - 1 : 0)
#define WANTS(query)                                                                               \
    (balance > 0 && (has_word(query, "Global") || has_index(query, first_counter())))
#include "frame/exports.h"
