/* rule: unload-crash; only: windows, where exceptions have filters; a vectored handler outlives its library */
#include "frame/faulty.h"

#ifdef _WIN32
static LONG WINAPI on_exception(EXCEPTION_POINTERS *exception)
{
    (void)exception;
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD on_open(void)
{
    static bool is_set;

    if (!is_set)
        AddVectoredExceptionHandler(0, on_exception);
    is_set = true;
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
