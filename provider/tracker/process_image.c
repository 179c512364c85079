/* SPDX-License-Identifier: MIT
 *
 * Fills in the description that process_image.h explains.
 */
#include "process_image.h"

#include "address_layout.h"
#include "call_sites.h"
#include "faults.h"
#include "heap_state.h"

struct process_image process_image;

void process_image_fill(const void *segments)
{
    process_image = (struct process_image){
        .magic = PROCESS_IMAGE_MAGIC,
        .version = PROCESS_IMAGE_VERSION,
        .pointer_size = sizeof(void *),
        .heap_size = sizeof(struct tracked_heap),
        .chunk_size = sizeof(struct address_chunk),
        .segments = (uint64_t)(uintptr_t)segments,
        .sites = (uint64_t)(uintptr_t)call_sites_location(),
        .faults = (uint64_t)(uintptr_t)faults_location(),
    };
}
