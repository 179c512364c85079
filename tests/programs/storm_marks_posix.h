/* SPDX-License-Identifier: MIT
 *
 * What the programs of a storm know of each other: a file with one byte for each process id, which
 * all of them map. Each process marks there what it is before it publishes anything.
 */
#ifndef STORM_MARKS_POSIX_H
#define STORM_MARKS_POSIX_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK_HONEST 1
#define MARK_HOSTILE 2        /* its figures have no meaning */
#define MARK_COUNT (1u << 22) /* the highest process id of Linux */

/**
 * The size of a storm's blocks follows from the heap's number, so that inconsistent figures show.
 */
#define STORM_BLOCK_SIZE(heap) (16u * (heap) + 24u)

/** Most threads that work on one heap: three, and the one that starts them. */
#define STORM_WRITERS 4

/** What the witness has done before the first collect. Later it does nothing. */
#define WITNESS_HEAP 7u
#define WITNESS_ALLOCATIONS 1000u
#define WITNESS_FREES 300u

static inline volatile unsigned char *storm_marks_open(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    void *marks = MAP_FAILED;

    if (file >= 0 && ftruncate(file, MARK_COUNT) == 0)
        marks = mmap(NULL, MARK_COUNT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (marks == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    close(file);
    return marks;
}

#endif /* STORM_MARKS_POSIX_H */
