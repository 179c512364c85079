/* SPDX-License-Identifier: MIT
 *
 * Describes a file that was given instead of a provider's library, from its first bytes and never from its
 * name. The file is hostile.
 */
#ifndef FILE_KIND_H
#define FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

enum file_kind {
    FILE_KIND_UNKNOWN, /* other bytes: perhaps a saved answer that is damaged */
    FILE_KIND_EMPTY,
    FILE_KIND_PE,      /* a program or library of Windows */
    FILE_KIND_ELF,     /* a program or library of Linux and others */
    FILE_KIND_ARCHIVE, /* a static library (ar) */
    FILE_KIND_TEXT,
};

/** Bytes that are enough for every description, terminator included. */
#define FILE_KIND_TEXT_SIZE 256

/**
 * Find what kind of file it is.
 *
 * @param file   all of it
 * @param text   receives what follows "it is", for people: "an ELF library for x64, 64 bits", "a text file:
 *               a registration (perfharness doctor reads it)"; FILE_KIND_TEXT_SIZE bytes
 * @param is_cut receives whether the file ends before what its headers refer to
 */
enum file_kind file_kind_find(struct span file, char text[FILE_KIND_TEXT_SIZE], bool *is_cut);

/**
 * Which other program loads libraries of this kind and machine: "; check it with …". "" if this program
 * does, or if no such program is known.
 */
const char *file_kind_program(struct span file);

#endif /* FILE_KIND_H */
