/* rule: unload-crash; only: windows, where libraries have TLS callbacks; while the library is unloaded, which Windows' loader swallows */
#include "frame/faulty.h"

#ifdef _WIN32
static void NTAPI on_event(PVOID library, DWORD reason, PVOID reserved)
{
    (void)library;
    (void)reserved;
    if (reason == DLL_PROCESS_DETACH)
        crash_now();
}

/* The linker makes the list of callbacks from sections of these names. */
__attribute__((section(".CRT$XLM"), used)) static const PIMAGE_TLS_CALLBACK callback = on_event;
#endif
#include "frame/exports.h"
