/* SPDX-License-Identifier: MIT
 *
 * ETW, and Visual Studio's library, used through its shim: see events.h. EventRegister and the
 * other functions are looked up in advapi32, which every program that uses the tracker has loaded.
 * ETW calls back when a session enables or disables the provider; that sets the semaphores.
 */
#include "events.h"

#include <windows.h>

#include <evntprov.h>
#include <limits.h>
#include <string.h>

#include "text.h"
#include "wintypes.h"

#define NAME_UNITS 256 /* UTF-16 units of a heap's name in an event; chosen */

#define HEAP_EVENT(id, name, fields) volatile unsigned short heapctrs_##name##_semaphore;
#include "tracker_events.def"

/* Provider "heapctrs-heap-tracker" of registry/heapctrs-events.man. */
static const GUID provider = {
    0x2e087c2d, 0x8624, 0x40a2, { 0x9b, 0x5a, 0x2b, 0x0c, 0x10, 0x73, 0x42, 0xe5 }
};

/* Level informational, no keyword, no channel: a session that enables the provider gets all of
   them. */
static const EVENT_DESCRIPTOR descriptors[] = {
#define HEAP_EVENT(id, name, fields) { id, 0, 0, 4, 0, id, 0 },
#include "tracker_events.def"
};

enum place {
#define HEAP_EVENT(id, name, fields) PLACE_##name,
#include "tracker_events.def"
};

typedef ULONG WINAPI event_register(LPCGUID, PENABLECALLBACK, PVOID, PREGHANDLE);
typedef ULONG WINAPI event_unregister(REGHANDLE);
typedef ULONG WINAPI event_write(REGHANDLE, PCEVENT_DESCRIPTOR, ULONG, PEVENT_DATA_DESCRIPTOR);

static event_unregister *unregister;
static event_write *write_event;
static REGHANDLE registration;

/* The shim of Visual Studio's library. */
static struct {
    void *(*open)(const char *name);
    void (*close)(void *heap);
    void (*allocate)(void *heap, const void *address, unsigned long size);
    void (*free)(void *heap, const void *address);
    void (*reallocate)(void *heap, const void *new_address, unsigned long size,
                       const void *old_address);
} shim;

static FARPROC find(HMODULE module, const char *name)
{
    return module ? GetProcAddress(module, name) : NULL;
}

/* Convert a FARPROC of GetProcAddress to any function pointer. */
#define LOOK_UP(pointer, module, name)                                                             \
    do {                                                                                           \
        FARPROC found_ = find(module, name);                                                       \
        memcpy(&(pointer), &found_, sizeof(found_));                                               \
    } while (0)

static void set_semaphores(unsigned short value)
{
#define HEAP_EVENT(id, name, fields) heapctrs_##name##_semaphore = value;
#include "tracker_events.def"
}

static void WINAPI enabled(LPCGUID source, ULONG is_enabled, UCHAR level, ULONGLONG any,
                           ULONGLONG all, PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    (void)source;
    (void)level;
    (void)any;
    (void)all;
    (void)filter;
    (void)context;
    if (is_enabled <= 1) /* 2 asks for the current state, which the provider does not have */
        set_semaphores((unsigned short)is_enabled);
}

void events_begin(void)
{
    static volatile LONG has_begun;
    event_register *begin = NULL;
    DWORD error = GetLastError();

    if (has_begun || InterlockedExchange(&has_begun, 1) != 0)
        return;
    HMODULE advapi = GetModuleHandleW(L"advapi32.dll");
    LOOK_UP(begin, advapi, "EventRegister");
    LOOK_UP(unregister, advapi, "EventUnregister");
    LOOK_UP(write_event, advapi, "EventWrite");
    if (begin && unregister && write_event &&
        begin(&provider, enabled, NULL, &registration) != ERROR_SUCCESS)
        registration = 0;
    SetLastError(error);
}

void events_end(void)
{
    set_semaphores(0);
    if (registration)
        unregister(registration);
    registration = 0;
}

/* Looked for with each heap, because the program may load the shim after the first. */
static bool find_shim(void)
{
    HMODULE module = GetModuleHandleW(L"heapctrs-vsheap.dll");

    LOOK_UP(shim.open, module, "heapctrs_vs_open");
    LOOK_UP(shim.close, module, "heapctrs_vs_close");
    LOOK_UP(shim.allocate, module, "heapctrs_vs_allocate");
    LOOK_UP(shim.free, module, "heapctrs_vs_free");
    LOOK_UP(shim.reallocate, module, "heapctrs_vs_reallocate");
    return shim.open && shim.close && shim.allocate && shim.free && shim.reallocate;
}

void *events_forward_open(const char *name)
{
    DWORD error = GetLastError();
    void *forward = find_shim() ? shim.open(name) : NULL;

    SetLastError(error);
    return forward;
}

void events_forward_close(void *forward)
{
    shim.close(forward);
}

static void write_numbers(enum place place, const uint64_t *numbers, ULONG count)
{
    EVENT_DATA_DESCRIPTOR data[5];

    if (!registration)
        return;
    for (ULONG i = 0; i < count; i++)
        EventDataDescCreate(&data[i], &numbers[i], sizeof(numbers[i]));
    write_event(registration, &descriptors[place], count, data);
}

static unsigned long narrow(size_t size)
{
    return size > ULONG_MAX ? ULONG_MAX : (unsigned long)size;
}

void events_write_open(uint32_t heap, const char *name)
{
    EVENT_DATA_DESCRIPTOR data[2];
    WCHAR wide[NAME_UNITS];
    uint64_t number = heap;
    DWORD error = GetLastError();

    if (!registration)
        return;
    size_t length = text_from_utf8(name, strlen(name), wide, NAME_UNITS);
    EventDataDescCreate(&data[0], &number, sizeof(number));
    EventDataDescCreate(&data[1], wide, (ULONG)((length + 1) * sizeof(*wide)));
    write_event(registration, &descriptors[PLACE_open], 2, data);
    SetLastError(error);
}

void events_write_allocate(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    const uint64_t numbers[] = { heap, address, size };
    DWORD error = GetLastError();

    if (heapctrs_allocate_semaphore)
        write_numbers(PLACE_allocate, numbers, 3);
    if (forward)
        shim.allocate(forward, (const void *)address, narrow(size));
    SetLastError(error);
}

void events_write_free(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    const uint64_t numbers[] = { heap, address, size };
    DWORD error = GetLastError();

    if (heapctrs_free_semaphore)
        write_numbers(PLACE_free, numbers, 3);
    if (forward)
        shim.free(forward, (const void *)address);
    SetLastError(error);
}

void events_write_reallocate(void *forward, uint32_t heap, uintptr_t new_address, size_t new_size,
                             uintptr_t old_address, size_t old_size)
{
    const uint64_t numbers[] = { heap, new_address, new_size, old_address, old_size };
    DWORD error = GetLastError();

    if (heapctrs_reallocate_semaphore)
        write_numbers(PLACE_reallocate, numbers, 5);
    if (forward)
        shim.reallocate(forward, (const void *)new_address, narrow(new_size),
                        (const void *)old_address);
    SetLastError(error);
}

void events_write_close(uint32_t heap)
{
    const uint64_t number = heap;
    DWORD error = GetLastError();

    write_numbers(PLACE_close, &number, 1);
    SetLastError(error);
}
