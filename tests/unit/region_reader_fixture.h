/* SPDX-License-Identifier: MIT
 *
 * What the tests of the region reader share: a reader for each test, and a publisher in a process
 * of its own.
 */
#ifndef REGION_READER_FIXTURE_H
#define REGION_READER_FIXTURE_H

#include <dirent.h>

#include "child_posix.h"
#include "heaptracker.h"
#include "os_region.h"
#include "region_folder.h"
#include "region_reader.h"
#include "text.h"

static struct region_reader *reader;

static inline size_t files(void)
{
    size_t count = 0;
    struct dirent *entry;
    DIR *directory = opendir(region_folder);

    while ((entry = readdir(directory)) != NULL)
        count += strlen(entry->d_name) > 2 && !strstr(entry->d_name, OS_REGION_PRIVATE_SUFFIX);
    closedir(directory);
    return count;
}

static inline int set_up(void **state)
{
    (void)state;
    return region_reader_open(&reader) != ERROR_SUCCESS;
}

static inline int tear_down(void **state)
{
    (void)state;
    region_reader_close(reader);
    return files() != 0;
}

static inline const void *at(uintptr_t number)
{
    return (const void *)(0x10000 + number * 64);
}

static inline const struct heap_view *refresh(size_t *count)
{
    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    return region_reader_heaps(reader, count);
}

static inline struct region_counts counts(void)
{
    struct region_counts now;

    region_reader_counts(reader, &now);
    return now;
}

static inline struct heap_totals read_heap(size_t index)
{
    struct heap_totals now;

    assert_int_equal(region_reader_read(reader, index, &now), ERROR_SUCCESS);
    return now;
}

/* The names of the heaps, one per line. */
static inline const char *names(void)
{
    static char text[65536];
    size_t count, used = 0;
    const struct heap_view *heaps = refresh(&count);

    text[0] = 0;
    for (size_t i = 0; i < count; i++) {
        used += text_to_utf8(heaps[i].name, heaps[i].name_length, text + used, 1024);
        text[used++] = '\n';
        text[used] = 0;
    }
    return text;
}

static inline int publish_some(struct parent parent, const void *argument)
{
    heap_tracker heap = heap_tracker_open("pool", NULL);

    (void)argument;
    for (uintptr_t i = 0; i < 10; i++)
        heap_tracker_allocate(heap, at(i), 100);
    heap_tracker_free(heap, at(0));
    heap_tracker_reallocate(heap, at(20), 150, at(1));
    heap_tracker_free(heap, at(77));
    heap_tracker_allocation_failed(heap, 5);
    heap_tracker_set_reserved(heap, 8192, 4096);
    child_say(parent.to);
    child_hear(parent.from);
    return 0;
}

#endif /* REGION_READER_FIXTURE_H */
