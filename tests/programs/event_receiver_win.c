/* SPDX-License-Identifier: MIT
 *
 * Receives what the tracker writes for others on Windows and prints it, one call per line.
 *
 *     event_receiver_win etw     EventRegister, EventWrite and EventUnregister of the system are
 *                                replaced in this process's memory by functions that print their
 *                                arguments, and the provider is enabled and disabled as a session
 *                                does it: so each byte for ETW is seen
 *     event_receiver_win system  what this system's EventRegister and EventWrite return
 *     event_receiver_win vs      the calls to heapctrs-vsheap.dll beside this program
 */
#include <windows.h>

#include <evntprov.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "heaptracker.h"

#define REGISTRATION 0x123456789Au

static PENABLECALLBACK callback;
static void *callback_context;

static void print_guid(const GUID *guid)
{
    printf("%08lx-%04x-%04x-%02x%02x-", guid->Data1, guid->Data2, guid->Data3, guid->Data4[0],
           guid->Data4[1]);
    for (int i = 2; i < 8; i++)
        printf("%02x", guid->Data4[i]);
}

static ULONG WINAPI register_instead(LPCGUID provider, PENABLECALLBACK enabled, PVOID context,
                                     PREGHANDLE registration)
{
    printf("register ");
    print_guid(provider);
    printf("\n");
    callback = enabled;
    callback_context = context;
    *registration = REGISTRATION;
    SetLastError(71); /* each function sets another one, which the program must never see */
    return ERROR_SUCCESS;
}

static ULONG WINAPI unregister_instead(REGHANDLE registration)
{
    printf("unregister %llx\n", (unsigned long long)registration);
    SetLastError(72);
    return ERROR_SUCCESS;
}

/* Print id version channel level opcode task keyword, then each descriptor's bytes. */
static ULONG WINAPI write_instead(REGHANDLE registration, PCEVENT_DESCRIPTOR event, ULONG count,
                                  PEVENT_DATA_DESCRIPTOR data)
{
    printf("write %llx %u %u %u %u %u %u %llx", (unsigned long long)registration, event->Id,
           event->Version, event->Channel, event->Level, event->Opcode, event->Task,
           (unsigned long long)event->Keyword);
    for (ULONG i = 0; i < count; i++) {
        printf(" ");
        for (ULONG byte = 0; byte < data[i].Size; byte++)
            printf("%02x", ((const unsigned char *)(uintptr_t)data[i].Ptr)[byte]);
    }
    printf("\n");
    SetLastError(73);
    return ERROR_SUCCESS;
}

/* Let a function of the system begin with a jump to ours. */
static int replace(const char *name, const void *instead)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(L"advapi32.dll"), name);
    unsigned char code[16] = { 0 };
    unsigned char *target;
    SIZE_T size;
    DWORD before;

    memcpy(&target, &found, sizeof(target));
    if (!target)
        return 0;
#ifdef _WIN64
    static const unsigned char jump[] = { 0xFF, 0x25, 0, 0, 0, 0 }; /* jmp [rip + 0] */
    memcpy(code, jump, sizeof(jump));
    memcpy(code + sizeof(jump), &instead, sizeof(instead));
    size = sizeof(jump) + sizeof(instead);
#else
    uint32_t distance = (uint32_t)(uintptr_t)instead - ((uint32_t)(uintptr_t)target + 5);
    code[0] = 0xE9; /* jmp rel32 */
    memcpy(code + 1, &distance, sizeof(distance));
    size = 5;
#endif
    if (!VirtualProtect(target, size, PAGE_EXECUTE_READWRITE, &before))
        return 0;
    memcpy(target, code, size);
    VirtualProtect(target, size, before, &before);
    return FlushInstructionCache(GetCurrentProcess(), target, size) != 0;
}

static const void *code_of(const void *pointer_to_function)
{
    const void *code;

    memcpy(&code, pointer_to_function, sizeof(code));
    return code;
}

static void *at(uintptr_t address)
{
    return (void *)address;
}

static void enable(ULONG is_enabled)
{
    static const GUID session = { 0 };

    printf("enable %lu\n", is_enabled);
    callback(&session, is_enabled, 4, 0, 0, NULL, callback_context);
}

static void run_etw(void)
{
    ULONG(WINAPI * begin)(LPCGUID, PENABLECALLBACK, PVOID, PREGHANDLE) = register_instead;
    ULONG(WINAPI * end)(REGHANDLE) = unregister_instead;
    ULONG(WINAPI * put)
    (REGHANDLE, PCEVENT_DESCRIPTOR, ULONG, PEVENT_DATA_DESCRIPTOR) = write_instead;

    if (!replace("EventRegister", code_of(&begin)) || !replace("EventUnregister", code_of(&end)) ||
        !replace("EventWrite", code_of(&put))) {
        printf("cannot replace\n");
        return;
    }
    heap_tracker heap = heap_tracker_open("before", NULL);
    SetLastError(55);
    heap_tracker_allocate(heap, at(0x1000), 10);
    printf("last error %lu\n", GetLastError());
    enable(1);
    heap_tracker other = heap_tracker_open("h\xC3\xA9"
                                           "ap",
                                           NULL);
    SetLastError(55);
    heap_tracker_allocate(other, at(0x2000), (size_t)UINT64_C(0x140000000));
    heap_tracker_allocate(other, at(0x3000), 0);
    heap_tracker_reallocate(other, at(0x4000), 300, at(0x2000));
    heap_tracker_reallocate(other, at(0x4000), 200, at(0x4000));
    heap_tracker_free(other, at(0x4000));
    heap_tracker_free(other, at(0x9999));  /* an unknown block: no event */
    heap_tracker_allocate(other, NULL, 7); /* a failed request: no event */
    heap_tracker_discard_all(other);
    enable(2); /* requests the state, which changes nothing */
    heap_tracker_free(heap, at(0x1000));
    printf("last error %lu\n", GetLastError());
    heap_tracker_close(other);
    enable(0);
    heap_tracker_allocate(heap, at(0x1000), 10);
    heap_tracker_close(heap);
}

static void run_system(void)
{
    static const GUID own = { 0x51d3f1c7, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };
    static const EVENT_DESCRIPTOR event = { 1, 0, 0, 4, 0, 1, 0 };
    ULONG(WINAPI * begin)(LPCGUID, PENABLECALLBACK, PVOID, PREGHANDLE);
    ULONG(WINAPI * put)(REGHANDLE, PCEVENT_DESCRIPTOR, ULONG, PEVENT_DATA_DESCRIPTOR);
    FARPROC found[] = { GetProcAddress(GetModuleHandleW(L"advapi32.dll"), "EventRegister"),
                        GetProcAddress(GetModuleHandleW(L"advapi32.dll"), "EventWrite") };
    REGHANDLE registration = 0;

    memcpy(&begin, &found[0], sizeof(begin));
    memcpy(&put, &found[1], sizeof(put));
    ULONG registered = begin ? begin(&own, NULL, NULL, &registration) : 0;
    ULONG written = put ? put(registration, &event, 0, NULL) : 0;
    printf("EventRegister %lu %llx\nEventWrite %lu\n", registered, (unsigned long long)registration,
           written);
}

static void run_vs(void)
{
    const char *(*log)(void);
    heap_tracker early = heap_tracker_open("early", NULL); /* before the shim is loaded */
    HMODULE shim = LoadLibraryW(L"heapctrs-vsheap.dll");
    FARPROC found = shim ? GetProcAddress(shim, "stand_in_log") : NULL;
    struct heap_tracker_options malloc_like = { .size = sizeof(malloc_like),
                                                .flags = HEAP_TRACKER_IS_MALLOC };

    if (!found) {
        printf("no shim\n");
        return;
    }
    memcpy(&log, &found, sizeof(log));
    heap_tracker refused = heap_tracker_open("!refused", NULL);
    heap_tracker malloc_heap = heap_tracker_open("malloc", &malloc_like);
    heap_tracker heap = heap_tracker_open("pool", NULL);
    heap_tracker_allocate(early, at(0x1000), 1);
    heap_tracker_allocate(refused, at(0x1000), 1);
    heap_tracker_allocate(malloc_heap, at(0x1000), 1);
    heap_tracker_allocate(heap, at(0x1000), 100);
    heap_tracker_allocate(heap, at(0x2000), (size_t)UINT64_C(0xFFFFFFFFFF));
    heap_tracker_reallocate(heap, at(0x3000), 300, at(0x1000));
    heap_tracker_free(heap, at(0x3000));
    heap_tracker_free(heap, at(0x9999)); /* an unknown block: it is not reported */
    heap_tracker_discard_all(heap);
    heap_tracker_close(heap);
    heap_tracker_close(malloc_heap);
    heap_tracker_close(refused);
    heap_tracker_close(early);
    printf("%s", log());
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF,
            0); /* the last call comes after nearly everything of the program has ended */
    if (argc == 2 && strcmp(argv[1], "etw") == 0)
        run_etw();
    else if (argc == 2 && strcmp(argv[1], "system") == 0)
        run_system();
    else if (argc == 2 && strcmp(argv[1], "vs") == 0)
        run_vs();
    else
        return 2;
    return 0;
}
