/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: a directory of regions that its user changes while it is read. The input is a list of
 * operations, 4 bytes each:
 *
 *     what is done | which name | two numbers
 *
 * A region is made, grows, is unlocked, removed, renamed, linked, or replaced by something else; heaps
 * come and go; a reader reads in between. An honest region keeps its heap, with its figures and its
 * name, at each read. All names are different, and what is not shown is counted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "heap_name.h"
#include "heaptracker.h"
#include "../unit/forged_region_posix.h"
#include "region_reader.h"
#include "region_refusal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES = 24, MOST_OPERATIONS = 64, PROCESSES = 3 };

static char directory[300];
static struct forged_file files[NAMES];
static struct region_reader *reader;
static uint64_t generation; /* whose names were compared; the reader's first is 1 */

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void remove_directory(void)
{
    rmdir(directory); /* the tracker has removed its region before */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *base = getenv("TMPDIR");

    (void)argc, (void)argv;
    snprintf(directory, sizeof(directory), "%.200s/fuzz-directory-XXXXXX", base ? base : "/tmp");
    need(mkdtemp(directory) != NULL && setenv("HEAPCTRS_DIR", directory, 1) == 0);
    atexit(remove_directory);
    heap_tracker heap = heap_tracker_open("honest", NULL);
    need(heap_tracker_allocate(heap, (void *)64, 4711) == ERROR_SUCCESS);
    return 0;
}

/* Few processes, so that there are many of one, and names that are equal. */
static struct forged_region region_of(unsigned name, unsigned kind, unsigned count)
{
    return (struct forged_region){ .process_id = 70000 + name % PROCESSES,
                                   .start = name,
                                   .heap_count = 1 + count % 12,
                                   .size = kind & 1 ? 1u << (kind % 32) : 0,
                                   .name_length = kind & 2 ? HEAP_NAME_LENGTH : 0,
                                   .same = kind & 4 ? "pool" : NULL };
}

static void path_of(unsigned name, char path[512])
{
    const struct forged_region region = region_of(name, 0, 0);

    snprintf(path, 512, "%.300s/%u-%016llx.region", directory, region.process_id,
             (unsigned long long)region.start);
}

static void unlock(unsigned name)
{
    if (files[name].header)
        munmap(files[name].header, files[name].size);
    files[name].header = NULL;
}

static void clear(unsigned name)
{
    char path[512];

    path_of(name, path);
    if (unlink(path))
        rmdir(path);
    unlock(name);
}

static void put_something_else(const char *path, unsigned kind)
{
    switch (kind % 4) {
    case 0:
        need(mkdir(path, 0755) == 0);
        break;
    case 1:
        need(symlink("/dev/zero", path) == 0);
        break;
    case 2:
        need(mkfifo(path, 0644) == 0);
        break;
    default: {
        int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        need(file >= 0 && write(file, "HCREGION", 8) == 8);
        close(file);
    }
    }
}

static void do_one(const uint8_t operation[4])
{
    const unsigned name = operation[1] % NAMES, other = operation[2] % NAMES;
    const struct forged_region region = region_of(name, operation[2], operation[3]);
    char path[512], second[512];

    path_of(name, path);
    path_of(other, second);
    switch (operation[0] % 8) {
    case 0:
    case 1:
        clear(name);
        files[name] = forged_region_make(directory, &region);
        break;
    case 2:
        clear(name);
        break;
    case 3:
        unlock(name);
        break;
    case 4:
        clear(name);
        put_something_else(path, operation[2]);
        break;
    case 5:
        if (name != other) {
            clear(other);
            (void)!(operation[3] & 1 ? rename(path, second) : link(path, second));
        }
        break;
    case 6: /* a heap comes, goes, or has another name */
        if (files[name].header) {
            const uint32_t at = operation[3] % REGION_FIRST_HEAPS;
            if (operation[2] & 1)
                forged_heap(&files[name], at)->identity = operation[2] & 2 ? 0 : operation[2];
            else
                forged_heap_set(&files[name], &region, at);
            files[name].header->heap_count = 1 + operation[3] % 12;
            files[name].header->change_count++;
        }
        break;
    default: /* a word of the header */
        if (files[name].header)
            ((_Atomic uint32_t *)(void *)files[name].header)[operation[2]] = operation[3];
    }
}

static int compare(const void *a, const void *b)
{
    const struct heap_view *first = a, *second = b;

    if (first->name_length != second->name_length)
        return first->name_length < second->name_length ? -1 : 1;
    return memcmp(first->name, second->name, first->name_length * sizeof(WCHAR));
}

/* Names are clean, and all different. */
static void compare_names(const struct heap_view *heaps, size_t count)
{
    static struct heap_view sorted[NAMES * 16 + 1];

    for (size_t i = 0; i < count; i++) {
        need(heap_name_is_clean(heaps[i].name, heaps[i].name_length));
        sorted[i] = heaps[i];
    }
    qsort(sorted, count, sizeof(*sorted), compare);
    for (size_t i = 1; i < count; i++)
        need(compare(&sorted[i - 1], &sorted[i]) != 0);
}

static void look(void)
{
    static struct region_refusals refusals;
    struct region_counts counts;
    bool has_honest = false;
    size_t count;

    need(region_reader_refresh(reader) == ERROR_SUCCESS);
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    need(count <= NAMES * 16);
    for (size_t i = 0; i < count; i++) {
        struct heap_totals totals;
        if (region_reader_read(reader, i, &totals) == ERROR_SUCCESS)
            has_honest |= heaps[i].process_id == os_process_id() && totals.allocated_bytes == 4711;
    }
    need(has_honest);
    if (region_reader_generation(reader) != generation)
        compare_names(heaps, count);
    generation = region_reader_generation(reader);
    region_reader_counts(reader, &counts);
    need(counts.seen <= NAMES + 1 && counts.unasked == 0);
    region_reader_refusals(reader, &refusals);
    for (uint32_t i = 0; i < refusals.count; i++)
        need(refusals.refusals[i].count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    need(region_reader_open(&reader) == ERROR_SUCCESS);
    generation = 0;
    look();
    for (size_t i = 0; i + 4 <= size && i / 4 < MOST_OPERATIONS; i += 4) {
        do_one(data + i);
        if (data[i] & 0x80)
            look();
    }
    look();
    for (unsigned name = 0; name < NAMES; name++)
        clear(name);
    look();
    region_reader_close(reader);
    return 0;
}
