/* SPDX-License-Identifier: MIT
 *
 * A short process under the preload library, with a child of fork and one of vfork, which end by _exit. It prints how many
 * files with each suffix are in $HEAPCTRS_DIR at each step.
 *
 *     short_process_posix namespace   with a child that has the same process id, in a namespace of its own: the process
 *                                     must be the first one of its namespace; it exits with 77 if it cannot do that
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept; /* the compiler must not see that a block is not used */

/* 10,000 bytes: as much as a shell allocates until it runs a command. */
static void work(void)
{
    for (int i = 0; i < 100; i++) {
        kept = malloc(100);
        free(kept);
    }
}

static int files_with(const char *suffix)
{
    const char *path = getenv("HEAPCTRS_DIR");
    DIR *folder = path ? opendir(path) : NULL;
    const struct dirent *entry;
    int count = 0;

    while (folder && (entry = readdir(folder)) != NULL) {
        const char *end = strrchr(entry->d_name, '.');
        count += end && strcmp(end, suffix) == 0;
    }
    if (folder)
        closedir(folder);
    return count;
}

static int wait_for(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        exit(3);
    return WEXITSTATUS(status);
}

static int fork_into_namespace(void)
{
    if (getpid() != 1 || unshare(CLONE_NEWPID))
        return 77;
    work();
    const int before = files_with(".region");
    pid_t child = fork();
    if (child == 0)
        _exit(getpid() == 1 ? 0 : 77);
    const int status = wait_for(child);
    if (status)
        return status;
    printf("%d regions less\n", before - files_with(".region"));
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "namespace") == 0)
        return fork_into_namespace();
    work();
    pid_t child = fork();
    if (child == 0) {
        work();
        _exit(10 * files_with(".private") + files_with(".region"));
    }
    const int in_child = wait_for(child);
    /* A look into the folder frees enough for this thread to look for a request soon, which makes the file. */
    const int private_files = files_with(".private");
    printf("with the child: %d private, %d regions\n", in_child / 10, in_child % 10);
    printf("after the child: %d private, %d regions\n", private_files, files_with(".region"));
    child = fork();
    if (child == 0)
        _exit(0); /* without an event: the files are the parent's */
    wait_for(child);
    printf("after a child without events: %d regions\n", files_with(".region"));
    child = vfork();
    if (child == 0)
        _exit(0); /* with the parent's memory */
    wait_for(child);
    printf("after a child of vfork: %d regions\n", files_with(".region"));
    fflush(stdout);
    _Exit(0);
}
