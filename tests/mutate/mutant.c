/* SPDX-License-Identifier: MIT
 *
 * The choice of the mutant: see mutant.h. MUTANT_REACHED names a file of MUTANT_LIMIT bytes; byte n
 * becomes 1 when the place of mutant n is reached. The file is mapped when the program starts, so
 * that a process that gives up its rights later, or that forks, still writes to it.
 */
#define _GNU_SOURCE
#include "mutant.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUTANT_LIMIT 4096

static int chosen;
static unsigned char *reached;

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
    void *memory = mmap(NULL, MUTANT_LIMIT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED)
        reached = memory;
    close(file);
}

bool mutant_is(int number)
{
    if (reached && number < MUTANT_LIMIT)
        reached[number] = 1;
    return number == chosen;
}
