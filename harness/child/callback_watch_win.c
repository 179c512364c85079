/* SPDX-License-Identifier: MIT
 *
 * callback_watch.h for Windows and Wine: the import table of the library gets the addresses of
 * functions that note what is registered and removed, and then call the system. The loader reports
 * the library before its DllMain runs (Windows 8 and later, Wine). On older systems, what DllMain
 * registers is not seen.
 */
#include "callback_watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "count_text.h"
#include "loaded_library.h"
#include "text.h"

#define CALLBACKS 512  /* most callbacks that are noted; chosen */
#define NAME_LIMIT 260 /* bytes of a file name; longer names are cut */

enum kind {
    KIND_NONE, /* a free entry */
    KIND_QUEUE_TIMER,
    KIND_POOL_TIMER,
    KIND_POOL_WORK,
    KIND_POOL_WAIT,
    KIND_WAIT,
    KIND_WINDOW_TIMER,
    KIND_MEDIA_TIMER,
    KIND_HOOK,
    KIND_EXCEPTION_HANDLER,
    KIND_CONTINUE_HANDLER,
    KIND_CONSOLE_HANDLER,
    KIND_COUNT
};

static const struct {
    const char *one, *many;
} kind_names[KIND_COUNT] = {
    [KIND_QUEUE_TIMER] = { "a timer of a timer queue", "timers of a timer queue" },
    [KIND_POOL_TIMER] = { "a thread pool timer", "thread pool timers" },
    [KIND_POOL_WORK] = { "a thread pool work object", "thread pool work objects" },
    [KIND_POOL_WAIT] = { "a thread pool wait", "thread pool waits" },
    [KIND_WAIT] = { "a registered wait", "registered waits" },
    [KIND_WINDOW_TIMER] = { "a timer of SetTimer", "timers of SetTimer" },
    [KIND_MEDIA_TIMER] = { "a multimedia timer", "multimedia timers" },
    [KIND_HOOK] = { "a Windows hook", "Windows hooks" },
    [KIND_EXCEPTION_HANDLER] = { "a vectored exception handler", "vectored exception handlers" },
    [KIND_CONTINUE_HANDLER] = { "a vectored continue handler", "vectored continue handlers" },
    [KIND_CONSOLE_HANDLER] = { "a console control handler", "console control handlers" },
};

static struct callback {
    enum kind kind;
    uintptr_t owner; /* the timer queue or the window, or 0 */
    uintptr_t handle;
} callbacks[CALLBACKS];

/* a lock without calls of the loader, because this runs inside DllMain */
static volatile LONG lock;
static char wanted[NAME_LIMIT];

static void acquire(void)
{
    while (InterlockedExchange(&lock, 1))
        Sleep(0);
}

static void release(void)
{
    InterlockedExchange(&lock, 0);
}

static void note(enum kind kind, uintptr_t owner, uintptr_t handle)
{
    acquire();
    for (size_t i = 0; i < CALLBACKS; i++)
        if (callbacks[i].kind == KIND_NONE) {
            callbacks[i] = (struct callback){ kind, owner, handle };
            break;
        }
    release();
}

/* Forget a callback; with `handle` 0, all of the owner. */
static void forget(enum kind kind, uintptr_t owner, uintptr_t handle)
{
    acquire();
    for (size_t i = 0; i < CALLBACKS; i++)
        if (callbacks[i].kind == kind && callbacks[i].owner == owner &&
            (!handle || callbacks[i].handle == handle)) {
            callbacks[i].kind = KIND_NONE;
            if (handle)
                break;
        }
    release();
}

/* A function of the system that not every program imports. The library has loaded its module. */
static FARPROC system_function(const char *module, const char *name)
{
    const HMODULE loaded = GetModuleHandleA(module);

    return loaded ? GetProcAddress(loaded, name) : NULL;
}

/* Declare `call` as the system's function of that name, whose type is that of the replacement. */
#define SYSTEM(module, name)                                                                       \
    __typeof__(watch_##name) *call = NULL;                                                         \
    const FARPROC found = system_function(module, #name);                                          \
    memcpy(&call, &found, sizeof(call));                                                           \
    if (!call)                                                                                     \
    return 0

/* ---- timer queues and waits ------------------------------------------------------------------ */

static BOOL WINAPI watch_CreateTimerQueueTimer(HANDLE *timer, HANDLE queue,
                                               WAITORTIMERCALLBACK callback, void *context,
                                               DWORD due, DWORD period, ULONG flags)
{
    if (!CreateTimerQueueTimer(timer, queue, callback, context, due, period, flags))
        return FALSE;
    if (period || due > 0) /* a timer that fires once and at once has ended by itself */
        note(KIND_QUEUE_TIMER, (uintptr_t)queue, (uintptr_t)*timer);
    return TRUE;
}

static BOOL WINAPI watch_DeleteTimerQueueTimer(HANDLE queue, HANDLE timer, HANDLE event)
{
    const BOOL is_deleted = DeleteTimerQueueTimer(queue, timer, event);

    forget(KIND_QUEUE_TIMER, (uintptr_t)queue, (uintptr_t)timer);
    return is_deleted;
}

static BOOL WINAPI watch_DeleteTimerQueueEx(HANDLE queue, HANDLE event)
{
    const BOOL is_deleted = DeleteTimerQueueEx(queue, event);

    forget(KIND_QUEUE_TIMER, (uintptr_t)queue, 0);
    return is_deleted;
}

static BOOL WINAPI watch_DeleteTimerQueue(HANDLE queue)
{
    return watch_DeleteTimerQueueEx(queue, NULL);
}

static BOOL WINAPI watch_RegisterWaitForSingleObject(HANDLE *wait, HANDLE object,
                                                     WAITORTIMERCALLBACK callback, void *context,
                                                     ULONG milliseconds, ULONG flags)
{
    if (!RegisterWaitForSingleObject(wait, object, callback, context, milliseconds, flags))
        return FALSE;
    note(KIND_WAIT, 0, (uintptr_t)*wait);
    return TRUE;
}

static BOOL WINAPI watch_UnregisterWaitEx(HANDLE wait, HANDLE event)
{
    const BOOL is_ended = UnregisterWaitEx(wait, event);

    forget(KIND_WAIT, 0, (uintptr_t)wait);
    return is_ended;
}

static BOOL WINAPI watch_UnregisterWait(HANDLE wait)
{
    return watch_UnregisterWaitEx(wait, NULL);
}

/* ---- the thread pool ---------------------------------------------------------------------------- */

static void *WINAPI watch_CreateThreadpoolTimer(void *callback, void *context, void *environment)
{
    SYSTEM("kernel32.dll", CreateThreadpoolTimer);
    void *timer = call(callback, context, environment);

    if (timer)
        note(KIND_POOL_TIMER, 0, (uintptr_t)timer);
    return timer;
}

static void *WINAPI watch_CreateThreadpoolWork(void *callback, void *context, void *environment)
{
    SYSTEM("kernel32.dll", CreateThreadpoolWork);
    void *work = call(callback, context, environment);

    if (work)
        note(KIND_POOL_WORK, 0, (uintptr_t)work);
    return work;
}

static void *WINAPI watch_CreateThreadpoolWait(void *callback, void *context, void *environment)
{
    SYSTEM("kernel32.dll", CreateThreadpoolWait);
    void *wait = call(callback, context, environment);

    if (wait)
        note(KIND_POOL_WAIT, 0, (uintptr_t)wait);
    return wait;
}

/* These functions return nothing, so the value that is returned here does not matter. */
static uintptr_t WINAPI watch_CloseThreadpoolTimer(void *timer)
{
    forget(KIND_POOL_TIMER, 0, (uintptr_t)timer);
    SYSTEM("kernel32.dll", CloseThreadpoolTimer);
    return call(timer);
}

static uintptr_t WINAPI watch_CloseThreadpoolWork(void *work)
{
    forget(KIND_POOL_WORK, 0, (uintptr_t)work);
    SYSTEM("kernel32.dll", CloseThreadpoolWork);
    return call(work);
}

static uintptr_t WINAPI watch_CloseThreadpoolWait(void *wait)
{
    forget(KIND_POOL_WAIT, 0, (uintptr_t)wait);
    SYSTEM("kernel32.dll", CloseThreadpoolWait);
    return call(wait);
}

/* ---- windows and sound ---------------------------------------------------------------------------- */

static uintptr_t WINAPI watch_SetTimer(HWND window, uintptr_t id, UINT milliseconds, void *callback)
{
    SYSTEM("user32.dll", SetTimer);
    const uintptr_t timer = call(window, id, milliseconds, callback);

    if (timer) {
        forget(KIND_WINDOW_TIMER, (uintptr_t)window, window ? id : timer);
        note(KIND_WINDOW_TIMER, (uintptr_t)window, window ? id : timer);
    }
    return timer;
}

static BOOL WINAPI watch_KillTimer(HWND window, uintptr_t id)
{
    forget(KIND_WINDOW_TIMER, (uintptr_t)window, id);
    SYSTEM("user32.dll", KillTimer);
    return call(window, id);
}

static void *WINAPI watch_SetWindowsHookExW(int id, void *procedure, HINSTANCE module, DWORD thread)
{
    SYSTEM("user32.dll", SetWindowsHookExW);
    void *hook = call(id, procedure, module, thread);

    if (hook)
        note(KIND_HOOK, 0, (uintptr_t)hook);
    return hook;
}

static void *WINAPI watch_SetWindowsHookExA(int id, void *procedure, HINSTANCE module, DWORD thread)
{
    SYSTEM("user32.dll", SetWindowsHookExA);
    void *hook = call(id, procedure, module, thread);

    if (hook)
        note(KIND_HOOK, 0, (uintptr_t)hook);
    return hook;
}

static BOOL WINAPI watch_UnhookWindowsHookEx(void *hook)
{
    forget(KIND_HOOK, 0, (uintptr_t)hook);
    SYSTEM("user32.dll", UnhookWindowsHookEx);
    return call(hook);
}

static UINT WINAPI watch_timeSetEvent(UINT delay, UINT resolution, void *callback,
                                      uintptr_t context, UINT flags)
{
    SYSTEM("winmm.dll", timeSetEvent);
    const UINT timer = call(delay, resolution, callback, context, flags);

    if (timer && flags & 1) /* TIME_PERIODIC */
        note(KIND_MEDIA_TIMER, 0, timer);
    return timer;
}

static UINT WINAPI watch_timeKillEvent(UINT timer)
{
    forget(KIND_MEDIA_TIMER, 0, timer);
    SYSTEM("winmm.dll", timeKillEvent);
    return call(timer);
}

/* ---- handlers ----------------------------------------------------------------------------------- */

static void *WINAPI watch_AddVectoredExceptionHandler(ULONG is_first,
                                                      PVECTORED_EXCEPTION_HANDLER handler)
{
    void *added = AddVectoredExceptionHandler(is_first, handler);

    if (added)
        note(KIND_EXCEPTION_HANDLER, 0, (uintptr_t)added);
    return added;
}

static ULONG WINAPI watch_RemoveVectoredExceptionHandler(void *handler)
{
    forget(KIND_EXCEPTION_HANDLER, 0, (uintptr_t)handler);
    return RemoveVectoredExceptionHandler(handler);
}

static void *WINAPI watch_AddVectoredContinueHandler(ULONG is_first,
                                                     PVECTORED_EXCEPTION_HANDLER handler)
{
    void *added = AddVectoredContinueHandler(is_first, handler);

    if (added)
        note(KIND_CONTINUE_HANDLER, 0, (uintptr_t)added);
    return added;
}

static ULONG WINAPI watch_RemoveVectoredContinueHandler(void *handler)
{
    forget(KIND_CONTINUE_HANDLER, 0, (uintptr_t)handler);
    return RemoveVectoredContinueHandler(handler);
}

static BOOL WINAPI watch_SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL is_added)
{
    const BOOL is_set = SetConsoleCtrlHandler(handler, is_added);

    if (is_set && handler && is_added)
        note(KIND_CONSOLE_HANDLER, 0, (uintptr_t)handler);
    else if (is_set && handler)
        forget(KIND_CONSOLE_HANDLER, 0, (uintptr_t)handler);
    return is_set;
}

/* ---- the import table --------------------------------------------------------------------------- */

typedef void(WINAPI *any_procedure)(void);

static const struct {
    const char *name;
    any_procedure watched;
} functions[] = {
#define WATCHED(name)                                                                              \
    {                                                                                              \
#name, (any_procedure)(uintptr_t)watch_##name                                              \
    }
    WATCHED(CreateTimerQueueTimer),
    WATCHED(DeleteTimerQueueTimer),
    WATCHED(DeleteTimerQueue),
    WATCHED(DeleteTimerQueueEx),
    WATCHED(RegisterWaitForSingleObject),
    WATCHED(UnregisterWait),
    WATCHED(UnregisterWaitEx),
    WATCHED(CreateThreadpoolTimer),
    WATCHED(CloseThreadpoolTimer),
    WATCHED(CreateThreadpoolWork),
    WATCHED(CloseThreadpoolWork),
    WATCHED(CreateThreadpoolWait),
    WATCHED(CloseThreadpoolWait),
    WATCHED(SetTimer),
    WATCHED(KillTimer),
    WATCHED(SetWindowsHookExW),
    WATCHED(SetWindowsHookExA),
    WATCHED(UnhookWindowsHookEx),
    WATCHED(timeSetEvent),
    WATCHED(timeKillEvent),
    WATCHED(AddVectoredExceptionHandler),
    WATCHED(RemoveVectoredExceptionHandler),
    WATCHED(AddVectoredContinueHandler),
    WATCHED(RemoveVectoredContinueHandler),
    WATCHED(SetConsoleCtrlHandler),
#undef WATCHED
};

static uintptr_t watched_function(const char *name)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (strcmp(functions[i].name, name) == 0)
            return (uintptr_t)functions[i].watched;
    return 0;
}

static void on_loaded(void *module, const WCHAR *base_name, size_t length)
{
    char name[NAME_LIMIT];

    text_to_utf8(base_name, length, name, sizeof(name));
    if (text_utf8_equal_ignore_case(name, wanted))
        loaded_library_redirect(module, watched_function);
}

void callback_watch_begin(const char *library)
{
    static bool is_watching;

    snprintf(wanted, sizeof(wanted), "%s", text_utf8_file_name(library));
    if (!is_watching)
        is_watching = loaded_library_watch(on_loaded);
}

void callback_watch_list(char *text, size_t size)
{
    unsigned counts[KIND_COUNT] = { 0 };

    acquire();
    for (size_t i = 0; i < CALLBACKS; i++)
        counts[callbacks[i].kind < KIND_COUNT ? callbacks[i].kind : KIND_NONE]++;
    release();
    for (size_t i = KIND_NONE + 1; i < KIND_COUNT; i++)
        if (counts[i])
            count_text_add(text, size, counts[i], kind_names[i].one, kind_names[i].many);
}
