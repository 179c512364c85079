/* SPDX-License-Identifier: MIT
 *
 * Process snapshots on Windows and Wine against walks that this test makes itself: VirtualQuery,
 * a reservation of known shape, events and threads of its own. Prints TAP.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "processsnapshot.h"

#define MEGABYTE (1u << 20)
#define PAGE 4096u

static int count, failed;

static void ok(bool condition, const char *name)
{
    printf("%s %d - %s\n", condition ? "ok" : "not ok", ++count, name);
    failed += !condition;
}

static HPSS capture(DWORD flags)
{
    HPSS snapshot = NULL;
    DWORD error = PssCaptureSnapshot(GetCurrentProcess(), (PSS_CAPTURE_FLAGS)flags, 0, &snapshot);

    if (error) {
        printf("Bail out! PssCaptureSnapshot: %lu\n", error);
        ExitProcess(1);
    }
    return snapshot;
}

/* The shape of a reservation: what its entries are, in order. */
static void a_reservation_has_its_shape(void)
{
    static const struct {
        SIZE_T size;
        DWORD state, protect;
    } shape[] = {
        { 16 * PAGE, MEM_RESERVE, 0 },
        { PAGE, MEM_COMMIT, PAGE_READONLY },
        { PAGE, MEM_COMMIT, PAGE_READWRITE },
        { MEGABYTE - 18 * PAGE, MEM_RESERVE, 0 },
    };
    char *base = VirtualAlloc(NULL, MEGABYTE, MEM_RESERVE, PAGE_READWRITE);
    DWORD old;

    VirtualAlloc(base + 16 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    VirtualProtect(base + 16 * PAGE, PAGE, PAGE_READONLY, &old);

    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE);
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;
    size_t found = 0;
    bool matches = true;
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry))) {
        if ((char *)entry.BaseAddress < base || (char *)entry.BaseAddress >= base + MEGABYTE)
            continue;
        matches &= found < 4 && entry.RegionSize == shape[found].size &&
                   entry.State == shape[found].state && entry.Protect == shape[found].protect &&
                   entry.AllocationBase == base && entry.Type == MEM_PRIVATE;
        found++;
    }
    ok(found == 4 && matches, "reserved, read-only, writable and reserved again: four entries");
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    VirtualFree(base, 0, MEM_RELEASE);
}

static void the_walk_gives_what_virtualquery_gives(void)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE);
    MEMORY_BASIC_INFORMATION memory;
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;
    size_t entries = 0, differ = 0;

    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry))) {
        entries++;
        if (!VirtualQuery(entry.BaseAddress, &memory, sizeof(memory)) ||
            memory.State != entry.State || memory.RegionSize != entry.RegionSize)
            differ++;
    }
    /* The snapshot's own memory came after the look: a region or two have changed by it. */
    ok(entries > 20 && differ <= 3, "each entry is what VirtualQuery says of its address");
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static DWORD handles_captured(void)
{
    HPSS snapshot = capture(PSS_CAPTURE_HANDLES);
    PSS_HANDLE_INFORMATION information = { 0 };

    PssQuerySnapshot(snapshot, PSS_QUERY_HANDLE_INFORMATION, &information, sizeof(information));
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    return information.HandlesCaptured;
}

static void ten_events_are_ten_more_handles(void)
{
    HANDLE events[10];

    handles_captured(); /* what the first capture opens for itself stays open */
    DWORD before = handles_captured();
    for (int i = 0; i < 10; i++)
        events[i] = CreateEventW(NULL, TRUE, i == 3, NULL);
    ok(handles_captured() == before + 10, "ten events are ten more handles");

    HPSS snapshot = capture(PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION |
                            PSS_CAPTURE_HANDLE_BASIC_INFORMATION);
    PSS_HANDLE_ENTRY entry;
    HPSSWALK marker;
    bool is_event = false, is_signaled = false, others_are_not = true;
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, marker, &entry, sizeof(entry)))
        for (int i = 0; i < 10; i++)
            if (entry.Handle == events[i]) {
                BOOL signaled = entry.TypeSpecificInformation.Event.Signaled;
                is_event = entry.ObjectType == PSS_OBJECT_TYPE_EVENT &&
                           entry.TypeNameLength == 5 * sizeof(WCHAR) &&
                           memcmp(entry.TypeName, L"Event", 5 * sizeof(WCHAR)) == 0;
                if (i == 3)
                    is_signaled = signaled && entry.TypeSpecificInformation.Event.ManualReset;
                else
                    others_are_not &= !signaled;
            }
    ok(is_event, "an event's type is told");
    ok(is_signaled && others_are_not, "and which one is signalled");
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    for (int i = 0; i < 10; i++)
        CloseHandle(events[i]);
    ok(handles_captured() == before, "and they are gone when they are closed");
}

static DWORD WINAPI wait_for(void *event)
{
    return WaitForSingleObject(event, 20000);
}

static DWORD threads_captured(void)
{
    HPSS snapshot = capture(PSS_CAPTURE_THREADS);
    PSS_THREAD_INFORMATION information = { 0, 0 };

    PssQuerySnapshot(snapshot, PSS_QUERY_THREAD_INFORMATION, &information, sizeof(information));
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    return information.ThreadsCaptured;
}

static void three_threads_are_three_more(void)
{
    HANDLE end = CreateEventW(NULL, TRUE, FALSE, NULL), threads[3];
    DWORD before = threads_captured();

    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, wait_for, end, 0, NULL);
    ok(threads_captured() == before + 3, "three threads are three more entries");
    SetEvent(end);
    WaitForMultipleObjects(3, threads, TRUE, 20000);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
    CloseHandle(end);
}

static void the_image_is_told_with_its_headers(void)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION);
    HMODULE self = GetModuleHandleW(NULL);
    PSS_VA_SPACE_ENTRY entry;
    HPSSWALK marker;
    bool has_fields = false, has_name = false;

    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)self;
    const IMAGE_NT_HEADERS *headers =
        (const IMAGE_NT_HEADERS *)((const char *)self + dos->e_lfanew);
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &entry, sizeof(entry)))
        if (entry.AllocationBase == self && entry.Type == MEM_IMAGE) {
            has_fields = entry.ImageBase == self &&
                         entry.SizeOfImage == headers->OptionalHeader.SizeOfImage &&
                         entry.TimeDateStamp == headers->FileHeader.TimeDateStamp;
            has_name |= entry.MappedFileNameLength > 8;
        }
    ok(has_fields, "the program's image has the fields of its PE headers");
    ok(has_name, "and a file name");
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

int main(void)
{
    a_reservation_has_its_shape();
    the_walk_gives_what_virtualquery_gives();
    ten_events_are_ten_more_handles();
    three_threads_are_three_more();
    the_image_is_told_with_its_headers();
    printf("1..%d\n", count);
    return failed != 0;
}
