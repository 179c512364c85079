/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as the private file of a process. The frames of an accepted profile lie inside the
 * bytes that were read, and the profile can be listed with its growth.
 *
 * An input is the beginning of the header (320 bytes), the length of the stacks (2 bytes), the stacks, and the
 * frames. They are put where the file has them.
 *
 * Corpus: tests/fuzz/corpus/fuzz_private_file
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap_profile.h"

#define HEADER_SIZE 320u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(int file, uint64_t offset, const uint8_t *data, size_t size)
{
    return size == 0 || pwrite(file, data, size, (off_t)offset) == (ssize_t)size;
}

static void check(const struct heap_profile *profile)
{
    struct live_blocks *live = live_blocks_new();
    uint64_t sum = 0;

    if (!live)
        return;
    for (uint32_t heap = 0; heap < 2; heap++)
        sum += heap_profile_rate_of(profile, heap);
    heap_profile_list(profile, profile, HEAP_PROFILE_ALL_HEAPS, live);
    for (uint32_t i = 0; i < live->stack_count; i++) {
        const struct live_blocks_site *site = &live->sites[i];
        if (site->growth != 0)
            abort(); /* it is compared with itself, so nothing has grown */
        sum += site->address;
        for (uint32_t k = 0; k < site->caller_count; k++)
            sum += site->callers[k]; /* the sanitizer sees it if no caller is there */
    }
    if (live->stack_count > PROFILE_STACKS || live->rate == 0)
        abort();
    __asm__ volatile("" : : "r"(sum));
    live_blocks_free(live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heap_profile profile;
    uint16_t stacks;

    if (size < HEADER_SIZE + sizeof(stacks))
        return 0;
    const int file = memfd_create("private", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    memcpy(&stacks, data + HEADER_SIZE, sizeof(stacks));
    const uint8_t *const rest = data + HEADER_SIZE + sizeof(stacks);
    const size_t left = size - HEADER_SIZE - sizeof(stacks);
    if (stacks > left)
        stacks = (uint16_t)left;
    if (ftruncate(file, PROFILE_HEADER_SIZE) == 0 && put(file, 0, data, HEADER_SIZE) &&
        put(file, PROFILE_STACKS_OFFSET, rest, stacks) &&
        put(file, PROFILE_FRAMES_OFFSET, rest + stacks, left - stacks)) {
        const struct os_region_source source = { .handle = file };
        if (heap_profile_read(&profile, &source) == ERROR_SUCCESS) {
            check(&profile);
            heap_profile_release(&profile);
        }
    }
    close(file);
    return 0;
}
