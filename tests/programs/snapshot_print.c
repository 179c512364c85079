/* SPDX-License-Identifier: MIT
 *
 * Capture a process (its id as the argument, otherwise this one) and print what the walks return,
 * one item per line, for the tests to compare with /proc and with VirtualQuery:
 *
 *     memory <working set> <peak> <private>
 *     process <id> <parent> <virtual size> <image name>
 *     region <base> <size> <state> <type> <protect> <file name>
 *     handle <value> <object type> <type name> <access> <object name>
 *     thread <id>
 */
#include <stdio.h>
#include <stdlib.h>

#include "processsnapshot.h"

static void print_text(const WCHAR *text, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(WCHAR); i++)
        putchar(text[i] < 0x80 ? (int)text[i] : '?');
}

static HANDLE open_process(const char *id)
{
#ifdef _WIN32
    return OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_DUP_HANDLE, FALSE,
                       (DWORD)strtoul(id, NULL, 10));
#else
    return (HANDLE)(LONG_PTR)strtol(id, NULL, 10);
#endif
}

int main(int argc, char **argv)
{
    HANDLE process = argc > 1 ? open_process(argv[1]) : GetCurrentProcess();
    DWORD flags = PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION |
                  PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_NAME_INFORMATION |
                  PSS_CAPTURE_HANDLE_BASIC_INFORMATION |
                  PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION | PSS_CAPTURE_THREADS;
    PSS_PROCESS_INFORMATION information;
    PSS_VA_SPACE_ENTRY region;
    PSS_HANDLE_ENTRY handle;
    PSS_THREAD_ENTRY thread;
    HPSS snapshot;
    HPSSWALK marker;

    DWORD error = PssCaptureSnapshot(process, (PSS_CAPTURE_FLAGS)flags, 0, &snapshot);
    if (error) {
        printf("error %lu\n", (unsigned long)error);
        return 1;
    }
    PssQuerySnapshot(snapshot, PSS_QUERY_PROCESS_INFORMATION, &information, sizeof(information));
    printf("memory %llu %llu %llu\n", (unsigned long long)information.WorkingSetSize,
           (unsigned long long)information.PeakWorkingSetSize,
           (unsigned long long)information.PrivateUsage);
    printf("process %lu %lu %llu ", (unsigned long)information.ProcessId,
           (unsigned long)information.ParentProcessId, (unsigned long long)information.VirtualSize);
    size_t length = 0;
    while (information.ImageFileName[length])
        length++;
    print_text(information.ImageFileName, length * sizeof(WCHAR));
    PssWalkMarkerCreate(NULL, &marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region))) {
        printf("\nregion %llx %llx %lx %lx %lx ", (unsigned long long)(ULONG_PTR)region.BaseAddress,
               (unsigned long long)region.RegionSize, (unsigned long)region.State,
               (unsigned long)region.Type, (unsigned long)region.Protect);
        print_text(region.MappedFileName, region.MappedFileNameLength);
    }
    PssWalkMarkerSeekToBeginning(marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, marker, &handle, sizeof(handle))) {
        printf("\nhandle %llx %d ", (unsigned long long)(ULONG_PTR)handle.Handle,
               (int)handle.ObjectType);
        print_text(handle.TypeName, handle.TypeNameLength);
        printf(" %lx ", (unsigned long)handle.GrantedAccess);
        print_text(handle.ObjectName, handle.ObjectNameLength);
    }
    PssWalkMarkerSeekToBeginning(marker);
    while (!PssWalkSnapshot(snapshot, PSS_WALK_THREADS, marker, &thread, sizeof(thread)))
        printf("\nthread %lu", (unsigned long)thread.ThreadId);
    printf("\n");
    PssWalkMarkerFree(marker);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
    return 0;
}
