/* SPDX-License-Identifier: MIT
 *
 * An ELF file of 32 or 64 bits, little-endian, in memory: its symbols. The file is hostile until
 * checked; nothing is read outside of it.
 *
 * The caller counts what the iterator yields and gives up when it is too much: many sections can
 * consist of the same bytes.
 */
#ifndef ELF_FILE_H
#define ELF_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "image_header.h"
#include "image_symbol.h"
#include "span.h"

struct elf_file {
    struct span file; /* not owned */
    struct elf_header header;
};

/** @return false if it is no ELF file; then *elf is unchanged */
bool elf_file_parse(struct elf_file *elf, struct span file);

/**
 * The lowest address of the loaded segments, in whole pages: what is at the base of the image.
 * 0 if the file has none.
 */
uint64_t elf_file_base(const struct elf_file *elf);

/** A walk over symbol tables: of linking at run time (.dynsym), and, if asked for, .symtab. */
struct elf_symbols {
    const struct elf_file *elf;
    bool has_symtab;
    uint32_t next_section;
    struct span symbols, names; /* of the current section */
    size_t offset;              /* in it */
};

/** Begin at the first symbol. */
void elf_symbols_begin(struct elf_symbols *walk, const struct elf_file *elf, bool has_symtab);

/**
 * The next symbol.
 *
 * @return false after the last one; a table that is not entirely inside the file counts as empty
 */
bool elf_symbols_next(struct elf_symbols *walk, struct image_symbol *symbol);

#endif /* ELF_FILE_H */
