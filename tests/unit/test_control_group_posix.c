/* SPDX-License-Identifier: MIT
 *
 * Tests of control_group_posix.c on trees of files as both versions of control groups have them.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control_group.h"

#define MIB ((uint64_t)1 << 20)

struct file {
    const char *path, *text;
};

/* A unified tree as systemd has it: the root has no files of memory, and limits are at any level. */
static const struct file version_2[] = {
    { "system.slice/memory.current", "900000000\n" },
    { "system.slice/memory.max", "1048576000\n" },
    { "system.slice/a.service/memory.current", "104857600\n" },
    { "system.slice/a.service/memory.max", "max\n" },
    { "system.slice/b.service/memory.current", "5242880\n" },
    { "system.slice/b.service/memory.max", "10485760\n" },
    { "user.slice/memory.current", "4096\n" },
    { "user.slice/memory.max", "max\n" },
    { "broken/memory.current", "many\n" },
    { "broken/memory.max", "-5\n" },
    { NULL, NULL },
};

/* A container's root is its group, whatever path the host has for it. */
static const struct file container[] = {
    { "memory.current", "73400320\n" },
    { "memory.max", "134217728\n" },
    { NULL, NULL },
};

/* 9223372036854771712 means "no limit": the largest multiple of a page below 2^63. */
static const struct file version_1[] = {
    { "memory/memory.usage_in_bytes", "500000000\n" },
    { "memory/memory.limit_in_bytes", "9223372036854771712\n" },
    { "memory/docker/memory.usage_in_bytes", "300000000\n" },
    { "memory/docker/memory.limit_in_bytes", "9223372036854771712\n" },
    { "memory/docker/c/memory.usage_in_bytes", "20971520\n" },
    { "memory/docker/c/memory.limit_in_bytes", "209715200\n" },
    { NULL, NULL },
};

static const struct file nothing[] = { { NULL, NULL } };

static const struct {
    const char *name;
    const struct file *files;
    const char *text; /* of /proc/PID/cgroup */
    bool has_usage, has_limit;
    uint64_t usage, limit;
} cases[] = {
    { "the limit of a group above", version_2, "0::/system.slice/a.service\n", true, true,
      100 * MIB, 1000 * MIB },
    { "the lowest limit", version_2, "0::/system.slice/b.service\n", true, true, 5 * MIB,
      10 * MIB },
    { "no limit", version_2, "0::/user.slice\n", true, false, 4096, 0 },
    { "no line end", version_2, "0::/user.slice", true, false, 4096, 0 },
    { "no numbers", version_2, "0::/broken\n", false, false, 0, 0 },
    { "the root of all has no figures", version_2, "0::/\n", false, false, 0, 0 },
    { "a path upwards", version_2, "0::/user.slice/../system.slice\n", false, false, 0, 0 },
    { "a group that is gone", version_2, "0::/user.slice/gone\n", false, false, 0, 0 },
    { "the root of a container", container, "0::/\n", true, true, 70 * MIB, 128 * MIB },
    { "the host's path in a container", container, "0::/docker/4711\n", true, true, 70 * MIB,
      128 * MIB },
    { "version 1", version_1, "5:cpu,cpuacct:/x\n4:memory:/docker/c\n0::/\n", true, true, 20 * MIB,
      200 * MIB },
    { "version 1 with others", version_1, "4:hugetlb,memory:/docker\n", true, false, 300000000, 0 },
    { "version 1 in a container", version_1, "4:memory:/elsewhere\n", true, false, 500000000, 0 },
    { "another name with memory in it", version_1, "4:memory2:/docker\n3:name=memory:/docker\n",
      false, false, 0, 0 },
    { "no lines", version_1, "", false, false, 0, 0 },
    { "no colons", version_1, "memory\n4:memory:/docker\n", false, false, 0, 0 },
    { "nothing is mounted", nothing, "4:memory:/docker\n0::/\n", false, false, 0, 0 },
};

static char root[32];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void make_tree(const struct file *files)
{
    strcpy(root, "/tmp/heapctrs-group-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (; files->path; files++) {
        char path[256];
        const size_t length = (size_t)snprintf(path, sizeof(path), "%s/%s", root, files->path);

        for (size_t i = strlen(root) + 1; i < length; i++)
            if (path[i] == '/') {
                path[i] = 0;
                mkdir(path, 0700);
                path[i] = '/';
            }
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        fputs(files->text, file);
        assert_int_equal(fclose(file), 0);
    }
}

static void usage_and_the_lowest_limit_are_those_of_the_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct control_group group;

        make_tree(cases[i].files);
        control_group_read(&group, root, cases[i].text);
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        if (group.has_usage != cases[i].has_usage || group.has_limit != cases[i].has_limit ||
            group.usage != cases[i].usage || group.limit != cases[i].limit)
            fail_msg("%s: %d %d, usage %llu, limit %llu", cases[i].name, group.has_usage,
                     group.has_limit, (unsigned long long)group.usage,
                     (unsigned long long)group.limit);
    }
}

/* Paths around 4096 bytes with the terminator, which is the kernel's PATH_MAX. A longer one is not cut. */
static void a_path_that_is_too_long_is_not_read(void **state)
{
    static char text[8192];
    struct control_group group;

    (void)state;
    make_tree(container);
    for (size_t size = 4000; size < 4200; size++) {
        snprintf(text, sizeof(text), "0::/%0*d\n", (int)size, 0);
        control_group_read(&group, root, text);
        const bool is_read = 1 + size + strlen(root) < 4096;
        assert_int_equal(group.has_usage, is_read);
        assert_int_equal(group.has_limit, is_read);
    }
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_and_the_lowest_limit_are_those_of_the_group),
        cmocka_unit_test(a_path_that_is_too_long_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
