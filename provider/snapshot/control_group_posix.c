/* SPDX-License-Identifier: MIT
 *
 * Control groups: see control_group.h.
 */
#define _GNU_SOURCE
#include "control_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096               /* bytes; PATH_MAX of Linux */
#define DEPTH 64                     /* groups above one another that are asked for their limits */
#define NO_LIMIT (UINT64_C(1) << 60) /* version 1 writes a number near 2^63 without a limit */

/* Where the files of a version of control groups are, and what they are called. */
static const struct {
    const char *folder, *usage, *limit;
} versions[] = {
    { "/memory", "memory.usage_in_bytes", "memory.limit_in_bytes" },
    { "", "memory.current", "memory.max" },
};

/* Version 2 writes "max" if there is no limit. */
static bool read_number(const char *folder, const char *name, uint64_t *number)
{
    char path[PATH_SIZE + 64], text[32], *end;
    FILE *file;
    bool is_there;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (!file)
        return false;
    is_there = fgets(text, sizeof(text), file) != NULL;
    fclose(file);
    if (!is_there || text[0] < '0' || text[0] > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return true;
}

/* The path of the process's group below the root: the line "N:memory:/path", or "0::/path" of version 2. */
static bool find_group(const char *text, size_t version, const char **group, size_t *size)
{
    for (const char *line = text; line && *line;) {
        const char *colon = strchr(line, ':');
        const char *second = colon ? strchr(colon + 1, ':') : NULL;
        const char *end = strchr(line, '\n');

        if (!second || (end && second > end))
            return false;
        bool is_wanted = version == 1 && second == colon + 1;
        for (const char *at = colon + 1; version == 0 && at < second && !is_wanted; at++) {
            const size_t length = strcspn(at, ",:");

            is_wanted = length == 6 && memcmp(at, "memory", 6) == 0;
            at += length;
        }
        *group = second + 1;
        *size = end ? (size_t)(end - *group) : strlen(*group);
        if (is_wanted && *size > 0 && **group == '/' && !memmem(*group, *size, "/..", 3))
            return true;
        line = end ? end + 1 : NULL;
    }
    return false;
}

static void read_limits(struct control_group *group, char *path, size_t root_size, const char *name)
{
    uint64_t number;

    for (int depth = 0; depth < DEPTH; depth++) {
        if (read_number(path, name, &number) && number < NO_LIMIT &&
            (!group->has_limit || number < group->limit)) {
            group->limit = number;
            group->has_limit = true;
        }
        char *slash = strrchr(path, '/');
        if (!slash || (size_t)(slash - path) < root_size)
            return;
        *slash = 0;
    }
}

/* In a container the path can be that of the host, which is not there: then the root is the group. */
void control_group_read(struct control_group *group, const char *root, const char *text)
{
    char path[PATH_SIZE];

    *group = (struct control_group){ 0 };
    for (size_t version = 0; version < sizeof(versions) / sizeof(*versions); version++) {
        const size_t root_size = strlen(root) + strlen(versions[version].folder);
        const char *name;
        size_t size;

        if (!find_group(text, version, &name, &size) || root_size + size >= sizeof(path))
            continue;
        snprintf(path, sizeof(path), "%s%s%.*s", root, versions[version].folder, (int)size, name);
        if (!read_number(path, versions[version].usage, &group->usage)) {
            path[root_size] = 0;
            if (!read_number(path, versions[version].usage, &group->usage))
                continue;
        }
        group->has_usage = true;
        read_limits(group, path, root_size, versions[version].limit);
        return;
    }
}
