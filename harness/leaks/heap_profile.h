/* SPDX-License-Identifier: MIT
 *
 * A profile of a running process, read from its private file (profile_file.h). The file is not trusted: its
 * contents are checked, with limits. As a snapshot (leak_snapshot.h), the stacks get names.
 */
#ifndef HEAP_PROFILE_H
#define HEAP_PROFILE_H

#include "live_blocks.h"
#include "os_private.h"
#include "profile_file.h"

#define HEAP_PROFILE_ALL_HEAPS UINT32_MAX

/** The sums of a stack; counts are in units of 1 / PROFILE_COUNT_UNIT. */
struct heap_profile_stack {
    const uint64_t *frames; /* return addresses, innermost first */
    uint32_t heap, frame_count;
    bool is_always; /* every block of the heap is in the profile */
    uint64_t allocated_count, allocated_bytes, live_count, live_bytes;
};

struct heap_profile {
    uint64_t rate, own_rate, begin_time, sample_count, lost_count, skip_count;
    struct heap_profile_stack *stacks; /* by number; those that were not used have sums of 0 */
    size_t stack_count;
    uint64_t *frames;
};

/**
 * Open the private file of a process. A file of the same process id in another PID namespace is not taken for it.
 *
 * @param source  close it with os_region_close
 * @return as os_private_open
 */
DWORD heap_profile_open(struct os_region_source *source, uint32_t process_id);

/**
 * Follow a process whose private file was replaced: if the file is unlinked or cut short, the owner makes another.
 *
 * @param source  from heap_profile_open; receives the new file, of which nothing is requested yet
 * @return whether there was a new file
 */
bool heap_profile_follow(struct os_region_source *source, uint32_t process_id);

/** Read the owner's current answer. Returns false if the file does not have this version. */
bool heap_profile_read_answer(const struct os_region_source *source, struct profile_answer *answer);

/**
 * Request a profile. It lasts until the source is closed. An owner that has given up its rights to the
 * file (setuid, chroot) cannot see that, and continues until heap_profile_withdraw.
 *
 * @param number  receives the number that the answer has when the owner has seen the request
 */
bool heap_profile_ask(const struct os_region_source *source, uint64_t rate, uint64_t *number);

/** End the request of that number, unless another reader has made one since. */
void heap_profile_withdraw(const struct os_region_source *source, uint64_t number);

/** Request the figures of the process's allocator. The answer is in its region: see profile_file.h. */
bool heap_profile_ask_figures(const struct os_region_source *source);

/**
 * The address of the struct process_image of a process, which is not to be trusted.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: its file is of another version; an error of
 *         heap_profile_open
 */
DWORD heap_profile_process_image(uint32_t process_id, uint64_t *address);

/**
 * Read the current profile.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_READY: there is no profile; ERROR_INVALID_DATA;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD heap_profile_read(struct heap_profile *profile, const struct os_region_source *source);
void heap_profile_release(struct heap_profile *profile);

/**
 * The mean distance of the samples of a heap whose stacks cover its whole life: the profile is always on,
 * or has every block of the heap. 0: they do not cover it.
 */
uint64_t heap_profile_rate_of(const struct heap_profile *profile, uint32_t heap);

/**
 * Make the stacks of a profile the sites of a list of live blocks.
 *
 * @param before  an earlier state of the same profile, for the growth; NULL: the growth is not known
 * @param heap    number of the heap whose stacks are meant, or HEAP_PROFILE_ALL_HEAPS
 * @param live    its sites are replaced; they refer to the profile
 */
void heap_profile_list(const struct heap_profile *profile, const struct heap_profile *before,
                       uint32_t heap, struct live_blocks *live);

#endif /* HEAP_PROFILE_H */
