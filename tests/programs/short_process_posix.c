/* SPDX-License-Identifier: MIT
 *
 * A short process under the preload library, with a child of fork and one of vfork, which end by _exit. It prints how many
 * files with each suffix are in $HEAPCTRS_DIR at each step.
 */
#define _GNU_SOURCE
#include <dirent.h>
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
    DIR *folder = opendir(getenv("HEAPCTRS_DIR"));
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

int main(void)
{
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
