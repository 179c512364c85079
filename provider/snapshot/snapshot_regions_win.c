/* SPDX-License-Identifier: MIT
 *
 * The address space by VirtualQueryEx, region by region. The walk is not atomic. It continues at
 * the end of each region, and ends if that is not above its start.
 */
#include "snapshot_parts.h"

#include <psapi.h>

#include "image_header.h"

/* Read the PE fields of the image at `base`, if its headers are readable and valid. */
static void read_image(HANDLE process, void *base, PSS_VA_SPACE_ENTRY *entry)
{
    unsigned char bytes[4096];
    SIZE_T got = 0;

    if (!ReadProcessMemory(process, base, bytes, sizeof(bytes), &got))
        return;
    struct span span = { bytes, got };
    struct pe_header pe;
    if (!image_header_parse_pe(span, &pe))
        return;
    entry->ImageBase = base;
    entry->TimeDateStamp = pe.time_stamp;
    entry->SizeOfImage = pe.size_of_image;
    entry->CheckSum = pe.check_sum;
}

static DWORD add_region(struct snapshot *snapshot, HANDLE process,
                        const MEMORY_BASIC_INFORMATION *memory)
{
    struct snapshot_region *region = snapshot_array_add(&snapshot->memory, &snapshot->regions);
    WCHAR name[1024];

    if (!region)
        return ERROR_NOT_ENOUGH_MEMORY;
    PSS_VA_SPACE_ENTRY *entry = &region->entry;
    entry->BaseAddress = memory->BaseAddress;
    entry->RegionSize = memory->RegionSize;
    entry->State = memory->State;
    if (memory->State == MEM_FREE) {
        entry->Protect = PAGE_NOACCESS;
        return ERROR_SUCCESS;
    }
    entry->AllocationBase = memory->AllocationBase;
    entry->AllocationProtect = memory->AllocationProtect;
    entry->Protect = memory->Protect;
    entry->Type = memory->Type;
    if (!(snapshot->flags & PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION) ||
        memory->Type == MEM_PRIVATE)
        return ERROR_SUCCESS;
    if (memory->Type == MEM_IMAGE)
        read_image(process, memory->AllocationBase, entry);
    DWORD units =
        K32GetMappedFileNameW(process, memory->BaseAddress, name, sizeof(name) / sizeof(name[0]));
    if (units == 0 || units >= sizeof(name) / sizeof(name[0]))
        return ERROR_SUCCESS; /* a page-file section has no name */
    while (units > 0 && name[units - 1] == 0)
        units--; /* Wine counts the terminator, Windows does not */
    return snapshot_array_add_text(&snapshot->memory, &snapshot->texts, name, units,
                                   &region->file_name);
}

DWORD snapshot_regions_capture(struct snapshot *snapshot, HANDLE process)
{
    MEMORY_BASIC_INFORMATION memory;
    uintptr_t address = 0;

    while (VirtualQueryEx(process, (const void *)address, &memory, sizeof(memory)) ==
           sizeof(memory)) {
        DWORD error = add_region(snapshot, process, &memory);
        if (error)
            return error;
        uintptr_t next = (uintptr_t)memory.BaseAddress + memory.RegionSize;
        if (next <= address)
            break;
        address = next;
    }
    /* Not even the first region can be queried: return the reason. */
    if (snapshot->regions.count == 0)
        return GetLastError() == ERROR_ACCESS_DENIED ? ERROR_ACCESS_DENIED : ERROR_INVALID_HANDLE;
    return ERROR_SUCCESS;
}
