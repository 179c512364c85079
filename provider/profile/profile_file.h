/* SPDX-License-Identifier: MIT
 *
 * The layout of a process's private file, <pid>-….private beside its region, for data that only the
 * process's own user and root may see. It contains addresses, so its mode is 0600. It is locked
 * while its owner lives, like a region. A reader never maps it, because its owner may shorten it:
 * it reads with pread, and writes its request with pwrite.
 *
 *     header | stacks | frames
 *
 * The header is written when a thread has allocated its first 64 KiB, or when a heap with a table of
 * its blocks is opened. The rest is written when a profile is first requested. Stacks and frames are
 * only added. A stack is complete before the header's stack_count includes it. Its sums change
 * afterwards, and a reader may see one of them a sample older than another.
 *
 * Requests. A reader writes `request`, and then holds a lock on the byte of os_region_ask until it has
 * what it wants. A request without that lock counts as withdrawn, so it ends with its requester. The
 * owner looks at the request when one of its threads has allocated 64 KiB more, and answers in `answer`.
 * A reader writes nothing else, and the owner reads nothing else of the file.
 *
 * A new number in `request.figures` asks for what the allocator reports of itself. It needs no lock,
 * because it is answered once. The answer has no addresses, so it is in the public region (struct
 * region_figures).
 */
#ifndef PROFILE_FILE_H
#define PROFILE_FILE_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_MAGIC UINT64_C(0x454C494650524348) /* "HCRPFILE" */
#define PROFILE_VERSION 3u
#define PROFILE_HEADER_SIZE 4096u /* one page */
/** Number of stacks; number 0 is for all stacks that do not fit. Chosen: they take 1 MiB. */
#define PROFILE_STACKS 16384u
/** Number of frames of all stacks. Chosen: they take 3 MiB, 24 frames for each stack. */
#define PROFILE_FRAMES 393216u

/** Mean distances between samples, in bytes. The last three are chosen. */
#define PROFILE_RATE_OFF 0u
#define PROFILE_RATE_ALL 1u
#define PROFILE_RATE_LEAST 4096u
#define PROFILE_RATE_MOST (UINT32_C(1) << 30)
#define PROFILE_RATE_USUAL 65536u

/** Sums of counts are in units of 1 / PROFILE_COUNT_UNIT. */
#define PROFILE_COUNT_UNIT 65536u

/** What a requester wants. All words are written together, the number last. */
struct profile_request {
    _Alignas(8) _Atomic uint64_t rate;        /* PROFILE_RATE_...; any other value counts as 0 */
    _Alignas(8) _Atomic uint64_t figures;     /* a new number: ask the allocator; see below */
    _Alignas(8) _Atomic uint64_t reserved[5]; /* 0 */
    _Alignas(8) _Atomic uint64_t number;      /* any number that differs from the previous one */
};

/** The state of the owner. */
struct profile_answer {
    _Alignas(8) _Atomic uint64_t number; /* of the newest request that the owner has seen */
    _Alignas(8) _Atomic uint64_t rate;   /* the current rate */
    /* os_clock_ticks when this profile began; 0: there is none */
    _Alignas(8) _Atomic uint64_t begin_time;
    _Alignas(8) _Atomic uint64_t generation; /* changes when a profile begins with sums of 0 */
    /* grows while threads allocate; if it does not, they are idle */
    _Alignas(8) _Atomic uint64_t look_count;
    _Alignas(8) _Atomic uint64_t sample_count;
    /* samples of live blocks for which there was no space */
    _Alignas(8) _Atomic uint64_t lost_count;
    _Alignas(8) _Atomic uint64_t skip_count;  /* samples beyond PROFILE_SAMPLES_PER_SECOND */
    _Alignas(8) _Atomic uint64_t stack_count; /* stacks that are complete */
    _Alignas(8) _Atomic uint64_t frame_count;
    _Alignas(8) _Atomic uint64_t live_count; /* samples whose blocks are live */
    _Alignas(8) _Atomic uint64_t own_rate;   /* the rate in the environment; if it is not 0, the
                                                profile is always on and covers the whole run */
};

struct profile_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_size;
    uint32_t process_id, pointer_size;
    uint64_t process_start; /* os_region_process_start */
    uint64_t pid_namespace;
    uint64_t clock_frequency;
    uint64_t stacks_offset; /* bytes from the start of the file; 0: there are no stacks yet */
    uint64_t frames_offset;
    uint64_t process_image; /* address of the publisher's struct process_image; 0: it has none */
    uint64_t unused[7];
    struct profile_request request; /* at PROFILE_REQUEST_OFFSET */
    struct profile_answer answer;
};

#define PROFILE_REQUEST_OFFSET 128u

/** A stack with the sums of its samples. Each sample was weighted before it was added. */
struct profile_stack {
    _Alignas(8) _Atomic uint64_t hash;
    uint32_t heap;        /* number of the heap */
    uint16_t frame_count; /* innermost first */
    uint16_t is_always;   /* every block of the heap is in the profile: see HEAP_TRACKER_PROFILE */
    uint64_t first_frame;
    _Alignas(8) _Atomic uint64_t allocated_count; /* in units of 1 / PROFILE_COUNT_UNIT */
    _Alignas(8) _Atomic uint64_t allocated_bytes;
    _Alignas(8) _Atomic uint64_t live_count; /* in the same units */
    _Alignas(8) _Atomic uint64_t live_bytes;
    _Alignas(8) _Atomic uint64_t sample_count;
};

static_assert(sizeof(struct profile_stack) == 64, "profile_stack");
static_assert(sizeof(struct profile_request) == 64, "profile_request");
static_assert(offsetof(struct profile_header, request) == PROFILE_REQUEST_OFFSET, "profile_header");
static_assert(offsetof(struct profile_header, answer) == 192, "profile_header");
static_assert(sizeof(struct profile_header) <= PROFILE_HEADER_SIZE, "profile_header");

#define PROFILE_STACKS_OFFSET ((uint64_t)65536) /* a multiple of every system's alignment */
#define PROFILE_FRAMES_OFFSET                                                                      \
    (PROFILE_STACKS_OFFSET + (uint64_t)PROFILE_STACKS * sizeof(struct profile_stack))
#define PROFILE_FILE_SIZE (PROFILE_FRAMES_OFFSET + (uint64_t)PROFILE_FRAMES * sizeof(uint64_t))

#endif /* PROFILE_FILE_H */
