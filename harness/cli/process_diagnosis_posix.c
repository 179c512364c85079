/* SPDX-License-Identifier: MIT
 *
 * See process_diagnosis.h. The process may be another user's: its program file, its mappings and
 * its environment are read within limits. Parts that cannot be read are unknown.
 */
#define _GNU_SOURCE
#include "process_diagnosis.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE 1048576u /* most bytes of a file of /proc that are read; chosen */

/* Open a file of the process. Returns -1 if it cannot be read; errno has the reason. */
static int open_of(uint32_t process_id, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%u/%s", (unsigned)process_id, name);
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Whether a file contains a text. `rest` receives what follows it up to a zero or a line feed. */
static bool find_in(int file, const char *wanted, char *rest, size_t rest_size)
{
    char bytes[4096];
    size_t used = 0, length = strlen(wanted);
    ssize_t got;

    for (size_t all = 0; all < LARGEST_FILE; all += (size_t)got) {
        got = read(file, bytes + used, sizeof(bytes) - 1 - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
        for (size_t i = 0; i + length <= used; i++) {
            if (memcmp(bytes + i, wanted, length) != 0)
                continue;
            size_t count = 0;
            for (i += length; i < used && bytes[i] > ' ' && count + 1 < rest_size; i++)
                rest[count++] = bytes[i];
            rest[count] = 0;
            return true;
        }
        /* The text may continue in the next piece, and what follows it must be in one piece. */
        size_t kept = used < sizeof(bytes) / 2 ? used : sizeof(bytes) / 2;
        memmove(bytes, bytes + used - kept, kept);
        used = kept;
    }
    return false;
}

enum program { PROGRAM_UNKNOWN, PROGRAM_32_BIT, PROGRAM_STATIC, PROGRAM_MUSL, PROGRAM_GLIBC };

/* How the program file is linked. */
static enum program program_of(int file)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char interpreter[256] = "";

    if (pread(file, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return PROGRAM_UNKNOWN;
    if (header.e_ident[EI_CLASS] != ELFCLASS64)
        return PROGRAM_32_BIT;
    if (header.e_phentsize != sizeof(segment))
        return PROGRAM_UNKNOWN;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (pread(file, &segment, sizeof(segment), (off_t)(header.e_phoff + i * sizeof(segment))) !=
            (ssize_t)sizeof(segment))
            return PROGRAM_UNKNOWN;
        if (segment.p_type != PT_INTERP)
            continue;
        if (pread(file, interpreter, sizeof(interpreter) - 1, (off_t)segment.p_offset) <= 0)
            return PROGRAM_UNKNOWN;
        return strstr(interpreter, "ld-musl") ? PROGRAM_MUSL : PROGRAM_GLIBC;
    }
    return PROGRAM_STATIC;
}

static void say_of_program(enum program program, uint32_t process_id, char *text, size_t size)
{
    static const char *const why[] = {
        [PROGRAM_32_BIT] = "is a 32-bit program, and the preload library is a 64-bit one",
        [PROGRAM_STATIC] = "is statically linked, as most Go programs are, so nothing can be "
                           "loaded into it; link libheaptracker and report its heaps",
        [PROGRAM_MUSL] = "is linked with musl, as programs of Alpine images are, and the preload "
                         "library needs glibc; use an image with glibc, or link libheaptracker",
        [PROGRAM_GLIBC] = "runs without libheaptracker; start it with "
                          "LD_PRELOAD=libheaptracker-preload.so, or link libheaptracker",
        [PROGRAM_UNKNOWN] = "runs a file that is no program of this system",
    };

    snprintf(text, size, "process %u %s", (unsigned)process_id, why[program]);
}

/* Write the sentence about a process that contains the tracker. */
static void say_of_publisher(uint32_t process_id, char *text, size_t size)
{
    char directory[256] = "";
    int file = open_of(process_id, "environ");

    if (file >= 0) {
        find_in(file, "HEAPCTRS_DIR=", directory, sizeof(directory));
        close(file);
    }
    if (directory[0])
        snprintf(
            text, size,
            "process %u has the tracker in it and publishes in %s, as it sees that folder; set "
            "HEAPCTRS_DIR to it, or start the process with HEAPCTRS_DEBUG=1 to see why it "
            "does not publish",
            (unsigned)process_id, directory);
    else
        snprintf(text, size,
                 "process %u has the tracker in it and publishes in its own /dev/shm, or not at "
                 "all; start it with HEAPCTRS_DEBUG=1 to see why",
                 (unsigned)process_id);
}

/* The state of a process as ps shows it; 0: unknown. */
static char state_of(uint32_t process_id)
{
    char text[512];
    int file = open_of(process_id, "stat");
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

    if (file >= 0)
        close(file);
    text[length < 0 ? 0 : length] = 0;
    const char *end = strrchr(text, ')'); /* of the name, which may contain any characters */
    return end && end[1] == ' ' ? end[2] : 0;
}

/* Why the file of a process that exists cannot be opened. */
static const char *why_closed(uint32_t process_id, int error)
{
    if (error == ENOENT && state_of(process_id) == 'Z')
        return "has ended; only its exit status is left for its parent";
    if (error == ENOENT)
        return "is a thread of the kernel: it runs no program, and has no malloc";
    if (error != EACCES && error != EPERM)
        return "cannot be looked at now; end other programs and try again";
    if (geteuid() != 0)
        return "is another user's; run as that user or as root to see why it shows no heaps";
    return "cannot be looked at, by root either: it is outside this container or user namespace, "
           "or a security module protects it; run perfharness where it was started";
}

void process_diagnosis_text(uint32_t process_id, char *text, size_t size)
{
    char path[64], rest[4];
    struct stat status;
    int file = open_of(process_id, "exe");
    const int error = errno;

    snprintf(path, sizeof(path), "/proc/%u", (unsigned)process_id);
    if (file < 0 && stat(path, &status) && errno == ENOENT) {
        snprintf(text, size,
                 "there is no process %u here; a process of another container has another id "
                 "there",
                 (unsigned)process_id);
        return;
    }
    if (file < 0) {
        snprintf(text, size, "process %u %s", (unsigned)process_id, why_closed(process_id, error));
        return;
    }
    enum program program = program_of(file);
    close(file);
    file = open_of(process_id, "maps");
    bool has_tracker = file >= 0 && find_in(file, "libheaptracker", rest, sizeof(rest));
    /* A program that links the static library can be recognised only by its region. */
    if (file >= 0 && !has_tracker && lseek(file, 0, SEEK_SET) == 0)
        has_tracker = find_in(file, ".region\n", rest, sizeof(rest));
    if (file >= 0)
        close(file);
    if (has_tracker)
        say_of_publisher(process_id, text, size);
    else
        say_of_program(program, process_id, text, size);
}
