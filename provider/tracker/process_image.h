/* SPDX-License-Identifier: MIT
 *
 * The way into the tracker's private memory for a reader in another process that may debug this
 * one. The private file has its address (profile_file.h), and everything that a list of live blocks
 * needs is found from here. The structures are those of heap_state.h, address_layout.h, call_sites.h
 * and faults.h. A reader understands them only if version, pointer size and sizes equal its own.
 */
#ifndef PROCESS_IMAGE_H
#define PROCESS_IMAGE_H

#include <stdint.h>

#define PROCESS_IMAGE_MAGIC 0x4547414D49434848u /* "HHCIMAGE" */
#define PROCESS_IMAGE_VERSION 2u
/* The segments of heap slots double in size from the first one, so there are 8 million heaps at most. */
#define PROCESS_IMAGE_SEGMENTS 20u
#define PROCESS_IMAGE_FIRST_HEAPS 8u

struct process_image {
    uint64_t magic;
    uint32_t version;
    uint32_t pointer_size; /* bytes */
    uint32_t heap_size;    /* bytes of a struct tracked_heap */
    uint32_t chunk_size;   /* bytes of a struct address_chunk */
    uint64_t segments;     /* address of an array with the addresses of the heaps' segments, each
                              twice as long as the one before */
    uint64_t sites;        /* address of a pointer to the array of return addresses by number */
    uint64_t faults;       /* address of a struct fault_table */
};

/** The one of this process; all zero before the first heap. */
extern struct process_image process_image;

/** Fill it in. `segments` is the array described above, with PROCESS_IMAGE_SEGMENTS elements. */
void process_image_fill(const void *segments);

#endif /* PROCESS_IMAGE_H */
