/* SPDX-License-Identifier: MIT
 *
 * A publisher that does everything it can to harm readers of its region:
 *
 *     hostile_publisher_posix MARKS SEED
 *
 * It opens some heaps and then, for ever and at random, rewrites words of its region (with critical
 * values), shortens and extends it while it is read, and replaces it: by links, a FIFO, a folder, a
 * socket, a file of another user, another process's region. Now and then it becomes the largest
 * region that the layout allows, with all shards in loops. It ends with its parent.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "heaptracker.h"
#include "region.h"
#include "storm_marks_posix.h"

static char path[1024], aside[1100], other[1024];
static uint64_t state;

static uint64_t any(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

/* Find the region of this process, and one of another process. */
static bool find_regions(const char *folder)
{
    char own[32];
    struct dirent *entry;
    DIR *directory = opendir(folder);

    snprintf(own, sizeof(own), "%d-", (int)getpid());
    while (directory && (entry = readdir(directory)) != NULL) {
        if (!strstr(entry->d_name, ".region") || entry->d_name[0] == '.')
            continue;
        if (strncmp(entry->d_name, own, strlen(own)) == 0)
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        else
            snprintf(other, sizeof(other), "%s/%s", folder, entry->d_name);
    }
    if (directory)
        closedir(directory);
    snprintf(aside, sizeof(aside), "%s/aside-%d", folder, (int)getpid());
    return *path;
}

static uint64_t any_word(void)
{
    static const uint64_t words[] = { 0,
                                      1,
                                      2,
                                      8,
                                      63,
                                      64,
                                      704,
                                      4096,
                                      8192,
                                      UINT32_MAX,
                                      INT64_MAX,
                                      UINT64_MAX,
                                      (uint64_t)1 << 32,
                                      (uint64_t)1 << 63 };

    return any(3) ? words[any(sizeof(words) / sizeof(*words))] : any(UINT64_MAX);
}

/* Rewrite words of the header, of records, of shards, anywhere: aligned, as the owner writes
   them. */
static void rewrite(int file, uint64_t size)
{
    for (unsigned i = 0; i < 200; i++) {
        uint64_t word = any_word(), limit = any(2) ? 704 : size;
        size_t length = any(2) ? 8 : 4;
        uint64_t at = any(limit / 8) * 8;

        if (pwrite(file, &word, length, (off_t)at) < 0)
            return;
    }
}

static void resize(int file, uint64_t size)
{
    static const uint64_t sizes[] = {
        0, 1, 703, 704, 4096, 5000, 8192, 1 << 20, (uint64_t)5 << 30
    };

    if (ftruncate(file,
                  (off_t)(any(2) ? sizes[any(sizeof(sizes) / sizeof(*sizes))] : any(2 * size + 2))))
        return;
}

static void put_something_else(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int file = -1;

    rename(path, aside);
    switch (any(8)) {
    case 0:
        (void)!symlink("/dev/zero", path);
        break;
    case 1:
        (void)!symlink(other, path);
        break;
    case 2:
        mkfifo(path, 0666);
        break;
    case 3:
        mkdir(path, 0755);
        break;
    case 4:
        (void)!link(other, path);
        break;
    case 5: /* make it another user's; only root can do that */
        file = open(path, O_RDWR | O_CREAT, 0644);
        (void)!fchown(file, 65534, 65534);
        break;
    case 6:
        file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (strlen(path) < sizeof(address.sun_path))
            memcpy(address.sun_path, path, strlen(path) + 1);
        (void)bind(file, (struct sockaddr *)&address, sizeof(address));
        break;
    default:
        file = open(path, O_RDWR | O_CREAT, 0000);
        break;
    }
    const struct timespec rest = { 0, (long)any(30000000) };
    nanosleep(&rest, NULL);
    if (file >= 0)
        close(file);
    if (unlink(path))
        rmdir(path);
    rename(aside, path);
}

/* Make as many heaps as possible, each with a list of shards that never ends. */
static void be_as_large_as_can_be(int file)
{
    const uint64_t heaps = region_segment_begin(REGION_FIRST_HEAPS, REGION_HEAP_SEGMENTS);
    const uint64_t at = sizeof(struct region_header) + heaps * sizeof(struct region_heap);
    uint64_t end = at;
    struct region_header header;
    struct region_shard shard = { .heap = 1, .next = 1 };
    struct region_heap heap = { .identity = 1, .first_shard = 1 };
    char name[64];

    if (pread(file, &header, sizeof(header), 0) != sizeof(header))
        return;
    for (uint32_t i = 0; i < REGION_SHARD_SEGMENTS; i++) {
        header.shard_offsets[i] = end;
        end += region_shards_size(i);
    }
    if (ftruncate(file, (off_t)end))
        return;
    for (uint32_t i = 0; i < REGION_HEAP_SEGMENTS; i++)
        header.heap_offsets[i] =
            sizeof(header) + region_segment_begin(REGION_FIRST_HEAPS, i) * sizeof(heap);
    header.heap_segments = REGION_HEAP_SEGMENTS;
    header.shard_segments = REGION_SHARD_SEGMENTS;
    header.heap_count = (uint32_t)heaps;
    header.state = REGION_LIVE;
    header.change_count++;
    (void)!pwrite(file, &shard, sizeof(shard), (off_t)at);
    for (uint64_t i = 0; i < 4000; i++) { /* the others are holes: they need not all be different */
        int length =
            snprintf(name, sizeof(name), "x:%d:%llu", (int)getpid(), (unsigned long long)i);
        heap.name_length = (uint16_t)length;
        for (int n = 0; n < length; n++)
            heap.name[n] = (uint16_t)name[n];
        (void)!pwrite(file, &heap, sizeof(heap), (off_t)(sizeof(header) + i * sizeof(heap)));
    }
    (void)!pwrite(file, &header, sizeof(header), 0);
    const struct timespec rest = { 0, 100000000 };
    nanosleep(&rest, NULL);
}

int main(int argc, char *argv[])
{
    const char *folder = getenv("HEAPCTRS_DIR");

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc != 3 || !folder) {
        fprintf(stderr, "usage: HEAPCTRS_DIR=FOLDER hostile_publisher_posix MARKS SEED\n");
        return 2;
    }
    storm_marks_open(argv[1])[getpid()] = MARK_HOSTILE;
    state = strtoull(argv[2], NULL, 10) * 0x9E3779B97F4A7C15u + 1;
    for (unsigned i = 0; i < 5; i++) {
        heap_tracker heap = heap_tracker_open("lamb", NULL);
        heap_tracker_allocate(heap, &heap, 100);
    }
    if (!find_regions(folder) || chmod(path, 0644)) {
        perror("no region of my own");
        return 2;
    }
    int file = open(path, O_RDWR | O_CLOEXEC);
    unsigned char *sound = malloc(8192);
    ssize_t length = pread(file, sound, 8192, 0);
    for (;;) {
        struct stat status;
        fstat(file, &status);
        uint64_t size = status.st_size > 704 ? (uint64_t)status.st_size : 704;
        uint64_t dice = any(40);
        if (dice == 0) {
            be_as_large_as_can_be(file);
        } else if (dice < 5) {
            put_something_else();
        } else if (dice < 15) {
            resize(file, size);
        } else if (dice < 30) {
            rewrite(file, size < 1 << 20 ? size : 1 << 20);
        } else { /* become readable again, otherwise no reader would open it any more */
            (void)!ftruncate(file, (off_t)length);
            (void)!pwrite(file, sound, (size_t)length, 0);
        }
        const struct timespec rest = { 0, (long)any(3000000) };
        nanosleep(&rest, NULL);
    }
}
