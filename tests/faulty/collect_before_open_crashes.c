/* rule: collect-before-open */
#include "frame/faulty.h"

static unsigned *state;

static DWORD make(void)
{
    static unsigned memory;

    state = &memory;
    return ERROR_SUCCESS;
}

static void use(struct call *call)
{
    (void)call;
    ++*(volatile unsigned *)state;
}
#define ON_OPEN make
#define ON_COLLECT use
#include "frame/exports.h"
