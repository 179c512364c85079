/* SPDX-License-Identifier: MIT
 *
 * Where a profile comes from: a request to a running process, or a saved snapshot. Failures are reported on
 * stderr.
 */
#ifndef PROFILE_SOURCE_H
#define PROFILE_SOURCE_H

#include "leak_snapshot.h"

struct profile_source {
    const char *name; /* PID, PROCESS:PID:HEAP, PROCESS/HEAP, or a file */
    uint32_t rate;    /* 0: that of a profile that is always on, otherwise PROFILE_RATE_USUAL */
    uint32_t milliseconds; /* how long; 0: 10 s, or no time if the profile is always on */
    const char *symbols;   /* the folder to look for modules and maps in first; may be NULL */
    bool no_symbols;
};

/**
 * Obtain a profile as a snapshot.
 *
 * @param snapshot    release it with leak_snapshot_release, also after a failure
 * @param process_id  receives the process; 0: it was a file
 * @return an exit status
 */
int profile_source_obtain(const struct profile_source *source, struct leak_snapshot *snapshot,
                          uint32_t *process_id);

/**
 * Read a snapshot from a file.
 *
 * @return an exit status
 */
int profile_source_read_file(const char *path, struct leak_snapshot *snapshot);

/** Parse the text of a snapshot; `name` is for messages. Returns an exit status. */
int profile_source_parse(const char *name, const char *text, size_t size,
                         struct leak_snapshot *snapshot);

#endif /* PROFILE_SOURCE_H */
