/* SPDX-License-Identifier: MIT
 *
 * A profile of a running process, read from its private file (profile_file.h), with the names of
 * its functions. The file is not trusted: its contents are checked, with limits.
 */
#ifndef HEAP_PROFILE_H
#define HEAP_PROFILE_H

#include "os_private.h"
#include "output.h"
#include "profile_file.h"

/** The sums of a stack; counts are in units of 1 / PROFILE_COUNT_UNIT. */
struct heap_profile_stack {
    const uint64_t *frames; /* return addresses, innermost first */
    uint32_t frame_count;
    uint64_t allocated_count, allocated_bytes, live_count, live_bytes;
};

struct heap_profile_mapping {
    uint64_t begin, end, offset;
    char *path;
};

/** An address in the stacks, and the name of its function. */
struct heap_profile_location {
    uint64_t address; /* return address */
    uint32_t mapping; /* UINT32_MAX: in no mapping */
    char *symbol;     /* "function (file:line)"; NULL if not known */
};

struct heap_profile {
    uint32_t process_id;
    uint64_t rate, sample_count, lost_count, skip_count;
    struct heap_profile_stack *stacks;
    size_t stack_count;
    uint64_t *frames;
    struct heap_profile_mapping *mappings;
    size_t mapping_count, mapping_capacity;
    struct heap_profile_location *locations; /* sorted by address */
    size_t location_count;
};

/** Read the owner's current answer. Returns false if the file does not have this version. */
bool heap_profile_read_answer(const struct os_region_source *source, struct profile_answer *answer);

/**
 * Request a profile. It lasts until the source is closed; but an owner that has given up its rights to
 * the file (setuid, chroot) does not see that, and goes on until heap_profile_withdraw.
 *
 * @param number  receives the number that the answer has when the owner has seen the request
 */
bool heap_profile_ask(const struct os_region_source *source, uint64_t rate, uint64_t *number);

/** End the request of that number, unless another reader has made one since. */
void heap_profile_withdraw(const struct os_region_source *source, uint64_t number);

/** Ask for the figures of the process's allocator: the answer is in its region, see profile_file.h. */
bool heap_profile_ask_figures(const struct os_region_source *source);

/**
 * The address of the struct process_image of a process, which is not to be trusted.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: its file is of another version; an error of
 *         os_private_open
 */
DWORD heap_profile_process_image(uint32_t process_id, uint64_t *address);

/** The process id in "PID" or "PROCESS:PID:HEAP"; 0: it has none. */
uint32_t heap_profile_process_of(const char *text);

/**
 * Read the current profile.
 *
 * @param has_symbols  whether to look for names of functions
 * @return ERROR_SUCCESS; ERROR_NOT_READY: there is no profile; ERROR_INVALID_DATA;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD heap_profile_read(struct heap_profile *profile, const struct os_region_source *source,
                        uint32_t process_id, bool has_symbols);
void heap_profile_release(struct heap_profile *profile);

/** The location of an address in the stacks. */
const struct heap_profile_location *heap_profile_at(const struct heap_profile *profile,
                                                    uint64_t address);

/**
 * Print a table by function: the live bytes of the function itself, and those of all stacks that
 * contain it.
 */
void heap_profile_print_table(struct output *output, const struct heap_profile *profile);

/** Print folded stacks of live bytes: "root;...;leaf bytes". */
void heap_profile_print_folded(struct output *output, const struct heap_profile *profile);

/** Print a gzip file for pprof (profile.proto). */
void heap_profile_print_pprof(struct output *output, const struct heap_profile *profile);

#endif /* HEAP_PROFILE_H */
