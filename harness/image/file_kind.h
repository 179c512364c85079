/* SPDX-License-Identifier: MIT
 *
 * What a file is that was given in place of a provider's library, in words: by its first bytes, never by
 * its name. The file may be anything.
 */
#ifndef FILE_KIND_H
#define FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

enum file_kind {
    FILE_KIND_UNKNOWN, /* some bytes: perhaps a saved answer that is damaged */
    FILE_KIND_EMPTY,
    FILE_KIND_PE,      /* a program or library of Windows */
    FILE_KIND_ELF,     /* one of Linux and others */
    FILE_KIND_ARCHIVE, /* a static library (ar) */
    FILE_KIND_TEXT,
};

/** Bytes that hold every description, terminator included. */
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
 * Which program loads the libraries of a kind and machine, if it is another one than this: "; check it with
 * …", or "" if this program does, or none is known.
 */
const char *file_kind_program(struct span file);

#endif /* FILE_KIND_H */
