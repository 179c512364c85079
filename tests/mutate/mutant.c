/* SPDX-License-Identifier: MIT
 *
 * The choice of the mutant: see mutant.h. MUTANT_REACHED names a file with a byte for each mutant; byte n
 * becomes 1 when the place of mutant n is reached. The file is mapped when the program starts, so
 * that a process that gives up its rights later, or that forks, still writes to it.
 */
#define _GNU_SOURCE
#include "mutant.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int chosen;
static unsigned char *reached;
static off_t reached_size;

__attribute__((constructor)) static void mutant_begin(void)
{
    const char *number = getenv("MUTANT");
    const char *path = getenv("MUTANT_REACHED");

    chosen = number ? atoi(number) : 0;
    if (!path)
        return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    struct stat status;
    void *memory = MAP_FAILED;
    if (fstat(file, &status) == 0)
        memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) {
        reached = memory;
        reached_size = status.st_size;
    }
    close(file);
}

bool mutant_is(int number)
{
    if (reached && number < reached_size)
        reached[number] = 1;
    return number == chosen;
}
