/* rule: left-behind; may: unload-crash; says: hook; only: windows, where programs are hooked; a hook of its thread outlives its library */
#include "frame/faulty.h"

#ifdef _WIN32
static LRESULT CALLBACK on_message(int code, WPARAM first, LPARAM second)
{
    return CallNextHookEx(NULL, code, first, second);
}

static DWORD on_open(void)
{
    static HHOOK hook;

    if (!hook)
        hook = SetWindowsHookExW(WH_GETMESSAGE, on_message, NULL, GetCurrentThreadId());
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
