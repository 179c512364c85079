/* SPDX-License-Identifier: MIT
 *
 * Writes the system's part of an answer. The buffer may begin at any address, so each structure is
 * built in a local variable and copied.
 */
#include "data_block.h"

#include <string.h>

#include "os.h"
#include "text.h"
#include "winperf.h"

#define DEFAULT_OBJECT 238 /* Processor */

/* Convert a UTC time in units of 100 ns since 1601 to a date. */
static void calendar(uint64_t time_100ns, SYSTEMTIME *time)
{
    static const WORD month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    uint64_t milliseconds = time_100ns / 10000, days = milliseconds / 86400000;
    uint32_t rest = (uint32_t)(milliseconds % 86400000);
    uint32_t year = 1601;
    WORD month = 0;

    time->wDayOfWeek = (WORD)((days + 1) % 7); /* 1601-01-01 was a Monday */
    for (;; year++) {
        uint32_t in_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
        if (days < in_year) {
            for (;; month++) {
                uint32_t in_month = month_days[month] + (month == 1 && in_year == 366 ? 1u : 0u);
                if (days < in_month)
                    break;
                days -= in_month;
            }
            break;
        }
        days -= in_year;
    }
    time->wYear = (WORD)year;
    time->wMonth = (WORD)(month + 1);
    time->wDay = (WORD)(days + 1);
    time->wHour = (WORD)(rest / 3600000);
    time->wMinute = (WORD)(rest / 60000 % 60);
    time->wSecond = (WORD)(rest / 1000 % 60);
    time->wMilliseconds = (WORD)(rest % 1000);
}

DWORD data_block_begin(struct data_block *block, BYTE *data, DWORD size, const WCHAR *system_name)
{
    DWORD name_size = (DWORD)((text_length(system_name) + 1) * sizeof(WCHAR));
    PERF_DATA_BLOCK header;

    memset(&header, 0, sizeof(header));
    memcpy(header.Signature, TEXT16("PERF"), sizeof(header.Signature));
    header.LittleEndian = 1;
    header.Version = PERF_DATA_VERSION;
    header.Revision = PERF_DATA_REVISION;
    header.HeaderLength = ((DWORD)sizeof(header) + name_size + 7) & ~7u;
    header.DefaultObject = DEFAULT_OBJECT;
    header.PerfTime.QuadPart = (LONGLONG)os_clock_ticks();
    header.PerfFreq.QuadPart = (LONGLONG)os_clock_frequency();
    header.PerfTime100nSec.QuadPart = (LONGLONG)os_time_100ns();
    calendar((uint64_t)header.PerfTime100nSec.QuadPart, &header.SystemTime);
    header.SystemNameLength = name_size;
    header.SystemNameOffset = sizeof(header);
    if (size < header.HeaderLength)
        return ERROR_MORE_DATA;

    memcpy(data, &header, sizeof(header));
    memcpy(data + sizeof(header), system_name, name_size);
    block->data = data;
    block->size = size;
    block->used = header.HeaderLength;
    block->object_count = 0;
    return ERROR_SUCCESS;
}

BYTE *data_block_at(const struct data_block *block, DWORD *size_left)
{
    *size_left = block->size - block->used;
    return block->data + block->used;
}

void data_block_add(struct data_block *block, DWORD size, DWORD object_count)
{
    block->used += size;
    block->object_count += object_count;
}

DWORD data_block_end(struct data_block *block)
{
    PERF_DATA_BLOCK header;

    memcpy(&header, block->data, sizeof(header));
    header.TotalByteLength = block->used;
    header.NumObjectTypes = block->object_count;
    memcpy(block->data, &header, sizeof(header));
    return block->used;
}
