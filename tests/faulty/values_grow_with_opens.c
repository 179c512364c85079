/* rule: reopen, second-open; says: each time that changes it; a gauge that adds its source at each Open */
#include "frame/faulty.h"

static DWORD sources;

static DWORD on_open(void)
{
    sources++;
    return ERROR_SUCCESS;
}

static void spoil(struct answer *answer)
{
    set_value(answer, 1, 17 * sources);
}
#define ON_OPEN on_open
#define SPOIL spoil
#include "frame/exports.h"
