/* SPDX-License-Identifier: MIT
 *
 * What a control group of Linux uses and may use, of both versions.
 */
#ifndef CONTROL_GROUP_H
#define CONTROL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

/** What cannot be read is not known, and 0. */
struct control_group {
    bool has_usage, has_limit;
    uint64_t usage; /* bytes */
    uint64_t limit; /* bytes, the lowest of the group and of those above */
};

/**
 * Read the group of a process.
 *
 * @param root  where control groups are mounted: version 2, or the folders of version 1
 * @param text  /proc/PID/cgroup of the process
 */
void control_group_read(struct control_group *group, const char *root, const char *text);

#endif /* CONTROL_GROUP_H */
