/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a region file, which changes while it is read. The input is
 *
 *     options, a byte | count of changes, a byte | changes, 12 bytes each | the file
 *
 * A change is an offset and 8 bytes to be written there, or, with the highest bit of the offset
 * set, a new size of the file. Half of the changes are made before the heaps are read, half before
 * they are read again. Unless the options forbid it, the members of the header that a reader checks
 * first (the owner) are corrected. A second region, an honest one, must keep its figures.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap_name.h"
#include "heaptracker.h"
#include "os_region.h"
#include "region.h"
#include "region_reader.h"

static_assert(REGION_VERSION == 7, "the corpus is of another layout: see region_seeds.py");

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEEP_HEADER = 1, CHANGE_SIZE = 12, LARGEST_FILE = 1 << 18 };

static char directory[512], path[600];
static uint32_t honest_number;

static void need(bool condition)
{
    if (!condition)
        abort();
}

/* Totals wrap. */
static bool is_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

static void remove_directory(void)
{
    rmdir(directory); /* the tracker has removed its region before */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *base = getenv("TMPDIR");

    (void)argc, (void)argv;
    snprintf(directory, sizeof(directory), "%s/fuzz-regions-XXXXXX", base ? base : "/tmp");
    need(mkdtemp(directory) != NULL && setenv("HEAPCTRS_DIR", directory, 1) == 0);
    atexit(remove_directory);
    snprintf(path, sizeof(path), "%s/%d-fuzz.region", directory, (int)getpid());
    heap_tracker heap = heap_tracker_open("honest", NULL);
    need(heap_tracker_allocate(heap, (void *)64, 4711) == ERROR_SUCCESS);
    honest_number = 1;
    return 0;
}

/* Set what makes it a region of this process. */
static void put_header_right(unsigned char *memory, size_t size)
{
    struct region_header header;

    if (size < sizeof(header))
        return;
    memcpy(&header, memory, sizeof(header));
    header.magic = REGION_MAGIC;
    header.version = REGION_VERSION;
    header.header_size = sizeof(header);
    header.byte_order = REGION_BYTE_ORDER;
    header.process_id = os_process_id();
    header.process_start = os_region_process_start();
    header.pid_namespace = os_region_pid_namespace();
    header.state = REGION_LIVE;
    memcpy(memory, &header, sizeof(header));
}

/* The process id in a heap's name is that of the process that wrote the seed; replace it. */
static void put_names_right(unsigned char *memory, size_t size)
{
    static const WCHAR name[] = TEXT16("fuzz:");
    char id[32];
    int digits = snprintf(id, sizeof(id), "%u:", (unsigned)os_process_id());
    struct region_heap heap;

    for (size_t at = sizeof(struct region_header); at + sizeof(heap) <= size && at < 8192;
         at += sizeof(heap)) {
        size_t length = 0;
        memcpy(&heap, memory + at, sizeof(heap));
        if (heap.name_length < 16 || heap.name_length > HEAP_NAME_LENGTH)
            continue;
        for (; name[length]; length++)
            heap.name[length] = name[length];
        for (int i = 0; i < digits; i++)
            heap.name[length++] = (WCHAR)id[i];
        memcpy(memory + at, &heap, sizeof(heap));
    }
}

static void change(int file, const uint8_t *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t offset;

        memcpy(&offset, changes + i * CHANGE_SIZE, sizeof(offset));
        if (offset >> 31)
            need(ftruncate(file, offset % LARGEST_FILE) == 0);
        else
            need(pwrite(file, changes + i * CHANGE_SIZE + 4, 8, offset % LARGEST_FILE) == 8);
    }
}

/* Check every promise of region_reader.h that a region could break. */
static void look(struct region_reader *reader)
{
    size_t count;
    bool has_honest = false;

    need(region_reader_refresh(reader) == ERROR_SUCCESS);
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    for (size_t i = 0; i < count; i++) {
        struct heap_totals now, again;

        need(heap_name_is_clean(heaps[i].name, heaps[i].name_length));
        need(heap_name_is_of(heaps[i].name, heaps[i].name_length, os_process_id()));
        if (region_reader_read(reader, i, &now))
            continue;
        need(now.peak_bytes >= now.in_use_bytes && (int64_t)now.in_use_bytes >= 0);
        need(now.peak_blocks >= now.allocation_count - now.free_count);
        if (region_reader_read(reader, i, &again) == ERROR_SUCCESS)
            need(!is_before(again.allocated_bytes, now.allocated_bytes) &&
                 !is_before(again.free_count, now.free_count) &&
                 !is_before(again.lost_count, now.lost_count));
        has_honest |= heaps[i].heap_number == honest_number && now.allocated_bytes == 4711 &&
                      now.allocation_count == 1 && now.freed_bytes == 0;
    }
    need(has_honest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const uint8_t *changes = data + 2;
    size_t count = data[1] % 16, head = 2 + count * CHANGE_SIZE;
    if (size < head || size - head > LARGEST_FILE)
        return 0;

    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    need(file >= 0 && fcntl(file, F_OFD_SETLK, &lock) == 0);
    unsigned char *memory = malloc(size - head + 1);
    need(memory != NULL);
    memcpy(memory, data + head, size - head);
    if (!(data[0] & KEEP_HEADER)) {
        put_header_right(memory, size - head);
        put_names_right(memory, size - head);
    }
    need(write(file, memory, size - head) == (ssize_t)(size - head));
    free(memory);

    struct region_reader *reader;
    need(region_reader_open(&reader) == ERROR_SUCCESS);
    look(reader);
    change(file, changes, count / 2);
    look(reader);
    change(file, changes + count / 2 * CHANGE_SIZE, count - count / 2);
    look(reader);
    region_reader_close(reader);
    unlink(path);
    close(file);
    return 0;
}
