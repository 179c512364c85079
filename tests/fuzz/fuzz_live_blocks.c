/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: the list of live blocks of a process that lies. The input is a list of changes, 14 bytes
 * each, to what is read of a real heap's memory:
 *
 *     number of the read, 2 bytes | offset, 4 bytes | 8 bytes that are found there
 *
 * With the highest bit of the offset set, all later reads find the same bytes at that offset; with the
 * second highest, the read fails. It is linked with --wrap: see the Makefile. Without
 * changes the list is complete; with any, it is bounded and ends.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "heap_slot.h"
#include "heaptracker.h"
#include "live_blocks_reader.h"
#include "process_image.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
DWORD __real_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size);
DWORD __wrap_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size);

void __wrap_os_thread_yield(void);

/* No other thread works on the heap, so there is nothing to wait for. */
void __wrap_os_thread_yield(void)
{
}

enum { CHANGE_SIZE = 14, BLOCKS = 600, READ_LIMIT = 3000 };
#define STAYS UINT32_C(0x80000000)
#define FAILS UINT32_C(0x40000000)

static struct os_process own;
static struct live_blocks *live; /* for all inputs: it is large */
static uint32_t number;
static const uint8_t *changes;
static size_t change_count;
static unsigned reads;

DWORD __wrap_os_process_read(const struct os_process *process, uint64_t address, void *memory,
                             size_t size)
{
    DWORD error = __real_os_process_read(process, address, memory, size);
    const unsigned read = reads++;

    if (read > READ_LIMIT) /* the limits of the reader allow more; they would only take time */
        return ERROR_NOT_FOUND;
    for (size_t i = 0; i < change_count && !error; i++) {
        const uint8_t *change = changes + i * CHANGE_SIZE;
        uint16_t when;
        uint32_t place;
        memcpy(&when, change, sizeof(when));
        memcpy(&place, change + 2, sizeof(place));
        if (place & STAYS ? read < when : read != when)
            continue;
        if (place & FAILS)
            return ERROR_NOACCESS;
        const size_t at = (place & ~(STAYS | FAILS)) % (size ? size : 1);
        const size_t left = size - at;
        memcpy((unsigned char *)memory + at, change + 6, left < 8 ? left : 8);
    }
    return error;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct heap_tracker_options options = { .size = sizeof(options),
                                                  .flags = HEAP_TRACKER_PROFILE };
    static char sites[5];

    (void)argc, (void)argv;
    setenv("HEAPCTRS_DIR", "/dev/null/none", 1); /* nothing is published */
    heap_tracker heap = heap_tracker_open("fuzz", &options);
    for (uintptr_t i = 1; i <= BLOCKS; i++)
        heap_tracker_allocate_from(heap, (const void *)(i * (i % 3 ? 64 : 65536)),
                                   i % 100 == 0 ? (size_t)3 << 29 : i % 5000, &sites[i % 5]);
    live = live_blocks_new();
    if (!live || !heap_slot_find(heap, &number) || os_process_open(&own, os_process_id()))
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t count = 0;

    live->fault_count = 0;
    changes = data;
    change_count = size / CHANGE_SIZE;
    reads = 0;
    DWORD error = live_blocks_reader_read(&own, (uintptr_t)&process_image, number, live);
    for (uint32_t i = 0; i < CALL_SITE_COUNT && change_count == 0; i++)
        count += live->sites[i].count;
    if (change_count == 0 && (error || live->missed_count || count == 0 || count > BLOCKS))
        abort();
    if (live->fault_count > sizeof(live->faults) / sizeof(*live->faults))
        abort();
    return 0;
}
