/* rule: collect-after-close */
#include "frame/faulty.h"

static unsigned memory, *state = &memory;

static DWORD make(void)
{
    state = &memory;
    return ERROR_SUCCESS;
}

static void use(struct call *call)
{
    (void)call;
    ++*(volatile unsigned *)state;
}
#define ON_OPEN make
#define ON_CLOSE() (state = open_count > 1 ? state : NULL)
#define ON_COLLECT use
#include "frame/exports.h"
