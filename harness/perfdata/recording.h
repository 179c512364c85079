/* SPDX-License-Identifier: MIT
 *
 * Recordings: samples with their times, one after the other in a file, as `watch --record` writes
 * them and `replay` reads them. All numbers are little-endian.
 *
 *     offset  bytes
 *     0       8      "PERFREC\n"
 *     8       4      version, 1
 *     12      4      0
 *     then for each sample, at a multiple of 8:
 *     0       4      "SMPL"
 *     4       4      bytes of the data block
 *     8       8      its time: UTC in units of 100 ns since 1601-01-01
 *     16      8      FNV-1a (64 bits) of the data block
 *     24      ...    the data block (PERF_DATA_BLOCK), and zeros up to a multiple of 8
 *
 * A file that begins with a data block is a recording of that one sample. Every command that reads
 * recordings therefore also reads blobs.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "span.h"

/** A sample in a recording; points into its bytes. */
struct recorded_sample {
    struct span blob;
    uint64_t time_100ns; /* 0: unknown, in a plain blob */
};

/** The fault of a recording. */
struct recording_error {
    size_t offset;       /* bytes from its start */
    const char *message; /* for people, static; NULL: no fault */
};

/** Whether the bytes begin as a recording, and not as a single blob. */
bool recording_is_one(struct span bytes);

/** Write the head of a recording. */
void recording_begin(struct output *output);

/** Write one sample. */
void recording_add(struct output *output, struct span blob, uint64_t time_100ns);

/**
 * Find the next sample.
 *
 * @param offset  0 at first; moved to the next sample
 * @return false at the end, or at a damaged place, which error->message describes. The samples
 *         before that place are valid.
 */
bool recording_next(struct span recording, size_t *offset, struct recorded_sample *sample,
                    struct recording_error *error);

#endif /* RECORDING_H */
